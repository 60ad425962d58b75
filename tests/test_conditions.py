"""Conditions of outputs in older graphs: what is taken, how it is written, and that it means what `eval` made of it."""

from __future__ import annotations

import ast
import contextlib
import sys
from typing import Any

import black
import pytest
from hostile import NASTY, quick, texts
from hypothesis import given
from hypothesis import strategies as st
from iguazioig.api.older.conditions import (
    DEEPEST,
    LONGEST,
    MOST_PARTS,
    ConditionError,
    parse_condition,
)
from iguazioig.errors import Location
from iguazioig.graph import Condition
from iguazioig.project.choice_text import Choice, choice_text, python

OUTPUT = {"kind": "stream", "name": "scored", "output_stream": "a/b"}


def written(text: str) -> str:
    """A condition as the handler has it."""
    return python(parse_condition(text, OUTPUT))


def refusal(text: str) -> str:
    with pytest.raises(ConditionError) as raised:
        parse_condition(text, OUTPUT)
    return str(raised.value)


def handler_part(*conditions: str | None) -> str:
    """The function `wanted` with outputs that are called `a`, `b`, …"""
    return choice_text(
        [
            Choice(name, condition(text) if text is not None else None)
            for name, text in zip("abcdefgh", conditions, strict=False)
        ]
    )


def condition(text: str) -> Condition:
    tree = parse_condition(text, OUTPUT)
    return Condition(text=ast.unparse(tree), tree=tree, location=Location("graph.yaml"))


def chosen(source: str, message: Any) -> list[str]:
    """The outputs that the generated function names."""
    scope: dict[str, Any] = {"contextlib": contextlib, **{name: name for name in "abcdefgh"}}
    exec(compile(source, "handler.py", "exec"), scope)
    return list(scope["wanted"](message))


def evaluated(text: str, message: Any) -> bool:
    """What the old runtime made of a condition."""
    try:
        return bool(eval(text, {"message": message, "output": OUTPUT}))
    except Exception:
        return False


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("message['score'] > 0.5", 'message["score"] > 0.5'),
        ("  message['a']\n", 'message["a"]'),
        ("message.get('a', 'it\\'s') == \"x\"", 'message.get("a", "it\'s") == "x"'),
        ("not message['a']", 'not message["a"]'),
        ("not (message['a'] and message['b'])", 'not (message["a"] and message["b"])'),
        ("not message['a'] in (1, 2)", 'message["a"] not in (1, 2)'),
        ("not message['a'] is None", 'message["a"] is not None'),
        ("not message['a'] == 1", 'message["a"] != 1'),
        ("not not message['a']", 'bool(message["a"])'),
        ("message['a'] and (message['b'] or message['c'])", 'message["a"] and (message["b"] or message["c"])'),
        ("message['a'] and message['b'] or message['c']", '(message["a"] and message["b"]) or message["c"]'),
        ("1 < message['a'] <= 2", '1 < message["a"] <= 2'),
        ("(message['a'] + 1) * 2 - -1 > len(message)", '((message["a"] + 1) * 2) - (-1) > len(message)'),
        ("message['a']['b'][-1].lower().startswith('x')", 'message["a"]["b"][-1].lower().startswith("x")'),
        ("message['a'] in ['x'] or message['a'] in {'y'}", 'message["a"] in ["x"] or message["a"] in {"y"}'),
        ("message['a'] in ('x',)", 'message["a"] in ("x",)'),
        ("'key' in message", '"key" in message'),
        ("(message['a'] > 1) == True", '(message["a"] > 1) == True'),
        ("round(message['a'], 1) == max(message['b'], 2)", 'round(message["a"], 1) == max(message["b"], 2)'),
        ("output['name'] == 'scored'", '"scored" == "scored"'),
        ("output.get('url') == None", "None == None"),
        ("True", "True"),
        ("message['a'] == 1e16", 'message["a"] == 1e16'),
        ("message['é'] == '\\u202e'", 'message["é"] == "\\u202e"'),
    ],
)  # fmt: skip
def test_a_condition_in_the_handlers_spelling(text: str, expected: str) -> None:
    assert written(text) == expected


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "is no Python expression"),
        ("message['a'] =", "is no Python expression"),
        ("a = 1", "is no Python expression"),
        ("import os", "is no Python expression"),
        ("message['a']; 1", "is no Python expression"),
        ("\0", "is no Python expression"),
        ("__import__('os').system('touch canary')", "has `.system` in it"),
        ("__import__('os')", "has a call of `__import__` in it"),
        ("eval('1')", "has a call of `eval` in it"),
        ("open(message['a'])", "has a call of `open` in it"),
        ("os.environ", "has `.environ` in it"),
        ("os", "has the name `os` in it"),
        ("imports['a'].check(message)", "has `.check` in it"),
        ("context.worker_id == 0", "has `.worker_id` in it"),
        ("message.__class__", "has `.__class__` in it"),
        ("message.pop('a')", "has `.pop` in it"),
        ("message.get", "has `.get` in it"),
        ("message.get(key='a')", "has `.get` in it"),
        ("message.get(*['a'])", "has a Starred in it"),
        ("[x for x in message]", "has a comprehension in it"),
        ("any(x for x in message)", "has a call of `any` in it"),
        ("lambda: message", "has a `lambda` in it"),
        ("(message := 1)", "has a `:=` in it"),
        ("message['a'] if message else 1", "has an `if … else …` in it"),
        ("f'{message}'", "has an f-string in it"),
        ("{'a': 1}", "has a dictionary in it"),
        ("message['a'][1:]", "has a slice in it"),
        ("message['a'] ** 9", "has an operator that is not taken in it"),
        ("~message['a']", "has an operator that is not taken in it"),
        ("b'a' == message['a']", "has a bytes that is not taken in it"),
        ("message['a'] == 1j", "has a complex that is not taken in it"),
        ("message['a'] == ...", "has a ellipsis that is not taken in it"),
        ("message['a'] < 1e999", "has a float that is not taken in it"),
        ("message['a'] is 'x'", "compares with `is`, where `==` is meant"),
        ("'x' in None", "looks for something in what holds nothing"),
        ("'%s' % message['a'] == 'x'", "formats a text"),
        ("1 < 2", "has a part that is not about `message`"),
        ("'a' * 999999999", "has a part that is not about `message`"),
        ("[1]['a']", "asks a literal for a part of it"),
        ("-None", "has a `-` before what is no number"),
        ("message['a'], message['b']", "is several values with commas between them"),
        ("output['url']", "asks for `url` of its output, which has none"),
        ("output", "has the name `output` in it"),
        ("x" * (LONGEST + 1), f"has {LONGEST + 1:,} characters, and at most {LONGEST:,} are read"),
        (f"message in [{'1,' * MOST_PARTS}]", f"has more than {MOST_PARTS} parts"),
        ("-" * (DEEPEST + 1) + "message", f"is nested more than {DEEPEST} levels deep"),
        ("-" * 1900 + "1", None),
        ("(" * 1000 + ")" * 1000, None),
        ("message" + "['a']" * 390, None),
    ],
)  # fmt: skip
def test_what_is_not_taken(text: str, reason: str | None) -> None:
    said = refusal(text)
    assert said == (reason or said)
    assert said.isprintable()


def test_each_condition_stands_for_itself() -> None:
    source = handler_part(None, "message['score'] > 0.5", "message['kind'] == 'x'", "True")
    assert chosen(source, {"score": 1, "kind": "x"}) == ["a", "b", "c", "d"]
    assert chosen(source, {"kind": "x"}) == ["a", "c", "d"]
    assert chosen(source, ["anything"]) == ["a", "d"]
    assert chosen(source, None) == ["a", "d"]


def test_a_plain_condition_needs_no_word_to_linters() -> None:
    assert "noqa" not in handler_part("message['score'] > 0.5", "message.get('a') in ['b']")
    assert "noqa" in handler_part("message['score'] == None")


def test_without_conditions_there_is_nothing_to_choose() -> None:
    assert handler_part(None, None) == ""


# Any condition that is taken means what it meant, and is laid out as black does it.

KEYS = st.sampled_from(["a", "b", "score", "a long name of a key, longer than most", "it's", '"'])
LITERALS = st.one_of(
    st.integers(-5, 10**20), st.floats(allow_nan=False), st.booleans(), st.none(), texts(), KEYS
).map(repr)
MESSAGE = st.one_of(
    st.just("message"),
    KEYS.map(lambda key: f"message[{key!r}]"),
    KEYS.map(lambda key: f"message.get({key!r})"),
)


def _bigger(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    two = st.tuples(inner, inner)
    return st.one_of(
        st.tuples(two, st.sampled_from(["and", "or", "==", "!=", "<", ">=", "in", "not in", "+", "-", "*", "/", "//", "%"]))
        .map(lambda each: f"({each[0][0]}) {each[1]} ({each[0][1]})"),
        inner.map(lambda each: f"not ({each})"),
        inner.map(lambda each: f"-({each})"),
        inner.map(lambda each: f"({each}) is None"),
        two.map(lambda each: f"({each[0]}) and ({each[1]}) and message['score']"),
        two.map(lambda each: f"({each[0]}) or ({each[1]}) or message['b'] or message['a']"),
        two.map(lambda each: f"({each[0]}) in [{each[1]}, {each[0]}]"),
        two.map(lambda each: f"({each[0]}) in ({each[1]},)"),
        two.map(lambda each: f"1 < ({each[0]}) <= ({each[1]})"),
        st.tuples(st.sampled_from(["len", "str", "bool", "abs", "float", "int"]), inner).map(lambda each: f"{each[0]}({each[1]})"),
        st.tuples(inner, st.sampled_from(["lower()", "strip()", "startswith('a')", "keys()"])).map(lambda each: f"({each[0]}).{each[1]}"),
    )  # fmt: skip


CONDITIONS = st.recursive(MESSAGE | LITERALS, _bigger, max_leaves=8)
VALUES = st.one_of(
    st.none(), st.booleans(), st.integers(-3, 3), st.floats(allow_nan=False), texts(), st.lists(st.integers(0, 2))
)  # fmt: skip
MESSAGES = st.dictionaries(KEYS, VALUES) | VALUES


@quick(600)
@given(text=CONDITIONS, messages=st.lists(MESSAGES, min_size=1, max_size=4))
def test_what_is_taken_means_what_eval_made_of_it(text: str, messages: list[Any]) -> None:
    try:
        source = handler_part(text)
    except ConditionError:
        return
    for message in messages:
        assert bool(chosen(source, message)) == evaluated(text, message)


@quick(600)
@given(texts=st.lists(CONDITIONS, min_size=1, max_size=3))
def test_black_finds_nothing_to_change(texts: list[str]) -> None:
    with contextlib.suppress(ConditionError):
        source = handler_part(*texts) + "\n"
        assert black.format_str(source, mode=black.Mode()) == source


@quick(400)
@given(
    text=texts()
    | st.text(st.sampled_from("message[]'\"()., andornoti=<>1+-*_:{}\\\n"), max_size=60)
)
def test_hostile_text_is_taken_or_refused_in_words(text: str) -> None:
    said, tree = "", None
    try:
        tree = parse_condition(text, OUTPUT)
    except ConditionError as reason:
        said = str(reason)
    assert said.isprintable()
    assert len(said) < 300
    names = {node.id for node in ast.walk(tree or ast.Pass()) if isinstance(node, ast.Name)}
    assert names <= {"message", "len", "str", "bool", "abs", "float", "int", "max", "min", "round"}


@pytest.mark.parametrize("nasty", NASTY)
def test_nasty_text_in_a_condition_stays_text(nasty: str) -> None:
    source = handler_part(f"message['a'] == {nasty!r}")
    assert chosen(source, {"a": nasty}) == ["a"]
    assert chosen(source, {"a": nasty + "x"}) == []


def test_nothing_of_a_condition_runs_while_it_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[str] = []
    monkeypatch.setattr("builtins.eval", lambda *args: ran.append("eval"))
    sys.audit("iguazioig.test")
    for text in ("__import__('os').mkdir('canary')", "message['a']", "exec('1')", "[].append(1)"):
        with contextlib.suppress(ConditionError):
            handler_part(text)
    assert ran == []
