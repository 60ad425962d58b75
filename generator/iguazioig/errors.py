"""What can go wrong, with the place where it did.

IguazioigError
├── ProblemsError        something of the user's has problems; carries all of them
│   ├── GraphError       … the graph, or the code that it names
│   └── NotReadyError    … a project that is to run on this machine, or the machine
├── ProjectError         the project folder cannot be written without destroying something
├── GitError             git does not have what it is asked for, or there is no git
├── DeployError          a command of a deployment failed
└── RunError             a local run cannot go on
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import islice
from typing import Literal

from .displayed import Displayed

Severity = Literal["error", "warning"]

MAX_PROBLEMS = 1000
"""How many problems are looked for; a file with more of them is not read to its end."""

_LONGEST_HINT = 100
_MOST_CANDIDATES = 1000


@dataclass(frozen=True, slots=True, order=True)
class Location:
    """A place in a file; `line` and `column` count from 1.

    In a notebook they count in the cell of the number `cell`, from 1 over all cells, and the place is written as linters of
    notebooks do: `fraud.ipynb:cell 3:2:1`. Elsewhere `cell` is 0.
    """

    path: str
    cell: int = field(default=0, kw_only=True)
    line: int = 1
    column: int = 1

    def __str__(self) -> str:
        cell = f":cell {self.cell}" if self.cell else ""
        return f"{self.path}{cell}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One thing that is wrong, and what is expected in its place.

    `code` names the rule (lower case, hyphens) for machines; it is stable, the texts are not.
    """

    location: Location
    wrong: str
    expected: str
    code: str = "invalid"
    severity: Severity = "error"

    @property
    def message(self) -> str:
        """Both halves in one line: what is wrong; what is expected."""
        return f"{self.wrong}; {self.expected}" if self.expected else self.wrong

    def __str__(self) -> str:
        label = "warning: " if self.severity == "warning" else ""
        return f"{self.location}: {label}{self.message}"


class IguazioigError(Exception):
    """Base of everything that this package raises for its user to read."""

    def _render_traceback_(self, *_: object) -> list[str]:
        """What IPython shows in place of a traceback, which would hide what there is to read."""
        return [
            f"{type(self).__name__}: {each}"
            for each in map(printable, str(self).splitlines() or [""])
        ]


class ProblemsError(Displayed, IguazioigError):
    """Something of the user's has problems; here are all of them, sorted."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems: tuple[Problem, ...] = tuple(sorted(set(problems)))
        super().__init__("\n".join(map(str, self.problems)))

    def _render_traceback_(self, *_: object) -> list[str]:
        """Every problem, with its place in colour."""
        return [f"{type(self).__name__}:", *(f"  {_coloured(each)}" for each in self.problems)]


class GraphError(ProblemsError):
    """The graph, or the code that it names, has problems."""


class NotReadyError(ProblemsError):
    """A project cannot run on this machine: something of it is wrong, or something that it needs is missing."""


class ProjectError(IguazioigError):
    """The project folder holds something that must not be overwritten, or cannot be written."""


class GitError(IguazioigError):
    """Git does not have what it is asked for, or cannot be asked."""


class DeployError(IguazioigError):
    """A command of a deployment failed; what was done before it stays done."""


class RunError(IguazioigError):
    """A local run cannot go on."""


def _coloured(problem: Problem) -> str:
    place = printable(str(problem.location))
    colour = 33 if problem.severity == "warning" else 31
    return f"\x1b[{colour};1m{place}\x1b[0m{printable(str(problem)).removeprefix(place)}"


def printable(text: str, limit: int | None = None) -> str:
    """`text` in one line that can be shown: what is not printable becomes its escape; of more than `limit` characters the first."""
    shown = text if limit is None else text[:limit]
    visible = "".join(char if char.isprintable() else ascii(char)[1:-1] for char in shown)
    return visible if len(shown) == len(text) else f"{visible}…"


def too_many_problems(place: Location) -> Problem:
    """The last problem of a file that has too many."""
    wrong = f"there are more than {MAX_PROBLEMS:,} problems"
    return Problem(place, wrong, "mend these first; the rest is not looked at", "too-many")


def closest(name: str, known: Iterable[str], *, cutoff: float = 0.6) -> str | None:
    """The known name that was probably meant, if one is close to `name`."""
    if len(name) > _LONGEST_HINT:
        return None
    from difflib import get_close_matches

    names = islice((each for each in known if each != name), _MOST_CANDIDATES)
    folded = {candidate.lower(): candidate for candidate in names}
    close = get_close_matches(name.lower(), folded, n=1, cutoff=cutoff)
    return folded[close[0]] if close else None


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """` (did you mean \\`x\\`?)` where a known name is close to `name`, else the empty text."""
    return hint(closest(name, known))


def hint(meant: str | None) -> str:
    """` (did you mean \\`x\\`?)`, or the empty text."""
    return f" (did you mean `{meant}`?)" if meant is not None else ""
