"""What nuctl prints of functions, in every shape, and what is none of it."""

from __future__ import annotations

import contextlib
import json

import pytest
import yaml
from cases import EXAMPLES
from hypothesis import given
from hypothesis import strategies as st
from iguazioig.errors import ProblemsError
from iguazioig.reported import read_functions
from reported_functions import answer, as_local, committed, exported

FUNCTIONS = [as_local(each) for each in committed(EXAMPLES / "scoring" / "project")]
BY_NAME = {each["metadata"]["name"]: exported(each) for each in FUNCTIONS}
LOG = "\x1b[37m24.11.25 14:45:05.123\x1b[0m \x1b[32m(I)\x1b[0m nuctl Using namespace\n"


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (answer(FUNCTIONS), FUNCTIONS),
        (answer(FUNCTIONS[:1]), FUNCTIONS[:1]),
        (answer([]), []),
        (b"", []),
        (LOG.encode() + answer(FUNCTIONS), FUNCTIONS),
        (yaml.safe_dump(FUNCTIONS).encode(), FUNCTIONS),
        (yaml.safe_dump(FUNCTIONS[0]).encode(), FUNCTIONS[:1]),
        (yaml.safe_dump(BY_NAME).encode(), list(BY_NAME.values())),
        (yaml.safe_dump({"project": {}, "functions": BY_NAME}).encode(), list(BY_NAME.values())),
        (json.dumps({"kind": "List", "items": FUNCTIONS}).encode(), FUNCTIONS),
    ],
    ids=["list", "one", "none", "empty", "log", "yaml", "one-yaml", "export", "project", "kubectl"],
)
def test_every_shape_is_read(content: bytes, expected: object) -> None:
    assert read_functions(content, "answer") == expected


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b'[\n\t{"metadata": {', "answer:2:16: the answer ends in the middle; run nuctl again"),
        (b'[{"metadata": {"name": "fra', "the answer ends in the middle"),
        (b"{'a': 1}", "answer:1:2: this is no JSON: "),
        (b"\xff\xfe", "the byte 0xff is not UTF-8"),
        (b"a: [\n", "answer:2:1: not valid YAML: the file ends within brackets"),
        (b"Password: ", "nuctl asks for something; log in before"),
        (b"Please enter the passphrase of your key:", "nuctl asks for something"),
        (b"Please wait", "this is `Please wait`"),
        (b"[1]", "entry 1 is no mapping"),
        (b"kind: Deployment\nmetadata: {name: a}\nspec: {b: 1}\n", "entry 1 is a `Deployment`"),
        (b"apiVersion: 0.2.0\nproject: {name: a}\n", "this is a graph, or a project"),
        (b"metadata: {labels: {}}\nspec: {a: 1}\n", "entry 1 has no `metadata.name`"),
        (b"metadata: {name: a}\n", "`a` has no `spec`"),
        (b"[" * 200 + b"]" * 200, "or more than 100 levels"),
        (b"[" * 100_000, "this is nothing that nuctl prints"),
        (b'{"a": ' + b"1" * 5000 + b"}", "this is nothing that nuctl prints"),
    ],
)
def test_what_is_something_else_is_said(content: bytes, problem: str) -> None:
    with pytest.raises(ProblemsError, match=r"\Aanswer:") as raised:
        read_functions(content, "answer")
    assert problem in str(raised.value)


def test_aliases_do_not_multiply() -> None:
    lines = ["a0: &a0 [x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 9)]
    with pytest.raises(ProblemsError, match="more than 400,000 values"):
        read_functions("\n".join(lines).encode(), "answer")


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_no_answer_is_a_traceback(content: bytes) -> None:
    with contextlib.suppress(ProblemsError):
        read_functions(content, "answer")


def test_an_answer_in_one_line_full_of_words_of_a_question_is_read() -> None:
    function = {
        "metadata": {"name": "a"},
        "spec": {"env": [{"name": "A", "value": "token " * 200_000}]},
    }
    assert read_functions(json.dumps(function).encode(), "nuctl") == [function]
