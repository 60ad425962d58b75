"""One file of a person, written whole or not at all."""

from __future__ import annotations

import os
import tempfile
from contextlib import suppress
from pathlib import Path


def put(content: bytes, place: Path, *, mode: int = 0o644) -> None:
    """Write a file in the place of what is there; a link is replaced itself. Raises OSError, with everything as it was."""
    handle, name = tempfile.mkstemp(dir=place.parent, prefix=".iguazioig-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        os.chmod(name, mode)
        os.replace(name, place)
    except BaseException:
        with suppress(OSError):
            os.unlink(name)
        raise
