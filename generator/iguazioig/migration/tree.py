"""A YAML file as a tree of its own text: what nobody changes is written again as it stood, byte for byte.

Libraries that write YAML again refuse a repeated `<<`, which graphs have, and lay out anew what they write. Here every node
keeps its text, and between two nodes stands what is between them in the file: indentation, commas, comments.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml

from ..document import resolve
from ..errors import Location
from ..project.yaml_text import plain
from ..syntax import Places

_TAG = "tag:yaml.org,2002:"
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_PROPERTIES = re.compile(r"(?:[&!][^\s,\[\]{}]*\s*(?:#[^\r\n]*\s*)*)+")
_BETWEEN = re.compile(r"(?:\s|#[^\r\n]*|[&!][^\s,\[\]{}]*)*")
_OWN_LINE = re.compile(r"\0([^\0]*)\0([ \t]*(?=#))?")
_BREAK = re.compile(r"\r\n|\n|\r")
_OF_NODES = (yaml.NodeEvent, yaml.CollectionEndEvent)

NOWHERE = Location("")
"""The place of what is not in the file yet."""


@dataclass(slots=True, eq=False)
class Word:
    """A scalar: `raw` is its text in the file, `text` what that says, `tag` what YAML takes it for.

    `props` is an anchor or tag with what follows it.
    """

    raw: str
    text: str = ""
    tag: str = "str"
    props: str = ""
    anchor: str | None = None
    place: Location = NOWHERE

    @property
    def is_null(self) -> bool:
        """Whether it is YAML's null."""
        return self.tag == "null"


def fresh(text: str) -> Word:
    """YAML that is written anew, as it will stand in the file."""
    return Word(text, text, "fresh")


def fresh_key(name: str) -> Word:
    """A key that is written anew."""
    return Word(plain(name), name)


@dataclass(slots=True, eq=False)
class Alias:
    """Another name of a node that stands before it."""

    raw: str
    target: Node
    place: Location


@dataclass(slots=True, eq=False)
class Pair:
    """A key and its value; `lead` stands before the key, `sep` between the two."""

    lead: str
    key: Node
    sep: str
    value: Node

    @property
    def name(self) -> str:
        """The text of the key; nothing where it is no word."""
        return self.key.text if isinstance(self.key, Word) else ""

    @property
    def is_merge(self) -> bool:
        """Whether it merges another mapping into its own."""
        return isinstance(self.key, Word) and self.key.tag == "merge"


@dataclass(slots=True, eq=False)
class Item:
    """An item of a list; `lead` stands before its dash, which begins `mark`, or before the value where there is no dash."""

    lead: str
    mark: str
    value: Node


@dataclass(slots=True, eq=False)
class Collection:
    """What mappings and lists have in common. `opening` is an anchor, a bracket; `tail` stands behind the last entry."""

    flow: bool
    opening: str
    anchor: str | None
    place: Location
    column: int = 0
    tail: str = ""
    closing: str = ""


@dataclass(slots=True, eq=False)
class Map(Collection):
    """A mapping; a block's first pair begins at `column`."""

    pairs: list[Pair] = field(default_factory=list)

    def own(self, name: str) -> Pair | None:
        """The pair of a key that stands here and is not merged."""
        return next((each for each in self.pairs if each.name == name and not each.is_merge), None)


@dataclass(slots=True, eq=False)
class List(Collection):
    """A list; a block's dashes stand at `column`."""

    items: list[Item] = field(default_factory=list)


Node = Word | Alias | Map | List


@dataclass(slots=True, eq=False)
class Sheet:
    """A whole file without its byte order mark: its first document, and what stands around that. `newline` ends its lines."""

    head: str
    root: Node
    tail: str
    newline: str

    def written(self) -> str:
        """The text of the file."""
        return _settled(f"{self.head}{''.join(_parts(self.root))}{self.tail}")


def written(node: Node) -> str:
    """The text of a node as it stands in a file."""
    return _settled("".join(_parts(node)))


def own_line(line: str) -> str:
    """A place at which a new line begins, if it turns out that a comment follows: it was about what stood there."""
    return f"\0{line}\0"


def _settled(text: str) -> str:
    found = _OWN_LINE.sub(lambda place: place[1] if place[2] is not None else "", text)
    return found.replace("\0", "")


def _parts(node: Node) -> Iterator[str]:
    if isinstance(node, Word):
        yield node.props + node.raw
    elif isinstance(node, Alias):
        yield node.raw
    else:
        yield node.opening
        for each in node.pairs if isinstance(node, Map) else node.items:
            yield each.lead
            yield from [each.mark] if isinstance(each, Item) else [*_parts(each.key), each.sep]
            yield from _parts(each.value)
        yield node.tail + node.closing


def is_one_line(text: str) -> bool:
    """Whether a text has no line break."""
    return _BREAK.search(text) is None


def target(node: Node) -> Word | Map | List:
    """The node itself, or the one that an alias names."""
    while isinstance(node, Alias):
        node = node.target
    return node


def walk(node: Node) -> Iterator[Node]:
    """A node and all below it in the order of the file; aliases are not followed."""
    yield node
    if isinstance(node, Map):
        for pair in node.pairs:
            yield from walk(pair.key)
            yield from walk(pair.value)
    elif isinstance(node, List):
        for item in node.items:
            yield from walk(item.value)


def read_sheet(text: str, path: str) -> Sheet:
    """The tree of a text that `document` has read without a problem."""
    return _Reader(text, path).sheet()


class _Reader:
    """Reads the parser's events; `at` is where in the text the last thing that was read ends."""

    def __init__(self, text: str, path: str) -> None:
        self._text = text
        self._places = Places(path, text)
        self._events: list[Any] = [
            each for each in yaml.parse(text, Loader=_Loader) if isinstance(each, _OF_NODES)
        ]
        self._next = 0
        self._at = 0
        self._anchors: dict[str, Node] = {}

    def sheet(self) -> Sheet:
        head = self._until(self._peek().start_mark.index)
        root = self._node()
        found = _BREAK.search(self._text)
        return Sheet(head, root, self._text[self._at :], found[0] if found else "\n")

    def _node(self) -> Node:
        event = self._peek()
        self._next += 1
        if isinstance(event, yaml.AliasEvent):
            return self._alias(event)
        node: Node
        match event:
            case yaml.ScalarEvent():
                node = self._word(event)
            case yaml.MappingStartEvent():
                node = self._map(event)
            case _:
                node = self._list(event)
        if event.anchor is not None:
            self._anchors[event.anchor] = node
        return node

    def _alias(self, event: Any) -> Alias:
        raw = self._until(event.end_mark.index)
        return Alias(raw, self._anchors[event.anchor], self._places.of(event.start_mark))

    def _word(self, event: Any) -> Word:
        text = self._text[event.start_mark.index : event.end_mark.index]
        if event.style in ("|", ">"):
            text = _without_last_breaks(text)
        self._at = event.start_mark.index + len(text)
        has_props = event.anchor is not None or event.tag is not None
        found = _PROPERTIES.match(text) if has_props else None
        props = found[0] if found else ""
        place = self._places.of(event.start_mark)
        return Word(text[len(props) :], event.value, _tag(event), props, event.anchor, place)

    def _map(self, event: Any) -> Map:
        node = Map(bool(event.flow_style), "", event.anchor, self._places.of(event.start_mark))
        first = self._peek()
        begins = event.end_mark.index if node.flow else first.start_mark.index
        node.opening, node.column = self._until(begins), first.start_mark.column
        while not self._ends(node):
            lead = self._until(self._peek().start_mark.index)
            key = self._node()
            sep = self._until(self._peek().start_mark.index)
            node.pairs.append(Pair(lead, key, sep, self._node()))
        return node

    def _list(self, event: Any) -> List:
        node = List(bool(event.flow_style), "", event.anchor, self._places.of(event.start_mark))
        begins = event.end_mark.index if node.flow else self._dash(self._at)
        node.opening = self._until(begins)
        node.column = self._places.at(begins).column - 1
        while not self._ends(node):
            begins = self._peek().start_mark.index
            lead = self._until(begins if node.flow else self._dash(self._at))
            node.items.append(Item(lead, self._until(begins), self._node()))
        return node

    def _ends(self, node: Collection) -> bool:
        if not isinstance(self._peek(), yaml.CollectionEndEvent):
            return False
        if node.flow:
            node.closing = self._until(self._peek().end_mark.index)
        self._next += 1
        return True

    def _dash(self, begins: int) -> int:
        """Where the dash of an item is: behind blanks, comments, and what names the list."""
        found = _BETWEEN.match(self._text, begins)
        return found.end() if found else begins

    def _peek(self) -> Any:
        return self._events[self._next]

    def _until(self, end: int) -> str:
        begins, self._at = self._at, max(self._at, end)
        return self._text[begins : self._at]


def _without_last_breaks(text: str) -> str:
    """A block of text up to the end of its last line that has something in it."""
    stripped = text.rstrip(" \t\r\n")
    found = _BREAK.search(text, len(stripped))
    return text[: found.start()] if found else text


def _tag(event: Any) -> str:
    if event.tag is None:
        return resolve(event.value) if event.implicit[0] else "str"
    short: str = event.tag.removeprefix(_TAG)
    return "str" if event.tag == "!" else short
