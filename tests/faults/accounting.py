"""What became of every message: an account of its own, which takes nothing from what it holds to account."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

Arrival = tuple[str, int]  # partition key, number of the message


@dataclass(frozen=True, slots=True)
class Account:
    """What has to be in one place, and what is there, both in their order. Numbers grow with the time of sending."""

    place: str
    expected: Sequence[Arrival]
    arrived: Sequence[Arrival]


@dataclass(slots=True)
class Verdict:
    """What is wrong in some places, as texts, and how many messages were there more often than once."""

    lost: list[str] = field(default_factory=list)
    strange: list[str] = field(default_factory=list)
    out_of_order: list[str] = field(default_factory=list)
    duplicates: int = 0

    def __iadd__(self, other: Verdict) -> Verdict:
        self.lost += other.lost
        self.strange += other.strange
        self.out_of_order += other.out_of_order
        self.duplicates += other.duplicates
        return self


def settle(accounts: Iterable[Account]) -> Verdict:
    """Hold what is there against what has to be."""
    verdict = Verdict()
    for account in accounts:
        there, wanted = Counter(account.arrived), set(account.expected)
        verdict += Verdict(
            [f"{account.place}: {each}" for each in sorted(wanted - there.keys())],
            [f"{account.place}: {each}" for each in sorted(there.keys() - wanted)],
            [f"{account.place}: {each}" for each in disorder(account.arrived)],
            there.total() - len(there),
        )
    return verdict


def disorder(arrived: Iterable[Arrival]) -> Iterator[str]:
    """Messages that came for the first time behind a later one of their key: a repetition of earlier ones is none."""
    seen, last = set(), defaultdict[str, int](lambda: -1)
    for key, number in arrived:
        if (key, number) not in seen and number < last[key]:
            yield f"{key}: {number} behind {last[key]}"
        seen.add((key, number))
        last[key] = max(last[key], number)
