"""A document of an older version, from one end to the other."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, ClassVar

from ...document import Document
from ...errors import Location
from ..base import BaseDeployer, Translation
from ..fields import Entry, find_homes
from ..kinds import Items
from ..naming import slug
from ..reader import GiveUpError, Reader
from ..v0_2_0.keys import PROJECT, VOLUME
from ..v0_2_0.translation import translate
from .dialect import Dialect
from .entries import items_of, make_entry
from .extras import add_extras
from .functions import FunctionTranslator
from .streams import OlderStreams

OLDER = "docs/graph-older.md"


class OlderDeployer(BaseDeployer):
    """Graphs of a version before 0.2.0."""

    dialect: ClassVar[Dialect]

    @classmethod
    def translate(cls, document: Document) -> Translation:
        """The neutral model of a document; None where the document has no project to speak of."""
        graph = cls.dialect.graph
        reader = Reader(list(document.problems), find_homes(graph))
        try:
            entry = graph.read(document.root, reader, "graph") if document.root else None
            project = entry["project"] if isinstance(entry, Entry) else None
            if isinstance(entry, Entry) and isinstance(project, Entry):
                _warn_of_age(entry.at("apiVersion"), cls.dialect, reader)
                return _translate(document, project, cls.dialect, reader)
        except GiveUpError:
            pass
        return Translation(None, tuple(reader.problems))


def _translate(document: Document, project: Entry, dialect: Dialect, reader: Reader) -> Translation:
    streams = OlderStreams(project, reader)
    volumes: dict[str, Entry] = project.values.get("v3io_volumes") or {}
    translator = FunctionTranslator(dialect, streams, reader, has_volumes=bool(volumes))
    pairs = [translator.translate(each) for each in project["functions"]]
    _warn_of_project(project, dialect, reader)
    newer = _project(project, streams, volumes, [function for function, _ in pairs])
    read = len(reader.problems)
    translation = replace(
        translate(document, newer, reader, dialect.version), spelling=dialect.spelling
    )
    assert translation.graph is not None
    return replace(
        translation,
        graph=add_extras(translation.graph, [extras for _, extras in pairs]),
        problems=(*reader.problems[:read], *translation.respell(reader.problems[read:])),
        unsure=translation.unsure | (_WIRING if streams.has_missing else frozenset()),
    )


_WIRING = frozenset({"unused-stream", "not-fed", "converge"})


def _project(
    project: Entry, streams: OlderStreams, volumes: dict[str, Entry], functions: list[Entry]
) -> Entry:
    places = {
        **project.places,
        **{f"v3io_streams.{name}": place for name, place in streams.places.items()},
    }
    values: dict[str, Any] = {
        "name": project["name"],
        "v3io_streams": streams.entries,
        "v3io_volumes": {name: _volume(each) for name, each in volumes.items()},
        "functions": _whole(functions, project["functions"]),
    }
    return make_entry(PROJECT, project.location, values, places, project.flawed)


def _whole(functions: list[Entry], read: Any) -> Items:
    items = items_of(functions)
    items.is_whole = isinstance(read, Items) and read.is_whole
    return items


def _volume(volume: Entry) -> Entry:
    values = {key: volume[key] for key in ("remote", "mount_path")}
    return make_entry(VOLUME, volume.location, values, volume.places, volume.flawed)


def _warn_of_age(place: Location, dialect: Dialect, reader: Reader) -> None:
    wrong = (
        f"`{dialect.version}` is an older version of the format: what a function lost or ended with is tried again or kept "
        "now, functions answer no HTTP requests, and streams that exist are made to fit the graph"
    )
    expected = f"{OLDER} has all that differs; `iguazioig migrate` rewrites it in 0.2.0"
    reader.warn(place, wrong, expected, "older-version")


def _warn_of_project(project: Entry, dialect: Dialect, reader: Reader) -> None:
    name: str | None = project["name"]
    if name and slug(name) != name:
        wrong = f"the functions were called `{name}-…`, and are called `{slug(name)}-…` now"
        expected = "delete the old ones, which live on and read the same streams"
        reader.warn(project.at("name"), wrong, expected, "function-name")
    if dialect.mounts_home:
        wrong = f"`{dialect.version}` mounted the home of whoever deployed at `/User`, and nothing is mounted now"
        expected = "0.2.0 says it: `v3io_volumes: {v3io: {remote: users/NAME, mount_path: /User}}`"
        reader.warn(project.location, wrong, expected, "home-volume")
