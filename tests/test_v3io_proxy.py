"""The proxy before the embedded v3io: the real client gets what v3io says, or what a test says in its place."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import platforms
import pytest
from iguazioig.emulator import ACCESS_KEY, V3io, V3ioError, serve
from v3io.dataplane.response import HttpResponseError
from v3io_proxy import Proxy, stand_before

PATH = "/fraud/streams/scores"


@pytest.fixture
def v3io() -> Iterator[V3io]:
    with serve(access_key=ACCESS_KEY) as endpoint:
        yield endpoint


@pytest.fixture
def proxy(v3io: V3io) -> Iterator[Proxy]:
    with stand_before(v3io) as between:
        yield between


@pytest.fixture
def client(proxy: Proxy) -> Iterator[Any]:
    with platforms.connect(proxy) as client:
        yield client


def test_what_is_asked_is_written_down_and_passed_on(v3io: V3io, proxy: Proxy, client: Any) -> None:
    client.stream.create("projects", PATH, 2)
    client.stream.put_records("projects", PATH, [{"data": "hi", "partition_key": "ключ"}])
    listing = client.container.list("projects", "/fraud/streams/").output

    created, put, listed = proxy.requests
    assert (created.function, created.container, created.path, created.status) == (
        "CreateStream",
        "projects",
        "fraud/streams/scores",
        204,
    )
    assert created.body == {"ShardCount": 2, "RetentionPeriodHours": 24}
    assert put.body == {"Records": [{"Data": "aGk=", "PartitionKey": "ключ"}]}
    assert (listed.function, listed.container, listed.path) == ("GET", "projects", "")
    assert [each.prefix for each in listing.common_prefixes] == ["fraud/streams/scores/"]
    assert [each.data for each in v3io.records("projects", PATH)] == [b"hi"]


def test_answers_are_given_in_turn_and_then_those_of_v3io(
    v3io: V3io, proxy: Proxy, client: Any
) -> None:
    v3io.create_stream("projects", PATH)
    proxy.answer(V3ioError(413, -1, "too large"), None, (200, b"<html>"))
    put = [{"data": "x"}]

    with pytest.raises(HttpResponseError, match="too large") as error:
        client.stream.put_records("projects", PATH, put)
    answers = [
        client.stream.put_records("projects", PATH, put, raise_for_status="never").body
        for _ in range(3)
    ]

    assert error.value.status_code == 413
    assert [each[:6] for each in answers] == [b'{"Fail', b"<html>", b'{"Fail']
    assert [each.status for each in proxy.requests] == [413, 200, 200, 200]
    assert len(v3io.records("projects", PATH)) == 2


@pytest.mark.parametrize(("kind", "copies"), [("drop-before", 1), ("drop-after", 2)])
def test_a_connection_that_v3io_ends_is_ended(
    v3io: V3io, proxy: Proxy, client: Any, kind: str, copies: int
) -> None:
    v3io.create_stream("projects", PATH)
    v3io.faults.add(kind=kind, next=1)

    client.stream.put_records("projects", PATH, [{"data": "x"}])

    assert [each.status for each in proxy.requests] == [None, 200]
    assert len(v3io.records("projects", PATH)) == copies


def test_before_it_listens_connections_are_refused(v3io: V3io) -> None:
    with stand_before(v3io, listen=False) as proxy, platforms.connect(proxy) as client:
        with pytest.raises(ConnectionRefusedError):
            client.stream.describe("projects", PATH)

        proxy.server.listen()

        assert client.stream.create("projects", PATH, 1).status_code == 204
