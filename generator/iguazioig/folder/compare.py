"""Compares a project in memory with its folder: what writing it would do, and what stands against it.

Nothing here changes a file.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from ..errors import ProjectError
from .disk import Disk, explained, kind
from .manifest import MANIFEST, has_merge_marks, read_manifest, read_manifests
from .paths import STAGING, check_paths, environment_in, mode

EDITED = "was edited"
HALF_MERGED = "has the marks of a merge conflict in it"

_LARGEST_TEXT = 1024 * 1024
_BYPRODUCTS = frozenset({"__pycache__"})

Verdict = Literal["created", "changed", "removed", "unchanged"]


@dataclass(frozen=True, slots=True, order=True)
class Conflict:
    """A path that is not as iguazioig left it. `forcible`: `--force` may overwrite or remove it."""

    path: str
    why: str
    forcible: bool = False

    def __str__(self) -> str:
        return f"{self.path}: {self.why}"


@dataclass(frozen=True, slots=True)
class Changes:
    """What writing a project does to its folder, by sorted paths."""

    created: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    unchanged: tuple[str, ...] = ()
    conflicts: tuple[Conflict, ...] = ()

    @property
    def none(self) -> bool:
        """Whether the folder already is what would be written."""
        return not (self.created or self.changed or self.removed or self.conflicts)


def compare(files: Mapping[str, bytes], folder: Path) -> Changes:
    """What writing `files` into `folder` would do; `conflicts` is what it would refuse to touch.

    Raises ProjectError if the folder cannot be read or has the project of another environment, or if `files` cannot be a
    project.
    """
    if MANIFEST not in files:
        raise ValueError(f"a project has its own manifest, `{MANIFEST}`")
    check_paths(files)
    _check_environment(files, folder)
    with explained(folder):
        return _sort(files, Disk(folder), _recorded(folder))


def _check_environment(files: Mapping[str, bytes], folder: Path) -> None:
    there = read_manifest(folder).files
    before, now = environment_in(there), environment_in(files)
    if there and before != now:
        raise ProjectError(
            f"{folder}: has the project of {_called(before)}; that of {_called(now)} needs a folder of its own: name another one"
            " with -o, or remove this one first"
        )


def _called(environment: str | None) -> str:
    return f"environment `{environment}`" if environment else "the graph alone"


def is_current(folder: Path, generator: str, source: str) -> bool:
    """Whether `folder` is, to the byte, what `generator` wrote from `source` (see `Manifest`).

    Raises ProjectError if its manifest cannot be read.
    """
    manifest = read_manifest(folder)
    if (manifest.generator, manifest.source) != (generator, source):
        return False
    if os.path.lexists(folder / STAGING):
        return False
    disk = Disk(folder)
    try:
        return all(_is_intact(path, recorded, disk) for path, recorded in manifest.files.items())
    except OSError:
        return False


def strangers(files: Mapping[str, bytes], folder: Path) -> tuple[str, ...]:
    """What else is in the folders of a project's steps, sorted: `nuctl` copies such a folder whole into its image.

    What Python leaves behind is passed over, and so is what was generated earlier: that is `Changes.removed`.
    Raises ProjectError if a folder cannot be read.
    """
    own = {*files, *_recorded(folder)}
    homes = {path.split("/")[1] for path in files if path.startswith("steps/")}
    with explained(folder):
        found = (each for home in sorted(homes) for each in _below(folder, f"steps/{home}"))
        return tuple(sorted(path for path in found if path not in own))


def _below(folder: Path, path: str) -> Iterator[str]:
    """The files below a folder of a project; a link is a file."""
    try:
        entries = list(os.scandir(folder / path))
    except (FileNotFoundError, NotADirectoryError):
        return
    for entry in entries:
        below = f"{path}/{entry.name}"
        if entry.is_dir(follow_symlinks=False):
            if entry.name not in _BYPRODUCTS:
                yield from _below(folder, below)
        else:
            yield below


def _recorded(folder: Path) -> dict[str, set[str]]:
    """Per path the digests of what iguazioig wrote there."""
    recorded: dict[str, set[str]] = {}
    for manifest in read_manifests(folder):
        for path, digest in manifest.files.items():
            recorded.setdefault(path, set()).add(digest)
    return recorded


def _sort(files: Mapping[str, bytes], disk: Disk, recorded: Mapping[str, set[str]]) -> Changes:
    sorts: dict[Verdict, list[str]] = {}
    conflicts = set()
    for path in sorted({*files, *recorded}):
        verdict = _judge(path, files.get(path), recorded.get(path, ()), disk)
        if isinstance(verdict, Conflict):
            conflicts.add(verdict)
        elif verdict is not None:
            sorts.setdefault(verdict, []).append(path)
    found = {verdict: tuple(paths) for verdict, paths in sorts.items()}
    return Changes(**found, conflicts=tuple(sorted(conflicts)))


def _judge(
    path: str, content: bytes | None, recorded: Collection[str], disk: Disk
) -> Verdict | Conflict | None:
    """What becomes of one path; `content` is None for what was generated once and is not any more."""
    if content is None:
        return _judge_stale(path, recorded, disk)
    if (blocked := disk.obstacle(path)) is not None:
        return Conflict(*blocked)
    if (status := disk.status(path)) is None:
        return "created"
    if not stat.S_ISREG(status.st_mode):
        return Conflict(path, kind(status))
    if status.st_size == len(content) and disk.content(path) == content:
        return "changed" if _lost_its_x(path, status) else "unchanged"
    if path == MANIFEST or disk.digest(path, status.st_size) in recorded:
        return "changed"
    if not recorded:
        return Conflict(path, "was not written by iguazioig", True)
    half = status.st_size <= _LARGEST_TEXT and has_merge_marks(disk.content(path))
    return Conflict(path, HALF_MERGED if half else EDITED, True)


def _judge_stale(path: str, recorded: Collection[str], disk: Disk) -> Verdict | Conflict | None:
    """Who put a link or a folder in the place of a file that is not needed any more may keep it."""
    status = None if disk.obstacle(path) else disk.status(path)
    if status is None or not stat.S_ISREG(status.st_mode):
        return None
    if disk.digest(path, status.st_size) in recorded:
        return "removed"
    return Conflict(path, f"{EDITED}, and is no longer generated", True)


def _is_intact(path: str, recorded: str, disk: Disk) -> bool:
    status = disk.status(path)
    return (
        status is not None
        and stat.S_ISREG(status.st_mode)
        and disk.obstacle(path) is None
        and not _lost_its_x(path, status)
        and disk.digest(path, status.st_size) == recorded
    )


def _lost_its_x(path: str, status: os.stat_result) -> bool:
    """Only a missing x counts: some file systems show one on every file."""
    return bool(mode(path) & stat.S_IXUSR & ~status.st_mode)
