"""Members of a consumer group: who reads what, and from where on (v3io-protocol 6)."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
import v3io.dataplane
from hypothesis import given
from hypothesis import strategies as st
from iguazioig import emulator
from iguazioig.emulator import paths, streams
from iguazioig.emulator.retention import HOUR, trim
from iguazioig.local.claims import Claim
from iguazioig.local.consumer_group import (
    ConflictError,
    EvictedError,
    Member,
    NoFreeShardsError,
    divide,
)
from iguazioig.local.steps import StreamTrigger

STREAM = ("projects", "/demo/in")
TRIGGER = StreamTrigger(
    name="in", container="projects", path="/demo/in", group="step", workers=1, seek_to="latest", read_batch_size=3
)  # fmt: skip


@pytest.fixture
def server() -> Iterator[emulator.V3io]:
    with emulator.serve() as v3io:
        v3io.create_stream(*STREAM, shards=4, retention_hours=1)
        yield v3io


Make = Callable[..., Member]


@pytest.fixture
def member(server: emulator.V3io) -> Iterator[Make]:
    """Makes members of the group."""
    client = v3io.dataplane.Client(
        endpoint=server.url, access_key=server.access_key, max_connections=1
    )

    def make(name: str, *, replicas: int = 2, dead: tuple[str, ...] = (), **changes: Any) -> Member:
        return Member(client, replace(TRIGGER, **changes), name, replicas, dead)

    yield make
    client.close()


def sessions(server: emulator.V3io) -> dict[str, list[int]]:
    client = v3io.dataplane.Client(
        endpoint=server.url, access_key=server.access_key, max_connections=1
    )
    state = client.kv.get("projects", "demo/in", "step-state.json").output.item["state"]
    client.close()
    return {each["member_id"]: each["shards"] for each in json.loads(state)["session_states"]}


@pytest.mark.parametrize(
    ("shards", "replicas", "expected"),
    [
        (4, 2, [[0, 1], [2, 3]]),
        (4, 3, [[0], [1, 2], [3]]),
        (5, 2, [[0, 1, 2], [3, 4]]),
        (2, 4, [[0], [], [1], []]),
    ],
)
def test_shares_are_those_of_the_go_client(
    shards: int, replicas: int, expected: list[list[int]]
) -> None:
    assert divide(shards, replicas) == expected


@given(st.integers(1, 300), st.integers(1, 100))
def test_every_shard_has_one_replica(shards: int, replicas: int) -> None:
    assert [each for share in divide(shards, replicas) for each in share] == list(range(shards))


def test_members_share_the_shards(server: emulator.V3io, member: Make) -> None:
    assert member("one").join() == [0, 1]
    assert member("two").join() == [2, 3]
    assert sessions(server) == {"one": [0, 1], "two": [2, 3]}


def test_a_member_too_many_has_to_wait(member: Make) -> None:
    member("one").join()
    member("two").join()
    with pytest.raises(NoFreeShardsError, match="all 2 shares of projects/demo/in have a member"):
        member("three").join()


def test_a_replica_without_shards_is_a_member_too(server: emulator.V3io, member: Make) -> None:
    shares = [member(name, replicas=5).join() for name in ("a", "b", "c", "d", "e")]
    assert sorted(shares) == [[], [0], [1], [2], [3]]


def test_the_share_of_a_member_that_is_known_to_be_dead_is_free_at_once(member: Make) -> None:
    member("one").join()
    member("two").join()
    assert member("three", dead=("one",)).join() == [0, 1]


def test_a_member_that_leaves_gives_its_share_back(server: emulator.V3io, member: Make) -> None:
    first = member("one")
    first.join()
    member("two").join()
    first.leave()
    assert sessions(server) == {"two": [2, 3]}
    assert member("three").join() == [0, 1]


def test_a_member_that_was_not_heard_of_in_time_loses_its_share(member: Make) -> None:
    late = member("one", session_timeout=0.0)
    late.join()
    hasty = member("two", session_timeout=0.0)
    assert hasty.join() == [0, 1], "whoever writes next drops those who are late"
    with pytest.raises(EvictedError):
        member_again(late)


def member_again(late: Member) -> None:
    """A heartbeat of a member whose share has another one by now."""
    late.trigger = replace(late.trigger, session_timeout=60.0)
    late.heartbeat()


def test_a_heartbeat_changes_nothing_but_the_time(server: emulator.V3io, member: Make) -> None:
    first = member("one")
    first.join()
    member("two").join()
    first.heartbeat()
    assert sessions(server) == {"one": [0, 1], "two": [2, 3]}


def put(server: emulator.V3io, *bodies: bytes) -> None:
    """Put records into one shard: they have one key."""
    server.put(*STREAM, [{"key": "k", "body": body.decode()} for body in bodies], key="key")


def claim_of(server: emulator.V3io, joined: Member) -> Claim:
    put(server, b"which shard?")
    (shard,) = server.ends(*STREAM)
    return Claim(joined, shard)


def bodies(claim: Claim) -> list[str]:
    found = [json.loads(record.data)["body"] for record in claim.records]
    claim.records.clear()
    return found


def test_latest_begins_behind_what_is_there(server: emulator.V3io, member: Make) -> None:
    claim = claim_of(server, member("one", replicas=1))
    assert claim.read() is False
    put(server, b"new")
    assert claim.read() is True
    assert bodies(claim) == ["new"]


def test_earliest_begins_with_what_is_there_a_batch_at_a_time(
    server: emulator.V3io, member: Make
) -> None:
    claim = claim_of(server, member("one", replicas=1, seek_to="earliest"))
    put(server, b"2", b"3", b"4", b"5")
    claim.read()
    assert bodies(claim) == ["which shard?", "2", "3"]
    claim.read()
    assert bodies(claim) == ["4", "5"]


def test_a_shard_that_comes_while_one_looks_is_read_from_its_beginning(
    server: emulator.V3io, member: Make
) -> None:
    put(server, b"which shard?")
    (shard,) = server.ends(*STREAM)
    other = (shard + 1) % 4
    claim = Claim(member("one", replicas=1), other)
    assert claim.read() is False
    assert (claim.is_absent, claim.location) == (True, None)
    client = v3io.dataplane.Client(
        endpoint=server.url, access_key=server.access_key, max_connections=1
    )
    client.stream.put_records(*STREAM, [{"shard_id": other, "data": b"first"}])
    client.close()
    assert claim.read() is True
    assert [record.data for record in claim.records] == [b"first"]


def test_what_is_committed_is_not_read_again(server: emulator.V3io, member: Make) -> None:
    first = claim_of(server, member("one", replicas=1, seek_to="earliest"))
    put(server, b"2")
    first.read()
    first.done = 1
    first.commit()
    assert server.committed(*STREAM, "step") == {first.shard: 1}
    second = Claim(member("two", replicas=1, seek_to="earliest"), first.shard)
    second.read()
    assert bodies(second) == ["2"]
    assert (second.done, second.committed) == (1, 1)


def test_a_location_that_is_no_more_leads_to_the_earliest_record(
    server: emulator.V3io, member: Make
) -> None:
    claim = claim_of(server, member("one", replicas=1, seek_to="earliest"))
    claim.read()
    bodies(claim)
    claim.location = "bm93aGVyZQ=="
    assert claim.read() is True
    assert bodies(claim) == ["which shard?"]


def test_what_was_there_before_latest_is_passed_over(server: emulator.V3io, member: Make) -> None:
    claim = claim_of(server, member("one", replicas=1))
    assert claim.read() is False
    assert (claim.begun, claim.done) == (1, 0)


def take_all(server: emulator.V3io) -> None:
    """Let retention take all records that are there."""

    def take(service: Any) -> None:
        stream = streams.find(service.store, paths.of("projects", "demo/in"))
        with service.store.transaction():
            trim(service.store, stream, service.store.now() + 2 * HOUR)

    server._thread.do(take)


def test_what_retention_took_before_it_was_read_is_passed_over(
    server: emulator.V3io, member: Make
) -> None:
    claim = claim_of(server, member("one", replicas=1, seek_to="earliest"))
    claim.read()
    bodies(claim)
    claim.finish(1)
    put(server, b"2", b"3")
    take_all(server)
    assert claim.read(end=3) is False
    assert claim.begun == 3
    put(server, b"4")
    take_all(server)
    put(server, b"5")
    assert claim.read(end=5) is True
    assert (claim.begun, bodies(claim)) == (4, ["5"])


def test_a_record_in_hand_is_not_passed_over_with_what_retention_took_behind_it(
    server: emulator.V3io, member: Make
) -> None:
    claim = claim_of(server, member("one", replicas=1, seek_to="earliest"))
    claim.read()
    bodies(claim)
    claim.in_flight = True
    put(server, b"2", b"3")
    take_all(server)
    assert claim.read(end=3) is False
    assert claim.begun == 0
    claim.finish(1)
    assert (claim.begun, claim.done) == (3, 1)


def test_a_state_that_others_change_all_the_time_is_an_error_soon(
    server: emulator.V3io, member: Make
) -> None:
    joined = member("one")
    joined.join()
    joined.read_state = lambda: ([], "not(exists(state))")  # type: ignore[method-assign]
    with pytest.raises(ConflictError, match="the state of step changes too often"):
        joined.heartbeat()


def test_a_platform_that_refuses_a_heartbeat_is_not_asked_again_and_again(
    server: emulator.V3io, member: Make
) -> None:
    joined = member("one")
    joined.join()
    busy = server.faults.add(kind="status", status=503, function="PutItem")
    with pytest.raises(OSError, match="v3io answered 503"):
        joined.heartbeat()
    assert busy.hits == 1
    server.faults.clear()
    joined.heartbeat()


def test_a_platform_that_refuses_is_an_error_and_nothing_is_lost(
    server: emulator.V3io, member: Make
) -> None:
    claim = claim_of(server, member("one", replicas=1, seek_to="earliest"))
    server.faults.add(kind="status", status=503, function="GetRecords", next=1)
    with pytest.raises(OSError, match="v3io answered 503"):
        claim.read()
    assert claim.read() is True
