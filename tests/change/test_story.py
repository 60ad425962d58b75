"""The life of a project, as the pull requests of its repository show it."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from cases import EXAMPLES
from click.testing import CliRunner
from iguazioig.cli import cli

STORY = Path(__file__).resolve().parent / "story"


def created() -> None:
    """The graph comes into the repository with its project."""


def grown() -> None:
    """More comes in than four shards take."""
    edit(
        "graph.yaml",
        "orders: {container: projects, shards: 4}",
        "orders: {container: projects, shards: 8}",
    )


def renamed() -> None:
    """A step gets a better name."""
    edit("graph.yaml", "- name: stock\n", "- name: availability\n")
    edit("graph.yaml", "branches: [price, stock]", "branches: [price, availability]")


def edited() -> None:
    """Somebody corrects a module."""
    edit("modules/converge.py", "\n", "\n# corrected\n")


def reverted() -> None:
    """The rename was no good: back to what was before the last two changes."""
    git("revert", "--no-edit", "HEAD", "HEAD~1")


CHAPTERS = (created, grown, renamed, edited, reverted)


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tool: Callable[[str], str]) -> Path:
    """An empty repository with a first commit, as the current folder."""
    tool("git")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    for role in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{role}_NAME", "somebody")
        monkeypatch.setenv(f"GIT_{role}_EMAIL", "somebody@example.com")
    monkeypatch.chdir(tmp_path)
    git("init", "--quiet", "--initial-branch", "main")
    git("commit", "--quiet", "--allow-empty", "--message", "nothing yet")
    shutil.copy(EXAMPLES / "converge" / "graph.yaml", tmp_path)
    shutil.copytree(EXAMPLES / "converge" / "modules", tmp_path / "modules")
    return tmp_path


def test_each_pull_request_says_what_it_means(repository: Path, update_golden: bool) -> None:
    told = []
    for number, chapter in enumerate(CHAPTERS, 1):
        before = git("rev-parse", "HEAD")
        chapter()
        assert run("generate", "graph.yaml") == 0
        git("add", "--all")
        git("commit", "--quiet", "--allow-empty", "--message", chapter.__name__)
        assert run("generate", "graph.yaml", "--check") == 0
        code, text = diff(before.strip())
        told.append(code)
        compare(STORY / f"{number}-{chapter.__name__}.md", text, update_golden)
    assert told == [0, 1, 1, 0, 1]
    assert len(list(STORY.iterdir())) == len(CHAPTERS)


def diff(before: str) -> tuple[int, str]:
    """The exit code, and what is posted, with a name in place of the commit's number."""
    words = ["diff", "graph.yaml", "--against", before, "--format", "markdown"]
    done = CliRunner().invoke(cli, words)
    return done.exit_code, done.stdout.replace(before, "origin/main")


def compare(path: Path, text: str, update_golden: bool) -> None:
    if update_golden:
        path.write_text(text)
    assert path.read_text() == text


def run(*words: str) -> int:
    return CliRunner().invoke(cli, words).exit_code


def git(*words: str) -> str:
    return subprocess.run(["git", *words], capture_output=True, text=True, check=True).stdout


def edit(path: str, old: str, new: str) -> None:
    text = Path(path).read_text()
    assert old in text
    Path(path).write_text(text.replace(old, new, 1))
