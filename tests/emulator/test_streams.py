"""v3io-protocol 2.1 to 2.4, 2.7 to 2.10 over the wire."""

from __future__ import annotations

import base64
from collections import Counter
from typing import Any

import pytest
from iguazioig.emulator import V3io
from wire import Answer, ask, call, encoded, put

STREAM = "/projects/orders/streams/orders"
OUT_OF_RANGE = {"ErrorCode": -201326594, "ErrorMessage": "ShardIDOutOfRangeException"}


def create(v3io: V3io, shards: int = 4, **fields: Any) -> None:
    made = call(v3io, "CreateStream", f"{STREAM}/", ShardCount=shards, **fields)
    assert (made.status, made.body) == (204, b"")


def shards_of(answer: Answer) -> list[int]:
    assert answer.status == 200
    assert answer.json["FailedRecordCount"] == 0
    return [record["ShardId"] for record in answer.json["Records"]]


def test_a_stream_is_created_and_described(either_v3io: V3io) -> None:
    create(either_v3io, 8, RetentionPeriodHours=72)
    described = call(either_v3io, "DescribeStream", STREAM)
    assert described.status == 200
    assert described.json == {"ShardCount": 8, "RetentionPeriodHours": 72}


def test_without_fields_a_stream_has_one_shard_for_a_day(v3io: V3io) -> None:
    assert call(v3io, "CreateStream", STREAM).status == 204
    assert call(v3io, "DescribeStream", STREAM).json == {
        "ShardCount": 1,
        "RetentionPeriodHours": 24,
    }


def test_the_name_may_be_in_the_body(v3io: V3io) -> None:
    assert call(v3io, "CreateStream", "/projects/a/", StreamName="b", ShardCount=2).status == 204
    assert call(v3io, "DescribeStream", "/projects", StreamName="a/b").json["ShardCount"] == 2


def test_an_existing_path_is_in_use(v3io: V3io) -> None:
    create(v3io)
    status, _, message = call(v3io, "CreateStream", STREAM, ShardCount=4).error
    assert (status, message) == (409, "ResourceInUseException")
    for folder in ("/projects/orders", "/projects/"):
        assert call(v3io, "CreateStream", folder, ShardCount=1).status == 409


@pytest.mark.parametrize(
    "fields",
    [
        {"ShardCount": 0},
        {"ShardCount": 4097},
        {"ShardCount": "4"},
        {"ShardCount": True},
        {"ShardCount": 2.0},
        {"ShardCount": 1, "RetentionPeriodHours": 0},
        {"ShardCount": 1, "RetentionPeriodHours": 8761},
        {"StreamName": 5},
    ],
)
def test_what_no_stream_can_be_is_refused(v3io: V3io, fields: dict[str, Any]) -> None:
    status, code, message = call(v3io, "CreateStream", STREAM, **fields).error
    assert (status, code) == (400, -201326592)
    assert message.startswith("InvalidArgumentException")
    assert call(v3io, "DescribeStream", STREAM).status == 404


def test_a_stream_grows_and_never_shrinks(either_v3io: V3io) -> None:
    create(either_v3io, 8)
    assert put(either_v3io, STREAM, b"x", ShardId=10).json["Records"] == [OUT_OF_RANGE]
    grown = call(either_v3io, "UpdateStream", STREAM, ShardCount=16)
    assert (grown.status, grown.body) == (204, b"")
    assert shards_of(put(either_v3io, STREAM, b"x", ShardId=10)) == [10]
    assert call(either_v3io, "UpdateStream", STREAM, ShardCount=16).status == 204
    status, _, message = call(either_v3io, "UpdateStream", STREAM, ShardCount=15).error
    assert (status, message) == (400, "InvalidShardCountException")


def test_what_is_not_there_is_not_found(v3io: V3io) -> None:
    for answer in (
        call(v3io, "DescribeStream", STREAM),
        call(v3io, "UpdateStream", STREAM, ShardCount=2),
        put(v3io, STREAM, b"x"),
        call(v3io, "SeekShard", f"{STREAM}/0", Type="EARLIEST"),
    ):
        status, _, message = answer.error
        assert (status, message) == (404, "ResourceNotFoundException")


def test_a_folder_is_no_stream(v3io: V3io) -> None:
    ask(v3io, "PUT", "/projects/folder/")
    assert call(v3io, "DescribeStream", "/projects/folder").error[0] == 404
    assert put(v3io, "/projects/folder", b"x").error[2] == "ResourceIsnotStream"
    updated = call(v3io, "UpdateStream", "/projects/folder", ShardCount=2)
    assert updated.error[2] == "ResourceNotStreamException"


def test_records_of_a_shard_are_numbered_from_1(either_v3io: V3io) -> None:
    create(either_v3io)
    first = put(either_v3io, STREAM, b"a", b"b", ShardId=2)
    assert first.json == {
        "FailedRecordCount": 0,
        "Records": [{"SequenceNumber": 1, "ShardId": 2}, {"SequenceNumber": 2, "ShardId": 2}],
    }
    assert put(either_v3io, STREAM, b"c", ShardId=2).json["Records"][0]["SequenceNumber"] == 3
    assert put(either_v3io, STREAM, b"d", ShardId=0).json["Records"][0]["SequenceNumber"] == 1


def test_a_key_is_always_in_the_same_shard(v3io: V3io) -> None:
    create(v3io)
    seen = {tuple(shards_of(put(v3io, STREAM, b"x", b"y", PartitionKey="käse"))) for _ in range(5)}
    assert len(seen) == 1
    keys = [{"Data": "", "PartitionKey": f"k{number}"} for number in range(1000)]
    spread = Counter(shards_of(call(v3io, "PutRecords", STREAM, Records=keys)))
    assert set(spread) == {0, 1, 2, 3}
    assert min(spread.values()) > 200


def test_the_shard_of_a_key_does_not_depend_on_the_process(v3io: V3io) -> None:
    create(v3io, 4096)
    placed = [shards_of(put(v3io, STREAM, b"x", PartitionKey=key)) for key in ("a", "bob")]
    assert placed == [[3651], [320]]


def test_a_shard_that_is_named_wins_over_the_key(v3io: V3io) -> None:
    create(v3io)
    for shard in range(4):
        assert shards_of(put(v3io, STREAM, b"x", PartitionKey="k", ShardId=shard)) == [shard]


def test_without_shard_and_key_records_go_round(v3io: V3io) -> None:
    create(v3io)
    assert shards_of(put(v3io, STREAM, b"a", b"b", b"c")) == [0, 1, 2]
    assert shards_of(put(v3io, STREAM, b"k", PartitionKey="k")) == [shards_of_key(v3io)]
    ask(v3io, "PUT", "/projects/folder/")
    ask(v3io, "DELETE", "/projects/folder/")
    assert shards_of(put(v3io, STREAM, b"d", b"e")) == [3, 0]


def shards_of_key(v3io: V3io) -> int:
    (shard,) = shards_of(put(v3io, STREAM, b"k", PartitionKey="k"))
    return shard


def test_a_record_fails_by_itself(either_v3io: V3io) -> None:
    create(either_v3io)
    large = 2 * 1024 * 1024
    records = [
        {"Data": encoded(b"good"), "ShardId": 0},
        {"Data": encoded(b"far"), "ShardId": 4},
        {"Data": encoded(b"before"), "ShardId": -1},
        {"Data": encoded(b"x" * (large + 1)), "ShardId": 0},
        {"Data": encoded(b"key"), "PartitionKey": "k" * 257},
        {"Data": encoded(b"x" * large), "ShardId": 0},
    ]
    answer = call(either_v3io, "PutRecords", STREAM, Records=records)
    assert answer.status == 200
    assert answer.json["FailedRecordCount"] == 4
    results = answer.json["Records"]
    assert results[0] == {"SequenceNumber": 1, "ShardId": 0}
    assert results[1:3] == [OUT_OF_RANGE] * 2
    assert [result["ErrorCode"] for result in results[3:5]] == [-201326592] * 2
    assert results[5] == {"SequenceNumber": 2, "ShardId": 0}
    assert [
        len(record.data) for record in either_v3io.records("projects", "/orders/streams/orders")
    ] == [4, large]


def test_an_empty_client_info_and_key_are_none(v3io: V3io) -> None:
    create(v3io)
    put(v3io, STREAM, b"x", ClientInfo="", PartitionKey="", ShardId=0)
    put(v3io, STREAM, b"y", ClientInfo=None, PartitionKey=None, ShardId=None)
    put(v3io, STREAM, b"z", ClientInfo=encoded(b"info"), PartitionKey="k", ShardId=0)
    records = v3io.records("projects", "/orders/streams/orders")
    assert [(each.client_info, each.partition_key) for each in records] == [
        (None, None),
        (None, None),
        (b"info", "k"),
    ]


def test_a_put_of_1000_records_is_the_largest(v3io: V3io) -> None:
    create(v3io, 1)
    assert len(shards_of(put(v3io, STREAM, *[b""] * 1000))) == 1000
    for refused in (put(v3io, STREAM, *[b""] * 1001), put(v3io, STREAM)):
        status, _, message = refused.error
        assert status == 400
        assert message.startswith("InvalidArgumentException")
    assert v3io.ends("projects", "/orders/streams/orders") == {0: 1000}


@pytest.mark.parametrize(
    "record",
    [
        {},
        "text",
        None,
        {"Data": None},
        {"Data": 5},
        {"Data": "not base64"},
        {"Data": "eA"},
        {"Data": "eA==\n"},
        {"Data": "é"},
        {"Data": "eA==", "PartitionKey": 5},
        {"Data": "eA==", "ShardId": "1"},
        {"Data": "eA==", "ShardId": True},
        {"Data": "eA==", "ClientInfo": "%"},
    ],
)
def test_what_is_no_record_fails_the_whole_request(v3io: V3io, record: Any) -> None:
    create(v3io)
    records = [{"Data": encoded(b"good")}, record]
    assert call(v3io, "PutRecords", STREAM, Records=records).error[:2] == (400, -201326592)
    assert v3io.ends("projects", "/orders/streams/orders") == {}


def test_data_is_bytes(v3io: V3io) -> None:
    create(v3io, 1)
    data = bytes(range(256))
    put(v3io, STREAM, data)
    assert v3io.records("projects", "/orders/streams/orders")[0].data == data


def test_a_stream_goes_with_its_shards_and_its_parents_stay(either_v3io: V3io) -> None:
    create(either_v3io)
    put(either_v3io, STREAM, *[b"x"] * 8)
    call(either_v3io, "PutItem", f"{STREAM}/group-state.json", Item={"state": {"S": "{}"}})
    gone = ask(either_v3io, "DELETE", f"{STREAM}/")
    assert (gone.status, gone.body) == (204, b"")
    assert call(either_v3io, "DescribeStream", STREAM).status == 404
    assert ask(either_v3io, "GET", "/projects?prefix=orders/streams/").status == 200
    create(either_v3io, 2)
    assert shards_of(put(either_v3io, STREAM, b"x")) == [0]
    assert put(either_v3io, STREAM, b"x", ShardId=0).json["Records"][0]["SequenceNumber"] == 2


def test_a_stream_that_holds_a_folder_is_not_deleted(v3io: V3io) -> None:
    create(v3io)
    ask(v3io, "PUT", f"{STREAM}/folder/")
    assert ask(v3io, "DELETE", STREAM).error[0] == 409
    assert call(v3io, "DescribeStream", STREAM).status == 200


def test_a_deleted_shard_begins_anew(v3io: V3io) -> None:
    create(v3io)
    put(v3io, STREAM, b"a", b"b", ShardId=1)
    assert ask(v3io, "DELETE", f"{STREAM}/1").status == 204
    assert call(v3io, "GetItem", f"{STREAM}/1").status == 404
    assert put(v3io, STREAM, b"c", ShardId=1).json["Records"][0]["SequenceNumber"] == 1
    assert [each.data for each in v3io.records("projects", "/orders/streams/orders")] == [b"c"]


def test_a_shard_has_its_attributes(either_v3io: V3io) -> None:
    create(either_v3io)
    assert call(either_v3io, "GetItem", f"{STREAM}/0").error[0] == 404
    put(either_v3io, STREAM, *[b"x"] * 15, ShardId=0)
    item = call(
        either_v3io, "GetItem", f"{STREAM}/0", AttributesToGet="__obj_type,__last_sequence_num"
    )
    assert item.json == {"Item": {"__obj_type": {"N": "3"}, "__last_sequence_num": {"N": "15"}}}


def test_a_group_commits_on_the_shard_and_disturbs_no_record(either_v3io: V3io) -> None:
    create(either_v3io)
    put(either_v3io, STREAM, b"a", b"b", ShardId=0)
    committed = {"__cg0_committed_sequence_number": {"N": "2"}}
    done = call(
        either_v3io,
        "PutItem",
        f"{STREAM}/0",
        Item=committed,
        UpdateMode="CreateOrReplaceAttributes",
        ConditionExpression="__obj_type == 3",
    )
    assert done.status == 200
    assert (
        call(either_v3io, "GetItem", f"{STREAM}/0", AttributesToGet="*").json["Item"] == committed
    )
    assert either_v3io.committed("projects", "/orders/streams/orders", "cg0") == {0: 2}
    assert put(either_v3io, STREAM, b"c", ShardId=0).json["Records"][0]["SequenceNumber"] == 3


def test_only_a_record_makes_a_shard(v3io: V3io) -> None:
    create(v3io)
    for refused in (
        call(v3io, "PutItem", f"{STREAM}/1", Item={"a": {"N": "1"}}),
        ask(v3io, "PUT", f"{STREAM}/10", b"content"),
    ):
        assert refused.error == (403, -1, "Operation not permitted")
    put(v3io, STREAM, b"x", ShardId=1)
    assert ask(v3io, "PUT", f"{STREAM}/1", b"content").error[0] == 403
    assert ask(v3io, "PUT", f"{STREAM}/01", b"an object").status == 200


def test_go_may_leave_a_key_unescaped(v3io: V3io) -> None:
    create(v3io)
    body = b'{"Records": [{"Data": "' + base64.b64encode(b"x") + b'", "PartitionKey": "a"b"}]}'
    assert ask(v3io, "POST", STREAM, body, {"X-v3io-function": "PutRecords"}).error[0] == 400
