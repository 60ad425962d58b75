"""`deploy.sh` and `deploy_steps.py` as they are run; and that the plan, the dry runs and what is really run are one list."""

from __future__ import annotations

import itertools
import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest
import yaml
from cases import EXAMPLES
from clusters import Machine, machine_at
from iguazioig import Command, Deployment
from iguazioig.cluster.digest import DIGEST, digest
from iguazioig.plan import order_rows
from iguazioig.status.project import step_digest
from processes import COMMAND, iguazioig

EXAMPLE_NAMES = sorted(each.name for each in EXAMPLES.iterdir() if each.is_dir())
SCORING = str(EXAMPLES / "scoring" / "graph.yaml")

STREAMS = [
    "v3io CreateStream projects/fraud/streams/transactions 4 24",
    "v3io CreateStream projects/fraud/streams/scores 4 24",
    "v3io CreateStream projects/fraud/streams/alerts 1 48",
    "v3io CreateStream projects/fraud/streams/rejected 1 168",
]
ASK = "nuctl get function --labels nuclio.io/project-name=fraud --output json"
PROJECT = ["nuctl get project fraud", "nuctl create project fraud"]
ALERT = "nuctl deploy fraud-alert --path steps/alert --project-name fraud --readiness-timeout 300"
SCORE = "nuctl deploy fraud-score --path steps/score --project-name fraud --readiness-timeout 300"


def without_alert(home: Path) -> str:
    """The graph of scoring, of which a step is gone."""
    graph = yaml.safe_load(Path(SCORING).read_text())
    graph["project"]["functions"] = graph["project"]["functions"][:1]
    shutil.copytree(Path(SCORING).parent / "modules", home / "modules")
    (home / "graph.yaml").write_text(yaml.safe_dump(graph, sort_keys=False))
    return str(home / "graph.yaml")


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    with machine_at(tmp_path) as machine:
        yield machine


def in_order(calls: list[str], rows: list[list[str]]) -> list[str]:
    """The calls without the question what runs, those of a row as the plan has them: they are made at the same time."""
    others = [call for call in calls if not call.startswith(("nuctl deploy", "nuctl get function"))]
    deployed = [call for call in calls if call.startswith("nuctl deploy")]
    for row in rows:
        now, deployed = deployed[: len(row)], deployed[len(row) :]
        others += sorted(now, key=lambda call: row.index(call.split()[2]))
    return others + deployed


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
    rows = [
        [step.function_name for step in row]
        for row in order_rows(Deployment().load(graph).graph.steps)
    ]
    assert (
        in_order(run_by_script, rows) == in_order(machine.calls, rows) == list(calls_of(commands))
    )


def test_the_list_of_scoring(machine: Machine) -> None:
    machine.run(machine.generate(SCORING) / "deploy.sh")

    assert machine.calls == [*STREAMS, ASK, *PROJECT, ALERT, SCORE]


def test_it_says_what_it_runs_and_what_nuctl_says_of_which_step(machine: Machine) -> None:
    result = machine.run(machine.generate(SCORING) / "deploy.sh")

    said = [line for line in result.stdout.splitlines() if "(I)" not in line]
    assert said[3:] == [
        "create  projects/fraud/streams/rejected  1 shard, 168 hours",
        "nuctl create project fraud",
        ALERT,
        SCORE,
        "deployed:  alert, score",
    ]
    assert re.search(r"^alert \| .* Function deploy complete ", result.stdout, re.MULTILINE)
    assert re.search(r"^score \| .* Function deploy complete ", result.stdout, re.MULTILINE)


# Chosen steps and prebuilt images.


def test_only_the_chosen_steps(machine: Machine) -> None:
    script = machine.generate(SCORING) / "deploy.sh"
    machine.run(script, "score")
    by_script = machine.calls
    machine.forget()
    machine.deploy(SCORING, "--only", "score")

    assert by_script == machine.calls == [*STREAMS, ASK, *PROJECT, SCORE]


def test_chosen_steps_keep_the_order_of_the_plan(machine: Machine) -> None:
    result = machine.run(machine.generate(SCORING) / "deploy.sh", "score", "alert", "--dry-run")

    assert result.stdout.splitlines()[-2:] == [ALERT, SCORE]


def test_prebuilt_images_are_not_built_again(machine: Machine) -> None:
    script = machine.generate(SCORING) / "deploy.sh"

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


# A namespace and a registry.


def placed(home: Path) -> str:
    """The graph of scoring, with a namespace and a registry."""
    shutil.copytree(Path(SCORING).parent / "modules", home / "modules")
    place = "name: fraud\n  namespace: team\n  registry: registry.example.com/team\n"
    graph = home / "graph.yaml"
    graph.write_text(Path(SCORING).read_text().replace("name: fraud\n", place, 1))
    return str(graph)


def test_what_the_graph_says_of_namespace_and_registry_is_what_nuctl_is_told(
    machine: Machine,
) -> None:
    graph = placed(machine.home)
    project = machine.generate(graph)
    elsewhere = {**machine.environment, "NUCTL_NAMESPACE": "elsewhere"}

    dry_run = machine.run(project / "deploy.sh", "--dry-run")
    planned = iguazioig("plan", graph).stdout.splitlines()
    machine.run(project / "deploy.sh", env=elsewhere)
    calls = machine.calls
    machine.deploy(graph)
    again = machine.calls[len(calls) :]
    machine.run(project / "deploy_steps.py", "--delete", "--yes", env=elsewhere)

    place = " --namespace team"
    registry = " --registry registry.example.com/team"
    deployed = [
        *(f"{call}{place}" for call in PROJECT),
        *(f"{call}{registry}{place}" for call in (ALERT, SCORE)),
    ]
    asked = ASK + place
    assert dry_run.stdout.splitlines()[1:] == [" || ".join(deployed[:2]), *deployed[2:]]
    assert dry_run.stdout.splitlines() == [each for each in planned if not each.startswith("  #")]
    assert calls == [*STREAMS, asked, *deployed]
    assert again == [asked]
    assert machine.calls[-3:] == [
        asked,
        f"nuctl delete function fraud-score{place}",
        f"nuctl delete function fraud-alert{place}",
    ]


def test_what_runs_there_is_found_there(machine: Machine) -> None:
    project = machine.generate(placed(machine.home))
    machine.run(project / "deploy.sh")
    elsewhere = {**machine.environment, "NUCTL_NAMESPACE": "elsewhere"}

    status = machine.run(*COMMAND, "status", project, env=elsewhere)
    drift = machine.run(*COMMAND, "drift", project, env=elsewhere)
    nowhere = machine.run(*COMMAND, "status", project, "--namespace", "elsewhere")

    assert (status.returncode, drift.returncode, nowhere.returncode) == (0, 0, 1)
    assert "alert  in sync  fraud-alert  ready" in status.stdout


def test_another_registry_is_a_change(machine: Machine) -> None:
    graph = Path(placed(machine.home))
    machine.run(machine.generate(str(graph)) / "deploy.sh")
    graph.write_text(graph.read_text().replace("example.com/team", "example.com/other"))
    first = len(machine.calls)

    machine.deploy(str(graph))

    assert [call.split()[1] for call in machine.calls[first:]] == ["get", "get", "deploy", "deploy"]


# What runs already.


def test_what_runs_as_it_is_is_left_alone_and_asked_for_once(machine: Machine) -> None:
    script = machine.generate(SCORING) / "deploy.sh"
    machine.run(script)
    first = len(machine.calls)

    by_script = machine.run(script)
    by_command = machine.deploy(SCORING)

    assert (by_script.returncode, by_command.returncode) == (0, 0)
    assert machine.calls[first:] == [ASK, ASK]
    said = "fraud: every step is ready and was deployed from what is here\n"
    assert by_script.stdout.endswith(said)
    assert by_command.stdout.endswith(said)


def test_all_deploys_what_runs_already_and_asks_nothing(machine: Machine) -> None:
    script = machine.generate(SCORING) / "deploy.sh"
    machine.run(script)
    first = len(machine.calls)

    machine.run(script, "--all")
    machine.deploy(SCORING, "--all")

    assert machine.calls[first:] == [PROJECT[0], ALERT, SCORE] * 2


@pytest.mark.parametrize(
    "path", ["function.yaml", "handler.py", "alerts.py", "requirements.txt", "new/file.txt"]
)
def test_a_change_of_any_file_of_a_step_deploys_it(path: str, machine: Machine) -> None:
    project = machine.generate(SCORING)
    machine.run(project / "deploy.sh")
    first = len(machine.calls)
    changed = project / "steps/alert" / path
    changed.parent.mkdir(exist_ok=True)
    with changed.open("a") as file:
        file.write("# changed\n")

    result = machine.run(project / "deploy.sh")

    assert machine.calls[first:] == [ASK, PROJECT[0], ALERT]
    assert result.stdout.splitlines()[-1] == "deployed:  alert"


def test_what_python_leaves_in_a_folder_is_no_change(machine: Machine) -> None:
    project = machine.generate(SCORING)
    machine.run(project / "deploy.sh")
    first = len(machine.calls)
    cache = project / "steps/alert/__pycache__"
    cache.mkdir()
    (cache / "alerts.cpython-311.pyc").write_bytes(b"compiled")

    machine.run(project / "deploy.sh")

    assert machine.calls[first:] == [ASK]


@pytest.mark.parametrize(
    ("state", "deployed"),
    [("ready", False), ("scaledToZero", False), ("error", True), ("unhealthy", True), ("imported", True)],
)  # fmt: skip
def test_only_what_is_ready_is_left_alone(state: str, deployed: bool, machine: Machine) -> None:
    script = machine.generate(SCORING) / "deploy.sh"
    machine.run(script)
    first = len(machine.calls)
    function = machine.nuctl.functions["fraud-alert"]
    machine.nuctl.store("fraud-alert", {**function, "status": {"state": state}})

    machine.run(script)

    assert machine.calls[first:] == [ASK, *([PROJECT[0], ALERT] if deployed else [])]


def test_what_was_deployed_by_hand_is_deployed_again(machine: Machine) -> None:
    project = machine.generate(SCORING)
    for command in [PROJECT[1], ALERT, SCORE]:
        assert machine.run(*command.split(), cwd=project).returncode == 0
    first = len(machine.calls)

    machine.run(project / "deploy.sh")

    assert machine.calls[first:] == [*STREAMS, ASK, PROJECT[0], ALERT, SCORE]


def test_a_function_of_another_project_is_not_ours(machine: Machine) -> None:
    script = machine.generate(SCORING) / "deploy.sh"
    machine.run(script)
    function = machine.nuctl.functions["fraud-alert"]
    function["metadata"]["labels"]["nuclio.io/project-name"] = "other"
    machine.nuctl.store("fraud-alert", function)
    first = len(machine.calls)

    machine.run(script)

    assert machine.calls[first:] == [ASK, PROJECT[0], ALERT]


def test_another_image_is_a_change_where_images_are_prebuilt(machine: Machine) -> None:
    script = machine.generate(SCORING) / "deploy.sh"
    machine.run(script, "--prebuilt", "one")
    first = len(machine.calls)

    machine.run(script, "--prebuilt", "one")
    same = machine.calls[first:]
    machine.run(script, "--prebuilt", "other")

    assert same == [ASK]
    assert len(machine.calls[first:]) == 5
    assert machine.nuctl.functions["fraud-score"]["spec"]["image"] == "other/fraud-score:latest"


@pytest.mark.filterwarnings("ignore::iguazioig.GraphWarning")
@pytest.mark.parametrize("name", EXAMPLE_NAMES)
def test_the_digest_is_the_one_that_we_reckon(name: str, machine: Machine) -> None:
    graph = str(EXAMPLES / name / "graph.yaml")
    machine.run(machine.generate(graph) / "deploy.sh")

    files = Deployment().render(graph)
    for step in Deployment().load(graph).graph.steps:
        folder = f"steps/{step.slug}/"
        own = {path.removeprefix(folder): files[path] for path in files if path.startswith(folder)}
        annotations = machine.nuctl.functions[step.function_name]["metadata"]["annotations"]
        assert annotations == {DIGEST: digest(own, image=step.image_name or "")}


def test_a_folder_with_anything_in_it_has_a_digest(machine: Machine) -> None:
    project = machine.generate(SCORING, into="__pycache__")
    folder = project / "steps" / "score"
    (folder / os.fsdecode(b"a\xff\nb")).write_bytes(b"odd")
    (folder / "loop").symlink_to("loop")
    (folder / "round").symlink_to("..")
    (folder / "dangling").symlink_to("nothing")
    (folder / "linked").symlink_to("handler.py")
    os.mkfifo(folder / "pipe")

    assert machine.run(project / "deploy_steps.py", "score").returncode == 0
    annotations = machine.nuctl.functions["fraud-score"]["metadata"]["annotations"]
    assert annotations == {DIGEST: step_digest(folder)}
    assert machine.run(project / "deploy_steps.py", "score").stdout.startswith("fraud: every step")

    (folder / os.fsdecode(b"a\xff\nb")).write_bytes(b"other")

    assert "deployed:  score\n" in machine.run(project / "deploy_steps.py", "score").stdout


# Several at once.


CONVERGE = str(EXAMPLES / "converge" / "graph.yaml")


def test_steps_that_do_not_follow_each_other_are_built_at_the_same_time(machine: Machine) -> None:
    script = machine.generate(CONVERGE) / "deploy.sh"
    machine.nuctl.have_meet("orders-price", "orders-stock")

    result = machine.run(script, timeout=120)

    assert result.returncode == 0
    assert result.stdout.splitlines()[-1] == "deployed:  converge, price, stock"
    deployed = [call.split()[2] for call in machine.calls if call.startswith("nuctl deploy")]
    assert deployed[0] == "orders-converge"


def test_as_many_at_once_as_is_said(machine: Machine) -> None:
    script = machine.generate(CONVERGE) / "deploy.sh"

    result = machine.run(script, "--jobs", "1")

    said = [line.split(" | ")[0] for line in result.stdout.splitlines() if " | " in line]
    assert [name for name, _ in itertools.groupby(said)] == ["converge", "price", "stock"]


@pytest.mark.parametrize("how", ["build", "import", "pull"])
def test_it_stops_at_a_step_that_fails_and_goes_on_from_there(how: str, machine: Machine) -> None:
    script = machine.generate(CONVERGE) / "deploy.sh"
    machine.nuctl.break_function("orders-price", how)

    stopped = machine.run(script, "--jobs", "1")

    assert stopped.returncode == 1
    assert stopped.stdout.splitlines()[-3:] == [
        "deployed:  converge",
        "failed:    price",
        "not begun: stock",
    ]
    assert stopped.stderr == "when that is mended, run it again: what runs is left alone\n"
    assert machine.nuctl.functions["orders-price"]["status"]["state"] == "error"
    assert "price | Error - " in stopped.stdout

    machine.nuctl.mend_function("orders-price")
    went_on = machine.run(script)

    assert went_on.returncode == 0
    assert went_on.stdout.splitlines()[-1] == "deployed:  price, stock"


# Taking away.


def test_prune_deletes_what_was_deployed_for_steps_that_are_gone(machine: Machine) -> None:
    project = machine.generate(SCORING)
    machine.run(project / "deploy.sh")
    by_hand = machine.nuctl.functions["fraud-alert"]
    by_hand = {**by_hand, "metadata": {**by_hand["metadata"], "name": "by-hand", "annotations": {}}}
    machine.nuctl.store("by-hand", by_hand)
    graph = without_alert(machine.home)
    machine.generate(graph)
    first = len(machine.calls)

    unsure = machine.run(project / "deploy.sh", "--prune")
    kept = machine.calls[first:]
    result = machine.run(project / "deploy.sh", "--prune", "--yes")
    again = machine.deploy(graph, "--prune", "--yes")

    said = "deploy.sh: --prune has no terminal to ask on; --yes deletes without asking\n"
    assert (unsure.returncode, unsure.stdout, unsure.stderr, kept) == (1, "", said, [])
    assert machine.calls[first:] == [ASK, "nuctl delete function fraud-alert", ASK]
    assert set(machine.nuctl.functions) == {"fraud-score", "by-hand"}
    assert result.stdout.count("\nnuctl delete function fraud-alert\n") == 1
    assert again.stdout.endswith("fraud: no function to delete\n")


def test_nothing_is_pruned_where_a_deployment_fails(machine: Machine) -> None:
    project = machine.generate(SCORING)
    machine.run(project / "deploy.sh")
    machine.generate(without_alert(machine.home))
    machine.nuctl.break_function("fraud-score", "build")

    result = machine.run(project / "deploy.sh", "--all", "--prune", "--yes")

    assert result.returncode == 1
    assert "fraud-alert" in machine.nuctl.functions


def test_functions_are_deleted_producers_first(machine: Machine) -> None:
    project = machine.generate(CONVERGE)
    machine.run(project / "deploy.sh")
    first = len(machine.calls)

    dry_run = machine.run(project / "deploy_steps.py", "--delete", "--dry-run")
    result = machine.run(project / "deploy_steps.py", "--delete", "--yes")
    again = machine.run(project / "deploy_steps.py", "--delete", "--yes")

    deleted = [f"nuctl delete function orders-{name}" for name in ("stock", "price", "converge")]
    asked = ASK.replace("fraud", "orders")
    assert dry_run.stdout.splitlines() == deleted
    assert machine.calls[first:] == [asked, asked, *deleted, asked]
    assert (result.returncode, machine.nuctl.functions) == (0, {})
    assert again.stdout == "orders: no function to delete\n"


def test_a_deletion_that_fails_says_what_is_still_there(machine: Machine) -> None:
    project = machine.generate(CONVERGE)
    machine.run(project / "deploy.sh")
    machine.nuctl.fail_at(3)

    result = machine.run(project / "deploy_steps.py", "--delete", "--yes")

    assert result.returncode == 1
    assert result.stderr.endswith(
        "failed: nuctl delete function orders-price\n  still there: orders-price, orders-converge\n"
    )


# What can go wrong.


NAMED = json.dumps(
    {
        "metadata": {"name": "NAME", "labels": {"nuclio.io/project-name": "fraud"}},
        "spec": {},
        "status": {"state": "ready"},
    }
).replace('"NAME"', "NAME")

UNKIND = {
    "hangs": ("exec sleep 1000", "no answer in 1 seconds from: {ask}\n"),
    "prints half": (
        'printf \'[{"metadata": {}, "spec": {"env": [{"value": "letmein\'',
        "not the JSON of functions: {ask}\n",
    ),
    "prints another thing": ("echo hello", "not the JSON of functions: {ask}\nhello\n"),
    "prints no functions": ("echo '[1]'", "not the JSON of functions: {ask}\n"),
    "prints depths": (
        f"'{sys.executable}' -c 'print(\"[\" * 200_000)'",
        "not the JSON of functions: {ask}\n",
    ),
    "names no function": (
        f"echo '{NAMED.replace('NAME', json.dumps(['a']))}'",
        "not the JSON of functions: {ask}\n",
    ),
    "names an option": (
        f"echo '{NAMED.replace('NAME', json.dumps('--all'))}'",
        "not the JSON of functions: {ask}\n",
    ),
    "complains for ever": (
        f"'{sys.executable}' -c 'print(\"no \" * 100_000)'; exit 5",
        "failed with status 5: {ask}\n" + "no " * 666 + "no\n",
    ),
    "prints nothing": ("true", "not the JSON of functions: {ask}\n\n"),
    "asks for a password": (
        "printf 'Password: ' >&2; read -r password < /dev/tty || exit 3",
        "failed with status 3: {ask}\nPassword: ",
    ),
    "is asked on its input": ("read -r word || exit 4", "failed with status 4: {ask}\n"),
}


@pytest.mark.parametrize("how", UNKIND)
def test_a_nuctl_that_does_not_answer_deploys_nothing(how: str, machine: Machine) -> None:
    project = machine.generate(SCORING)
    script = project / "deploy_steps.py"
    if how == "hangs":
        script.write_text(script.read_text().replace("timeout=60", "timeout=1"))
    does, said = UNKIND[how]
    note = f"#!/bin/sh\necho \"nuctl $*\" >> '{machine.nuctl.log}'\n"
    (machine.nuctl.folder / "nuctl").write_text(f"{note}{does}\n")

    result = machine.run(script)

    assert result.returncode == 1
    assert result.stderr.startswith(said.replace("{ask}", ASK))
    # One that hangs may be ended before it has noted its call.
    assert machine.calls == [ASK] or (how, machine.calls) == ("hangs", [])
    assert "letmein" not in result.stderr


BROKEN = {
    "a program that is not there": "#!/no/such/shell\n",
    "no program": "\x7fELF",
}


@pytest.mark.parametrize("words", [[], ["--all"], ["--delete", "--yes"]])
@pytest.mark.parametrize("how", BROKEN)
def test_a_nuctl_that_cannot_be_run(how: str, words: list[str], machine: Machine) -> None:
    script = machine.generate(SCORING) / "deploy_steps.py"
    (machine.nuctl.folder / "nuctl").write_text(BROKEN[how])

    result = machine.run(script, *words)

    assert result.returncode == 1
    assert re.fullmatch(r"\[Errno \d+\] .*: 'nuctl'\n", result.stderr)


def test_a_nuctl_that_goes_away_is_a_step_that_failed(machine: Machine) -> None:
    script = machine.generate(SCORING) / "deploy_steps.py"
    program = machine.nuctl.folder / "nuctl"
    program.write_text(f"#!/bin/sh\n[ $2 != project ] || rm '{program}'\n")

    result = machine.run(script, "--all")

    said = "alert | [Errno 2] No such file or directory: 'nuctl'"
    assert result.stdout.splitlines()[-3:] == [said, "failed:    alert", "not begun: score"]
    assert result.stderr == "when that is mended, run it again: what runs is left alone\n"


def test_a_project_that_somebody_else_creates_meanwhile(machine: Machine) -> None:
    script = machine.generate(SCORING) / "deploy_steps.py"
    nuctl = machine.nuctl.folder / "nuctl"
    real = nuctl.rename(nuctl.with_name("real"))
    nuctl.write_text(f"""#!/bin/sh
if [ "$1" = create ]; then '{real}' "$@"; fi
exec '{real}' "$@"
""")
    nuctl.chmod(0o755)

    result = machine.run(script)

    assert "already exists" in result.stderr
    assert (result.returncode, set(machine.nuctl.functions)) == (0, {"fraud-alert", "fraud-score"})


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["scor"], "no step `scor`; there are: alert, score"),
        ([""], "no step ``; there are: alert, score"),
        (["score", "*"], "no step `*`; there are: alert, score"),
        (["--dryrun"], "unrecognized arguments: --dryrun"),
        (["--dry"], "unrecognized arguments: --dry"),
        (["--del", "--yes"], "unrecognized arguments: --del"),
        (["--hel"], "unrecognized arguments: --hel"),
        (["--", "--dry-run"], "no step `--dry-run`; there are: alert, score"),
        (["--prebuilt"], "argument --prebuilt: expected one argument"),
        (["--prebuilt", "--dry-run"], "argument --prebuilt: expected one argument"),
        (["--prebuilt", ""], "--prebuilt needs a registry, such as registry.example.com/team"),
        (["--jobs", "0"], "--jobs needs a number of at least 1"),
        (["--jobs", "many"], "argument --jobs: invalid int value: 'many'"),
        (["--prune", "score"], "--prune and --delete are for the whole project, not for a STEP"),
    ],
)  # fmt: skip
def test_wrong_usage_runs_nothing(words: list[str], said: str, machine: Machine) -> None:
    result = machine.run(machine.generate(SCORING) / "deploy.sh", *words)

    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr.endswith(f"deploy_steps.py: error: {said}\n")
    assert machine.calls == []


def test_it_does_not_delete(machine: Machine) -> None:
    result = machine.run(machine.generate(SCORING) / "deploy.sh", "--delete")

    said = "this deploys; to delete, say: python3 deploy_steps.py --delete"
    assert (result.returncode, result.stdout, result.stderr) == (1, "", f"deploy.sh: {said}\n")
    assert machine.calls == []


@pytest.mark.parametrize(
    ("call", "failed"),
    [(1, ASK), (3, PROJECT[1]), (4, ALERT), (5, SCORE)],
    ids=["question", "project", "first", "second"],
)
def test_a_command_that_fails_ends_it(call: int, failed: str, machine: Machine) -> None:
    script = machine.generate(SCORING) / "deploy.sh"
    machine.nuctl.fail_at(call)
    by_script = machine.run(script)
    run_by_script = machine.calls
    machine.forget()
    machine.nuctl.fail_at(call)
    by_command = machine.deploy(SCORING)

    assert (by_script.returncode, by_command.returncode) == (1, 1)
    looked_again = PROJECT[:1] if failed == PROJECT[1] else []
    expected = [*STREAMS, ASK, *PROJECT, ALERT, SCORE][: 4 + call]
    assert expected[-1] == failed
    assert run_by_script == machine.calls == [*expected, *looked_again]
    for result in (by_script, by_command):
        assert "Error - the connection to the server was refused\n" in result.stdout + result.stderr
    assert by_command.stderr.endswith(
        "error: `python3 deploy_steps.py` failed with exit code 1; what was done before it stays done\n"
    )
    assert machine.run(script).returncode == 0
    assert set(machine.nuctl.functions) == {"fraud-alert", "fraud-score"}


def test_streams_that_cannot_be_are_the_end_of_it(machine: Machine) -> None:
    script = machine.generate(SCORING) / "deploy.sh"
    machine.v3io.create_stream("projects", "/fraud/streams/scores", shards=36)

    by_script = machine.run(script)
    by_command = machine.deploy(SCORING)

    assert (by_script.returncode, by_command.returncode) == (1, 1)
    for said in (by_script.stderr, by_command.stderr):
        assert "projects/fraud/streams/scores has 36 shards" in said
    assert "error: `python3 setup_streams.py` failed with exit code 1" in by_command.stderr
    assert machine.calls == []


@pytest.mark.parametrize("missing", ["nuctl", "python3"])
def test_what_is_missing_is_said_before_anything_is_done(missing: str, machine: Machine) -> None:
    script = machine.generate(SCORING) / "deploy.sh"
    (machine.nuctl.folder / missing).unlink()
    for name in ("bash", "dirname"):
        (machine.nuctl.folder / name).symlink_to(str(shutil.which(name)))
    alone = {**machine.environment, "PATH": str(machine.nuctl.folder)}

    result = machine.run("bash", script, env=alone)

    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr == f"deploy.sh: {missing} is not on the PATH\n"
    assert machine.calls == []


def test_ctrl_c_says_what_was_done_and_leaves_no_copy_of_the_project(machine: Machine) -> None:
    os.mkfifo(machine.home / "gate")
    program = f"""#!/bin/sh
case "$1 $2" in
"get function") echo "No functions found" ;;
"get project") ;;
*) echo begun; read -r line < '{machine.home}/gate' ;;
esac
"""
    (machine.nuctl.folder / "nuctl").write_text(program)
    copies = machine.home / "copies"
    copies.mkdir()
    env = {**machine.environment, "TMPDIR": str(copies)}
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    # A shell starts what it puts into the background without Ctrl-C, and so would this be.
    hears = {"preexec_fn": lambda: signal.signal(signal.SIGINT, signal.default_int_handler)}
    with subprocess.Popen(
        [*COMMAND, "deploy", SCORING], env=env, start_new_session=True, **pipes, **hears
    ) as process:
        assert b"alert | begun\n" in iter(process.stdout.readline, b"")
        assert len(os.listdir(copies)) == 1
        os.killpg(process.pid, signal.SIGINT)
        output, said = process.communicate(timeout=60)

    assert process.returncode == 1
    assert output.endswith(b"failed:    alert\nnot begun: score\n")
    assert said.endswith(b"stopped; it is safe to run this again\n\nAborted!\n")
    assert b"Traceback" not in said
    assert os.listdir(copies) == []


# Where it is run.


def test_from_another_folder(machine: Machine) -> None:
    machine.generate(SCORING, into="one/project")
    (machine.home / "two" / "one" / "project").mkdir(parents=True)
    misled = {**machine.environment, "CDPATH": str(machine.home / "two")}

    result = machine.run("one/project/deploy.sh", env=misled)

    assert result.returncode == 0
    assert result.stdout.startswith("create  projects/fraud/streams/transactions")
    assert set(machine.nuctl.functions) == {"fraud-alert", "fraud-score"}


def test_from_a_folder_with_a_strange_name(machine: Machine) -> None:
    project = machine.generate(SCORING, into="my projects/$(touch x) it's *")

    by_place = machine.run(project / "deploy.sh", "--prebuilt", "registry")
    inside = machine.run("bash", "deploy.sh", cwd=project)

    assert (by_place.returncode, inside.returncode) == (0, 0)
    assert set(machine.nuctl.functions) == {"fraud-alert", "fraud-score"}


@pytest.mark.parametrize("word", ["--help", "-h", "-hx"])
def test_help_from_anywhere(word: str, machine: Machine) -> None:
    machine.generate(SCORING)

    result = machine.run("project/deploy.sh", word)

    assert (result.returncode, result.stderr, machine.calls) == (0, "", [])
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
