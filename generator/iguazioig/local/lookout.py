"""How far a run is: what v3io has of its streams, and what its replicas report."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

from ..errors import RunError
from . import streams
from .letter_box import LetterBox
from .reports import Progress, quantile
from .results import Snapshot, StepState, StreamState
from .steps import DeployedStep
from .streams import StreamPlace
from .supervisor import Supervisor
from .web_api import WebApi

Positions = Mapping[int, tuple[int, Mapping[str, int]]]
"""By shard: its last sequence number, and the last one that each consumer group has committed."""

Lags = Mapping[tuple[str, str], int]
"""By stream and consumer group: the records that are still to be done."""


class LostError(RunError):
    """Records are gone that were there: nobody can say any more what was done with."""


class Lookout:
    """Looks at the streams `places` and at the steps; `last` is what it saw last."""

    def __init__(
        self,
        steps: Sequence[DeployedStep],
        places: Sequence[StreamPlace],
        api: WebApi,
        client: Any,
        supervisor: Supervisor,
        letters: LetterBox,
    ) -> None:
        self.steps, self.places, self.api, self.client = steps, places, api, client
        self.supervisor, self.letters = supervisor, letters
        self.shards = {place: streams.shard_count(client, place) for place in places}
        self.groups = {place: groups_of(place, steps) for place in places}
        self.begun = time.monotonic()
        self.last: Snapshot | None = None
        self._ends: dict[tuple[StreamPlace, int], int] = {}

    def start(self) -> None:
        """The run begins now."""
        self.begun, self.last = time.monotonic(), None

    def look(self, *, whole: bool = False) -> Snapshot:
        """How far everything is; rates are since the look before, or of the `whole` run. Raises RunError.

        Idle is where every group is done with everything: two such looks with the same numbers prove that there was a moment
        at which nothing was in anybody's hands, because both numbers of a shard only grow.
        """
        found = {
            place: streams.positions(self.client, place, self.shards[place], self.groups[place])
            for place in self.places
        }
        self._compare(found)
        self.letters.read()
        names = [step.name for step in self.steps]
        puts = self.api.puts(names, self.letters.places)
        progress = {name: self.supervisor.progress_of(name) for name in names}
        lags = self._lags(found, progress)
        seconds = time.monotonic() - self.begun
        before = None if whole else self.last
        self.last = Snapshot(
            seconds,
            tuple(
                self._step(step, progress[step.name], lags, puts, _since(before, step, seconds))
                for step in self.steps
            ),
            tuple(self._stream(place, found[place], lags) for place in self.places),
            not any(lags.values()) and all(each.is_idle for each in self.supervisor.replicas),
            self.letters.latest,
        )
        return self.last

    def _compare(self, found: Mapping[StreamPlace, Positions]) -> None:
        """Raise LostError where a shard has fewer records than it had: sequence numbers only grow."""
        for place, positions in found.items():
            for shard, (end, _) in positions.items():
                before = self._ends.get((place, shard), 0)
                if end < before:
                    raise LostError(
                        f"`{place.full}`, shard {shard}: {before:,} records were there, and now {end:,}; was the stream deleted,"
                        " or v3io started again without what it had?"
                    )
                self._ends[place, shard] = end

    def _lags(
        self, found: Mapping[StreamPlace, Positions], progress: Mapping[str, Progress]
    ) -> Lags:
        begun = begun_by_group(self.steps, progress)
        return {
            (place.full, group): sum(
                max(0, end - max(done[group], begun.get((place.full, group, shard), 0)))
                for shard, (end, done) in found[place].items()
            )
            for place in self.places
            for group in self.groups[place]
        }

    def _stream(self, place: StreamPlace, found: Positions, lags: Lags) -> StreamState:
        records = sum(end for end, _ in found.values())
        return StreamState(
            place.name, records, {group: lags[place.full, group] for group in self.groups[place]}
        )

    def _step(
        self,
        step: DeployedStep,
        progress: Progress,
        lags: Lags,
        puts: Mapping[str, int] | None,
        since: tuple[int, float],
    ) -> StepState:
        replicas = [each for each in self.supervisor.replicas if each.assignment.step is step]
        earlier, elapsed = since
        ours = self.supervisor.options.engine is None  # a processor does not say
        return StepState(
            name=step.name,
            replicas=len(replicas),
            delivered=progress.delivered,
            out=None if puts is None else puts[step.name],
            failed=progress.failed if ours else None,
            dead_letters=self.letters.count_of(step.name),
            redelivered=progress.redelivered if ours else None,
            restarts=sum(each.restarts for each in replicas),
            lag=sum(lags[trigger.stream, trigger.group] for trigger in step.streams),
            rate=(progress.delivered - earlier) / elapsed if elapsed > 0 else 0.0,
            median=quantile(progress.durations, 0.5),
            p99=quantile(progress.durations, 0.99),
            last_error=progress.last_error,
        )


def groups_of(place: StreamPlace, steps: Sequence[DeployedStep]) -> list[str]:
    """The consumer groups that read a stream, in the order of the steps."""
    found = [
        trigger.group for step in steps for trigger in step.streams if trigger.stream == place.full
    ]
    return list(dict.fromkeys(found))


def begun_by_group(
    steps: Sequence[DeployedStep], progress: Mapping[str, Progress]
) -> dict[tuple[str, str, int], int]:
    """By stream, consumer group and shard: up to which record its members have passed over all, handled or not."""
    begun: dict[tuple[str, str, int], int] = {}
    for step in steps:
        triggers = {trigger.name: trigger for trigger in step.streams}
        for (name, shard), number in progress[step.name].begun.items():
            place = triggers[name].stream, triggers[name].group, shard
            begun[place] = max(number, begun.get(place, 0))
    return begun


def _since(before: Snapshot | None, step: DeployedStep, seconds: float) -> tuple[int, float]:
    """How many records a step had at the look before, and how long ago that was, in seconds."""
    if before is None:
        return 0, seconds
    earlier = next(each.delivered for each in before.steps if each.name == step.name)
    return earlier, seconds - before.seconds
