"""v3io-protocol 3.5 over the wire."""

from __future__ import annotations

from typing import Any

import pytest
from iguazioig.emulator import V3io
from wire import Answer, ask, call

TABLE = "/bigdata/table/"


def scan(v3io: V3io, table: str = TABLE, **fields: Any) -> Answer:
    return call(v3io, "GetItems", table, **(fields or {"AttributesToGet": "*"}))


def names(answer: Answer) -> list[str]:
    assert answer.status == 200, answer.body
    assert answer.json["NumItems"] == len(answer.json["Items"])
    return [item["__name"]["S"] for item in answer.json["Items"]]


def every_page(v3io: V3io, **fields: Any) -> list[list[str]]:
    """The names of all pages, as clients turn them."""
    pages: list[list[str]] = []
    markers: list[str] = []
    while True:
        answer = scan(v3io, AttributesToGet="__name", **fields)
        pages.append(names(answer))
        if answer.json["LastItemIncluded"] == "TRUE":
            return pages
        assert answer.json["LastItemIncluded"] == "FALSE"
        assert pages[-1], "clients stop at an empty page"
        assert answer.json["NextMarker"] not in markers
        markers.append(answer.json["NextMarker"])
        fields["Marker"] = markers[-1]


@pytest.fixture
def table(either_v3io: V3io) -> V3io:
    """A server with a table of 10 items, k0 to k9, whose `n` is their number."""
    for number in range(10):
        item = {"n": {"N": str(number)}, "even": {"BOOL": number % 2 == 0}}
        assert call(either_v3io, "PutItem", f"{TABLE}k{number}", Item=item).status == 200
    return either_v3io


def test_a_scan_is_of_all_items_with_their_names(table: V3io) -> None:
    answer = scan(table)
    assert names(answer) == [f"k{number}" for number in range(10)]
    assert answer.json["Items"][3] == {
        "n": {"N": "3"},
        "even": {"BOOL": False},
        "__name": {"S": "k3"},
    }
    assert answer.json["LastItemIncluded"] == "TRUE"
    assert "NextMarker" not in answer.json


def test_attributes_are_chosen(table: V3io) -> None:
    items = scan(table, AttributesToGet="n, missing").json["Items"]
    assert items == [{"n": {"N": str(number)}} for number in range(10)]
    everything = scan(table, AttributesToGet="**").json["Items"][0]
    assert {"__name", "__size", "__mtime_secs", "n", "even"} <= set(everything)


def test_the_table_may_be_in_the_body(table: V3io) -> None:
    assert len(names(scan(table, "/bigdata/", TableName="table", AttributesToGet="*"))) == 10
    assert len(names(scan(table, "/bigdata", TableName="/table/", AttributesToGet="*"))) == 10


def test_capnp_is_asked_for_and_json_is_given(table: V3io) -> None:
    headers = {"X-v3io-function": "GetItems", "X-v3io-response-content-type": "capnp"}
    answer = ask(table, "PUT", TABLE, b'{"AttributesToGet":"*"}', headers)
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.json["NumItems"] == 10


def test_a_filter(table: V3io) -> None:
    assert names(scan(table, AttributesToGet="*", FilterExpression="n > 6 AND even == true")) == [
        "k8"
    ]
    assert names(scan(table, AttributesToGet="*", FilterExpression='__name != "k0" AND n < 2')) == [
        "k1"
    ]
    nothing = scan(table, AttributesToGet="*", FilterExpression="n > 100")
    assert (nothing.json["NumItems"], nothing.json["Items"]) == (0, [])
    assert nothing.json["LastItemIncluded"] == "TRUE"
    assert scan(table, FilterExpression="n >").error[0] == 400


def test_pages(table: V3io) -> None:
    assert [len(page) for page in every_page(table, Limit=4)] == [4, 4, 2]
    names = [name for page in every_page(table, Limit=3) for name in page]
    assert names == [f"k{number}" for number in range(10)]
    assert [len(page) for page in every_page(table, Limit=5)] == [5, 5]
    assert [len(page) for page in every_page(table, Limit=10)] == [10]


def test_pages_of_what_a_filter_leaves(table: V3io) -> None:
    pages = every_page(table, Limit=2, FilterExpression="n >= 5")
    assert pages == [["k5", "k6"], ["k7", "k8"], ["k9"]]


def test_segments_share_the_items(table: V3io) -> None:
    for total in (1, 2, 3, 36):
        parts = [
            name
            for segment in range(total)
            for page in every_page(table, Segment=segment, TotalSegment=total, Limit=2)
            for name in page
        ]
        assert sorted(parts) == [f"k{number}" for number in range(10)]


def test_keys_that_are_sharded(v3io: V3io) -> None:
    for key in ("a.1", "a.2", "a.3", "a", "b.2", "ab.2"):
        call(v3io, "PutItem", f"{TABLE}{key}", Item={"n": {"N": "1"}})

    def found(**fields: Any) -> list[str]:
        return names(scan(v3io, AttributesToGet="*", ShardingKey="a", **fields))

    assert found() == ["a", "a.1", "a.2", "a.3"]
    assert found(SortKeyRangeStart="2") == ["a.2", "a.3"]
    assert found(SortKeyRangeEnd="2") == ["a", "a.1"]
    assert found(SortKeyRangeStart="1", SortKeyRangeEnd="3") == ["a.1", "a.2"]


def test_a_scan_is_of_files_and_not_of_folders(v3io: V3io) -> None:
    v3io.create_stream("bigdata", "table")
    v3io.put("bigdata", "table", [b"x"])
    ask(v3io, "PUT", f"{TABLE}.%23schema", b"{}")
    ask(v3io, "PUT", f"{TABLE}folder/")
    call(v3io, "PutItem", f"{TABLE}group-state.json", Item={"state": {"S": "{}"}})
    assert names(scan(v3io)) == [".#schema", "0", "group-state.json"]
    only = scan(v3io, AttributesToGet="__name", FilterExpression='__name==".#schema"')
    assert names(only) == [".#schema"]


def test_a_table_that_is_not_there(v3io: V3io) -> None:
    assert scan(v3io).error == (404, -2, "No such file or directory")
    ask(v3io, "PUT", "/bigdata/object", b"x")
    assert scan(v3io, "/bigdata/object").error[0] == 404
    assert scan(v3io, "/nowhere/").error == (404, -2, "Container not found")
    assert names(scan(v3io, "/users/")) == []


@pytest.mark.parametrize(
    "fields",
    [
        {"Limit": "4"},
        {"Limit": -1},
        {"Segment": 2, "TotalSegment": 2},
        {"Segment": 1},
        {"TotalSegment": 0},
        {"TotalSegment": 1025},
        {"Marker": "not one of ours"},
        {"Marker": 5},
        {"AttributesToGet": ["*"]},
        {"FilterExpression": 5},
        {"ShardingKey": 5},
    ],
)
def test_what_is_no_query_is_refused(table: V3io, fields: dict[str, Any]) -> None:
    assert scan(table, **fields).error[:2] == (400, -201326592)


def test_a_page_has_at_most_4_mb(v3io: V3io) -> None:
    for number in range(9):
        item = {"data": {"B": "A" * 900_000}}
        assert call(v3io, "PutItem", f"{TABLE}{number}", Item=item).status == 200
    assert [len(page) for page in every_page(v3io)] == [9]
    answer = scan(v3io, AttributesToGet="*")
    assert (answer.json["NumItems"], answer.json["LastItemIncluded"]) == (4, "FALSE")
