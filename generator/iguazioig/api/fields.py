"""The vocabulary in which one API version says what its graphs may hold.

A version is a tree of `Record`s of `Field`s of `Kind`s. The same tree reads a document (with every problem at its
position), becomes the JSON Schema, and becomes the reference in the documentation, so that the three cannot disagree.
"""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping as MappingABC
from dataclasses import dataclass, field
from typing import Any

from ..document import Mapping, Scalar, Value, shorten
from ..errors import Location, hint
from .kinds import INVALID, Either, Items, Kind, ListOf, MapOf, Schema
from .reader import Reader

__all__ = ["Either", "Entry", "Field", "Kind", "ListOf", "MapOf", "Record", "find_homes"]

_CLOSER = 0.7
"""How close a known key must be to be meant by one that is right elsewhere."""


@dataclass(frozen=True, slots=True)
class Field:
    """One key of a record: its kind, its meaning, its default. `default_text` says a default that is computed.

    What is `legacy` is read like any other key, and named to nobody who does not have it.
    """

    kind: Kind
    doc: str
    default: Any = None
    required: bool = False
    nullable: bool = False
    default_text: str = ""
    legacy: bool = False


@dataclass(slots=True)
class Entry:
    """A record as it was read: every field has its value or its default.

    `places` has what was written. `flawed` has the keys in which, or anywhere below which, something is wrong: those that
    are missing, those that are misspelt, unknown ones, and `<<` where keys are missing that were meant to be merged.
    """

    location: Location
    values: dict[str, Any]
    places: dict[str, Location] = field(default_factory=dict)
    flawed: set[str] = field(default_factory=set)

    def __getitem__(self, key: str) -> Any:
        return self.values[key]

    def given(self, key: str) -> bool:
        """Whether the key stands in the file with a good value other than null."""
        return key in self.places and key not in self.flawed and self.values[key] is not None

    def silent(self, key: str) -> bool:
        """Whether the key does not stand in the file at all."""
        return key not in self.places

    def unclear(self, key: str) -> bool:
        """Whether more was, or may have been, meant for the key than could be read."""
        has_unknown = not self.flawed <= self.values.keys()
        return key in self.flawed or (has_unknown and self.silent(key))

    def at(self, key: str) -> Location:
        """Where `key` was written, or where the record begins."""
        return self.places.get(key, self.location)


@dataclass(frozen=True, slots=True)
class Record(Kind):
    """A mapping with known keys; one that is not `strict` only warns of others."""

    title: str
    fields: MappingABC[str, Field]
    null_is_empty: bool = False
    required: bool = True
    strict: bool = True

    @property
    def expected(self) -> str:  # type: ignore[override]
        """The keys that it needs, or else a few that it may have."""
        if not self.required:
            return f"a mapping of keys that {self.title} may have"
        known = list(self._known())
        shown = (list(self._needed()) or known)[:4]
        return "a mapping with " + ", ".join(f"`{key}`" for key in shown)

    def accept(self, value: Value, reader: Reader, name: str) -> Any:
        """An Entry; INVALID only where there is no mapping."""
        if self.null_is_empty and isinstance(value, Scalar) and value.is_null:
            value = Mapping({}, value.location)
        if not isinstance(value, Mapping):
            return self.refuse(value, reader, name)
        entry = Entry(value.location, {key: each.default for key, each in self.fields.items()})
        for text, (key, item) in value.entries.items():
            if text in self.fields:
                self._enter(entry, key, item, reader)
            elif self.strict:
                entry.flawed.add(self._unknown(key, reader) or text)
            else:
                self._unknown(key, reader)
        if value.partial:
            entry.flawed.add("<<")
        elif self.required:
            self._require(entry, value, reader)
        return entry

    def _enter(self, entry: Entry, key: Scalar, item: Value, reader: Reader) -> None:
        name = key.text
        known = self.fields[name]
        entry.places[name] = item.location if isinstance(item, Scalar) else key.location
        if known.nullable and isinstance(item, Scalar) and item.is_null:
            entry.values[name] = None
            return
        before = reader.errors
        result = known.kind.read(item, reader, name)
        if reader.errors > before:
            entry.flawed.add(name)
        if result is not INVALID:
            entry.values[name] = result
            entry.places.update(_places(name, item, result))

    def _unknown(self, key: Scalar, reader: Reader) -> str | None:
        """Note an unknown key, and return the known one that was probably meant."""
        note = reader.error if self.strict else reader.warn
        home = reader.homes.get(key.text)
        meant = reader.closest(key.text, self.fields, cutoff=0.6 if home is None else _CLOSER)
        wrong = f"`{shorten(key.text)}` is not a key of {self.title}{hint(meant)}"
        if home is None or meant:
            expected = "known are " + ", ".join(sorted(self._known()))
        else:
            expected = f"it is one of {home}: check the indentation"
        note(key.location, wrong, expected, "unknown-key")
        return meant

    def _known(self) -> Iterator[str]:
        return (key for key, each in self.fields.items() if not each.legacy)

    def _needed(self) -> Iterator[str]:
        return (key for key, each in self.fields.items() if each.required)

    def _require(self, entry: Entry, value: Mapping, reader: Reader) -> None:
        for key in self._needed():
            if key not in value.entries and key not in entry.flawed:
                entry.flawed.add(key)
                wrong = f"{self.title} has no `{key}`"
                expected = f"expected {self.fields[key].kind.expected}"
                reader.error(value.location, wrong, expected, "missing-key")

    def schema(self) -> Schema:
        """An object with its properties."""
        properties = {key: _described(each) for key, each in self.fields.items()}
        schema: Schema = {"type": "object", "properties": properties, "additionalProperties": False}
        if self.required and (needed := list(self._needed())):
            schema["required"] = needed
        return _or_null(schema) if self.null_is_empty else schema


def _places(name: str, value: Value, result: Any) -> dict[str, Location]:
    if isinstance(result, Items):
        return {f"{name}[{index}]": place for index, place in enumerate(result.places)}
    if isinstance(value, Mapping):
        return {f"{name}.{text}": key.location for text, (key, _) in value.entries.items()}
    return {}


def _described(each: Field) -> Schema:
    schema = _or_null(each.kind.schema()) if each.nullable else each.kind.schema()
    described: Schema = {"description": each.doc, **schema}
    if each.default is not None:
        described["default"] = each.default
    return described


def _or_null(schema: Schema) -> Schema:
    return {"anyOf": [schema, {"type": "null"}]}


def find_homes(kind: Kind) -> dict[str, str]:
    """The title of the record of each key that only one kind of record below `kind` has."""
    titles: dict[str, set[str]] = {}
    for record in _records(kind):
        for key, each in record.fields.items():
            if not each.legacy:
                titles.setdefault(key, set()).add(record.title)
    return {key: found.pop() for key, found in titles.items() if len(found) == 1}


def _records(kind: Kind) -> Iterator[Record]:
    if isinstance(kind, Record):
        yield kind
        for each in kind.fields.values():
            yield from _records(each.kind)
    elif isinstance(kind, ListOf):
        yield from _records(kind.item)
    elif isinstance(kind, MapOf):
        yield from _records(kind.value)
    elif isinstance(kind, Either):
        yield from _records(kind.mapping)
