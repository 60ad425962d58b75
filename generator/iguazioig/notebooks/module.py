"""The text of the module that a notebook becomes: each line knows where in the notebook it stands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from ..errors import Location
from .cells import Cell
from .lines import Line
from .sections import Part, Selection


class Origin(NamedTuple):
    """Where a line of the module comes from; `shift` is how much of its indentation was taken away."""

    cell: Cell
    line: int
    shift: int


@dataclass(frozen=True, eq=False)
class NotebookModule:
    """A module made from a notebook: its text as it is in the cells, and where each of its lines stands."""

    name: str
    path: str
    text: bytes = field(repr=False)
    origins: tuple[Origin | None, ...] = field(repr=False)

    def at(self, line: int, column: int = 1) -> Location:
        """The place in the notebook of a place in the text; what is in no cell belongs to the next one."""
        following = (self.origins[each] for each in range(max(line, 1) - 1, len(self.origins)))
        origin = next(filter(None, following), None)
        if origin is None:
            return Location(self.path)
        return origin.cell.at(origin.line, column + origin.shift)


def make_module(name: str, path: str, shown: str, selection: Selection) -> NotebookModule:
    """The module of what was selected of the notebook at `path`, which its first line calls `shown`."""
    section = f", section {selection.section}" if selection.section else ""
    texts = [f"# Made from {shown}{section}: change the notebook, not this file."]
    origins: list[Origin | None] = [None]
    for cell, lines in filter(None, map(_trimmed, selection.parts)):
        texts += ["", "", *(line.text for line in lines)]
        origins += [None, None, *(Origin(cell, line.number, line.shift) for line in lines)]
    return NotebookModule(name, path, ("\n".join(texts) + "\n").encode(), tuple(origins))


def _trimmed(part: Part) -> Part | None:
    cell, lines = part
    filled = [n for n, line in enumerate(lines) if line.text.strip()]
    return (cell, _between(lines, filled)) if filled else None


def _between(lines: Sequence[Line], filled: Sequence[int]) -> list[Line]:
    return list(lines[filled[0] : filled[-1] + 1])
