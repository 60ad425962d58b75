"""`iguazioig destroy`: what a project deployed is taken away, after a question, and nothing else."""

from __future__ import annotations

import os
import pty
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import platforms
import pytest
from cases import EXAMPLES
from clusters import Machine, machine_at
from processes import COMMAND

GRAPH = str(EXAMPLES / "converge" / "graph.yaml")
FUNCTIONS = ["orders-stock", "orders-price", "orders-converge"]


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    with machine_at(tmp_path) as machine:
        yield machine


@pytest.fixture
def project(machine: Machine) -> Path:
    """A project that is deployed."""
    project = machine.generate(GRAPH, into="orders")
    assert machine.run(project / "deploy.sh").returncode == 0
    return project


def streams(machine: Machine) -> list[str]:
    return sorted(path for _, path in platforms.streams(machine.v3io))


def test_functions_go_producers_first_and_the_streams_stay(machine: Machine, project: Path) -> None:
    there = streams(machine)

    result = machine.run(*COMMAND, "destroy", project, "--yes")

    assert result.returncode == 0, result.stderr
    assert [line for line in result.stdout.splitlines() if "(I)" not in line] == [
        *(f"function  {name}" for name in FUNCTIONS),
        *(f"nuctl delete function {name}" for name in FUNCTIONS),
    ]
    assert (machine.nuctl.functions, streams(machine)) == ({}, there)


def test_with_streams_only_those_that_the_project_made_go(machine: Machine) -> None:
    machine.v3io.create_stream("projects", "/orders/streams/answers", shards=4, retention_hours=48)
    project = machine.generate(GRAPH, into="orders")
    machine.run(project / "deploy.sh")

    result = machine.run(*COMMAND, "destroy", project, "--streams", "--yes")

    assert result.returncode == 0, result.stderr
    assert result.stdout.splitlines()[3:6] == [
        "stream    projects/orders/streams/orders  4 shards, 48 hours",
        "kept      projects/orders/streams/answers  made by someone else",
        "stream    projects/orders/streams/rejected  1 shard, 48 hours",
    ]
    assert (machine.nuctl.functions, streams(machine)) == ({}, ["orders/streams/answers"])


def test_in_a_namespace_functions_are_still_called_by_their_names(machine: Machine) -> None:
    graph = machine.home / "graph.yaml"
    text = (
        Path(GRAPH).read_text().replace("  name: orders\n", "  name: orders\n  namespace: team\n")
    )
    graph.write_text(text)
    shutil.copytree(Path(GRAPH).parent / "modules", machine.home / "modules")
    project = machine.generate(str(graph), into="orders")
    machine.run(project / "deploy.sh")

    result = machine.run(*COMMAND, "destroy", project, "--yes")

    assert result.stdout.splitlines()[:3] == [f"function  {name}" for name in FUNCTIONS]
    assert (result.returncode, machine.nuctl.functions) == (0, {})


@pytest.mark.parametrize("name", ["deploy_steps.py", "setup_streams.py"])
def test_a_script_that_is_not_the_projects(name: str, machine: Machine, project: Path) -> None:
    script, elsewhere, before = project / name, machine.home / "elsewhere.py", machine.calls
    script.rename(elsewhere)
    script.symlink_to(elsewhere)

    linked = machine.run(*COMMAND, "destroy", project, "--streams", "--yes")
    script.unlink()
    script.write_text(f"<<<<<<< ours\n=======\n{elsewhere.read_text()}>>>>>>> theirs\n")
    merged = machine.run(*COMMAND, "destroy", project, "--streams", "--yes")

    for result, wrong in (
        (linked, "is a symbolic link"),
        (merged, "has the marks of a merge conflict in it"),
    ):
        said = f"error: {script}: {wrong}; generate the project again\n"
        assert (result.returncode, result.stdout, result.stderr) == (1, "", said)
    assert machine.calls == before


@pytest.mark.parametrize("says", ["hello", "nuctl delete function", "rm -rf /", "it's"])
def test_a_script_that_would_do_something_else(says: str, machine: Machine, project: Path) -> None:
    (project / "deploy_steps.py").write_text(f"print({says!r})\n")
    before = machine.calls

    result = machine.run(*COMMAND, "destroy", project, "--yes")

    said = f"`python3 deploy_steps.py --delete` would run `{says}`, which deletes no function"
    assert (result.returncode, result.stdout) == (1, "")
    assert (result.stderr, machine.calls) == (f"error: {said}\n", before)


def test_what_is_gone_already_is_no_trouble(machine: Machine, project: Path) -> None:
    machine.run(*COMMAND, "destroy", project, "--streams", "--yes")
    before = len(machine.calls)

    result = machine.run(*COMMAND, "destroy", project, "--streams", "--yes")

    assert (result.returncode, result.stdout) == (0, "nothing is there that could be deleted\n")
    assert [call.split()[1] for call in machine.calls[before:]] == ["get"]


def test_a_function_of_a_step_that_left_the_graph_goes_too(machine: Machine, project: Path) -> None:
    script = project / "deploy_steps.py"
    script.write_text(script.read_text().replace('        Step("stock", "orders-stock"),\n', ""))
    script.write_text(script.read_text().replace(', Step("stock", "orders-stock")', ""))

    result = machine.run(*COMMAND, "destroy", project, "--yes")

    assert "function  orders-stock\n" in result.stdout
    assert machine.nuctl.functions == {}


@pytest.mark.parametrize(("answer", "deleted"), [("y", True), ("n", False), ("", False)])
def test_on_a_terminal_it_asks(answer: str, deleted: bool, machine: Machine, project: Path) -> None:
    ours, theirs = pty.openpty()
    os.write(ours, f"{answer}\n".encode())
    try:
        result = machine.run(*COMMAND, "destroy", project, "--streams", stdin=theirs)
    finally:
        os.close(ours)
        os.close(theirs)

    assert "Delete all of it? [y/N]: " in result.stdout
    assert (result.returncode == 0, machine.nuctl.functions == {}) == (deleted, deleted)
    assert (streams(machine) == []) == deleted


def test_where_nobody_can_be_asked_nothing_is_deleted(machine: Machine, project: Path) -> None:
    result = machine.run(*COMMAND, "destroy", project, stdin=subprocess.DEVNULL)

    assert result.returncode == 2
    assert "there is no terminal to ask on; --yes deletes without asking" in result.stderr
    assert set(machine.nuctl.functions) == set(FUNCTIONS)


def test_a_platform_that_does_not_answer_keeps_everything(machine: Machine, project: Path) -> None:
    machine.proxy.before = lambda request: (503, b"{}")

    result = machine.run(*COMMAND, "destroy", project, "--streams", "--yes")

    assert result.returncode == 1
    assert "`python3 setup_streams.py --delete --made --dry-run` failed" in result.stderr
    assert set(machine.nuctl.functions) == set(FUNCTIONS)


def test_a_folder_that_is_no_project(machine: Machine) -> None:
    result = machine.run(*COMMAND, "destroy", machine.home)

    assert result.returncode == 2
    assert "has no `.iguazioig.json`, and so is no project that iguazioig wrote" in result.stderr
    assert machine.calls == []
