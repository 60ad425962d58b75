"""`--env`, as somebody at a terminal, a CI job and a pull request meet it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import jsonschema
import pytest
import yaml
from cases import read_tree
from click.testing import CliRunner
from iguazioig.cli import cli
from iguazioig.local_commands.files import outline_of
from in_process import run

HERE = Path(__file__).resolve().parent
DEV = "project: {v3io_streams: {raw: {shards: 1, path: dev/raw}}}\n"


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, with the graph, its modules and two environments; git knows nothing above it."""
    home = tmp_path / "here"
    shutil.copytree(HERE, home, ignore=shutil.ignore_patterns("cases", "*.py", "__pycache__"))
    shutil.copytree(HERE / "modules", home / "modules", dirs_exist_ok=True)
    (home / "environments" / "dev.yaml").write_text(DEV)
    monkeypatch.chdir(home)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path))
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    return home


def done(*words: str) -> str:
    result = run(*words)
    assert (result.exit_code, result.stderr) == (0, "")
    return result.stdout


def refused(*words: str) -> str:
    result = run(*words)
    assert result.exit_code == 1
    return result.stderr


# generate


def test_each_environment_has_a_project_in_a_folder_of_its_own() -> None:
    done("generate", "graph.yaml")
    done("generate", "graph.yaml", "--env", "dev")
    done("generate", "graph.yaml", "--env", "prod")
    plain, dev, prod = (read_tree(Path(name)) for name in ("fraud", "fraud-dev", "fraud-prod"))
    assert dev.keys() - plain.keys() == {"environments/dev.yaml"}
    assert prod.keys() - plain.keys() == {"environments/prod.yaml"}
    assert plain["graph.yaml"] == prod["graph.yaml"] == Path("graph.yaml").read_bytes()
    assert prod["environments/prod.yaml"] == Path("environments/prod.yaml").read_bytes()
    assert "is up to date" in done("generate", "graph.yaml", "--env", "prod")


@pytest.mark.parametrize(
    ("first", "second", "said"),
    [
        (["--env", "dev"], ["--env", "prod"], "environment `dev`; that of environment `prod`"),
        (["--env", "dev"], [], "environment `dev`; that of the graph alone"),
        ([], ["--env", "dev"], "the graph alone; that of environment `dev`"),
    ],
)
@pytest.mark.parametrize("how", [[], ["--force"], ["--check"], ["--diff"]])
def test_no_environment_is_written_over_another(
    first: list[str], second: list[str], said: str, how: list[str]
) -> None:
    done("generate", "graph.yaml", *first, "-o", "out")
    before = read_tree(Path("out"))
    text = refused("generate", "graph.yaml", *second, "-o", "out", *how)
    assert text == (
        f"error: out: has the project of {said} needs a folder of its own: name another one with -o, or remove this one first\n"
    )
    assert read_tree(Path("out")) == before


def test_check_knows_when_an_environment_was_edited() -> None:
    done("generate", "graph.yaml", "--env", "dev")
    assert done("generate", "graph.yaml", "--env", "dev", "--check") == "fraud-dev is up to date\n"
    Path("environments/dev.yaml").write_text(DEV.replace("shards: 1", "shards: 3"))
    done("generate", "graph.yaml", "--env", "prod")
    assert done("generate", "graph.yaml", "--env", "prod", "--check")
    text = refused("generate", "graph.yaml", "--env", "dev", "--check")
    assert "outdated  environments/dev.yaml" in text
    assert text.endswith(
        "fraud-dev is not what graph.yaml --env dev says: 5 outdated\n"
        "generate it again, and commit it: iguazioig generate graph.yaml --env dev -o fraud-dev\n"
    )


def test_a_project_has_all_it_needs_to_be_generated_again() -> None:
    done("generate", "graph.yaml", "--env", "prod")
    shutil.move("fraud-prod", "elsewhere")
    done("generate", "elsewhere/graph.yaml", "--env", "prod", "-m", "modules", "-o", "again")
    assert read_tree(Path("again")) == read_tree(Path("elsewhere"))
    by_path = "elsewhere/environments/prod.yaml"
    check = ("generate", "graph.yaml", "--env", by_path, "-o", "again", "--check")
    assert done(*check) == "again is up to date\n"


def test_a_graph_from_standard_input_has_the_environments_here(here: Path) -> None:
    result = run("validate", "-", "--env", "prod", input=(here / "graph.yaml").read_text())
    assert result.stdout.startswith("fraud-prod: 2 steps, 3 streams, 0 warnings\n")


# the other commands


def test_what_is_wrong_with_an_environment_is_an_annotation_in_its_file() -> None:
    Path("environments/dev.yaml").write_text("project: {functions: {scor: {}}}\n")
    result = run("validate", "graph.yaml", "--env", "dev", "--format", "github")
    assert result.exit_code == 1
    assert result.stdout.startswith(
        "::error file=environments/dev.yaml,line=1,col=23,title=not-in-graph::`scor` is no step"
    )


def test_plan_and_a_dry_run_are_those_of_the_environment() -> None:
    plan = done("plan", "graph.yaml", "--env", "prod")
    assert "  # prod/in/raw: 8 shards, 168 hours\n" in plan
    assert plan == done("deploy", "graph.yaml", "--env", "prod", "--dry-run")
    assert plan != done("plan", "graph.yaml")
    data = json.loads(
        done("plan", "graph.yaml", "--env", "prod", "--only", "send_out", "--format", "json")
    )
    assert "fraud-send-out" in data[-1]["argv"]


def test_run_takes_an_environment_with_a_graph_and_not_with_a_project() -> None:
    done("generate", "graph.yaml", "--env", "prod")
    result = run("run", "fraud-prod", "--env", "dev", "--until-idle")
    assert result.exit_code == 2
    assert "--env goes with a graph; a project is of its environment" in result.stderr


def test_a_project_that_runs_or_is_sent_to_is_the_one_of_its_environment() -> None:
    done("generate", "graph.yaml", "--env", "dev")
    graph = outline_of(Path("fraud-dev/graph.yaml"))
    assert (graph.title, graph.streams[0].path) == ("fraud-dev", "/dev/raw")
    assert outline_of(Path("graph.yaml")).streams[0].path == "/fraud/streams/raw"


def test_an_environment_is_completed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("_IGUAZIOIG_COMPLETE", "bash_complete")
    monkeypatch.setenv("COMP_WORDS", "iguazioig generate graph.yaml --env p")
    monkeypatch.setenv("COMP_CWORD", "4")
    assert CliRunner().invoke(cli, prog_name="iguazioig").output == "plain,prod\n"


def test_the_schema_of_an_environment_takes_what_the_commands_take() -> None:
    schema = json.loads(done("schema", "--environment"))
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    for path in Path("environments").glob("*.yaml"):
        assert list(validator.iter_errors(yaml.safe_load(path.read_text()))) == []
    for wrong in (
        {"projekt": {}},
        {"project": {"functions": [{"name": "score"}]}},
        {"project": {"functions": {"score": {"methods": ["predict"]}}}},
        {"project": {"functions": {"score": {"max_replicas": "many"}}}},
        {"project": {"partition_key_name": "x"}},
    ):
        assert list(validator.iter_errors(wrong))


# diff


def test_diff_compares_with_the_project_of_the_environment() -> None:
    done("generate", "graph.yaml")
    done("generate", "graph.yaml", "--env", "prod")
    said = "fraud-prod: fraud-prod → graph.yaml + environments/prod.yaml\nnothing changes in what runs\n"
    assert done("diff", "graph.yaml", "--env", "prod") == said
    text = Path("environments/prod.yaml").read_text()
    Path("environments/prod.yaml").write_text(text.replace("threshold: 0.9", "threshold: 0.95"))
    found = done("diff", "graph.yaml", "--env", "prod", "--format", "json")
    change = json.loads(found)["changes"][0]
    assert (change["code"], change["path"], change["line"]) == (
        "configuration",
        "environments/prod.yaml",
        31,
    )
    assert done("diff", "graph.yaml").endswith("nothing changes in what runs\n")


def test_diff_compares_two_environments_of_a_graph() -> None:
    result = run("diff", "graph.yaml", "--env", "prod", "--against-env", "dev", "--format", "json")
    assert result.exit_code == 1
    told = json.loads(result.stdout)
    assert (told["before"], told["after"]) == (
        "graph.yaml + environments/dev.yaml",
        "graph.yaml + environments/prod.yaml",
    )
    assert {"stream-moved", "v3io-api"} <= {each["code"] for each in told["changes"]}
    same = run("diff", "graph.yaml", "--env", "dev", "--against-env", "dev")
    assert same.stdout.endswith("nothing changes in what runs\n")
    named = run(
        "diff", "graph.yaml", "--env", "dev", "--against", "graph.yaml", "--against-env", "dev"
    )
    assert named.stdout == same.stdout


def test_diff_compares_an_environment_with_the_project_of_another() -> None:
    done("generate", "graph.yaml", "--env", "dev")
    result = run("diff", "graph.yaml", "--env", "prod", "--against", "fraud-dev")
    assert result.stdout.startswith("fraud-prod: fraud-dev → graph.yaml + environments/prod.yaml\n")


def test_another_environment_goes_with_a_graph_alone() -> None:
    result = run("diff", "graph.yaml", "--against", "main", "--against-env", "dev")
    assert result.exit_code == 2
    assert "--against-env goes with a graph" in result.stderr


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        (lambda path: path.write_text("project:\n"), "was edited"),
        (lambda path: path.unlink(), "is not there"),
        (
            lambda path: path.write_text("<<<<<<< ours\n=======\n>>>>>>> theirs\n"),
            "has the marks of a merge conflict in it",
        ),
    ],
)
def test_a_project_whose_environment_is_not_as_it_was_says_nothing(
    edit: Callable[[Path], None], said: str
) -> None:
    done("generate", "graph.yaml", "--env", "prod")
    edit(Path("fraud-prod/environments/prod.yaml"))
    text = refused("diff", "graph.yaml", "--env", "prod")
    assert text.startswith(f"error: fraud-prod/environments/prod.yaml: {said}")


def git(*words: str) -> None:
    who = ["-c", "user.name=somebody", "-c", "user.email=somebody@example.com"]
    subprocess.run(["git", *who, *words], check=True, capture_output=True)


def commit(message: str) -> None:
    git("add", "--all")
    git("commit", "--quiet", "--message", message)


@pytest.fixture
def committed(tool: Callable[[str], str]) -> None:
    """The graph with its environments, committed; no project."""
    tool("git")
    git("init", "--quiet", "--initial-branch", "main")
    commit("all of it")


@pytest.mark.usefixtures("committed")
def test_diff_takes_graph_and_environment_as_they_were_committed() -> None:
    Path("environments/dev.yaml").write_text(DEV.replace("shards: 1", "shards: 2"))
    result = run("diff", "graph.yaml", "--env", "dev", "--against", "main")
    assert result.stdout.startswith(
        "fraud-dev: main:graph.yaml + main:environments/dev.yaml → graph.yaml + environments/dev.yaml\n"
    )
    assert "stream `raw`: gets 2 shards, has 1" in result.stdout
    assert "(environments/dev.yaml:1:" in result.stdout
    by_path = run("diff", "graph.yaml", "--env", "environments/dev.yaml", "--against", "main")
    assert by_path.stdout == result.stdout


@pytest.mark.usefixtures("committed")
def test_diff_takes_the_project_of_the_environment_that_was_committed() -> None:
    done("generate", "graph.yaml", "--env", "dev")
    done("generate", "graph.yaml")
    commit("the projects")
    Path("environments/dev.yaml").write_text(DEV.replace("shards: 1", "shards: 2"))
    result = run("diff", "graph.yaml", "--env", "dev", "--against", "main")
    assert result.stdout.startswith(
        "fraud-dev: main:fraud-dev → graph.yaml + environments/dev.yaml\n"
    )
    assert "gets 2 shards, has 1" in result.stdout
    assert run("diff", "graph.yaml", "--against", "main").stdout.startswith("fraud: main:fraud → ")


@pytest.mark.usefixtures("committed")
def test_an_environment_that_is_new_has_no_earlier_state() -> None:
    Path("environments/eu.yaml").write_text(DEV)
    found = done("diff", "graph.yaml", "--env", "eu", "--against", "main")
    assert found.startswith("fraud-eu: main:graph.yaml, which has no environment `eu` → ")
    assert "project `fraud`: new: 2 steps, 3 streams" in found


@pytest.mark.usefixtures("committed")
def test_an_environment_that_was_wrong_when_it_was_committed_is_named() -> None:
    Path("environments/dev.yaml").write_text("project: {functions: {scor: {}}}\n")
    commit("a slip")
    Path("environments/dev.yaml").write_text(DEV)
    text = refused("diff", "graph.yaml", "--env", "dev", "--against", "main")
    assert (
        "has problems, so that nothing can be compared with it: main:environments/dev.yaml:1:23:"
        in text
    )
