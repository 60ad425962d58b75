"""What a graph says more with a new step: the lines of its function, and the streams that are not declared yet."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from ..graph import Graph, Stream
from ..project.yaml_text import flow_list, flow_mapping, plain
from .names import class_name
from .wish import Wish

Settings = Mapping[str, str]
"""The keys of a stream, and their values as YAML source."""


@dataclass(frozen=True, slots=True)
class Addition:
    """What is put into a graph: the lines of a function, without indentation, and streams; all of it as YAML source."""

    function: Sequence[str]
    streams: Mapping[str, Settings]


def make_addition(graph: Graph, wish: Wish, module: str, *, without_errors: bool) -> Addition:
    """What a graph says more with the step of a wish, whose class is in a module; `without_errors` is for no dead letters."""
    lines = [f"name: {plain(wish.name)}", "input_streams:"]
    lines += [f"  {plain(name)}: {{}}" for name in wish.inputs]
    ending = ".ipynb" if wish.notebook else ""
    lines += [f"class_module: {module}{ending}", f"class_name: {class_name(wish.name)}"]
    lines += ["methods: [process]"]
    if wish.outputs:
        lines += ["outputs:", f"  streams: {flow_list(wish.outputs)}"]
    if without_errors:
        lines += ["error_stream: null"]
    return Addition(lines, _new_streams(graph, wish))


def _new_streams(graph: Graph, wish: Wish) -> dict[str, Settings]:
    """The streams that are not declared, where and as large as the first one that the step uses, or the graph has."""
    declared = {stream.name: stream for stream in graph.streams}
    named = dict.fromkeys((*wish.inputs, *wish.outputs))
    like = next((declared[name] for name in named if name in declared), None)
    like = like or next(iter(graph.streams), None)
    settings = _explicit(like) if like is not None else {}
    return {plain(name): settings for name in named if name not in declared}


def _explicit(stream: Stream) -> Settings:
    """What a graph says of a stream that another one is to share with it."""
    said = {"container": plain(stream.container), "shards": str(stream.shards)}
    return {key: value for key, value in said.items() if key in stream.places}


def by_hand(addition: Addition) -> str:
    """The same for a person who adds it."""
    return "\n".join(_by_hand(addition))


def _by_hand(addition: Addition) -> Iterator[str]:
    if addition.streams:
        yield "  v3io_streams:"
    for name, settings in addition.streams.items():
        yield f"    {name}: {flow_mapping(settings)}"
    yield "  functions:"
    yield f"    - {addition.function[0]}"
    for line in addition.function[1:]:
        yield f"      {line}"
