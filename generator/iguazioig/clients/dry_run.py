"""The client that only says what it would do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..commands import Command
from .command import CommandClient

if TYPE_CHECKING:
    from ..plan import Plan


class DryRunClient(CommandClient):
    """Keeps the ordered list of commands in `commands` and runs none of them."""

    def run(self, command: Command) -> None:
        """Note the command."""
        self.commands.append(command)


def list_commands(plan: Plan) -> list[Command]:
    """The commands of a plan, in order."""
    client = DryRunClient()
    plan.execute(client)
    return client.commands
