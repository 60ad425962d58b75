"""What a graph is compared with: folders, graphs, git; and what is said where one of them is not as it should be."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from cases import EXAMPLES
from change_cases import briefly
from iguazioig.change import State, changes, state_of
from iguazioig.change.earlier import Asked, earlier
from iguazioig.deployment import load
from iguazioig.errors import GitError, GraphError, IguazioigError, ProjectError
from iguazioig.folder.write import write
from iguazioig.project import render
from iguazioig.source import read_source

ASKED = Asked(Path("graph.yaml"), Path("fraud"))


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder: the graph of `scoring`, its modules, and its project, which nobody has committed."""
    home = tmp_path / "here"
    shutil.copytree(EXAMPLES / "scoring", home, ignore=shutil.ignore_patterns("project"))
    monkeypatch.chdir(home)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path))
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    generate()
    return home


@pytest.fixture
def committed(here: Path, tool: Callable[[str], str]) -> Path:
    """The same, committed."""
    tool("git")
    git("init", "--quiet", "--initial-branch", "main")
    commit("all of it")
    return here


def git(*words: str, folder: Path = Path()) -> str:
    who = ["-c", "user.name=somebody", "-c", "user.email=somebody@example.com"]
    done = subprocess.run(
        ["git", *who, *words], cwd=folder, capture_output=True, text=True, check=True
    )
    return done.stdout


def commit(message: str) -> None:
    git("add", "--all")
    git("commit", "--quiet", "--message", message)


def generate() -> None:
    write(render(load(read_source("graph.yaml")).plan()), Path("fraud"))


def edit(path: str, old: str, new: str) -> None:
    text = Path(path).read_text()
    assert old in text
    Path(path).write_text(text.replace(old, new, 1))


def now() -> State:
    return state_of(load(read_source("graph.yaml")).plan(), "graph.yaml")


def since(against: str | None, asked: Asked = ASKED) -> list[str]:
    return briefly(changes(earlier(asked, against), now()))


def complaint(against: str | None, kind: type[IguazioigError]) -> str:
    before = sorted((path, path.read_bytes()) for path in Path().rglob("*") if path.is_file())
    with pytest.raises(kind) as caught:
        earlier(ASKED, against)
    after = sorted((path, path.read_bytes()) for path in Path().rglob("*") if path.is_file())
    assert before == after
    return str(caught.value)


# folders and graphs


def test_nothing_changes_right_after_generating(here: Path) -> None:
    assert since(None) == since("fraud") == since("graph.yaml") == []


def test_the_graph_changes_before_its_project_does(here: Path) -> None:
    edit("graph.yaml", "threshold: 0.8", "threshold: 0.9")
    edit("modules/features.py", "\n", "\n# better\n")
    said = ["restarts configuration step score", "restarts code step score"]
    assert since(None) == since("fraud") == said
    assert since("graph.yaml") == []


def test_another_graph_is_compared_with_its_own_modules(here: Path) -> None:
    shutil.copytree("modules", "older/modules")
    shutil.copy("graph.yaml", "older/graph.yaml")
    edit("older/modules/alerts.py", "\n", "\n# older\n")
    assert since("older/graph.yaml") == ["restarts code step alert"]


def test_without_a_project_everything_is_new(here: Path) -> None:
    shutil.rmtree("fraud")
    state = earlier(ASKED, None)
    assert (state.title, state.graph) == ("fraud, which is not there yet", None)
    assert since(None) == ["safe project-added project fraud"]


def test_a_folder_that_is_no_project_is_refused(here: Path) -> None:
    said = complaint("modules", ProjectError)
    assert said.startswith("modules: has no `.iguazioig.json`, and so is no project")
    assert "`refs/heads/…`" in said


def test_an_edit_by_hand_is_a_change(here: Path) -> None:
    edit("fraud/steps/score/function.yaml", "minReplicas: 2", "minReplicas: 3")
    edit("fraud/deploy.sh", "set -euo pipefail", "set -eu")
    assert since(None) == ["restarts edited step score"]


def test_a_copied_module_that_was_edited_is_code(here: Path) -> None:
    Path("fraud/steps/score/features.py").write_text("mine = 1\n")
    assert since(None) == ["restarts code step score"]


def test_what_another_version_wrote_is_said(here: Path) -> None:
    edit("fraud/.iguazioig.json", '"generator": "', '"generator": "0.0.')
    assert since(None) == []
    for step in ("score", "alert"):
        path = Path(f"fraud/steps/{step}/delivery.py")
        path.write_text(path.read_text() + "\n")
        manifest = Path("fraud/.iguazioig.json")
        manifest.write_text(vouch(manifest.read_text(), f"steps/{step}/delivery.py"))
    assert since(None) == ["restarts generated project fraud"]


def vouch(manifest: str, path: str) -> str:
    """The manifest with the digest that a file has now."""
    values = json.loads(manifest)
    values["files"][path] = hashlib.sha256((Path("fraud") / path).read_bytes()).hexdigest()
    return json.dumps(values, indent=2) + "\n"


# half merged, edited, foreign


def test_half_merged_files_are_named_with_the_way_out(here: Path) -> None:
    edit("fraud/steps/score/handler.py", "\n", "\n<<<<<<< HEAD\n")
    edit("fraud/steps/alert/function.yaml", "\n", "\n>>>>>>> theirs\n")
    said = complaint(None, ProjectError)
    assert said.splitlines()[:2] == [
        "fraud/steps/alert/function.yaml: has the marks of a merge conflict in it",
        "fraud/steps/score/handler.py: has the marks of a merge conflict in it",
    ]
    assert "finish the merge of the graph and the modules, then generate" in said


def test_a_module_that_is_about_merges_is_none(here: Path) -> None:
    with Path("modules/alerts.py").open("a") as module:
        module.write('MARKS = """\n<<<<<<< HEAD\n"""\n')
    generate()
    assert since(None) == []


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("<<<<<<< HEAD\n", "has the marks of a merge conflict in it"),
        ("{", "is not JSON"),
        ("[]", "is not a JSON object"),
        ('{"generator": 1}', "has no text as `generator`"),
        ('{"generator": "", "source": "", "files": {"../x": ""}}', "lists '../x', which has a"),
    ],
)
def test_a_manifest_that_is_none_is_refused_with_the_cure(
    here: Path, content: str, said: str
) -> None:
    Path("fraud/.iguazioig.json").write_text(content)
    assert complaint(None, ProjectError).startswith(f"fraud/.iguazioig.json: {said}")
    assert "restore it from version control" in complaint(None, ProjectError)


def test_a_graph_in_a_project_is_the_one_it_was_generated_from_or_none(here: Path) -> None:
    edit("fraud/graph.yaml", "threshold: 0.8", "threshold: 0.7")
    assert complaint(None, ProjectError).startswith("fraud/graph.yaml: was edited, so that nothing")
    Path("fraud/graph.yaml").unlink()
    assert complaint(None, ProjectError).startswith("fraud/graph.yaml: is not there, so that")


def test_a_half_merged_graph_is_read_by_nobody(here: Path) -> None:
    edit("graph.yaml", "project:\n", "<<<<<<< HEAD\nproject:\n=======\n>>>>>>> theirs\n")
    with pytest.raises(GraphError):
        load(read_source("graph.yaml"))


def test_a_graph_that_this_version_does_not_know_is_refused(here: Path) -> None:
    path = Path("fraud/graph.yaml")
    path.write_text(path.read_text().replace("apiVersion: 0.2.0", "apiVersion: 9.0.0"))
    manifest = Path("fraud/.iguazioig.json")
    manifest.write_text(vouch(manifest.read_text(), "graph.yaml"))
    assert complaint(None, GraphError).startswith("fraud/graph.yaml:2:13: `apiVersion` is `9.0.0`")


def test_a_link_is_followed_nowhere(here: Path) -> None:
    shutil.copytree("fraud", "elsewhere")
    for path in ("steps/score/features.py", "graph.yaml"):
        (here / "fraud" / path).unlink()
        (here / "fraud" / path).symlink_to(here / "elsewhere" / path)
    assert "fraud/graph.yaml: is not there" in complaint(None, ProjectError)


# git


def test_a_reference_has_the_project_that_was_committed(committed: Path) -> None:
    edit("graph.yaml", "threshold: 0.8", "threshold: 0.9")
    edit("modules/alerts.py", "\n", "\n# other\n")
    generate()
    said = ["restarts configuration step score", "restarts code step alert"]
    assert since(None) == []
    assert since("HEAD") == since("main") == since("refs/heads/main") == said
    assert earlier(ASKED, "HEAD").title == "HEAD:fraud"
    commit("more")
    assert since("HEAD") == []
    assert since("HEAD~1") == since("HEAD^") == said


def test_an_edit_by_hand_is_found_in_git_too(committed: Path) -> None:
    edit("fraud/steps/score/handler.py", "threshold=0.8", "threshold=0.7")
    commit("by hand")
    assert since("HEAD") == ["restarts edited step score"]


def test_half_merged_files_are_found_in_git_too(committed: Path) -> None:
    edit("fraud/steps/score/handler.py", "\n", "\n<<<<<<< HEAD\n")
    commit("oh")
    assert complaint("HEAD", ProjectError).startswith("HEAD:fraud/steps/score/handler.py: has the")


def test_a_repository_may_have_the_project_anywhere(
    committed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (committed / "deep").mkdir()
    monkeypatch.chdir(committed / "deep")
    state = earlier(Asked(Path("../graph.yaml"), Path("../fraud")), "main")
    assert state.title == "main:fraud"
    assert state.graph is not None


def test_a_reference_without_the_project_has_perhaps_the_graph(committed: Path) -> None:
    shutil.rmtree("fraud")
    commit("only the graph")
    edit("graph.yaml", "threshold: 0.8", "threshold: 0.9")
    edit("modules/features.py", "\n", "\n# other\n")
    state = earlier(ASKED, "HEAD")
    assert state.title == "HEAD:graph.yaml"
    assert since("HEAD") == ["restarts configuration step score", "restarts code step score"]


def test_modules_from_elsewhere_are_those_of_the_reference(committed: Path) -> None:
    shutil.rmtree("fraud")
    Path("modules").rename("shared")
    commit("only the graph")
    asked = Asked(Path("graph.yaml"), Path("fraud"), (Path("shared"),))
    edit("shared/features.py", "\n", "\n# other\n")
    after = state_of(load(read_source("graph.yaml"), modules=[Path("shared")]).plan(), "x")
    assert briefly(changes(earlier(asked, "HEAD"), after)) == ["restarts code step score"]


def test_a_reference_with_neither_has_nothing_to_lose(committed: Path) -> None:
    git("checkout", "--quiet", "--orphan", "empty")
    git("rm", "--quiet", "-r", "--cached", ".")
    git("commit", "--quiet", "--allow-empty", "--message", "empty")
    assert earlier(ASKED, "empty").title == "empty, which has no project and no graph"
    assert since("empty") == ["safe project-added project fraud"]


def test_a_graph_with_problems_in_git_is_no_state(committed: Path) -> None:
    shutil.rmtree("fraud")
    edit("graph.yaml", "methods: [prepare", "methods: [prepair")
    commit("a slip")
    said = complaint("HEAD", ProjectError)
    assert said.startswith("HEAD:graph.yaml: has problems, so that nothing can be compared with it")
    assert "`prepair`" in said
    assert "/tmp" not in said


def test_a_branch_and_a_folder_of_one_name_are_told_apart(committed: Path) -> None:
    git("branch", "fraud")
    assert earlier(ASKED, "fraud").title == "fraud"
    assert earlier(ASKED, "refs/heads/fraud").title == "refs/heads/fraud:fraud"


@pytest.mark.parametrize("reference", ["mian", "--help", "-x", "HEAD~99", "a b", "x:y", "\x1b[31m"])
def test_a_reference_that_is_not_there_is_named(committed: Path, reference: str) -> None:
    said = complaint(reference, GitError)
    assert said.startswith("`")
    assert "is no file or folder here, and as a git reference: git has no `" in said
    assert "\x1b" not in said


def test_a_misspelt_branch_has_a_hint(committed: Path) -> None:
    assert complaint("mian", GitError).endswith("(did you mean `main`?)")


def test_a_branch_of_a_remote_that_was_never_fetched_says_how(committed: Path) -> None:
    git("remote", "add", "upstream", "https://example.com/x.git")
    assert complaint("upstream/next", GitError).endswith("fetch it: git fetch upstream next")


def test_a_shallow_clone_says_that_it_is_one(
    committed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    edit("graph.yaml", "threshold: 0.8", "threshold: 0.9")
    commit("more")
    git("clone", "--quiet", "--depth", "1", f"file://{committed}", str(committed.parent / "clone"))
    monkeypatch.chdir(committed.parent / "clone")
    said = complaint("HEAD~1", GitError)
    assert "this is a shallow clone" in said
    assert "`fetch-depth: 0`" in said
    assert earlier(ASKED, "HEAD").title == "HEAD:fraud"


def test_a_clone_without_the_files_says_what_it_lacks(
    committed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    git("config", "uploadpack.allowFilter", "true")
    clone = committed.parent / "clone"
    git(
        "clone", "--quiet", "--no-checkout", "--filter=blob:none", f"file://{committed}", str(clone)
    )
    git("remote", "set-url", "origin", str(clone / "nowhere"), folder=clone)
    monkeypatch.chdir(clone)
    with pytest.raises(GitError, match=r"nowhere|lacks files of that commit"):
        earlier(ASKED, "HEAD")


def test_a_repository_of_somebody_else_is_asked_nothing(
    committed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
    said = complaint("main", GitError)
    assert "dubious ownership" in said
    assert "safe.directory" in said
    assert "\n" not in said


def test_outside_of_a_repository_git_has_nothing(here: Path, tool: Callable[[str], str]) -> None:
    tool("git")
    said = complaint("main", GitError)
    assert "`main` is no file or folder here, and as a git reference: " in said
    assert "not a git repository" in said
    assert said.endswith("; is this the right folder? `git init` makes one")


def test_without_git_it_is_said(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    assert "git is not on the PATH" in complaint("main", GitError)
    assert since(None) == []


def test_a_git_that_hangs_is_not_waited_for(
    here: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "bin" / "git"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\nexec sleep 600\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")
    monkeypatch.setattr("iguazioig.repository.PATIENCE", 0.2)
    assert "git did not answer within" in complaint("main", GitError)


def test_git_is_asked_for_the_past_and_changes_nothing(committed: Path) -> None:
    before = git("status", "--porcelain"), git("rev-parse", "HEAD")
    since("HEAD")
    assert (git("status", "--porcelain"), git("rev-parse", "HEAD")) == before


def test_in_a_hook_of_git_the_repository_is_the_same(
    committed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_DIR", str(committed / ".git"))
    monkeypatch.setenv("GIT_INDEX_FILE", ".git/index")
    (committed / "deep").mkdir()
    monkeypatch.chdir(committed / "deep")
    asked = Asked(Path("../graph.yaml"), Path("../fraud"))
    assert earlier(asked, "HEAD").title == "HEAD:fraud"
