"""Generated projects made by hand, and what is in a folder, for the tests of what writes one."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from pathlib import Path

from iguazioig.folder.manifest import MANIFEST, render_manifest
from iguazioig.folder.paths import STAGING


def project(files: Mapping[str, bytes], source: str = "source") -> dict[str, bytes]:
    """A file map with its manifest."""
    return {**files, MANIFEST: render_manifest("1.0.0", source, files)}


def content_of(folder: Path) -> dict[str, bytes]:
    """The files below a folder, but not those of an unfinished run."""
    found = (each for each in folder.rglob("*") if each.is_file() and not each.is_symlink())
    by_path = {each.relative_to(folder).as_posix(): each for each in found}
    return {path: each.read_bytes() for path, each in by_path.items() if STAGING not in path}


def identity_of(folder: Path) -> dict[str, tuple[int, ...]]:
    """Of everything below a folder and of itself what any write would change."""
    found = {each.relative_to(folder).as_posix(): each.lstat() for each in folder.rglob("*")}
    return {path: _identity(status) for path, status in {**found, ".": folder.lstat()}.items()}


def empty_folders(folder: Path) -> list[Path]:
    return [each for each in folder.rglob("*") if each.is_dir() and not os.listdir(each)]


def _identity(status: os.stat_result) -> tuple[int, ...]:
    return status.st_ino, status.st_mtime_ns, status.st_size, stat.S_IMODE(status.st_mode)
