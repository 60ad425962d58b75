"""Files of a project, which may have become anything since it was generated."""

from __future__ import annotations

import stat
from pathlib import Path

from ..errors import Location, NotReadyError, Problem

MOST_BYTES = 1024 * 1024


def read(path: Path) -> bytes:
    """The bytes of a file. Raises NotReadyError for what is no file, too large for what it should be, or cannot be read."""
    try:
        if not stat.S_ISREG(path.stat().st_mode):  # reading a pipe or a device may never end
            raise OSError("it is no regular file")
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
        if len(content) > MOST_BYTES:
            raise OSError(f"it has more than {MOST_BYTES:,} bytes")
    except OSError as error:
        wrong = f"it cannot be read: {(error.strerror or str(error)).lower()}"
        expected = "expected what `iguazioig generate` writes"
        raise NotReadyError([Problem(Location(shown(path)), wrong, expected, "file")]) from error
    return content


def shown(path: Path) -> str:
    """A path as a person would write it: from here, where it is below."""
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)
