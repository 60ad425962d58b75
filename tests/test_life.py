"""`docs/life.md`, command by command, on a cluster that keeps what it is told; `--update-golden` writes the page's outputs anew."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from cases import EXAMPLES
from clusters import Machine, machine_at

PAGE = Path(__file__).resolve().parents[1] / "docs" / "life.md"
BLOCK = re.compile(r"```text\n(\$ .*?)```", re.S)
OF_NUCTL = re.compile(r"^([a-z-]+ \||\d\d\.\d\d\.\d\d) .*\n", re.M)


class Team:
    """Who works in the repository: what happens between the commands of the page."""

    def __init__(self, machine: Machine, folder: Path) -> None:
        self.machine = machine
        self.folder = folder

    def edit(self, path: str, old: str, new: str) -> None:
        text = (self.folder / path).read_text()
        assert old in text
        (self.folder / path).write_text(text.replace(old, new, 1))

    def commit(self, message: str) -> None:
        for words in (["add", "--all"], ["commit", "--quiet", "--message", message]):
            subprocess.run(
                ["git", *words], cwd=self.folder, env=self.machine.environment, check=True
            )

    def more_shards(self) -> None:
        self.commit("Begin")
        old = "orders: {container: projects, shards: 4}"
        self.edit("graph.yaml", old, old.replace("4", "8"))

    def better_name(self) -> None:
        self.commit("Let more orders in")
        self.edit("graph.yaml", "- name: stock\n", "- name: availability\n")
        self.edit("graph.yaml", "[price, stock]", "[price, availability]")

    def module(self) -> None:
        self.commit("Call it availability")
        self.edit("modules/converge.py", "\n\n\nclass", "\n\n# corrected\n\n\nclass")

    def mistake(self) -> None:
        self.commit("Correct how answers meet")
        self.edit("graph.yaml", "tea: 4.5", "tea: 4.75")
        self.edit("modules/converge.py", "# corrected\n", "# corrected\nLIMIT = int('many')\n")
        self.machine.nuctl.break_function("orders-converge", "import")

    def mended(self) -> None:
        self.edit("modules/converge.py", "LIMIT = int('many')\n", "LIMIT = 100\n")
        self.machine.nuctl.mend_function("orders-converge")

    def price_is_raised(self) -> None:
        self.commit("Raise the price of tea")

    def at_night(self) -> None:
        function = self.machine.nuctl.functions["orders-price"]
        function["spec"] |= {"minReplicas": 3, "maxReplicas": 3}
        self.machine.nuctl.store("orders-price", function)


BEFORE: dict[str, Callable[[Team], None]] = {
    "More shards": Team.more_shards,
    "A better name": Team.better_name,
    "A module": Team.module,
    "Something fails": Team.mistake,
    "Mended": Team.mended,
    "Going back": Team.price_is_raised,
    "By hand": Team.at_night,
}
"""What happens at the beginning of a chapter."""


@pytest.fixture
def team(tmp_path: Path, tool: Callable[[str], str]) -> Iterator[Team]:
    tool("git")
    with machine_at(tmp_path) as machine:
        program = machine.nuctl.folder / "iguazioig"
        program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m iguazioig "$@"\n')
        program.chmod(0o755)
        folder = tmp_path / "repository"
        shutil.copytree(EXAMPLES / "converge" / "modules", folder / "modules")
        shutil.copy(EXAMPLES / "converge" / "graph.yaml", folder)
        yield Team(machine, folder)


def test_the_page_about_the_life_of_a_project_is_true(
    team: Team, monkeypatch: pytest.MonkeyPatch, update_golden: bool
) -> None:
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    for role in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{role}_NAME", "somebody")
        monkeypatch.setenv(f"GIT_{role}_EMAIL", "somebody@example.com")
        monkeypatch.setenv(f"GIT_{role}_DATE", "2026-01-01T00:00:00Z")
    subprocess.run(["git", "init", "--quiet", "-b", "main"], cwd=team.folder, check=True)

    chapters = re.split(r"(?=^## )", PAGE.read_text(), flags=re.M)
    played = "".join(play(team, chapter) for chapter in chapters)

    if update_golden:
        PAGE.write_text(played)
    assert played == PAGE.read_text()
    assert team.machine.nuctl.functions == {}


def play(team: Team, chapter: str) -> str:
    """The chapter, with what its commands print now."""
    title = chapter.partition("\n")[0].removeprefix("## ")
    BEFORE.get(title, lambda team: None)(team)
    return BLOCK.sub(lambda found: f"```text\n{run_all(team, found[1])}```", chapter)


def run_all(team: Team, shown: str) -> str:
    commands = re.findall(r"^\$ (.*)$", shown, re.M)
    return "".join(f"$ {command}\n{run(team, command)}" for command in commands)


def run(team: Team, command: str) -> str:
    done = team.machine.run(*command.split(), cwd=team.folder)
    if command.startswith("git "):
        assert done.returncode == 0, done.stderr
        return ""
    return steady(done.stdout + done.stderr)


def steady(output: str) -> str:
    """Without what nuctl prints, and with what happens at the same time in one order."""
    lines = OF_NUCTL.sub("", output).splitlines(keepends=True)
    deployed = iter(sorted(line for line in lines if line.startswith("nuctl deploy ")))
    return "".join(next(deployed) if line.startswith("nuctl deploy ") else line for line in lines)
