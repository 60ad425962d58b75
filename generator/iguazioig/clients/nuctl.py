"""The client that does it: the generated project's own scripts, run one after the other."""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from ..commands import Command
from ..errors import DeployError
from ..graph import Step
from .command import CommandClient, functions_command


class NuctlClient(CommandClient):
    """Runs each command in the folder of a generated project: v3io's client for streams, `nuctl` for functions.

    `announce` is told each command before it runs; `commands` has those that succeeded. `options` are those of the
    project's `deploy_steps.py`. Raises DeployError where there is no `nuctl`.
    """

    def __init__(
        self,
        project: Path,
        *,
        announce: Callable[[Command], None] = lambda command: None,
        options: Sequence[str] = (),
    ) -> None:
        super().__init__()
        self.project = project
        self.announce = announce
        self.options = tuple(options)
        if shutil.which("nuctl") is None:
            raise DeployError(
                "`nuctl` is not on the PATH; install it, or put its folder on the PATH"
            )

    def create_project(self, project: str) -> None:
        """Nothing: `deploy_steps.py` creates it, if there is something to deploy."""

    def create_function(self, project: str, step: Step) -> None:
        """`deploy_steps.py` for one step."""
        self.create_functions(project, [[step]])

    def create_functions(self, project: str, rows: Sequence[Sequence[Step]]) -> None:
        """`deploy_steps.py`, which leaves alone what runs already and builds the steps of a row at the same time."""
        steps = [step for row in rows for step in row]
        whole = {folder.name for folder in (self.project / "steps").iterdir()}
        chosen = [] if whole == {step.slug for step in steps} else [step.slug for step in steps]
        self.run(functions_command(steps, *self.options, *chosen))

    def run(self, command: Command) -> None:
        """Run the command. Raises DeployError where it fails."""
        self.announce(command)
        code = self._call(command.argv)
        if code != 0:
            raise DeployError(
                f"`{command}` failed with exit code {code}; what was done before it stays done"
            )
        self.commands.append(command)

    def _call(self, argv: tuple[str, ...]) -> int:
        words = [_python(), *argv[1:]] if argv[0] == "python3" else list(argv)
        process = subprocess.Popen(words, cwd=self.project)
        try:
            return process.wait()
        except KeyboardInterrupt:
            # The terminal has told it, too: it ends what it began, and says what was done.
            process.wait()
            raise


def _python() -> str:
    """This process's own Python: it has what `iguazioig[deploy]` installs."""
    if importlib.util.find_spec("v3io") is None:
        raise DeployError("v3io's client is not installed; say: pip install 'iguazioig[deploy]'")
    return sys.executable
