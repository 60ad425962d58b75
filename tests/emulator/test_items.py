"""v3io-protocol 3.1 to 3.4 and 3.6 over the wire."""

from __future__ import annotations

import re
from typing import Any

import pytest
from iguazioig.emulator import V3io
from wire import Answer, ask, call

ITEM = "/bigdata/table/bob"
MERGE = "CreateOrReplaceAttributes"


def put(v3io: V3io, item: dict[str, Any], **fields: Any) -> Answer:
    return call(v3io, "PutItem", ITEM, Item=item, **fields)


def update(v3io: V3io, expression: str, **fields: Any) -> Answer:
    return call(v3io, "UpdateItem", ITEM, UpdateMode=MERGE, UpdateExpression=expression, **fields)


def get(v3io: V3io, names: str = "*") -> Any:
    answer = call(v3io, "GetItem", ITEM, AttributesToGet=names)
    assert answer.status == 200, answer.body
    assert sorted(answer.json) == ["Item"]
    return answer.json["Item"]


def test_an_item_is_put_and_got(either_v3io: V3io) -> None:
    item = {
        "age": {"N": "42"},
        "ratio": {"N": "1.5E+00"},
        "name": {"S": "bób"},
        "bytes": {"B": "AP8="},
        "yes": {"BOOL": True},
        "when": {"TS": "1795355391:91361990"},
    }
    done = put(either_v3io, item)
    assert (done.status, done.body) == (200, b"")
    assert get(either_v3io) == item
    assert get(either_v3io, "name, age,missing") == {"name": item["name"], "age": item["age"]}


def test_a_put_replaces_and_an_update_merges(v3io: V3io) -> None:
    put(v3io, {"a": {"N": "1"}, "b": {"N": "2"}})
    put(v3io, {"b": {"N": "3"}, "c": {"N": "4"}}, UpdateMode=MERGE)
    assert get(v3io) == {"a": {"N": "1"}, "b": {"N": "3"}, "c": {"N": "4"}}
    put(v3io, {"d": {"N": "5"}}, UpdateMode="OverWriteAttributes")
    assert get(v3io) == {"d": {"N": "5"}}
    put(v3io, {"e": {"N": "6"}})
    assert get(v3io) == {"e": {"N": "6"}}


def test_a_new_item_only(v3io: V3io) -> None:
    assert put(v3io, {}, UpdateMode="CreateNewItemOnly").status == 200
    refused = put(v3io, {}, UpdateMode="CreateNewItemOnly")
    assert refused.error[0] == 400
    assert b"369098809" in refused.body
    # frames counts: v3io-protocol 1.6.
    assert refused.body.count(b"ErrorCode") == 2


def test_the_verifier_is_what_go_splits_and_what_storey_sends_back(either_v3io: V3io) -> None:
    verifiers = []
    for answer in (
        put(either_v3io, {"a": {"N": "1"}}),
        update(either_v3io, "a = 2"),
        call(either_v3io, "GetItem", ITEM),
    ):
        verifier = answer.headers["X-v3io-transaction-verifier"]
        assert re.fullmatch(r"__mtime_secs==\d+ and __mtime_nsecs==\d+", verifier)
        assert answer.headers["Last-Modified"].endswith(" GMT")
        verifiers.append(verifier)
    assert verifiers[0] != verifiers[1] == verifiers[2]
    assert put(either_v3io, {}, ConditionExpression=verifiers[0]).error[0] == 400
    assert put(either_v3io, {}, ConditionExpression=verifiers[2]).status == 200


def test_a_state_is_compared_and_swapped(either_v3io: V3io) -> None:
    state = {"state": {"S": "{}"}}
    fields = {"ConditionExpression": "not(exists(state))", "UpdateMode": MERGE}
    assert put(either_v3io, state, **fields).status == 200
    assert put(either_v3io, state, **fields).error[0] == 400
    seen = get(either_v3io, "__mtime_nsecs,__mtime_secs,state")
    assert sorted(seen) == ["__mtime_nsecs", "__mtime_secs", "state"]
    nanoseconds, seconds = seen["__mtime_nsecs"]["N"], seen["__mtime_secs"]["N"]
    condition = f"(__mtime_nsecs == {nanoseconds}) AND (__mtime_secs == {seconds})"
    fields["ConditionExpression"] = condition
    assert put(either_v3io, {"state": {"S": "1"}}, **fields).status == 200
    refused = put(either_v3io, {"state": {"S": "2"}}, **fields)
    assert refused.error[0] == 400
    assert b"16777244" in refused.body
    assert refused.body.count(b"ErrorCode") == 1
    assert get(either_v3io) == {"state": {"S": "1"}}


def test_a_condition_on_a_missing_item(v3io: V3io) -> None:
    assert put(v3io, {}, ConditionExpression="a == 1").error[0] == 400
    assert call(v3io, "GetItem", ITEM).status == 404
    assert put(v3io, {}, ConditionExpression="").status == 200


def test_an_update_computes(either_v3io: V3io) -> None:
    put(either_v3io, {"age": {"N": "42"}, "old": {"N": "1"}})
    done = update(either_v3io, "age = age + 1; REMOVE old")
    assert (done.status, done.body) == (200, b"")
    assert get(either_v3io) == {"age": {"N": "43"}}


def test_an_update_makes_what_is_missing(v3io: V3io) -> None:
    assert update(v3io, "").status == 200
    assert get(v3io) == {}
    assert call(v3io, "UpdateItem", "/bigdata/other/new", UpdateExpression="a = 1").status == 200
    assert call(v3io, "GetItem", "/bigdata/other/new").json == {"Item": {"a": {"N": "1"}}}


def test_an_alternate_expression_is_for_a_false_condition(v3io: V3io) -> None:
    put(v3io, {"a": {"N": "1"}})
    alternate = {"ConditionExpression": "a > 1", "AlternateUpdateExpression": "a = 0 - a"}
    assert update(v3io, "a = a + 10", **alternate).status == 200
    assert get(v3io) == {"a": {"N": "-1"}}
    assert update(v3io, "a = 7", ConditionExpression="a > 1").error[0] == 400
    assert update(v3io, "a = 8", ConditionExpression="").status == 200
    assert update(v3io, "a = a + 10", **alternate).status == 200
    assert get(v3io) == {"a": {"N": "18"}}


@pytest.mark.parametrize(
    "expression", ["(((", "a = ", "a = b", "a = 1/0", "__size = 5", "__mtime_secs = 1", "`" * 50]
)
def test_what_is_no_update_changes_nothing(v3io: V3io, expression: str) -> None:
    put(v3io, {"a": {"N": "1"}})
    assert update(v3io, expression).error[:2] == (400, -201326592)
    assert get(v3io) == {"a": {"N": "1"}}


@pytest.mark.parametrize("word", ["timeout", "Refused", "ErrorCode"])
def test_an_error_repeats_no_word_that_clients_misread(v3io: V3io, word: str) -> None:
    refused = update(v3io, f"a = {word} {word}")
    assert refused.error[0] == 400
    assert word.lower() not in refused.error[2].lower()


def test_what_is_no_condition_is_refused(v3io: V3io) -> None:
    assert put(v3io, {}, ConditionExpression="a ==").error[:2] == (400, -201326592)
    assert put(v3io, {}, ConditionExpression=5).error[:2] == (400, -201326592)


def test_stars(v3io: V3io) -> None:
    put(v3io, {"a": {"N": "1"}, "__mine": {"N": "2"}})
    assert sorted(get(v3io, "*")) == ["__mine", "a"]
    everything = get(v3io, "**")
    assert everything["__name"] == {"S": "bob"}
    assert everything["__size"] == {"N": "0"}
    for name in ("mode", "uid", "gid", "inode_number", "obj_type", "collection_id"):
        assert everything[f"__{name}"]["N"].isdigit()
    for which in "mca":
        assert everything[f"__{which}time_secs"]["N"].isdigit()
        assert int(everything[f"__{which}time_nsecs"]["N"]) < 10**9
    assert "a" in everything
    assert "__last_sequence_num" not in everything


@pytest.mark.parametrize(
    "name", ["__name", "__size", "__mtime_secs", "__atime_nsecs", "__obj_type"]
)
def test_the_systems_attributes_are_not_written(v3io: V3io, name: str) -> None:
    assert put(v3io, {name: {"N": "1"}}).error[0] == 400
    assert call(v3io, "GetItem", ITEM).status == 404


@pytest.mark.parametrize(
    "name", ["__cg_committed_sequence_number", "__nuclio_vip_x", "__names", "_"]
)
def test_other_names_are_the_users(v3io: V3io, name: str) -> None:
    assert put(v3io, {name: {"N": "1"}}).status == 200
    assert get(v3io) == {name: {"N": "1"}}


@pytest.mark.parametrize(
    "item",
    [
        None,
        [],
        "text",
        {"a": 1},
        {"a": {}},
        {"a": {"N": "1", "S": "1"}},
        {"a": {"X": "1"}},
        {"a": {"N": 1}},
        {"a": {"N": ""}},
        {"a": {"N": "one"}},
        {"a": {"N": "1_000"}},
        {"a": {"N": "0x10"}},
        {"a": {"S": None}},
        {"a": {"B": "not base64"}},
        {"a": {"BOOL": "true"}},
        {"a": {"TS": "now"}},
        {"a": {"TS": "1"}},
        {"": {"N": "1"}},
        {"a\n": {"N": "1"}},
        {"a" * 256: {"N": "1"}},
    ],
)
def test_what_is_no_item_is_refused(v3io: V3io, item: Any) -> None:
    assert put(v3io, item).error[:2] == (400, -201326592)
    assert call(v3io, "GetItem", ITEM).status == 404


@pytest.mark.parametrize(
    "number", ["0", "-1", "9223372036854775807", "1e300", ".5", "5.", "nan", "-inf", "Infinity"]
)
def test_numbers_are_kept_to_the_letter(v3io: V3io, number: str) -> None:
    assert put(v3io, {"a": {"N": number}}).status == 200
    assert get(v3io) == {"a": {"N": number}}


def test_the_largest_attributes(v3io: V3io) -> None:
    assert put(v3io, {"a": {"S": "é" * 30_600}}).status == 200
    assert put(v3io, {"a": {"S": "é" * 30_600 + "x"}}).error[0] == 400
    mb = "A" * (4 * ((1024 * 1024 - 1) // 3))
    assert put(v3io, {"a": {"B": mb}}).status == 200
    assert put(v3io, {"a": {"B": mb + "AAAAAAAA"}}).error[0] == 400
    for number in range(6):
        assert put(v3io, {f"a{number}": {"B": mb}}, UpdateMode=MERGE).status == 200
    for number in range(6, 9):
        refused = put(v3io, {f"a{number}": {"B": mb}}, UpdateMode=MERGE)
    assert refused.error[0] == 400
    assert len(get(v3io)) == 7


@pytest.mark.parametrize("mode", ["Nonsense", 5, "createorreplaceattributes"])
def test_an_unknown_mode_is_refused(v3io: V3io, mode: Any) -> None:
    assert put(v3io, {}, UpdateMode=mode).error[0] == 400


def test_folders_are_no_items(v3io: V3io) -> None:
    put(v3io, {})
    for function, fields in (
        ("PutItem", {"Item": {}}),
        ("UpdateItem", {"UpdateExpression": "a=1"}),
        ("GetItem", {"AttributesToGet": "*"}),
    ):
        for path in ("/bigdata/table", "/bigdata/table/", "/bigdata"):
            assert call(v3io, function, path, **fields).error[0] in (400, 403, 404)
    assert call(v3io, "GetItem", "/bigdata/table").error[0] == 404
    assert call(v3io, "PutItem", f"{ITEM}/below", Item={}).error[0] == 400
    assert call(v3io, "GetItem", f"{ITEM}/below").error[0] == 404


def test_objects_have_attributes_too(v3io: V3io) -> None:
    ask(v3io, "PUT", ITEM, b"content")
    put(v3io, {"a": {"N": "1"}})
    assert get(v3io, "__size,a") == {"__size": {"N": "7"}, "a": {"N": "1"}}
    ask(v3io, "PUT", ITEM, b"other")
    assert ask(v3io, "GET", ITEM).body == b"other"
    assert get(v3io) == {"a": {"N": "1"}}


def test_an_item_is_deleted(either_v3io: V3io) -> None:
    put(either_v3io, {"a": {"N": "1"}})
    assert ask(either_v3io, "DELETE", ITEM).status == 204
    assert ask(either_v3io, "DELETE", ITEM).error[:2] == (404, -2)
    assert call(either_v3io, "GetItem", ITEM).status == 404


def test_table_and_key_may_be_in_the_body(v3io: V3io) -> None:
    fields = {"TableName": "table", "Key": "bob"}
    assert call(v3io, "PutItem", "/bigdata/", Item={"a": {"N": "1"}}, **fields).status == 200
    assert get(v3io) == {"a": {"N": "1"}}
    assert call(v3io, "GetItem", "/bigdata", TableName="../users", Key="x").error[0] == 400
