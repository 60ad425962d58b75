"""What an attribute can be: the platform's typed JSON (v3io-protocol 3.6), and the value that expressions reckon with."""

from __future__ import annotations

import base64
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .errors import ExpressionError, UnfitError

Attribute = Mapping[str, Any]
"""One of `{"N": "42"}`, `{"S": "text"}`, `{"B": "<base64>"}`, `{"BOOL": true}`, `{"TS": "seconds:nanoseconds"}`."""

MAX_ATTRIBUTE = 1024 * 1024
"""The largest attribute in bytes (v3io-protocol 2.10)."""

_MAGIC = struct.pack("<II", 11223344, 1)
_HEADER = struct.Struct("<8sII")
_KINDS = {259: "int", 261: "double"}
_CODES = {"int": (259, "q"), "double": (261, "d")}
_LEAST, _MOST = -(2**63), 2**63 - 1
_SECOND = 1_000_000_000


@dataclass(frozen=True, slots=True, order=True)
class Timestamp:
    """A moment, in nanoseconds since the epoch."""

    nanoseconds: int


@dataclass(frozen=True, slots=True)
class Array:
    """Numbers of one `kind`: `int` (64 bits) or `double`. It is never changed in place."""

    kind: str
    numbers: tuple[int | float, ...]


Value = bool | int | float | str | bytes | Timestamp | Array


def decode(attribute: Attribute) -> Value:
    """The value of a typed attribute. Raises UnfitError where the text does not fit the type."""
    for kind, content in attribute.items():
        try:
            value: Value = _DECODERS[kind](content)
        except (LookupError, ValueError, TypeError, AttributeError):
            raise UnfitError(f"the attribute is no proper `{kind}`") from None
        return value
    raise UnfitError("the attribute has no type")


def encode(value: Value) -> Attribute:
    """The typed attribute of a value; whole numbers of more than 64 bits are the caller's to refuse."""
    if isinstance(value, bool):
        return {"BOOL": value}
    if isinstance(value, int):
        return {"N": str(value)}
    if isinstance(value, float):
        return {"N": repr(value)}
    if isinstance(value, str):
        return {"S": value}
    if isinstance(value, Timestamp):
        return {"TS": "{}:{}".format(*divmod(value.nanoseconds, _SECOND))}
    blob = value if isinstance(value, bytes) else _pack(value)
    return {"B": base64.b64encode(blob).decode()}


def size(value: Value) -> int:
    """About how many bytes a value takes in an item."""
    if isinstance(value, Array):
        return _HEADER.size + 8 * len(value.numbers)
    return len(value) if isinstance(value, str | bytes) else 8


def int64(value: int) -> int:
    """The same number. Raises ExpressionError where it does not fit 64 bits."""
    if not _LEAST <= value <= _MOST:
        raise ExpressionError("a whole number does not fit 64 bits")
    return value


def number(text: str) -> int | float:
    """The number that an attribute's text means, as the clients read it: whole if it can be. Raises ValueError."""
    try:
        whole = int(text)
    except ValueError:
        return float(text)
    return whole if _LEAST <= whole <= _MOST else float(text)


def timestamp(text: str) -> Timestamp:
    """The moment that `seconds:nanoseconds` means. Raises ValueError."""
    seconds, nanoseconds = text.split(":")
    return Timestamp(int64(int(seconds)) * _SECOND + int64(int(nanoseconds)))


def blob(text: str) -> bytes | Array:
    """The bytes that base64 text means, or the array that they are. Raises ValueError."""
    content = base64.b64decode(text, validate=True)
    return _unpack(content) if content.startswith(_MAGIC) else content


def _unpack(content: bytes) -> bytes | Array:
    """An array; or the bytes themselves, where only their beginning looks like one (as the clients do)."""
    if len(content) < _HEADER.size:
        return content
    _, length, code = _HEADER.unpack_from(content)
    if code not in _KINDS or length % 8 or length != len(content) - _HEADER.size:
        return content
    kind = _KINDS[code]
    return Array(
        kind, struct.unpack_from(f"<{length // 8}{_CODES[kind][1]}", content, _HEADER.size)
    )


def _pack(array: Array) -> bytes:
    code, letter = _CODES[array.kind]
    count = len(array.numbers)
    return _HEADER.pack(_MAGIC, 8 * count, code) + struct.pack(f"<{count}{letter}", *array.numbers)


def _text(content: Any) -> str:
    if not isinstance(content, str):
        raise TypeError
    return content


def _truth(content: Any) -> bool:
    if not isinstance(content, bool):
        raise TypeError
    return content


_DECODERS: dict[str, Any] = {
    "N": lambda content: number(_text(content)),
    "S": _text,
    "B": lambda content: blob(_text(content)),
    "BOOL": _truth,
    "TS": lambda content: timestamp(_text(content)),
}
