"""What counts as having arrived."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from iguazioig.local.expectations import compare, covers, lines

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


def encode(*messages: Any) -> list[bytes]:
    return [json.dumps(message).encode() for message in messages]


def test_all_that_is_expected_in_any_order_is_as_expected() -> None:
    found = compare("scores", encode({"a": 1, "b": 2}, {"a": 3}), [b'{"a": 3}', b'{"b":2,"a":1}'])
    assert found.holds
    assert (found.expected, found.arrived, found.duplicates) == (2, 2, 0)


def test_what_did_not_arrive_is_missing_as_often_as_it_is_expected() -> None:
    found = compare("scores", encode({"a": 1}, {"a": 1}, {"a": 2}), encode({"a": 1}))
    assert not found.holds
    assert sorted(found.missing) == ['{"a": 1}', '{"a": 2}']


def test_a_message_that_comes_twice_is_a_duplicate_and_no_fault() -> None:
    found = compare("scores", encode({"a": 1}), encode({"a": 1}, {"a": 1}, {"a": 1}))
    assert found.holds
    assert found.duplicates == 2


def test_what_nobody_expected_is_named() -> None:
    found = compare("scores", encode({"a": 1}), [*encode({"a": 1}, {"a": 2}), b"\xff"])
    assert not found.holds
    assert found.unexpected == ('{"a": 2}', "\\xff")


def test_an_expectation_says_nothing_of_the_keys_that_it_does_not_name() -> None:
    expected = encode({"order": "o-1", "price": {"total": 9.0}})
    found = compare(
        "answers", expected, encode({"order": "o-1", "at": 17, "price": {"total": 9, "unit": 4.5}})
    )
    assert found.holds


@pytest.mark.parametrize(
    ("expected", "arrived"),
    [
        ([{"a": 1}, {"b": 2}], [{"a": 1, "b": 2}, {"a": 1, "c": 4}]),
        ([{"a": 1}, {"a": 1, "b": 2}], [{"a": 1, "b": 2, "c": 3}, {"a": 1}]),
        ([{}, {"a": 1}, {"b": 1}], [{"a": 1, "b": 1}, {"b": 1, "c": 1}, {"a": 1, "c": 1}]),
        ([[{"a": 1}]], [[{"a": 1, "b": 2}]]),
        ([1, {"n": 1.0}], [1.0, {"n": 1}]),
        ([{"a": float("nan")}], [{"a": float("nan"), "b": 1}]),
    ],
)
def test_each_message_stands_for_the_expectation_that_needs_it(
    expected: list[Any], arrived: list[Any]
) -> None:
    found = compare("any", encode(*expected), encode(*arrived))
    assert (found.missing, found.unexpected, found.duplicates) == ((), (), 0)


@pytest.mark.parametrize(
    "message",
    [
        lambda n: {"n": n},
        lambda n: {"at": n / 7},
        lambda n: {"kind": "order", "of": {"n": n}},
        lambda n: [{"n": n}],
        lambda n: {"vector": [n / 7] * 50},
    ],
    ids=["key", "float", "inside", "list", "vector"],
)
def test_many_expectations_that_name_a_part_are_held_against_many_messages(
    message: Callable[[int], Any],
) -> None:
    def with_more(value: Any) -> Any:
        return [{**value[0], "more": 1}] if isinstance(value, list) else {**value, "more": 1}

    expected = [message(n) for n in range(3000)]
    arrived = [with_more(each) for each in reversed(expected)]
    assert compare("any", encode(*expected), encode(*arrived)).holds


def test_an_expectation_that_says_nothing_takes_anything() -> None:
    found = compare("any", encode(*[{}] * 5000), encode(*[{"n": n} for n in range(4000)]))
    assert (len(found.missing), found.unexpected) == (1000, ())


def test_a_message_is_as_deep_as_it_likes() -> None:
    for depth in (900, 100_000):
        one, other = (b"[" * depth + end + b"]" * depth for end in (b"1", b"2"))
        assert compare("deep", [one], [one]).holds
        assert not compare("deep", [one], [other]).holds


def test_letters_that_are_none_can_be_shown() -> None:
    found = compare("any", [], [b'"\\ud800"', b"\xff"])
    assert found.unexpected == ('"\\ud800"', "\\xff")
    "".join(found.unexpected).encode()


OBJECT = st.dictionaries(st.sampled_from("ab"), st.integers(0, 1), max_size=2)
SMALL = OBJECT | st.lists(OBJECT, max_size=1) | st.fixed_dictionaries({"a": OBJECT})


@given(st.lists(SMALL, max_size=4), st.lists(SMALL, max_size=4))
def test_as_many_expectations_as_possible_are_met(expected: list[Any], arrived: list[Any]) -> None:
    found = compare("any", encode(*expected), encode(*arrived))
    most = (
        max(
            sum(covers(pattern, each) for pattern, each in zip(chosen, arrived, strict=False))
            for chosen in itertools.permutations([*expected, *[{"never": 1}] * len(arrived)])
        )
        if arrived
        else 0
    )
    assert len(expected) - len(found.missing) == most
    assert len(found.unexpected) == sum(
        not any(covers(pattern, each) for pattern in expected) for each in arrived
    )
    assert len(found.unexpected) + found.duplicates + most == len(arrived)


@given(st.lists(SMALL, max_size=8), st.lists(SMALL, max_size=8), st.randoms(use_true_random=False))
def test_the_order_of_messages_and_expectations_changes_nothing(
    expected: list[Any], arrived: list[Any], random: Any
) -> None:
    before = compare("any", encode(*expected), encode(*arrived))
    random.shuffle(expected)
    random.shuffle(arrived)
    after = compare("any", encode(*expected), encode(*arrived))
    assert len(after.missing) == len(before.missing)
    assert sorted(after.unexpected) == sorted(before.unexpected)
    assert after.duplicates == before.duplicates


def test_nothing_expected_and_nothing_arrived_is_as_expected() -> None:
    assert compare("rejected", [], []).holds


def test_a_message_that_is_no_json_can_be_expected() -> None:
    assert compare("raw", [b"no JSON"], [b"no JSON"]).holds


@pytest.mark.parametrize(
    ("pattern", "value"),
    [
        ({"a": 1}, {"b": 1}),
        ({"a": 1}, [1]),
        ([1], [1, 2]),
        (1, True),
        ({"a": 1}, {"a": True}),
        (True, 1),
        ("1", 1),
        (None, 0),
    ],
)
def test_what_differs_is_not_covered(pattern: Any, value: Any) -> None:
    assert not covers(pattern, value)


@given(st.lists(JSON, max_size=6), st.randoms(use_true_random=False))
def test_whatever_is_sent_is_found_again(messages: list[Any], random: Any) -> None:
    expected = encode(*messages)
    arrived = expected * 2
    random.shuffle(arrived)
    found = compare("any", expected, arrived)
    assert found.missing == found.unexpected == ()
    assert found.duplicates == len(expected)


@given(JSON)
def test_everything_covers_itself(value: Any) -> None:
    assert covers(value, json.loads(json.dumps(value)))


def test_empty_lines_are_no_messages() -> None:
    assert lines(b'\xef\xbb\xbf{"a": 1}\r\n\n  \n{"a": 2}') == [b'{"a": 1}', b'{"a": 2}']


def test_where_a_message_comes_from_is_left_out_unless_it_is_expected() -> None:
    arrived = [
        b'{"a":"\xc3\xa9","_origin":{"shard":1}}',
        b'{"b":2,"_origin":{"shard":2}}',
        b"_origin",
    ]
    found = compare("scores", ['{"a": "é"}'.encode()], arrived)
    assert found.unexpected == ('{"b":2}', "_origin")
    assert compare("scores", encode({"_origin": {"shard": 1}}), arrived[:1]).holds
    assert not compare("scores", encode({"_origin": {"shard": 1}}), arrived[1:2]).holds
