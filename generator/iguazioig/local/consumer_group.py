"""One member of a v3io consumer group, as Nuclio's trigger is one through v3io-go 0.3.9 (v3io-protocol 6).

The group's state, who reads which shards, is an item beside the shards; members change it by compare-and-swap. What is
done with is an attribute of each shard. The clock is the members' own: v3io has no part in it.
"""

from __future__ import annotations

import datetime
import itertools
import json
import math
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from .steps import StreamTrigger

ATTEMPTS = 100
BACKOFF = (
    0.05,
    1.0,
)  # seconds: the first pause after a conflict, and the longest; each is 4 times the last
SCHEMA = "0.0.1"


class NoFreeShardsError(Exception):
    """Every share of the shards has its member: one of them must end, or time out, first."""


class EvictedError(Exception):
    """The member was taken for dead, and another one has its shards: v3io-go aborts, and Nuclio starts the trigger anew."""


@dataclass(frozen=True, slots=True)
class Record:
    """A record of a shard; `arrived` is in whole seconds since the epoch, which is all that an event tells of it."""

    shard: int
    sequence_number: int
    data: bytes
    arrived: int


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
        """Take the first share that no other member has, and say which shards that is. Raises NoFreeShardsError."""
        answer = self.client.stream.describe(*self.place)
        self._modify(answer.output.shard_count)
        assert self.shards is not None
        return self.shards

    def heartbeat(self) -> None:
        """Tell the others that this member is alive. Raises EvictedError where they thought otherwise."""
        self._modify(0)

    def leave(self) -> None:
        """Give the share back."""
        self.dead |= {self.name}
        for _ in range(ATTEMPTS):
            sessions, condition = self._read_state()
            if self._write_state(self._alive(sessions), condition):
                return

    def _modify(self, shard_count: int) -> None:
        """Read, change and write the state until nobody else came in between: v3io-protocol 6.3."""
        pause = BACKOFF[0]
        for _ in range(ATTEMPTS):
            sessions, condition = self._read_state()
            alive = self._alive(sessions)
            shards = self._share(alive, shard_count)
            others = [each for each in alive if each["member_id"] != self.name]
            mine = {
                "member_id": self.name,
                "last_heartbeat_time": _now().isoformat(),
                "shards": shards,
            }
            if self._write_state([*others, mine], condition):
                self.shards = shards
                return
            time.sleep(pause)
            pause = min(BACKOFF[1], pause * 4)
        raise NoFreeShardsError(f"the state of {self.trigger.group} changes too often")

    def _alive(self, sessions: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
        """The sessions whose members are not dead, and were heard of in time."""
        timeout = datetime.timedelta(seconds=self.trigger.session_timeout)
        return [
            each
            for each in sessions
            if each["member_id"] not in self.dead
            and _now() - datetime.datetime.fromisoformat(each["last_heartbeat_time"]) < timeout
        ]

    def _share(self, alive: Iterable[Mapping[str, Any]], shard_count: int) -> list[int]:
        """The shards of this member: the ones that it has, or the first share that is free (v3io-protocol 6.4)."""
        held = {each["member_id"]: each["shards"] for each in alive}
        if self.name in held:
            return list(held[self.name])
        taken = list(held.values())
        if self.shards is not None:
            if self.shards and self.shards in taken:
                raise EvictedError
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

    def _read_state(self) -> tuple[list[Mapping[str, Any]], str]:
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

    def _write_state(self, sessions: list[Mapping[str, Any]], condition: str) -> bool:
        state = json.dumps({"schema_version": SCHEMA, "session_states": sessions})
        answer = self.client.kv.update(
            *self.place,
            self.state_key,
            attributes={"state": state},
            condition=condition,
            raise_for_status="never",
        )
        return bool(answer.status_code == 200)

    def committed(self, shard: int) -> int | None:
        """The last sequence number that the group is done with; 0 if there is none, None if the shard is not there yet."""
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
            raise OSError(f"v3io answered {answer.body[:200]!r}")
        return int(item.get(self.committed_name, 0))

    def commit(self, shard: int, sequence_number: int) -> None:
        """Say that a shard is done with up to a record."""
        self.client.kv.update(
            *self.place,
            str(shard),
            attributes={self.committed_name: sequence_number},
            condition="__obj_type == 3",
        )

    def seek(self, shard: int, after: int, otherwise: str) -> str:
        """The location behind a record, or where the group has none: `earliest` or `latest`."""
        if after:
            options = {"seek_type": "SEQUENCE", "starting_sequence_number": after + 1}
        else:
            options = {"seek_type": otherwise.upper()}
        return str(self.client.stream.seek(*self.place, shard, **options).output.location)

    def read(self, shard: int, location: str) -> tuple[list[Record], str]:
        """The next records, at most a batch of them, and the location behind."""
        answer = self.client.stream.get_records(
            *self.place,
            shard,
            location,
            limit=self.trigger.read_batch_size,
            raise_for_status="never",
        )
        if answer.status_code >= 300:
            if b"IllegalLocationException" not in answer.body:
                raise OSError(f"v3io answered {answer.status_code}: {answer.body[:200]!r}")
            # Retention has taken it: go on with what is left, as v3io-go does.
            return [], self.seek(shard, 0, "earliest")
        records = [
            Record(shard, each.sequence_number, bytes(each.data), each.arrival_time_sec)
            for each in answer.output.records
        ]
        return records, str(answer.output.next_location)


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
