"""Anchors whose place is gone: the first that names one becomes its place."""

from __future__ import annotations

import re

from ..document import resolve
from ..project.yaml_text import quoted
from .tree import Alias, Item, List, Map, Node, Pair, Sheet, Word

_PLAIN = re.compile(r"[^\s,\[\]{}#:&*!|>'\"%@`?-][^,\[\]{}#:\r\n]*")


def rehome(sheet: Sheet) -> None:
    """Put what aliases name, and what does not stand before them any more, in the place of the first of them."""
    _Rehoming().visit(sheet.root)


class _Rehoming:
    """A walk in the order of the file: `defined` has what each anchor names by then, `origins` of what a node is a copy."""

    def __init__(self) -> None:
        self.defined: dict[str, Node] = {}
        self.origins: dict[int, Node] = {}

    def visit(self, node: Node) -> None:
        """Visit a node that is no alias, and all below it."""
        for holder in _holders(node):
            value = holder.value
            if isinstance(value, Alias) and self.defined.get(value.raw[1:]) is not value.target:
                holder.value = self._copy(value.target)
            if not isinstance(holder.value, Alias):
                self.visit(holder.value)
        if not isinstance(node, Alias) and node.anchor is not None:
            self.defined[node.anchor] = self.origins.get(id(node), node)

    def _copy(self, node: Node) -> Node:
        """The node in one line, which fits any place."""
        if isinstance(node, Alias):
            return Alias(node.raw, node.target, node.place)
        props = f"&{node.anchor} " if node.anchor else ""
        new: Word | Map | List
        if isinstance(node, Word):
            new = Word(_plain(node), node.text, node.tag, props, node.anchor, node.place)
        elif isinstance(node, Map):
            new = Map(True, f"{props}{{", node.anchor, node.place, closing="}")
            new.pairs = [self._pair(pair, index) for index, pair in enumerate(node.pairs)]
        else:
            new = List(True, f"{props}[", node.anchor, node.place, closing="]")
            new.items = [self._item(item, index) for index, item in enumerate(node.items)]
        self.origins[id(new)] = self.origins.get(id(node), node)
        return new

    def _pair(self, pair: Pair, index: int) -> Pair:
        # A blank ends the name of an alias, which may have a colon in it.
        sep = " : " if isinstance(pair.key, Alias) else ": "
        return Pair(", " if index else "", self._copy(pair.key), sep, self._copy(pair.value))

    def _item(self, item: Item, index: int) -> Item:
        return Item(", " if index else "", "", self._copy(item.value))


def _holders(node: Node) -> list[Pair] | list[Item]:
    if isinstance(node, Map):
        return node.pairs
    return node.items if isinstance(node, List) else []


def _plain(word: Word) -> str:
    """The text of a word in one line and in brackets."""
    if word.tag != "str":
        return word.raw or "null"
    is_plain = _PLAIN.fullmatch(word.raw) and resolve(word.raw) == "str"
    return word.raw if is_plain else quoted(word.text)
