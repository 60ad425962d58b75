"""One file of a person's repository, written whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path

from ..errors import ProjectError
from ..folder.single_file import put


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
    put(content, place)
    return True
