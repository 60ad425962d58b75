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

    `read_to` is the last record that is known to have been read, or passed over.
    """

    member: Member
    shard: int
    is_new: bool = True
    is_absent: bool = False
    location: str | None = None
    records: deque[Record] = field(default_factory=deque)
    in_flight: bool = False
    read_to: int = 0
    done: int = 0
    committed: int = 0
    next_read: float = 0.0

    @property
    def place(self) -> tuple[str, int]:
        """The trigger's name and the shard."""
        return self.member.trigger.name, self.shard

    @property
    def has_work(self) -> bool:
        """Whether its next record can be handed out: one at a time, in order."""
        return bool(self.records) and not self.in_flight

    def read(self) -> bool:
        """Get the next records, at first where they are; return whether there were any."""
        if self.location is None and not self._locate():
            return False
        assert self.location is not None
        found, self.location = self.member.read(self.shard, self.location)
        self.records.extend(found)
        self.read_to = found[-1].sequence_number if found else self.read_to
        return bool(found)

    def _locate(self) -> bool:
        """Find out where to read on, if the shard is there: v3io-protocol 6.5."""
        committed = self.member.committed(self.shard)
        if committed is None:
            self.is_new, self.is_absent = False, True
            return False
        # Records that came while the shard was not there are not skipped, whatever `seekTo` says.
        otherwise = "earliest" if self.is_absent else self.member.trigger.seek_to
        self.location = self.member.seek(self.shard, committed, otherwise)
        self.is_new = self.is_absent = False
        self.read_to = self.done = self.committed = committed
        return True

    def rest(self, *, found: bool, faithful: bool) -> None:
        """Set when to read again, where nothing tells of new records."""
        if self.location is None:
            pause = self.member.trigger.shard_wait_interval
        else:
            pause = 0.0 if found and not faithful else FETCH_INTERVAL
        self.next_read = time.monotonic() + pause

    def commit(self) -> None:
        """Tell the group up to where it is done, if that is news."""
        if self.done > self.committed:
            self.member.commit(self.shard, self.done)
            self.committed = self.done
