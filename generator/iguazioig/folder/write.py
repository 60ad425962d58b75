"""Writes a project into its folder: all of it or nothing, and never over what a person changed.

Everything new is first written beside the project's files, in `STAGING`. Then files are only renamed: what is replaced
or removed goes into `STAGING`, what is new comes out of it, the manifest last. Renames are undone in reverse if one of
them fails. A run that was killed is finished by the next: its manifests are still in `STAGING`, so that what it had
moved is known to be ours.
"""

from __future__ import annotations

import errno
import fcntl
import os
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path

from ..errors import ProjectError
from .compare import Changes, Conflict, compare
from .diff import excerpt
from .disk import Disk, explained
from .manifest import MANIFEST, read_manifests
from .paths import REPLACED, STAGED, STAGING, mode, parents

_DIFFS_SHOWN = 10


def write(files: Mapping[str, bytes], folder: Path, *, force: bool = False) -> Changes:
    """Make `folder` hold `files`, and say what was done for it; nothing is touched if nothing changes.

    Files that were written earlier and are not in `files` are removed; files of others stay. `force` overwrites and
    removes edited files too, but nothing goes through a symbolic link or in the place of a folder.
    Raises ProjectError, with `folder` as it was, if a file must not be overwritten or the system refuses something.
    """
    with explained(folder), _held(folder):
        changes = _settle(compare(files, folder), files, folder, force)
        if not changes.none or os.path.lexists(folder / STAGING):
            old = {path for each in read_manifests(folder) for path in each.files}
            _replace(files, folder, changes)
            _remove_empty(folder, old - files.keys())
            shutil.rmtree(folder / STAGING, ignore_errors=True)
        return changes


def _settle(changes: Changes, files: Mapping[str, bytes], folder: Path, force: bool) -> Changes:
    """The changes with each conflict turned into a change, or ProjectError with those that stand."""
    standing = [each for each in changes.conflicts if not (force and each.forcible)]
    if standing:
        raise ProjectError(_refusal(standing, files, folder))
    forced = {each.path for each in changes.conflicts}
    return Changes(
        created=changes.created,
        changed=tuple(sorted({*changes.changed, *(forced & files.keys())})),
        removed=tuple(sorted({*changes.removed, *(forced - files.keys())})),
        unchanged=changes.unchanged,
    )


def _refusal(conflicts: Sequence[Conflict], files: Mapping[str, bytes], folder: Path) -> str:
    lines = [f"{folder}: not all is as iguazioig left it; nothing was written"]
    for number, conflict in enumerate(conflicts):
        lines.append(f"  {conflict}")
        if conflict.forcible and number < _DIFFS_SHOWN:
            lines.extend(f"    {line}" for line in excerpt(files, folder, conflict.path))
    if any(each.forcible for each in conflicts):
        lines.append(
            "move changes that you need into the graph or the modules;"
            " then --force overwrites or removes these files"
        )
    if not all(each.forcible for each in conflicts):
        lines.append(
            "what is in the place of a file or a folder has to be moved away;"
            " --force does not touch it"
        )
    return "\n".join(lines)


@contextmanager
def _held(folder: Path) -> Iterator[None]:
    """The project's folder, made if it is missing, while no other run may have it."""
    missing = [each for each in (folder, *folder.parents) if not os.path.lexists(each)]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            _lock(handle, folder)
            yield
        finally:
            os.close(handle)
    except BaseException:
        for each in missing:
            with suppress(OSError):
                each.rmdir()
        raise


def _lock(handle: int, folder: Path) -> None:
    """The lock is the kernel's: it ends with the process, however that ends."""
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise ProjectError(f"{folder}: another run is writing it; wait for its end") from error
    except OSError:
        return  # not every network file system has locks; there, two runs at once go unguarded


def _replace(files: Mapping[str, bytes], folder: Path, changes: Changes) -> None:
    """Bring the folder from the old project to the new one; what was replaced is left in `STAGING`."""
    root = os.fspath(folder)
    _clear(f"{root}/{STAGING}")
    begun: list[tuple[str, str]] = []
    try:
        _stage(files, (*changes.created, *changes.changed), root)
        for step in _renames(changes, root):
            begun.append(step)
            os.rename(*step)
    except BaseException:
        undone = [_undo(*step) for step in reversed(begun)]
        if all(undone):  # else the next run needs what is in there to finish this one
            shutil.rmtree(f"{root}/{STAGING}", ignore_errors=True)
        raise


def _undo(source: str, target: str) -> bool:
    """Whether a rename, which need not have happened, could be undone."""
    with suppress(OSError):
        if not os.path.lexists(source):
            os.rename(target, source)
    return os.path.lexists(source)


def _clear(staging: str) -> None:
    """Remove what a killed run left."""
    if os.path.islink(staging):
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), staging)
    if os.path.lexists(staging):
        shutil.rmtree(staging)


def _stage(files: Mapping[str, bytes], paths: Iterable[str], root: str) -> None:
    made: set[str] = set()
    for folder in (STAGING, REPLACED, STAGED):
        os.mkdir(f"{root}/{folder}")
    for path in paths:
        for folder in parents(path):
            if folder not in made:
                os.mkdir(f"{root}/{STAGED}/{folder}")
                made.add(folder)
        _write_file(f"{root}/{STAGED}/{path}", files[path], mode(path))


def _write_file(place: str, content: bytes, permissions: int) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
    handle = os.open(place, flags, permissions)
    try:
        rest = memoryview(content)
        while rest:
            rest = rest[os.write(handle, rest) :]
    finally:
        os.close(handle)


def _renames(changes: Changes, root: str) -> list[tuple[str, str]]:
    """The steps from the old project to the new one. Nothing is ever in the place renamed to."""
    going = {*changes.removed, *changes.changed}
    coming = {*changes.changed, *_outermost(changes.created, root)}
    steps = []
    ordered = sorted(going | coming, key=lambda path: (path == MANIFEST, path))
    for number, path in enumerate(ordered):
        if path in going:
            kept_as = path if path == MANIFEST else str(number)
            steps.append((f"{root}/{path}", f"{root}/{REPLACED}/{kept_as}"))
        if path in coming:
            steps.append((f"{root}/{STAGED}/{path}", f"{root}/{path}"))
    return steps


def _outermost(created: Iterable[str], root: str) -> Iterator[str]:
    """Of each new file the outermost folder that is new: it comes whole, by one rename."""
    is_there = cache(lambda folder: os.path.isdir(f"{root}/{folder}"))
    for path in created:
        yield next((folder for folder in parents(path) if not is_there(folder)), path)


def _remove_empty(folder: Path, stale: Iterable[str]) -> None:
    """Remove the folders that hold nothing now that the files of `stale` are gone."""
    disk = Disk(folder)
    plain = [path for path in stale if disk.obstacle(path) is None]
    for each in sorted({each for path in plain for each in parents(path)}, reverse=True):
        with suppress(OSError):
            os.rmdir(f"{disk.root}/{each}")
