"""The shards that a replica reads, and what it has of each."""

from __future__ import annotations

import time
from collections import deque
from dataclasses import dataclass, field

from .consumer_group import Member, Record

FETCH_INTERVAL = 0.25
"""Seconds that v3io-go waits before each read (v3io-protocol 6.1)."""


@dataclass(eq=False, slots=True)
class Claim:
    """One shard of one trigger: `location` is where to read on, `done` the last record whose handler has returned.

    `read_to` is the last record that is known to have been read, or passed over; `passed` the last one that was passed over: by
    `seekTo`, by an earlier commit, by retention. `begun` is the same once nothing before it is in hand. `unsettled` is the last
    record whose handler has returned, where the step itself says when a record is done with. `given` grows with each record that a
    worker got of it, compared with the others.
    """

    member: Member
    shard: int
    is_new: bool = True
    is_absent: bool = False
    location: str | None = None
    records: deque[Record] = field(default_factory=deque)
    in_flight: bool = False
    unsettled: int = 0
    given: int = 0
    passed: int = 0
    begun: int = 0
    read_to: int = 0
    done: int = 0
    committed: int = 0
    next_read: float = 0.0

    @property
    def place(self) -> tuple[str, int]:
        """The trigger's name and the shard."""
        return self.member.trigger.name, self.shard

    def __str__(self) -> str:
        return f"{self.member.trigger.name}, shard {self.shard}"

    @property
    def has_work(self) -> bool:
        """Whether its next record can be handed out: one at a time, in order."""
        return bool(self.records) and not self.in_flight

    @property
    def is_behind(self) -> bool:
        """Whether there is something to commit."""
        return self.done > self.committed

    def read(self, end: int = 0) -> bool:
        """Get the next records, at first where they are; return whether there were any.

        `end` is the last record that was known to be there before.
        """
        if self.location is None:
            last = self._locate()
            if self.location is None:
                return False
            end = max(end, last)
        found, self.location, is_last = self.member.read(self.shard, self.location)
        self.records.extend(found)
        if found and found[0].sequence_number > self.read_to + 1:
            self.passed = found[0].sequence_number - 1
        elif not found and is_last and end > self.read_to:
            self.passed = self.read_to = end
        if found:
            self.read_to = found[-1].sequence_number
        if not self.is_unsettled:
            self.begun = self.passed
        return bool(found)

    def finish(self, number: int) -> None:
        """The record in hand, which has this number, is done with."""
        self.in_flight, self.done, self.begun = False, number, self.passed

    def release(self, number: int) -> None:
        """The handler of the record in hand has returned; that it is done with is for the step to say."""
        self.in_flight, self.unsettled = False, number

    def acknowledge(self, number: int) -> None:
        """All records up to this one are done with; no record is that was not (nuclio-facts 3.6: a high-water mark)."""
        self.done = max(self.done, number)
        if not self.is_unsettled:
            self.begun = self.passed

    @property
    def is_unsettled(self) -> bool:
        """Whether there is a record in hand, or one that the step has not acknowledged."""
        return self.in_flight or self.unsettled > self.done

    def _locate(self) -> int:
        """Find out where to read on, if the shard is there (v3io-protocol 6.5); return its last record."""
        position = self.member.position(self.shard)
        if position is None:
            self.is_new, self.is_absent = False, True
            return 0
        after = position.committed or None
        # Records that came while the shard was not there are not skipped, whatever `seekTo` says.
        if after is None and self.member.trigger.seek_to == "latest" and not self.is_absent:
            after = position.last
        self.location = self.member.seek(self.shard, after)
        self.is_new = self.is_absent = False
        self.passed = self.read_to = after or 0
        self.done = self.committed = position.committed
        return position.last

    def rest(self, *, found: bool, faithful: bool) -> None:
        """Set when to read again, where nothing tells of new records."""
        if self.location is None:
            pause = self.member.trigger.shard_wait_interval
        else:
            pause = 0.0 if found and not faithful else FETCH_INTERVAL
        self.next_read = time.monotonic() + pause

    def commit(self) -> None:
        """Commit what is done with, if there is any."""
        if self.is_behind:
            self.member.commit(self.shard, self.done)
            self.committed = self.done
