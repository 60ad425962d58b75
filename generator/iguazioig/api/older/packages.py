"""The packages of an older function, which were words of one shell command: `pip install a b`."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator

from ...document import Scalar
from ...errors import Location
from ..fields import Entry
from ..kinds import INVALID, Items
from ..reader import Reader
from ..texts import PACKAGE
from .entries import items_of

_SHELL = re.compile(r"[<>|&;$`()\\*{}#]")
_NAME = re.compile(r"[A-Za-z0-9._-]*")
_PLAIN = re.compile(r"[A-Za-z0-9][^\s'\"]*(\s+[A-Za-z0-9][^\s'\"]*)+")


def packages(function: Entry, reader: Reader) -> Items:
    """The requirements that are left of `pip`, each with its place."""
    found = items_of(())
    written = function["pip"] or items_of(())
    found.is_whole = written.is_whole
    for index, (entry, place) in enumerate(zip(written, written.places, strict=True)):
        for requirement in requirements(entry, place, reader):
            scalar = Scalar(requirement, "str", False, place)
            if PACKAGE.read(scalar, reader, f"pip[{index}]") is INVALID:
                found.is_whole = False
            else:
                found.append(requirement)
                found.places.append(place)
    return found


def requirements(entry: str, place: Location, reader: Reader) -> Iterator[str]:
    """What is left of one entry: none, itself, or the words that a shell made of it."""
    if "v3io==" in entry:
        wrong = f"`{entry}` had no effect: the deployment installed a v3io of its own"
        reader.warn(place, wrong, "leave it out; steps that write streams get v3io", "no-effect")
        return
    for word in _words(entry):
        if _NAME.match(word)[0].lower() == "dataclasses":  # type: ignore[index]
            wrong = "`dataclasses` is a part of Python since 3.7, and is not installed"
            reader.warn(place, wrong, "leave it out", "no-effect")
        else:
            yield word
            _warn_of_shell(word, entry, place, reader)


def _words(entry: str) -> list[str]:
    """What the shell made of an entry, where it made several words of it, or took quotes away."""
    if "'" in entry or '"' in entry:
        try:
            return shlex.split(entry)
        except ValueError:
            return [entry]
    return entry.split() if _PLAIN.fullmatch(entry) and not _SHELL.search(entry) else [entry]


def _warn_of_shell(word: str, entry: str, place: Location, reader: Reader) -> None:
    if word == entry and (sign := _SHELL.search(word)):
        wrong = f"a shell read `{word}`, to which `{sign[0]}` is a sign of its own: no version was asked for"
        if sign[0] not in "<>":
            wrong = f"a shell read `{word}`, to which `{sign[0]}` is a sign of its own"
        expected = "now it means to pip what it says: see that this is what you want"
        reader.warn(place, wrong, expected, "pip-shell")
