"""What is on disk below a folder, seen without following a link, and what the system refuses.

Paths are plain text and system calls are direct: a project has thousands of files.
"""

from __future__ import annotations

import errno
import hashlib
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ..errors import ProjectError
from .paths import REPLACED, STAGED, parents

_READ_WHOLE = 1024 * 1024

_ELSEWHERE = "or choose another folder with -o"
_CURES = {
    errno.ENOSPC: "free some space and run again",
    errno.EDQUOT: "free some space and run again",
    errno.EFBIG: "raise the limit on the size of files (`ulimit -f`) and run again",
    errno.EMFILE: "raise the limit on open files (`ulimit -n`) and run again",
    errno.EACCES: f"change its permissions, {_ELSEWHERE}",
    errno.EPERM: f"change its permissions, {_ELSEWHERE}",
    errno.EEXIST: f"move it out of the way, {_ELSEWHERE}",
    errno.EISDIR: f"move it out of the way, {_ELSEWHERE}",
    errno.ELOOP: f"move it out of the way, {_ELSEWHERE}",
    errno.ENOTDIR: f"move it out of the way, {_ELSEWHERE}",
    errno.ENAMETOOLONG: "shorten the name",
}


class Disk:
    """The files below `folder`, by their paths in the project. It remembers which folders are fine."""

    def __init__(self, folder: Path) -> None:
        self.root = os.fspath(folder)
        self._obstacles: dict[str, tuple[str, str] | None] = {"": None}

    def obstacle(self, path: str) -> tuple[str, str] | None:
        """A link or a file that stands where a folder of `path` should be: its path, and what it is."""
        folder = path.rpartition("/")[0]
        if folder not in self._obstacles:
            found = (self._not_a_folder(each) for each in (*parents(folder), folder))
            self._obstacles[folder] = next(filter(None, found), None)
        return self._obstacles[folder]

    def status(self, path: str) -> os.stat_result | None:
        """What is at `path`, a link as a link; None if nothing is, or nothing can be."""
        try:
            return os.lstat(f"{self.root}/{path}")
        except (FileNotFoundError, NotADirectoryError):
            return None

    def content(self, path: str) -> bytes:
        """The bytes of a regular file."""
        handle = os.open(f"{self.root}/{path}", os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        try:
            size = os.fstat(handle).st_size
            return b"".join(iter(lambda: os.read(handle, size + 1), b""))
        finally:
            os.close(handle)

    def digest(self, path: str, size: int) -> str:
        """The SHA-256 of a regular file of about `size` bytes, with little memory where that is large."""
        if size <= _READ_WHOLE:
            return hashlib.sha256(self.content(path)).hexdigest()
        with open(f"{self.root}/{path}", "rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()

    def _not_a_folder(self, path: str) -> tuple[str, str] | None:
        status = self.status(path)
        if status is None or stat.S_ISDIR(status.st_mode):
            return None
        return path, f"{kind(status)} where a folder should be"


def kind(status: os.stat_result) -> str:
    """What a directory entry is, in words."""
    if stat.S_ISLNK(status.st_mode):
        return "is a symbolic link"
    if stat.S_ISDIR(status.st_mode):
        return "is a folder"
    return "is a file" if stat.S_ISREG(status.st_mode) else "is a device, a pipe or a socket"


@contextmanager
def explained(folder: Path) -> Iterator[None]:
    """Turn what the system refuses into a ProjectError that names the place in `folder` and a cure."""
    try:
        yield
    except OSError as error:
        wrong = (error.strerror or str(error)).lower()
        cure = _CURES.get(error.errno or 0, "choose another folder with -o")
        raise ProjectError(f"{_place(error, folder)}: {wrong}; {cure}") from error


def _place(error: OSError, folder: Path) -> str:
    """The path in the project that an error is about, not the one in the staging folder."""
    names = [str(name) for name in (error.filename, error.filename2) if name is not None]
    ours = [name for name in names if f"{REPLACED}/" not in name]
    return (ours or [str(folder)])[-1].replace(f"{STAGED}/", "")
