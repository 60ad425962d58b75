"""What a replica and its supervisor tell each other; all of it goes through a pipe."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, field

from .engine import Engine
from .steps import DeployedStep

PRECISION = 1.02
"""Durations are counted in buckets, each this much wider than the one before: 1 % is as good as exact here."""

Place = tuple[str, int]
"""A trigger's name and a shard."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """What a replica is to run.

    `api` and `access_key` are the web API's. `member` is its name in every consumer group, unique for ever; `dead` are those
    that are known to be gone. `seen` is the last record of each shard that an earlier process was given. With
    `crash_at` the replica kills itself behind its record of that number, if it is the first to create the file `crash_token`.
    `engine` has the processor that runs it, where that is not the replica itself.
    """

    step: DeployedStep
    replica: int
    replicas: int
    api: str
    access_key: str
    member: str
    env: dict[str, str]
    mounts: dict[str, str]
    log: str
    home: str
    dead: frozenset[str] = frozenset()
    seen: dict[Place, int] = field(default_factory=dict)
    faithful: bool = False
    crash_at: int | None = None
    crash_token: str = ""
    engine: Engine | None = None


@dataclass(frozen=True, slots=True)
class Ready:
    """The workers run, and the replica has its shards. `url` is where it takes requests."""

    url: str | None


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something does not work at the moment, and is tried again."""

    text: str


@dataclass(frozen=True, slots=True)
class Failed:
    """It cannot start, or go on."""

    why: str


@dataclass(slots=True)
class Progress:
    """What a replica has done since it started.

    `delivered` counts the records that a worker was given, `redelivered` those among them that an earlier process was given
    already, `failed` those whose handler raised: Nuclio commits them all the same, and they are lost. `given` is the last
    sequence number of each shard that was, `begun` the last one before where the replica began to read a shard: it passes over
    that and all before, committed or not. `handled` counts the records that a worker is done with, `durations` are the
    handler's: how many were in each bucket. A processor says neither of these nor what came again, only how many it has handled.
    """

    delivered: int = 0
    handled: int = 0
    redelivered: int = 0
    failed: int = 0
    last_error: str = ""
    given: dict[Place, int] = field(default_factory=dict)
    begun: dict[Place, int] = field(default_factory=dict)
    durations: Counter[int] = field(default_factory=Counter)

    def add_duration(self, seconds: float) -> None:
        """Count a call of the handler."""
        self.durations[round(math.log(max(seconds, 1e-6), PRECISION))] += 1

    def merge(self, other: Progress) -> None:
        """Add what another replica, or an earlier process, has done."""
        self.delivered += other.delivered
        self.handled += other.handled
        self.redelivered += other.redelivered
        self.failed += other.failed
        self.last_error = other.last_error or self.last_error
        self.durations += other.durations
        _keep_last(self.given, other.given)
        _keep_last(self.begun, other.begun)


def _keep_last(numbers: dict[Place, int], others: dict[Place, int]) -> None:
    for place, number in others.items():
        numbers[place] = max(number, numbers.get(place, 0))


def quantile(durations: Counter[int], share: float) -> float | None:
    """The seconds within which this share of the calls ended, within 1 %; None where there were none."""
    left = share * durations.total()
    for bucket in sorted(durations):
        left -= durations[bucket]
        if left <= 0:
            return PRECISION**bucket
    return None
