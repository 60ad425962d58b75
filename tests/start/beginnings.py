"""A repository as `iguazioig init` makes it, and commands in it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import in_process
from click.testing import Result
from mypy import api as mypy


def invoke(*words: str, answers: str | None = None) -> Result:
    """A command in this process; what is not handled is raised."""
    return in_process.run(*words, input=answers)


def run(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """A command, or pytest, in a process of its own, as its reader would run it."""
    command = ["pytest", "-p", "no:cacheprovider"] if words[0] == "pytest" else ["iguazioig"]
    return subprocess.run(
        [sys.executable, "-m", *command, *words[1:]],
        cwd=folder,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=200,
    )


def remarks(tool: Callable[[str], str], folder: Path) -> str:
    """What black, ruff, mypy and yamllint have to say of the Python files and the graph of a folder."""
    python = sorted(map(str, folder.rglob("*.py")))
    rules = "{extends: default, rules: {line-length: {max: 80}}}"
    checks = [
        [tool("black"), "--check", "--quiet", "--diff", "--config=/dev/null", *python],
        [tool("ruff"), "check", "--quiet", "--isolated", "--no-cache", *python],
        [tool("yamllint"), "--strict", "-d", rules, str(folder / "graph.yaml")],
    ]
    said = [subprocess.run(words, capture_output=True, text=True, check=False) for words in checks]
    options = ["--config-file=", "--cache-dir=/dev/null", "--check-untyped-defs"]
    types = mypy.run([*options, "--no-error-summary", *python])
    return "".join([done.stdout + done.stderr for done in said]) + types[0] + types[1]
