"""A function, and streams, put into the text of a graph: what is there stays as it is, byte for byte."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from ..errors import IguazioigError, Location
from ..project.yaml_text import flow_mapping
from ..syntax import Places
from .addition import Addition, Settings
from .layout import Node, behind_comments, find_dash, has_blank_line, lay_out, next_line


class InsertionError(IguazioigError):
    """The graph is written in a way that nothing can be put into."""

    def __init__(self, location: Location, reason: str) -> None:
        super().__init__(f"{location}: {reason}")


def insert(text: str, path: str, addition: Addition) -> str:
    """The text of a valid graph of API 0.2.0 with a function behind its functions, and streams behind its streams.

    `path` is what messages call it. Raises InsertionError where one of the two is not written as lines that can be added to.
    """
    return _Insertion(text, path).insert(addition)


class _Insertion:
    def __init__(self, text: str, path: str) -> None:
        self.text = text
        self.places = Places(path, text)
        breaks = re.search(r"\r\n|\r|\n", text)
        self.line_break = breaks[0] if breaks else "\n"
        found = lay_out(text).find("project")
        if found is None or found[1].shape != "mapping" or found[1].flow:
            raise self.refuse(found, "`project` is no mapping of keys below each other")
        self.project = found[1]

    def insert(self, addition: Addition) -> str:
        added = [self.function(addition.function)]
        if addition.streams:
            added.append(self.streams(addition.streams))
        text = self.text
        for index, insertion in sorted(added, reverse=True):
            text = text[:index] + insertion + text[index:]
        return text

    def function(self, lines: Sequence[str]) -> tuple[int, str]:
        found = self.project.find("functions")
        if found is None or found[1].shape != "sequence" or found[1].flow:
            raise self.refuse(found, "`functions` is no list of functions below each other")
        key, functions = found
        last = functions.children[-1]
        before_last = functions.children[-2].end if len(functions.children) > 1 else key.end
        dash = find_dash(self.text, before_last, last.start)
        before = " " * self.column(dash)
        # An anchor of the last function stands where its first key might.
        behind = max(2, last.column - self.column(dash)) if last.shape == "mapping" else 2
        indented = [f"{before}-{' ' * (behind - 1)}{lines[0]}"]
        indented += [f"{before}{' ' * behind}{line}" for line in lines[1:]]
        is_spaced = before_last > key.end and has_blank_line(self.text, before_last, dash)
        return self.below(functions, key, [*([""] if is_spaced else []), *indented])

    def streams(self, streams: Mapping[str, Settings]) -> tuple[int, str]:
        found = self.project.find("v3io_streams")
        merged = self.project.find("<<")
        if found is None and merged is not None:
            raise self.refuse(merged, "`v3io_streams` comes from `<<`, if it is anywhere")
        if found is None:
            return self.first_streams(streams)
        key, declared = found
        if declared.flow and declared.shape == "mapping":
            return self.between_brackets(declared, streams)
        if declared.shape == "mapping":
            column = declared.children[0].column
            return self.below(declared, key, self.entries(streams, column, declared.children[-1]))
        if declared.shape == "scalar" and declared.start == declared.end:
            return self.below(key, key, self.entries(streams, key.column + 2))
        raise self.refuse(found, "`v3io_streams` is no mapping of streams")

    def first_streams(self, streams: Mapping[str, Settings]) -> tuple[int, str]:
        """The key of the streams as well, below the project's name."""
        found = self.project.find("name")
        if found is None:
            raise self.refuse(None, "`project` has no `name` of its own")
        column = self.project.children[0].column
        lines = [f"{' ' * column}v3io_streams:", *self.entries(streams, column + 2)]
        return self.below(found[1], found[0], lines)

    def entries(
        self, streams: Mapping[str, Settings], column: int, like: Node | None = None
    ) -> list[str]:
        """The lines of streams, written as the one before them is."""
        before = " " * column
        if like is None or like.shape != "mapping" or like.flow:
            return [
                f"{before}{name}: {flow_mapping(settings)}" for name, settings in streams.items()
            ]
        inner = " " * max(column + 1, like.children[0].column)
        return [line for each in streams.items() for line in _block(*each, before, inner)]

    def between_brackets(self, declared: Node, streams: Mapping[str, Settings]) -> tuple[int, str]:
        entries = ", ".join(
            f"{name}: {flow_mapping(settings)}" for name, settings in streams.items()
        )
        if declared.children:
            return declared.children[-1].end, f", {entries}"
        return declared.end - 1, entries

    def below(self, value: Node, key: Node, lines: Sequence[str]) -> tuple[int, str]:
        """Where lines go that come below a value, and what is put there; what is said of the value goes before them."""
        index = behind_comments(self.text, next_line(self.text, value.end), key.column)
        inserted = "".join(line + self.line_break for line in lines)
        is_open = index == len(self.text) and not self.text.endswith(("\n", "\r"))
        return index, self.line_break + inserted if is_open else inserted

    def column(self, index: int) -> int:
        return self.places.at(index).column - 1

    def refuse(self, found: tuple[Node, Node] | None, reason: str) -> InsertionError:
        node = found[0] if found is not None else None
        return InsertionError(self.places.at(node.start if node else 0), reason)


def _block(name: str, settings: Settings, before: str, inner: str) -> Iterator[str]:
    if not settings:
        yield f"{before}{name}: {{}}"
        return
    yield f"{before}{name}:"
    yield from (f"{inner}{key}: {value}" for key, value in settings.items())
