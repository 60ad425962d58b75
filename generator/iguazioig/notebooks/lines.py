"""A cell's lines: which are Python, and which IPython takes for itself.

IPython reads `%` and `!` only where a statement begins; inside of a text, or of brackets, they are Python's.
"""

from __future__ import annotations

import re
import tokenize
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

from ..errors import Problem
from .cells import Cell

_HELP = re.compile(r"\s*(?:\?{1,2}[\w.*%]+|[%\w][\w.*]*\?{1,2})\s*")
_ASSIGNED = re.compile(r"\s*[A-Za-z_][\w\s,.]*=\s*[!%]")
_CALLED = re.compile(r"(%{1,2})\s*([A-Za-z_]\w*)\s*")
_ANY = re.compile(r"^[ \t]*[%!?]|\?[ \t]*$|=[ \t]*[!%]", re.MULTILINE)

# IPython's own that run their cell as Python, and those that give it to something else.
_PYTHON_CELLS = frozenset({"capture", "prun", "time", "timeit"})
_OTHER_CELLS = frozenset(
    {
        "HTML", "SVG", "bash", "cmd", "debug", "file", "html", "javascript", "js", "latex", "markdown", "perl", "pypy", "python",
        "python2", "python3", "ruby", "script", "sh", "svg", "sx", "system", "writefile",
    }
)  # fmt: skip
_MISSED = {
    "run": "import what it defines from a module",
    "time": "write the statement on a line of its own",
    "pylab": "import the names that are used",
}
"""Line magics that leave names behind."""


class Line(NamedTuple):
    """A line of a cell that stays, as it is or as `text`; `problem` is what there is to say if it belongs to the step."""

    text: str
    number: int
    shift: int = 0
    problem: Problem | None = None


class Magic(NamedTuple):
    """A `%nuclio` of a cell: what it is called, and its arguments, those below it too, each with its line."""

    name: str
    arguments: tuple[tuple[str, int], ...]
    cell: Cell
    line: int


class Split(NamedTuple):
    """A cell, parted."""

    lines: list[Line]
    magics: list[Magic]


def split(cell: Cell) -> Split:
    """Part what is Python in a cell from what is not."""
    cell = _unwrapped(cell)
    if not _ANY.search("\n".join(cell.lines)):
        return Split(_outdented(cell), [])
    first = next((n for n, text in enumerate(cell.lines) if not _is_remark(text)), len(cell.lines))
    if first < len(cell.lines) and cell.lines[first].lstrip().startswith("%%"):
        return _cell_magic(cell, first)
    found = Split([], [])
    for kind, start, end in _statements(cell.lines):
        if kind == "python":
            found.lines.extend(Line(cell.lines[n], n + 1) for n in range(start, end))
        else:
            _take(kind, start, end, cell, found)
    return Split(_outdented(cell, found.lines), found.magics)


def _unwrapped(cell: Cell) -> Cell:
    """The cell without those first lines that only say how it is run."""
    lines = list(cell.lines)
    for number, text in enumerate(cell.lines):
        called = _CALLED.match(text.lstrip())
        if called and called[1] == "%%" and called[2] in _PYTHON_CELLS:
            lines[number] = ""
        elif not _is_remark(text):
            break
    return replace(cell, lines=tuple(lines))


def _is_remark(text: str) -> bool:
    return not text.strip() or text.lstrip().startswith("#")


def _cell_magic(cell: Cell, first: int) -> Split:
    """A cell whose first line says who gets the rest."""
    called = _CALLED.match(cell.lines[first].lstrip())
    name = called[2] if called else ""
    rest = [(text, number) for number, text in enumerate(cell.lines[first + 1 :], first + 2)]
    above = [Line(text, number) for number, text in enumerate(cell.lines[:first], 1)]
    if name == "nuclio":
        return Split(above, [_nuclio(cell.lines[first], first + 1, cell, rest)])
    problem = None
    if name not in _OTHER_CELLS:
        wrong = f"IPython gives this cell to `%%{name[:40]}`, so it is left out"
        problem = _warning(cell, first + 1, wrong, "mark it `# nuclio: ignore` if that is right")
    return Split([*above, Line("", first + 1, problem=problem)], [])


def _take(kind: str, start: int, end: int, cell: Cell, found: Split) -> None:
    """What is said to IPython: a setting of the step, or left out; inside of a block `pass` keeps its place."""
    text = cell.lines[start]
    whole = " ".join(line.rstrip("\\ ") for line in cell.lines[start:end])
    called = _CALLED.match(whole.lstrip())
    if kind == "magic" and called and called[2] == "nuclio":
        found.magics.append(_nuclio(whole, start + 1, cell, []))
    problem = _complaint(kind, called[2] if called else "", cell, start + 1)
    indent = text[: len(text) - len(text.lstrip())]
    found.lines.append(Line(f"{indent}pass" if indent else "", start + 1, problem=problem))


def _complaint(kind: str, name: str, cell: Cell, line: int) -> Problem | None:
    if kind == "assigned":
        wrong = "this asks IPython for a value, and a step has no IPython"
        expected = "write it in Python, or mark the cell `# nuclio: ignore`"
        return Problem(cell.at(line), wrong, expected, "notebook-only")
    if kind == "magic" and name in _MISSED:
        wrong = f"`%{name}` is left out, with whatever it defines"
        return _warning(cell, line, wrong, _MISSED[name])
    return None


def _nuclio(text: str, line: int, cell: Cell, rest: Sequence[tuple[str, int]]) -> Magic:
    called = _CALLED.match(text.lstrip())
    after = text.lstrip()[called.end() :] if called else ""
    name, _, arguments = after.strip().partition(" ")
    return Magic(name, ((arguments.strip(), line), *rest), cell, line)


def _statements(lines: Sequence[str]) -> Iterator[tuple[str, int, int]]:
    """Each statement, or line for IPython, as its kind, its first line and the line after its last."""
    start = 0
    while start < len(lines):
        text = lines[start]
        kind = _kind(text)
        if kind == "python":
            end = start + 1 if _is_remark(text) else _end(lines, start)
        else:
            end = start + 1
            while lines[end - 1].endswith("\\") and end < len(lines):
                end += 1
        yield kind, start, end
        start = end


def _kind(text: str) -> str:
    if text.lstrip()[:1] in ("%", "!") and text.strip():
        return "magic" if text.lstrip().startswith("%") else "shell"
    if _HELP.fullmatch(text):
        return "help"
    return "assigned" if _ASSIGNED.match(text) else "python"


def _end(lines: Sequence[str], start: int) -> int:
    """The line after the last of the statement that begins at `start`; what is no Python goes on to the end."""
    left = (f"{lines[number]}\n" for number in range(start, len(lines)))
    try:
        for token in tokenize.generate_tokens(lambda: next(left, "")):
            if token.type == tokenize.NEWLINE:
                return min(start + token.end[0], len(lines))
    except (tokenize.TokenError, SyntaxError):
        pass
    return len(lines)


def _outdented(cell: Cell, lines: list[Line] | None = None) -> list[Line]:
    """The lines without the indentation of the first one, as IPython reads a cell that is indented as a whole."""
    found = [Line(text, n) for n, text in enumerate(cell.lines, 1)] if lines is None else lines
    first = next((each.text for each in found if each.text.strip()), "")
    indent = first[: len(first) - len(first.lstrip())]
    return [
        (
            each._replace(text=each.text[len(indent) :], shift=len(indent))
            if indent and each.text.startswith(indent)
            else each
        )
        for each in found
    ]


def _warning(cell: Cell, line: int, wrong: str, expected: str) -> Problem:
    return Problem(cell.at(line), wrong, expected, "notebook-only", "warning")
