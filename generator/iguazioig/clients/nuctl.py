"""The client that does it: the generated project's own scripts, run one after the other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from ..cluster import nuctl
from ..cluster.scripts import Scripts
from ..commands import Command
from ..graph import Step
from .command import CommandClient, functions_command


class NuctlClient(CommandClient):
    """Runs each command in the folder of a generated project: v3io's client for streams, `nuctl` for functions.

    `announce` is told each command before it runs, `tell` each line that one prints, in place of whoever is at the terminal;
    `commands` has those that succeeded. `options` are those of the project's `deploy_steps.py`. Raises DeployError where there is no `nuctl`.
    """

    def __init__(
        self,
        project: Path,
        *,
        announce: Callable[[Command], None] = lambda command: None,
        options: Sequence[str] = (),
        tell: Callable[[str], None] | None = None,
    ) -> None:
        super().__init__()
        self.project = project
        self.announce = announce
        self.options = tuple(options)
        self._scripts = Scripts(project, tell)
        nuctl.require()

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
        self._scripts.run(*command.argv)
        self.commands.append(command)
