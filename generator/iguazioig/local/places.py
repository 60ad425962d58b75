"""Where streams are: those of a graph by their names, others by container and path."""

from __future__ import annotations

from collections.abc import Iterable

from ..errors import RunError, did_you_mean
from ..graph import Graph, Stream
from .steps import DeployedStep
from .streams import StreamPlace


def place_of(name: str, graph: Graph | None) -> StreamPlace:
    """The stream that a name means: one of the graph's, or `container/path`. Raises RunError."""
    known = {each.slug: place_in(each, graph) for each in graph.streams} if graph else {}
    named = {**{each.name: known[each.slug] for each in graph.streams}, **known} if graph else {}
    if name in named:
        return named[name]
    container, slash, path = name.strip("/").partition("/")
    if not slash:
        there = ", ".join(f"`{each}`" for each in known)
        hint = f"; there are {there}" if there else ""
        raise RunError(
            f"there is no stream `{name}`{did_you_mean(name, known)}{hint}; or name one as container/path"
        )
    by_place = {each.full: each for each in known.values()}
    key = graph.partition_key if graph else None
    return by_place.get(f"{container}/{path}", StreamPlace(name, container, f"/{path}", key))


def place_in(stream: Stream, graph: Graph) -> StreamPlace:
    """Where a stream of a graph is."""
    return StreamPlace(stream.slug, stream.container, stream.path, graph.partition_key)


def known_places(graph: Graph | None, steps: Iterable[DeployedStep]) -> list[StreamPlace]:
    """The streams of the graph in its order, then whatever else the steps read."""
    named = [place_in(each, graph) for each in graph.streams] if graph else []
    read = [place_of(trigger.stream, graph) for step in steps for trigger in step.streams]
    return list({place.full: place for place in [*named, *read]}.values())


def error_streams(graph: Graph | None) -> dict[str, StreamPlace]:
    """By step: where its dead letters go, as far as its graph says."""
    if graph is None:
        return {}
    steps = {each.slug: each.error_stream for each in graph.steps}
    return {name: place_in(stream, graph) for name, stream in steps.items() if stream}


def containers(graph: Graph | None, steps: Iterable[DeployedStep]) -> tuple[str, ...]:
    """The containers in which these streams are."""
    return tuple(sorted({place.container for place in known_places(graph, steps)}))
