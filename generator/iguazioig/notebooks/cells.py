"""A notebook's file as the code cells that are in it (nbformat 4), without a look at its outputs."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ..errors import Location, Problem

FORMAT = 4
"""The major version of Jupyter's format since 2014."""

_CODE = "notebook"
_SAVE = "open it in Jupyter and save it"


@dataclass(frozen=True, slots=True)
class Cell:
    """A code cell. `number` counts all cells of the notebook from 1, as linters of notebooks do."""

    path: str
    number: int
    lines: tuple[str, ...]
    tags: frozenset[str] = frozenset()

    def at(self, line: int, column: int = 1) -> Location:
        """A place in this cell; lines and columns count from 1."""
        return Location(self.path, line, column, cell=self.number)


def read_cells(content: bytes, path: str) -> list[Cell] | Problem:
    """The code cells in their order, or why this is no notebook of Python."""
    notebook = _parse(content, path)
    if isinstance(notebook, Problem):
        return notebook
    problem = _wrong_format(notebook, path) or _wrong_language(notebook, path)
    if problem:
        return problem
    found: list[Cell] = []
    for each in _code_cells(notebook["cells"], path):
        if isinstance(each, Problem):
            return each
        found.append(each)
    return found


def _parse(content: bytes, path: str) -> Any:
    try:
        return json.loads(content)
    except json.JSONDecodeError as error:
        reason = error.msg[:1].lower() + error.msg[1:]
        place = Location(path, error.lineno, error.colno)
        return _problem(place, f"this is no notebook: its JSON is broken: {reason}", _SAVE)
    except (ValueError, RecursionError, MemoryError):
        wrong = "this is no notebook: it is not text, or nested too deeply"
        return _problem(Location(path), wrong, _SAVE)


def _wrong_format(notebook: Any, path: str) -> Problem | None:
    if not isinstance(notebook, dict) or not {"nbformat", "cells", "worksheets"} & notebook.keys():
        return _problem(Location(path), "this is JSON, but no notebook", _SAVE)
    version = notebook.get("nbformat")
    if version != FORMAT:
        shown = version if isinstance(version, int) else "an unknown version"
        wrong = f"this notebook is of format {shown}, and format {FORMAT} is read"
        upgrade = f"`jupyter nbconvert --to notebook --nbformat {FORMAT} --inplace` does, too"
        return _problem(Location(path), wrong, f"{_SAVE}; {upgrade}")
    if not isinstance(notebook.get("cells"), list):
        return _problem(Location(path), "this notebook has no list of cells", _SAVE)
    return None


def _wrong_language(notebook: Mapping[str, Any], path: str) -> Problem | None:
    metadata = _mapping(notebook.get("metadata"))
    names = (
        _mapping(metadata.get("kernelspec")).get("language"),
        _mapping(metadata.get("language_info")).get("name"),
    )
    for name in names:
        if isinstance(name, str) and name.lower() not in ("python", "ipython"):
            wrong = f"this notebook is written in {ascii(name)[1:-1][:40]}"
            return _problem(
                Location(path), wrong, "a step is Python: a notebook with a Python kernel"
            )
    return None


def _code_cells(cells: list[Any], path: str) -> Iterator[Cell | Problem]:
    for number, cell in enumerate(cells, 1):
        kind = _mapping(cell).get("cell_type")
        if not isinstance(kind, str):
            yield _problem(Location(path, cell=number), "this is no cell of a notebook", _SAVE)
        elif kind == "code":
            yield _code_cell(cell, number, path)


def _code_cell(cell: Mapping[str, Any], number: int, path: str) -> Cell | Problem:
    source = cell.get("source")
    parts: list[Any] = source if isinstance(source, list) else [source]
    if not all(isinstance(part, str) for part in parts):
        return _problem(Location(path, cell=number), "this cell has no text", _SAVE)
    text = "".join(parts).replace("\r\n", "\n").replace("\r", "\n")
    if not text.isascii() and any("\ud800" <= char <= "\udfff" for char in text):
        wrong = "this cell has characters that are no text"
        return _problem(Location(path, cell=number), wrong, "text that can be written as UTF-8")
    tags = _mapping(cell.get("metadata")).get("tags")
    named = frozenset(tag for tag in tags if isinstance(tag, str)) if isinstance(tags, list) else ()
    return Cell(path, number, tuple(text.split("\n")), frozenset(named))


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _problem(place: Location, wrong: str, expected: str) -> Problem:
    return Problem(place, wrong, expected, _CODE)
