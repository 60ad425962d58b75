"""`iguazioig init NAME`: what it makes, that it works at once, and what it refuses."""

from __future__ import annotations

import os
import re
import shlex
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from beginnings import invoke, remarks, run
from cases import ALL_CASES, EXAMPLES, name_of, read_tree
from hostile import quick, texts
from hypothesis import given
from hypothesis import strategies as st
from iguazioig.api.naming import LONGEST_FUNCTION
from iguazioig.api.v0_2_0 import json_schema
from iguazioig.deployment import load
from iguazioig.document import Mapping, Sequence, Value, parse
from iguazioig.source import Source, read_source
from iguazioig.start.repository import EXAMPLES as BEGINNINGS
from iguazioig.start.repository import check_name, make_repository
from iguazioig.start_commands.init import EXAMPLES as OFFERED

Tool = Callable[[str], str]
EXPECTED = Path(__file__).parent / "expected"
SCHEMA = "graph.schema.json"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder, the current one, in no repository of git."""
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    monkeypatch.chdir(tmp_path)
    return tmp_path


# what is made


@pytest.mark.parametrize("example", BEGINNINGS)
def test_the_files_are_those_that_were_reviewed(example: str, update_golden: bool) -> None:
    files = make_repository("first try", example)
    del files[SCHEMA]
    text = "\n".join(f"--- {path}\n{content.decode()}" for path, content in sorted(files.items()))
    golden = EXPECTED / f"{example}.txt"
    if update_golden:
        golden.write_text(text)
    assert text == golden.read_text()


@pytest.mark.parametrize("example", BEGINNINGS)
def test_it_begins_with_the_example_of_the_same_name(example: str, home: Path) -> None:
    name = {"scoring": "fraud", "converge": "orders"}[example]
    assert invoke("init", name, "--example", example).exit_code == 0
    for folder in ("modules", "messages", "expected"):
        assert read_tree(home / name / folder) == read_tree(EXAMPLES / example / folder)
    ours = load(read_source(home / name / "graph.yaml"))
    theirs = load(read_source(EXAMPLES / example / "graph.yaml"))
    assert ours.warnings == ()
    assert ours.graph.source != theirs.graph.source
    assert ours.graph.steps == theirs.graph.steps
    assert ours.graph.streams == theirs.graph.streams
    assert ours.graph.volumes == theirs.graph.volumes


@pytest.mark.parametrize("example", BEGINNINGS)
def test_all_that_its_readme_says_is_true(example: str, home: Path, tool: Tool) -> None:
    assert invoke("init", "first-try", "--example", example).exit_code == 0
    folder = home / "first-try"
    subprocess.run(
        [tool("git"), "init", "--quiet", "--initial-branch", "main"], cwd=folder, check=True
    )
    readme = (folder / "README.md").read_text()
    lines = "".join(re.findall(r"```bash\n(.*?)```", readme, re.S)).splitlines()
    commands = [shlex.split(line, comments=True) for line in lines]
    assert [words[0] for words in commands[:3]] == ["pip", "iguazioig", "pytest"]
    for words in commands[1:]:
        free = ["--port", "0"] if "run" in words else []
        done = run(folder, *words, *free)
        assert done.returncode == 0, (words, done.stdout, done.stderr)
    assert "as expected" in run(folder, *commands[1], "--port", "0").stdout
    named = set(re.findall(r"^\| `([\w./]+)`", readme, re.M))
    assert {path.rstrip("/") for path in named} <= {path.name for path in folder.iterdir()}
    done = run(folder, "pytest", "--quiet")
    assert "4 passed" in done.stdout, done.stdout + done.stderr
    assert (folder / "first-try" / "deploy.sh").exists()


def test_what_git_does_not_get_is_what_its_commands_leave_behind(home: Path, tool: Tool) -> None:
    assert invoke("init", "orders", "--example", "converge").exit_code == 0
    folder = home / "orders"
    run_ = ["run", "graph.yaml", "--mount", "results=results", "--until-idle", "--port", "0"]
    assert run(folder, "iguazioig", *run_, "--send", "orders=messages/orders.jsonl").returncode == 0
    (folder / "modules" / "__pycache__").mkdir()
    (folder / "modules" / "__pycache__" / "converge.pyc").touch()
    subprocess.run([tool("git"), "init", "--quiet"], cwd=folder, check=True)
    listing = [tool("git"), "ls-files", "--others", "--exclude-standard"]
    seen = subprocess.run(listing, cwd=folder, capture_output=True, text=True, check=True).stdout
    assert set(seen.splitlines()) == set(make_repository("orders", "converge"))


@pytest.mark.parametrize("example", BEGINNINGS)
def test_the_tools_have_nothing_to_say(example: str, home: Path, tool: Tool) -> None:
    assert invoke("init", "fraud", "--example", example).exit_code == 0
    assert remarks(tool, home / "fraud") == ""


def test_folders_and_files_have_the_usual_permissions(home: Path) -> None:
    before = os.umask(0o027)
    try:
        assert invoke("init", "fraud").exit_code == 0
    finally:
        os.umask(before)
    assert stat.S_IMODE(Path("fraud").stat().st_mode) == 0o750
    assert stat.S_IMODE(Path("fraud/graph.yaml").stat().st_mode) == 0o640
    assert os.listdir(home) == ["fraud"]


def test_it_imports_nothing_heavy() -> None:
    program = (
        "import sys\nfrom iguazioig.start.repository import make_repository\n"
        "from iguazioig.cli import cli\nmake_repository('fraud', 'scoring')\n"
        "print([each for each in ('cookiecutter', 'ruamel', 'black', 'v3io', 'rich', 'iguazioig.deployment',"
        " 'iguazioig.user_code', 'nbformat') if each in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout == "[]\n"


# the schema


@pytest.mark.parametrize("example", BEGINNINGS)
def test_the_editor_gets_the_schema_that_the_command_prints(example: str, home: Path) -> None:
    assert invoke("init", "fraud", "--example", example).exit_code == 0
    assert Path("fraud", SCHEMA).read_text() == invoke("schema").stdout
    text = Path("fraud", "graph.yaml").read_text()
    assert text.startswith(f"# yaml-language-server: $schema={SCHEMA}\n")
    jsonschema.validate(yaml.safe_load(text), json_schema())


GOOD = [case for case in ALL_CASES if (case / "project").is_dir()]
NEW = [case for case in GOOD if b"apiVersion: 0.2.0" in (case / "graph.yaml").read_bytes()]


@pytest.mark.parametrize("case", NEW, ids=name_of)
def test_the_schema_takes_every_graph_that_generates(case: Path) -> None:
    root = parse((case / "graph.yaml").read_bytes(), "graph.yaml").root
    assert root is not None
    jsonschema.validate(as_json(root), json_schema())


def as_json(value: Value) -> Any:
    """A value as an editor has it; what JSON has no word for is the text that it is."""
    if isinstance(value, Mapping):
        return {key: as_json(each) for key, (_, each) in value.entries.items()}
    if isinstance(value, Sequence):
        return [as_json(each) for each in value.items]
    return value.value() if value.tag in ("null", "bool", "int", "float") else value.text


# names


NAMES = st.from_regex(r"[A-Za-z]([-_ A-Za-z0-9]{0,40}[A-Za-z0-9])?", fullmatch=True)


def refusal(name: str) -> str | None:
    """Why a project cannot have a name."""
    try:
        check_name(name)
    except ValueError as error:
        return str(error)
    return None


@quick(60)
@given(name=NAMES, example=st.sampled_from(BEGINNINGS))
def test_a_name_that_is_taken_makes_a_graph_without_problems(name: str, example: str) -> None:
    refused = refusal(name)
    if refused is not None:
        assert "expected" in refused
        return
    files = make_repository(name, example)
    source = Source("graph.yaml", files["graph.yaml"], EXAMPLES / example)
    loaded = load(source)
    assert (loaded.graph.name, loaded.warnings) == (name, ())
    assert all(len(step.function_name) <= LONGEST_FUNCTION for step in loaded.graph.steps)


@quick(100)
@given(name=texts(surrogates=True))
def test_a_text_that_is_no_name_is_refused_in_one_line(name: str) -> None:
    refused = refusal(name)
    assert (refused or "").isprintable()
    assert refused is not None or re.fullmatch(r"[A-Za-z][-_ A-Za-z0-9]*", name)


@pytest.mark.parametrize(
    "name", ["yes", "No", "on", "true", "e5", "NaN", "y", "class", "json", "x" * 47, "A B_c-9"]
)
def test_a_word_that_means_something_elsewhere_is_a_name(name: str, home: Path) -> None:
    assert invoke("init", name).exit_code == 0
    loaded = load(read_source(Path(name, "graph.yaml")))
    assert (loaded.graph.name, loaded.warnings) == (name, ())


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("2fast", "`2fast` is no name of a project; expected a name: a letter, then"),
        ("fraud-", "`fraud-` is no name of a project"),
        ("a.b", "`a.b` is no name of a project"),
        ("é", "`é` is no name of a project"),
        ("{{ 6 * 7 }}", "`{{ 6 * 7 }}` is no name of a project"),
        ("a\nb", "`a\\nb` is no name of a project"),
        ("a\x1b[31m", "`a\\x1b[31m` is no name of a project"),
        ("teams/$(touch canary)", "`$(touch canary)` is no name of a project"),
        ("NULL", "`NULL` is nothing in YAML"),
        ("x" * 48, "has 48 characters; expected at most 47"),
        ("tests", "`tests` is a folder of every repository"),
        ("Modules", "`Modules` is a folder of every repository"),
        ("iguazioig_run", "`iguazioig_run` is a folder of every repository"),
        ("fraud.yaml", "there is no graph fraud.yaml; a new repository has a name without dots: iguazioig init fraud"),
        ("", "what is to be made?"),
    ],
)  # fmt: skip
def test_what_is_no_name_is_wrong_usage_and_makes_nothing(name: str, why: str, home: Path) -> None:
    result = invoke("init", name)
    assert result.exit_code == 2
    assert why in " ".join(result.stderr.split())
    assert list(home.iterdir()) == []


# places


@pytest.mark.parametrize("given", ["fraud", "./fraud", "teams/a b/fraud", "fraud/"])
def test_the_last_part_of_a_path_is_the_name(given: str, home: Path) -> None:
    result = invoke("init", given)
    assert (result.exit_code, result.stdout.splitlines()[0]) == (0, str(Path(given)))
    assert load(read_source(Path(given, "graph.yaml"))).graph.name == "fraud"


def test_the_current_folder_may_become_one(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = home / "fraud"
    (folder / ".git").mkdir(parents=True)
    monkeypatch.chdir(folder)
    inode = folder.stat().st_ino
    result = invoke("init", ".")
    assert (result.exit_code, folder.stat().st_ino) == (0, inode)
    assert "try it: iguazioig run" in result.stderr
    assert {*make_repository("fraud", "scoring")} == {*read_tree(folder)}
    assert sorted(os.listdir(home)) == ["fraud"]


def test_nothing_is_ever_overwritten(home: Path) -> None:
    Path("file").write_text("mine")
    Path("full").mkdir()
    Path("full", ".hidden").touch()
    Path("link").symlink_to("nowhere")
    assert invoke("init", "made").exit_code == 0
    before = sorted(map(str, home.rglob("*")))
    for name, why in (
        ("full", "full: is there already, and is not empty; choose another name\n"),
        ("made", "choose another name, or the graph in it: made/graph.yaml\n"),
        ("link", "link: is there already, and is no folder; choose another name"),
        ("file/below", "file/below: "),
    ):
        result = invoke("init", name)
        assert (result.exit_code, why in result.stderr) == (1, True), result.stderr
    result = invoke("init", "file")
    assert result.exit_code == 2
    assert "file is a file: --ci github or --ci gitlab writes its workflow" in result.stderr
    assert sorted(map(str, home.rglob("*"))) == before
    assert Path("file").read_text() == "mine"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_where_nobody_may_write_nothing_is_left_behind(home: Path) -> None:
    Path("closed").mkdir(mode=0o500)
    result = invoke("init", "closed/teams/fraud")
    assert result.exit_code == 1
    assert "closed/teams/fraud: permission denied; nothing was written" in result.stderr
    assert os.listdir("closed") == []


def test_what_fails_half_way_is_taken_away_again(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(self: Path, content: bytes) -> int:
        if self.name == "README.md":
            raise OSError(28, "No space left on device")
        return real(self, content)

    real = Path.write_bytes
    monkeypatch.setattr(Path, "write_bytes", full)
    result = invoke("init", "teams/fraud")
    assert result.exit_code == 1
    assert "teams/fraud: no space left on device; nothing was written" in result.stderr
    assert list(home.iterdir()) == []


@pytest.mark.parametrize("name", ["README.md", "modules/mine.py"])
def test_what_somebody_else_makes_meanwhile_stays(
    name: str, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def late(self: Path, content: bytes) -> int:
        theirs.parent.mkdir(exist_ok=True)
        theirs.write_text("mine")
        return real(self, content)

    real, theirs = Path.write_bytes, Path("fraud", name)
    Path("fraud").mkdir()
    monkeypatch.setattr(Path, "write_bytes", late)

    result = invoke("init", "fraud")

    assert (result.exit_code, "nothing was written" in result.stderr) == (1, True)
    found = [path for path in Path("fraud").rglob("*") if path.is_file()]
    assert (found, theirs.read_text()) == ([theirs], "mine")


def test_what_fails_takes_nothing_of_others_away(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(self: Path, content: bytes) -> int:
        Path("teams/other").mkdir()
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    assert invoke("init", "teams/fraud").exit_code == 1
    assert [str(path.relative_to(home)) for path in home.rglob("*")] == ["teams", "teams/other"]


# with a workflow


def test_a_repository_may_come_with_its_workflow(home: Path) -> None:
    result = invoke("init", "fraud", "--ci", "github", "--branch", "trunk")
    place = home / "fraud" / ".github" / "workflows" / "fraud.yml"
    assert (result.exit_code, f"{place} was written" in result.stdout) == (0, True)
    text = place.read_text()
    assert "iguazioig generate graph.yaml --output fraud --check\n" in text
    assert 'branches: ["trunk"]\n' in text


def test_it_is_the_workflow_that_is_written_for_its_graph(home: Path, tool: Tool) -> None:
    for name in ("one", "two"):
        subprocess.run([tool("git"), "init", "--quiet", name], check=True)
    assert invoke("init", "one", "--ci", "gitlab").exit_code == 0
    assert invoke("init", "two").exit_code == 0
    assert invoke("init", "two/graph.yaml", "--ci", "gitlab", "-o", "two/two").exit_code == 0
    ours, theirs = (Path(name, ".gitlab-ci.yml").read_text() for name in ("one", "two"))
    assert ours == theirs.replace("two", "one")


def test_in_a_larger_repository_the_workflow_is_on_its_top(home: Path, tool: Tool) -> None:
    subprocess.run([tool("git"), "init", "--quiet", "mono"], check=True)
    assert invoke("init", "mono/teams/fraud", "--ci", "github").exit_code == 0
    text = Path("mono/.github/workflows/fraud.yml").read_text()
    assert "iguazioig generate teams/fraud/graph.yaml --output teams/fraud/fraud --check\n" in text
    result = invoke("init", "mono/others/fraud", "--ci", "github")
    assert (result.exit_code, "is there already; --to writes" in result.stderr) == (1, True)
    assert not Path("mono/others").exists()


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["fraud", "--force"], "--force is for a graph that is there"),
        (["fraud", "-o", "x"], "--output is for a graph that is there"),
        (["fraud", "-m", "."], "--modules is for a graph that is there"),
        (["fraud", "--env", "prod"], "--env is for a graph that is there"),
        (["fraud", "--branch", "x"], "--branch says something of a workflow; say --ci, too"),
        (["fraud", "--to", "x"], "--to says something of a workflow; say --ci, too"),
        (["graph.yaml"], "graph.yaml is a file: --ci github or --ci gitlab writes its workflow"),
        (["graph.yaml", "--example", "scoring"], "--example is for a new repository"),
        (["graph.yaml", "--ci", "github", "-i"], "--interactive is for a new repository"),
        (["other.yaml", "--ci", "github"], "there is no graph other.yaml"),
        ([], "what is to be made?"),
        (["fraud", "--example", "score"], "'score' is not one of 'scoring', 'converge'"),
    ],
)
def test_what_does_not_go_together_is_wrong_usage(words: list[str], why: str, home: Path) -> None:
    Path("graph.yaml").touch()
    result = invoke("init", *words)
    assert result.exit_code == 2
    assert why in " ".join(result.stderr.split())
    assert os.listdir(home) == ["graph.yaml"]


# asking


def test_it_asks_for_what_is_not_said_and_asks_again(home: Path) -> None:
    result = invoke("init", "-i", answers="2fast\nslow\nconverge\n\ngithub\n")
    assert result.exit_code == 0
    assert "`2fast` is no name of a project" in result.output
    assert Path("slow/messages/orders.jsonl").exists()
    assert Path("slow/.github/workflows/slow.yml").exists()


def test_answers_have_the_usual_defaults(home: Path) -> None:
    assert invoke("init", "-i", answers="\n\n\n\n").exit_code == 0
    assert read_tree(Path("fraud")) == make_repository("fraud", "scoring")


def test_it_does_not_ask_for_what_is_said(home: Path) -> None:
    words = ["init", "orders", "-i", "--example", "converge", "--notebook", "--ci", "gitlab"]
    result = invoke(*words, answers="")
    assert (result.exit_code, "example" in result.stdout) == (0, False)


def test_without_an_answer_nothing_is_made(home: Path) -> None:
    result = invoke("init", "-i", answers="")
    assert (result.exit_code, list(home.iterdir())) == (1, [])


def test_the_command_offers_the_examples_that_there_are() -> None:
    assert BEGINNINGS == OFFERED
    home = Path(__file__).resolve().parents[2] / "cookiecutter-repository"
    assert {path.name for path in home.iterdir() if path.is_dir()} == {*BEGINNINGS}
