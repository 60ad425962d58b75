"""Faults on demand, for tests of whatever talks to v3io.

    v3io.faults.add(kind="status", status=503, function="PutRecords", path="projects/orders/*", next=2)
    v3io.faults.add(kind="drop-after", share=0.1, seed=7)

A request meets the faults in the order in which they were added, and suffers the first that strikes; the others do not
see it. What strikes depends on the seed and on how many matching requests a fault has seen, and on nothing else.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, fields, replace
from enum import StrEnum
from fnmatch import fnmatchcase
from random import Random
from typing import Any

from .errors import V3ioError, busy
from .requests import JSON, Answer


class Kind(StrEnum):
    """What happens to a request.

    `status`: it is answered with an error `status` (400 to 599), with `Retry-After` where `retry_after` says how many
    seconds, and nothing is done. `delay`: it waits for `seconds` first. `drop-before`: the connection ends and nothing
    is done. `drop-after`: it is done, and the connection ends without an answer. `broken`: it is done, and the answer's
    `body` is `cut` in the middle of its JSON, or is `text` that is none. `records`: of the records of a PutRecords, those
    at `positions` (from 0) or an `of_records` share of them fail.
    """

    STATUS = "status"
    DELAY = "delay"
    DROP_BEFORE = "drop-before"
    DROP_AFTER = "drop-after"
    BROKEN = "broken"
    RECORDS = "records"


@dataclass(slots=True, kw_only=True)
class Fault:
    """One fault: what it does, to which requests, and how many of them it has struck (`hits`). Raises ValueError.

    `function` is a pattern of the `X-v3io-function`, in any case, or of the HTTP method where there is none; `path` one of
    `container/path`, where `*` is any text. `next` is how many requests are struck, `share` which part of them; with
    neither it is all.
    """

    kind: str
    function: str = "*"
    path: str = "*"
    next: int | None = None
    share: float | None = None
    seed: int = 0
    status: int | None = None
    retry_after: int | None = None
    seconds: float | None = None
    body: str | None = None
    positions: Sequence[int] | None = None
    of_records: float | None = None
    seen: int = field(default=0, init=False)
    hits: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        from .fault_words import check

        if self.kind == Kind.RECORDS and self.function == "*":
            self.function = "PutRecords"
        check(self)

    @property
    def words(self) -> dict[str, Any]:
        """The fault in the words of `Faults.add`, as JSON, with its `hits`."""
        words = {each.name: getattr(self, each.name) for each in fields(self)}
        return {
            name: value for name, value in words.items() if value is not None and name != "seen"
        }

    def strikes(self, function: str, place: str) -> bool:
        """Whether this request is struck; it is counted if it matches."""
        if not fnmatchcase(function, self.function.lower()):
            return False
        if not fnmatchcase(place, self.path.strip("/")):
            return False
        if self.next is not None and self.hits >= self.next:
            return False
        self.seen += 1
        struck = self.share is None or self._chance(self.seen) < self.share
        self.hits += struck
        return struck

    def hit(self) -> Hit:
        """What the request that was just struck suffers."""
        return Hit(self, self.seen)

    def _chance(self, *counts: int) -> float:
        return Random(" ".join(map(str, (self.seed, *counts)))).random()


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
        return self.fault.seconds or 0.0

    @property
    def instead(self) -> Answer | None:
        """The answer in place of doing it."""
        status, wait = self.fault.status, self.fault.retry_after
        if status is None:
            return None
        usual = busy()
        message = usual.message if status == usual.status else "a fault that was asked for"
        headers = JSON if wait is None else {**JSON, "Retry-After": str(wait)}
        return Answer(status, V3ioError(status, usual.code, message).body, headers)

    @property
    def drops_before(self) -> bool:
        """Whether the connection ends before anything is done."""
        return self.fault.kind == Kind.DROP_BEFORE

    @property
    def drops_after(self) -> bool:
        """Whether the connection ends after it was done."""
        return self.fault.kind == Kind.DROP_AFTER

    def broken(self, answer: Answer) -> Answer:
        """The answer that is sent in place of this one; one without a body stays as it is."""
        if self.fault.kind != Kind.BROKEN or not answer.body:
            return answer
        body = answer.body if isinstance(answer.body, bytes) else b"".join(answer.body)
        if self.fault.body == "text":
            return replace(answer, body=_NO_JSON, length=None)
        return replace(answer, body=_cut(body), length=len(body))

    def fails(self, position: int) -> bool:
        """Whether the record at this position of the request fails."""
        if self.fault.of_records is not None:
            return self.fault._chance(self.count, position) < self.fault.of_records
        return position in (self.fault.positions or ())


class Faults:
    """The faults of a server; safe to use from any thread, while it serves."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []
        self._lock = threading.Lock()

    def add(
        self,
        *,
        kind: str,
        function: str = "*",
        path: str = "*",
        next: int | None = None,
        share: float | None = None,
        seed: int = 0,
        status: int | None = None,
        retry_after: int | None = None,
        seconds: float | None = None,
        body: str | None = None,
        positions: Sequence[int] | None = None,
        of_records: float | None = None,
    ) -> Fault:
        """Add a fault, whose `hits` count the requests that it strikes; see Kind and Fault for the words.

        Raises ValueError for a value that is not possible, and for words that do not go together.
        """
        fault = Fault(
            kind=kind,
            function=function,
            path=path,
            next=next,
            share=share,
            seed=seed,
            status=status,
            retry_after=retry_after,
            seconds=seconds,
            body=body,
            positions=positions,
            of_records=of_records,
        )
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
            return None if struck is None else struck.hit()

    def __iter__(self) -> Iterator[Fault]:
        with self._lock:
            return iter(list(self._faults))

    def __len__(self) -> int:
        return len(self._faults)
