"""`deploy.sh` as it is run; and that the plan, the dry runs and what is really run are one list."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import platforms
import pytest
from cases import EXAMPLES
from iguazioig import Command, Deployment
from iguazioig.emulator import ACCESS_KEY, serve
from nuctl_recorder import Recorder
from processes import COMMAND, environment, iguazioig
from v3io_proxy import Proxy, Request, stand_before

EXAMPLE_NAMES = sorted(each.name for each in EXAMPLES.iterdir() if each.is_dir())
SCORING = str(EXAMPLES / "scoring" / "graph.yaml")

STREAMS = [
    "v3io CreateStream projects/fraud/streams/transactions 4 24",
    "v3io CreateStream projects/fraud/streams/scores 4 24",
    "v3io CreateStream projects/fraud/streams/alerts 1 48",
    "v3io CreateStream projects/fraud/streams/rejected 1 168",
]
PROJECT = ["nuctl get project fraud", "nuctl create project fraud"]
ALERT = "nuctl deploy fraud-alert --path steps/alert --project-name fraud --readiness-timeout 300"
SCORE = "nuctl deploy fraud-score --path steps/score --project-name fraud --readiness-timeout 300"


class Machine:
    """A machine with a recording nuctl, a v3io, and a Python that has v3io's client."""

    def __init__(self, home: Path, proxy: Proxy) -> None:
        self.home = home
        self.proxy = proxy
        self.v3io = proxy.v3io
        self.nuctl = Recorder(home / "machine")
        proxy.before = self.note
        python = self.nuctl.folder / "python3"
        python.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
        python.chmod(0o755)

    @property
    def environment(self) -> dict[str, str]:
        path = os.pathsep.join([str(self.nuctl.folder), os.environ["PATH"]])
        return environment(PATH=path, V3IO_API=self.proxy.url, V3IO_ACCESS_KEY=ACCESS_KEY)

    def generate(self, graph: str = SCORING, into: str = "project") -> Path:
        """Generate a project with the command line."""
        result = iguazioig("generate", graph, "-o", str(self.home / into))
        assert result.returncode == 0, result.stderr
        return self.home / into

    def run(self, *words: str | Path, **options: Any) -> subprocess.CompletedProcess[str]:
        options = {"cwd": self.home, "env": self.environment, **options}
        return subprocess.run(words, **options, capture_output=True, encoding="utf-8", check=False)

    def deploy(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Deploy with the command line."""
        return self.run(*COMMAND, "deploy", *words)

    @property
    def calls(self) -> list[str]:
        return self.nuctl.calls

    def forget(self) -> None:
        """A new cluster, in which nothing was called yet."""
        self.nuctl.forget()
        for stream in platforms.streams(self.v3io):
            platforms.delete(self.v3io, *stream)

    def note(self, request: Request) -> None:
        """Write what changes something at v3io into the log that nuctl writes into, too."""
        if request.function != "DescribeStream":
            shape = " ".join(str(value) for value in (request.body or {}).values())
            with self.nuctl.log.open("a") as log:
                log.write(f"v3io {request.function} {request.container}/{request.path} {shape}\n")


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    with serve(access_key=ACCESS_KEY) as v3io, stand_before(v3io) as proxy:
        yield Machine(tmp_path, proxy)


def calls_of(commands: Iterable[Command]) -> Iterator[str]:
    """What running commands on a new cluster comes to, outside."""
    for command in commands:
        if command.argv == ("python3", "setup_streams.py"):
            for stream in command.data["streams"]:
                place = f"{stream['container']}{stream['path']}"
                yield f"v3io CreateStream {place} {stream['shards']} {stream['retention']}"
        else:
            yield from (" ".join(words) for words in (command.unless, command.argv) if words)


# One list.


@pytest.mark.filterwarnings("ignore::iguazioig.GraphWarning")
@pytest.mark.parametrize("name", EXAMPLE_NAMES)
def test_the_plan_the_dry_runs_and_what_is_run_are_one_list(name: str, machine: Machine) -> None:
    graph = str(EXAMPLES / name / "graph.yaml")
    script = machine.generate(graph) / "deploy.sh"
    commands = Deployment(api_version="0.2.0").deploy(inference_graph=graph, dry_run=True)
    planned = iguazioig("plan", graph).stdout.splitlines()

    dry_run = machine.run(script, "--dry-run")

    assert (dry_run.returncode, dry_run.stderr, machine.calls) == (0, "", [])
    assert dry_run.stdout.splitlines() == [str(command) for command in commands]
    assert dry_run.stdout.splitlines() == [line for line in planned if not line.startswith("  #")]

    by_script = machine.run(script)
    run_by_script = machine.calls
    machine.forget()
    by_command = machine.deploy(graph)

    assert (by_script.returncode, by_command.returncode) == (0, 0)
    assert run_by_script == machine.calls == list(calls_of(commands))


def test_the_list_of_scoring(machine: Machine) -> None:
    machine.run(machine.generate() / "deploy.sh")

    assert machine.calls == [*STREAMS, *PROJECT, ALERT, SCORE]


def test_a_second_run_deploys_again_and_creates_nothing(machine: Machine) -> None:
    script = machine.generate() / "deploy.sh"
    machine.run(script)
    first = len(machine.calls)

    by_script = machine.run(script)
    second = machine.calls[first:]
    by_command = machine.deploy(SCORING)

    assert (by_script.returncode, by_command.returncode) == (0, 0)
    assert second == ["nuctl get project fraud", ALERT, SCORE]
    assert machine.calls[first:] == second * 2
    assert by_command.stdout.endswith("deployed fraud: 3 commands ran\n")


def test_it_says_what_it_runs(machine: Machine) -> None:
    result = machine.run(machine.generate() / "deploy.sh")

    lines = result.stdout.splitlines()
    assert lines[0] == "python3 setup_streams.py"
    assert lines[-3:] == ["nuctl create project fraud", ALERT, SCORE]


# Chosen steps and prebuilt images.


def test_only_the_chosen_steps(machine: Machine) -> None:
    script = machine.generate() / "deploy.sh"
    machine.run(script, "score")
    by_script = machine.calls
    machine.forget()
    machine.deploy(SCORING, "--only", "score")

    assert by_script == machine.calls == [*STREAMS, *PROJECT, SCORE]


def test_chosen_steps_keep_the_order_of_the_plan(machine: Machine) -> None:
    result = machine.run(machine.generate() / "deploy.sh", "score", "alert", "--dry-run")

    assert result.stdout.splitlines()[-2:] == [ALERT, SCORE]


def test_prebuilt_images_are_not_built_again(machine: Machine) -> None:
    script = machine.generate() / "deploy.sh"

    result = machine.run(script, "--prebuilt", "registry.example.com:5000/team")

    assert result.returncode == 0
    image = "registry.example.com:5000/team/fraud"
    rest = "--project-name fraud --readiness-timeout 300"
    assert machine.calls[-2:] == [
        f"nuctl deploy fraud-alert --file steps/alert/function.yaml --run-image {image}-alert:latest {rest}",
        f"nuctl deploy fraud-score --file steps/score/function.yaml --run-image {image}-score:latest {rest}",
    ]


def test_a_prebuilt_image_has_the_name_and_tag_of_the_graph(machine: Machine) -> None:
    project = machine.generate(str(EXAMPLES / "everything" / "graph.yaml"))

    result = machine.run(
        project / "deploy.sh", "--dry-run", "detect-objects", "--prebuilt", "registry"
    )

    assert " --run-image registry/vision/detect-objects:123456 " in result.stdout.splitlines()[-1]


# What can go wrong.


HEEDING_CTRL_C = """\
import signal
from iguazioig.__main__ import main
signal.signal(signal.SIGINT, signal.default_int_handler)  # what runs in the background ignores it
main()
"""


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["scor"], "no step scor; the steps are: alert score"),
        ([""], "no step ; the steps are: alert score"),
        (["score", "*"], "no step *; the steps are: alert score"),
        (["--dryrun"], "unknown option --dryrun; see ./deploy.sh --help"),
        (["--prebuilt"], "--prebuilt needs a registry, such as registry.example.com/team"),
        (["--prebuilt", "--dry-run"], "--prebuilt needs a registry, such as registry.example.com/team"),
    ],
)  # fmt: skip
def test_wrong_usage_runs_nothing(words: list[str], said: str, machine: Machine) -> None:
    result = machine.run(machine.generate() / "deploy.sh", *words)

    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr == f"deploy.sh: {said}\n"
    assert machine.calls == []


@pytest.mark.parametrize(
    ("call", "failed", "command"),
    [(2, PROJECT[1], " || ".join(PROJECT)), (3, ALERT, ALERT), (4, SCORE, SCORE)],
    ids=["project", "first", "second"],
)
def test_a_command_that_fails_ends_it(
    call: int, failed: str, command: str, machine: Machine
) -> None:
    script = machine.generate() / "deploy.sh"
    machine.nuctl.fail_at(call)
    by_script = machine.run(script)
    run_by_script = machine.calls
    machine.forget()
    machine.nuctl.fail_at(call)
    by_command = machine.deploy(SCORING)

    assert (by_script.returncode, by_command.returncode) == (1, 1)
    assert run_by_script == machine.calls == [*STREAMS, *PROJECT, ALERT, SCORE][: 4 + call]
    assert run_by_script[-1] == failed
    said = "Error - the connection to the server was refused\n"
    assert by_script.stderr.startswith(f"{said}deploy.sh: failed: {failed} (")
    assert by_command.stderr.endswith(
        f"$ {command}\n{said}"
        f"error: `{command}` failed with exit code 1; what was done before it stays done\n"
    )
    assert machine.run(script).returncode == 0
    assert machine.nuctl.functions == {"fraud-alert", "fraud-score"}


def test_streams_that_cannot_be_are_the_end_of_it(machine: Machine) -> None:
    script = machine.generate() / "deploy.sh"
    machine.v3io.create_stream("projects", "/fraud/streams/scores", shards=36)

    by_script = machine.run(script)
    by_command = machine.deploy(SCORING)

    assert (by_script.returncode, by_command.returncode) == (1, 1)
    for said in (by_script.stderr, by_command.stderr):
        assert "projects/fraud/streams/scores has 36 shards" in said
    assert "deploy.sh: failed: python3 setup_streams.py (" in by_script.stderr
    assert "error: `python3 setup_streams.py` failed with exit code 1" in by_command.stderr
    assert machine.calls == []


@pytest.mark.parametrize("missing", ["nuctl", "python3"])
def test_what_is_missing_is_said_before_anything_is_done(missing: str, machine: Machine) -> None:
    script = machine.generate() / "deploy.sh"
    (machine.nuctl.folder / missing).unlink()
    for name in ("bash", "dirname"):
        (machine.nuctl.folder / name).symlink_to(str(shutil.which(name)))
    alone = {**machine.environment, "PATH": str(machine.nuctl.folder)}

    result = machine.run("bash", script, env=alone)

    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr == f"deploy.sh: {missing} is not on the PATH\n"
    assert machine.calls == []
    assert machine.run("bash", script, "--dry-run", env=alone).returncode == 0


def test_ctrl_c_leaves_no_copy_of_the_project(machine: Machine) -> None:
    program = '#!/bin/sh\n[ "$1" != get ] || exit 1\necho begun\nexec cat\n'
    (machine.nuctl.folder / "nuctl").write_text(program)
    copies = machine.home / "copies"
    copies.mkdir()
    env = {**machine.environment, "TMPDIR": str(copies)}
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    # A shell starts what it puts into the background without Ctrl-C, and so would this be.
    hears = {"preexec_fn": lambda: signal.signal(signal.SIGINT, signal.default_int_handler)}
    with subprocess.Popen([*COMMAND, "deploy", SCORING], env=env, **pipes, **hears) as process:
        assert b"begun\n" in iter(process.stdout.readline, b"")
        assert len(os.listdir(copies)) == 1
        process.send_signal(signal.SIGINT)
        process.wait(timeout=60)
        process.stdin.close()  # ends a nuctl that outlived it
        said = process.stderr.read()

    assert process.returncode == 1
    assert said.endswith(b"Aborted!\n")
    assert b"Traceback" not in said
    assert os.listdir(copies) == []


# Where it is run.


def test_from_another_folder(machine: Machine) -> None:
    machine.generate(into="one/project")
    (machine.home / "two" / "one" / "project").mkdir(parents=True)
    misled = {**machine.environment, "CDPATH": str(machine.home / "two")}

    result = machine.run("one/project/deploy.sh", env=misled)

    assert result.returncode == 0
    assert result.stdout.startswith("python3 setup_streams.py\n")
    assert machine.nuctl.functions == {"fraud-alert", "fraud-score"}


def test_from_a_folder_with_a_strange_name(machine: Machine) -> None:
    project = machine.generate(into="my projects/$(touch x) it's *")

    by_place = machine.run(project / "deploy.sh", "--prebuilt", "registry")
    inside = machine.run("bash", "deploy.sh", cwd=project)

    assert (by_place.returncode, inside.returncode) == (0, 0)
    assert machine.nuctl.functions == {"fraud-alert", "fraud-score"}


def test_help_from_anywhere(machine: Machine) -> None:
    machine.generate()

    result = machine.run("project/deploy.sh", "--help")

    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout.startswith("Deploys project `fraud`: ")
    assert "  ./deploy.sh --prebuilt REGISTRY   " in result.stdout


# How it is written.


@pytest.fixture(params=[*EXAMPLE_NAMES, "no streams"])
def script(request: pytest.FixtureRequest, machine: Machine) -> Path:
    if request.param != "no streams":
        return machine.generate(str(EXAMPLES / request.param / "graph.yaml")) / "deploy.sh"
    (machine.home / "answer.py").write_text(
        "class Answer:\n    def answer(self, context, message):\n        return message\n"
    )
    (machine.home / "graph.yaml").write_text(
        "apiVersion: 0.2.0\n"
        "project:\n"
        "  name: http-only\n"
        "  functions:\n"
        "  - {name: answer, class_module: answer, class_name: Answer, methods: [answer]}\n"
    )
    return machine.generate(str(machine.home / "graph.yaml")) / "deploy.sh"


def test_shellcheck_finds_nothing(script: Path, tool: Callable[[str], str]) -> None:
    result = subprocess.run(
        [tool("shellcheck"), script], capture_output=True, text=True, check=False
    )

    assert (result.stdout, result.returncode) == ("", 0)


def test_bash_can_read_it_and_it_can_be_run(script: Path, machine: Machine) -> None:
    assert machine.run("bash", "-n", script).returncode == 0
    assert machine.run(script, "--dry-run").returncode == 0
    assert machine.run(script).returncode == 0


NEWER_THAN_BASH_3_2 = [
    r"\$\{\w+(,|\^|@[A-Z])",
    r"\b(declare|local|typeset) -\w*[An]",
    r"\b(mapfile|readarray|coproc)\b",
    r"\|&|&>>|;&|;;&",
    r"\[\[ (! )?-v ",
    r"\$\{\w+\[-\d+\]\}",
]


@pytest.mark.parametrize("newer", NEWER_THAN_BASH_3_2)
def test_it_needs_no_newer_bash_than_that_of_a_mac(newer: str, script: Path) -> None:
    assert [line for line in script.read_text().splitlines() if re.search(newer, line)] == []


def test_no_array_in_it_is_empty(script: Path) -> None:
    """An empty one is an unbound variable for `set -u` before bash 4.4."""
    arrays = re.findall(r"^\s*(\w+)=\((.*)\)$", script.read_text(), re.MULTILINE)
    assert [name for name, _ in arrays] == ["steps"]
    assert all(words for _, words in arrays)
