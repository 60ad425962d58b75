"""The workflows of `iguazioig init`: their linters have nothing to say, and their scripts do what they are for."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import in_process
import pytest
import yaml
from cases import EXAMPLES, TESTS
from click.testing import CliRunner, Result
from iguazioig import __version__
from iguazioig.ci import Parts, render
from iguazioig.ci.workflow import Provider
from iguazioig.cli import cli
from iguazioig.errors import ProjectError

Tool = Callable[[str], str]

PLACES = {"github": ".github/workflows/fraud.yml", "gitlab": ".gitlab-ci.yml"}
LINTER = TESTS / "workflow_linter"


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tool: Tool) -> Path:
    """A repository with `scoring` and its project, all of it committed, as the current folder."""
    tool("git")
    home = tmp_path / "repository"
    shutil.copytree(EXAMPLES / "scoring", home, ignore=shutil.ignore_patterns("project"))
    shutil.copytree(EXAMPLES / "scoring" / "project", home / "fraud")
    monkeypatch.chdir(home)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path))
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    git("init", "--quiet", "--initial-branch", "main")
    git("add", "--all")
    who = ["-c", "user.name=somebody", "-c", "user.email=somebody@example.com"]
    git(*who, "commit", "--quiet", "--message", "all of it")
    return home


def git(*words: str) -> None:
    subprocess.run(["git", *words], check=True)


def init(*words: str) -> Result:
    return in_process.run("init", *words)


def checked(*command: str | Path) -> str:
    """What a linter has to say; the empty text is best."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stdout + done.stderr if done.returncode else ""


# linters


@pytest.fixture(scope="session")
def actionlint(tool: Tool, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The linter of GitHub's workflows, built once."""
    program = tmp_path_factory.mktemp("go") / "actionlint"
    flags = {"GOFLAGS": "-mod=readonly -buildvcs=false", "GOWORK": "off", "CGO_ENABLED": "0"}
    done = subprocess.run(
        [tool("go"), "build", "-o", str(program), "github.com/rhysd/actionlint/cmd/actionlint"],
        cwd=LINTER,
        env={**os.environ, **flags},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode and os.environ.get("IGUAZIOIG_REQUIRE_TOOLS"):
        pytest.fail(done.stderr)
    if done.returncode:
        pytest.skip(f"ACTIONLINT COULD NOT BE BUILT: {done.stderr.strip().splitlines()[-1]}")
    return program


HARMLESS = [
    Parts("fraud", "graph.yaml", "fraud"),
    Parts("fraud", "team a/graph.yaml", "team a/fraud", "release/1.x", ("shared code", "more")),
    Parts("fraud", "x/graph.yaml", "."),
    Parts("yes", "@/graph+.yaml", "a_b/c-d"),
    Parts("fraud-on", "a/graph.yaml", "fraud-on", environment="on"),
    Parts("fraud-on", "b/graph.yaml", "fraud-on", environment="other place/on.yaml"),
]


@pytest.mark.parametrize("parts", HARMLESS, ids=lambda parts: parts.graph)
def test_actionlint_finds_nothing(
    parts: Parts, actionlint: Path, tool: Tool, tmp_path: Path
) -> None:
    path = tmp_path / "workflow.yml"
    path.write_bytes(render("github", parts))
    assert checked(actionlint, "-shellcheck", tool("shellcheck"), path) == ""


@pytest.mark.parametrize("parts", HARMLESS, ids=lambda parts: parts.graph)
@pytest.mark.parametrize(
    ("provider", "schema"), [("github", "vendor.github-workflows"), ("gitlab", "vendor.gitlab-ci")]
)
def test_the_schema_of_the_provider_is_kept(
    provider: Provider, schema: str, parts: Parts, tool: Tool, tmp_path: Path
) -> None:
    path = tmp_path / "workflow.yml"
    path.write_bytes(render(provider, parts))
    assert checked(tool("check-jsonschema"), "--builtin-schema", schema, path) == ""


@pytest.mark.parametrize("provider", PLACES)
def test_yamllint_finds_nothing(provider: Provider, tool: Tool, tmp_path: Path) -> None:
    path = tmp_path / "workflow.yml"
    path.write_bytes(render(provider, HARMLESS[0]))
    rules = "{extends: default, rules: {line-length: {max: 140}}}"
    assert checked(tool("yamllint"), "--strict", "-d", rules, path) == ""


@pytest.mark.parametrize("parts", HARMLESS, ids=lambda parts: parts.graph)
def test_shellcheck_finds_nothing_in_the_scripts_of_gitlab(
    parts: Parts, tool: Tool, tmp_path: Path
) -> None:
    for name, job in yaml.safe_load(render("gitlab", parts)).items():
        if isinstance(job, dict) and "script" in job:
            script = tmp_path / f"{name}.sh"
            script.write_text("#!/bin/sh\nset -e\n" + "\n".join(job["script"]) + "\n")
            assert checked(tool("shellcheck"), script) == ""


def test_the_hooks_of_pre_commit_are_what_it_takes(tool: Tool) -> None:
    manifest = TESTS.parent / ".pre-commit-hooks.yaml"
    assert checked(tool("pre-commit"), "validate-manifest", manifest) == ""
    for hook in yaml.safe_load(manifest.read_text()):
        words = hook["entry"].split()
        assert words[0] == "iguazioig"
        assert CliRunner().invoke(cli, [*words[1:], "--help"]).exit_code == 0


# what is written


@pytest.mark.parametrize("provider", PLACES)
def test_the_workflow_is_where_its_provider_looks(repository: Path, provider: str) -> None:
    result = init("graph.yaml", "--ci", provider)
    place = repository / PLACES[provider]
    assert (result.exit_code, result.stdout) == (0, f"{place} was written\n")
    branch = "what is merged into `main` is deployed; --branch names another branch\n"
    assert (branch in result.stderr) == (provider == "github")
    text = place.read_text()
    assert f"pip install iguazioig=={__version__}\n" in text
    assert "iguazioig generate graph.yaml --output fraud --check\n" in text
    assert place.stat().st_mode & 0o777 == 0o644
    assert init("graph.yaml", "--ci", provider).stdout == f"{place} is up to date\n"


@pytest.mark.parametrize("provider", PLACES)
def test_a_workflow_of_an_environment_is_about_that_alone(
    repository: Path, provider: Provider
) -> None:
    result = init("graph.yaml", "--ci", provider, "--env", "prod", "--to", "prod.yml")
    assert (result.exit_code, result.stdout) == (0, "prod.yml was written\n")
    text = Path("prod.yml").read_text()
    assert "iguazioig validate graph.yaml --env prod" in text
    assert "iguazioig generate graph.yaml --env prod --output fraud-prod --check\n" in text
    assert "iguazioig diff graph.yaml --env prod --output fraud-prod" in text
    assert "bash fraud-prod/deploy.sh" in text
    jobs = yaml.safe_load(text)
    job = jobs["jobs"]["deploy"] if provider == "github" else jobs["deploy fraud-prod"]
    assert job["environment"] == "prod"
    assert "environment:" not in render(provider, HARMLESS[0]).decode()


def test_the_workflow_of_an_environment_has_a_place_of_its_own(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert init("graph.yaml", "--ci", "github", "--env", "prod").exit_code == 0
    assert (repository / ".github/workflows/fraud-prod.yml").exists()
    (repository / "elsewhere").mkdir()
    monkeypatch.chdir(repository / "elsewhere")
    by_path = ("--env", "../environments/dev.yaml")
    assert init("../graph.yaml", "--ci", "github", *by_path).exit_code == 0
    text = (repository / ".github/workflows/fraud-dev.yml").read_text()
    assert "validate graph.yaml --env environments/dev.yaml --format github\n" in text


def test_paths_are_those_of_the_repository(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = repository / "team a"
    home.mkdir()
    for name in ("graph.yaml", "modules", "fraud"):
        (repository / name).rename(home / name)
    (repository / "shared").mkdir()
    monkeypatch.chdir(home)
    init("graph.yaml", "--ci", "github", "--modules", "../shared", "--branch", "trunk")
    text = (repository / PLACES["github"]).read_text()
    assert "validate 'team a/graph.yaml' --modules shared --format github\n" in text
    assert "--output 'team a/fraud' --check\n" in text
    assert 'branches: ["trunk"]\n' in text


@pytest.mark.parametrize("provider", PLACES)
def test_a_workflow_of_somebody_is_not_overwritten(repository: Path, provider: str) -> None:
    place = repository / PLACES[provider]
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text("mine: true\n")
    result = init("graph.yaml", "--ci", provider)
    assert result.exit_code == 1
    assert "is there already, and is another one; --to writes to another place" in result.stderr
    assert place.read_text() == "mine: true\n"
    assert init("graph.yaml", "--ci", provider, "--to", "other/ci.yml").exit_code == 0
    assert (repository / "other/ci.yml").exists()
    assert init("graph.yaml", "--ci", provider, "--force").exit_code == 0
    assert place.read_text() == (repository / "other/ci.yml").read_text()


def test_a_link_and_a_folder_stay_what_they_are(repository: Path) -> None:
    Path("ci.yml").mkdir()
    assert init("graph.yaml", "--ci", "gitlab", "--to", "ci.yml").exit_code == 2
    Path("link.yml").symlink_to("nowhere.yml")
    assert init("graph.yaml", "--ci", "gitlab", "--to", "link.yml", "--force").exit_code == 1
    assert not Path("nowhere.yml").exists()


def test_outside_of_a_repository_there_is_no_workflow(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tool: Tool
) -> None:
    tool("git")
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    shutil.copytree(EXAMPLES / "scoring", tmp_path / "home")
    monkeypatch.chdir(tmp_path / "home")
    result = init("graph.yaml", "--ci", "github")
    assert result.exit_code == 1
    assert "not a git repository" in result.stderr
    assert not Path(".github").exists()


def test_what_ci_does_not_have_is_refused(repository: Path) -> None:
    result = init("graph.yaml", "--ci", "github", "--modules", "..")
    assert result.exit_code == 2
    assert ".. is not in the repository" in result.stderr
    assert not Path(".github").exists()


@pytest.mark.parametrize(
    "hostile",
    [
        "${{ github.token }}",
        "$(touch x)",
        "a`b`",
        'a"b',
        "a'b",
        "a\nb",
        "-x",
        "a: b",
        "a#b",
        "é",
        "",
    ],
)
@pytest.mark.parametrize("provider", PLACES)
def test_a_path_that_means_something_else_is_refused(provider: Provider, hostile: str) -> None:
    for parts in (
        Parts("fraud", hostile, "fraud"),
        Parts("fraud", "graph.yaml", hostile),
        Parts("fraud", "graph.yaml", "fraud", hostile),
        Parts("fraud", "graph.yaml", "fraud", "main", (hostile,)),
        Parts("fraud", "graph.yaml", "fraud", environment=hostile),
    ):
        with pytest.raises(ProjectError, match="a workflow cannot name this safely"):
            render(provider, parts)


# what the scripts do

RECORDER = """\
#!/bin/sh
echo "$(basename "$0") $*" >> "$CALLS"
case "$*" in *--paginate*) printf '%s' "$COMMENT" ;; esac
exit "${FAILS:-0}"
"""


@pytest.fixture
def machine(repository: Path, tmp_path: Path) -> dict[str, str]:
    """The environment of a job: `gh` and `curl` write down what they are asked for."""
    programs = tmp_path / "bin"
    programs.mkdir()
    for name in ("gh", "curl"):
        (programs / name).write_text(RECORDER)
        (programs / name).chmod(0o755)
    command = programs / "iguazioig"
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m iguazioig "$@"\n')
    command.chmod(0o755)
    return {
        **os.environ,
        "PATH": f"{programs}:{os.environ['PATH']}",
        "CALLS": str(tmp_path / "calls"),
        "COMMENT": "",
        "GITHUB_STEP_SUMMARY": str(tmp_path / "summary"),
        "GITHUB_REPOSITORY": "team/fraud",
        "PULL_REQUEST": "7",
        "BASE": "main",
        "LABELS": "",
        "CI_MERGE_REQUEST_DIFF_BASE_SHA": "main",
        "CI_API_V4_URL": "https://gitlab.example.com/api/v4",
        "CI_PROJECT_ID": "12",
        "CI_MERGE_REQUEST_IID": "7",
    }


def explain(provider: Provider, machine: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Run the script that says what a change means, as the provider does."""
    workflow: dict[str, Any] = yaml.safe_load(render(provider, HARMLESS[0]))
    if provider == "github":
        steps = workflow["jobs"]["check"]["steps"]
        script = next(it["run"] for it in steps if it.get("name") == "What the change means")
        words = ["bash", "-e", "-c", script]
    else:
        words = ["sh", "-e", "-c", "\n".join(workflow["explain fraud"]["script"])]
    Path(machine["CALLS"]).write_text("")
    return subprocess.run(words, env=machine, capture_output=True, text=True, check=False)


def calls(machine: dict[str, str]) -> list[str]:
    return Path(machine["CALLS"]).read_text().splitlines()


def rename_a_step() -> None:
    text = Path("graph.yaml").read_text()
    Path("graph.yaml").write_text(text.replace("name: alert\n", "name: warn\n"))


def test_a_pull_request_gets_a_comment_and_its_next_push_changes_it(
    machine: dict[str, str],
) -> None:
    rename_a_step()
    done = explain("github", machine)
    assert (done.returncode, done.stderr) == (1, "")
    asked, posted = calls(machine)
    assert asked.startswith("gh api repos/team/fraud/issues/7/comments --paginate --jq ")
    assert posted == "gh api repos/team/fraud/issues/7/comments --field body=@change.md --silent"
    assert "step `warn`: was `alert`" in Path("change.md").read_text()
    assert Path(machine["GITHUB_STEP_SUMMARY"]).read_text() == Path("change.md").read_text()
    explain("github", {**machine, "COMMENT": "41\n42\n"})
    assert calls(machine)[1:] == [
        "gh api repos/team/fraud/issues/comments/42 --method PATCH --field body=@change.md --silent"
    ]


def test_the_comment_is_found_by_its_first_line() -> None:
    script = render("github", HARMLESS[0]).decode()
    mark = re.search(r'startswith\("([^"]+)"\)', script)
    assert mark is not None
    assert mark[1] == "<!-- iguazioig diff fraud -->"


def test_a_merge_request_gets_a_note_where_there_is_a_token(machine: dict[str, str]) -> None:
    rename_a_step()
    done = explain("gitlab", machine)
    assert (done.returncode, calls(machine)) == (1, [])
    assert "step `warn`: was `alert`" in done.stdout
    done = explain("gitlab", {**machine, "IGUAZIOIG_TOKEN": "t"})
    (posted,) = calls(machine)
    assert posted.endswith("https://gitlab.example.com/api/v4/projects/12/merge_requests/7/notes")
    assert "--data-urlencode body@change.md" in posted


@pytest.mark.parametrize(
    ("labels", "code"), [("", 1), ("allow-loses", 1), ("bug,allow-replays", 0), ("allow-all", 1)]
)
@pytest.mark.parametrize("provider", PLACES)
def test_a_label_accepts_what_it_says(
    provider: Provider, labels: str, code: int, machine: dict[str, str]
) -> None:
    rename_a_step()
    machine |= {"LABELS": labels, "CI_MERGE_REQUEST_LABELS": labels}
    assert explain(provider, machine).returncode == code


@pytest.mark.parametrize("provider", PLACES)
def test_a_comment_that_cannot_be_written_fails_nobody(
    provider: Provider, machine: dict[str, str]
) -> None:
    done = explain(provider, {**machine, "FAILS": "1", "IGUAZIOIG_TOKEN": "t"})
    assert done.returncode == 0
    assert "the comment was not written" in done.stdout


@pytest.mark.parametrize("provider", PLACES)
def test_what_cannot_be_compared_fails_without_a_comment(
    provider: Provider, machine: dict[str, str]
) -> None:
    base = {"BASE": "gone", "CI_MERGE_REQUEST_DIFF_BASE_SHA": "gone", "IGUAZIOIG_TOKEN": "t"}
    done = explain(provider, {**machine, **base})
    assert (done.returncode, calls(machine)) == (1, [])
    assert "git has no `gone`" in done.stderr
