"""The words of a fault: which there are, which go together, and what they can be."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import Any, Required, TypedDict

import orjson

from .functions import NAMES

LONGEST_DELAY = 3600.0
"""The most seconds that an answer is delayed."""


class Kind(StrEnum):
    """What happens to a request.

    `status`: it is answered with an error `status` (400 to 599), with `Retry-After` where `retry_after` says how many
    seconds, and nothing is done. `delay`: it waits for `seconds` first. `drop-before`: the connection ends and nothing
    is done. `drop-after`: it is done, and the connection ends without an answer. `broken`: it is done, and the answer's
    `body` is `cut` in the middle of its JSON, or is `text` that is none. `records`: of the records of a PutRecords, those
    at `positions` (from 0) or an `of_records` share of them fail.
    """

    STATUS = "status"
    DELAY = "delay"
    DROP_BEFORE = "drop-before"
    DROP_AFTER = "drop-after"
    BROKEN = "broken"
    RECORDS = "records"


class Words(TypedDict, total=False):
    """What is said of a fault; see Kind for the words that belong to one, and None is as if a word were not there.

    `function` is a pattern of the `X-v3io-function`, in any case, or of the HTTP method where there is none; `path` one of
    `container/path`, where `*` is any text. `next` is how many requests are struck, `share` which part of them, chosen by
    `seed`; with neither it is all.
    """

    kind: Required[str]
    function: str
    path: str
    next: int | None
    share: float | None
    seed: int
    status: int | None
    retry_after: int | None
    seconds: float | None
    body: str | None
    positions: Sequence[int] | None
    of_records: float | None


USUAL = {"function": "*", "path": "*", "seed": 0}
"""What is not said."""

_BODIES = ("cut", "text")
_WORDS: dict[str, tuple[str, ...]] = {
    Kind.STATUS: ("status", "retry_after"),
    Kind.DELAY: ("seconds",),
    Kind.DROP_BEFORE: (),
    Kind.DROP_AFTER: (),
    Kind.BROKEN: ("body",),
    Kind.RECORDS: ("positions", "of_records"),
}
_NEEDED: dict[str, tuple[str, ...]] = {
    Kind.STATUS: ("status",),
    Kind.DELAY: ("seconds",),
    Kind.RECORDS: ("positions", "of_records"),
}


def read(body: bytes) -> Words:
    """What a client sent, as words that are still to be checked. Raises ValueError."""
    try:
        words = orjson.loads(body)
    except orjson.JSONDecodeError:
        words = None
    if not isinstance(words, dict):
        raise ValueError(f"a fault is a JSON object; its words are {_known()}")
    return words  # type: ignore[return-value]  # `complete` looks at what is in it


def complete(words: Mapping[str, Any]) -> dict[str, Any]:
    """The words of a possible fault, with those that go without saying. Raises ValueError, which says what is expected."""
    for name in words:
        if name not in Words.__annotations__:
            raise ValueError(f"there is no word `{name}` for a fault; there are {_known()}")
    if "kind" not in words:
        raise ValueError(f"`kind` is missing; expected one of {', '.join(Kind)}")
    said = {name: value for name, value in words.items() if value is not None or name == "kind"}
    _expect(said["kind"] in list(Kind), "kind", said["kind"], f"one of {', '.join(Kind)}")
    usual = {**USUAL, "function": "PutRecords"} if said["kind"] == Kind.RECORDS else USUAL
    if said.get("function") == "*":
        del said["function"]
    given = {**usual, **said}
    _check_kind(given)
    _check_requests(given)
    for name, (is_right, expected) in _VALUES.items():
        if name in given:
            _expect(is_right(given[name]), name, given[name], expected)
    return given


def _known() -> str:
    return ", ".join(Words.__annotations__)


def _check_kind(words: Mapping[str, Any]) -> None:
    """Whether the words go with the kind."""
    kind = words["kind"]
    for home, names in _WORDS.items():
        for name in names:
            if home != kind and name in words:
                raise ValueError(f"`{name}` does not go with kind `{kind}`; it goes with `{home}`")
    needed = _NEEDED.get(kind, ())
    if needed and sum(name in words for name in needed) != 1:
        raise ValueError(f"kind `{kind}` takes {' or '.join(f'`{name}`' for name in needed)}")


def _check_requests(words: Mapping[str, Any]) -> None:
    """What says which requests are struck."""
    function = words["function"]
    _expect(isinstance(function, str), "function", function, "a function's name")
    names = ["PutRecords"] if words["kind"] == Kind.RECORDS else NAMES
    known = any(fnmatchcase(name.lower(), function.lower()) for name in names)
    _expect(known, "function", function, f"`*` or one of {', '.join(names)}")
    if "next" in words and "share" in words:
        raise ValueError("`next` does not go with `share`; without both it is every request")


def _expect(right: bool, name: str, value: object, expected: str) -> None:
    if not right:
        shown = repr(value)
        raise ValueError(f"`{name}` is {shown[:40]}; expected {expected}")


def _whole(value: object, least: int, most: int) -> bool:
    return type(value) is int and least <= value <= most


def _between(value: object, most: float) -> bool:
    return isinstance(value, int | float) and type(value) is not bool and 0 <= value <= most


def _positions(value: object) -> bool:
    return isinstance(value, list | tuple) and all(_whole(each, 0, 2**31) for each in value)


_VALUES: dict[str, tuple[Callable[[Any], bool], str]] = {
    "path": (lambda value: isinstance(value, str), "a pattern of `container/path`"),
    "next": (lambda value: _whole(value, 1, 2**63), "a number of requests, from 1"),
    "share": (lambda value: _between(value, 1), "a share of 0 to 1"),
    "seed": (lambda value: type(value) is int, "a whole number"),
    "status": (lambda value: _whole(value, 400, 599), "a status of 400 to 599"),
    "retry_after": (lambda value: _whole(value, 0, 86400), "whole seconds, at most 86400"),
    "seconds": (
        lambda value: _between(value, LONGEST_DELAY),
        f"seconds, at most {LONGEST_DELAY:g}",
    ),
    "body": (lambda value: value in _BODIES, f"one of {', '.join(_BODIES)}"),
    "positions": (_positions, "a list of numbers from 0"),
    "of_records": (lambda value: _between(value, 1), "a share of 0 to 1"),
}
