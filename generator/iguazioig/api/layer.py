"""The kinds of what may be laid over a document: those of a version, with these around and among them.

A tree of them reads what is laid over, with every problem at its position, and tells the overlay what to do with it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from ..document import Scalar, Value
from .fields import Field, Record
from .kinds import Kind, ListOf, MapOf, Schema
from .reader import Reader


def is_null(value: Value) -> bool:
    """Whether a value is YAML's null."""
    return isinstance(value, Scalar) and value.is_null


@dataclass(frozen=True, slots=True)
class OrDefault(Kind):
    """A value, or null, which takes what is below it away: what counts then is the default."""

    kind: Kind

    @property
    def expected(self) -> str:  # type: ignore[override]
        """What the value has to be."""
        return self.kind.expected

    def accept(self, value: Value, reader: Reader, name: str) -> Any:
        """The value; None for null."""
        return None if is_null(value) else self.kind.accept(value, reader, name)

    def schema(self) -> Schema:
        """The value's, or null."""
        return {"anyOf": [self.kind.schema(), {"type": "null"}]}


@dataclass(frozen=True, slots=True)
class Refused(Kind):
    """A key that is known below and that nothing may be laid over; `expected` says why."""

    expected: str

    def accept(self, value: Value, reader: Reader, name: str) -> Any:
        """Nothing: whatever it is, it is refused."""
        wrong = f"`{name}` is not for an environment"
        reader.error(value.location, wrong, self.expected, "not-for-environment")

    def schema(self) -> Schema:
        """Nothing fits."""
        return {"not": {}}


@dataclass(frozen=True, slots=True)
class ByName(MapOf):
    """A mapping from names that are there below; `thing` is what one of them is called. It adds none and takes none away."""

    thing: str

    def accept(self, value: Value, reader: Reader, name: str) -> Any:
        """The entries that are right; none for null."""
        return {} if is_null(value) else MapOf.accept(self, value, reader, name)


@dataclass(frozen=True, slots=True)
class InList(ByName):
    """The same where these are the items of a list, which have their names in themselves."""


@dataclass(frozen=True, slots=True)
class OnEach(Kind):
    """What is laid over every item of the list at another key, before anything is laid over one of them."""

    kind: Kind
    target: str

    @property
    def expected(self) -> str:  # type: ignore[override]
        """What is laid over each."""
        return self.kind.expected

    def accept(self, value: Value, reader: Reader, name: str) -> Any:
        """What the kind makes of it."""
        return self.kind.accept(value, reader, name)

    def schema(self) -> Schema:
        """That of the kind."""
        return self.kind.schema()


@dataclass(frozen=True, slots=True)
class AsMany(ListOf):
    """A list that has as many items as the one below."""


def part(record: Record, names: Iterable[str], refused: Mapping[str, str] | None = None) -> Record:
    """Of a record what may be laid over it: these keys, none of which has to be there; `refused` says why not another one."""
    fields = {name: _over(record.fields[name]) for name in names}
    for name, why in (refused or {}).items():
        fields[name] = Field(Refused(why), why, legacy=True)
    return replace(record, fields=fields, null_is_empty=True, required=False)


def _over(field: Field) -> Field:
    kind = laid(field.kind)
    kind = kind if field.nullable else OrDefault(kind)
    return replace(field, kind=kind, default=None, required=False, legacy=False)


def laid(kind: Kind) -> Kind:
    """The kind of what is laid over a value of this one."""
    if isinstance(kind, Record):
        fields = {name: _over(each) for name, each in kind.fields.items() if not each.legacy}
        return replace(kind, fields=fields)
    if isinstance(kind, MapOf):
        return replace(kind, value=OrDefault(kind.value))
    return kind
