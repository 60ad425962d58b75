"""Values as Python source: black finds nothing to change, and Python reads the same value back."""

from __future__ import annotations

import ast
from typing import Any

import black
import pytest
from black.strings import str_width
from hostile import json_values, quick, same, texts
from hypothesis import given
from hypothesis import strategies as st
from iguazioig.project.python_text import (
    WIDTH,
    assign,
    call,
    flat,
    keyword,
    lay_out,
    literal,
    quote,
    width,
)

VALUES = json_values(texts(surrogates=True))
NAMES = st.from_regex(r"[a-z_]{1,20}x", fullmatch=True)

# What a template has around a value, by the depth at which the value stands.
PLACES = {
    0: ("", "x = ", ""),
    4: ("def f(context):\n", "context.user_data.model = ", ""),
    8: ("class A:\n    def f(self):\n", "self.x = ", ""),
}


def blackened(source: str) -> str:
    return black.format_str(source, mode=black.Mode())


def statement(indent: int, source: Any) -> str:
    above, before, after = PLACES[indent]
    return f"{above}{' ' * indent}{lay_out(source, indent=indent, before=before, after=after)}\n"


@quick(150)
@given(VALUES, st.sampled_from(list(PLACES)))
def test_black_changes_no_literal(value: Any, indent: int) -> None:
    source = statement(indent, literal(value))
    assert blackened(source) == source


@quick(150)
@given(st.dictionaries(NAMES, VALUES, max_size=5), NAMES, st.sampled_from(list(PLACES)))
def test_black_changes_no_call(values: dict[str, Any], function: str, indent: int) -> None:
    arguments = [keyword(name, value) for name, value in values.items()]
    source = statement(indent, call(function, arguments))
    assert blackened(source) == source


@quick(100)
@given(st.lists(VALUES, max_size=4))
def test_black_changes_no_argument(values: list[Any]) -> None:
    outputs = lay_out(keyword("outputs", values), indent=4, after=",")
    source = f"step = delivery.Step(\n    {outputs}\n)\n"
    assert blackened(source) == source


@quick(300)
@given(VALUES)
def test_python_reads_the_value_back(value: Any) -> None:
    source = literal(value)
    assert same(ast.literal_eval(flat(source)), value)
    assert same(ast.literal_eval(lay_out(source, indent=0)), value)


@quick(150)
@given(st.dictionaries(NAMES, VALUES, max_size=5))
def test_python_reads_the_arguments_back(values: dict[str, Any]) -> None:
    source = lay_out(call("Model", [keyword(name, value) for name, value in values.items()]))
    read: Any = ast.parse(source, mode="eval").body
    assert same({each.arg: ast.literal_eval(each.value) for each in read.keywords}, values)


@quick(300)
@given(texts(surrogates=True))
def test_a_quoted_text_is_one_line_that_hides_nothing(text: str) -> None:
    source = quote(text)
    assert source.splitlines() == [source]
    assert ast.literal_eval(source) == text
    assert not set(source) & set("\0\x1b\x7f\u200b\u202e\u2066\ufeff\u2028\xa0")
    source.encode()


@pytest.mark.parametrize(
    ("text", "source"),
    [
        ("plain", '"plain"'),
        ("it's", '"it\'s"'),
        ('say "hi"', "'say \"hi\"'"),
        ('it\'s "hi"', "'it\\'s \"hi\"'"),
        ("'\"", '"\'\\""'),
        ("a\\b\n\t\x07", '"a\\\\b\\n\\t\\x07"'),
        ("grün → 漢字 🚲", '"grün → 漢字 🚲"'),
        ("\u202eevil\u200d\U000e0041", '"\\u202eevil\\u200d\\U000e0041"'),
        ("\ud83d", '"\\ud83d"'),
    ],
)
def test_quotes(text: str, source: str) -> None:
    assert quote(text) == source


@pytest.mark.parametrize(
    ("value", "source"),
    [
        (None, "None"),
        (True, "True"),
        (10**40, "1" + "0" * 40),
        (1e16, "1e16"),
        (1.5e-7, "1.5e-07"),
        (-0.0, "-0.0"),
        ([], "[]"),
        ({}, "{}"),
        ([[], {"a": {}}], '[[], {"a": {}}]'),
    ],
)
def test_short_literals(value: Any, source: str) -> None:
    assert lay_out(literal(value)) == source


@pytest.mark.parametrize("over", [0, 1])
def test_a_line_is_opened_up_when_it_gets_longer_than_black_allows(over: int) -> None:
    source = call("f", ['"' + "x" * (WIDTH - len('f("", 1)') + over) + '"', "1"])
    assert len(lay_out(source).splitlines()) == (4 if over else 1)


@pytest.mark.parametrize(
    "filler", ["x", "é", "e\u0301", "→", "漢", "🚲", "ｗ", "\u0e33", "\U0001fae8"]
)
def test_black_agrees_on_what_fits_whatever_it_is_filled_with(filler: str) -> None:
    for count in range(36, 88):
        source = lay_out(call("f", [quote(filler * count), "1"])) + "\n"
        assert blackened(source) == source


@pytest.mark.parametrize("name", range(40, 80))
def test_black_agrees_on_an_assignment_however_long_the_name(name: int) -> None:
    for arguments in ([], ["1"], ["1", quote("x" * 60)], [keyword("n" * 60, [1] * 40)]):
        source = assign("context.user_data.model", call("M" * name, arguments), indent=4)
        whole = f"def init_context(context):\n    {source}\n"
        assert blackened(whole) == whole


@quick(300)
@given(texts())
def test_no_line_is_taken_for_shorter_than_black_takes_it_for(text: str) -> None:
    assert width(text) >= str_width(text)
