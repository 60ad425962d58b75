"""The streams of an older graph: their names in 0.2.0, and by which container and path they were found."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from ...errors import Location
from ..fields import Entry
from ..naming import listed, slug
from ..reader import Reader
from ..texts import STREAM_NAME
from ..v0_2_0.keys import STREAM
from .entries import make_entry

_NO_NAME = re.compile(r"[^A-Za-z0-9_-]+")


class OlderStreams:
    """The declared streams as entries of 0.2.0, by their names, with the place of each."""

    def __init__(self, project: Entry, reader: Reader) -> None:
        self.entries: dict[str, Entry] = {}
        self.places: dict[str, Location] = {}
        self.has_missing = False
        self._project = project
        self._reader = reader
        self._names: dict[tuple[str, str], str] = {}
        self._slugs: set[str] = set()
        declared = project["v3io_streams"] or ()
        for name, place, entry in _declared(project, declared):
            self._add(name, place, entry)

    def find(self, container: str | None, path: str, place: Location, what: str) -> str | None:
        """The name of the stream at a path; None where none is declared there, which the reader has been told."""
        found = self._names.get((container or "", _plain(path)))
        if found is None:
            self.has_missing = True
            if container is not None and not self._project.unclear("v3io_streams"):
                self._undeclared(f"{container}/{_plain(path)}", place, what)
        return found

    def _undeclared(self, wanted: str, place: Location, what: str) -> None:
        known = [f"{container}/{path}" for container, path in self._names]
        hint = self._reader.did_you_mean(wanted, known)
        expected = f"declared are {listed(known)}" if known else "no stream is declared"
        wrong = f"`{wanted}`, {what}, is not declared in `v3io_streams`{hint}"
        self._reader.error(place, wrong, expected, "undeclared-stream")

    def _add(self, name: str | None, place: Location, entry: Entry) -> None:
        container, path = entry["container"], entry["path"]
        where = (container or "", _plain(path or ""))
        if path and where in self._names:
            wrong = f"`{where[0]}/{where[1]}` is declared twice: the first declaration counted"
            self._reader.warn(place, wrong, "take this one out", "declared-twice")
            return
        chosen = name or self._name(entry, place)
        if path:
            self._names[where] = chosen
        self.places[chosen] = place
        self._slugs.add(slug(chosen))
        self.entries[chosen] = self._translated(entry)

    def _name(self, entry: Entry, place: Location) -> str:
        """The name that an entry of a list gives itself; else the end of its path, longer where it is taken."""
        taken = self._slugs
        given = _given_name(entry)
        if given and slug(given) not in taken:
            return given
        parts = [_NO_NAME.sub("-", part) for part in _plain(entry["path"] or "stream").split("/")]
        names = ["-".join(parts[-count:]).strip("-_")[-60:].strip("-_") for count in range(1, len(parts) + 1)]  # fmt: skip
        base = next((each for each in names if each and slug(each) not in taken), names[-1] or "stream")  # fmt: skip
        name = base
        count = 2
        while slug(name) in taken:
            name, count = f"{base}-{count}", count + 1
        if given:
            wrong = f"`{given}` is the name of two streams, which were known by their paths alone"
            self._reader.warn(place, wrong, f"this one is called `{name}`", "stream-name")
        return name

    def _translated(self, entry: Entry) -> Entry:
        values = {key: entry[key] for key in ("container", "path", "shards", "retention")}
        values["shards"] = self._usual(entry, "shards", 1)
        values["retention"] = self._usual(entry, "retention", 24)
        return make_entry(STREAM, entry.location, values, entry.places, entry.flawed)

    def _usual(self, entry: Entry, key: str, usual: int) -> Any:
        if entry[key] == 0:
            wrong = f"`{key}` is 0, which v3io took as {usual}"
            self._reader.warn(entry.at(key), wrong, f"write {usual}", "zero")
            return usual
        return entry[key]


def _declared(project: Entry, declared: Any) -> Iterator[tuple[str | None, Location, Entry]]:
    if isinstance(declared, dict):
        for name, entry in declared.items():
            yield name, project.at(f"v3io_streams.{name}"), entry
    else:
        for index, entry in enumerate(declared):
            place = entry.at("name") if _given_name(entry) else entry.location
            yield None, place if entry.places else project.at(f"v3io_streams[{index}]"), entry


def _given_name(entry: Entry) -> str | None:
    given = getattr(entry["name"], "text", None)
    return (
        given if given and len(given) <= STREAM_NAME.longest and STREAM_NAME.fits(given) else None
    )


def _plain(path: str) -> str:
    """The path without the slashes that make no difference (graph-older 0)."""
    return path.strip("/")
