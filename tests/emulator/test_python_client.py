"""v3io's own Python client, which users' steps and `setup_streams.py` speak with."""

from __future__ import annotations

import datetime
from array import array
from collections.abc import Iterator
from typing import Any

import pytest
from iguazioig.emulator import V3io
from v3io.dataplane import Client
from v3io.dataplane.response import HttpResponseError

CONTAINER, STREAM = "projects", "/orders/streams/orders"


@pytest.fixture
def client(either_v3io: V3io) -> Iterator[Any]:
    made = Client(
        endpoint=either_v3io.url, access_key=either_v3io.access_key, logger_verbosity="CRITICAL"
    )
    yield made
    made.close()


@pytest.fixture
def stream(client: Any) -> Any:
    """The client's streams, with one of 8 shards."""
    answer = client.stream.create(CONTAINER, STREAM, shard_count=8)
    assert answer.status_code == 204
    return client.stream


def status(error: pytest.ExceptionInfo[HttpResponseError]) -> int:
    return int(error.value.status_code)


def read(stream: Any, shard: int, **seek: Any) -> tuple[Any, list[Any]]:
    seek = seek or {"seek_type": "EARLIEST"}
    location = stream.seek(CONTAINER, STREAM, shard, **seek).output.location
    output = stream.get_records(CONTAINER, STREAM, shard, location).output
    return output, output.records


def test_a_stream_has_its_life(stream: Any) -> None:
    described = stream.describe(CONTAINER, STREAM).output
    assert (described.shard_count, described.retention_period_hours) == (8, 24)
    assert stream.update(CONTAINER, STREAM, shard_count=16).status_code == 204
    assert stream.describe(CONTAINER, STREAM).output.shard_count == 16
    stream.put_records(CONTAINER, STREAM, [{"data": "x", "shard_id": shard} for shard in range(16)])
    assert stream.delete(CONTAINER, STREAM).status_code == 204
    with pytest.raises(HttpResponseError) as error:
        stream.describe(CONTAINER, STREAM)
    assert status(error) == 404


def test_a_stream_that_is_there_is_not_made_again(stream: Any) -> None:
    with pytest.raises(HttpResponseError) as error:
        stream.create(CONTAINER, STREAM, shard_count=8)
    assert status(error) == 409


def test_deleting_no_stream(client: Any) -> None:
    assert client.stream.delete(CONTAINER, "/no/stream", raise_for_status=[404]).status_code == 404


def test_records_are_put_and_some_fail(stream: Any) -> None:
    records = [
        {"shard_id": 1, "data": "first shard", "client_info": b"info"},
        {"shard_id": 100, "data": "no such shard"},
        {"partition_key": "bob", "data": b"\0\1"},
        {"data": "anywhere"},
    ]
    output = stream.put_records(CONTAINER, STREAM, records).output
    assert output.failed_record_count == 1
    assert [record.error_code is None for record in output.records] == [True, False, True, True]
    assert output.records[0].shard_id == 1
    assert output.records[0].sequence_number == 1
    assert output.records[1].error_message == "ShardIDOutOfRangeException"
    _, (first, *_) = read(stream, 1)
    assert (first.data, first.client_info, first.partition_key) == (b"first shard", b"info", None)
    _, records = read(stream, output.records[2].shard_id)
    assert (b"\0\1", "bob") in [(record.data, record.partition_key) for record in records]


def test_records_are_read_from_anywhere(stream: Any) -> None:
    for number in range(10):
        stream.put_records(CONTAINER, STREAM, [{"shard_id": 3, "data": f"record {number}"}])
    output, records = read(stream, 3)
    assert [record.data for record in records] == [
        f"record {number}".encode() for number in range(10)
    ]
    assert [record.sequence_number for record in records] == list(range(1, 11))
    assert (output.records_behind_latest, output.msec_behind_latest) == (0, 0)
    _, records = read(stream, 3, seek_type="SEQUENCE", starting_sequence_number=8)
    assert len(records) == 3
    _, records = read(stream, 3, seek_type="LATEST")
    assert records == []
    _, records = read(stream, 3, seek_type="TIME", timestamp_sec=0, timestamp_nsec=0)
    assert len(records) == 10
    location = stream.seek(CONTAINER, STREAM, 3, "EARLIEST").output.location
    first = stream.get_records(CONTAINER, STREAM, 3, location, limit=4).output
    rest = stream.get_records(CONTAINER, STREAM, 3, first.next_location).output
    assert (len(first.records), first.records_behind_latest, len(rest.records)) == (4, 6, 6)


def test_a_shard_without_records_is_not_there(stream: Any) -> None:
    with pytest.raises(HttpResponseError, match="ResourceNotFoundException") as error:
        stream.seek(CONTAINER, STREAM, 0, "EARLIEST")
    assert status(error) == 404


def test_a_record_that_is_too_large(stream: Any) -> None:
    output = stream.put_records(
        CONTAINER, STREAM, [{"data": "x" * 3 * 1024 * 1024}, {"data": "x"}]
    ).output
    assert output.failed_record_count == 1


def test_objects(client: Any) -> None:
    path = "/folder/object.txt"
    assert client.object.put(CONTAINER, "/folder/").status_code == 200
    client.object.put(CONTAINER, path, body="some contents")
    client.object.put(CONTAINER, path, body=b" and more", append=True)
    assert client.object.get(CONTAINER, path).body == b"some contents and more"
    assert client.object.get(CONTAINER, path, offset=5).body == b"contents and more"
    assert client.object.get(CONTAINER, path, offset=5, num_bytes=8).body == b"contents"
    assert dict(client.object.head(CONTAINER, path).headers)["Content-Length"] == "22"
    assert dict(client.object.head(CONTAINER, "/folder").headers)["Content-Length"] == "0"
    assert client.object.delete(CONTAINER, path).status_code == 204
    for missing in (client.object.get, client.object.head, client.object.delete):
        with pytest.raises(HttpResponseError) as error:
            missing(CONTAINER, path)
        assert status(error) == 404


def test_listings(client: Any) -> None:
    for name in ("a", "b", "c", "d/e"):
        client.object.put(CONTAINER, f"/folder/{name}", body=name)
    output = client.container.list(CONTAINER, "/folder").output
    assert [content.key for content in output.contents] == ["folder/a", "folder/b", "folder/c"]
    assert [prefix.prefix for prefix in output.common_prefixes] == ["folder/d/"]
    assert output.is_truncated == "false"
    page = client.container.list(CONTAINER, "/folder", limit=2, get_all_attributes=True).output
    assert (len(page.contents), page.is_truncated) == (2, "true")
    rest = client.container.list(CONTAINER, "/folder", marker=page.next_marker).output
    assert [content.key for content in rest.contents] == ["folder/c"]
    folders = client.container.list(CONTAINER, "/folder", directories_only=True).output
    assert folders.contents == []
    with pytest.raises(HttpResponseError, match="No such file"):
        client.container.list(CONTAINER, "/nowhere")


def test_containers(client: Any) -> None:
    found = client.get_containers().output.containers
    assert [container.name for container in found] == ["bigdata", "projects", "users"]
    for verb in (client.object.get, client.object.put, client.object.delete):
        with pytest.raises(HttpResponseError, match="Container not found"):
            verb("nowhere", "/object")


def test_items_of_every_type(client: Any) -> None:
    item = {
        "whole": 42,
        "part": -1.5,
        "text": "tèxt",
        "bytes": b"\0\xff",
        "no": False,
        "yes": True,
        "when": datetime.datetime(2026, 11, 25, 4, 30, 15, 123456, tzinfo=datetime.UTC),
        "numbers": [1, 2, 3],
        "parts": array("d", [0.5, 1.5]),
    }
    client.kv.put(CONTAINER, "table", "key", item)
    got = client.kv.get(CONTAINER, "table", "key").output.item
    assert got == {**item, "parts": [0.5, 1.5]}
    assert client.kv.get(
        CONTAINER, "table", "key", attribute_names=["text", "__size"]
    ).output.item == {
        "text": "tèxt",
        "__size": 0,
    }


def test_items_are_updated(client: Any) -> None:
    client.kv.put(CONTAINER, "table", "key", {"age": 42, "list": [1, 2, 3], "floats": [0.5, 0.25]})
    client.kv.update(CONTAINER, "table", "key", attributes={"more": "x"})
    client.kv.update(CONTAINER, "table", "key", expression="age = age + 1")
    client.kv.update(CONTAINER, "table", "key", expression="list[1]=list[1]*2")
    client.kv.update(CONTAINER, "table", "key", expression="floats[0]=floats[0]*3")
    client.kv.update(
        CONTAINER,
        "table",
        "key",
        expression="age = 0",
        condition="age < 10",
        alternate_expression="old = true",
    )
    got = client.kv.get(CONTAINER, "table", "key").output.item
    assert got == {"age": 43, "list": [1, 4, 3], "floats": [1.5, 0.25], "more": "x", "old": True}
    with pytest.raises(HttpResponseError) as error:
        client.kv.put(CONTAINER, "table", "key", {"age": 1}, condition="age > 100")
    assert status(error) == 400


def test_tables_are_scanned(client: Any) -> None:
    for number in range(25):
        client.kv.put(CONTAINER, "table", f"key{number:02}", {"n": number, "odd": number % 2})
    cursor = client.kv.new_cursor(CONTAINER, "table/", filter_expression="odd == 1")
    assert sorted(item["n"] for item in cursor.all()) == list(range(1, 25, 2))
    cursor = client.kv.new_cursor(CONTAINER, "table", attribute_names=["n"], limit=7)
    assert list(cursor.all()) == [{"n": number} for number in range(7)]
    output = client.kv.scan(CONTAINER, "table", limit=10).output
    assert (len(output.items), output.last) == (10, False)
    rest = client.kv.scan(CONTAINER, "table", marker=output.next_marker).output
    assert (len(rest.items), rest.last) == (15, True)
    parts = [
        client.kv.scan(CONTAINER, "table", segment=segment, total_segments=3).output.items
        for segment in range(3)
    ]
    assert sum(len(part) for part in parts) == 25
    named = client.kv.scan(CONTAINER, table_name="table", table_path="/").output.items
    assert len(named) == 25


def test_a_schema(client: Any) -> None:
    client.kv.put(CONTAINER, "table", "key", {"n": 1})
    fields = [{"name": "n", "type": "long", "nullable": False}]
    assert (
        client.kv.create_schema(CONTAINER, "table", key="__name", fields=fields).status_code == 200
    )
    names = [item["__name"] for item in client.kv.new_cursor(CONTAINER, "table").all()]
    assert names == [".#schema", "key"]
    assert client.kv.delete(CONTAINER, "table", "key").status_code == 204


def test_a_batch_uses_every_connection(client: Any) -> None:
    client.stream.create(CONTAINER, STREAM, shard_count=4)
    for number in range(100):
        client.batch.stream.put_records(
            CONTAINER, STREAM, [{"data": str(number), "shard_id": number % 4}]
        )
    answers = client.batch.wait()
    assert [answer.status_code for answer in answers] == [200] * 100
    found = [record.data for shard in range(4) for record in read(client.stream, shard)[1]]
    assert sorted(found, key=int) == [str(number).encode() for number in range(100)]
