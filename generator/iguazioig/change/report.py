"""The changes between two states, with what was accepted of them."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from .model import Change, Consequence

QUIET = (Consequence.SAFE, Consequence.RESTARTS)
"""What needs nobody's consent: it happens to no record."""


@dataclass(frozen=True, slots=True)
class Report:
    """What is shown of a comparison. `allowed` has names of consequences and codes of changes."""

    project: str
    before: str
    after: str
    changes: tuple[Change, ...]
    allowed: frozenset[str] = frozenset()

    @property
    def worst(self) -> Consequence:
        """The worst consequence, of what was accepted too."""
        return max((change.consequence for change in self.changes), default=Consequence.SAFE)

    @property
    def refused(self) -> tuple[Change, ...]:
        """What needs consent, and has none."""
        return tuple(change for change in self.changes if not self.accepts(change))

    def accepts(self, change: Change) -> bool:
        """Whether a change needs no consent, or has it."""
        names = {str(change.consequence), change.code}
        return change.consequence in QUIET or not names.isdisjoint(self.allowed)

    @property
    def restarted(self) -> tuple[str, ...]:
        """The steps that are deployed anew, by slug, sorted."""
        return tuple(sorted({slug for change in self.changes for slug in change.steps}))


def groups(changes: Iterable[Change]) -> list[list[Change]]:
    """The changes in their order, with those together of which the same is to be said."""
    found: dict[object, list[Change]] = {}
    for number, change in enumerate(changes):
        said = (change.code, change.consequence, change.reason, change.cure)
        key = said if change.is_explained or change.cure else number
        found.setdefault(key, []).append(change)
    return list(found.values())


def counted(changes: Iterable[Change]) -> list[tuple[Consequence, int]]:
    """How many changes have each consequence that any has, the worst first."""
    found = [change.consequence for change in changes]
    return [(each, found.count(each)) for each in reversed(Consequence) if each in found]


def meanings(changes: Collection[Change]) -> list[Consequence]:
    """The consequences that a reader has to be told the meaning of, the worst first."""
    return [each for each, _ in counted(changes) if each != Consequence.SAFE]
