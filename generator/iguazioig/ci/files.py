"""One file of a person's repository, written whole or not at all."""

from __future__ import annotations

import os
import tempfile
from contextlib import suppress
from pathlib import Path

from ..errors import ProjectError


def write(content: bytes, place: Path, *, force: bool = False) -> bool:
    """Whether the file had to be written. ProjectError where another one is there, unless `force` is given."""
    if os.path.lexists(place):
        if place.is_file() and not place.is_symlink() and place.read_bytes() == content:
            return False
        if not (force and place.is_file()):
            raise ProjectError(
                f"{place}: is there already, and is another one; --to writes to another place, --force replaces it"
            )
    place.parent.mkdir(parents=True, exist_ok=True)
    _put(content, place)
    return True


def _put(content: bytes, place: Path) -> None:
    handle, name = tempfile.mkstemp(dir=place.parent, prefix=".iguazioig-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        os.chmod(name, 0o644)
        os.replace(name, place)
    except BaseException:
        with suppress(OSError):
            os.unlink(name)
        raise
