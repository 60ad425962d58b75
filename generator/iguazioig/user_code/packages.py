"""The files of a package: its modules, and the data that they open beside themselves."""

from __future__ import annotations

import os
from pathlib import Path

from ..errors import Problem
from .files import Files, file_problem, outside

MAX_FILES = 1000
MAX_PACKAGE_MB = 20

# The whole step folder goes into an image (nuclio-facts 2.3): what is private, left over or not run stays behind.
_LEFT_OUT = frozenset({"__pycache__", "test", "tests"})
_LEFT_OUT_ENDINGS = (".env", ".ipynb", ".pyc", ".pyo", "~")


def package_files(folder: Path, files: Files) -> tuple[dict[str, bytes], list[Problem]]:
    """The files below the package `folder`, by their paths in it, and what keeps others from being read."""
    paths, problems = _walk(folder, files)
    contents: dict[str, bytes] = {}
    size = 0
    for inner, path in sorted(paths.items()):
        content = files.read(path)
        if isinstance(content, Problem):
            problems.append(content)
            continue
        size += len(content)
        if size > MAX_PACKAGE_MB * 2**20:
            return {}, [_too_large(folder, f"{MAX_PACKAGE_MB} MB")]
        contents[inner] = content
    return contents, problems


def _walk(folder: Path, files: Files) -> tuple[dict[str, Path], list[Problem]]:
    found: dict[str, Path] = {}
    problems: list[Problem] = []
    pending: list[tuple[Path, frozenset[str]]] = [(folder, frozenset())]
    visited = 0
    while pending:
        here, above = pending.pop()
        visited += 1
        real = os.path.realpath(here)
        if real in above:
            continue
        for path in _entries(here, files):
            if not files.is_inside(path):
                problems.append(outside(path))
            elif os.path.isdir(path):
                pending.append((path, above | {real}))
            elif not path.name.isprintable():
                problems.append(_unprintable(here, path.name))
            elif os.path.isfile(path):
                found[path.relative_to(folder).as_posix()] = path
        if here in files.unlisted:
            problems.append(files.unlisted[here])
        if visited + len(found) > MAX_FILES:
            return {}, [_too_large(folder, f"{MAX_FILES} files")]
    return found, problems


def _entries(folder: Path, files: Files) -> list[Path]:
    paths = (folder / name for name in sorted(files.listing(folder)))
    return [path for path in paths if _travels(path.name) and _travels(_target(path))]


def _target(path: Path) -> str:
    return os.path.basename(os.path.realpath(path)) if path.is_symlink() else path.name


def _travels(name: str) -> bool:
    folded = name.lower()
    return not (folded.startswith(".") or folded in _LEFT_OUT or folded.endswith(_LEFT_OUT_ENDINGS))


def _too_large(folder: Path, limit: str) -> Problem:
    return file_problem(
        folder,
        f"this package holds more than {limit}, all of which would be copied into the step",
        "keep a package's data small; put the rest on a volume",
    )


def _unprintable(folder: Path, name: str) -> Problem:
    return file_problem(
        folder,
        f"this package holds a file named {name!a}",
        "a name of printable characters",
    )
