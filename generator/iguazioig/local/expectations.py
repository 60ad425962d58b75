"""What is expected in a stream, and what has arrived there."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from .matching import match


@dataclass(frozen=True, slots=True)
class Comparison:
    """The result for one stream; `missing` and `unexpected` are messages as text, in their order."""

    stream: str
    expected: int
    arrived: int
    missing: tuple[str, ...]
    unexpected: tuple[str, ...]
    duplicates: int

    @property
    def holds(self) -> bool:
        """Whether all that was expected has arrived, and nothing else; twice is allowed, delivery is at least once."""
        return not self.missing and not self.unexpected


@dataclass(frozen=True, slots=True)
class Message:
    """A message: what it says as JSON, and a text that is the same for whatever says the same."""

    data: bytes
    value: Any
    canonical: str

    def __str__(self) -> str:
        return self.data.decode(errors="backslashreplace")


NOT_JSON = object()
ORIGIN = "_origin"
MARKS = 32


def compare(stream: str, expected: Sequence[bytes], arrived: Sequence[bytes]) -> Comparison:
    """Hold what has arrived against what is expected, whatever the order.

    A message is as expected where every key that the expected one has is there with that value, in objects inside of it as
    well: what an expectation does not name may be anything. Each message stands for one expectation; as many as possible are
    met. One more message that any expectation would take is a duplicate. Where a message comes from (`_origin`) is left out
    of all of it unless something is expected of that.
    """
    wanted = list(map(read, expected))
    of_origin = any(isinstance(each.value, dict) and ORIGIN in each.value for each in wanted)
    found = [read(data) if of_origin else read(without_origin(data)) for data in arrived]
    open_ones, others = _without_equal_pairs(wanted, found)
    distinct = {each.canonical: each for each in wanted}
    index = Index(others, distinct.values())
    takes = {text: index.covered_by(each) for text, each in distinct.items()}
    met = match([takes[each.canonical] for each in open_ones])
    used = set(met.values())
    taken = {number for numbers in takes.values() for number in numbers}
    left = [number for number in range(len(others)) if number not in used]
    return Comparison(
        stream,
        len(expected),
        len(arrived),
        tuple(str(each) for number, each in enumerate(open_ones) if number not in met),
        tuple(str(others[number]) for number in left if number not in taken),
        sum(number in taken for number in left),
    )


def _without_equal_pairs(
    wanted: Iterable[Message], found: Iterable[Message]
) -> tuple[list[Message], list[Message]]:
    """What is left where an expectation and a message that say the same are taken for each other.

    That costs no other expectation its message: one that would take this message takes whatever this expectation would.
    """
    found = list(found)
    there = Counter(each.canonical for each in found)
    open_ones, pairs = [], Counter[str]()
    for each in wanted:
        if pairs[each.canonical] < there[each.canonical]:
            pairs[each.canonical] += 1
        else:
            open_ones.append(each)
    others = []
    for each in found:
        if pairs[each.canonical]:
            pairs[each.canonical] -= 1
        else:
            others.append(each)
    return open_ones, others


class Index:
    """Finds the messages that an expectation takes without looking at all of them: by plain values that both have."""

    def __init__(self, messages: Sequence[Message], expectations: Iterable[Message]) -> None:
        self._messages = messages
        self._by_leaf: defaultdict[Leaf, list[int]] = defaultdict(list)
        paths = {path for each in expectations for path, *_ in _marks(each)}
        for number, message in enumerate(messages):
            for leaf in _leaves(message):
                if leaf[0] in paths:
                    self._by_leaf[leaf].append(number)

    def covered_by(self, expectation: Message) -> list[int]:
        """The positions of the messages that it takes; it is one of those that the index was made for."""
        candidates: Sequence[int] = range(len(self._messages))
        for leaf in _marks(expectation):
            candidates = min(candidates, self._by_leaf.get(leaf, []), key=len)
        return [each for each in candidates if _takes(expectation, self._messages[each])]


Leaf = tuple[tuple[str | int, ...], type, Any]  # where it is, and the plain value there


def _marks(expectation: Message) -> Iterator[Leaf]:
    """By what messages are looked for: enough to tell most from each other, also where there is a vector in them."""
    return islice(_leaves(expectation), MARKS)


def _leaves(message: Message) -> Iterator[Leaf]:
    if message.value is NOT_JSON:
        yield (), bytes, message.data
        return
    todo: list[tuple[tuple[str | int, ...], Any]] = [((), message.value)]
    while todo:
        path, value = todo.pop()
        if isinstance(value, dict):
            todo += [((*path, key), each) for key, each in value.items()]
        elif isinstance(value, list):
            todo += [((*path, number), each) for number, each in enumerate(value)]
        elif value == value:  # NaN is found nowhere
            yield path, type(value), value


def _takes(expectation: Message, message: Message) -> bool:
    if expectation.value is NOT_JSON or message.value is NOT_JSON:
        return expectation.canonical == message.canonical
    return covers(expectation.value, message.value)


def covers(pattern: Any, value: Any) -> bool:
    """Whether a value is what a pattern says, with keys that the pattern does not name allowed in objects."""
    todo = [(pattern, value)]
    while todo:
        wanted, there = todo.pop()
        if type(wanted) is not type(there):
            return False
        if isinstance(wanted, dict):
            if not wanted.keys() <= there.keys():
                return False
            todo += [(each, there[key]) for key, each in wanted.items()]
        elif isinstance(wanted, list):
            if len(wanted) != len(there):
                return False
            todo += zip(wanted, there, strict=True)
        elif wanted != there and (wanted == wanted or there == there):  # NaN is as NaN
            return False
    return True


def read(data: bytes) -> Message:
    """A message, with what it says if it is JSON: numbers that are equal are the same there, `1.0` and `1`."""
    try:
        value = json.loads(data, parse_float=_number)
        return Message(data, value, json.dumps(value, sort_keys=True))
    except (ValueError, RecursionError):
        return Message(data, NOT_JSON, f"not JSON: {data!r}")


def without_origin(data: bytes) -> bytes:
    """A message as the step returned it that wrote it; anything else as it is."""
    if ORIGIN.encode() not in data:
        return data
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        return data
    if not isinstance(value, dict) or value.pop(ORIGIN, None) is None:
        return data
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode(
        "utf-8", "backslashreplace"
    )


def _number(text: str) -> int | float:
    number = float(text)
    return int(number) if number.is_integer() and abs(number) < 2**53 else number


def lines(content: bytes) -> list[bytes]:
    """The messages of a .jsonl file: its lines, but for empty ones and a byte order mark."""
    return list(numbered_lines(content).values())


def numbered_lines(content: bytes) -> dict[int, bytes]:
    """The same by their numbers in the file, from 1."""
    content = content.removeprefix(b"\xef\xbb\xbf")
    stripped = map(bytes.strip, content.split(b"\n"))
    return {number: line for number, line in enumerate(stripped, 1) if line}
