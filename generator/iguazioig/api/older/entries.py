"""Entries of 0.2.0 that are made of entries of an older version."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ...errors import Location
from ..fields import Entry, Record
from ..kinds import Items


def make_entry(
    record: Record,
    location: Location,
    values: Mapping[str, Any],
    places: Mapping[str, Location],
    flawed: Iterable[str] = (),
) -> Entry:
    """An entry with these values, and the defaults of all other keys.

    What has no place of its own is taken as written where the entry begins.
    """
    entry = Entry(location, {key: each.default for key, each in record.fields.items()})
    entry.values.update(values)
    entry.places = {**dict.fromkeys(values, location), **places}
    entry.flawed = set(flawed)
    return entry


def items_of(values: Iterable[Any], places: Iterable[Location] = ()) -> Items:
    """A whole list of values."""
    items = Items()
    items.extend(values)
    items.places.extend(places)
    return items
