"""What a request's target names, from the raw target: v3io-protocol 1.1."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import lru_cache
from urllib.parse import unquote_to_bytes

from .errors import invalid_argument

LONGEST_NAME = 255
LONGEST_PATH = 4096

_NEVER_IN_A_NAME = re.compile("[\x00-\x1f\x7f\ufffe\uffff]")
"""Control characters, and what XML cannot hold: it could not be listed."""


@dataclass(frozen=True, slots=True)
class Target:
    """A container, a path in it without slashes around it, and the query, undecoded.

    The container is empty at the root. `is_folder` says that a slash stood at the end.
    """

    container: str
    path: str = ""
    is_folder: bool = False
    query: str = ""

    @property
    def split(self) -> tuple[str, str]:
        """The path of the folder and the name in it."""
        folder, _, name = self.path.rpartition("/")
        return folder, name

    @property
    def full(self) -> str:
        """Container and path in one."""
        return f"{self.container}/{self.path}"

    def inside(self, *parts: str) -> Target:
        """The target with `parts` added to its path; empty ones add nothing."""
        if not any(parts):
            return self
        more = [name for part in parts for name in _names(part)]
        path = "/".join([self.path, *more] if self.path else more)
        return replace(self, path=_not_too_long(path), is_folder=parts[-1].endswith("/"))


@lru_cache(maxsize=1024)
def parse(raw: str) -> Target:
    """The target of a request line; V3ioError where it names nothing.

    It is not a URL to be split: the asyncio client sends `//bigdata/…`, where `bigdata` is no host. Bytes that are not
    ASCII come as aiohttp gives them, in surrogates.
    """
    location, _, query = raw.partition("?")
    if not location.startswith("/"):
        raise invalid_argument("a path that begins with a slash")
    location = decode(location)
    container, *names = _names(location) or [""]
    path = _not_too_long("/".join(names))
    return Target(container, path, location.endswith("/"), query)


def of(container: str, path: str) -> Target:
    """The target for a container and a path that are already decoded."""
    return Target(container).inside(path)


def decode(text: str) -> str:
    """Percent signs decoded, once; V3ioError where the result is no UTF-8."""
    try:
        return unquote_to_bytes(text.encode("utf-8", "surrogateescape")).decode()
    except UnicodeError:
        raise invalid_argument("a path in UTF-8") from None


def _names(text: str) -> list[str]:
    names = [name for name in text.split("/") if name]
    for name in names:
        if name in (".", ".."):
            raise invalid_argument("a path without `.` and `..`")
        if len(name) > LONGEST_NAME or len(name.encode("utf-8", "replace")) > LONGEST_NAME:
            raise invalid_argument(f"names of at most {LONGEST_NAME} bytes")
    if _NEVER_IN_A_NAME.search(text) or not _is_unicode(text):
        raise invalid_argument("a path without control characters")
    return names


def _is_unicode(text: str) -> bool:
    return text.isascii() or not any("\ud800" <= char <= "\udfff" for char in text)


def _not_too_long(path: str) -> str:
    if len(path.encode()) > LONGEST_PATH:
        raise invalid_argument(f"a path of at most {LONGEST_PATH} bytes")
    return path


def query(target: Target) -> dict[str, str]:
    """The query's fields, decoded; of repeated ones the last.

    A `+` stands for itself: Go's client does not escape the marker of a listing (v3io-protocol 5.2).
    """
    pairs = (field.partition("=") for field in target.query.split("&") if field)
    return {decode(name): decode(value) for name, _, value in pairs}
