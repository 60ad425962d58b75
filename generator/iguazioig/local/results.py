"""What a run shows: how far everything is, and how it ended."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from .expectations import Comparison


@dataclass(frozen=True, slots=True, kw_only=True)
class StepState:
    """How far a step is: records in and out, and what became of the others.

    `out`, `dead_letters`, `failed` and `redelivered` are None where nobody can say. `failed` records are lost: their handler raised. `median` and `p99` are
    the handler's, in seconds: half of the records, and 99 of 100, took no longer. `rate` is in records per second, since the look
    before; in a result it is that of the whole run.
    """

    name: str
    replicas: int
    delivered: int
    out: int | None
    failed: int | None
    dead_letters: int | None
    redelivered: int | None
    restarts: int
    lag: int
    rate: float
    median: float | None
    p99: float | None
    last_error: str


@dataclass(frozen=True, slots=True)
class StreamState:
    """What is in a stream, and for each consumer group how much of that is still to be done."""

    name: str
    records: int
    lags: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A record that a step has given up, and why."""

    step: str
    stream: str
    shard: int
    sequence_number: int
    output: str | None
    cause: str


@dataclass(frozen=True, slots=True)
class Cause:
    """What made a step give up `count` records, and one of them."""

    step: str
    cause: str
    count: int
    example: DeadLetter


@dataclass(frozen=True, slots=True)
class DeadLetters:
    """All that steps gave up: `total` counts every one, or is None where nobody can say.

    `causes` are the most frequent first. `examples` are the first ones that came: there may be more than are kept.
    """

    total: int | None
    causes: tuple[Cause, ...]
    examples: tuple[DeadLetter, ...]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """How far everything is, `seconds` after all steps were ready; `letters` are the last dead letters, the newest at the end."""

    seconds: float
    steps: tuple[StepState, ...]
    streams: tuple[StreamState, ...]
    is_idle: bool
    letters: tuple[DeadLetter, ...] = ()


class End(Enum):
    """What ended a run: everything was done with, its time was over, somebody wanted it, or it could not go on."""

    IDLE = "idle"
    TIME = "time"
    INTERRUPTED = "interrupted"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """How a run ended.

    `until_idle` says that it was to end when everything is done with. `crashes` has for each STEP@N that was asked for whether it
    happened. `failure` is why the run could not go on, or empty.
    """

    snapshot: Snapshot
    ended: End
    until_idle: bool
    sent: int
    letters: DeadLetters
    comparisons: tuple[Comparison, ...]
    crashes: Mapping[str, bool]
    logs: Path
    failure: str = ""

    @property
    def ended_well(self) -> bool:
        """Whether what ended it is what was asked for: only a run until idle has to come to an end by itself."""
        return self.ended is End.IDLE or not (self.until_idle or self.ended is End.FAILED)

    @property
    def is_good(self) -> bool:
        """Whether everything that was asked for has happened, and no record is lost."""
        lost = any(step.failed for step in self.snapshot.steps)
        arrived = all(each.holds for each in self.comparisons)
        return self.ended_well and arrived and not lost and all(self.crashes.values())
