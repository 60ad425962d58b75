"""What a graph says, read back from the files it became."""

from __future__ import annotations

import ast
import json
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from cases import ALL_CASES, name_of
from hostile import same
from iguazioig.clients.dry_run import list_commands
from iguazioig.deployment import Loaded, load
from iguazioig.folder.manifest import MANIFEST
from iguazioig.graph import Graph, Step
from iguazioig.plan import order_rows
from iguazioig.project import render
from iguazioig.source import read_source
from made_up import MADE_UP, load_graph, write_modules
from parse_back import (
    Files,
    as_seen,
    expected_function,
    expected_handler,
    flow_of,
    listed,
    outputs_of,
    packages_of,
    read_function,
    read_handler,
    read_requirements,
    read_steps,
    read_streams,
    read_tables,
    text_of,
)

Case = tuple[Loaded, Files]


GOOD_CASES = {name_of(case): case for case in ALL_CASES if (case / "project").is_dir()}


@pytest.fixture(scope="module", params=[*GOOD_CASES, *MADE_UP])
def case(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Case:
    loaded = load_case(request.param, tmp_path_factory)
    return loaded, render(loaded.plan())


def load_case(name: str, tmp_path_factory: pytest.TempPathFactory) -> Loaded:
    if name in MADE_UP:
        return load_graph(MADE_UP[name](), write_modules(tmp_path_factory.mktemp(name)))
    return load(read_source(GOOD_CASES[name] / "graph.yaml"))


def test_function_yaml(case: Case) -> None:
    loaded, files = case
    for step in loaded.graph.steps:
        assert read_function(files, step) == expected_function(
            loaded.graph, step, loaded.code[step.slug]
        )


def test_handler(case: Case) -> None:
    loaded, files = case
    for step in loaded.graph.steps:
        handler = read_handler(files, step)
        takes_logger = loaded.code[step.slug].takes_logger
        for name, value in expected_handler(loaded.graph, step, takes_logger).items():
            assert same(getattr(handler, name), value), name
        title = " ".join(handler.docstring.partition("\n\n")[0].split())
        assert title == f"Step `{step.slug}` of project `{loaded.graph.slug}`: {flow_of(step)}."


def test_requirements(case: Case) -> None:
    loaded, files = case
    assert read_requirements(files, "requirements.txt") == ["v3io==0.7.2"]
    for step in loaded.graph.steps:
        assert read_requirements(files, f"steps/{step.slug}/requirements.txt") == packages_of(
            step, loaded.code[step.slug].packages
        )


def test_streams(case: Case) -> None:
    loaded, files = case
    assert read_streams(files) == [
        (each.slug, each.container, each.path, each.shards, each.retention)
        for each in loaded.graph.streams
    ]


def test_deploy_script(case: Case, tmp_path: Path) -> None:
    loaded, files = case
    graph = loaded.graph
    told = read_steps(files)
    assert (told["PROJECT"], told["NAMESPACE"], told["REGISTRY"]) == (
        graph.slug,
        graph.namespace,
        graph.registry,
    )
    assert told["ROWS"] == [
        [(step.slug, step.function_name, step.image_name or "", step.tag) for step in row]
        for row in order_rows(graph.steps)
    ]
    planned = [str(command) for command in list_commands(loaded.plan())]
    streams = ["python3 setup_streams.py"] if graph.streams else []
    script = tmp_path / "deploy_steps.py"
    script.write_bytes(files["deploy_steps.py"])
    assert [*streams, *dry_run(script)] == planned
    steps = [step for row in order_rows(graph.steps) for step in row]
    built = dry_run(script, "--prebuilt", "registry")[1:]
    assert [shlex.split(line) for line in built] == [prebuilt(graph, step) for step in steps]
    assert files["deploy.sh"].decode().count("\npython3 setup_streams.py\n") == len(streams)


def dry_run(script: Path, *options: str) -> list[str]:
    command = [sys.executable, "-I", script, "--dry-run", *options]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()


def prebuilt(graph: Graph, step: Step) -> list[str]:
    image = f"registry/{step.image_name or step.function_name}:{step.tag}"
    source = ["--file", f"steps/{step.slug}/function.yaml", "--run-image", image]
    options = ["--project-name", graph.slug, "--readiness-timeout", "300"]
    place = ["--namespace", graph.namespace] if graph.namespace else []
    return ["nuctl", "deploy", step.function_name, *source, *options, *place]


def test_readme_steps(case: Case) -> None:
    loaded, files = case
    rows = read_tables(files)["Steps"]
    assert len(rows) == len(loaded.graph.steps)
    for step, (link, reads, calls, writes, failing) in zip(loaded.graph.steps, rows, strict=True):
        code, _, methods = calls.partition(": ")
        assert link == f"[{step.slug}](steps/{step.slug}/handler.py)"
        assert listed(reads) == [each.stream.slug for each in step.inputs]
        assert as_seen(code) == f"{step.class_module}.{step.class_name}"
        assert [as_seen(each) for each in methods.split(" → ")] == list(step.methods)
        assert listed(writes) == outputs_of(step)
        errors = [step.error_stream.slug] if step.error_stream else []
        assert listed(failing) == errors


def test_readme_scale(case: Case) -> None:
    loaded, files = case
    for step, row in zip(loaded.graph.steps, read_tables(files)["Scale"], strict=True):
        slug, replicas, workers, copies, most, image, resources = row
        fewest = "" if step.min_replicas == step.max_replicas else f"{step.min_replicas} to "
        assert slug == step.slug
        assert replicas == f"{fewest}{step.max_replicas}"
        counts = [int(count) for count in re.findall(r"\b(\d+)(?= for `|$)", workers)]
        assert counts == ([each.workers for each in step.inputs] or [1])
        assert int(copies) == sum(counts) * step.max_replicas
        # A shard is read every 250 ms, whatever the graph says (v3io-protocol 6.5).
        assert most == (", ".join(f"{4 * each.read_batch_size}/s" for each in step.inputs) or "–")
        assert as_seen(image) == step.image
        amounts = [amount for kind in step.resources.values() for amount in kind.items()]
        assert re.findall(r"([\w./-]+) ([\w.+-]+)(?=[,;]|$)", resources) == amounts


def test_readme_streams(case: Case) -> None:
    loaded, files = case
    rows = read_tables(files).get("Streams", [])
    assert [[slug, as_seen(path), shards, kept] for slug, path, shards, kept, *_ in rows] == [
        [each.slug, f"{each.container}{each.path}", str(each.shards), f"{each.retention} h"]
        for each in loaded.graph.streams
    ]
    for stream, (*_, written, read) in zip(loaded.graph.streams, rows, strict=True):
        steps = loaded.graph.steps
        readers = [step.slug for step in steps if stream in [each.stream for each in step.inputs]]
        writers = [step.slug for step in steps if stream in step.streams]
        failing = [f"{step.slug} (dead letters)" for step in steps if step.error_stream == stream]
        assert written == (", ".join(writers + failing) or "from outside")
        assert read == (", ".join(readers) or "nobody here")


def test_readme_secrets_and_volumes(case: Case) -> None:
    graph, tables = case[0].graph, read_tables(case[1])
    named = {(as_seen(name), as_seen(key)) for name, key, _ in tables["Secrets"]}
    assert (graph.access_key.name, graph.access_key.key) in named
    for step in graph.steps:
        references = (value for value in step.env.values() if not isinstance(value, str))
        assert {(each.name, each.key) for each in references} <= named
    assert [(name, where, as_seen(mount)) for name, where, mount in tables.get("Volumes", [])] == [
        (each.name, f"{each.container}{each.sub_path}", each.mount_path) for each in graph.volumes
    ]


def test_readme_says_what_is_expected_on_a_volume(case: Case) -> None:
    loaded, files = case
    text = text_of(files, "README.md")
    for step in loaded.graph.steps:
        modules = loaded.code[step.slug].on_volume
        line = f"- {step.slug}: {', '.join(f'`{module}`' for module in modules)}\n"
        assert (line in text) == bool(modules)


def test_the_picture_has_every_way_of_a_message(case: Case) -> None:
    graph, text = case[0].graph, text_of(case[1], "README.md")
    picture = text.partition("```mermaid\n")[2].partition("```")[0]
    ways = re.findall(r"^    (\w+) (-->|-\. errors \.->) (\w+)$", picture, re.MULTILINE)
    nodes = re.findall(r"^    (\w+)[\[(]", picture, re.MULTILINE)
    assert len(set(nodes)) == len(nodes)
    assert {end for way in ways for end in (way[0], way[2])} <= set(nodes)
    assert len(ways) == sum(map(count_ways, graph.steps))


def count_ways(step: Step) -> int:
    return len(step.inputs) + len(outputs_of(step)) + (step.error_stream is not None)


def test_the_copy_of_the_graph_and_of_the_modules_is_exact(case: Case) -> None:
    loaded, files = case
    assert files["graph.yaml"] == loaded.graph.source
    for step in loaded.graph.steps:
        for path, content in loaded.code[step.slug].files.items():
            copy = files[f"steps/{step.slug}/{path}"]
            if step.notebook and path == f"{step.class_module}.py":
                assert ast.dump(ast.parse(copy)) == ast.dump(ast.parse(content))  # it is black's
            else:
                assert copy == content


def test_no_file_is_there_that_the_graph_does_not_explain(case: Case) -> None:
    loaded, files = case
    assert set(files) == expected_paths(loaded.graph, loaded)
    manifest = json.loads(files[MANIFEST])
    assert set(manifest["files"]) == set(files) - {MANIFEST}


def expected_paths(graph: Graph, loaded: Loaded) -> set[str]:
    """DESIGN.md, "The generated project"."""
    top = {
        "README.md", "deploy.sh", "deploy_steps.py", "setup_streams.py", "requirements.txt", "graph.yaml", ".gitattributes",
        ".iguazioig.json",
    }  # fmt: skip
    own = ["function.yaml", "handler.py", "requirements.txt", "delivery.py"]
    own += [
        f"delivery_{name}.py" for name in ("batches", "duplicates", "letters", "outputs", "record")
    ]
    return top | {
        f"steps/{step.slug}/{name}"
        for step in graph.steps
        for name in [*own, *loaded.code[step.slug].files]
    }


def test_paths_are_safe(case: Case) -> None:
    for path in case[1]:
        parts = Path(path).parts
        assert ".." not in parts
        assert not Path(path).is_absolute()
