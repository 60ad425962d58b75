"""Where a migrated graph is written: whole or not at all, and over nothing that somebody else wrote."""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from pathlib import Path

from ..errors import ProjectError
from ..folder.single_file import put
from ..source import Source

_USUAL = 0o644


def write(content: bytes, place: Path, source: Source, *, force: bool = False) -> bool:
    """Whether the file had to be written.

    Raises ProjectError where another one is there than the graph that was read, unless `force` is given.
    """
    target = Path(os.path.realpath(place))
    found = _content(target)
    if found == content:
        return False
    is_source = found == source.content and _is_same(target, source)
    if found is not None and not (force or is_source):
        raise ProjectError(f"{place}: is there already, and is another file; -o writes to another place, --force replaces it")  # fmt: skip
    mode = _USUAL if found is None else stat.S_IMODE(target.stat().st_mode)
    try:
        put(content, target, mode=mode)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise ProjectError(f"{place}: {reason}; -o writes to another place") from error
    return True


def _content(target: Path) -> bytes | None:
    """What is there; nothing where nothing is. Raises ProjectError for what is no file."""
    if not os.path.lexists(target):
        return None
    if not target.is_file():
        raise ProjectError(
            f"{target}: is there already, and is no file; -o writes to another place"
        )
    return target.read_bytes()


def _is_same(target: Path, source: Source) -> bool:
    with suppress(OSError):
        return os.path.samefile(target, source.name)
    return False
