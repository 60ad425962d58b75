"""What is expected in a stream, and what has arrived there."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Comparison:
    """The result for one stream; `missing` and `unexpected` are messages as text, in their order."""

    stream: str
    expected: int
    arrived: int
    missing: tuple[str, ...]
    unexpected: tuple[str, ...]
    duplicates: int

    @property
    def holds(self) -> bool:
        """Whether all that was expected has arrived, and nothing else; twice is allowed, delivery is at least once."""
        return not self.missing and not self.unexpected


def compare(stream: str, expected: Sequence[bytes], arrived: Sequence[bytes]) -> Comparison:
    """Hold what has arrived against what is expected, whatever the order.

    A message is as expected where every key that the expected one has is there with that value, in objects inside of it as
    well: what an expectation does not name may be anything.
    """
    left = Counter(map(canonical, expected))
    wanted = Counter(left)
    strangers: list[bytes] = []
    duplicates = 0
    for message in arrived:
        text = canonical(message)
        if left[text] > 0:
            left[text] -= 1
        elif wanted[text]:
            duplicates += 1
        else:
            strangers.append(message)
    unexpected = []
    patterns = [(text, json.loads(text)) for text in wanted if text.startswith("{")]
    for message in strangers:
        found = [text for text, pattern in patterns if covers(pattern, parse(message))]
        open_ones = [text for text in found if left[text] > 0]
        if open_ones:
            left[open_ones[0]] -= 1
        elif found:
            duplicates += 1
        else:
            unexpected.append(text_of(message))
    missing = tuple(text for text, number in left.items() for _ in range(number))
    return Comparison(stream, len(expected), len(arrived), missing, tuple(unexpected), duplicates)


def covers(pattern: Any, value: Any) -> bool:
    """Whether a value is what a pattern says, with keys that the pattern does not name allowed in objects."""
    if isinstance(pattern, dict):
        return isinstance(value, dict) and all(
            key in value and covers(each, value[key]) for key, each in pattern.items()
        )
    if isinstance(pattern, list):
        return (
            isinstance(value, list)
            and len(pattern) == len(value)
            and all(map(covers, pattern, value))
        )
    same = type(pattern) is type(value) and bool(pattern == value)
    return same or _same_number(pattern, value)


def _same_number(one: Any, other: Any) -> bool:
    numbers = (int, float)
    return type(one) in numbers and type(other) in numbers and one == other


def canonical(message: bytes) -> str:
    """A message as a text that is the same for the same JSON."""
    value = parse(message)
    if value is None:
        return text_of(message)
    return json.dumps(value, sort_keys=True, ensure_ascii=False)


def parse(message: bytes) -> Any:
    """The JSON of a message; None where it is none."""
    try:
        return json.loads(message)
    except (ValueError, RecursionError):
        return None


def text_of(message: bytes) -> str:
    """A message for people."""
    return message.decode(errors="backslashreplace")


def lines(content: bytes) -> list[bytes]:
    """The messages of a .jsonl file: its lines, but for empty ones."""
    return [line for line in map(bytes.strip, content.split(b"\n")) if line]
