"""Every command and option of the command line, as somebody at a terminal or a CI job meets them."""

from __future__ import annotations

import copy
import hashlib
import io
import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from cases import EXAMPLES
from iguazioig import Deployment, __version__
from iguazioig.cli import cli
from in_process import run
from jsonschema.exceptions import best_match
from processes import COMMAND, environment, iguazioig, on_a_terminal
from projects import content_of, identity_of

MANIFEST = ".iguazioig.json"
EXAMPLE_NAMES = sorted(each.name for each in EXAMPLES.iterdir() if each.is_dir())


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, with the graph of `scoring` and its modules."""
    shutil.copy(EXAMPLES / "scoring" / "graph.yaml", tmp_path)
    shutil.copytree(EXAMPLES / "scoring" / "modules", tmp_path / "modules")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def edit(path: str | Path, old: str, new: str) -> None:
    text = Path(path).read_text()
    assert old in text
    Path(path).write_text(text.replace(old, new))


# generate


def test_generate_writes_the_project_and_draws_its_tree(here: Path) -> None:
    result = run("generate", "graph.yaml", "-o", "deploy")

    assert (result.exit_code, result.stderr) == (0, "")
    files = Deployment().render("graph.yaml")
    assert content_of(here / "deploy") == files
    assert result.stdout.splitlines()[:3] == ["deploy", "├── .gitattributes", "├── .iguazioig.json"]
    assert "    └── score\n        ├── delivery.py\n" in result.stdout
    assert result.stdout.endswith(f"\ndeploy: {len(files)} created, 0 unchanged\n")


def test_the_folder_is_named_after_the_project(here: Path) -> None:
    edit("graph.yaml", "name: fraud\n", "name: Fraud_Detection\n")

    assert run("generate", "graph.yaml").exit_code == 0
    assert (here / "fraud-detection" / "deploy.sh").exists()


def test_a_project_never_goes_into_the_folder_of_its_own_graph(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = here / "above" / "fraud"
    shutil.copytree(here, home)
    monkeypatch.chdir(home.parent)
    assert run("generate", "fraud/graph.yaml").output.startswith("fraud/fraud\n")
    assert run("generate", "fraud/graph.yaml", "--check").output == "fraud/fraud is up to date\n"


def test_generating_again_writes_nothing(here: Path) -> None:
    run("generate", "graph.yaml")
    before = identity_of(here)

    for words in ([], ["--force"], ["--check"]):
        result = run("generate", "graph.yaml", *words)
        assert (result.exit_code, result.stdout) == (0, "fraud is up to date\n")
    assert identity_of(here) == before


def test_a_changed_graph_changes_what_follows_from_it(here: Path) -> None:
    run("generate", "graph.yaml")
    edit("graph.yaml", "threshold: 0.8", "threshold: 0.9")

    result = run("generate", "graph.yaml")

    assert result.stdout == (
        "  changed  .iguazioig.json\n"
        "  changed  graph.yaml\n"
        "  changed  steps/score/handler.py\n"
        f"fraud: 3 changed, {len(content_of(here / 'fraud')) - 3} unchanged\n"
    )


def test_a_changed_module_changes_its_copy(here: Path) -> None:
    run("generate", "graph.yaml")
    with (here / "modules" / "alerts.py").open("a") as module:
        module.write("# another line\n")

    result = run("generate", "graph.yaml")

    assert "  changed  steps/alert/alerts.py\n" in result.stdout
    assert (here / "fraud/steps/alert/alerts.py").read_text().endswith("# another line\n")


def test_what_is_no_longer_generated_is_removed(here: Path) -> None:
    run("generate", "graph.yaml")
    (here / "fraud/steps/alert/notes.txt").write_text("mine")
    graph = yaml.safe_load(Path("graph.yaml").read_text())
    del graph["project"]["functions"][1]
    Path("graph.yaml").write_text(yaml.safe_dump(graph))

    result = run("generate", "graph.yaml")

    assert result.exit_code == 0
    assert "  removed  steps/alert/handler.py\n" in result.stdout
    assert os.listdir(here / "fraud/steps/alert") == ["notes.txt"]


def test_diff_shows_a_whole_new_project_and_writes_nothing(here: Path) -> None:
    result = run("generate", "graph.yaml", "--diff")

    assert result.exit_code == 0
    assert (
        "diff --git a/steps/score/handler.py b/steps/score/handler.py\nnew file mode"
        in result.stdout
    )
    assert result.stderr.startswith("fraud: would be: ")
    assert not (here / "fraud").exists()


def test_diff_shows_what_would_change_and_writes_nothing(here: Path) -> None:
    run("generate", "graph.yaml")
    edit("graph.yaml", "threshold: 0.8", "threshold: 0.9")
    before = identity_of(here)

    result = run("generate", "graph.yaml", "--diff")

    assert result.exit_code == 0
    assert (
        "-      class_init: {threshold: 0.8}\n+      class_init: {threshold: 0.9}\n"
        in result.stdout
    )
    assert result.stderr.startswith("fraud: would be: 3 changed, ")
    assert identity_of(here) == before


def test_diff_of_nothing_is_nothing(here: Path) -> None:
    run("generate", "graph.yaml")

    result = run("generate", "graph.yaml", "--diff")

    assert (result.exit_code, result.stdout, result.stderr) == (0, "", "fraud is up to date\n")


def test_diff_and_check_together_are_both(here: Path) -> None:
    run("generate", "graph.yaml")
    edit("fraud/deploy.sh", "set -euo pipefail\n", "set -eu\n")

    result = run("generate", "graph.yaml", "--diff", "--check")

    assert result.exit_code == 1
    assert "-set -eu\n+set -euo pipefail\n" in result.stdout
    assert "  edited    deploy.sh\n" in result.stderr
    assert "edited" not in result.stdout


def test_check_fails_for_a_project_that_is_not_there(here: Path) -> None:
    result = run("generate", "graph.yaml", "--check")

    assert (result.exit_code, result.stdout) == (1, "")
    assert "  missing   deploy.sh\n" in result.stderr
    assert result.stderr.endswith(
        f"fraud is not what graph.yaml says: {len(Deployment().render('graph.yaml'))} missing\n"
        "generate it again, and commit it: iguazioig generate graph.yaml -o fraud\n"
    )
    assert not (here / "fraud").exists()


def test_check_names_what_differs_and_touches_nothing(here: Path) -> None:
    run("generate", "graph.yaml")
    edit("fraud/steps/score/handler.py", "threshold=0.8", "threshold=0.1")
    edit("fraud/deploy.sh", "set -euo pipefail\n", "<<<<<<< HEAD\nset -eu\n")
    edit(f"fraud/{MANIFEST}", __version__, "0.0.9")
    (here / "fraud/requirements.txt").unlink()
    (here / "fraud/steps/score/.env").write_text("KEY=1")
    (here / "fraud/steps/score/__pycache__").mkdir()
    (here / "fraud/steps/score/__pycache__/handler.pyc").touch()
    (here / "fraud/notes.txt").touch()
    before = identity_of(here)

    result = run("generate", "graph.yaml", "--check")

    assert result.exit_code == 1
    assert result.stderr == (
        "  unmerged  deploy.sh: has the marks of a merge conflict in it\n"
        "  edited    steps/score/handler.py\n"
        "  foreign   steps/score/.env: is no part of the project, and goes into the image of the step\n"
        "  missing   requirements.txt\n"
        "  outdated  .iguazioig.json\n"
        "fraud is not what graph.yaml says: 1 unmerged, 1 edited, 1 foreign, 1 missing, 1 outdated\n"
        f"it was written by iguazioig 0.0.9, this is {__version__}: use that one, or generate and commit\n"
        "move what you need of the edits into the graph or the modules, then: "
        "iguazioig generate graph.yaml -o fraud --force\n"
    )
    assert "-<<<<<<< HEAD\n-set -eu\n+set -euo pipefail\n" in result.stdout
    assert identity_of(here) == before


def test_check_fails_for_a_file_that_only_the_image_would_show(here: Path) -> None:
    run("generate", "graph.yaml")
    (here / "fraud/steps/score/.env").write_text("KEY=1")

    result = run("generate", "graph.yaml", "--check")

    assert (result.exit_code, result.stdout) == (1, "")
    assert (
        "fraud is not what graph.yaml says: 1 foreign\nmove away what is foreign" in result.stderr
    )


def test_check_names_what_is_left_of_a_step_that_is_gone(here: Path) -> None:
    run("generate", "graph.yaml")
    graph = yaml.safe_load(Path("graph.yaml").read_text())
    del graph["project"]["functions"][1]
    Path("graph.yaml").write_text(yaml.safe_dump(graph))

    result = run("generate", "graph.yaml", "--check")

    assert result.exit_code == 1
    assert "  leftover  steps/alert/handler.py: is no longer generated\n" in result.stderr


def test_check_finds_an_edit_that_the_manifest_vouches_for(here: Path) -> None:
    run("generate", "graph.yaml")
    handler = here / "fraud/steps/score/handler.py"
    honest = hashlib.sha256(handler.read_bytes()).hexdigest()
    edit(handler, "threshold=0.8", "threshold=0.1")
    edit(here / "fraud" / MANIFEST, honest, hashlib.sha256(handler.read_bytes()).hexdigest())

    result = run("generate", "graph.yaml", "--check")

    assert result.exit_code == 1
    assert "  outdated  steps/score/handler.py\n" in result.stderr


def test_an_edited_file_is_refused_with_its_diff_and_the_way_out(here: Path) -> None:
    run("generate", "graph.yaml")
    edit("fraud/steps/score/handler.py", "threshold=0.8", "threshold=0.1")
    edit("graph.yaml", "log_level: info", "log_level: error")
    before = identity_of(here)

    result = run("generate", "graph.yaml")

    assert (result.exit_code, result.stdout) == (1, "")
    assert "fraud: not all is as iguazioig left it; nothing was written\n" in result.stderr
    assert "  steps/score/handler.py: was edited\n" in result.stderr
    assert [line.strip()[0] for line in result.stderr.splitlines() if "threshold=" in line] == [
        "-",
        "+",
    ]
    assert "--force" in result.stderr
    assert identity_of(here) == before


def test_force_overwrites_what_was_edited(here: Path) -> None:
    run("generate", "graph.yaml")
    edit("fraud/steps/score/handler.py", "threshold=0.8", "threshold=0.1")

    result = run("generate", "graph.yaml", "--force")

    assert result.exit_code == 0
    assert "  changed  steps/score/handler.py\n" in result.stdout
    assert content_of(here / "fraud") == Deployment().render("graph.yaml")


def test_files_of_others_stay_and_are_not_overwritten(here: Path) -> None:
    (here / "fraud").mkdir()
    (here / "fraud/README.md").write_text("ours\n")
    (here / "fraud/notes.txt").write_text("ours, too\n")

    result = run("generate", "graph.yaml")

    assert result.exit_code == 1
    assert "  README.md: was not written by iguazioig\n" in result.stderr
    assert content_of(here / "fraud") == {"README.md": b"ours\n", "notes.txt": b"ours, too\n"}
    assert run("generate", "graph.yaml", "--force").exit_code == 0
    assert (here / "fraud/notes.txt").read_text() == "ours, too\n"


@pytest.mark.parametrize("force", [[], ["--force"]], ids=["plain", "force"])
def test_nothing_is_written_through_a_symbolic_link(here: Path, force: list[str]) -> None:
    (here / "elsewhere").mkdir()
    (here / "fraud").mkdir()
    (here / "fraud/steps").symlink_to(here / "elsewhere")

    result = run("generate", "graph.yaml", *force)

    assert result.exit_code == 1
    assert "steps" in result.stderr
    assert os.listdir(here / "elsewhere") == []
    assert os.listdir(here / "fraud") == ["steps"]


def test_a_file_in_the_place_of_the_folder_is_wrong_usage(here: Path) -> None:
    result = run("generate", "graph.yaml", "-o", "graph.yaml")

    assert result.exit_code == 2
    assert "Directory 'graph.yaml' is a file." in result.stderr


def test_a_file_in_the_place_of_the_default_folder_is_an_error(here: Path) -> None:
    Path("fraud").write_text("a file\n")

    result = run("generate", "graph.yaml")

    assert result.exit_code == 1
    assert result.stderr.startswith("error: fraud: ")
    assert Path("fraud").read_text() == "a file\n"


def test_nothing_is_written_for_a_graph_with_problems(here: Path) -> None:
    edit("graph.yaml", "streams: [scores]", "streams: [score]")
    edit("graph.yaml", "class_name: Alerts", "class_name: Alert")

    result = run("generate", "graph.yaml")

    assert (result.exit_code, result.stdout) == (1, "")
    places = [line.partition(": ")[0] for line in result.stderr.splitlines()]
    assert places == ["graph.yaml:21:19", "graph.yaml:29:19"]
    assert "did you mean `scores`?" in result.stderr
    assert not (here / "fraud").exists()


def test_warnings_are_said_and_the_project_is_written(here: Path) -> None:
    edit("graph.yaml", "    alerts: {container", "    unused: {}\n    alerts: {container")

    result = run("generate", "graph.yaml")

    assert result.exit_code == 0
    assert result.stderr.startswith("graph.yaml:10:5: warning: ")
    assert (here / "fraud/deploy.sh").exists()


def test_a_dash_is_standard_input(here: Path) -> None:
    graph = Path("graph.yaml").read_text()
    Path("graph.yaml").unlink()

    result = run("generate", "-", input=graph)

    assert (result.exit_code, result.stderr) == (0, "")
    assert (here / "fraud/graph.yaml").read_text() == graph


def test_problems_of_standard_input_have_a_dash_for_a_path(here: Path) -> None:
    result = run("validate", "-", input="apiVersion: 0.2.0\nproject: {nam: x}\n")

    assert result.exit_code == 1
    assert result.stderr.startswith("-:2:")


def test_modules_are_looked_for_in_the_folders_that_are_named(here: Path) -> None:
    (here / "team").mkdir()
    (here / "vendor").mkdir()
    shutil.move(here / "modules" / "fraud_model.py", here / "team")
    shutil.move(here / "modules" / "features.py", here / "team")
    shutil.move(here / "modules" / "alerts.py", here / "vendor")

    missing = run("generate", "graph.yaml", "-m", "team")
    result = run("generate", "graph.yaml", "-m", "team", "--modules", "vendor")

    assert missing.exit_code == 1
    assert "graph.yaml:28:21: " in missing.stderr
    assert "`alerts`" in missing.stderr
    assert result.exit_code == 0
    assert (here / "fraud/steps/score/features.py").exists()


# validate


def test_validate_says_what_will_run(here: Path) -> None:
    result = run("validate", "graph.yaml")

    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout == (
        "fraud: 2 steps, 4 streams, 0 warnings\n"
        "  score: 2 replicas, 4 copies of FraudModel; transactions 4 × 400 records/s at most\n"
        "  alert: 1 replica, 1 copy of Alerts; scores 4 × 400 records/s at most\n"
    )


def test_validate_writes_nothing_and_runs_nothing_of_the_user(here: Path) -> None:
    with (here / "modules" / "alerts.py").open("a") as module:
        module.write("\nraise SystemExit('imported')\n")
    before = identity_of(here)

    assert run("validate", "graph.yaml").exit_code == 0
    assert identity_of(here) == before


def break_graph() -> None:
    """Two errors and a warning."""
    edit("graph.yaml", "    alerts: {container", "    unused: {}\n    alerts: {container")
    edit("graph.yaml", "shards: 1}", "shards: many}")
    edit("graph.yaml", "methods: [select]", "methods: [selekt]")


def test_problems_are_lines_with_positions(here: Path) -> None:
    break_graph()

    result = run("validate", "graph.yaml")

    assert (result.exit_code, result.stdout) == (1, "")
    lines = result.stderr.splitlines()
    assert [line.partition(": ")[0] for line in lines] == [
        "graph.yaml:10:5",
        "graph.yaml:11:43",
        "graph.yaml:31:17",
    ]
    assert lines[0].startswith("graph.yaml:10:5: warning: ")
    assert lines[1].startswith("graph.yaml:11:43: `shards` is `many`; expected a whole number")
    assert "did you mean `select`?" in lines[2]


def test_problems_as_json_are_one_object(here: Path) -> None:
    break_graph()

    result = run("validate", "graph.yaml", "--format", "json")

    assert (result.exit_code, result.stderr) == (1, "")
    problems = json.loads(result.stdout)["problems"]
    assert [(each["severity"], each["line"], each["column"]) for each in problems] == [
        ("warning", 10, 5),
        ("error", 11, 43),
        ("error", 31, 17),
    ]
    assert problems[1].pop("expected").startswith("expected a whole number")
    assert problems[1] == {
        "path": "graph.yaml",
        "line": 11,
        "column": 43,
        "severity": "error",
        "code": "value",
        "wrong": "`shards` is `many`",
    }


@pytest.mark.parametrize("name", EXAMPLE_NAMES)
def test_a_good_graph_as_json_is_one_object(name: str) -> None:
    result = run("validate", str(EXAMPLES / name / "graph.yaml"), "--format", "json")

    assert (result.exit_code, result.stderr) == (0, "")
    problems = json.loads(result.stdout)["problems"]
    assert {each["severity"] for each in problems} <= {"warning"}


def test_what_cannot_be_read_as_yaml_is_one_object_too(here: Path) -> None:
    Path("graph.yaml").write_text("a: [\n")

    result = run("validate", "graph.yaml", "--format", "json")

    assert result.exit_code == 1
    assert json.loads(result.stdout)["problems"][0]["path"] == "graph.yaml"


def test_problems_as_annotations_of_github(here: Path) -> None:
    os.rename("graph.yaml", "100%, a:b.yaml")
    edit("100%, a:b.yaml", "methods: [select]", "methods: [selekt]")

    result = run("validate", "100%, a:b.yaml", "--format", "github")

    assert (result.exit_code, result.stderr) == (1, "")
    [line] = result.stdout.splitlines()
    properties, _, message = line.removeprefix("::error ").partition("::")
    assert properties.startswith("file=100%25%2C a%3Ab.yaml,line=30,col=17,title=")
    assert "`selekt`" in message
    assert "did you mean `select`?" in message


def test_a_good_graph_has_no_annotations(here: Path) -> None:
    result = run("validate", "graph.yaml", "--format", "github")

    assert (result.exit_code, result.stdout, result.stderr) == (0, "", "")


@pytest.mark.parametrize("form", ["text", "json", "github"])
def test_strict_lets_warnings_fail(here: Path, form: str) -> None:
    edit("graph.yaml", "    alerts: {container", "    unused: {}\n    alerts: {container")

    assert run("validate", "graph.yaml", "--format", form).exit_code == 0
    assert run("validate", "graph.yaml", "--format", form, "--strict").exit_code == 1


def test_strict_does_not_mind_a_graph_without_warnings(here: Path) -> None:
    assert run("validate", "graph.yaml", "--strict").exit_code == 0


# plan, deploy --dry-run


PLAN = """\
python3 setup_streams.py
  # projects/fraud/streams/transactions: 4 shards, 24 hours
  # projects/fraud/streams/scores: 4 shards, 24 hours
  # projects/fraud/streams/alerts: 1 shard, 48 hours
  # projects/fraud/streams/rejected: 1 shard, 168 hours
nuctl get project fraud || nuctl create project fraud
nuctl deploy fraud-alert --path steps/alert --project-name fraud --readiness-timeout 300
nuctl deploy fraud-score --path steps/score --project-name fraud --readiness-timeout 300
"""


def test_plan_lists_the_commands_in_their_order(here: Path) -> None:
    result = run("plan", "graph.yaml")

    assert (result.exit_code, result.stdout, result.stderr) == (0, PLAN, "")


def test_a_dry_run_of_deploy_is_the_plan(here: Path) -> None:
    result = run("deploy", "graph.yaml", "--dry-run")

    assert (result.exit_code, result.stdout, result.stderr) == (0, PLAN, "")


@pytest.mark.parametrize("command", [["plan"], ["deploy", "--dry-run"]])
def test_only_limits_the_steps(here: Path, command: list[str]) -> None:
    one = run(*command, "graph.yaml", "--only", "score")
    both = run(*command, "graph.yaml", "--only", "score", "--only", "alert")

    assert one.stdout == "\n".join(line for line in PLAN.split("\n") if "fraud-alert" not in line)
    assert both.stdout == PLAN


def test_plan_as_data(here: Path) -> None:
    result = run("plan", "graph.yaml", "--only", "score", "--format", "json")

    streams, project, function = json.loads(result.stdout)
    assert streams["operation"] == "create_streams"
    assert streams["streams"][0] == {
        "name": "transactions",
        "container": "projects",
        "path": "/fraud/streams/transactions",
        "shards": 4,
        "retention": 24,
    }
    assert project == {
        "command": "nuctl get project fraud || nuctl create project fraud",
        "argv": ["nuctl", "create", "project", "fraud"],
        "unless": ["nuctl", "get", "project", "fraud"],
        "summary": "create project fraud unless it exists",
        "operation": "create_project",
        "project": "fraud",
    }
    assert (function["operation"], function["step"]) == ("create_function", "score")
    assert " ".join(function["argv"]) == function["command"]


@pytest.mark.parametrize("command", ["plan", "deploy"])
def test_a_step_that_is_not_there_is_wrong_usage(here: Path, command: str) -> None:
    result = run(command, "graph.yaml", "--only", "scor")

    assert (result.exit_code, result.stdout) == (2, "")
    assert "there is no step `scor` (did you mean `score`?); the steps are" in result.stderr


def test_deploy_without_nuctl_stops_before_it_begins(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(here))

    result = run("deploy", "graph.yaml")

    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == (
        "error: `nuctl` is not on the PATH; install it, or put its folder on the PATH\n"
    )


# graph


def test_the_picture_in_mermaid(here: Path) -> None:
    result = run("graph", "graph.yaml")

    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.startswith("flowchart LR\n")
    assert (
        f"```mermaid\n{result.stdout}```\n"
        in Deployment().render("graph.yaml")["README.md"].decode()
    )


def test_the_picture_in_dot(here: Path) -> None:
    result = run("graph", "graph.yaml", "--format", "dot")

    assert result.stdout.startswith('digraph "fraud" {\n')
    assert result.stdout.endswith("}\n")
    for name in ("transactions", "score", "scores", "alert", "alerts", "rejected"):
        assert f'label="{name}' in result.stdout


@pytest.mark.skipif(
    shutil.which("dot") is None,
    reason="GRAPHVIZ IS NOT INSTALLED: whether it can read the pictures in dot is not checked",
)
@pytest.mark.parametrize("name", EXAMPLE_NAMES)
def test_graphviz_draws_it(name: str) -> None:
    picture = run("graph", str(EXAMPLES / name / "graph.yaml"), "--format", "dot").stdout

    drawn = subprocess.run(
        ["dot", "-Tsvg"], input=picture, text=True, capture_output=True, check=True
    )
    assert (drawn.stdout[:5], drawn.stderr) == ("<?xml", "")


# schema


@pytest.fixture(scope="module")
def schema() -> dict[str, Any]:
    result = run("schema")
    assert (result.exit_code, result.stderr) == (0, "")
    return json.loads(result.stdout)  # type: ignore[no-any-return]


def problem_of(graph: Any, schema: dict[str, Any]) -> str | None:
    """Where an editor would underline."""
    error = best_match(jsonschema.Draft202012Validator(schema).iter_errors(graph))
    return None if error is None else error.json_path


def test_the_schema_is_a_schema(schema: dict[str, Any]) -> None:
    jsonschema.Draft202012Validator.check_schema(schema)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"


@pytest.mark.parametrize("name", EXAMPLE_NAMES)
def test_the_schema_takes_the_examples(name: str, schema: dict[str, Any]) -> None:
    graph = yaml.safe_load((EXAMPLES / name / "graph.yaml").read_text())

    assert problem_of(graph, schema) is None


def set_at(*path: str | int, to: Any) -> Callable[[Any], None]:
    def change(graph: Any) -> None:
        for key in path[:-1]:
            graph = graph[key]
        graph[path[-1]] = to

    return change


@pytest.mark.parametrize(
    ("change", "where"),
    [
        (set_at("apiVersion", to="0.3.0"), "$.apiVersion"),
        (set_at("projekt", to={}), "$"),
        (set_at("project", "name", to=["fraud"]), "$.project.name"),
        (set_at("project", "v3io_streams", "scores", "shards", to=0), "$.project.v3io_streams.scores.shards"),
        (set_at("project", "v3io_streams", "scores", "shard", to=3), "$.project.v3io_streams.scores"),
        (set_at("project", "functions", 0, "methods", to=[]), "$.project.functions[0].methods"),
        (set_at("project", "functions", 0, "log_level", to="loud"), "$.project.functions[0].log_level"),
        (set_at("project", "functions", 0, "class_modul", to="x"), "$.project.functions[0]"),
    ],
)  # fmt: skip
def test_the_schema_refuses_what_validate_refuses(
    here: Path, change: Callable[[Any], None], where: str, schema: dict[str, Any]
) -> None:
    graph = yaml.safe_load(Path("graph.yaml").read_text())
    broken = copy.deepcopy(graph)
    change(broken)

    assert problem_of(graph, schema) is None
    assert problem_of(broken, schema) == where
    assert run("validate", "-", input=yaml.safe_dump(broken, sort_keys=False)).exit_code == 1


# mistakes


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["genrate", "graph.yaml"], "No such command 'genrate'"),
        (["graph.yaml", "validate"], "the command comes first: iguazioig validate …"),
        (["graph.yaml"], "No such command 'graph.yaml'"),
        (["validate"], "Missing argument 'GRAPH'"),
        (["validate", "grap.yaml"], "File 'grap.yaml' does not exist"),
        (["validate", "modules"], "File 'modules' is a directory"),
        (["validate", "graph.yaml", "graph.yaml"], "unexpected extra argument"),
        (["validate", "graph.yaml", "--format", "yaml"], "'yaml' is not one of 'text', 'json', 'github'"),
        (["plan", "graph.yaml", "--format", "github"], "'github' is not one of 'text', 'json'"),
        (["graph", "graph.yaml", "--format", "svg"], "'svg' is not one of 'mermaid', 'dot'"),
        (["generate", "graph.yaml", "--modules", "nowhere"], "Directory 'nowhere' does not exist"),
        (["generate", "fraud", "-o", "graph.yaml"], "Directory 'graph.yaml' is a file"),
        (["deploy", "graph.yaml", "--dryrun"], "No such option"),
        (["deploy", "graph.yaml", "--dryrun"], "--dry-run"),
    ],
)  # fmt: skip
def test_wrong_usage_is_explained(here: Path, words: list[str], said: str) -> None:
    before = identity_of(here)

    result = run(*words)

    assert (result.exit_code, result.stdout) == (2, "")
    assert said in result.stderr
    assert identity_of(here) == before


class Interrupted(io.RawIOBase):
    """Standard input of somebody who presses Ctrl-C instead of typing."""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        raise KeyboardInterrupt


def test_ctrl_c_ends_it_quietly() -> None:
    result = run("validate", "-", input=io.BufferedReader(Interrupted()))

    assert (result.exit_code, result.stdout, result.stderr.strip()) == (1, "", "Aborted!")


# help


def test_without_a_command_there_is_help() -> None:
    result = iguazioig()

    assert "Usage: iguazioig [OPTIONS] COMMAND [ARGS]..." in result.stdout + result.stderr


@pytest.mark.parametrize("option", ["-h", "--help"])
@pytest.mark.parametrize("command", [None, *sorted(cli.commands)])
def test_every_help_has_an_example(command: str | None, option: str) -> None:
    result = run(*filter(None, [command, option]))

    assert (result.exit_code, result.stderr) == (0, "")
    assert f"  iguazioig {command or ''}" in result.stdout


def test_the_version() -> None:
    assert run("--version").stdout == f"iguazioig {__version__}\n"


# completion


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_shell_gets_its_completion(shell: str) -> None:
    result = iguazioig(env=environment(_IGUAZIOIG_COMPLETE=f"{shell}_source"))

    assert result.returncode == 0
    assert "_IGUAZIOIG_COMPLETE" in result.stdout


def complete(line: str) -> list[str]:
    """What bash would offer behind `line`."""
    words = line.split(" ")
    place = {"COMP_WORDS": line, "COMP_CWORD": str(len(words) - 1)}
    result = iguazioig(env=environment(_IGUAZIOIG_COMPLETE="bash_complete", **place))
    assert (result.returncode, result.stderr) == (0, "")
    return [each.partition(",")[2] for each in result.stdout.splitlines() if each]


def test_commands_and_options_are_completed() -> None:
    assert complete("iguazioig gen") == ["generate"]
    assert complete("iguazioig plan --on") == ["--only"]
    assert complete("iguazioig validate graph.yaml --format g") == ["github"]


def test_the_steps_of_the_graph_are_completed(here: Path) -> None:
    assert complete("iguazioig plan graph.yaml --only ") == ["score", "alert"]
    assert complete("iguazioig deploy graph.yaml --only s") == ["score"]


@pytest.mark.parametrize("graph", ["nowhere.yaml", "modules", "-", "broken.yaml"])
def test_without_a_good_graph_nothing_is_completed(here: Path, graph: str) -> None:
    (here / "broken.yaml").write_text("apiVersion: [\n")

    assert complete(f"iguazioig plan {graph} --only s") == []


# processes: exit codes, streams, terminals, encodings, signals


def test_exit_codes(here: Path) -> None:
    Path("broken.yaml").write_text("apiVersion: 0.2.0\n")

    assert iguazioig("validate", "graph.yaml").returncode == 0
    assert iguazioig("validate", "broken.yaml").returncode == 1
    assert iguazioig("validate", "nowhere.yaml").returncode == 2


def test_results_and_problems_do_not_mix(here: Path) -> None:
    edit("graph.yaml", "    alerts: {container", "    unused: {}\n    alerts: {container")

    result = iguazioig("plan", "graph.yaml", "--format", "json")

    assert len(json.loads(result.stdout)) == 4
    assert result.stderr.startswith("graph.yaml:10:5: warning: ")
    assert len(result.stderr.splitlines()) == 1


def test_a_process_reads_standard_input(here: Path) -> None:
    result = iguazioig("validate", "-", input=Path("graph.yaml").read_text())

    assert (result.returncode, result.stdout.splitlines()[0]) == (
        0,
        "fraud: 2 steps, 4 streams, 0 warnings",
    )


@pytest.mark.parametrize(
    "command",
    ["validate -", "migrate -", "import -", "send alerts -", "run graph.yaml --send alerts=-"],
)
def test_closed_standard_input_is_wrong_usage(command: str, here: Path) -> None:
    words = ["sh", "-c", 'exec "$@" <&-', "sh", *COMMAND, *command.split()]

    result = subprocess.run(words, env=environment(), capture_output=True, text=True, check=False)

    assert result.returncode == 2
    assert result.stderr.endswith("Error: standard input is closed\n")


def test_no_colours_without_a_terminal(here: Path) -> None:
    break_graph()

    for words in (["validate", "graph.yaml"], ["generate", "graph.yaml"], ["nonsense"]):
        result = iguazioig(*words)
        assert "\x1b" not in result.stdout + result.stderr


def test_colours_and_progress_on_a_terminal(here: Path) -> None:
    code, told = on_a_terminal("generate", "graph.yaml", env=environment())

    assert code == 0
    assert "rendering 2 steps …" in told
    edit("graph.yaml", "threshold: 0.8", "threshold: 0.9")
    code, told = on_a_terminal("generate", "graph.yaml", "--diff", env=environment())
    assert code == 0
    assert "\x1b[32m+" in told
    assert "\x1b[31m-" in told
    break_graph()
    code, told = on_a_terminal("validate", "graph.yaml", env=environment())
    assert code == 1
    assert "\x1b[31m" in told


def test_no_color_is_honoured_on_a_terminal(here: Path) -> None:
    quiet = environment(NO_COLOR="1")

    assert "\x1b" not in on_a_terminal("plan", "graph.yaml", env=quiet)[1]
    assert "\x1b" not in on_a_terminal("generate", "graph.yaml", "--diff", env=quiet)[1]
    break_graph()
    assert "\x1b" not in on_a_terminal("validate", "graph.yaml", env=quiet)[1]


def test_an_empty_no_color_means_nothing(here: Path) -> None:
    assert "\x1b" in on_a_terminal("plan", "graph.yaml", env=environment(NO_COLOR=""))[1]


def test_a_graph_cannot_command_a_terminal(here: Path) -> None:
    edit("graph.yaml", "methods: [select]", '"meth\\e[2Jods": ["sel\\e]0;x\\aect"]')

    told = on_a_terminal("validate", "graph.yaml", env=environment(NO_COLOR="1"))[1]

    assert "graph.yaml:30:" in told
    assert "\x1b" not in told


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
@pytest.mark.parametrize(
    "words",
    [
        ["--help"],
        ["validate", "graph.yaml"],
        ["generate", "graph.yaml", "-o", "deploy"],
        ["generate", "graph.yaml", "-o", "new", "--diff"],
        ["graph", "graph.yaml"],
        ["plan", "graph.yaml", "--format", "json"],
        ["schema"],
    ],
    ids=lambda words: words[0],
)
def test_what_an_encoding_cannot_hold_is_no_error(
    here: Path, words: list[str], encoding: str
) -> None:
    env = environment(LC_ALL="C", PYTHONIOENCODING=encoding)

    result = iguazioig(*words, env=env, encoding="latin-1")

    assert (result.returncode, result.stderr.count("Traceback")) == (0, 0)


def test_a_path_that_is_no_text_is_no_error(here: Path) -> None:
    folder = os.fsdecode(b"caf\xe9")

    for words in (["generate", "graph.yaml"], ["generate", "--check", "graph.yaml"]):
        result = iguazioig(*words, "-o", folder)
        assert (result.returncode, result.stderr) == (0, "")


def test_json_is_readable_by_machines_in_every_encoding(here: Path) -> None:
    edit("graph.yaml", "methods: [select]", "methods: [sélect🚲]")

    result = iguazioig(
        "validate", "graph.yaml", "--format", "json", env=environment(PYTHONIOENCODING="latin-1")
    )

    assert "sélect🚲" in json.loads(result.stdout)["problems"][0]["wrong"]


def test_a_reader_that_goes_away_is_no_error(here: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)

    result = subprocess.run(
        [*COMMAND, "schema"], stdout=writing, stderr=subprocess.PIPE, env=environment(), check=False
    )

    os.close(writing)
    assert (result.returncode, result.stderr) == (1, b"")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full here")
def test_a_full_disk_is_a_message(here: Path) -> None:
    with Path("/dev/full").open("w") as full:
        result = subprocess.run(
            [*COMMAND, "schema"],
            stdout=full,
            stderr=subprocess.PIPE,
            env=environment(),
            check=False,
        )

    assert result.returncode == 1
    assert result.stderr.decode().startswith("error: ")
    assert b"Traceback" not in result.stderr
