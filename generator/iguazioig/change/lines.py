"""A report as lines for a terminal."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from ..errors import printable
from .model import Change, Consequence
from .report import Report, counted, groups, meanings
from .words import code, command, count, listed

INDENT = " " * 12


class Line(NamedTuple):
    """A line; where it begins a change, or the meaning of one, its first word is `consequence`."""

    text: str
    consequence: Consequence | None = None


def lines(report: Report, width: int) -> Iterator[Line]:
    """The report in lines of at most `width` characters, but for longer words."""
    yield Line(f"{report.project}: {printable(report.before)} → {printable(report.after)}")
    if not report.changes:
        yield Line("nothing changes in what runs")
        return
    for group in groups(report.changes):
        yield Line("")
        yield from _group(group, width)
    yield from _end(report, width)


def _group(group: Sequence[Change], width: int) -> Iterator[Line]:
    for change in group:
        head = f"{title(change)}: {change.what}{_where(change)}"
        yield from _begun(head, change.consequence, width)
        for detail in change.details:
            yield from _block(f"- {detail}", width)
    if group[0].is_explained:
        yield from _block(group[0].reason, width)
    if group[0].cure:
        yield from _block(f"do: {group[0].cure}", width)


def _where(change: Change) -> str:
    return "" if change.location is None else f" ({printable(str(change.location))})"


def _end(report: Report, width: int) -> Iterator[Line]:
    told = meanings(report.changes)
    yield from [Line("")] if told else []
    for each in told:
        yield from _begun(each.meaning, each, width)
    yield Line("")
    yield from (Line(text) for text in _wrapped(summary(report), width, ""))
    if report.refused:
        yield from (Line(text) for text in _wrapped(consent(report), width, ""))


def summary(report: Report) -> str:
    """How many changes there are of which consequence, and which steps are deployed."""
    kinds = ", ".join(f"{number:,} {each}" for each, number in counted(report.changes))
    steps = f"; deployed anew: {listed(report.restarted)}" if report.restarted else ""
    return f"{count(len(report.changes), 'change')}: {kinds}{steps}"


def consent(report: Report) -> str:
    """What somebody has to accept, and how; what is impossible does not become possible by that."""
    possible = [it for it in report.refused if it.consequence != Consequence.IMPOSSIBLE]
    options = " ".join(f"--allow {name}" for name in dict.fromkeys(it.code for it in possible))
    texts = [f"not accepted: {count(len(report.refused), 'change')}"]
    if possible:
        texts.append(f"accept with {command(options)}")
    if len(possible) < len(report.refused):
        texts.append("a deployment stops at what is impossible")
    return "; ".join(texts)


def title(change: Change) -> str:
    """What a change is of."""
    return f"{change.kind} {code(change.name)}"


def _begun(text: str, consequence: Consequence, width: int) -> Iterator[Line]:
    first, *more = _wrapped(f"{consequence!s:<{len(INDENT)}}{text}", width, INDENT)
    yield Line(first, consequence)
    yield from map(Line, more)


def _block(text: str, width: int) -> Iterator[Line]:
    return map(Line, _wrapped(INDENT + text, width, INDENT))


def _wrapped(text: str, width: int, indent: str) -> list[str]:
    return textwrap.wrap(
        text,
        max(width, 40),
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )
