"""The streams and volumes that a project declares, and the streams by the names that steps have for them."""

from __future__ import annotations

from collections.abc import Iterator

from ...errors import Location
from ...graph import Stream, Volume
from ..fields import Entry
from ..naming import listed, slug
from ..reader import Reader

_CONTAINER, _SHARDS, _RETENTION = "bigdata", 3, 48


class Declared:
    """The declared streams by name; `has_missing` says whether a step asked for one that is not among them."""

    def __init__(self, project: Entry, slug_of_project: str, reader: Reader) -> None:
        self._project = project
        self._reader = reader
        self._slug = slug_of_project
        self.has_missing = False
        defaults = _stream_defaults(project["env_defaults"])
        entries: dict[str, Entry] = project["v3io_streams"] or {}
        self.streams = {
            name: self._stream(name, entry, *defaults) for name, entry in entries.items()
        }

    def find(self, name: str, place: Location, what: str) -> Stream | None:
        """The stream of this name; None where it is not declared, or could not be read, which the reader has been told."""
        found = self.streams.get(name)
        self.has_missing |= found is None
        if found is None and not self._is_unclear(name):
            known = tuple(self.streams)
            wrong = f"`{name}`, {what}, is not declared{self._reader.did_you_mean(name, known)}"
            none = "no stream is declared: add it to `v3io_streams`"
            expected = f"declared are {listed(known)}" if known else none
            self._reader.error(place, wrong, expected, "undeclared-stream")
        return found

    def _is_unclear(self, name: str) -> bool:
        """Whether the name may be declared in what could not be read."""
        project = self._project
        is_there = f"v3io_streams.{name}" in project.places
        return is_there or (project.unclear("v3io_streams") and project["v3io_streams"] is None)

    def _stream(
        self, name: str, entry: Entry, container: str, shards: int, retention: int
    ) -> Stream:
        path: str = entry["path"] or f"{self._slug}/streams/{slug(name)}"
        return Stream(
            name=name,
            slug=slug(name),
            container=entry["container"] or container,
            path="/" + path.strip("/"),
            shards=entry["shards"] or shards,
            retention=entry["retention"] or retention,
            location=self._project.at(f"v3io_streams.{name}"),
            places=entry.places,
        )


def _stream_defaults(holder: Entry | None) -> tuple[str, int, int]:
    if holder is None:
        return _CONTAINER, _SHARDS, _RETENTION
    old_spelling = holder["retention"] if not holder.given("stream_retention") else None
    retention = old_spelling or holder["stream_retention"] or _RETENTION
    return holder["stream_container"] or _CONTAINER, holder["stream_shards"] or _SHARDS, retention


def volumes(project: Entry) -> Iterator[Volume]:
    """The volumes that could be read."""
    entries: dict[str, Entry] = project["v3io_volumes"] or {}
    for name, entry in entries.items():
        if entry["remote"] and entry["mount_path"]:
            container, _, sub_path = entry["remote"].strip("/").partition("/")
            yield Volume(
                name=name,
                container=container,
                sub_path="/" + sub_path,
                mount_path=entry["mount_path"],
                location=project.at(f"v3io_volumes.{name}"),
                places=entry.places,
            )
