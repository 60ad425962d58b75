"""The commands of a generated project, run in its folder: what a person would run there, so that both do the same."""

from __future__ import annotations

import importlib.util
import shlex
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from ..errors import DeployError


class Scripts:
    """Runs the scripts of the project in a folder, or `nuctl`. Each method raises DeployError where a command fails."""

    def __init__(self, project: Path) -> None:
        self.project = project

    def run(self, *command: str) -> None:
        """Run one; what it says goes where ours goes, and it can ask whoever is at the terminal."""
        process = subprocess.Popen(_words(command), cwd=self.project)
        try:
            code = process.wait()
        except KeyboardInterrupt:
            # The terminal has told it, too: it ends what it began, and says what was done.
            process.wait()
            raise
        if code != 0:
            raise DeployError(
                f"`{shlex.join(command)}` failed with exit code {code}; what was done before it stays done"
            )

    def lines(self, *command: str) -> list[str]:
        """What one prints that changes nothing."""
        done = subprocess.run(
            _words(command),
            cwd=self.project,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            check=False,
        )
        if done.returncode != 0:
            raise DeployError(
                f"`{shlex.join(command)}` failed with exit code {done.returncode}: {done.stderr.strip()}"
            )
        return done.stdout.splitlines()


def _words(command: Sequence[str]) -> list[str]:
    return [_python(), *command[1:]] if command[0] == "python3" else list(command)


def _python() -> str:
    """This process's own Python: it has what `iguazioig[deploy]` installs."""
    if importlib.util.find_spec("v3io") is None:
        raise DeployError("v3io's client is not installed; say: pip install 'iguazioig[deploy]'")
    return sys.executable
