from __future__ import annotations

from typing import Any

import pytest
import yaml
from graphs import read_as
from hostile import json_values, quick, same, texts
from hypothesis import given
from iguazioig.api.json_value import Json, JsonMapping
from iguazioig.api.kinds import INVALID


@quick(100)
@given(json_values(texts()))
def test_whatever_json_can_hold_is_what_it_was(value: Any) -> None:
    text = yaml.safe_dump(value, default_flow_style=True, sort_keys=False, width=10**9)
    read, problems = read_as(Json(), text.removesuffix("\n...\n"))
    assert same(read, value)
    assert problems == []


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("2024-01-01", 'a date for YAML, which JSON cannot hold; quote it to make it text, `"2024-01-01"`'),
        (
            "2024-01-01T10:00:00Z",
            'a date for YAML, which JSON cannot hold; quote it to make it text, `"2024-01-01T10:00:00Z"`',
        ),
        (
            "2024-13-45",
            'a date for YAML, and not a valid one; quote it to make it text, `"2024-13-45"`',
        ),
        (".nan", 'infinity or not-a-number for YAML, which JSON cannot hold; quote it to make it text, `".nan"`'),
        (".inf", 'infinity or not-a-number for YAML, which JSON cannot hold; quote it to make it text, `".inf"`'),
        ("-.INF", 'infinity or not-a-number for YAML, which JSON cannot hold; quote it to make it text, `"-.INF"`'),
        (
            "1.0e+400",
            'infinity or not-a-number for YAML, which JSON cannot hold; quote it to make it text, `"1.0e+400"`',
        ),
    ],
)  # fmt: skip
def test_what_json_cannot_hold_is_to_be_quoted(text: str, problem: str) -> None:
    assert read_as(Json(), text) == (INVALID, [f"6: `{text}` in `key` is {problem}"])
    assert read_as(Json(), f'"{text}"') == (text, [])


def test_binary_data_is_refused() -> None:
    assert read_as(Json(), "!!binary aGk=") == (
        INVALID,
        ["6: `aGk=` in `key` is binary data for YAML, which JSON cannot hold; "
         'quote it to make it text, `"aGk="`'],
    )  # fmt: skip


def test_every_value_in_lists_and_mappings_is_looked_at() -> None:
    value, problems = read_as(Json(), "[1, {a: .nan, b: [2024-01-01]}]")
    assert value is INVALID
    assert [problem.split(";")[0] for problem in problems] == [
        "14: `.nan` in `key` is infinity or not-a-number for YAML, which JSON cannot hold",
        "24: `2024-01-01` in `key` is a date for YAML, which JSON cannot hold",
    ]


@pytest.mark.parametrize(
    ("key", "what"),
    [
        ("1", "a number"),
        ("1.5", "a number"),
        ("yes", "a truth value"),
        ("2024-01-01", "a date"),
    ],
)
def test_the_keys_of_json_are_text(key: str, what: str) -> None:
    problem = (
        f"7: the key `{key}` in `key` is {what} for YAML; "
        f'the keys of JSON are text: quote it, `"{key}"`'
    )
    assert read_as(Json(), f"{{{key}: x}}")[1] == [problem]
    assert read_as(Json(), f'{{"{key}": x}}') == ({key: "x"}, [])


@pytest.mark.parametrize(
    ("text", "value", "is_", "otherwise"),
    [
        ("1e3", "1e3", "text", "the number as `1000`"),
        ("-1e3", "-1e3", "text", "the number as `-1000`"),
        ("1e-3", "1e-3", "text", "the number as `0.001`"),
        ("1.5e3", "1.5e3", "text", "the number as `1500`"),
        ("0o17", "0o17", "text", "the number as `15`"),
        ("010", 8, "the number 8", "`8`"),
        ("-017", -15, "the number -15", "`-15`"),
        ("12:30", 750, "the number 750", "`750`"),
        ("1:30.5", 90.5, "the number 90.5", "`90.5`"),
        ("yes", True, "the truth value true", "`true`"),
        ("NO", False, "the truth value false", "`false`"),
        ("off", False, "the truth value false", "`false`"),
    ],
)
def test_surprises_of_yaml_are_warned_of(text: str, value: Any, is_: str, otherwise: str) -> None:
    warning = (
        f"6: warning: `{text}` in `key` is {is_} for YAML 1.1; "
        f'quote it if it is text, `"{text}"`, or write {otherwise}'
    )
    assert read_as(Json(), text) == (value, [warning])
    assert read_as(Json(), f"'{text}'") == (text, [])


@pytest.mark.parametrize(
    "text",
    ["0", "-0", "1", "1_000", "0x1F", "0b11", "1.5", "1.0e+3", "true", "False", "null", "~", "none", "08", "1.2.3",
     "e5", "a:b", "y", "N", "3.11", "1e", "e3"],
)  # fmt: skip
def test_other_words_are_no_surprise(text: str) -> None:
    value, problems = read_as(Json(), text)
    assert same(value, yaml.safe_load(text))
    assert problems == []


def test_the_arguments_of_a_class_are_names() -> None:
    value, problems = read_as(JsonMapping(), "{a: 1, 1b: 2, class: 3, 'd e': 4, é: 5}")
    assert value == {"a": 1}
    assert problems == [
        "13: a key of `key` is `1b`; expected a Python name: letters, digits and `_`",
        "20: a key of `key` is `class`, a word of Python itself; expected a Python name: letters, digits and `_`",
        "30: a key of `key` is `d e`; expected a Python name: letters, digits and `_`",
        "40: a key of `key` is `é`; expected a Python name: letters, digits and `_`",
    ]


def test_an_argument_that_cannot_be_read_is_there_all_the_same() -> None:
    value, problems = read_as(JsonMapping(), "{day: 2024-01-01, n: 1}")
    assert value == {"day": None, "n": 1}
    assert [problem.split(" is ")[0] for problem in problems] == ["12: `2024-01-01` in `key.day`"]


@pytest.mark.parametrize(("text", "kind"), [("[a]", "a list"), ("a", "`a`")])
def test_arguments_are_a_mapping(text: str, kind: str) -> None:
    problem = f"6: `key` is {kind}; expected a mapping of argument names to values"
    assert read_as(JsonMapping(), text) == (INVALID, [problem])
