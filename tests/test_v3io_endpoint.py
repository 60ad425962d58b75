"""The fake web API against the real client: what v3io-py 0.7 sends is understood, what it gets is what it expects."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import v3io.dataplane
from v3io.dataplane.response import HttpResponseError
from v3io.dataplane.transport import httpclient
from v3io_endpoint import ACCESS_KEY, INVALID_ARGUMENT, V3io, serve

PATH = "/fraud/streams/scores"


@pytest.fixture
def v3io_api() -> Iterator[V3io]:
    with serve() as endpoint:
        yield endpoint


@pytest.fixture
def client(v3io_api: V3io) -> Iterator[v3io.dataplane.Client]:
    client = connect(v3io_api)
    yield client
    client.close()


def connect(endpoint: V3io, **kwargs: object) -> v3io.dataplane.Client:
    options = {"access_key": endpoint.access_key, "max_connections": 1, **kwargs}
    return v3io.dataplane.Client(endpoint=endpoint.url, **options)


def test_create_describe_update_delete(v3io_api: V3io, client: v3io.dataplane.Client) -> None:
    assert client.stream.create("projects", PATH, 4, retention_period_hours=48).status_code == 204

    shape = client.stream.describe("projects", PATH).output
    assert (shape.shard_count, shape.retention_period_hours) == (4, 48)

    assert client.stream.update("projects", PATH, 8).status_code == 204
    assert client.stream.describe("projects", PATH).output.shard_count == 8

    client.stream.put_records("projects", PATH, [{"data": "x", "shard_id": 3}])
    v3io_api.put("projects", f"{PATH}/score-state.json")
    assert client.stream.delete("projects", PATH).status_code == 204
    assert client.stream.describe("projects", PATH, raise_for_status="never").status_code == 404
    assert [(each.function, each.path) for each in v3io_api.requests[-5:-1]] == [
        ("GET", ""),
        ("DELETE", "fraud/streams/scores/3"),
        ("DELETE", "fraud/streams/scores/score-state.json"),
        ("DELETE", "fraud/streams/scores"),
    ]


@pytest.mark.parametrize(
    ("call", "status", "message"),
    [
        (lambda c: c.stream.create("projects", "/here", 1), 409, "ResourceInUseException"),
        (lambda c: c.stream.update("projects", "/here", 1), 400, "InvalidShardCountException"),
        (lambda c: c.stream.update("projects", "/gone", 1), 404, "ResourceNotFoundException"),
        (lambda c: c.stream.describe("projects", "/gone"), 404, "ResourceNotFoundException"),
        (lambda c: c.stream.describe("nowhere", "/here"), 404, "Container not found"),
        (
            lambda c: c.stream.put_records("projects", "/here", [{"data": ""}] * 1001),
            400,
            "InvalidArgumentException",
        ),
        (lambda c: c.container.list("projects", "/gone"), 404, "No such file or directory"),
        (lambda c: c.object.delete("projects", "/gone"), 404, "No such file or directory"),
        (lambda c: c.stream.seek("projects", "/here", 0, "EARLIEST"), 404, "ResourceNotFound"),
        (lambda c: c.stream.seek("projects", "/here", 9, "EARLIEST"), 400, "ShardIDOutOfRange"),
    ],
)
def test_errors(v3io_api: V3io, client: v3io.dataplane.Client, call, status, message) -> None:
    v3io_api.create("projects", "here", shards=2)

    with pytest.raises(HttpResponseError, match=message) as error:
        call(client)

    assert error.value.status_code == status


def test_records_are_written_and_read_back(v3io_api: V3io, client: v3io.dataplane.Client) -> None:
    v3io_api.create("projects", PATH, shards=4)
    records = [{"data": f"{n}", "partition_key": "ключ"} for n in range(3)]

    results = client.stream.put_records("projects", PATH, records).output.records

    shard = results[0].shard_id
    assert [(each.shard_id, each.sequence_number) for each in results] == [
        (shard, 1),
        (shard, 2),
        (shard, 3),
    ]
    assert {each.error_code for each in results} == {None}
    location = client.stream.seek(
        "projects", PATH, shard, "SEQUENCE", starting_sequence_number=2
    ).output.location
    read = client.stream.get_records("projects", PATH, shard, location).output
    assert [(each.sequence_number, each.data) for each in read.records] == [(2, b"1"), (3, b"2")]
    assert read.records_behind_latest == 0
    assert [each.data for each in v3io_api.records("projects", PATH)] == [b"0", b"1", b"2"]


def test_records_without_a_key_are_spread(v3io_api: V3io, client: v3io.dataplane.Client) -> None:
    v3io_api.create("projects", PATH, shards=3)

    client.stream.put_records("projects", PATH, [{"data": "x"}] * 4)

    assert [each.shard for each in v3io_api.records("projects", PATH)] == [0, 1, 2, 0]


def test_a_record_can_fail_alone(v3io_api: V3io, client: v3io.dataplane.Client) -> None:
    v3io_api.create("projects", PATH, shards=2)
    v3io_api.fail_records(0, error=INVALID_ARGUMENT)
    records = [{"data": "a"}, {"data": "b", "shard_id": 2}, {"data": "c"}]

    output = client.stream.put_records("projects", PATH, records).output

    assert output.failed_record_count == 2
    assert [each.error_message for each in output.records] == [
        "InvalidArgumentException",
        "ShardIDOutOfRangeException",
        None,
    ]
    assert [each.data for each in v3io_api.records("projects", PATH)] == [b"c"]


def test_a_listing_has_pages(v3io_api: V3io, client: v3io.dataplane.Client) -> None:
    for name in "abc":
        v3io_api.put("projects", f"folder/{name}")
    v3io_api.page = 2

    first = client.container.list("projects", "/folder/").output
    second = client.container.list("projects", "folder", marker=first.next_marker).output

    assert [each.key for each in first.contents] == ["folder/a", "folder/b"]
    assert (first.is_truncated, second.is_truncated) == ("true", "false")
    assert [each.key for each in second.contents] == ["folder/c"]


def test_a_wrong_access_key_is_denied(v3io_api: V3io) -> None:
    client = connect(v3io_api, access_key="another")

    with pytest.raises(HttpResponseError, match="Permission denied") as error:
        client.stream.describe("projects", PATH)

    assert error.value.status_code == 403
    client.close()


def test_faults_come_once_each_and_only_where_they_are_meant(
    v3io_api: V3io, client: v3io.dataplane.Client
) -> None:
    v3io_api.create("projects", PATH)
    v3io_api.fail(next=2, status=503, function="PutRecords")
    put = [{"data": "x"}]

    statuses = [
        client.stream.put_records("projects", PATH, put, raise_for_status="never").status_code
        for _ in range(3)
    ]
    v3io_api.fail(status=429, headers={"Retry-After": "7"})
    busy = client.stream.describe("projects", PATH, raise_for_status="never")

    assert statuses == [503, 503, 200]
    assert (busy.status_code, busy.headers["Retry-After"]) == (429, "7")
    assert len(v3io_api.records("projects", PATH)) == 1


def test_the_client_sends_again_when_the_connection_is_dropped(
    v3io_api: V3io, client: v3io.dataplane.Client
) -> None:
    v3io_api.create("projects", PATH)
    v3io_api.drop("before")
    client.stream.put_records("projects", PATH, [{"data": "a"}])
    v3io_api.drop("after")
    client.stream.put_records("projects", PATH, [{"data": "b"}])

    assert [each.data for each in v3io_api.records("projects", PATH)] == [b"a", b"b", b"b"]
    assert [each.status for each in v3io_api.requests] == [None, 200, None, 200]


def test_no_answer_is_a_timeout(v3io_api: V3io, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(httpclient, "_connection_timeout_seconds", 0.05)
    client = connect(v3io_api)
    v3io_api.hang(next=2)

    with pytest.raises(TimeoutError):
        client.stream.describe("projects", PATH)

    client.close()


def test_before_it_listens_connections_are_refused() -> None:
    with serve(listen=False) as endpoint:
        client = connect(endpoint)
        with pytest.raises(ConnectionRefusedError):
            client.stream.describe("projects", PATH)

        endpoint.server.listen()

        assert client.stream.create("projects", PATH, 1).status_code == 204
        client.close()


def test_what_it_is_asked_is_written_down(v3io_api: V3io, client: v3io.dataplane.Client) -> None:
    client.stream.create("projects", PATH, 2)
    client.stream.put_records("projects", PATH, [{"data": "hi", "partition_key": "k"}])

    created, put = v3io_api.requests
    assert (created.function, created.container, created.path, created.status) == (
        "CreateStream",
        "projects",
        "fraud/streams/scores",
        204,
    )
    assert created.body == {"ShardCount": 2, "RetentionPeriodHours": 24}
    assert put.body == {"Records": [{"Data": "aGk=", "PartitionKey": "k"}]}
    assert v3io_api.access_key == ACCESS_KEY
