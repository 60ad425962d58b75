from __future__ import annotations

import re
from typing import ClassVar

import pytest
from iguazioig.api import BaseDeployer, Translation, choose_deployer, find_deployer
from iguazioig.api.v0_2_0 import Deployer
from iguazioig.document import Document, parse
from iguazioig.errors import GraphError


class OwnDeployer(BaseDeployer):
    """A version that a user made."""

    api_version: ClassVar[str] = "team-1"

    @classmethod
    def translate(cls, document: Document) -> Translation:
        return Translation(None, ())


def choose(text: str, wanted: type[BaseDeployer] | None = None) -> type[BaseDeployer]:
    return choose_deployer(parse(text.encode(), "f"), wanted)


def refused(text: str, wanted: type[BaseDeployer] | None = None) -> str:
    with pytest.raises(GraphError) as raised:
        choose(text, wanted)
    return str(raised.value)


def test_a_version_by_its_name() -> None:
    assert find_deployer("0.2.0") is Deployer


@pytest.mark.parametrize(
    ("version", "message"),
    [
        (
            "0.2",
            "`0.2` is not a version of the graph's format (did you mean `0.2.0`?); "
            "known: 0.2.0, v0_1, v2alpha3, v2alpha2, v2alpha1, v1alpha1",
        ),
        ("x1", "`x1` is not a version of the graph's format; known: 0.2.0, v0_1, "),
    ],
)
def test_a_version_that_nobody_knows(version: str, message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        find_deployer(version)


@pytest.mark.parametrize(
    "text",
    ["apiVersion: 0.2.0", "apiVersion: '0.2.0'", "project: {}\napiVersion: 0.2.0", "{}", "apiVersion:",
     "apiVersion: 0.2", "apiVersion: [0.2.0]", "apiVersion: *nowhere", "apiversion: 0.2.0", "project: {}"],
)  # fmt: skip
def test_the_deployer_of_a_document(text: str) -> None:
    assert choose(text) is Deployer
    assert choose(text, Deployer) is Deployer


KNOWN = "`0.2.0`, `v0_1`, `v2alpha3`, `v2alpha2`, `v2alpha1`, `v1alpha1`"


@pytest.mark.parametrize("version", ["v0_1", "v1alpha1", "v2alpha1", "v2alpha2", "v2alpha3"])
def test_the_deployer_of_an_older_document(version: str) -> None:
    assert choose(f"apiVersion: {version}").api_version == version
    assert choose(f"apiVersion: {version}", find_deployer(version)) is find_deployer(version)
    with pytest.raises(GraphError, match=f"is of apiVersion `{version}`"):
        choose(f"apiVersion: {version}", Deployer)


@pytest.mark.parametrize("version", ["1", "3.0.1beta", "true", "flowless"])
def test_a_document_of_a_version_that_nobody_knows(version: str) -> None:
    assert refused(f"project: {{}}\napiVersion: {version}\n") == (
        f"f:2:13: `{version}` is not a known apiVersion; known are {KNOWN}"
    )


@pytest.mark.parametrize(
    ("version", "meant"),
    [("v0.1", "v0_1"), ("v2alpha4", "v2alpha3"), ("v1alpha", "v1alpha1")],
)
def test_an_older_version_that_is_misspelt(version: str, meant: str) -> None:
    assert refused(f"apiVersion: {version}") == (
        f"f:1:13: `{version}` is not a known apiVersion (did you mean `{meant}`?); known are {KNOWN}"
    )


@pytest.mark.parametrize("head", ["apiVersion:\n", "", "apiVersion: [v0_1]\n", "apiVersion: 0.3\n"])
@pytest.mark.parametrize(
    ("function", "meant"),
    [
        ("{function_name: a, input_streams: {}}", "v0_1"),
        ("{function_name: a, outputs: [], class_init: {}}", "v2alpha3"),
        ("{function_name: a, outputs: []}", "v2alpha2"),
        ("{function_name: a, outputs: [], module_paths: \"['/User/m']\"}", "v2alpha1"),
        ("{function_name: a, output_stream: a/b}", "v1alpha1"),
    ],
)
def test_the_keys_tell_the_version_that_is_not_said(head: str, function: str, meant: str) -> None:
    said = refused(f"{head}project:\n  functions: [{function}]\n")
    assert said.endswith(f" (did you mean `{meant}`?); known are {KNOWN}")


def test_keys_of_the_newest_version_under_another_name() -> None:
    text = "apiVersion: v9\nproject:\n  functions: [{name: a, class_module: m}]\n"
    assert "`v9` is not a known apiVersion (did you mean `0.2.0`?)" in refused(text)


def test_a_long_version_is_shown_in_one_line() -> None:
    message = refused('apiVersion: "' + "x\\n" * 5000 + '"\n')
    assert "\n" not in message
    assert len(message) < 250


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "f:1:1: the file is empty; a graph begins with `apiVersion: 0.2.0`"),
        ("# only a comment\n", "f:1:1: the file is empty; a graph begins with `apiVersion: 0.2.0`"),
        ("\n- a\n", "f:2:1: the file is a list; a graph begins with `apiVersion: 0.2.0`"),
        ("hello", "f:1:1: the file is `hello`; a graph begins with `apiVersion: 0.2.0`"),
        ("null", "f:1:1: the file is null; a graph begins with `apiVersion: 0.2.0`"),
        ("*a", "f:1:1: `*a` names no anchor; define `&a` before it is used"),
        ("a: {", "f:1:5: not valid YAML: the file ends within brackets; close what is open"),
        (
            "[a]\n---\nb: c\n",
            "f:1:1: the file is a list; a graph begins with `apiVersion: 0.2.0`\n"
            "f:2:1: a second document begins here; a graph is one YAML document",
        ),
    ],
)
def test_what_is_no_graph_at_all(text: str, problem: str) -> None:
    assert refused(text) == problem
    assert refused(text, OwnDeployer) == problem


def test_problems_of_the_file_are_said_with_that_of_its_version() -> None:
    assert refused("apiVersion: x\na: 1\na: 2\n").splitlines() == [
        f"f:1:13: `x` is not a known apiVersion; known are {KNOWN}",
        "f:3:1: the key `a` stands twice; keep one of the two (the first is in line 2)",
    ]


def test_a_version_of_a_user() -> None:
    assert choose("apiVersion: team-1", OwnDeployer) is OwnDeployer


@pytest.mark.parametrize(
    ("text", "place", "said"),
    [
        ("apiVersion: 0.2.0", "1:13", "is of apiVersion `0.2.0`"),
        ("apiVersion: team-2", "1:13", "is of apiVersion `team-2`"),
        ("project: {}", "1:1", "says no apiVersion"),
    ],
)
def test_a_graph_of_another_version_than_the_users(text: str, place: str, said: str) -> None:
    assert refused(text, OwnDeployer) == (
        f"f:{place}: the graph {said}; this deployment takes `apiVersion: team-1`"
    )
