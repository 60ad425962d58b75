"""The items of the fake web API against the real client; that Nuclio's trigger takes them is in test_processor."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import v3io.dataplane
from consumer_v3io import ConsumerV3io, serve

STREAM = "/fraud/streams/scores"
STATE = "score-state.json"


@pytest.fixture
def web_api() -> Iterator[ConsumerV3io]:
    with serve() as v3io:
        v3io.create("projects", STREAM, shards=2)
        yield v3io


@pytest.fixture
def client(web_api: ConsumerV3io) -> Iterator[v3io.dataplane.Client]:
    client = v3io.dataplane.Client(
        endpoint=web_api.url, access_key=web_api.access_key, max_connections=1
    )
    yield client
    client.close()


def get(client: v3io.dataplane.Client, name: str, *attributes: str) -> v3io.dataplane.Response:
    return client.kv.get(
        "projects", STREAM, name, attribute_names=list(attributes), raise_for_status="never"
    )


def put(
    client: v3io.dataplane.Client, name: str, attribute: str, value: object, condition: str = ""
) -> v3io.dataplane.Response:
    return client.kv.update(
        "projects",
        STREAM,
        name,
        attributes={attribute: value},
        condition=condition,
        raise_for_status="never",
    )


def test_of_two_members_one_creates_the_state(client: v3io.dataplane.Client) -> None:
    assert get(client, STATE, "state").status_code == 404
    assert put(client, STATE, "state", "mine", "not(exists(state))").status_code == 200
    refused = put(client, STATE, "state", "yours", "not(exists(state))")
    assert (refused.status_code, b"16777244" in refused.body) == (400, True)
    assert get(client, STATE, "state").output.item == {"state": "mine"}


def test_a_state_that_changed_in_the_meantime_is_not_written(client: v3io.dataplane.Client) -> None:
    put(client, STATE, "state", "first")
    read = get(client, STATE, "__mtime_secs", "__mtime_nsecs").output.item
    unchanged = (
        f"(__mtime_nsecs == {read['__mtime_nsecs']}) AND (__mtime_secs == {read['__mtime_secs']})"
    )
    assert put(client, STATE, "state", "second", unchanged).status_code == 200
    assert put(client, STATE, "state", "third", unchanged).status_code == 400
    assert get(client, STATE, "state").output.item == {"state": "second"}


def test_an_answer_says_in_a_header_when_the_item_changed(client: v3io.dataplane.Client) -> None:
    written = put(client, STATE, "state", "first").headers["X-v3io-transaction-verifier"]
    read = get(client, STATE, "__mtime_secs", "__mtime_nsecs")
    item = read.output.item
    expected = f"__mtime_secs=={item['__mtime_secs']} and __mtime_nsecs=={item['__mtime_nsecs']}"
    assert written == read.headers["X-v3io-transaction-verifier"] == expected
    assert put(client, STATE, "state", "second", written).status_code == 200


def test_a_shard_is_an_item_from_its_first_record_on(
    web_api: ConsumerV3io, client: v3io.dataplane.Client
) -> None:
    assert get(client, "1", "__obj_type").status_code == 404
    client.stream.put_records("projects", STREAM, [{"data": "x", "shard_id": 1}] * 3)
    assert get(client, "1", "__obj_type").output.item == {"__obj_type": 3}

    name = "__score_committed_sequence_number"
    assert put(client, "1", name, 2, "__obj_type == 3").status_code == 200
    assert web_api.committed("projects", STREAM, "score") == {1: 2}
    assert web_api.ends("projects", STREAM) == {1: 3}
    assert [record.data for record in web_api.records("projects", STREAM)] == [b"x"] * 3


def test_an_empty_location_is_not_the_start(client: v3io.dataplane.Client) -> None:
    client.stream.put_records("projects", STREAM, [{"data": "x", "shard_id": 0}])
    read = client.stream.get_records("projects", STREAM, 0, "", raise_for_status="never")
    assert (read.status_code, b"IllegalLocationException" in read.body) == (400, True)


def test_a_condition_that_is_not_understood_is_an_error(client: v3io.dataplane.Client) -> None:
    put(client, STATE, "state", "first")
    refused = put(client, STATE, "state", "second", "state < 'x'")
    assert (refused.status_code, b"InvalidArgument" in refused.body) == (400, True)
