"""Shows, as `git diff` would, what writing a project changes in its folder."""

from __future__ import annotations

import difflib
import io
import os
import re
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from .compare import Changes
from .disk import explained
from .manifest import MANIFEST
from .paths import mode

_LARGEST = 1024 * 1024
_LINES_SHOWN = 20
_WIDTH_SHOWN = 160
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


@dataclass(frozen=True, slots=True)
class _Version:
    """A file before or after. No more of `content` is read than is needed to see that it is too large."""

    content: bytes
    executable: bool

    @property
    def mode(self) -> str:
        return "100755" if self.executable else "100644"

    @property
    def lines(self) -> list[str] | None:
        """The lines with their ends; None for what is binary or larger than 1 MiB."""
        if len(self.content) > _LARGEST or b"\0" in self.content:
            return None
        try:
            lines = list(io.StringIO(self.content.decode()))
        except UnicodeDecodeError:
            return None
        if lines and not lines[-1].endswith("\n"):
            lines[-1] += "\n\\ No newline at end of file\n"
        return lines


def unified_diff(files: Mapping[str, bytes], folder: Path, changes: Changes) -> str:
    """The difference between `folder` and `files`: sorted by path, the manifest last.

    `git apply` understands it. Files that are binary or larger than 1 MiB are only named.
    """
    forcible = (each.path for each in changes.conflicts if each.forcible)
    paths = {*changes.created, *changes.changed, *changes.removed, *forcible}
    ordered = sorted(paths, key=lambda path: (path == MANIFEST, path))
    with explained(folder):
        return "".join(line for path in ordered for line in _file_diff(files, folder, path))


def excerpt(files: Mapping[str, bytes], folder: Path, path: str) -> Iterator[str]:
    """The first lines of the difference of one file, without ends and what would command a terminal."""
    diff = _file_diff(files, folder, path)
    lines = "".join(islice(diff, 1, _LINES_SHOWN + 2)).splitlines()
    for line in lines[:_LINES_SHOWN]:
        yield _UNPRINTABLE.sub("\ufffd", line)[:_WIDTH_SHOWN]
    if len(lines) > _LINES_SHOWN:
        yield "…"


def _file_diff(files: Mapping[str, bytes], folder: Path, path: str) -> Iterator[str]:
    """The lines of the difference of one file, which need not be in both."""
    old, new = _on_disk(folder / path), _in_memory(files, path)
    yield f"diff --git a/{path} b/{path}\n"
    yield from _modes(old, new)
    before = [] if old is None else old.lines
    after = [] if new is None else new.lines
    names = f"a/{path}" if old else "/dev/null", f"b/{path}" if new else "/dev/null"
    if before is None or after is None:
        yield f"Binary files {names[0]} and {names[1]} differ\n"
    else:
        yield from difflib.unified_diff(before, after, *names)


def _modes(old: _Version | None, new: _Version | None) -> Iterator[str]:
    if old is None and new is not None:
        yield f"new file mode {new.mode}\n"
    elif new is None and old is not None:
        yield f"deleted file mode {old.mode}\n"
    elif old is not None and new is not None and old.mode != new.mode:
        yield f"old mode {old.mode}\nnew mode {new.mode}\n"


def _on_disk(place: Path) -> _Version | None:
    try:
        with place.open("rb") as file:
            executable = bool(os.fstat(file.fileno()).st_mode & stat.S_IXUSR)
            return _Version(file.read(_LARGEST + 1), executable)
    except FileNotFoundError:
        return None


def _in_memory(files: Mapping[str, bytes], path: str) -> _Version | None:
    content = files.get(path)
    return None if content is None else _Version(content, bool(mode(path) & stat.S_IXUSR))
