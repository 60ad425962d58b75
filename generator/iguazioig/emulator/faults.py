"""Faults on demand, for tests of whatever talks to v3io.

    v3io.faults.add(kind="status", status=503, function="PutRecords", path="projects/orders/*", next=2)
    v3io.faults.add(kind="drop-after", share=0.1, seed=7)

A request meets the faults in the order in which they were added, and suffers the first that strikes; the others do not
see it. What strikes depends on the seed and on how many matching requests a fault has seen, and on nothing else.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from random import Random
from typing import Any, Unpack

from .errors import V3ioError, busy
from .fault_words import Kind, Words, complete
from .requests import JSON, Answer


class Fault:
    """One fault: its words, and how many requests it has struck (`hits`). Raises ValueError."""

    def __init__(self, words: Words) -> None:
        self._words = complete(words)
        self._function = self._words["function"].lower()
        self._place = self._words["path"].strip("/")
        self.seen = self.hits = 0

    @property
    def words(self) -> dict[str, Any]:
        """The fault in the words of `Faults.add`, as JSON, with its `hits`."""
        return {**self._words, "hits": self.hits}

    def get(self, word: str) -> Any:
        """What was said; None where nothing was."""
        return self._words.get(word)

    def strikes(self, function: str, place: str) -> bool:
        """Whether this request is struck; it is counted if it matches."""
        if not fnmatchcase(function, self._function) or not fnmatchcase(place, self._place):
            return False
        most, share = self.get("next"), self.get("share")
        if most is not None and self.hits >= most:
            return False
        self.seen += 1
        struck = share is None or self.chance(self.seen) < share
        self.hits += struck
        return struck

    def chance(self, *counts: int) -> float:
        """A number of 0 to 1, always the same for the seed and these counts."""
        return Random(" ".join(map(str, (self.get("seed"), *counts)))).random()


_NO_JSON = b"<html><body>502 Bad Gateway</body></html>"


def _cut(body: bytes) -> Iterator[bytes]:
    """Half of a body; then the end of it, as of a source that has no more, cuts the connection."""
    yield body[: len(body) // 2]
    raise EOFError


@dataclass(frozen=True, slots=True)
class Hit:
    """What one request suffers; `count` says which of those was struck that the fault has seen."""

    fault: Fault
    count: int

    @property
    def seconds(self) -> float:
        """How long the request waits first."""
        return float(self.fault.get("seconds") or 0.0)

    @property
    def instead(self) -> Answer | None:
        """The answer in place of doing it."""
        status, wait = self.fault.get("status"), self.fault.get("retry_after")
        if status is None:
            return None
        usual = busy()
        message = usual.message if status == usual.status else "a fault that was asked for"
        headers = JSON if wait is None else {**JSON, "Retry-After": str(wait)}
        return Answer(status, V3ioError(status, usual.code, message).body, headers)

    @property
    def drops_before(self) -> bool:
        """Whether the connection ends before anything is done."""
        return bool(self.fault.get("kind") == Kind.DROP_BEFORE)

    @property
    def drops_after(self) -> bool:
        """Whether the connection ends after it was done."""
        return bool(self.fault.get("kind") == Kind.DROP_AFTER)

    def broken(self, answer: Answer) -> Answer:
        """The answer that is sent in place of this one; one without a body stays as it is."""
        if self.fault.get("kind") != Kind.BROKEN or not answer.body:
            return answer
        body = answer.body if isinstance(answer.body, bytes) else b"".join(answer.body)
        if self.fault.get("body") == "text":
            return replace(answer, body=_NO_JSON, length=None)
        return replace(answer, body=_cut(body), length=len(body))

    def fails(self, position: int) -> bool:
        """Whether the record at this position of the request fails."""
        share = self.fault.get("of_records")
        if share is not None:
            return bool(self.fault.chance(self.count, position) < share)
        return position in (self.fault.get("positions") or ())


class Faults:
    """The faults of a server; safe to use from any thread, while it serves."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []
        self._lock = threading.Lock()

    def add(self, **words: Unpack[Words]) -> Fault:
        """Add a fault, whose `hits` count the requests that it strikes; see Words and Kind for what is said of one.

        Raises ValueError for a value that is not possible, and for words that do not go together.
        """
        fault = Fault(words)
        with self._lock:
            self._faults.append(fault)
        return fault

    def clear(self) -> None:
        """Take all faults away."""
        with self._lock:
            self._faults.clear()

    def match(self, function: str, container: str, path: str) -> Hit | None:
        """What a request suffers, if anything. `path` has no slash before it."""
        if not self._faults:
            return None
        name, place = function.lower(), f"{container}/{path}"
        with self._lock:
            struck = next((fault for fault in self._faults if fault.strikes(name, place)), None)
            return None if struck is None else Hit(struck, struck.seen)

    def __iter__(self) -> Iterator[Fault]:
        with self._lock:
            return iter(list(self._faults))

    def __len__(self) -> int:
        return len(self._faults)
