"""The graph as a picture: mermaid for READMEs, dot for Graphviz."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from .graph import Graph, Step, Stream

_MERMAID_SHAPES = {
    "stream": ('[("', '")]'),
    "step": ('["', '"]'),
    "https": ('(["', '"])'),
    "function": ('[["', '"]]'),
}
_DOT_SHAPES = {"stream": "cylinder", "step": "box", "https": "oval", "function": "component"}


@dataclass(frozen=True, slots=True)
class Node:
    """Something in the picture; `kind` is stream, step, https or function, `lines` is its text."""

    name: str
    kind: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Edge:
    """The way of a message; `errors` is the way of a dead letter."""

    start: str
    end: str
    errors: bool = False


def draw_mermaid(graph: Graph) -> str:
    """A mermaid flowchart, with a line break at its end."""
    lines = ["flowchart LR"]
    for node in nodes_of(graph):
        opening, closing = _MERMAID_SHAPES[node.kind]
        lines.append(
            f"    {node.name}{opening}{'<br/>'.join(map(_mermaid_text, node.lines))}{closing}"
        )
    for edge in edges_of(graph):
        lines.append(f"    {edge.start} {'-. errors .->' if edge.errors else '-->'} {edge.end}")
    return "\n".join(lines) + "\n"


def draw_dot(graph: Graph) -> str:
    """A Graphviz digraph, with a line break at its end."""
    lines = [f"digraph {_dot_text(graph.slug)} {{", "    rankdir=LR"]
    for node in nodes_of(graph):
        lines.append(
            f"    {node.name} [shape={_DOT_SHAPES[node.kind]}, label={_dot_text(*node.lines)}]"
        )
    for edge in edges_of(graph):
        lines.append(
            f"    {edge.start} -> {edge.end}"
            + (' [style=dashed, label="errors"]' if edge.errors else "")
        )
    return "\n".join([*lines, "}"]) + "\n"


def nodes_of(graph: Graph) -> Iterator[Node]:
    """Everything in the picture of a graph."""
    yield from (Node(_stream(stream), "stream", (stream.slug,)) for stream in graph.streams)
    for step in graph.steps:
        methods = ", ".join(step.methods)
        yield Node(_step(step), "step", (step.slug, f"{step.class_name}: {methods}"))
        for index, http in enumerate(step.https):
            host = urlsplit(http.url).hostname or http.url
            yield Node(_https(step, index), "https", (host,))
        for index, function in enumerate(step.functions):
            name = f"{function.module}.{function.function}"
            yield Node(_function(step, index), "function", (name,))


def edges_of(graph: Graph) -> Iterator[Edge]:
    """Every way of a message between these."""
    for step in graph.steps:
        yield from (Edge(_stream(each.stream), _step(step)) for each in step.inputs)
        yield from (Edge(_step(step), _stream(stream)) for stream in step.streams)
        yield from (Edge(_step(step), _https(step, index)) for index in range(len(step.https)))
        yield from (
            Edge(_step(step), _function(step, index)) for index in range(len(step.functions))
        )
        if step.error_stream is not None:
            yield Edge(_step(step), _stream(step.error_stream), errors=True)


def _stream(stream: Stream) -> str:
    return "stream_" + stream.slug.replace("-", "_")


def _step(step: Step) -> str:
    return "step_" + step.slug.replace("-", "_")


def _https(step: Step, index: int) -> str:
    # The kind comes first, so that no step can have such a name.
    return f"https_{step.slug.replace('-', '_')}_{index}"


def _function(step: Step, index: int) -> str:
    return f"function_{step.slug.replace('-', '_')}_{index}"


def _mermaid_text(text: str) -> str:
    """Text that mermaid shows as it is: everything else than plain characters as a character's number."""
    return "".join(
        char if char.isalnum() or char in " .:,_-/" else f"#{ord(char)};" for char in text
    )


def _dot_text(*lines: str) -> str:
    escaped = (line.replace("\\", "\\\\").replace('"', '\\"') for line in lines)
    return '"' + "\\n".join(escaped) + '"'
