"""`iguazioig diff`, as somebody at a terminal, a CI job and a pull request meet it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import in_process
import jsonschema
import pytest
from cases import EXAMPLES
from click.testing import Result
from iguazioig.change.model import CODES, Consequence
from processes import environment, on_a_terminal

CHANGE = {
    "kind": {"enum": ["project", "volume", "stream", "step"]},
    "name": {"type": "string"},
    "code": {"enum": list(CODES)},
    "what": {"type": "string", "minLength": 1},
    "consequence": {"enum": [str(each) for each in Consequence]},
    "accepted": {"type": "boolean"},
    "reason": {"type": "string", "minLength": 1},
    "cure": {"type": ["string", "null"]},
    "details": {"type": "array", "items": {"type": "string"}},
    "deployed": {"type": "array", "items": {"type": "string"}},
    "path": {"type": ["string", "null"]},
    "line": {"type": ["integer", "null"]},
    "column": {"type": ["integer", "null"]},
}
REPORT = {
    "project": {"type": "string"},
    "before": {"type": "string"},
    "after": {"type": "string"},
    "worst": {"enum": [None, *(str(each) for each in Consequence)]},
    "accepted": {"type": "boolean"},
    "deployed": {"type": "array", "items": {"type": "string"}},
    "changes": {"type": "array", "items": {"type": "object", "properties": CHANGE}},
}


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder: the graph of `scoring`, its modules and its project."""
    scoring = EXAMPLES / "scoring"
    shutil.copy(scoring / "graph.yaml", tmp_path)
    shutil.copytree(scoring / "modules", tmp_path / "modules")
    shutil.copytree(scoring / "project", tmp_path / "fraud")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*words: str) -> Result:
    return in_process.run("diff", *words)


def edit(path: str, old: str, new: str) -> None:
    text = Path(path).read_text()
    assert old in text
    Path(path).write_text(text.replace(old, new, 1))


def test_nothing_is_said_in_one_line(here: Path) -> None:
    result = run("graph.yaml")
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout == "fraud: fraud → graph.yaml\nnothing changes in what runs\n"


def test_a_restart_needs_no_consent(here: Path) -> None:
    edit("graph.yaml", "threshold: 0.8", "threshold: 0.9")
    result = run("graph.yaml")
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout == (
        "fraud: fraud → graph.yaml\n"
        "\n"
        "restarts    step `score`: 1 setting changed (graph.yaml:18:20)\n"
        "            - `class_init.threshold`: `0.8` → `0.9`\n"
        "\n"
        "restarts    the step is built and deployed anew; its streams wait for it, and records since its last\n"
        "            commit come again\n"
        "\n"
        "1 change: 1 restarts; deployed anew: `score`\n"
    )


@pytest.mark.parametrize(
    ("allowed", "exit_code"),
    [
        ([], 1),
        (["loses"], 1),
        (["replays"], 1),
        (["replays", "loses"], 0),
        (["replays", "shards-grown"], 0),
        (["step-renamed", "shards-grown"], 0),
        (["safe", "restarts", "impossible"], 1),
    ],
)
def test_what_was_not_accepted_fails(here: Path, allowed: list[str], exit_code: int) -> None:
    edit("graph.yaml", "name: alert\n", "name: warn\n")
    edit(
        "graph.yaml",
        "transactions: {container: projects, shards: 4",
        "transactions: {container: projects, shards: 5",
    )
    result = run("graph.yaml", *(word for name in allowed for word in ("--allow", name)))
    assert result.exit_code == exit_code
    assert ("not accepted: " in result.stdout) == bool(exit_code)


def test_what_is_impossible_can_be_accepted_too(here: Path) -> None:
    edit("graph.yaml", "shards: 4", "shards: 3")
    assert run("graph.yaml").exit_code == 1
    assert "; a deployment stops at what is impossible\n" in run("graph.yaml").stdout
    assert run("graph.yaml", "--allow", "impossible").exit_code == 0


def test_a_misspelt_consent_is_wrong_usage(here: Path) -> None:
    result = run("graph.yaml", "--allow", "looses")
    assert result.exit_code == 2
    assert "`looses` is no consequence and no code (did you mean `loses`?)" in result.stderr


def test_json_has_the_shape_that_is_described(here: Path) -> None:
    edit("graph.yaml", "name: alert\n", "name: warn\n")
    edit("modules/features.py", "\n", "\n# other\n")
    result = run("graph.yaml", "--format", "json", "--allow", "replays")
    report: dict[str, Any] = json.loads(result.stdout)
    jsonschema.validate(report, exact(REPORT))
    for change in report["changes"]:
        jsonschema.validate(change, exact(CHANGE))
    assert result.exit_code == 0
    assert (report["worst"], report["accepted"]) == ("replays", True)
    assert report["deployed"] == ["score", "warn"]
    assert [(each["code"], each["line"]) for each in report["changes"]] == [
        ("step-renamed", 25),
        ("code", 16),
    ]


def test_json_of_nothing(here: Path) -> None:
    report = json.loads(run("graph.yaml", "--format", "json").stdout)
    assert (report["worst"], report["accepted"], report["changes"]) == (None, True, [])


def exact(properties: dict[str, Any]) -> dict[str, Any]:
    """An object with these keys, all of them, and no other."""
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def test_markdown_begins_with_a_mark_by_which_a_comment_is_found_again(here: Path) -> None:
    assert run("graph.yaml", "--format", "markdown").stdout == (
        "<!-- iguazioig diff fraud -->\n"
        "### What this changes in `fraud`\n"
        "\n"
        "`fraud` → `graph.yaml`\n"
        "\n"
        "Nothing changes in what runs.\n"
    )


def test_a_graph_with_problems_is_compared_with_nothing(here: Path) -> None:
    edit("graph.yaml", "shards: 4", "shards: four")
    result = run("graph.yaml")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith("graph.yaml:8:49: ")


def test_warnings_of_the_graph_are_said_apart(here: Path) -> None:
    edit("graph.yaml", "  functions:\n", "    unused: {}\n  functions:\n")
    result = run("graph.yaml", "--format", "json")
    assert json.loads(result.stdout)["changes"][0]["code"] == "stream-added"
    assert "warning: no step uses the stream `unused`" in result.stderr


def test_the_project_may_be_elsewhere(here: Path) -> None:
    Path("fraud").rename("deploy")
    assert "which is not there yet" in run("graph.yaml").stdout
    assert run("graph.yaml", "-o", "deploy").stdout.endswith("nothing changes in what runs\n")


def test_a_project_beside_the_graph_is_found(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (here / "elsewhere").mkdir()
    monkeypatch.chdir(here / "elsewhere")
    result = run("../graph.yaml")
    assert result.stdout == "fraud: ../fraud → ../graph.yaml\nnothing changes in what runs\n"


def test_the_folder_of_the_graph_is_not_taken_for_its_project(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = here / "above" / "fraud"
    shutil.copytree(here, home)
    monkeypatch.chdir(home.parent)
    result = run("fraud/graph.yaml")
    assert result.stdout == "fraud: fraud/fraud → fraud/graph.yaml\nnothing changes in what runs\n"


def test_a_folder_that_is_no_project_does_not_hide_the_one_beside_the_graph(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (here / "elsewhere" / "fraud").mkdir(parents=True)
    monkeypatch.chdir(here / "elsewhere")
    assert run("../graph.yaml").stdout.startswith("fraud: ../fraud → ../graph.yaml\n")


def test_a_graph_on_standard_input_is_compared_too(here: Path) -> None:
    result = in_process.run("diff", "-", input=Path("graph.yaml").read_bytes())
    assert result.exit_code == 0
    assert result.stdout == "fraud: fraud → -\nnothing changes in what runs\n"


def test_a_terminal_is_told_in_colours(here: Path) -> None:
    edit("graph.yaml", "threshold: 0.8", "threshold: 0.9")
    told = on_a_terminal("diff", "graph.yaml", env=environment())[1]
    assert "\x1b[36m\x1b[1mrestarts\x1b[0m" in told
    assert "\x1b" not in on_a_terminal("diff", "graph.yaml", env=environment(NO_COLOR="1"))[1]


def test_a_half_merged_project_ends_in_a_message(here: Path) -> None:
    edit("fraud/.iguazioig.json", "{\n", "<<<<<<< HEAD\n{\n")
    result = run("graph.yaml")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith(
        "error: fraud/.iguazioig.json: has the marks of a merge conflict"
    )
