"""Notebooks as modules: read as JSON, never run, and with no library of Jupyter's.

cells       a file → its code cells, or why it is none
lines       a cell → the lines that are Python, and what it says to IPython and to Nuclio
sections    the cells → what of them belongs to a step
module      … as the text of a module whose every line knows its cell

What belongs to a step is what nuclio-jupyter 0.13 says (nuclio-facts 9; nuclio/export.py), which the tests ask. It takes texts and
brackets for commands where IPython does not, and some commands for code; there this goes with IPython.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..errors import Problem
from .cells import Cell, read_cells
from .lines import Magic
from .module import NotebookModule, make_module
from .sections import select

__all__ = ["Cell", "Magic", "NotebookModule", "Reading", "read"]


@dataclass(frozen=True, slots=True)
class Reading:
    """What a step has of a notebook: its module, what `%nuclio` says, and what there is to say about it."""

    module: NotebookModule
    magics: tuple[Magic, ...]
    problems: tuple[Problem, ...]


def read(
    content: bytes, *, path: str, name: str, title: str, steps: Sequence[str]
) -> Reading | Problem:
    """What of the notebook at `path` belongs to the step that is known as `steps`, as the module `name`.

    Its first line calls the notebook `title`.
    """
    cells = read_cells(content, path)
    if isinstance(cells, Problem):
        return cells
    selection = select(cells, steps)
    module = make_module(name, path, title, selection)
    return Reading(module, tuple(selection.magics), tuple(selection.problems))
