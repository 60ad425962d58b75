"""A graph's picture as SVG, from left to right: JupyterLab shows mermaid since 4.1, and others never do."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from ..graph import Graph
from ..picture import Edge, Node, edges_of, nodes_of
from .page import Html, escape

LARGEST = 80
"""Nodes; a larger picture shows nobody anything."""

_CHARACTER, _LINE, _PADDING = 7, 16, 10
_BETWEEN, _BELOW = 56, 18
_LONGEST = 30
_ROUND = {"stream": 14, "step": 3, "https": 20, "function": 0}


class Box(NamedTuple):
    """A node in its place, in pixels."""

    node: Node
    left: int
    top: int
    width: int
    height: int

    @property
    def middle(self) -> int:
        """Where its edges begin and end."""
        return self.top + self.height // 2


def draw(graph: Graph) -> Html | None:
    """The picture; None where there is too much for one."""
    nodes = list(nodes_of(graph))
    if not nodes or len(nodes) > LARGEST:
        return None
    names = {node.name for node in nodes}
    ways = (each for each in edges_of(graph) if each.start != each.end)
    edges = [each for each in ways if {each.start, each.end} <= names]
    boxes = _place(nodes, edges)
    width = max(box.left + box.width for box in boxes.values()) + 4
    height = max(box.top + box.height for box in boxes.values()) + 4
    lines = "".join(_line(each, boxes) for each in edges)
    shapes = "".join(map(_shape, boxes.values()))
    frame = f'viewBox="0 0 {width} {height}" width="{width}" height="{height}"'
    style = "max-width: 100%; height: auto; font: 12px monospace; color: inherit"
    return Html(
        f'<svg xmlns="http://www.w3.org/2000/svg" {frame} style="{style}">{lines}{shapes}</svg>'
    )


def _place(nodes: Sequence[Node], edges: Sequence[Edge]) -> dict[str, Box]:
    columns: dict[int, list[Node]] = defaultdict(list)
    for node, column in zip(nodes, _columns(nodes, edges), strict=True):
        columns[column].append(node)
    tallest = max(sum(_height(node) + _BELOW for node in each) for each in columns.values())
    boxes: dict[str, Box] = {}
    left = 2
    for column in sorted(columns):
        width = max(map(_width, columns[column]))
        top = 2 + (tallest - sum(_height(node) + _BELOW for node in columns[column])) // 2
        for node in columns[column]:
            boxes[node.name] = Box(node, left, top, width, _height(node))
            top += _height(node) + _BELOW
        left += width + _BETWEEN
    return boxes


def _columns(nodes: Sequence[Node], edges: Sequence[Edge]) -> list[int]:
    """Each node behind those that lead to it; a way back does not count."""
    ahead = _without_ways_back(nodes, edges)
    column = {node.name: 0 for node in nodes}
    for _ in nodes:
        moved = [(start, end) for start, end in ahead if column[end] <= column[start]]
        for start, end in moved:
            column[end] = column[start] + 1
        if not moved:
            break
    return [column[node.name] for node in nodes]


def _without_ways_back(nodes: Iterable[Node], edges: Iterable[Edge]) -> list[tuple[str, str]]:
    following: dict[str, list[str]] = defaultdict(list)
    for edge in edges:
        following[edge.start].append(edge.end)
    kept: list[tuple[str, str]] = []
    done: set[str] = set()
    for node in nodes:
        _walk(node.name, following, done, kept)
    return kept


def _walk(
    first: str, following: Mapping[str, Sequence[str]], done: set[str], kept: list[tuple[str, str]]
) -> None:
    """Keep the edges that a walk in depth does not find to lead to where it came from."""
    way = [(first, iter(following.get(first, ())))] if first not in done else []
    on_the_way = {first}
    while way:
        here, ahead = way[-1]
        there = next(ahead, None)
        if there is None:
            way.pop()
            on_the_way.discard(here)
            done.add(here)
        elif there not in on_the_way:
            kept.append((here, there))
            if there not in done:
                on_the_way.add(there)
                way.append((there, iter(following.get(there, ()))))


def _text(line: str) -> str:
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 1]}…"


def _width(node: Node) -> int:
    return 2 * _PADDING + _CHARACTER * max(len(_text(line)) for line in node.lines)


def _height(node: Node) -> int:
    return _PADDING + _LINE * len(node.lines)


def _shape(box: Box) -> str:
    around = f'x="{box.left}" y="{box.top}" width="{box.width}" height="{box.height}"'
    colours = 'stroke="currentColor" style="fill: var(--jp-layout-color0, Canvas)"'
    lines = "".join(
        f'<text x="{box.left + box.width // 2}" y="{box.top + 17 + _LINE * number}" text-anchor="middle" '
        f'fill="currentColor">{escape(_text(line))}</text>'
        for number, line in enumerate(box.node.lines)
    )
    title = f"<title>{escape(' '.join(box.node.lines))}</title>"
    return f'<g>{title}<rect {around} rx="{_ROUND[box.node.kind]}" {colours}/>{lines}</g>'


def _line(edge: Edge, boxes: Mapping[str, Box]) -> str:
    start, end = boxes[edge.start], boxes[edge.end]
    x, y = start.left + start.width, start.middle
    to_x, to_y = end.left, end.middle
    bend = max((to_x - x) // 2, _BETWEEN // 2)
    way = f"M {x} {y} C {x + bend} {y}, {to_x - bend} {to_y}, {to_x - 5} {to_y}"
    head = f"M {to_x - 7} {to_y - 4} L {to_x - 1} {to_y} L {to_x - 7} {to_y + 4}"
    dashes = ' stroke-dasharray="4 3"' if edge.errors else ""
    return f'<path d="{way}" fill="none" stroke="currentColor"{dashes}/><path d="{head}" fill="none" stroke="currentColor"/>'
