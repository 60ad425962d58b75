"""What is done from outside, as a list of commands that a person can read and run."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .displayed import Displayed


@dataclass(frozen=True, slots=True)
class Command:
    """One command: its words, and what it does.

    `unless` is a command whose success makes this one unnecessary. `details` has a line for each thing that is
    created, changed or lost, `data` the same for machines.
    """

    argv: tuple[str, ...]
    summary: str
    unless: tuple[str, ...] = ()
    details: tuple[str, ...] = ()
    data: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        command = shlex.join(self.argv)
        return f"{shlex.join(self.unless)} || {command}" if self.unless else command

    def to_dict(self) -> dict[str, Any]:
        """The command as data that JSON can hold."""
        described: dict[str, Any] = {
            "command": str(self),
            "argv": list(self.argv),
            "summary": self.summary,
        }
        if self.unless:
            described["unless"] = list(self.unless)
        return {**described, **self.data}


class Commands(Displayed, list[Command]):
    """Commands in their order; a notebook shows them as a list."""
