"""Which words of a fault go together, and what they can be."""

from __future__ import annotations

from dataclasses import fields
from fnmatch import fnmatchcase
from typing import Any

import orjson

from .faults import Fault, Kind
from .functions import NAMES

LONGEST_DELAY = 3600.0
"""The most seconds that an answer is delayed."""

_BODIES = ("cut", "text")
_WORDS: dict[Kind, tuple[str, ...]] = {
    Kind.STATUS: ("status", "retry_after"),
    Kind.DELAY: ("seconds",),
    Kind.DROP_BEFORE: (),
    Kind.DROP_AFTER: (),
    Kind.BROKEN: ("body",),
    Kind.RECORDS: ("positions", "of_records"),
}
_NEEDED: dict[Kind, tuple[str, ...]] = {
    Kind.STATUS: ("status",),
    Kind.DELAY: ("seconds",),
    Kind.RECORDS: ("positions", "of_records"),
}


def read(body: bytes) -> dict[str, Any]:
    """What a client sent, as words for `Faults.add`. Raises ValueError."""
    known = [each.name for each in fields(Fault) if each.init]
    try:
        words = orjson.loads(body)
    except orjson.JSONDecodeError:
        words = None
    if not isinstance(words, dict):
        raise ValueError(f"a fault is a JSON object; its words are {', '.join(known)}")
    for name in words:
        if name not in known:
            raise ValueError(f"there is no word `{name}` for a fault; there are {', '.join(known)}")
    if "kind" not in words:
        raise ValueError(f"`kind` is missing; expected one of {', '.join(Kind)}")
    return words


def check(fault: Fault) -> None:
    """Nothing, where a fault is possible. Raises ValueError, which says what is expected."""
    _expect(fault.kind in list(Kind), "kind", fault.kind, f"one of {', '.join(Kind)}")
    _check_words(fault, Kind(fault.kind))
    _check_requests(fault)
    wait, seconds = fault.retry_after, fault.seconds
    _expect(_whole(fault.status, 400, 599), "status", fault.status, "a status of 400 to 599")
    _expect(_whole(wait, 0, 86400), "retry_after", wait, "whole seconds, at most 86400")
    longest = f"seconds, at most {LONGEST_DELAY:g}"
    _expect(_between(seconds, LONGEST_DELAY), "seconds", seconds, longest)
    _expect(fault.body in (None, *_BODIES), "body", fault.body, f"one of {', '.join(_BODIES)}")
    _expect(_positions(fault.positions), "positions", fault.positions, "a list of numbers from 0")
    _expect(_between(fault.of_records, 1), "of_records", fault.of_records, "a share of 0 to 1")


def _check_words(fault: Fault, kind: Kind) -> None:
    for home, names in _WORDS.items():
        for name in names:
            if home != kind and getattr(fault, name) is not None:
                raise ValueError(f"`{name}` does not go with kind `{kind}`; it goes with `{home}`")
    needed = _NEEDED.get(kind, ())
    if needed and sum(getattr(fault, name) is not None for name in needed) != 1:
        raise ValueError(f"kind `{kind}` takes {' or '.join(f'`{name}`' for name in needed)}")


def _check_requests(fault: Fault) -> None:
    """What says which requests are struck."""
    _expect(isinstance(fault.path, str), "path", fault.path, "a pattern of `container/path`")
    _expect(isinstance(fault.function, str), "function", fault.function, "a function's name")
    names = ["PutRecords"] if fault.kind == Kind.RECORDS else NAMES
    known = any(fnmatchcase(name.lower(), fault.function.lower()) for name in names)
    _expect(known, "function", fault.function, f"`*` or one of {', '.join(names)}")
    _expect(_whole(fault.next, 1, 2**63), "next", fault.next, "a number of requests, from 1")
    _expect(_between(fault.share, 1), "share", fault.share, "a share of 0 to 1")
    _expect(type(fault.seed) is int, "seed", fault.seed, "a whole number")
    if fault.next is not None and fault.share is not None:
        raise ValueError("`next` does not go with `share`; without both it is every request")


def _expect(right: bool, name: str, value: object, expected: str) -> None:
    if not right:
        shown = repr(value)
        raise ValueError(f"`{name}` is {shown[:40]}; expected {expected}")


def _whole(value: object, least: int, most: int) -> bool:
    return value is None or (type(value) is int and least <= value <= most)


def _between(value: object, most: float) -> bool:
    return value is None or (type(value) in (int, float) and 0 <= value <= most)  # type: ignore[operator]


def _positions(value: object) -> bool:
    return value is None or (
        isinstance(value, list | tuple)
        and all(_whole(each, 0, 2**31) and each is not None for each in value)
    )
