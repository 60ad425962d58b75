"""Where the values of a YAML text stand in it, from their first character to their last, so that it can be added to.

`document` knows what a text means, and where its values begin. This knows how it is written, and nothing of what it means.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml

_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_BREAK = re.compile(r"\r\n|\r|\n")
_BLANK_LINE = re.compile(r"(?:\r\n|\r(?!\n)|\n)[ \t]*[\r\n]")
_DASH = re.compile(r"(?:^|(?<=[\r\n]))[ \t]*-(?=\s)")
_COMMENT = re.compile(r"([ \t]*)#")


@dataclass(slots=True)
class Node:
    """A value as it is written: the indices of its first character and behind its last, and its column, from 0.

    `shape` is `scalar`, `alias`, `mapping` or `sequence`; `flow` says whether it stands between brackets. The children of a
    mapping are keys and values in turn.
    """

    shape: str
    start: int
    end: int
    column: int
    flow: bool = False
    text: str = ""
    children: list[Node] = field(default_factory=list)

    def pairs(self) -> Iterator[tuple[Node, Node]]:
        """The keys and values of a mapping; of anything else, none."""
        if self.shape == "mapping":
            for index in range(0, len(self.children), 2):
                yield self.children[index], self.children[index + 1]

    def find(self, key: str) -> tuple[Node, Node] | None:
        """A key of a mapping, and its value, where it stands there itself."""
        return next((pair for pair in self.pairs() if pair[0].text == key), None)


def lay_out(text: str) -> Node:
    """The root of a text that is known to be one YAML document, not nested too deeply, and not empty."""
    open_: list[Node] = [Node("sequence", 0, 0, 0)]
    for event in yaml.parse(text, Loader=_Loader):
        if isinstance(event, yaml.CollectionEndEvent):
            _close(open_.pop(), event)
        elif isinstance(event, yaml.NodeEvent):
            node = _node(event)
            open_[-1].children.append(node)
            if isinstance(event, yaml.CollectionStartEvent):
                open_.append(node)
    return open_[0].children[0]


def _node(event: Any) -> Node:
    shape = {
        yaml.AliasEvent: "alias",
        yaml.ScalarEvent: "scalar",
        yaml.MappingStartEvent: "mapping",
    }.get(type(event), "sequence")
    start, end = event.start_mark, event.end_mark
    return Node(
        shape,
        start.index,
        end.index,
        start.column,
        flow=bool(getattr(event, "flow_style", False)),
        text=getattr(event, "value", ""),
    )


def _close(node: Node, event: Any) -> None:
    """Note where a collection ends: one between brackets with them, a block with the last value in it."""
    within = [node.start, *(each.end for each in node.children)]
    node.end = event.end_mark.index if node.flow else max(within)


def next_line(text: str, index: int) -> int:
    """Where the line behind the one that ends with the character before `index` begins; the end of the text where there is none."""
    if index and text[index - 1] in "\r\n":
        return index
    found = _BREAK.search(text, index)
    return found.end() if found else len(text)


def behind_comments(text: str, index: int, column: int) -> int:
    """The beginning of the first line, from that at `index` on, that is no comment which begins right of a column."""
    while (found := _COMMENT.match(text, index)) and len(found[1].expandtabs()) > column:
        index = next_line(text, found.end())
    return index


def find_dash(text: str, start: int, end: int) -> int:
    """Where the dash of an item is that ends somewhere behind it: the first one of a line between two characters, or the start."""
    found = _DASH.search(text, start, end)
    return found.end() - 1 if found else start


def has_blank_line(text: str, start: int, end: int) -> bool:
    """Whether there is an empty line between two characters."""
    return _BLANK_LINE.search(text, start, end) is not None
