"""One document laid over another: whatever stands in the upper one takes the place of the same thing in the lower one.

Mappings are merged key by key, anything else is replaced whole; what kind of value it is says how. Every value keeps its
place in its own file.
"""

from __future__ import annotations

from dataclasses import replace

from ..document import Mapping, Scalar, Sequence, Value, shorten
from .fields import Record
from .json_value import Json, JsonMapping
from .kinds import Kind, MapOf
from .layer import AsMany, ByName, InList, OnEach, OrDefault, Refused, is_null
from .naming import listed
from .reader import MAX_READ, GiveUpError, Reader


class Overlay:
    """Lays values over others, and tells the reader about names that are not there."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._copied = 0

    def lay(self, kind: Kind, below: Value | None, over: Value) -> Value | None:
        """What counts of a value and of the one over it, which is of this kind; None where nothing is left of either."""
        if isinstance(kind, OrDefault):
            if is_null(over):
                return None
            kind = kind.kind
        if _is_way(kind) and not isinstance(over, Mapping):
            return below
        if isinstance(over, Mapping) and isinstance(kind, ByName):
            return self.by_name(kind, below, over)
        if isinstance(over, Mapping) and isinstance(kind, Record | MapOf | JsonMapping):
            return self._mapping(kind, below, over)
        if isinstance(kind, AsMany):
            self._count(below, over)
        return over

    def _mapping(
        self, kind: Record | MapOf | JsonMapping, below: Value | None, over: Mapping
    ) -> Mapping:
        merged = self.copy(below) if isinstance(below, Mapping) else Mapping({}, over.location)
        self.spend(over)
        for key, value in sorted(
            over.entries.values(), key=lambda it: not _is_of_each(kind, it[0])
        ):
            inner = _inside(kind, key.text)
            if isinstance(inner, OnEach):
                self.on_each(merged, inner, value)
            elif inner is not None:
                self.enter(merged, key, inner, value)
        merged.partial |= over.partial
        return merged

    def enter(self, merged: Mapping, key: Scalar, kind: Kind, over: Value) -> None:
        """Lay a value over the one that a mapping has at a key."""
        known, below = merged.entries.get(key.text, (key, None))
        value = self.lay(kind, below, over)
        if value is None:
            merged.entries.pop(key.text, None)
        else:
            merged.entries[key.text] = (key if value is over else known, value)

    def on_each(self, merged: Mapping, kind: OnEach, over: Value) -> None:
        """Lay a value over every item of a list in a mapping."""
        key, below = merged.entries.get(kind.target, (None, None))
        if key is not None and isinstance(below, Sequence):
            merged.entries[kind.target] = (key, self._over_items(kind.kind, below, over))

    def _over_items(self, kind: Kind, below: Sequence, over: Value) -> Sequence:
        items = [
            (self.lay(kind, item, over) or item) if isinstance(item, Mapping) else item
            for item in below.items
        ]
        return replace(below, items=items)

    def by_name(self, kind: ByName, below: Value | None, over: Mapping) -> Value | None:
        """What is there by these names, each with what is laid over it."""
        if _is_clear(below):
            self.check_names(kind, _names(kind, below), over)
        if isinstance(below, Mapping):
            return self._by_key(kind, below, over)
        return self._in_list(kind, below, over) if isinstance(below, Sequence) else below

    def _by_key(self, kind: ByName, below: Mapping, over: Mapping) -> Mapping:
        merged = self.copy(below)
        for name, (key, value) in over.entries.items():
            if name in below.entries:
                self.enter(merged, key, kind.value, value)
        return merged

    def _in_list(self, kind: ByName, below: Sequence, over: Mapping) -> Sequence:
        items = []
        for item in below.items:
            _, value = over.entries.get(_name_of(item) or "", (None, None))
            items.append(item if value is None else self.lay(kind.value, item, value) or item)
        return replace(below, items=items)

    def check_names(self, kind: ByName, names: list[str], over: Mapping) -> None:
        """Tell the reader about names that are not there."""
        there = frozenset(names)
        for name, (key, _) in over.entries.items():
            if name not in there:
                self._refuse(kind, key, names)

    def _refuse(self, kind: ByName, key: Scalar, names: list[str]) -> None:
        hint = self._reader.did_you_mean(key.text, names)
        wrong = f"`{shorten(key.text)}` is no {kind.thing}{hint}"
        known = f"; known are {listed(names)}" if names else ", and there is none"
        self._reader.error(key.location, wrong, f"an environment adds none{known}", "not-in-graph")

    def copy(self, mapping: Mapping) -> Mapping:
        """A mapping that can be changed. Raises GiveUpError past the limit: an alias, or all steps at once, multiply."""
        self.spend(mapping)
        return replace(mapping, entries=dict(mapping.entries))

    def spend(self, mapping: Mapping) -> None:
        """Count the entries of one more mapping that is copied."""
        self._copied += len(mapping.entries)
        if self._copied > MAX_READ:
            wrong = "the environment multiplies the graph too much"
            expected = f"at most {MAX_READ:,} keys are laid over others"
            self._reader.error(mapping.location, wrong, expected, "too-large")
            raise GiveUpError

    def _count(self, below: Value | None, over: Value) -> None:
        if isinstance(over, Sequence) and not isinstance(below, Scalar | Mapping):
            there = len(below.items) if below else 0
            if len(over.items) != there:
                wrong = f"{len(over.items)} here in place of the graph's {there}"
                expected = "an environment adds none and takes none away"
                self._reader.error(over.location, wrong, expected, "not-in-graph")


_ARGUMENT = Json()


def _is_way(kind: Kind) -> bool:
    """Whether a mapping of this kind only leads to what differs, so that nothing in its place means that nothing does."""
    return isinstance(kind, ByName) or (isinstance(kind, Record) and kind.null_is_empty)


def _inside(kind: Record | MapOf | JsonMapping, name: str) -> Kind | None:
    """The kind of what is laid over one key; None for what the reader has refused."""
    if isinstance(kind, MapOf):
        return kind.value
    if isinstance(kind, JsonMapping):
        return _ARGUMENT
    known = kind.fields.get(name)
    return None if known is None or isinstance(known.kind, Refused) else known.kind


def _is_of_each(kind: Kind, key: Scalar) -> bool:
    return isinstance(kind, Record) and isinstance(_inside(kind, key.text), OnEach)


def _names(kind: ByName, below: Value | None) -> list[str]:
    """The names that are there, below."""
    if isinstance(below, Sequence) and isinstance(kind, InList):
        return [name for item in below.items if (name := _name_of(item)) is not None]
    return list(below.entries) if isinstance(below, Mapping) else []


def _name_of(item: Value) -> str | None:
    _, name = item.entries.get("name", (None, None)) if isinstance(item, Mapping) else (None, None)
    if not isinstance(name, Scalar) or name.is_broken or name.is_null:
        return None
    return name.text


def _is_clear(below: Value | None) -> bool:
    """Whether all the names that are there could be read."""
    if isinstance(below, Mapping):
        return not below.partial
    if isinstance(below, Sequence):
        return all(_name_of(item) is not None for item in below.items)
    return below is None
