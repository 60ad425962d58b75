"""The commands of a generated project, run in its folder: what a person would run there, so that both do the same."""

from __future__ import annotations

import importlib.util
import shlex
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from ..errors import DeployError


class Scripts:
    """Runs the scripts of the project in a folder, or `nuctl`. Each method raises DeployError where a command fails.

    `tell` gets each line that a command says; without it that goes where ours goes.
    """

    def __init__(self, project: Path, tell: Callable[[str], None] | None = None) -> None:
        self.project = project
        self._tell = tell

    def run(self, *command: str) -> None:
        """Run one; it can ask whoever is at the terminal, if there is one."""
        process = self._start(command)
        try:
            for line in process.stdout or ():
                assert self._tell is not None
                self._tell(line)
            code = process.wait()
        except KeyboardInterrupt:
            # The terminal has told it, too: it ends what it began, and says what was done.
            process.communicate()
            raise
        if code != 0:
            raise DeployError(
                f"`{shlex.join(command)}` failed with exit code {code}; what was done before it stays done"
            )

    def _start(self, command: Sequence[str]) -> subprocess.Popen[str]:
        if self._tell is None:
            return subprocess.Popen(_words(command), cwd=self.project, text=True)
        return subprocess.Popen(
            _words(command),
            cwd=self.project,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
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
