"""A comparison as the rows of a table, and what is said below it."""

from __future__ import annotations

from collections.abc import Iterator

from ..errors import printable
from .compare import Difference, Drift
from .values import ABSENT, HIDDEN, shown

TITLES = ("step", "field", "committed", "running", "line")

_LONGEST = 48


def rows(drift: Drift) -> Iterator[tuple[str, ...]]:
    """A row for each difference; `line` is that of function.yaml."""
    for step in drift.steps:
        for each in step.differences:
            yield step.step, printable(each.field), _committed(each), _running(each), _line(each)


def _committed(each: Difference) -> str:
    is_default = each.committed is not ABSENT and each.location is None
    return _cell(each, each.committed) + (" (default)" if is_default and not each.hidden else "")


def _running(each: Difference) -> str:
    return _cell(each, each.running)


def _cell(each: Difference, value: object) -> str:
    return HIDDEN if each.hidden and value is not ABSENT else printable(shown(value), _LONGEST)


def _line(each: Difference) -> str:
    return str(each.location.line) if each.location else ""


def remarks(drift: Drift) -> Iterator[str]:
    """What the table does not say."""
    for step in drift.steps:
        if not step.found:
            yield f"{step.step} is not deployed: there is no function {printable(step.function)}"
        if step.masked:
            kept = printable(", ".join(step.masked))
            yield f"{step.step}: kept in a Secret, and not compared: {kept}"
    for name in drift.strays:
        yield f"{printable(name)} is deployed, and its step is gone"
    yield from dict.fromkeys(it.note for each in drift.steps for it in each.differences if it.note)


def summary(drift: Drift) -> str:
    """How many steps run as they were committed."""
    same = sum(step.is_same for step in drift.steps)
    missing = sum(not step.found for step in drift.steps)
    counted = {
        "drifted": len(drift.steps) - same - missing,
        "not deployed": missing,
        "left over": len(drift.strays),
    }
    others = "".join(f", {number:,} {what}" for what, number in counted.items() if number)
    steps = f"{same:,} step{'' if same == 1 else 's'} run{'s' if same == 1 else ''}"
    return f"{printable(drift.project)}: {steps} as committed{others}"
