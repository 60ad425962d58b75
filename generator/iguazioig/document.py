"""YAML read into values that know where they stand.

The tree is built here, from the parser's events, and not by PyYAML's composer: that one is recursive in C (a deeply
nested file ends the process) and forgets duplicate keys. What a plain scalar means (`yes`, `010`, `12:30`) is PyYAML's
own resolution, because that is what users' files have always meant.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

import yaml

from .errors import (
    MAX_PROBLEMS,
    Location,
    Problem,
    did_you_mean,
    printable,
    too_many_problems,
)
from .syntax import Places, explain_character, explain_syntax

MAX_BYTES = 8 * 1024 * 1024
MAX_VALUES = 400_000
MAX_DEPTH = 100
MAX_MERGED = 500_000
LONGEST_NUMBER = 1000

_TAG = "tag:yaml.org,2002:"
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_constructor: Any = yaml.constructor.SafeConstructor()


class _Resolver(yaml.resolver.Resolver):
    """PyYAML's own, kept as it is now: other packages teach the one that all share other numbers."""

    yaml_implicit_resolvers = {  # noqa: RUF012
        first: list(known)
        for first, known in yaml.resolver.Resolver.yaml_implicit_resolvers.items()
    }


_resolver: Any = _Resolver()


@dataclass(slots=True)
class Scalar:
    """One word of the file: `text` as typed, `tag` as YAML resolves it (`str`, `int`, `bool`, `null` …).

    The tag is `broken` where nothing can be known of the value, which a problem of the document says.
    """

    text: str
    tag: str
    plain: bool
    location: Location

    @property
    def is_null(self) -> bool:
        """Whether this is YAML's null: nothing, `~` or `null`."""
        return self.tag == "null"

    @property
    def is_broken(self) -> bool:
        """Whether what this is could not be read; there is nothing more to say about it."""
        return self.tag == "broken"

    def value(self) -> Any:
        """The Python value; ValueError where the text does not fit the tag."""
        if self.tag == "str":
            return self.text
        if len(self.text) > LONGEST_NUMBER and self.tag in ("int", "float"):
            raise ValueError(f"a number of more than {LONGEST_NUMBER:,} characters")
        node = yaml.ScalarNode(_TAG + self.tag, self.text)
        try:
            return _constructor.yaml_constructors[_TAG + self.tag](_constructor, node)
        except (yaml.YAMLError, LookupError, OverflowError, AttributeError) as error:
            raise ValueError(str(error)) from error


@dataclass(slots=True)
class Sequence:
    """A list of values; `depth` counts the levels below it, aliases followed."""

    items: list[Value]
    location: Location
    depth: int = 1


@dataclass(slots=True)
class Mapping:
    """Keys and values in the order of the file, with those that `<<` brings in.

    Explicit keys win over merged ones; of repeated `<<` the later one wins, of a list the earlier one. `partial` says
    that more was meant to be here than could be read.
    """

    entries: dict[str, tuple[Scalar, Value]]
    location: Location
    depth: int = 1
    partial: bool = False


Value = Scalar | Sequence | Mapping


def kind(value: Value) -> str:
    """What `value` is, in the words of a message."""
    if isinstance(value, Mapping):
        return "a mapping"
    if isinstance(value, Sequence):
        return "a list"
    if value.is_null:
        return "null"
    return f"`{shorten(value.text)}`" if value.text else "empty"


def shorten(text: str, limit: int = 60) -> str:
    """`text` in one printable line of at most `limit` characters, for a message."""
    return printable(text, limit)


@dataclass(slots=True)
class Document:
    """One parsed file: its bytes, its root, and what is wrong with it as YAML."""

    path: str
    source: bytes
    root: Value | None
    problems: list[Problem]


def parse(source: bytes, path: str, what: str = "a graph") -> Document:
    """Parse one YAML document; what is wrong with it is in `problems`, and `root` is None where nothing can be read.

    `what` is what the messages call it.
    """
    document = Document(path, source, None, [])
    text = _decode(source, document, what)
    if text is None:
        return document
    places = Places(path, text)
    try:
        document.root = _Composer(document.problems, places, what).compose(text)
    except yaml.MarkedYAMLError as error:
        document.problems.append(explain_syntax(error, text, places))
    except yaml.reader.ReaderError as error:
        document.problems.append(explain_character(error, text, places))
    except _GiveUpError as reason:
        document.problems.append(reason.problem)
    return document


def _decode(source: bytes, document: Document, what: str) -> str | None:
    if len(source) > MAX_BYTES:
        document.problems.append(_too_much(Location(document.path), "bytes", MAX_BYTES))
        return None
    try:
        return source.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        # A codec may count from behind the byte order mark.
        start = error.start + len(source) - len(error.object)
        before = source[:start].decode("utf-8-sig")
        place = Places(document.path, before).at(len(before))
        wrong = f"the byte 0x{source[start]:02x} is not UTF-8"
        expected = f"{what} is UTF-8 text: save the file as UTF-8"
        document.problems.append(Problem(place, wrong, expected, "encoding"))
        return None


def _too_much(place: Location, what: str, limit: int) -> Problem:
    return Problem(
        place, f"the file has too many {what}", f"at most {limit:,} are read", "too-large"
    )


class _GiveUpError(Exception):
    """The file goes past a limit: nothing more of it is read."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem


@dataclass(slots=True)
class _Open:
    """A list or mapping that is being read; `key` waits for its value, `name` is its anchor.

    It is `broken` where it was never meant to be one.
    """

    value: Sequence | Mapping
    name: str | None
    key: Value | None = None
    merged: dict[str, tuple[Scalar, Value]] = field(default_factory=dict)
    broken: bool = False


class _Composer:
    """Builds the tree of one document from the parser's events, without recursion."""

    def __init__(self, problems: list[Problem], places: Places, what: str) -> None:
        self.problems = problems
        self.places = places
        self.what = what
        self.root: Value | None = None
        self.anchors: dict[str, Value] = {}
        self.open: list[_Open] = []
        self.count = 0
        self.merged = 0

    def compose(self, text: str) -> Value | None:
        """The root of the first document; None where it is empty."""
        documents = 0
        for event in yaml.parse(text, Loader=_Loader):
            if isinstance(event, yaml.NodeEvent):
                self.node(event)
            elif isinstance(event, yaml.CollectionEndEvent):
                self.close()
            elif isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents == 2:
                    wrong, expected = (
                        "a second document begins here",
                        f"{self.what} is one YAML document",
                    )
                    self.problem(self.place(event), wrong, expected)
                    break
        return self.root

    def node(self, event: Any) -> None:
        place = self.place(event)
        self.count += 1
        if self.count > MAX_VALUES:
            raise _GiveUpError(_too_much(place, "values", MAX_VALUES))
        if isinstance(event, yaml.AliasEvent):
            self.add(self.alias(event, place))
        elif isinstance(event, yaml.ScalarEvent):
            scalar = Scalar(event.value, self.tag(event, place), not event.style, place)
            self.remember(event.anchor, scalar)
            self.add(scalar)
        else:
            self.begin(event, place)

    def begin(self, event: Any, place: Location) -> None:
        self.collection_tag(event, place)
        is_list = isinstance(event, yaml.SequenceStartEvent)
        value = Sequence([], place) if is_list else Mapping({}, place)
        self.open.append(_Open(value, event.anchor))
        self.check_depth(len(self.open), place)

    def check_depth(self, depth: int, place: Location) -> None:
        if depth > MAX_DEPTH:
            wrong, expected = (
                "the file is nested too deeply",
                f"at most {MAX_DEPTH} levels are read",
            )
            raise _GiveUpError(Problem(place, wrong, expected, "too-large"))

    def close(self) -> None:
        ended = self.open.pop()
        if ended.merged and isinstance(ended.value, Mapping):
            ended.value.entries = {**ended.merged, **ended.value.entries}
        value: Value = ended.value
        if ended.broken:
            value = Scalar("", "broken", True, value.location)
        self.remember(ended.name, value)
        self.add(value)

    def add(self, value: Value) -> None:
        if not self.open:
            self.root = value
            return
        parent = self.open[-1]
        if not isinstance(value, Scalar):
            self.check_depth(len(self.open) + value.depth, value.location)
            parent.value.depth = max(parent.value.depth, value.depth + 1)
        if isinstance(parent.value, Sequence):
            parent.value.items.append(value)
        elif parent.key is None:
            parent.key = value
        else:
            self.enter(parent, parent.value, parent.key, value)
            parent.key = None

    def enter(self, parent: _Open, mapping: Mapping, key: Value, value: Value) -> None:
        if not isinstance(key, Scalar) or key.is_broken or key.is_null:
            self.bad_key(parent, mapping, key)
        elif key.tag == "merge":
            self.merge(parent, mapping, value)
        elif key.text in mapping.entries:
            first = mapping.entries[key.text][0].location.line
            wrong = f"the key `{shorten(key.text)}` stands twice"
            expected = f"keep one of the two (the first is in line {first})"
            self.problem(key.location, wrong, expected, "duplicate-key")
        else:
            mapping.entries[key.text] = (key, value)

    def bad_key(self, parent: _Open, mapping: Mapping, key: Value) -> None:
        start = mapping.location
        if isinstance(key, Mapping) and key.location == replace(start, column=start.column + 1):
            parent.broken = True
            wrong = "`{{` begins a mapping in a mapping"
            expected = f"quote the whole value if it is text; {self.what} is no template"
            self.problem(start, wrong, expected)
            return
        mapping.partial = True
        if not (isinstance(key, Scalar) and key.is_broken):
            expected = "keys are words: quote it if it is text"
            self.problem(key.location, f"a key is {kind(key)}", expected)

    def merge(self, parent: _Open, mapping: Mapping, value: Value) -> None:
        for source in reversed(value.items) if isinstance(value, Sequence) else [value]:
            if isinstance(source, Mapping):
                self.merged += len(source.entries)
                if self.merged > MAX_MERGED:
                    raise _GiveUpError(_too_much(source.location, "merged keys", MAX_MERGED))
                parent.merged.update(source.entries)
                mapping.partial |= source.partial
            else:
                mapping.partial = True
                self.bad_merge(source)

    def bad_merge(self, source: Scalar | Sequence) -> None:
        if not (isinstance(source, Scalar) and source.is_broken):
            expected = "it takes a mapping or a list of mappings, such as `<<: *config_defaults`"
            self.problem(source.location, f"`<<` is given {kind(source)}", expected)

    def alias(self, event: Any, place: Location) -> Value:
        name = event.anchor
        if name in self.anchors:
            return self.anchors[name]
        if any(each.name == name for each in self.open):
            wrong, expected = (
                f"`*{name}` contains itself",
                "an alias may only name what ended before it",
            )
        else:
            wrong = f"`*{shorten(name)}` names no anchor{did_you_mean(name, self.anchors)}"
            expected = f"define `&{shorten(name)}` before it is used"
        self.problem(place, wrong, expected)
        return Scalar("", "broken", True, place)

    def remember(self, anchor: str | None, value: Value) -> None:
        if anchor is not None:
            self.anchors[anchor] = value

    def tag(self, event: Any, place: Location) -> str:
        explicit = event.tag
        if explicit is None:
            return resolve(event.value) if event.implicit[0] else "str"
        if explicit == "!":
            return "str"
        short: str = explicit.removeprefix(_TAG)
        if short == explicit or short not in _SCALAR_TAGS:
            self.unknown_tag(explicit, place)
            return "broken"
        return short

    def collection_tag(self, event: Any, place: Location) -> None:
        plain = _TAG + ("seq" if isinstance(event, yaml.SequenceStartEvent) else "map")
        if event.tag not in (None, "!", plain):
            self.unknown_tag(event.tag, place)

    def unknown_tag(self, tag: str, place: Location) -> None:
        shown = shorten(tag.replace(_TAG, "!!"))
        self.problem(place, f"the tag `{shown}` is not known here", "write the value without a tag")

    def place(self, event: Any) -> Location:
        return self.places.of(event.start_mark)

    def problem(self, place: Location, wrong: str, expected: str, code: str = "yaml") -> None:
        self.problems.append(Problem(place, wrong, expected, code))
        if len(self.problems) >= MAX_PROBLEMS:
            raise _GiveUpError(too_many_problems(place))


_SCALAR_TAGS = frozenset({"str", "int", "float", "bool", "null", "timestamp", "binary"})
_LONGEST_CACHED = 100


def resolve(text: str) -> str:
    """The tag of a plain word without one, such as `int` or `null`, or `merge` for `<<`."""
    return _resolve_short(text) if len(text) <= _LONGEST_CACHED else _resolve_any(text)


def _resolve_any(text: str) -> str:
    tag: str = _resolver.resolve(yaml.ScalarNode, text, (True, False)).removeprefix(_TAG)
    return tag if tag in _SCALAR_TAGS or tag == "merge" else "str"


_resolve_short = lru_cache(maxsize=4096)(_resolve_any)
