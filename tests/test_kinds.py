from __future__ import annotations

from typing import Any

import jsonschema
import pytest
from graphs import read_as
from iguazioig.api import texts
from iguazioig.api.kinds import (
    DOTTED,
    FUNCTION,
    IDENTIFIER,
    INVALID,
    Either,
    Holder,
    Integer,
    Kind,
    ListOf,
    MapOf,
    Nothing,
    Text,
    Typed,
    choices,
    words,
)

WORD = words("[a-z]+", "a lower-case word", longest=5)
FEW = ListOf(WORD, "words, such as `[a]`", shortest=1, longest=3)
AMOUNTS = MapOf(WORD, Integer(0, 9), "a mapping of words to numbers, such as `{a: 1}`")
LEVEL = choices("debug", "info")
EITHER = Either(Typed("text", None, 10), AMOUNTS, "text, or `{a: 1}`", frozenset({"a", "b"}))


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        (Text(), "yes", "yes"),
        (Text(), "1.10", "1.10"),
        (Text(), "080", "080"),
        (Text(), "'quo ted'", "quo ted"),
        (Text(), "''", ""),
        (Text(), "🚲 ünï", "🚲 ünï"),
        (WORD, "abc", "abc"),
        (WORD, "yes", "yes"),
        (Integer(1, 9), "9", 9),
        (Integer(1), "1_000", 1000),
        (Integer(0), "0x10", 16),
        (LEVEL, "debug", "debug"),
        (LEVEL, "'info'", "info"),
        (Nothing(), "null", None),
        (Nothing(), "~", None),
        (FEW, "[a, b]", ["a", "b"]),
        (FEW, "[yes]", ["yes"]),
        (AMOUNTS, "{}", {}),
        (AMOUNTS, "{a: 1, yes: 2}", {"a": 1, "yes": 2}),
        (EITHER, "yes", "yes"),
        (EITHER, "", ""),
        (EITHER, "~", "~"),
        (EITHER, '"two\\nlines"', "two\nlines"),
        (EITHER, "{a: 1}", {"a": 1}),
        (Holder(), "{a: [1, {b: c}]}", None),
        (IDENTIFIER, "_a1", "_a1"),
        (DOTTED, "a.b.c", "a.b.c"),
        (FUNCTION, "a.b", "a.b"),
    ],
)
def test_what_is_right(kind: Kind, text: str, value: Any) -> None:
    assert read_as(kind, text) == (value, [])


@pytest.mark.parametrize(
    ("kind", "text", "problem"),
    [
        (Text(), "", "5: `key` has no value; expected one line of text"),
        (Text(), "~", "6: `key` has no value; expected one line of text"),
        (Text(), "[a]", "6: `key` is a list; expected one line of text"),
        (Text(), "{a: b}", "6: `key` is a mapping; expected one line of text"),
        (Text(), '"a\\nb"', "6: `key` is `a\\nb`; expected one line of text"),
        (Text(), '"a\\u2028b"', "6: `key` is `a\\u2028b`; expected one line of text"),
        (Text(), "|\n  a", "6: `key` is `a\\n`; expected one line of text"),
        (WORD, "A", "6: `key` is `A`; expected a lower-case word"),
        (WORD, "''", "6: `key` is empty; expected a lower-case word"),
        (WORD, "'a\n  b'", "6: `key` is `a b`; expected a lower-case word"),
        (WORD, "abcdef", "6: `key` has 6 characters; at most 5 are allowed"),
        (Integer(1, 9), "0", "6: `key` is `0`; expected a whole number, 1 to 9"),
        (Integer(1, 9), "10", "6: `key` is `10`; expected a whole number, 1 to 9"),
        (Integer(1), "0", "6: `key` is `0`; expected a whole number, 1 or more"),
        (Integer(1, 9), "1.0", "6: `key` is `1.0`; expected a whole number, 1 to 9"),
        (Integer(1, 9), "yes", "6: `key` is `yes`; expected a whole number, 1 to 9"),
        (Integer(1, 9), "", "5: `key` has no value; expected a whole number, 1 to 9"),
        (Integer(1, 9), "[1]", "6: `key` is a list; expected a whole number, 1 to 9"),
        (Integer(1, 9), "{}", "6: `key` is a mapping; expected a whole number, 1 to 9"),
        (
            Integer(1, 9),
            "'5'",
            "6: `key` is the text `5`; expected a whole number, 1 to 9: write it without quotes",
        ),
        (
            Integer(1, 9),
            "9" * 5000,
            "6: `key` is `" + "9" * 60 + "…`; expected a whole number, 1 to 9",
        ),
        (LEVEL, "DEBUG", "6: `key` is `DEBUG` (did you mean `debug`?); expected one of `debug`, `info`"),
        (LEVEL, "loud", "6: `key` is `loud`; expected one of `debug`, `info`"),
        (LEVEL, "", "5: `key` has no value; expected one of `debug`, `info`"),
        (LEVEL, "[debug]", "6: `key` is a list; expected one of `debug`, `info`"),
        (choices("0.2.0"), "0.2", "6: `key` is `0.2` (did you mean `0.2.0`?); expected `0.2.0`"),
        (Nothing(), "x", "6: `key` is `x`; expected null (leave the key out)"),
        (Nothing(), "{}", "6: `key` is a mapping; expected null (leave the key out)"),
        (FEW, "a", "6: `key` is `a`; expected a list of words, such as `[a]`"),
        (FEW, "", "5: `key` has no value; expected a list of words, such as `[a]`"),
        (FEW, "{a: b}", "6: `key` is a mapping; expected a list of words, such as `[a]`"),
        (FEW, "[]", "6: `key` is empty; expected a list of words, such as `[a]`"),
        (FEW, "[a, b, c, d]", "6: `key` has 4 items; at most 3 are allowed"),
        (AMOUNTS, "[a]", "6: `key` is a list; expected a mapping of words to numbers, such as `{a: 1}`"),
        (AMOUNTS, "a", "6: `key` is `a`; expected a mapping of words to numbers, such as `{a: 1}`"),
        (AMOUNTS, "", "5: `key` has no value; expected a mapping of words to numbers, such as `{a: 1}`"),
        (EITHER, "[a]", "6: `key` is a list; expected text, or `{a: 1}`"),
        (EITHER, "{}", "6: `key` is a mapping; expected text, or `{a: 1}`"),
        (EITHER, "{c: 1}", "6: `key` is a mapping; expected text, or `{a: 1}`"),
        (EITHER, '"a\\0b"', "6: `key` is `a\\x00b`; expected text"),
        (EITHER, "x" * 11, "6: `key` has 11 characters; at most 10 are allowed"),
        (Holder(), "[a]", "6: `key` is a list; expected a mapping that holds anchors"),
        (IDENTIFIER, "1a", "6: `key` is `1a`; expected a Python name: letters, digits and `_`"),
        (IDENTIFIER, "é", "6: `key` is `é`; expected a Python name: letters, digits and `_`"),
        (
            IDENTIFIER,
            "class",
            "6: `key` is `class`, a word of Python itself; expected a Python name: letters, digits and `_`",
        ),
        (DOTTED, "a..b", "6: `key` is `a..b`; expected a module, such as `fraud_model` or `models.fraud`"),
        (DOTTED, "./a.py", "6: `key` is `./a.py`; expected a module, such as `fraud_model` or `models.fraud`"),
        (
            DOTTED,
            "a.import.b",
            "6: `key` is `a.import.b`, a word of Python itself; "
            "expected a module, such as `fraud_model` or `models.fraud`",
        ),
        (FUNCTION, "record", "6: `key` is `record`; expected a function of a module, such as `audit.record`"),
    ],
    ids=lambda value: ascii(value)[1:16] if isinstance(value, str) else "",
)  # fmt: skip
def test_what_is_wrong(kind: Kind, text: str, problem: str) -> None:
    assert read_as(kind, text) == (INVALID, [problem])


def test_the_items_that_are_right_are_kept_with_their_places() -> None:
    items, problems = read_as(FEW, "[1x, good, 2x]")
    assert items == ["good"]
    assert [str(place) for place in items.places] == ["graph.yaml:1:11"]
    assert not items.is_whole
    assert problems == [
        "7: `key[0]` is `1x`; expected a lower-case word",
        "17: `key[2]` is `2x`; expected a lower-case word",
    ]


def test_an_item_that_is_missing_is_named() -> None:
    assert read_as(FEW, "[a, null, ~]")[1] == [
        "10: `key[1]` has no value; expected a lower-case word",
        "16: `key[2]` has no value; expected a lower-case word",
    ]


def test_the_entries_that_are_right_are_kept() -> None:
    entries, problems = read_as(AMOUNTS, "{a: 1, b: x, C: 3, abcdef: 4, d: }")
    assert entries == {"a": 1}
    assert problems == [
        "16: `key.b` is `x`; expected a whole number, 0 to 9",
        "19: a key of `key` is `C`; expected a lower-case word",
        "25: a key of `key` has 6 characters; at most 5 are allowed",
        "39: `key.d` has no value; expected a whole number, 0 to 9",
    ]


def test_nothing_more_is_said_of_what_could_not_be_read() -> None:
    for kind in (Text(), Integer(), LEVEL, FEW, AMOUNTS, EITHER, Nothing(), Holder()):
        document_says = "*nowhere"
        assert read_broken(kind, document_says) == (INVALID, [])


def read_broken(kind: Kind, text: str) -> tuple[Any, list[str]]:
    from iguazioig.api.reader import Reader
    from iguazioig.document import Mapping, parse

    root = parse(f"key: {text}".encode(), "f").root
    assert isinstance(root, Mapping)
    reader = Reader([])
    result = kind.read(root.entries["key"][1], reader, "key")
    return result, [str(each) for each in reader.problems]


# Texts


@pytest.mark.parametrize(
    ("kind", "good", "bad"),
    [
        (
            texts.NAME,
            ["a", "A", "step_1", "my step", "a-b", "a" * 63],
            ["1a", "a_", "-a", "a-", "é", "a.b", "a/b", "'a b '", "_a", '"a\\n"'],
        ),
        (texts.STREAM_NAME, ["a", "1", "raw_2", "My Stream"], ["_a", "a-", "a.b", "a/b", "{}"]),
        (texts.VOLUME_NAME, ["user-dir", "a", "1"], ["User", "a_b", "-a", "a-", "a b"]),
        (texts.CONTAINER, ["bigdata", "projects", "a-b_c"], ["a/b", "a b", "-a", "a.b"]),
        (
            texts.PATH,
            ["a", "/a", "a/", "/a/b/", "team/streams/raw.v2", "a-b_c/d"],
            ["/", "//a", "a//b", "../a", "a/../b", "a/.b", ".", "a b", "a\\b", "~/a", "a:b", "a?b"],
        ),
        (
            texts.FOLDER,
            ["/User", "/User/a b", "/a/", "/é", "/a'b"],
            ["User", "./a", "~/a", "/", "/a:/b", '"/a\\nb"', '"/a\\u2028b"'],
        ),
        (
            texts.IMAGE,
            [
                "python:3.11",
                "docker.io/library/python:3.11-slim",
                "localhost:5000/a/b:c",
                "quay.io/a/b@sha256:" + "0" * 64,
                "Registry.Example.com/a__b/c-d:V1.2_x",
            ],
            [
                "Python:3.11",
                "a b",
                ":a",
                "a@sha256:0",
                "a;b",
                "$(a)",
                "a'b",
                "team/Model:1",
                "Team/model",
                "a//b",
                "a:b:c",
                "a/",
            ],
        ),
        (
            texts.IMAGE_NAME,
            ["step-1", "vision/detect-objects", "a.b_c"],
            ["Step", "a:b", "a/", "/a", "a//b", "-a", "a_", "registry:5000/a"],
        ),
        (
            texts.LABEL_VALUE,
            ["latest", "123456", "1.10", "a_b.C-d", "''", "a" * 63],
            ["-a", "a-", "a b", "é", "a/b", "a:b"],
        ),
        (texts.ENV_NAME, ["A", "_a1", "PATH"], ["1A", "A-B", "A B", "A.B", "A=B"]),
        (
            texts.PACKAGE,
            [
                "numpy",
                "scikit-learn==1.5.2",
                "a[b]>=1,<2; python_version < '3.12'",
                "git+https://github.com/a/b@v1",
                "--extra-index-url https://pypi.example.com/simple",
                "--index-url=https://pypi.example.com/simple",
            ],
            ['"a\\nb"', "-r other.txt", "./local", "é", "''", "'#a'"],
        ),
        (
            texts.QUANTITY,
            ["1", "0.5", ".5", "2.", "500m", "128M", "1Gi", "1e3", "1E-3", "2E"],
            ["-1", "1 Gi", "1GB", "1K", "Gi", "1e9999999", "'1,5'", "inf", "''"],
        ),
        (
            texts.RESOURCE,
            ["cpu", "memory", "ephemeral-storage", "nvidia.com/gpu", "hugepages-2Mi"],
            ["gpu", "CPU", "/gpu", "nvidia.com/", "a b"],
        ),
        (texts.SECRET_NAME, ["model-registry", "a.b", "1"], ["Model", "a_b", "-a", "a-", "a/b"]),
        (texts.SECRET_KEY, ["token", "a.b-c_D"], ["a b", "a/b", "''", "é"]),
        (
            texts.URL,
            [
                "https://scores.example.com/in",
                "http://a:8080/b?c=d&e=%20",
                "HTTPS://A/b",
                "http://[::1]:80/",
                "https://a/{{b}}",
            ],
            [
                "ftp://a",
                "a.example.com",
                "http://",
                "https:///a",
                "http://a:b/",
                "http://a b",
                "//a",
            ],
        ),
        (
            texts.SERVER,
            ["http://v3io-webapi:8081", "https://a/", "http://a"],
            ["http://a/b", "http://a?b", "a:8081", "http://", "tcp://a"],
        ),
    ],
)
def test_texts(kind: Text, good: list[str], bad: list[str]) -> None:
    for text in good:
        assert read_as(kind, text) == (unquoted(text), [])
    for text in bad:
        result, problems = read_as(kind, text)
        assert (result, len(problems)) == (INVALID, 1), text
        assert f"; expected {kind.expected}" in problems[0]


def unquoted(text: str) -> str:
    return "" if text == "''" else text


@pytest.mark.parametrize("kind", [texts.NAME, texts.STREAM_NAME, texts.LABEL_VALUE], ids=str)
def test_names_are_bounded_in_length(kind: Text) -> None:
    assert read_as(kind, "a" * 64)[1] == ["6: `key` has 64 characters; at most 63 are allowed"]


# Schemas


@pytest.mark.parametrize(
    ("kind", "good", "bad"),
    [
        (Text(), ["a", 1, 1.5, True], [None, [], {}]),
        (WORD, ["abc"], ["A", "", "a b", None]),
        (Integer(1, 9), [1, 9], [0, 10, "1", 1.5, None]),
        (LEVEL, ["debug"], ["DEBUG", None]),
        (Nothing(), [None], ["", {}]),
        (FEW, [["a"]], [[], ["A"], "a", {}]),
        (AMOUNTS, [{}, {"a": 1}], [{"a": "x"}, {"A": 1}, []]),
        (EITHER, ["a", None, 1, {"a": 1}], [[], {"a": "x"}]),
        (Holder(), [{"a": [1]}], [[], None]),
        (IDENTIFIER, ["a"], ["1a", "a.b"]),
    ],
)
def test_the_schema_of_a_kind_says_the_same(kind: Kind, good: list[Any], bad: list[Any]) -> None:
    validator = jsonschema.Draft202012Validator(kind.schema())
    assert [value for value in good if not validator.is_valid(value)] == []
    assert [value for value in bad if validator.is_valid(value)] == []
