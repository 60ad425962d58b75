"""What is found wrong while one document is read, within bounds of number and effort."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from ..document import Scalar, Value
from ..errors import MAX_PROBLEMS, Location, Problem, closest, hint, too_many_problems
from ..images import Complaint

MAX_READ = 1_000_000
"""How much of a document is read: values, each as often as an alias brings it, and long texts by their hundreds."""

_MOST_GUESSES = 100


class GiveUpError(Exception):
    """The document goes past a limit; the reader has noted which."""


@dataclass(slots=True)
class Reader:
    """Collects the problems of one document, each once; `errors` counts them as often as they are met.

    `homes` says of keys that only one kind of mapping has, which one.
    """

    problems: list[Problem]
    homes: Mapping[str, str] = field(default_factory=dict)
    errors: int = 0
    _noted: set[Problem] = field(default_factory=set)
    _spent: int = 0
    _guesses: int = 0

    def error(self, place: Location, wrong: str, expected: str, code: str = "value") -> None:
        """Note an error."""
        self._note(Problem(place, wrong, expected, code))

    def warn(self, place: Location, wrong: str, expected: str, code: str) -> None:
        """Note a warning."""
        self._note(Problem(place, wrong, expected, code, "warning"))

    def complain(self, place: Location, complaint: Complaint) -> None:
        """Note what is to be said about an image."""
        each = complaint
        self._note(Problem(place, each.wrong, each.expected, each.code, each.severity))

    def closest(self, name: str, known: Iterable[str], *, cutoff: float = 0.6) -> str | None:
        """What was probably meant, as long as that was not asked too often: it takes its time."""
        self._guesses += 1
        return closest(name, known, cutoff=cutoff) if self._guesses <= _MOST_GUESSES else None

    def did_you_mean(self, name: str, known: Iterable[str]) -> str:
        """The closest known name as part of a message."""
        return hint(self.closest(name, known))

    def spend(self, value: Value) -> None:
        """Count one more value that is read. Raises GiveUpError past the limit: aliases multiply."""
        self._spent += 1 + (len(value.text) // 100 if isinstance(value, Scalar) else 0)
        if self._spent > MAX_READ:
            wrong = "the aliases of this file multiply it too much"
            expected = f"at most {MAX_READ:,} values are read, each as often as it is used"
            self.problems.append(Problem(value.location, wrong, expected, "too-large"))
            raise GiveUpError

    def _note(self, problem: Problem) -> None:
        self.errors += problem.severity == "error"
        if problem in self._noted:
            return
        self._noted.add(problem)
        self.problems.append(problem)
        if len(self.problems) >= MAX_PROBLEMS:
            self.problems.append(too_many_problems(problem.location))
            raise GiveUpError
