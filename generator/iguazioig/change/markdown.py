"""A report as Markdown for a pull request: whatever a name is made of, it stays a name."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from .lines import consent, summary, title
from .model import Change, Consequence
from .report import Report, counted, groups, meanings
from .words import code

LARGEST = 60_000
"""Characters of a comment: GitHub takes 65,536."""

_MARKS = {
    Consequence.SAFE: "✅",
    Consequence.RESTARTS: "🔁",
    Consequence.REPLAYS: "⏪",
    Consequence.LOSES: "⚠️",
    Consequence.IMPOSSIBLE: "⛔",
}


def markdown(report: Report) -> str:
    """The report; changes for which a comment has no room are only counted."""
    head, tail = "".join(_head(report)), "".join(_tail(report))
    blocks, left = [], len(report.changes)
    room = LARGEST - len(head) - len(tail)
    for group in groups(report.changes):
        block = "".join(_group(group, report))
        room -= len(block)
        if room < 0:
            blocks.append(f"- … and {left:,} more: `iguazioig diff` shows them all\n")
            break
        blocks.append(block)
        left -= len(group)
    return f"{head}{''.join(blocks)}{tail}"


def _head(report: Report) -> Iterator[str]:
    yield f"<!-- iguazioig diff {report.project} -->\n"
    yield f"### What this changes in {code(report.project)}\n\n"
    yield f"{code(report.before)} → {code(report.after)}\n\n"
    if not report.changes:
        yield "Nothing changes in what runs.\n"
        return
    numbers = (f"{_MARKS[each]} {number:,} **{each}**" for each, number in counted(report.changes))
    yield f"{' · '.join(numbers)}\n\n"


def _group(group: Sequence[Change], report: Report) -> Iterator[str]:
    for change in group:
        accepted = " (accepted)" if _was_accepted(change, report) else ""
        word = f"{_MARKS[change.consequence]} **{change.consequence}**{accepted}"
        yield f"- {word} {title(change)}: {change.what}{_where(change)}\n"
        yield from (f"  - {detail}\n" for detail in change.details)
    if group[0].is_explained:
        yield f"\n  {_sentence(group[0].reason)}\n"
    if group[0].cure:
        yield f"\n  **Do:** {_sentence(group[0].cure)}\n"


def _was_accepted(change: Change, report: Report) -> bool:
    return report.accepts(change) and not Report("", "", "", (change,)).accepts(change)


def _where(change: Change) -> str:
    place = change.location
    return f" ({code(f'{place.path}:{place.line}')})" if place is not None else ""


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."


def _tail(report: Report) -> Iterator[str]:
    if not report.changes:
        return
    yield f"\n{_sentence(summary(report))}\n\n"
    for each in meanings(report.changes):
        yield f"- **{each}**: {each.meaning}\n"
    if report.refused:
        yield f"\n{_sentence(consent(report))}\n"
