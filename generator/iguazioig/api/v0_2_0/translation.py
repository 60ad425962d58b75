"""What a project of API 0.2.0 means in the neutral model."""

from __future__ import annotations

from ...document import Document
from ...graph import Graph, SecretKey, Stream
from ..base import Translation
from ..fields import Entry
from ..naming import slug
from ..reader import Reader
from .declared import Declared, volumes
from .steps import StepTranslator

_WIRING = frozenset({"unused-stream", "not-fed", "converge"})
_CAPACITY = frozenset({"idle-replicas", "idle-workers", "converge"})


def translate(document: Document, project: Entry, reader: Reader, version: str) -> Translation:
    """The neutral model of a project. What could not be read stands in it with its default."""
    slug_of_project = slug(project["name"] or "project")
    declared = Declared(project, slug_of_project, reader)
    error_stream = _error_stream(project, declared)
    translator = StepTranslator(
        slug_of_project, declared, error_stream, project["delivery"], reader
    )
    steps = [translator.step(entry, index) for index, entry in enumerate(project["functions"])]
    graph = Graph(
        api_version=version,
        name=project["name"] or "project",
        slug=slug_of_project,
        partition_key=project["partition_key_name"],
        streams=tuple(declared.streams.values()),
        volumes=tuple(volumes(project)),
        steps=tuple(steps),
        v3io_api=project["v3io_api"].rstrip("/"),
        access_key=_access_key(project["access_key_secret"]),
        volume_secret=project["volume_secret"],
        namespace=project["namespace"] or "",
        registry=project["registry"] or "",
        source=document.source,
        location=project.location,
        places=project.places,
    )
    return Translation(graph, tuple(reader.problems), _unsure(project, declared))


def _error_stream(project: Entry, declared: Declared) -> Stream | None:
    if not project.given("error_stream"):
        return None
    return declared.find(project["error_stream"], project.at("error_stream"), "an error stream")


def _access_key(entry: Entry | None) -> SecretKey:
    return (
        SecretKey(entry["name"], entry["key"]) if entry else SecretKey("v3io-access", "accessKey")
    )


def _unsure(project: Entry, declared: Declared) -> frozenset[str]:
    """The codes of checks that would be about what could not be read."""
    steps: list[Entry] = list(project["functions"])
    unsure: set[str] = set()
    if declared.has_missing or _is_wiring_unclear(project, steps):
        unsure |= _WIRING
    if _is_capacity_unclear(project, steps):
        unsure |= _CAPACITY
    if project.unclear("v3io_volumes"):
        unsure.add("module-path")
    if any(step.unclear("class_init") and step["class_init"] is None for step in steps):
        unsure.add("class-argument")
    if any("module_paths" in step.flawed for step in steps):
        unsure.add("module-missing")
    return frozenset(unsure)


def _is_wiring_unclear(project: Entry, steps: list[Entry]) -> bool:
    is_whole = not project.unclear("functions") or (steps and project["functions"].is_whole)
    wiring = ("input_streams", "outputs", "error_stream")
    return (
        not is_whole
        or project.unclear("error_stream")
        or any(step.unclear(key) for step in steps for key in wiring)
    )


def _is_capacity_unclear(project: Entry, steps: list[Entry]) -> bool:
    holder: Entry | None = project["env_defaults"]
    streams: dict[str, Entry] = project["v3io_streams"] or {}
    scale = ("min_replicas", "max_replicas", "input_streams")
    return (
        (holder is not None and holder.unclear("stream_shards"))
        or any(stream.unclear("shards") for stream in streams.values())
        or any(step.unclear(key) for step in steps for key in scale)
    )
