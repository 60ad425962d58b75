"""What a function is asked, and what it answers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from email.utils import formatdate
from typing import Any

import orjson

from .errors import invalid_argument
from .paths import Target

BILLION = 1_000_000_000
JSON = {"Content-Type": "application/json"}
XML = {"Content-Type": "application/xml"}


@dataclass(slots=True)
class Request:
    """One request: `headers` by their names in any case, `body` as it came.

    `fails` says, by the position in the request, which records of a put are to fail; None is none.
    """

    target: Target
    headers: Mapping[str, str]
    body: bytes
    access_key: str = ""
    fails: Callable[[int], bool] | None = None

    def json(self) -> dict[str, Any]:
        """The body's fields; none where there is no body, and V3ioError where it is not a JSON object."""
        if not self.body:
            return {}
        try:
            fields = orjson.loads(self.body)
        except orjson.JSONDecodeError:
            raise invalid_argument("a body that is JSON") from None
        if not isinstance(fields, dict):
            raise invalid_argument("a body that is a JSON object")
        return fields


@dataclass(slots=True)
class Answer:
    """One answer. `body` may come in pieces, then of `length` bytes in all.

    `written` is the stream that records were put into, as `<container>/<path>`, and how many.
    """

    status: int = 200
    body: bytes | Iterator[bytes] = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    length: int | None = None
    written: tuple[str, int] | None = None


def answer_json(value: Any, headers: Mapping[str, str] | None = None) -> Answer:
    """An answer of JSON."""
    return Answer(200, orjson.dumps(value), JSON if headers is None else {**JSON, **headers})


def text(fields: Mapping[str, Any], name: str, default: str = "") -> str:
    """A field that is text; null is as if it were not there."""
    value = fields.get(name)
    if value is None:
        return default
    if not isinstance(value, str):
        raise invalid_argument(f"{name} as text")
    return value


def number(
    fields: Mapping[str, Any], name: str, default: int, *, least: int = 0, most: int = 2**63 - 1
) -> int:
    """A field that is a whole number; null is as if it were not there."""
    value = fields.get(name)
    if value is None:
        return default
    if type(value) is not int or not least <= value <= most:
        raise invalid_argument(f"{name} as a whole number of {least} to {most}")
    return value


def last_modified(mtime: int) -> dict[str, str]:
    """When something was last written (ns), as mlrun reads it (v3io-protocol 4)."""
    return {"Last-Modified": formatdate(mtime // BILLION, usegmt=True)}


def verifier(mtime: int) -> dict[str, str]:
    """The header that a write and a read of an item answer, to the letter: v3io-protocol 3.3."""
    seconds, rest = divmod(mtime, BILLION)
    return {
        "X-v3io-transaction-verifier": f"__mtime_secs=={seconds} and __mtime_nsecs=={rest}",
        **last_modified(mtime),
    }
