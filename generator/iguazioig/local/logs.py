"""The folder with the logs of a run."""

from __future__ import annotations

import contextlib
import fcntl
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

from ..errors import RunError
from .files import shown

LOCK = ".lock"


@contextlib.contextmanager
def held(folder: Path, steps: Iterable[str]) -> Iterator[None]:
    """The folder is this run's alone for as long as the block runs, with an empty log for each step.

    Raises RunError where it is a project, in use, or cannot be written.
    """
    for each in (folder, folder.parent):
        if is_project(each):
            raise RunError(
                f"{shown(each)} is a project, and no place for logs; say --logs DIR with another folder"
            )
    make(folder)
    with (folder / LOCK).open("ab") as lock:
        _take(lock, folder)
        for step in steps:
            (folder / f"{step}.log").write_bytes(b"")
        yield


def _take(lock: BinaryIO, folder: Path) -> None:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise RunError(
            f"another run has its logs in {shown(folder)}; say --logs DIR with a folder for those of this one"
        ) from error


def is_project(folder: Path) -> bool:
    """Whether a folder is a generated project, or what is left of one."""
    return (folder / ".iguazioig.json").exists() or (folder / "steps").exists()


def make(folder: Path) -> None:
    """Create a folder, if need be, and what is above it; git does not see what is in a new one. Raises RunError."""
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with contextlib.suppress(FileExistsError):
            folder.mkdir()
            (folder / ".gitignore").write_text("*\n")
        if not folder.is_dir():
            raise NotADirectoryError(20, "it is no folder")
    except OSError as error:
        raise RunError(f"{shown(folder)} cannot be created: {error.strerror}") from error
