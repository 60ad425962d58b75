"""A trigger of a replica at work: its place in the consumer group, its shards, and the workers that handle their records."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from .claims import Claim
from .consumer_group import ConflictError, EvictedError, Member, NoFreeShardsError, Record
from .events import event_of
from .reporter import Reporter
from .reports import Assignment
from .steps import StreamTrigger
from .watcher import Watcher
from .workers import Worker, WorkerEndedError

RETRY = 1.0  # seconds until something is tried again that the platform did not do


class Held(NamedTuple):
    """The record that a worker has in hand."""

    claim: Claim
    record: Record

    def __str__(self) -> str:
        trigger, shard = self.claim.place
        return f"{trigger}, shard {shard}, record {self.record.sequence_number}"


class Consumer:
    """Reads the shards of one trigger: one record of each at a time, in order, done with when its handler returned or raised.

    `turn` does what there is to do, `next_moment` says when there will be something by itself.
    """

    def __init__(
        self,
        trigger: StreamTrigger,
        assignment: Assignment,
        client: Any,
        watcher: Watcher,
        workers: Sequence[Worker],
        reporter: Reporter,
    ) -> None:
        self.trigger, self.assignment, self.workers = trigger, assignment, workers
        self._watcher, self._reporter = watcher, reporter
        name, *dead = (
            f"{member}-{trigger.name}" for member in (assignment.member, *assignment.dead)
        )
        self._member = Member(client, trigger, name, assignment.replicas, dead)
        self._claims: list[Claim] = []
        self._has_joined = False
        self._turns = itertools.count(1)
        self._since = dict.fromkeys(workers, 0)
        self._next_beat = self._next_commit = 0.0

    @property
    def is_ready(self) -> bool:
        """Whether it has its shards, and has found out where to read on in each."""
        return self._has_joined and not any(claim.is_new for claim in self._claims)

    def turn(self) -> None:
        """Join, read, hand out, commit and keep the group informed, each when it is due. Raises EvictedError and WorkerEndedError."""
        now = time.monotonic()
        if now >= self._next_beat:
            self._beat()
        self._read()
        self._hand_out()
        if self._is_behind and now >= self._next_commit:
            self.commit()

    @property
    def next_moment(self) -> float:
        """When there is something to do unless something comes first (monotonic, in seconds)."""
        moments = [self._next_beat]
        if self._is_behind:
            moments.append(self._next_commit)
        moments += [
            each.next_read for each in self._claims if not each.records and self._has_more(each)
        ]
        return min(moments)

    @property
    def _is_behind(self) -> bool:
        return any(claim.is_behind for claim in self._claims)

    def _beat(self) -> None:
        """Say that the replica is alive, from when a share of the shards was free for it."""
        pause = self.trigger.heartbeat_interval
        try:
            if self._has_joined:
                self._member.heartbeat()
            else:
                self._claims = [Claim(self._member, shard) for shard in self._member.join()]
                self._has_joined = True
        except EvictedError:
            raise
        except Exception as error:  # whatever the client raises: the platform may come back
            what = "no heartbeat" if self._has_joined else "not in the group yet"
            expected = (NoFreeShardsError, ConflictError)
            self._reporter.complain(f"{self.trigger.name}: {what}", error, *expected)
            pause = min(pause, RETRY)
        self._next_beat = time.monotonic() + pause

    def _read(self) -> None:
        """Read those shards of which there is nothing left to hand out."""
        for claim in self._claims:
            if claim.records or time.monotonic() < claim.next_read or not self._has_more(claim):
                continue
            try:
                found = claim.read(self._end_of(claim))
            except Exception as error:  # whatever the client raises
                self._reporter.complain(f"{claim}: not read", error)
                claim.next_read = time.monotonic() + RETRY
                continue
            self._reporter.began(claim.place, claim.begun)
            if not self._watcher.works:
                claim.rest(found=found, faithful=self.assignment.faithful)

    def _has_more(self, claim: Claim) -> bool:
        """Whether reading a shard can bring anything, as far as known."""
        return claim.is_new or not self._watcher.works or self._end_of(claim) > claim.read_to

    def _end_of(self, claim: Claim) -> int:
        return self._watcher.end_of(self.trigger.stream, claim.shard)

    def _hand_out(self) -> None:
        """Give every shard's next record to a worker that is free: who waits longest comes first, of both (worker/allocator.go)."""
        for claim in sorted(self._claims, key=lambda claim: claim.given):
            if claim.has_work and (worker := self._free_worker(claim)):
                self._give(worker, claim, claim.records.popleft())

    def _free_worker(self, claim: Claim) -> Worker | None:
        """The worker that waits longest; with allocation `static` the one that the shard always has."""
        if self.trigger.static:
            mine = self.workers[self._claims.index(claim) % len(self.workers)]
            return mine if mine.busy_with is None else None
        free = (worker for worker in self.workers if worker.busy_with is None)
        return min(free, key=lambda worker: self._since[worker], default=None)

    def _give(self, worker: Worker, claim: Claim, record: Record) -> None:
        """Hand out one record, as the event that Nuclio makes of it (nuclio-facts 3.4)."""
        number = record.sequence_number
        event = event_of(self.trigger, record.shard, number, record.data, record.arrived)
        claim.in_flight = True
        claim.given = next(self._turns)
        worker.give(event, Held(claim, record))
        again = number <= self.assignment.seen.get(claim.place, 0)
        self._reporter.gave(claim.place, number, again=again)

    def take(self, worker: Worker) -> None:
        """Note what became of a record: whatever it is, it is done with (nuclio-facts 3.5). Raises WorkerEndedError."""
        held: Held | None = worker.busy_with
        try:
            answer = worker.take()
        except WorkerEndedError as error:
            raise WorkerEndedError(f"{error} while it handled {held}" if held else error) from error
        if "acknowledged" in answer:
            self.acknowledge(*answer["acknowledged"])
            return
        assert held is not None
        self._since[worker] = next(self._turns)
        claim, record = held
        if self.trigger.explicit:
            claim.release(record.sequence_number)
        else:
            claim.finish(record.sequence_number)
        self._reporter.began(claim.place, claim.begun)
        self._reporter.handled(
            claim.place, record.sequence_number, answer["seconds"], answer["error"]
        )

    def acknowledge(self, stream: str, shard: int, number: int) -> None:
        """The step is done with a shard up to this record; who does not ask for it is not heard (nuclio-facts 3.6)."""
        if self.trigger.explicit and stream.strip("/") == self.trigger.path.strip("/"):
            for claim in self._claims:
                if claim.shard == shard:
                    claim.acknowledge(number)

    def end_workers(self, deadline: float) -> None:
        """Let the workers do what the step wants done at its end (monotonic, in seconds)."""
        for worker in self.workers:
            for acknowledged in worker.end(max(0.0, deadline - time.monotonic())):
                self.acknowledge(*acknowledged)

    def commit(self) -> None:
        """Commit what is done with."""
        self._next_commit = time.monotonic() + self.trigger.commit_interval
        for claim in self._claims:
            try:
                claim.commit()
            except Exception as error:  # whatever the client raises: the next interval comes
                self._reporter.complain(f"{claim}: not committed", error)
        self._reporter.committed()

    def leave(self) -> None:
        """Give the shards back."""
        if not self._has_joined:
            return
        try:
            self._member.leave()
        except Exception as error:  # whatever the client raises: the session will time out
            self._reporter.complain(f"{self.trigger.name}: shards not given back", error)

    def busy_workers(self) -> Iterator[Worker]:
        """Those that have a record in hand."""
        return (worker for worker in self.workers if worker.busy_with is not None)
