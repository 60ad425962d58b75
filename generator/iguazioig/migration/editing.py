"""Changes of a tree: pairs renamed, put in and taken out, with the comments around them kept."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from .tree import (
    Alias,
    Collection,
    Item,
    List,
    Map,
    Node,
    Pair,
    Word,
    fresh,
    fresh_key,
    own_line,
    walk,
)

_BREAK = re.compile(r"\r\n|\n|\r")
_COMMENT = re.compile(r"#[^\r\n\0]*")
_COMMA = re.compile(r"((?:[^,#]|#[^\r\n]*+)*+),")
_PROPS = re.compile(r"[&!][^\s,\[\]{}]*")
_ASKED = re.compile(r"\?([ \t]*)\Z")

STEP = 2
"""Columns by which what is written anew is indented."""


class Editor:
    """Changes of one tree, whose lines end with `newline`."""

    def __init__(self, newline: str) -> None:
        self.newline = newline

    def indent(self, column: int) -> str:
        """A new line, up to a column."""
        return self.newline + " " * column

    def plain_keys(self, root: Node) -> None:
        """Write keys without the `?` that they may have, so that they can be changed like any other."""
        for where in walk(root):
            if isinstance(where, Map) and not where.flow:
                if asked := _ASKED.search(where.opening):
                    where.opening = where.opening[: asked.start()]
                    where.column -= len(asked[0])
                    self._put_beside(where, where.pairs[0])
                for pair in where.pairs[1:]:
                    if asked := _ASKED.search(pair.lead):
                        pair.lead = pair.lead[: asked.start()]
                        self._put_beside(where, pair)

    def _put_beside(self, where: Map, pair: Pair) -> None:
        """Let a value stand behind its key, or below it."""
        value, comments = pair.value, comments_in(pair.sep)
        is_block = isinstance(value, Map | List) and not value.flow
        column = value.column if isinstance(value, Map | List) and is_block else where.column + STEP
        below = self.indent(column)
        pair.sep = f":{below}" if is_block else ": "
        if comments:
            pair.sep = f": {below.join([*comments, ''])}"

    def rename(self, pair: Pair, name: str) -> None:
        """Give a pair another key, in the quotes of the old one."""
        old = pair.key
        quote = old.raw[:1] if isinstance(old, Word) and old.raw[:1] in ("'", '"') else ""
        props = old.props if isinstance(old, Word) else ""
        anchor = old.anchor if isinstance(old, Word) else None
        pair.key = Word(f"{quote}{name}{quote}", name, "str", props, anchor, old.place)

    def set_text(
        self, where: Map, pair: Pair, text: str, name: str | None = None, *, inner: bool = True
    ) -> None:
        """Give a pair a new value, and perhaps a new key; `inner` comments of the old value go above it.

        A text that begins with a new line stands below the key.
        """
        comments = _inner(pair) if inner else []
        if name is not None:
            self.rename(pair, name)
        pair.sep, pair.value = _sep(text), fresh(text)
        self.note_before(where, pair, comments)

    def set_mapping(self, where: Map, pair: Pair, value: Map) -> None:
        """Give a pair a mapping in the place of a list, which may have stood no deeper than the key."""
        if not value.flow and value.column <= where.column:
            move = where.column + STEP - value.column
            self.shift(value, move)
            pair.sep += " " * move
        pair.value = value

    def add(self, where: Map, name: str, text: str) -> Pair:
        """Put a pair at the end of a mapping."""
        pair = Pair("", fresh_key(name), _sep(text), fresh(text))
        if where.flow:
            pair.lead = ", " if where.pairs else ""
            where.closing = _COMMA.sub(r"\1", where.closing, count=1)
        elif where.pairs:
            pair.lead, where.tail = where.tail + self.indent(where.column), ""
        where.pairs.append(pair)
        return pair

    def put_behind(self, where: Map, pair: Pair, name: str, text: str) -> Pair:
        """Put a pair behind another one."""
        at = where.pairs.index(pair) + 1
        if at == len(where.pairs):
            return self.add(where, name, text)
        new = Pair(self.indent(where.column), fresh_key(name), _sep(text), fresh(text))
        if where.flow:
            new.lead = ", "
        else:
            # What follows in the line of a pair is about that pair.
            first, rest = split_lead(where.pairs[at].lead)
            new.lead, where.pairs[at].lead = first + new.lead, rest
        where.pairs.insert(at, new)
        return new

    def put_first(self, where: Map, name: str, text: str) -> None:
        """Put a pair before all others of a mapping that has some."""
        new = Pair("", fresh_key(name), _sep(text), fresh(text))
        first = where.pairs[0]
        new.lead, first.lead = first.lead, ", " if where.flow else self.indent(where.column)
        where.pairs.insert(0, new)

    def put_item_behind(self, where: List, item: Item, text: str) -> None:
        """Put an item behind another one of a list."""
        at = where.items.index(item) + 1
        if where.flow:
            new = Item(", ", "", fresh(text))
        else:
            new = Item(self.indent(where.column), "- ", fresh(text))
            if at < len(where.items):
                first, rest = split_lead(where.items[at].lead)
                new.lead, where.items[at].lead = first + new.lead, rest
        where.items.insert(at, new)

    def drop(
        self, where: Map, pair: Pair, notes: Iterable[str] = (), *, inner: bool = True
    ) -> None:
        """Take a pair out; its comments stay, `inner` ones too, and `notes` are comments that take its place."""
        at = where.pairs.index(pair)
        del where.pairs[at]
        comments = _inner(pair) if inner else []
        lines = comments if where.flow else [*comments, *notes]
        self._close(where, where.pairs, at, pair.lead, lines)

    def drop_item(self, where: List, item: Item) -> None:
        """Take an item out of a list; its comments stay."""
        at = where.items.index(item)
        del where.items[at]
        inner = [*comments_in(item.mark), *comments_of(item.value)]
        self._close(where, where.items, at, item.lead, inner)

    def _close(
        self,
        where: Collection,
        entries: list[Pair] | list[Item],
        at: int,
        lead: str,
        lines: list[str],
    ) -> None:
        """Close the gap that an entry with this lead has left before the one that is at its place now."""
        if where.flow:
            self._close_brackets(where, entries, at, lead, lines)
        elif not entries:
            self._empty(where, lead, lines)
        elif at == len(entries):
            kept = lead.rstrip(" \t").removesuffix(self.newline)
            added = "".join(self.indent(where.column) + each for each in lines)
            where.tail = kept + added + own_line(self.indent(where.column)) + where.tail
        elif at == 0:
            first, rest = split_lead(entries[0].lead)
            entries[0].lead = ""
            above = [*lines, *comments_in(first), *comments_in(rest)]
            where.opening += "".join(each + self.indent(where.column) for each in above)
        elif lines or "#" in lead or "#" in split_lead(entries[at].lead)[0]:
            first, rest = split_lead(entries[at].lead)
            between = self._with_lines(lead, [*lines, *comments_in(first)])
            between = between.rstrip(" \t").removesuffix(self.newline)
            if between.endswith(self.newline) and rest.startswith(self.newline * 2):
                rest = rest.removeprefix(self.newline)  # one empty line is enough
            entries[at].lead = between + (rest or self.indent(where.column))

    def _close_brackets(
        self,
        where: Collection,
        entries: list[Pair] | list[Item],
        at: int,
        lead: str,
        lines: list[str],
    ) -> None:
        """The same in brackets, where a comma goes too."""
        comments = comments_in(lead)
        if at == len(entries):
            before = _COMMA.sub(r"\1", where.closing, count=1) if not entries else where.closing
            where.closing = self._between_brackets(where, [*comments, *lines]) + before.lstrip(" ")
        elif at == 0:
            following = _COMMA.sub(r"\1", entries[0].lead, count=1).strip(" ")
            entries[0].lead = lead + self._between_brackets(where, lines) + following
        else:
            entries[at].lead += self._between_brackets(where, [*comments, *lines])

    def _between_brackets(self, where: Collection, comments: Iterable[str]) -> str:
        """Comments, each to the end of its line, which goes on below."""
        return "".join(f" {each}{self.indent(where.column)}" for each in comments)

    def _empty(self, where: Collection, lead: str, lines: list[str]) -> None:
        """A block that has lost its last entry: an empty mapping or list in brackets."""
        props = " ".join(_PROPS.findall(_COMMENT.sub("", where.opening)))
        comments = [
            *comments_in(where.opening),
            *comments_in(where.tail),
            *comments_in(lead),
            *lines,
        ]
        open_close = "{}" if isinstance(where, Map) else "[]"
        where.flow, where.closing = True, open_close[1]
        where.opening = f"{props} {open_close[0]}".lstrip()
        where.tail = ""
        where.closing += "".join(self.indent(where.column) + each for each in comments)

    def _with_lines(self, lead: str, lines: Iterable[str]) -> str:
        """A lead that ends with these lines as well; one without a line of its own takes none."""
        added = list(lines)
        breaks = list(_BREAK.finditer(lead))
        if not added or not breaks:
            return lead
        indent = lead[breaks[-1].end() :]
        return lead + "".join(each + self.newline + indent for each in added)

    def note_before(self, where: Map, pair: Pair, lines: Iterable[str]) -> None:
        """Put comments above a pair."""
        if where.flow:
            pair.lead += self._between_brackets(where, lines)
        elif where.pairs[0] is pair:
            where.opening += "".join(each + self.indent(where.column) for each in lines)
        else:
            pair.lead = self._with_lines(pair.lead, lines)

    def shift(self, node: Node, columns: int) -> None:
        """Move all lines of a node but the first to the right."""
        move = " " * columns
        for each in walk(node):
            if isinstance(each, Word):
                each.raw, each.props = _moved(each.raw, move), _moved(each.props, move)
            elif not isinstance(each, Alias):
                each.opening, each.tail = _moved(each.opening, move), _moved(each.tail, move)
                each.closing = _moved(each.closing, move)
                each.column += columns
                for entry in each.pairs if isinstance(each, Map) else each.items:
                    entry.lead = _moved(entry.lead, move)
                    if isinstance(entry, Pair):
                        entry.sep = _moved(entry.sep, move)
                    else:
                        entry.mark = _moved(entry.mark, move)


def split_lead(lead: str) -> tuple[str, str]:
    """What is left of the line before, and the rest from its end on."""
    found = _BREAK.search(lead)
    return (lead[: found.start()], lead[found.start() :]) if found else (lead, "")


def comments_in(text: str) -> list[str]:
    """The comments of what stands between two nodes."""
    return _COMMENT.findall(text)


def comments_of(node: Node) -> list[str]:
    """The comments within a node."""
    return [comment for text in _between(node) for comment in comments_in(text)]


def _between(node: Node) -> Iterator[str]:
    """What stands between the nodes below a node, in the order of the file."""
    if isinstance(node, Word):
        yield node.props
    elif not isinstance(node, Alias):
        yield node.opening
        for each in node.pairs if isinstance(node, Map) else node.items:
            yield each.lead
            yield each.sep if isinstance(each, Pair) else each.mark
            yield from _between(each.value)
        yield node.tail
        yield node.closing


def _moved(text: str, move: str) -> str:
    return re.sub(r"(\r\n|\n|\r)(?=[^\r\n])", lambda found: found[0] + move, text)


def _inner(pair: Pair) -> list[str]:
    return [*comments_in(pair.sep), *comments_of(pair.value)]


def _sep(text: str) -> str:
    return ":" if text.startswith(("\n", "\r")) else ": "
