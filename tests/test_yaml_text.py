"""Values as YAML source: PyYAML reads the same text back, and yamllint and YAML 1.2 have nothing to object to."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml
from hostile import NASTY, quick, texts
from hypothesis import given
from hypothesis import strategies as st
from iguazioig.project.yaml_text import WIDTH, plain, quoted
from yaml_linter import YamlLintConfig, run

TEXTS = texts()
LONG = st.lists(TEXTS, min_size=4, max_size=12).map(" ".join)
# As in function.yaml: the deepest place of a value, and one in a list.
PLACES = ["            container: ", "      value: ", "    - name: "]
LINT = YamlLintConfig("extends: default")
# What YAML 1.2 (core schema, 10.3.2) takes for something else than text; 1.1 takes more, and PyYAML is asked for that.
NOT_TEXT_IN_1_2 = re.compile(
    r"~|null|Null|NULL||true|True|TRUE|false|False|FALSE|[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+"
    r"|[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)"
)


def document(after: str, source: str) -> str:
    """The source in a file, at the depth that `after` says."""
    indent = len(after) - len(after.lstrip(" "))
    above = [f"{' ' * depth}level{depth}:" for depth in range(0, indent, 2)]
    return "\n".join(["---", *above, after + source]) + "\n"


def read(text: str) -> Any:
    """The innermost value of a document."""
    value = yaml.safe_load(text)
    while not isinstance(value, str):
        assert value is not None
        value = value[0] if isinstance(value, list) else next(iter(value.values()))
    return value


def complaints(text: str) -> list[str]:
    return [str(problem) for problem in run(text, LINT)]


@quick(500)
@given(TEXTS | LONG, st.sampled_from(PLACES), st.sampled_from([plain, quoted]))
def test_the_text_is_read_back(text: str, after: str, write: Any) -> None:
    whole = document(after, write(text, after=after))
    assert read(whole) == text
    assert not set(whole) & set("\0\x1b\x7f\t\r\u200b\u202e\u2066\ufeff\u2028\x85\xa0")


@quick(200)
@given(TEXTS | LONG, st.sampled_from(PLACES), st.sampled_from([plain, quoted]))
def test_yamllint_is_content(text: str, after: str, write: Any) -> None:
    assert complaints(document(after, write(text, after=after))) == []


@quick(300)
@given(TEXTS)
def test_a_key_is_read_back(text: str) -> None:
    assert yaml.safe_load(f"{plain(text)}: value") == {text: "value"}
    assert "\n" not in plain(text)


@pytest.mark.parametrize(
    "text", [*NASTY, "y", "N", "Off", "TRUE", "null", "1", "1.5", ".5", "0b1", "=", ""]
)
def test_what_could_be_something_else_is_in_quotes(text: str) -> None:
    source = plain(text)
    assert yaml.safe_load(source) == text
    if source == text:
        assert not NOT_TEXT_IN_1_2.fullmatch(text)


@pytest.mark.parametrize(
    "text",
    [
        "projects", "/team/streams/raw", "python:3.11", "python:3.12-slim", "v3io-access", "accessKey",
        "http://v3io-webapi:8081", "http://v3io-webapi.platform.svc:8081/", "a@b", "/User/models/m.pkl",
    ],
)  # fmt: skip
def test_what_is_text_for_every_reader_has_no_quotes(text: str) -> None:
    assert plain(text) == text


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("short", ['"short"']),
        ('it\'s a "test"', ['"it\'s a \\"test\\""']),
        ("to be " * 12 + "said", [">-", f"        {'to be ' * 12}".rstrip(), "        said"]),
        ("https://example.com/" + "x" * 70, [">-", "        https://example.com/" + "x" * 70]),
        (
            '{\n  "model": "a very long name of a model that does not fit",\n  "threshold": 0.8\n}',
            [
                '"\\',
                "        {\\n\\",
                '        \\  \\"model\\": \\"a very long name of a model that does not fit\\",\\n\\',
                '        \\  \\"threshold\\": 0.8\\n\\',
                '        }"',
            ],
        ),
    ],
)  # fmt: skip
def test_the_layout_of_values(text: str, lines: list[str]) -> None:
    assert quoted(text, after="      value: ").split("\n") == lines


def test_a_line_is_folded_when_it_gets_too_long() -> None:
    after = "      value: "
    room = WIDTH - len(after) - len('""')
    assert quoted("x" * room, after=after) == '"' + "x" * room + '"'
    assert quoted("x" * (room + 1), after=after).startswith(">-\n")
