"""The fake web API with what Nuclio's v3ioStream trigger asks of it: v3io-protocol 0.3, 3.1-3.4 and 6.

with serve() as v3io:
    v3io.create("projects", "fraud/streams/transactions", shards=4)
    …                                                        # a processor that reads it
    v3io.members("projects", "…/transactions", "score")      # who reads which shards
    v3io.committed("projects", "…/transactions", "score")    # up to where, by shard
    v3io.is_done("projects", "…/transactions", "score")      # whether that is everything
"""

from __future__ import annotations

import base64
import contextlib
import json
import re
import time
from collections.abc import Iterator
from typing import Any

import v3io_endpoint
from v3io_endpoint import INVALID_ARGUMENT, Fault, V3ioError

SHARD = "3"  # `__obj_type` of a shard: v3io-protocol 2.8

Item = dict[str, dict[str, str]]
Answer = tuple[int, bytes, dict[str, str]]


class ConsumerV3io(v3io_endpoint.V3io):
    """A fake web API that also keeps items: the state of each consumer group, and the attributes of shards."""

    def __init__(self) -> None:
        super().__init__()
        self.items: dict[tuple[str, str], Item] = {}
        self._written_at = 0
        self.server.RequestHandlerClass = type("Handler", (_Handler,), {"v3io": self})

    def write(self, container: str, path: str, messages: list[bytes], key: str) -> None:
        """Put messages into a stream; `key` is the key of a message that has its partition key."""
        records = [
            {"Data": base64.b64encode(data).decode(), "PartitionKey": json.loads(data)[key]}
            for data in messages
        ]
        self.answer("PutRecords", container, path.strip("/"), {"Records": records}, None)

    def is_done(self, container: str, path: str, group: str) -> bool:
        """Whether a consumer group is done with everything in a stream."""
        return self.committed(container, path, group) == self.ends(container, path)

    def recover(self) -> None:
        """Answer again, whatever was said to fail."""
        self._faults.clear()

    def members(self, container: str, path: str, group: str) -> dict[str, list[int]]:
        """The shards of each member of a consumer group."""
        item = self.items.get((container, f"{path.strip('/')}/{group}-state.json"))
        states = json.loads(item["state"]["S"])["session_states"] if item else []
        return {state["member_id"]: state["shards"] for state in states}

    def committed(self, container: str, path: str, group: str) -> dict[int, int]:
        """The last sequence number that a consumer group is done with, by shard."""
        name = f"__{group}_committed_sequence_number"
        with self._lock:
            shards = self.streams[container, path.strip("/")].written
            items = {shard: self._item(container, f"{path}/{shard}") or {} for shard in shards}
        return {shard: int(item[name]["N"]) for shard, item in items.items() if name in item}

    def ends(self, container: str, path: str) -> dict[int, int]:
        """The last sequence number that was written, by shard."""
        with self._lock:
            shards = self.streams[container, path.strip("/")].written
            return {shard: len(records) for shard, records in shards.items()}

    def answer(
        self, function: str, container: str, path: str, body: Any, fault: Fault | None
    ) -> tuple[int, bytes]:
        if function == "HEAD":
            return (200 if (container, path) in self.streams else 404), b""
        if function == "GetRecords" and not body["Location"]:
            # A claim that is closed while it waits for its shard really asks this: v3io-protocol 2.6.
            raise V3ioError(400, -201326596, "IllegalLocationException")
        return super().answer(function, container, path, body, fault)

    def get_item(self, container: str, path: str, body: Any) -> Answer:
        with self._lock:
            item = self._item(container, path)
        if item is None:
            raise V3ioError(404, -2, "No such file or directory")
        names = [name.strip() for name in body["AttributesToGet"].split(",")]
        found = {name: item[name] for name in names if name in item}
        return 200, json.dumps({"Item": found}).encode(), _verifier(item)

    def put_item(self, container: str, path: str, body: Any) -> Answer:
        """Check and write in one: that is what members of a group agree by (v3io-protocol 6.3)."""
        with self._lock:
            before = self._item(container, path) or {}
            if not holds(body.get("ConditionExpression", ""), before):
                raise V3ioError(400, -16777244, "condition is false (16777244)")
            kept = before if body.get("UpdateMode") == "CreateOrReplaceAttributes" else {}
            item = {**kept, **body["Item"], **self._now()}
            self.items[container, path.strip("/")] = item
        return 200, b"", _verifier(item)

    def _item(self, container: str, path: str) -> Item | None:
        """An item as it is stored; a shard is one from its first record on (v3io-protocol 0.3)."""
        folder, _, name = path.strip("/").rpartition("/")
        item = self.items.get((container, path.strip("/")))
        stream = self.streams.get((container, folder))
        if stream is None or not name.isdigit():
            return item
        if int(name) not in stream.written:
            return None
        return {**(item or self._now()), "__obj_type": {"N": SHARD}}

    def _now(self) -> Item:
        """The time of a change, later than that of any change before."""
        self._written_at = max(time.time_ns(), self._written_at + 1)
        secs, nsecs = divmod(self._written_at, 10**9)
        return {"__mtime_secs": {"N": str(secs)}, "__mtime_nsecs": {"N": str(nsecs)}}


class _Handler(v3io_endpoint._Handler):
    """HTTP around `ConsumerV3io`."""

    v3io: ConsumerV3io
    do_HEAD = v3io_endpoint._Handler.serve  # noqa: N815

    def answer(
        self, function: str, container: str, path: str, asked: Any, fault: Fault | None
    ) -> Answer | None:
        items = {"GetItem": self.v3io.get_item, "PutItem": self.v3io.put_item}
        if function not in items:
            return super().answer(function, container, path, asked, fault)
        try:
            return items[function](container, path, asked)
        except V3ioError as error:
            return error.status, error.body, {}


def holds(condition: str, item: Item) -> bool:
    """Whether an item meets a condition, of the three forms that a consumer group sends (v3io-protocol 3.8)."""
    if condition in ("", "not(exists(state))"):
        return condition == "" or "state" not in item
    comparisons = [
        re.fullmatch(r"\(?(\w+) ?== ?(\d+)\)?", each)
        for each in re.split(" and ", condition, flags=re.IGNORECASE)
    ]
    if None in comparisons:
        raise V3ioError(400, *INVALID_ARGUMENT)
    return all(item.get(each[1]) == {"N": each[2]} for each in comparisons if each)


def _verifier(item: Item) -> dict[str, str]:
    """The header that says when an item changed, as a condition (v3io-protocol 3.3)."""
    secs, nsecs = item["__mtime_secs"]["N"], item["__mtime_nsecs"]["N"]
    return {"X-v3io-transaction-verifier": f"__mtime_secs=={secs} and __mtime_nsecs=={nsecs}"}


@contextlib.contextmanager
def serve() -> Iterator[ConsumerV3io]:
    """A web API for as long as the block runs."""
    v3io = ConsumerV3io()
    try:
        v3io.server.listen()
        yield v3io
    finally:
        v3io.server.stop()
