"""A graph whose text wants to be more than text: it is refused where it stands, or read back as it was written."""

from __future__ import annotations

import copy
import datetime
import json
import os
import re
import subprocess
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import black
import pytest
from hostile import NASTY, json_values, quick, same, texts
from hypothesis import given
from hypothesis import strategies as st
from iguazioig.deployment import Loaded
from iguazioig.errors import GraphError
from iguazioig.project import render
from made_up import TAKEN, dump, full, load_graph, write_modules
from parse_back import (
    Files,
    expected_function,
    expected_handler,
    packages_of,
    read_function,
    read_handler,
    read_requirements,
    read_streams,
    read_tables,
    text_of,
)

Steps = tuple[str | int, ...]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The folder of the graph. Its modules, if anything imported them, would leave a trace."""
    folder = write_modules(tmp_path_factory.mktemp("hostile"))
    for path in folder.rglob("*.py"):
        path.write_text(f"import os\n\nos.environ['CANARY'] = 'sings'\n{path.read_text()}")
    yield folder
    assert "CANARY" not in os.environ
    assert not Path("canary").exists()


def as_yaml(graph: Any) -> bytes:
    return dump(graph)


def as_json(graph: Any) -> bytes:
    return json.dumps(graph, ensure_ascii=False, indent=1).encode()


def as_ascii_json(graph: Any) -> bytes:
    return json.dumps(graph).encode()


def survives(content: bytes, folder: Path) -> tuple[Loaded, Files] | None:
    """The project of a graph, after a look at all its files; None for a graph that is refused with good reasons."""
    try:
        loaded = load_graph(content, folder)
    except GraphError as error:
        explains(error, content)
        return None
    files = render(loaded.plan())
    says_the_graph(loaded, files)
    is_clean(loaded, files)
    return loaded, files


def explains(error: GraphError, content: bytes) -> None:
    """Every problem is somewhere in the file, in one line that any terminal can show."""
    lines = re.split(r"\r\n|\r|\n", content.decode("utf-8", "replace"))
    assert any(problem.severity == "error" for problem in error.problems)
    for problem in error.problems:
        place = problem.location
        assert place.path == "graph.yaml"
        assert 1 <= place.line <= len(lines)
        assert 1 <= place.column <= len(lines[place.line - 1]) + 1
        assert str(problem).isprintable()
        assert len(str(problem)) < 2000


def says_the_graph(loaded: Loaded, files: Files) -> None:
    graph = loaded.graph
    for step in graph.steps:
        assert read_function(files, step) == expected_function(graph, step, loaded.code[step.slug])
        handler = read_handler(files, step)
        for name, value in expected_handler(
            graph, step, loaded.code[step.slug].takes_logger
        ).items():
            assert same(getattr(handler, name), value), name
        assert read_requirements(files, f"steps/{step.slug}/requirements.txt") == packages_of(
            step, loaded.code[step.slug].packages
        )
    shapes = [
        (each.slug, each.container, each.path, each.shards, each.retention)
        for each in graph.streams
    ]
    assert read_streams(files) == shapes
    assert len(read_tables(files)["Steps"]) == len(graph.steps)


def is_clean(loaded: Loaded, files: Files) -> None:
    for step in loaded.graph.steps:
        source = text_of(files, f"steps/{step.slug}/handler.py")
        assert blackened(source) == source
    for path, content in files.items():
        assert not set(content.decode()) & set("\0\x1b\x7f\u202e\u2066") or path == "graph.yaml"


@cache
def blackened(source: str) -> str:
    return black.format_str(source, mode=black.Mode())


# Every place, one at a time.


def nodes(value: Any, way: Steps = ()) -> Iterator[Steps]:
    """The way to each value of a graph."""
    yield way
    if isinstance(value, dict | list):
        for key, item in value.items() if isinstance(value, dict) else enumerate(value):
            yield from nodes(item, (*way, key))


def at(graph: Any, way: Steps) -> Any:
    for step in way:
        graph = graph[step]
    return graph


def with_value(graph: Any, way: Steps, value: Any) -> Any:
    """A copy of the graph with another value in one place."""
    if not way:
        return value
    graph = copy.deepcopy(graph)
    at(graph, way[:-1])[way[-1]] = value
    return graph


def with_key(graph: Any, way: Steps, key: str) -> Any:
    """A copy of the graph in which the key at the end of the way is another."""
    graph = copy.deepcopy(graph)
    parent = at(graph, way[:-1])
    entries = [(key if name == way[-1] else name, value) for name, value in parent.items()]
    parent.clear()
    parent.update(entries)
    return graph


NODES = list(nodes(full()))
KEYS = [way for way in NODES if way and isinstance(way[-1], str)]
TEXTS = [way for way in NODES if not isinstance(at(full(), way), dict | list)]
WRITERS = st.sampled_from([as_yaml, as_json, as_ascii_json])


@quick(400)
@given(way=st.sampled_from(TEXTS), text=texts(), write=WRITERS)
def test_hostile_text_in_the_place_of_any_value(
    folder: Path, way: Steps, text: str, write: Callable[[Any], bytes]
) -> None:
    survives(write(with_value(full(), way, text)), folder)


@quick(250)
@given(way=st.sampled_from(TEXTS), text=texts(), write=WRITERS)
def test_hostile_text_around_any_value(
    folder: Path, way: Steps, text: str, write: Callable[[Any], bytes]
) -> None:
    value = at(full(), way)
    survives(write(with_value(full(), way, f"{value}{text}")), folder)
    survives(write(with_value(full(), way, f"{text}{value}")), folder)


@quick(250)
@given(way=st.sampled_from(KEYS), text=texts(), write=WRITERS)
def test_hostile_text_in_the_place_of_any_key(
    folder: Path, way: Steps, text: str, write: Callable[[Any], bytes]
) -> None:
    survives(write(with_key(full(), way, text)), folder)


@pytest.mark.parametrize(
    "value",
    [None, [], {}, 1, "x", True, datetime.date(2024, 1, 1), [["x"]], {"x": {}}, float("nan")],
    ids=repr,
)
def test_a_value_of_another_type_in_any_place(folder: Path, value: Any) -> None:
    for way in NODES:
        survives(dump(with_value(full(), way, value)), folder)


VALUES = [
    0, -1, 10**30, 1.5, float("inf"), "", "1", b"\0\xff", datetime.datetime(2024, 1, 1, 12, 30), {1, 2}, [[]],
    {None: 1}, {1: 2}, {True: 1, datetime.date(2024, 1, 1): 2}, {"secret": "a", "key": "b"}, {"<<": {"a": 1}},
]  # fmt: skip


@quick(200)
@given(way=st.sampled_from(NODES), value=st.sampled_from(VALUES) | json_values(texts()))
def test_any_value_in_any_place(folder: Path, way: Steps, value: Any) -> None:
    survives(dump(with_value(full(), way, value)), folder)


@pytest.mark.parametrize("length", [64, 80, 5_000])
def test_very_long_text_in_any_place(folder: Path, length: int) -> None:
    for way in TEXTS:
        survives(dump(with_value(full(), way, "x" * length)), folder)


def test_a_missing_key_anywhere(folder: Path) -> None:
    for way in KEYS:
        graph = copy.deepcopy(full())
        del at(graph, way[:-1])[way[-1]]
        survives(dump(graph), folder)


@pytest.mark.parametrize(
    "package", ["numpy \\", "numpy\\", "numpy ", "numpy\nevil", "-r other.txt", "../x", "# x"]
)
def test_a_package_is_one_line_of_requirements(folder: Path, package: str) -> None:
    graph = full()
    graph["project"]["functions"][0]["pip"] = [package, "pandas"]
    assert survives(dump(graph), folder) is None


PYTHON_WORDS = [
    "__debug__",
    "__class__",
    "_",
    "None",
    "self",
    "print",
    "match",
    "type",
    "async",
    "ünïcode",
]


@pytest.mark.parametrize("word", [*PYTHON_WORDS, *TAKEN])
@pytest.mark.parametrize("key", ["class_name", "class_module", "methods", "class_init", "function"])
def test_words_of_python_and_of_the_handler_as_names(folder: Path, key: str, word: str) -> None:
    graph = full()
    fourth = graph["project"]["functions"][3]  # its class is on a volume: nothing says what it has
    whole = {"methods": [word], "class_init": {word: 1}}.get(key, word)
    if key == "function":
        fourth["outputs"] = {"function": [f"{word}.{word}", f"a.{word}"]}
    else:
        fourth[key] = whole
    survived = survives(dump(graph), folder)
    if survived is not None:
        compile(text_of(survived[1], "steps/fourth/handler.py"), "handler.py", "exec")


# Where any text is right, it is taken, and read back as it was written.

ONE_LINE = texts().map(lambda text: re.sub(r"[\0-\x1f\x7f\x85\u2028\u2029]", "", text))
FOLDER = ONE_LINE.map(lambda text: "/User/" + text.replace(":", "")[:400])
URL = texts().map(lambda text: "https://example.com/" + re.sub(r"[^!-~]|:|@", "", text))
PACKAGE = texts().map(lambda text: "numpy" + re.sub(r"[^ -~]|://", "", text)[:400] + "1")
VALUE = texts().map(lambda text: text.replace("\0", ""))
ARGUMENT = json_values(texts())


@quick(150)
@given(
    key=ONE_LINE.map(lambda text: "key" + text[:200]),
    argument=ARGUMENT,
    value=VALUE,
    url=URL,
    mount=FOLDER,
    module_path=FOLDER,
    package=PACKAGE,
    write=st.sampled_from([as_yaml, as_json]),
)
def test_any_text_is_taken_and_read_back(
    folder: Path,
    key: str,
    argument: Any,
    value: str,
    url: str,
    mount: str,
    module_path: str,
    package: str,
    write: Callable[[Any], bytes],
) -> None:
    graph = full()
    project = graph["project"]
    first = project["functions"][0]
    project["partition_key_name"] = key
    project["v3io_volumes"]["user-dir"]["mount_path"] = mount
    first["class_init"] = {"path": argument}
    first["env_custom"] = {"LEVEL": value}
    first["outputs"]["https"] = [url]
    first["module_paths"] = [module_path]
    first["pip"] = [package]
    survived = survives(write(graph), folder)
    if survived is None:
        assert write is as_json, "JSON may hold what YAML may not: U+007F, for one"
        return
    loaded, files = survived
    step = loaded.graph.steps[0]
    handler, spec = read_handler(files, step), read_function(files, step)["spec"]
    assert same(handler.init, {"path": argument})
    assert handler.outputs[0][-1] == key
    assert handler.outputs[1] == ("Https", url)
    assert handler.paths == [module_path]
    assert spec["env"][2] == {"name": "LEVEL", "value": value}
    assert spec["volumes"][0]["volumeMount"]["mountPath"] == mount
    assert read_requirements(files, "steps/first-step/requirements.txt")[-1] == package


@pytest.mark.parametrize("text", NASTY)
def test_each_nasty_text_as_an_argument_and_in_the_environment(folder: Path, text: str) -> None:
    graph = full()
    first = graph["project"]["functions"][0]
    first["class_init"] = {"path": {text: [text]}}
    first["env_custom"] = {"LEVEL": text.replace("\0", "")}
    survived = survives(dump(graph), folder)
    assert survived is not None
    step = survived[0].graph.steps[0]
    assert same(read_handler(survived[1], step).init, {"path": {text: [text]}})


@pytest.mark.parametrize(
    "host", ["$(id)", "`id`", "a;id", "a'b", 'a"b', "a&id", "a|id", "${HOME}", "a>b", "a\\b", "(a)", "a*", "~"]
)  # fmt: skip
def test_a_line_of_the_readme_that_is_copied_into_a_shell_runs_nothing(
    folder: Path, tmp_path: Path, host: str
) -> None:
    graph = full()
    graph["project"]["v3io_api"] = f"http://{host}"
    survived = survives(dump(graph), folder)
    if survived is None:
        return
    lines = text_of(survived[1], "README.md").splitlines()
    exports = [line for line in lines if line.startswith("export V3IO_API=")]
    script = f'{exports[0]}; printf %s "$V3IO_API"'
    shell = ["bash", "-c", script]
    done = subprocess.run(shell, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout == f"http://{host}"
