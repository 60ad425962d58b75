"""New files in a person's folders: all of them or none, and never in the place of another."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from ..errors import ProjectError

GRAPH = "graph.yaml"

Undo = Callable[[], object]
"""Takes away what was made, and nothing that somebody else has put into it."""

HARMLESS = frozenset({".git"})
"""What a folder may hold in which a repository begins."""


@dataclass(frozen=True, slots=True)
class Rewritten:
    """A file that gets another content, if it still has the one that is known."""

    path: Path
    before: bytes
    after: bytes


def put_folder(folder: Path, files: Mapping[str, bytes]) -> None:
    """Make a folder of files, by their POSIX paths in it; one that is there already may hold nothing but `.git`.

    Raises ProjectError, with nothing made, where something is in the way or the system refuses.
    """
    check_free(folder)
    with _explained(folder), _undone() as made:
        home = folder if folder.is_dir() else folder.parent
        staged = home / f".iguazioig-{secrets.token_hex(8)}"
        _make(staged, made)
        made.append(partial(shutil.rmtree, staged))
        for name, content in files.items():
            path = staged / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        _move(staged, folder, made)


def check_free(folder: Path) -> None:
    """Raise ProjectError where a repository cannot begin in a folder, because something is there."""
    if not os.path.lexists(folder):
        return
    if not folder.is_dir():
        raise ProjectError(f"{folder}: is there already, and is no folder; choose another name")
    with _explained(folder):
        found = {*os.listdir(folder)} - HARMLESS
    if found:
        graph = f", or the graph in it: {folder / GRAPH}" if GRAPH in found else ""
        raise ProjectError(
            f"{folder}: is there already, and is not empty; choose another name{graph}"
        )


def put_files(files: Mapping[Path, bytes], rewritten: Rewritten) -> None:
    """Make files that are not there yet, and rewrite one that is, last.

    Raises ProjectError, with everything as it was, where something is in the way or the system refuses.
    """
    with _explained(rewritten.path), _undone() as made:
        for path, content in files.items():
            _make(path.parent, made)
            _create(path, content)
            made.append(path.unlink)
        _rewrite(rewritten)


def _move(staged: Path, folder: Path, made: list[Undo]) -> None:
    """A folder that is there stays the one that it is: somebody's shell may be in it."""
    if not os.path.lexists(folder):
        os.rename(staged, folder)
        return
    for path in sorted(staged.iterdir()):
        place = folder / path.name
        if path.is_dir():
            os.rename(path, place)  # which replaces an empty folder at most
            made.append(partial(shutil.rmtree, place))
        else:
            os.link(path, place)
            made.append(place.unlink)
    shutil.rmtree(staged)


def _create(path: Path, content: bytes) -> None:
    """A link appears at once and never replaces anything."""
    staged = _staged(path, content)
    try:
        os.link(staged, path)
    finally:
        staged.unlink()


def _rewrite(rewritten: Rewritten) -> None:
    path = Path(os.path.realpath(rewritten.path))
    staged = _staged(path, rewritten.after)
    try:
        shutil.copymode(path, staged)
        if path.read_bytes() != rewritten.before:
            raise ProjectError(f"{rewritten.path}: was changed meanwhile; nothing was written")
        os.replace(staged, path)
    except BaseException:
        staged.unlink(missing_ok=True)
        raise


def _staged(path: Path, content: bytes) -> Path:
    staged = path.parent / f".iguazioig-{secrets.token_hex(8)}"
    with staged.open("xb") as file:
        file.write(content)
    return staged


def _make(folder: Path, made: list[Undo]) -> None:
    missing = [each for each in (folder, *folder.parents) if not os.path.lexists(each)]
    for each in reversed(missing):
        each.mkdir()
        made.append(each.rmdir)


@contextmanager
def _undone() -> Iterator[list[Undo]]:
    """A list of what takes away what is made; where something fails, all of it is done, the last first."""
    made: list[Undo] = []
    try:
        yield made
    except BaseException:
        for undo in reversed(made):
            with suppress(OSError):
                undo()
        raise


@contextmanager
def _explained(place: Path) -> Iterator[None]:
    try:
        yield
    except FileExistsError as error:
        name = error.filename2 or error.filename or place
        raise ProjectError(f"{name}: is there already; nothing was written") from error
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise ProjectError(f"{place}: {reason}; nothing was written") from error
