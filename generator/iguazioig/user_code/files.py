"""The user's folders on disk: listed and read once, and never left."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from ..errors import Location, Problem

MAX_FILE_MB = 5
MAX_NOTEBOOK_MB = 100
"""Pictures in outputs make notebooks large; nothing of them is copied."""


class Files:
    """What is in the roots. A file is read only if it really lies in one of them, whatever its symlinks say."""

    def __init__(self, roots: Sequence[Path]) -> None:
        self.roots = tuple(root for root in dict.fromkeys(roots) if os.path.isdir(root))
        self._real = tuple(os.path.realpath(root) for root in self.roots)
        self._listings: dict[Path, frozenset[str]] = {}
        self._contents: dict[Path, bytes | Problem] = {}
        self.unlisted: dict[Path, Problem] = {}

    def listing(self, folder: Path) -> frozenset[str]:
        """The names in a folder; none, and a problem in `unlisted`, if it cannot be listed."""
        if folder not in self._listings:
            try:
                self._listings[folder] = frozenset(os.listdir(folder))
            except OSError as error:
                self._listings[folder] = frozenset()
                self.unlisted[folder] = _refused(folder, error)
        return self._listings[folder]

    def has_file(self, folder: Path, name: str) -> bool:
        """Whether a regular file of exactly this name is there, also where the machine ignores case."""
        return name in self.listing(folder) and os.path.isfile(folder / name)

    def has_folder(self, folder: Path, name: str) -> bool:
        """Whether a folder of exactly this name is there."""
        return name in self.listing(folder) and os.path.isdir(folder / name)

    def is_inside(self, path: Path) -> bool:
        """Whether `path`, its symlinks followed, lies in a root."""
        real = os.path.realpath(path)
        return any(os.path.commonpath((root, real)) == root for root in self._real)

    def read(self, path: Path) -> bytes | Problem:
        """The bytes of a file of at most `MAX_FILE_MB`, or why there are none."""
        if path not in self._contents:
            content = self.content(path, MAX_FILE_MB)
            self._contents[path] = _too_large(path) if content is None else content
        return self._contents[path]

    def content(self, path: Path, megabytes: int) -> bytes | Problem | None:
        """The bytes of a file, or why there are none; None where it is larger."""
        if not self.is_inside(path):
            return outside(path)
        try:
            with path.open("rb") as file:
                content = file.read(megabytes * 2**20 + 1)
        except OSError as error:
            return _refused(path, error)
        return content if len(content) <= megabytes * 2**20 else None


def _too_large(path: Path) -> Problem:
    return file_problem(
        path,
        f"this file is larger than {MAX_FILE_MB} MB and would be copied into the step",
        "put it on a volume, or out of the package",
    )


def outside(path: Path) -> Problem:
    """A symlink that leads away from the user's folders."""
    return file_problem(
        path,
        "this is a symlink out of the folders that are searched",
        "copy what it points to, or name that folder with `--modules`",
    )


def _refused(path: Path, error: OSError) -> Problem:
    reason = (error.strerror or type(error).__name__).lower()
    return file_problem(path, f"this cannot be read: {reason}", "a file or folder you may read")


def file_problem(path: Path, wrong: str, expected: str) -> Problem:
    """Something wrong with a file as a whole."""
    return Problem(Location(path.as_posix()), wrong, expected, "module-file")


def shown(root: Path) -> str:
    """A root as messages name it: the same on every machine."""
    return root.name or "/" if root.is_absolute() else root.as_posix()
