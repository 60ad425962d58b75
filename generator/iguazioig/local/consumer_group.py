"""One member of a v3io consumer group, as Nuclio's trigger is one through v3io-go 0.3.9 (v3io-protocol 6).

The group's state, who reads which shards, is an item beside the shards; members change it by compare-and-swap. What is
done with is an attribute of each shard. The clock is the members' own: v3io has no part in it.
"""

from __future__ import annotations

import datetime
import itertools
import json
import math
import random
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from .steps import StreamTrigger

ATTEMPTS = 10
PAUSES = (0.01, 0.2)
"""Seconds: the first pause after a conflict, and the longest; each is twice the last, and none exact."""

SCHEMA = "0.0.1"
CONDITION_IS_FALSE = b"16777244"  # in the answer, whatever its status: v3io-protocol 1.6


class NoFreeShardsError(Exception):
    """Every share of the shards has its member: one of them must end, or time out, first."""


class ConflictError(Exception):
    """Others change the state of the group all the time: try again later."""


class EvictedError(Exception):
    """Another member has the shards: v3io-go aborts, and Nuclio starts the trigger anew."""


@dataclass(frozen=True, slots=True)
class Record:
    """A record of a shard; `arrived` is in whole seconds since the epoch, which is all that an event tells of it."""

    shard: int
    sequence_number: int
    data: bytes
    arrived: int


class Batch(NamedTuple):
    """Records of a shard, the location behind them, and whether nothing is there."""

    records: list[Record]
    location: str
    is_last: bool


class Position(NamedTuple):
    """How far a shard is, in sequence numbers: the last one in it, and the last one that a group is done with (0: none)."""

    last: int
    committed: int


Sessions = Sequence[Mapping[str, Any]]
"""The members of a group: `member_id`, `last_heartbeat_time` and `shards` of each."""


class Member:
    """A member of the consumer group of a trigger.

    `name` is unique among all members that ever were. Members in `dead` are known to be gone: their shares are free at once.
    Every method may raise what v3io's client raises where the platform does not answer.
    """

    def __init__(
        self,
        client: Any,
        trigger: StreamTrigger,
        name: str,
        replicas: int,
        dead: Iterable[str] = (),
    ) -> None:
        self.client, self.trigger, self.name = client, trigger, name
        self.replicas, self.dead = replicas, frozenset(dead)
        self.shards: list[int] | None = None
        self.committed_name = committed_name(trigger.group)
        self.state_key = f"{trigger.group}-state.json"
        self.place = (trigger.container, trigger.path.strip("/"))

    def join(self) -> list[int]:
        """Take the first share that no other member has, and say which shards that is.

        Raises NoFreeShardsError and ConflictError.
        """
        answer = self.client.stream.describe(*self.place)
        self._modify(answer.output.shard_count)
        assert self.shards is not None
        return self.shards

    def heartbeat(self) -> None:
        """Tell the others that this member is alive. Raises EvictedError where they thought otherwise, and ConflictError."""
        self._modify(0)

    def leave(self) -> None:
        """Give the share back. Raises ConflictError."""
        self.dead |= {self.name}
        self._change(lambda alive: alive)

    def _modify(self, shard_count: int) -> None:
        """Be in the state with a share, and with the time of now."""
        shares: list[list[int]] = []

        def changed(alive: Sessions) -> Sessions:
            shares.append(self._share(alive, shard_count))
            mine = {
                "member_id": self.name,
                "last_heartbeat_time": _now().isoformat(),
                "shards": shares[-1],
            }
            return [*(each for each in alive if each["member_id"] != self.name), mine]

        self._change(changed)
        self.shards = shares[-1]

    def _change(self, change: Callable[[Sessions], Sessions]) -> None:
        """Read, change and write the state until nobody else came in between: v3io-protocol 6.3."""
        pause, longest = PAUSES
        for _ in range(ATTEMPTS):
            sessions, condition = self.read_state()
            if self._write_state(change(self._alive(sessions)), condition):
                return
            time.sleep(random.uniform(pause / 2, pause))
            pause = min(longest, pause * 2)
        raise ConflictError(f"the state of {self.trigger.group} changes too often")

    def _alive(self, sessions: Sessions) -> Sessions:
        """The sessions whose members are not dead, and were heard of in time."""
        timeout = datetime.timedelta(seconds=self.trigger.session_timeout)
        return [
            each
            for each in sessions
            if each["member_id"] not in self.dead
            and _now() - datetime.datetime.fromisoformat(each["last_heartbeat_time"]) < timeout
        ]

    def _share(self, alive: Sessions, shard_count: int) -> list[int]:
        """The shards of this member: the ones that it has, or the first share that is free (v3io-protocol 6.4)."""
        held = {each["member_id"]: each["shards"] for each in alive}
        if self.name in held:
            return list(held[self.name])
        taken = list(held.values())
        if self.shards is not None:
            if self.shards and self.shards in taken:
                raise EvictedError(
                    f"another member has shards {self.shards} of {self.trigger.stream}: this one was taken for dead"
                )
            return self.shards
        shares = divide(shard_count, self.replicas)
        if shares.count([]) > taken.count([]):
            return []
        for share in shares:
            if share and share not in taken:
                return share
        raise NoFreeShardsError(
            f"all {self.replicas} shares of {self.trigger.stream} have a member"
        )

    def read_state(self) -> tuple[Sessions, str]:
        """The sessions, and the condition under which they are still so."""
        names = ["__mtime_nsecs", "__mtime_secs", "state"]
        answer = self.client.kv.get(
            *self.place, self.state_key, attribute_names=names, raise_for_status=[200, 404]
        )
        if answer.status_code == 404:
            return [], "not(exists(state))"
        item = answer.output.item
        sessions = json.loads(item["state"])["session_states"] or []
        condition = f"(__mtime_nsecs == {item['__mtime_nsecs']}) AND (__mtime_secs == {item['__mtime_secs']})"
        return sessions, condition

    def _write_state(self, sessions: Sessions, condition: str) -> bool:
        """Write the state where the condition holds; say whether it did."""
        state = json.dumps({"schema_version": SCHEMA, "session_states": sessions})
        answer = self.client.kv.update(
            *self.place,
            self.state_key,
            attributes={"state": state},
            condition=condition,
            raise_for_status="never",
        )
        if answer.status_code == 200:
            return True
        if CONDITION_IS_FALSE in answer.body:
            return False
        raise _refused(answer)

    def position(self, shard: int) -> Position | None:
        """How far a shard is, and its group; None where the shard is not there yet."""
        answer = self.client.kv.get(
            *self.place,
            str(shard),
            attribute_names=["__last_sequence_num", self.committed_name],
            raise_for_status=[200, 404],
        )
        if answer.status_code == 404:
            return None
        item = answer.output.item
        if "__last_sequence_num" not in item:  # every shard has it: this is no answer about one
            raise _refused(answer)
        return Position(int(item["__last_sequence_num"]), int(item.get(self.committed_name, 0)))

    def commit(self, shard: int, sequence_number: int) -> None:
        """Say that a shard is done with up to a record."""
        self.client.kv.update(
            *self.place,
            str(shard),
            attributes={self.committed_name: sequence_number},
            condition="__obj_type == 3",
        )

    def seek(self, shard: int, after: int | None) -> str:
        """The location behind a record, or that of the earliest one that is there."""
        options: dict[str, Any] = {"seek_type": "EARLIEST"}
        if after is not None:
            options = {"seek_type": "SEQUENCE", "starting_sequence_number": after + 1}
        return str(self.client.stream.seek(*self.place, shard, **options).output.location)

    def read(self, shard: int, location: str) -> Batch:
        """The next records."""
        answer = self._get_records(shard, location)
        if b"IllegalLocationException" in answer.body and answer.status_code >= 300:
            # Retention has taken it: go on with what is left, as v3io-go does.
            answer = self._get_records(shard, self.seek(shard, None))
        if answer.status_code >= 300:
            raise _refused(answer)
        records = [
            Record(shard, each.sequence_number, bytes(each.data), each.arrival_time_sec)
            for each in answer.output.records
        ]
        return Batch(
            records, str(answer.output.next_location), not answer.output.records_behind_latest
        )

    def _get_records(self, shard: int, location: str) -> Any:
        return self.client.stream.get_records(
            *self.place,
            shard,
            location,
            limit=self.trigger.read_batch_size,
            raise_for_status="never",
        )


def _refused(answer: Any) -> OSError:
    return OSError(f"v3io answered {answer.status_code}: {answer.body[:200]!r}")


def committed_name(group: str) -> str:
    """The attribute of a shard that says up to where a group is done with it (v3io-protocol 2.8)."""
    return f"__{group}_committed_sequence_number"


def divide(shard_count: int, replicas: int) -> list[list[int]]:
    """The share of each replica, as v3io-go divides (v3io-protocol 6.4)."""
    step = shard_count / replicas
    bounds = [math.floor(index * step + 0.5) for index in range(replicas + 1)]
    return [list(range(first, last)) for first, last in itertools.pairwise(bounds)]


def _now() -> datetime.datetime:
    return datetime.datetime.now(datetime.UTC)
