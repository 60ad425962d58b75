from __future__ import annotations

import enum
import io
from collections import OrderedDict
from datetime import date
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest
import yaml
from graphs import MINIMAL
from hostile import json_values, quick, texts
from hypothesis import given
from hypothesis import strategies as st
from iguazioig.document import MAX_BYTES
from iguazioig.errors import GraphError
from iguazioig.source import MADE_BY_A_PROGRAM, read_source, read_stream


def refused(graph: Any) -> str:
    with pytest.raises(GraphError) as raised:
        read_source(graph)
    return str(raised.value)


# Files


def test_a_file_by_its_path(tmp_path: Path) -> None:
    path = tmp_path / "graph.yaml"
    path.write_bytes(b"\xef\xbb\xbfa: b\r\n")
    for graph in (path, str(path)):
        source = read_source(graph)
        assert (source.name, source.content, source.folder) == (
            str(path),
            b"\xef\xbb\xbfa: b\r\n",
            tmp_path,
        )


def test_a_path_is_shown_as_it_was_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("graph.yaml").write_text("a: b\n")
    source = read_source("graph.yaml")
    assert (source.name, source.folder) == ("graph.yaml", Path())


def test_what_cannot_be_read(tmp_path: Path) -> None:
    missing = tmp_path / "graph.yaml"
    assert refused(missing) == (
        f"{missing}:1:1: cannot be read: no such file or directory; expected a graph file"
    )
    assert (
        refused(tmp_path)
        == f"{tmp_path}:1:1: cannot be read: is a directory; expected a graph file"
    )
    assert "cannot be read" in refused("graph\0.yaml")
    assert "cannot be read" in refused("x" * 5000)


def test_no_more_is_read_than_a_graph_may_have() -> None:
    stream = io.BytesIO(b"#" * (MAX_BYTES + 1000))
    source = read_stream(stream, "<stdin>", Path("modules"))
    assert len(source.content) == MAX_BYTES + 1
    assert (source.name, source.folder) == ("<stdin>", Path("modules"))


# Mappings


def test_a_loaded_mapping_is_the_graph_that_it_was_loaded_from() -> None:
    loaded = yaml.safe_load(MINIMAL)
    source = read_source(loaded)
    assert yaml.safe_load(source.content) == loaded
    assert (source.name, source.folder) == (MADE_BY_A_PROGRAM, Path())
    assert source.content.decode().startswith("apiVersion: 0.2.0\nproject:\n  name: fraud\n")


@quick(60)
@given(st.dictionaries(texts(), json_values(texts()), max_size=4))
def test_any_mapping_of_plain_values_is_read_back(graph: dict[str, Any]) -> None:
    assert yaml.safe_load(read_source(graph).content) == yaml.safe_load(
        yaml.safe_dump(graph, allow_unicode=True)
    )


class Level(enum.StrEnum):
    DEBUG = "debug"


def test_what_stands_for_plain_values_is_taken_as_such() -> None:
    graph = MappingProxyType(
        {
            "ordered": OrderedDict(b=1, a=2),
            "tuple": (1, 2),
            "path": Path("/User/modules"),
            "nested": MappingProxyType({"x": []}),
            "level": Level.DEBUG,
        }
    )
    assert yaml.safe_load(read_source(graph).content) == {
        "ordered": {"b": 1, "a": 2},
        "tuple": [1, 2],
        "path": "/User/modules",
        "nested": {"x": []},
        "level": "debug",
    }


def test_what_is_shared_is_written_out() -> None:
    shared = {"pip": ["numpy"]}
    content = read_source({"a": shared, "b": shared}).content
    assert b"&" not in content
    assert yaml.safe_load(content) == {"a": shared, "b": shared}


def test_a_date_stays_a_date_for_the_checks_to_refuse() -> None:
    assert read_source({"day": date(2024, 1, 2)}).content == b"day: 2024-01-02\n"


CURE = "use text, numbers, True, False, None, lists and dictionaries"


@pytest.mark.parametrize(
    ("value", "what"),
    [(object(), "object"), (1j, "complex"), (print, "builtin_function_or_method")],
)
def test_what_yaml_cannot_say(value: Any, what: str) -> None:
    assert refused({"a": [value]}) == f"<inference_graph>:1:1: the mapping holds a `{what}`; {CURE}"


def test_a_mapping_that_contains_itself() -> None:
    graph: dict[str, Any] = {}
    graph["again"] = [graph]
    assert refused(graph) == f"<inference_graph>:1:1: the mapping contains itself; {CURE}"


def test_half_a_character_is_kept_for_the_checks_to_refuse() -> None:
    assert read_source({"a": "\ud800"}).content == b'a: "\\uD800"\n'
