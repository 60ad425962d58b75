"""The attributes that an expression reads and writes."""

from __future__ import annotations

from collections.abc import Mapping

from .errors import ExpressionError, UnfitError
from .values import Attribute, Value, decode, encode, int64, size

MAX_ITEM = 1536 * 1024
"""What all values that one update sets may take together, in bytes (an item: v3io-protocol 2.10)."""


class Item:
    """An item during one expression: its attributes, and what was set and removed so far."""

    def __init__(self, attributes: Mapping[str, Attribute]) -> None:
        self._before = attributes
        self._values: dict[str, Value] = {}
        self._written: dict[str, bool] = {}
        self._size = 0

    def has(self, name: str) -> bool:
        """Whether there is an attribute of this name now."""
        return self._written.get(name, name in self._before)

    def get(self, name: str) -> Value:
        """The value of an attribute. Raises UnfitError where it is missing."""
        if not self.has(name):
            raise UnfitError(f"the attribute `{name}` is missing")
        if name not in self._values:
            self._values[name] = decode(self._before[name])
        return self._values[name]

    def set(self, name: str, value: Value) -> None:
        """Create or replace an attribute. Raises ExpressionError for a value that is too large, or makes the item so."""
        if isinstance(value, int):
            int64(value)
        self._forget(name)
        self._size += size(value)
        if self._size > MAX_ITEM:
            raise ExpressionError(f"the item grows past {MAX_ITEM:,} bytes")
        self._values[name] = value
        self._written[name] = True

    def remove(self, name: str) -> None:
        """Take an attribute away; that it is missing is no error."""
        self._forget(name)
        self._values.pop(name, None)
        self._written[name] = False

    def attributes(self) -> dict[str, Attribute]:
        """The attributes as they are now: those before in their order, then the new ones."""
        after = {name: each for name, each in self._before.items() if self.has(name)}
        written = (name for name, there in self._written.items() if there)
        return after | {name: encode(self._values[name]) for name in written}

    def _forget(self, name: str) -> None:
        if self._written.get(name):
            self._size -= size(self._values[name])
