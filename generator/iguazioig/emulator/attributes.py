"""Typed attributes of items: v3io-protocol 3.6."""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterable, Mapping
from typing import Any

import orjson

from .errors import V3ioError, invalid_argument
from .nodes import Kind, Node
from .requests import BILLION

Attribute = Mapping[str, Any]

LONGEST_STRING = 61_200
LARGEST_ATTRIBUTE = 1024 * 1024
LARGEST_ITEM = 8 * 1024 * 1024
"""The platform says 1.5 MB, and scatters what is larger: Go's own tests make items of 7 MB in steps (v3io-protocol 2.10)."""

LONGEST_NAME = 255

RESERVED = frozenset(
    [
        "__name",
        "__size",
        "__mode",
        "__uid",
        "__gid",
        "__inode_number",
        "__obj_type",
        "__collection_id",
    ]
    + [f"__{which}time_{unit}" for which in "mca" for unit in ("secs", "nsecs")]
    + ["__last_sequence_num"]
)
"""The names that are the system's; any other name is the user's, whatever it begins with (v3io-protocol 3.1)."""

_TIME = re.compile(r"-?\d{1,19}:\d{1,9}")
_NUMBER = re.compile(
    r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?|[+-]?(inf|infinity)|nan", re.IGNORECASE
)


def read(value: Any) -> dict[str, Attribute]:
    """The attributes of a request; V3ioError where they are none, or have a name of the system's."""
    if not isinstance(value, dict):
        raise invalid_argument("Item as a JSON object")
    for name, attribute in value.items():
        if not 0 < len(name.encode()) <= LONGEST_NAME or not name.isprintable():
            raise invalid_argument(f"names of attributes of 1 to {LONGEST_NAME} bytes")
        if name in RESERVED:
            raise V3ioError(400, -201326592, "InvalidArgumentException: no attribute of the system")
        _check(attribute)
    return value


def _check(attribute: Any) -> None:
    if not isinstance(attribute, dict) or len(attribute) != 1:
        raise invalid_argument("attributes of one type each")
    ((kind, value),) = attribute.items()
    if kind == "BOOL" and isinstance(value, bool):
        return
    if kind in ("S", "N", "B", "TS") and isinstance(value, str):
        _check_text(kind, value)
        return
    raise invalid_argument("attributes of the types S, N, B, TS (as text) and BOOL")


def _check_text(kind: str, value: str) -> None:
    limit = LONGEST_STRING if kind == "S" else LARGEST_ATTRIBUTE
    if len(value) > 2 * limit or len(value.encode()) > (
        limit if kind == "S" else 4 * limit // 3 + 4
    ):
        raise invalid_argument(f"attributes of at most {limit} bytes")
    if kind == "N" and not _NUMBER.fullmatch(value):
        raise invalid_argument("N as a number in text")
    if kind == "TS" and not _TIME.fullmatch(value):
        raise invalid_argument("TS as seconds:nanoseconds in text")
    if kind == "B":
        try:
            binascii.a2b_base64(value, strict_mode=True)
        except ValueError:
            raise invalid_argument("B in base64") from None


def dump(attributes: Mapping[str, Attribute]) -> str:
    """Attributes as they are kept; V3ioError where they are more than an item may have."""
    kept = orjson.dumps(attributes)
    if len(kept) > 4 * LARGEST_ITEM // 3:
        raise invalid_argument(f"items of at most {LARGEST_ITEM} bytes")
    return kept.decode()


def user(node: Node | None) -> dict[str, Attribute]:
    """The user's own attributes; a node that is not there has none."""
    attributes: dict[str, Attribute] = {} if node is None else orjson.loads(node.attributes)
    return attributes


def system(node: Node) -> dict[str, Attribute]:
    """The attributes that the system gives a node."""
    numbers: dict[str, int] = {
        "__size": node.size,
        "__mode": 0o040775 if node.is_folder else 0o100664,
        "__uid": 0,
        "__gid": 0,
        "__inode_number": node.id,
        "__obj_type": int(node.kind),
        "__collection_id": node.parent,
    }
    for which, time in (("m", node.mtime), ("c", node.ctime), ("a", node.mtime)):
        numbers[f"__{which}time_secs"], numbers[f"__{which}time_nsecs"] = divmod(time, BILLION)
    if node.kind == Kind.SHARD:
        numbers["__last_sequence_num"] = node.last or 0
    named: dict[str, Attribute] = {"__name": {"S": node.name}}
    return named | {name: {"N": str(it)} for name, it in numbers.items()}


def every(node: Node | None) -> dict[str, Attribute]:
    """What conditions see: all attributes; a node that is not there has none."""
    return {} if node is None else {**system(node), **user(node)}


def project(node: Node, names: Iterable[str], *, star: Iterable[str] = ()) -> dict[str, Attribute]:
    """The attributes of these names, those that are there.

    `*` is the user's and those of `star`, `**` all: `__name` is in the `*` of a scan only (v3io-protocol 3.4, 3.5).
    """
    mine = user(node)
    wanted: dict[str, Attribute] = {}
    for name in names:
        if name == "*":
            wanted |= mine | {each: system(node)[each] for each in star}
        elif name == "**":
            wanted |= system(node) | mine
        elif name in mine:
            wanted[name] = mine[name]
        elif name in RESERVED and name in (given := system(node)):
            wanted[name] = given[name]
    return wanted


def names(text: str) -> list[str]:
    """The names in `AttributesToGet`; none is all of the user's."""
    return [name for each in text.split(",") if (name := each.strip())] or ["*"]
