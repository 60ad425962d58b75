"""What of a notebook belongs to a step: the annotations `# nuclio:` (or `# mlrun:`), and the tags of cells.

`ignore`, or a tag `nuclio-ignore` or `mlrun-ignore`, leaves a cell out. `start-code` throws away what stands above it, `end-code`
what stands below; with a name, they are those of the step of that name alone.
"""

from __future__ import annotations

import re
import tokenize
from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple

from ..errors import Problem
from .cells import Cell
from .lines import Line, Magic, Split, split

_ANNOTATION = re.compile(
    r"#[ \t]*(?:nuclio|mlrun):[ \t]*(?P<word>ignore|start-code|end-code|return)[ \t]*(?P<name>\S*)"
)
_IGNORED = frozenset({"nuclio-ignore", "mlrun-ignore"})

Part = tuple[Cell, list[Line]]
Mark = re.Match[str]


class Selection(NamedTuple):
    """The lines of a step, cell by cell; `section` is the name of the section, `magics` are those of all cells."""

    parts: list[Part]
    section: str
    magics: list[Magic]
    problems: list[Problem]


class _Section:
    """What stands between `start-code` and `end-code` of one name, as far as the cells have been read."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.parts: list[Part] = []
        self.problems: list[Problem] = []
        self.is_named = self._is_open = self._is_over = False

    def take(self, cell: Cell, line: Line, mark: Mark | None) -> None:
        """Read the next line, which may open or end this section; what is nothing but a mark is no part of it."""
        if mark is None:
            self._add(cell, line)
            return
        if mark["word"] == "start-code" and mark["name"] == self.name:
            self._start(cell, line)
        elif before := line.text[: mark.start()].rstrip():
            self._add(cell, line._replace(text=before))
        if mark["word"] == "end-code" and mark["name"] == self.name:
            self._end(cell, line)

    def _add(self, cell: Cell, line: Line) -> None:
        if self._is_over:
            return
        if not self.parts or self.parts[-1][0] is not cell:
            self.parts.append((cell, []))
        self.parts[-1][1].append(line)

    def _start(self, cell: Cell, line: Line) -> None:
        if self._is_open and not self._is_over:
            self._complain("start-code", "end-code", cell, line)
        if not self.is_named:
            self.parts.clear()
        self.is_named = self._is_open = True
        self._is_over = False

    def _end(self, cell: Cell, line: Line) -> None:
        if self._is_over:
            self._complain("end-code", "start-code", cell, line)
        self.is_named = self._is_over = True
        self._is_open = False

    def _complain(self, word: str, other: str, cell: Cell, line: Line) -> None:
        name = f" {self.name}" if self.name else ""
        wrong = f"`# nuclio: {word}{name}` stands twice, with no `{other}` between"
        self.problems.append(
            Problem(cell.at(line.number), wrong, "take one of them out", "notebook")
        )


def select(cells: Iterable[Cell], names: Collection[str]) -> Selection:
    """What belongs to the step that is known by `names`: its own section, or else the one without a name, or else everything."""
    sections = [_Section(name) for name in dict.fromkeys((*names, ""))]
    magics: list[Magic] = []
    others: dict[str, tuple[Cell, Line]] = {}
    for cell in cells:
        parted = split(cell)
        marks = _marks(parted.lines)
        if _is_ignored(cell, parted, marks):
            continue
        magics += parted.magics
        for line in parted.lines:
            mark = marks.get(line.number)
            if mark and mark["name"]:
                others.setdefault(mark["name"], (cell, line))
            for section in sections:
                section.take(cell, line, mark)
    chosen = next((each for each in sections if each.is_named), sections[-1])
    problems = [*chosen.problems, *_complaints(chosen)]
    if not chosen.is_named and others:
        problems.append(_of_others(others, names))
    return Selection(chosen.parts, chosen.name, magics, problems)


def _marks(lines: Sequence[Line]) -> dict[int, Mark]:
    """The annotations among the comments of a cell, by the numbers of their lines; what a text says is none."""
    found = {line.number: mark for line in lines if (mark := _ANNOTATION.search(line.text))}
    if not found:
        return found
    rows = _comment_rows(lines)
    return {number: mark for number, mark in found.items() if number in rows}


def _comment_rows(lines: Sequence[Line]) -> set[int]:
    """The numbers of the lines with a comment; where the cell is broken, of all that follow."""
    left = iter([f"{line.text}\n" for line in lines])
    rows: set[int] = set()
    row = 0
    try:
        for token in tokenize.generate_tokens(lambda: next(left, "")):
            row = token.start[0]
            if token.type == tokenize.COMMENT:
                rows.add(lines[row - 1].number)
    except (tokenize.TokenError, SyntaxError):
        rows.update(line.number for line in lines[row:])
    return rows


def _is_ignored(cell: Cell, parted: Split, marks: dict[int, Mark]) -> bool:
    below = (
        _ANNOTATION.match(text.lstrip()) for each in parted.magics for text, _ in each.arguments
    )
    words = (mark["word"] for mark in (*marks.values(), *below) if mark)
    return bool(cell.tags & _IGNORED) or "ignore" in words


def _complaints(section: _Section) -> list[Problem]:
    return [line.problem for _, lines in section.parts for line in lines if line.problem]


def _of_others(others: dict[str, tuple[Cell, Line]], names: Collection[str]) -> Problem:
    cell, line = next(iter(others.values()))
    known = ", ".join(f"`{name[:60]}`" for name in list(others)[:12])
    wrong = f"this notebook has sections of other names, {known}, so that the step gets all of it"
    expected = f"write `# nuclio: start-code {next(iter(names))}` above what belongs to this step"
    return Problem(cell.at(line.number), wrong, expected, "notebook-section", "warning")
