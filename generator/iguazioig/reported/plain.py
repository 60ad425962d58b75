"""YAML with its positions as plain data, as large as it is written out: an alias counts each time."""

from __future__ import annotations

from typing import Any

from ..document import MAX_DEPTH, MAX_VALUES, Mapping, Scalar, Sequence, Value
from ..errors import Location, Problem, ProblemsError


def plain(root: Value | None) -> Any:
    """The data of a tree; None where it is empty. Raises ProblemsError for more than anybody has written by hand."""
    return None if root is None else _Plain().of(root)


class _Plain:
    def __init__(self) -> None:
        self.left = MAX_VALUES

    def of(self, value: Value) -> Any:
        self.left -= 1
        if self.left < 0:
            raise ProblemsError([_too_many(value.location)])
        if isinstance(value, Sequence):
            return [self.of(each) for each in value.items]
        if isinstance(value, Mapping):
            return {key: self.of(each) for key, (_, each) in value.entries.items()}
        return _scalar(value)


def _scalar(value: Scalar) -> Any:
    """As nuctl's decoder has it: a date is text, and so is what is no number after all."""
    if value.tag in ("timestamp", "binary", "broken"):
        return value.text
    try:
        return value.value()
    except ValueError:
        return value.text


def check_size(data: Any, name: str) -> None:
    """Raise ProblemsError for data of more levels or values than any function has."""
    waiting, left = [(data, 1)], MAX_VALUES
    while waiting:
        value, depth = waiting.pop()
        left -= 1
        if depth > MAX_DEPTH or left < 0:
            raise ProblemsError([_too_many(Location(name))])
        if isinstance(value, dict | list):
            below = value.values() if isinstance(value, dict) else value
            waiting.extend((each, depth + 1) for each in below)


def _too_many(place: Location) -> Problem:
    wrong = f"there are more than {MAX_VALUES:,} values here, or more than {MAX_DEPTH} levels"
    return Problem(place, wrong, "expected functions as nuctl prints them", "too-large")
