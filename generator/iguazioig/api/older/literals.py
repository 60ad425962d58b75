"""Python's own spelling of values in old graphs: lists written as text, and what `str()` made of a value."""

from __future__ import annotations

import ast
import warnings
from dataclasses import dataclass
from typing import Any

from ...document import Mapping, Scalar, Sequence, Value, kind
from ..kinds import INVALID, Items, Kind, ListOf, Schema, Typed
from ..reader import Reader

LONGEST = 10_000
"""Characters of a list that is written as text."""


@dataclass(frozen=True, slots=True)
class PythonList(Kind):
    """A list of text, or text that holds one in Python's spelling: `"['scoring', 'audit']"`. It is never evaluated."""

    items: ListOf

    @property
    def expected(self) -> str:  # type: ignore[override]
        """The list, as a list."""
        return self.items.expected

    def accept(self, value: Value, reader: Reader, name: str) -> Any:
        """The Items that are right; the text `None` is an empty list."""
        if isinstance(value, Sequence):
            return self.items.read(value, reader, name)
        if not isinstance(value, Scalar):
            return self.refuse(value, reader, name)
        found = _literal(value.text)
        if found is None:
            return Items()
        if not isinstance(found, list | tuple) or not all(isinstance(each, str) for each in found):
            return self.refuse(value, reader, name)
        texts: list[Value] = [Scalar(each, "str", False, value.location) for each in found]
        return self.items.read(Sequence(texts, value.location), reader, name)

    def schema(self) -> Schema:
        """A list, or text."""
        return {"anyOf": [self.items.schema(), {"type": "string"}]}


def _literal(text: str) -> Any:
    if len(text) > LONGEST:
        return INVALID
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.literal_eval(text.strip())
    except (ValueError, SyntaxError, TypeError, RecursionError, MemoryError):
        return INVALID


class PythonText(Kind):
    """Any value, as the text that Python's `str()` makes of what YAML makes of it: `yes` is `True`, `1.50` is `1.5`."""

    expected = "text, or a value that Python can write as text"

    def accept(self, value: Value, reader: Reader, name: str) -> Any:
        """The text."""
        try:
            text = str(_python_value(value, reader))
        except ValueError:
            return self.refuse(value, reader, name)
        if isinstance(value, Scalar) and value.is_null:
            wrong, expected = (
                f"`{name}` is null, which became the text `None`",
                "quote it, or leave it out",
            )
            reader.warn(value.location, wrong, expected, "null-text")
        shown = Scalar(text, "str", False, value.location)
        return text if _ENVIRONMENT.check(shown, reader, f"`{name}`") else INVALID

    def schema(self) -> Schema:
        """Anything."""
        return {}


_ENVIRONMENT = Typed("text without NUL characters", None, 100_000)


def _python_value(value: Value, reader: Reader) -> Any:
    """What YAML makes of a value; ValueError for a scalar that does not fit its tag."""
    reader.spend(value)
    if isinstance(value, Sequence):
        return [_python_value(item, reader) for item in value.items]
    if isinstance(value, Mapping):
        items = value.entries.values()
        return {key.value(): _python_value(item, reader) for key, item in items}
    if value.is_broken:
        raise ValueError(kind(value))
    return value.value()
