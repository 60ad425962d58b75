"""The `%nuclio` lines of a notebook, one after the other."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from ..errors import Problem, did_you_mean, printable
from ..notebooks import Magic
from ..user_code.files import Files
from .commands import add_command
from .configuration import add_configuration
from .said import Said, Text
from .variables import add_file, add_variable
from .volumes import add_mount

_Add = Callable[[Said, Text], None]

_ADDED: dict[str, _Add] = {
    "env": add_variable,
    "cmd": add_command,
    "config": add_configuration,
    "mount": add_mount,
}
_REFUSED = {
    "add": "modules that the notebook imports come along by themselves; put data into a package beside it, or on a volume",
    "handler": "the step's handler is generated: write a class with a method in its place",
}
_NOTHING = frozenset({"build", "deploy", "help", "show", "verbose"})
"""What is done where the notebook runs, and says nothing of the function."""

_LOCAL = ("-l", "--local-only")
_REMOTE = ("-c", "--config-only")


def read_said(magics: Iterable[Magic], folder: Path) -> Said:
    """What the magics of a notebook in `folder` say; files that they name are read from there, and after all else."""
    said = Said()
    files = Files([folder])
    for magic in magics:
        _add(said, magic)
    for magic in magics:
        if magic.name == "env_file":
            for each in _lines(magic):
                add_file(said, each, folder, files)
    return said


def _add(said: Said, magic: Magic) -> None:
    place = magic.cell.at(magic.line)
    if magic.name in _ADDED and not _is_local(magic):
        for each in _lines(magic):
            _ADDED[magic.name](said, each)
    elif magic.name in _REFUSED:
        said.refuse(place, f"a step has no place for `%nuclio {magic.name}`", _REFUSED[magic.name])
    elif magic.name not in {*_ADDED, *_NOTHING, "env_file"}:
        said.problems.append(_unknown(magic))


def _is_local(magic: Magic) -> bool:
    return magic.name == "env" and magic.arguments[0][0].startswith(_LOCAL)


def _lines(magic: Magic) -> Iterator[Text]:
    """The lines that say something, without what says only where; one that ends in a backslash goes on in the next."""
    before = ""
    for index, (text, number) in enumerate(magic.arguments):
        line = before + (_without_flag(text) if index == 0 else text).strip()
        before = line[:-1].rstrip() + " " if line.endswith("\\") else ""
        if line and not before and not line.startswith("#"):
            yield Text(line, magic.cell.at(number))


def _without_flag(text: str) -> str:
    first, _, rest = text.strip().partition(" ")
    return rest if first in _REMOTE else text


def _unknown(magic: Magic) -> Problem:
    known = sorted({*_ADDED, "env_file"})
    name = printable(magic.name, 40)
    wrong = f"`%nuclio {name}` is unknown{did_you_mean(magic.name, known)}"
    expected = f"known are {', '.join(f'`{each}`' for each in known)}"
    return Problem(magic.cell.at(magic.line), wrong, expected, "notebook-setting")
