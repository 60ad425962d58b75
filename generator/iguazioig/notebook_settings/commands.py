"""`%nuclio cmd`: packages for `pip install`, and whatever else an image is built with."""

from __future__ import annotations

import re
import shlex

from ..api.texts import PACKAGE
from ..credentials import find_credential
from ..document import shorten
from .said import Said, Text
from .variables import EXPANDED, of_environment

_PIP = re.compile(r"(?:python3?\s+-m\s+)?pip3?\s+install\s+(?P<rest>.*)")
_SHELL = re.compile(r"[&|;<>`$*]")
_REDIRECTION = re.compile(r"(?<=\s)[\w.\[\],-]+([<>])\S*")
_PLAIN_FLAGS = frozenset(
    {"-q", "--quiet", "-U", "--upgrade", "--user", "--no-cache-dir", "--disable-pip-version-check"}
)
"""What makes no difference in an image that is being built."""


def add_command(said: Said, line: Text) -> None:
    """One command of a shell. `pip install` of plain packages becomes part of the step's requirements."""
    if line.text.startswith("@nuclio"):
        wrong = f"`{shorten(line.text)}` is a mark in Nuclio's own list of commands"
        said.refuse(line.place, wrong, "leave it out: commands run before the step is copied")
    elif problem := find_credential("cmd", line.text, line.place, ""):
        said.problems.append(problem)
    elif found := EXPANDED.search(line.text):
        said.refuse(line.place, *of_environment(found[0]))
    elif packages := _packages(line.text):
        said.packages.extend(Text(package, line.place) for package in packages)
        if found := _REDIRECTION.search(line.text):
            wrong = f"a shell reads the `{found[1]}` of `{shorten(found[0].strip())}` as a sign of its own"
            said.warn(line.place, wrong, "here it is part of the requirement: write it in quotes")
    else:
        said.commands.append(line)


def _packages(command: str) -> list[str]:
    """The requirements of a `pip install` that does nothing else; none where it does."""
    found = _PIP.fullmatch(command)
    words = _words(found["rest"]) if found else []
    packages = [word for word in words if word not in _PLAIN_FLAGS]
    return packages if all(map(_is_package, packages)) else []


def _words(text: str) -> list[str]:
    try:
        return shlex.split(text)
    except ValueError:
        return ["-"]


def _is_package(word: str) -> bool:
    return (
        not word.startswith(("-", ".", "/"))
        and PACKAGE.fits(word)
        and not _SHELL.search(_bare(word))
    )


def _bare(word: str) -> str:
    """A requirement without what says its version: there `>` means what it says once quotes are gone."""
    return re.sub(r"[<>=!~]=?\s*[\w.*+!-]+", "", word)
