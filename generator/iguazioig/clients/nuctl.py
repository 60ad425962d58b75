"""The client that does it: the generated project's own commands, run one after the other."""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from ..commands import Command
from ..errors import DeployError
from .command import CommandClient


class NuctlClient(CommandClient):
    """Runs each command in the folder of a generated project: v3io's client for streams, `nuctl` for functions.

    `announce` is told each command before it runs; `commands` has those that succeeded. Raises DeployError where
    there is no `nuctl`.
    """

    def __init__(
        self, project: Path, *, announce: Callable[[Command], None] = lambda command: None
    ) -> None:
        super().__init__()
        self.project = project
        self.announce = announce
        if shutil.which("nuctl") is None:
            raise DeployError(
                "`nuctl` is not on the PATH; install it, or put its folder on the PATH"
            )

    def run(self, command: Command) -> None:
        """Run the command. Raises DeployError where it fails."""
        self.announce(command)
        if command.unless and self._call(command.unless, quiet=True) == 0:
            return
        code = self._call(command.argv)
        if code != 0:
            raise DeployError(
                f"`{command}` failed with exit code {code}; what was done before it stays done"
            )
        self.commands.append(command)

    def _call(self, argv: tuple[str, ...], *, quiet: bool = False) -> int:
        words = [_python(), *argv[1:]] if argv[0] == "python3" else list(argv)
        output = subprocess.DEVNULL if quiet else None
        done = subprocess.run(words, cwd=self.project, stdout=output, stderr=output, check=False)
        return done.returncode


def _python() -> str:
    """This process's own Python: it has what `iguazioig[deploy]` installs."""
    if importlib.util.find_spec("v3io") is None:
        raise DeployError("v3io's client is not installed; say: pip install 'iguazioig[deploy]'")
    return sys.executable
