"""The text of a graph, with what could not be known as comments, and where these ended up."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from ..credentials import may_be_credential
from ..errors import Location, Problem
from ..project.escapes import show
from ..project.yaml_text import plain

INDENT = "  "
WIDTH = 100


@dataclass(frozen=True, slots=True)
class Mark:
    """Something that is for a person to decide: what is so, and what to do about it."""

    wrong: str
    expected: str

    def __str__(self) -> str:
        return show(f"{self.wrong}; {self.expected}")


@dataclass(frozen=True, slots=True)
class Entry:
    """A key with its value, as YAML or as what is below it: entries, or a list of mappings, each of which is some entries."""

    key: str
    value: str | tuple[Entry, ...] | tuple[tuple[Entry, ...], ...]
    marks: tuple[Mark, ...] = ()


@dataclass(frozen=True, slots=True)
class Imported:
    """A graph as text; `marks` are the problems to be settled, each where its comment says it."""

    text: str
    marks: tuple[Problem, ...]


def written(entries: Iterable[Entry], path: str) -> Imported:
    """The text of some entries; `path` is the file that it becomes."""
    lines: list[str] = []
    problems: list[Problem] = []
    for line, every in _lines(entries, ""):
        marks = [_safe(each) for each in every]
        for mark in marks:
            lines.extend(_comment(str(mark), _before(line)))
        lines.append(line)
        place = Location(path, len(lines), len(_before(line)) + 1)
        problems.extend(
            Problem(place, show(mark.wrong), show(mark.expected), "import", "warning")
            for mark in marks
        )
    return Imported("".join(f"{line}\n" for line in lines), tuple(problems))


def _safe(mark: Mark) -> Mark:
    """The mark, unless a name in it may be a credential."""
    is_safe = not may_be_credential("", str(mark))
    return mark if is_safe else Mark("something here may be a credential", "look at the function")


def _comment(text: str, indent: str) -> list[str]:
    return textwrap.wrap(
        text,
        max(WIDTH, len(indent) + 60),
        initial_indent=f"{indent}# import: ",
        subsequent_indent=f"{indent}#   ",
        break_long_words=False,
        break_on_hyphens=False,
    )


def _before(line: str) -> str:
    return " " * (len(line) - len(line.lstrip(" ")))


def _lines(entries: Iterable[Entry], indent: str) -> Iterator[tuple[str, Sequence[Mark]]]:
    for entry in entries:
        head = f"{indent}{plain(entry.key)}:"
        if isinstance(entry.value, str):
            yield f"{head} {entry.value}", entry.marks
            continue
        yield head, entry.marks
        for below in entry.value:
            if isinstance(below, Entry):
                yield from _lines([below], indent + INDENT)
            else:
                yield from _item(below, indent + INDENT)


def _item(entries: Iterable[Entry], indent: str) -> Iterator[tuple[str, Sequence[Mark]]]:
    for number, (line, marks) in enumerate(_lines(entries, indent + INDENT)):
        yield line if number else f"{indent}- {line.lstrip(' ')}", marks
