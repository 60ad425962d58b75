"""The paths of a generated project: which there may be, and with which permissions.

A path is relative to the project folder and written with `/`, whatever the system.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable

from ..errors import ProjectError

# A run keeps here what it is about to move into the project, and what it moved out of it.
STAGING = ".iguazioig.tmp"
STAGED = f"{STAGING}/new"
REPLACED = f"{STAGING}/old"

_ENVIRONMENT = re.compile(r"environments/([^/]+)\.yaml")
_EXECUTABLE = frozenset({"deploy.sh", "deploy_steps.py", "setup_streams.py"})


def mode(path: str) -> int:
    """The permissions of a file of a project, before the user's umask."""
    return 0o755 if path in _EXECUTABLE else 0o644


def environment_path(name: str) -> str:
    """Where a project has what was laid over its graph."""
    return f"environments/{name}.yaml"


def environment_in(paths: Iterable[str]) -> str | None:
    """The name of the environment that a project is for, by its paths; None where it is the graph as it is."""
    found = (_ENVIRONMENT.fullmatch(path) for path in paths)
    return next((each[1] for each in found if each), None)


def parents(path: str) -> list[str]:
    """The folders that `path` is in, the outermost first."""
    return [path[:end] for end, character in enumerate(path) if character == "/"]


def misplaced(path: str) -> str:
    """Why `path` must not name a file of a project, or the empty text if it may."""
    parts = path.split("/")
    if "" in parts:
        return "is not a path below the project folder"
    if "." in parts or ".." in parts:
        return "has a `.` or `..` in it"
    if "\\" in path or not path.isprintable():
        return "has a backslash or an unprintable character in it"
    if parts[0] == STAGING or ".git" in map(str.lower, parts):
        return "belongs to another tool"
    return ""


def check_paths(paths: Collection[str]) -> None:
    """Raise ProjectError if a path is misplaced, or if two need the same place on some system."""
    names: dict[str, str] = {}
    for path in paths:
        if why := misplaced(path):
            raise ProjectError(f"the path {path!a} {why}; rename it")
        other = names.setdefault(_fold(path), path)
        if other != path:
            raise ProjectError(
                f"`{other}` and `{path}` are one file where case is ignored; rename one"
            )
    for path in paths:
        for parent in parents(path):
            if (file := names.get(_fold(parent))) is not None:
                raise ProjectError(f"`{file}` is a file and the folder of `{path}`; rename one")


def _fold(path: str) -> str:
    """What file systems that ignore case and the composition of letters take as equal."""
    return path.lower() if path.isascii() else unicodedata.normalize("NFC", path).casefold()
