"""The commands around a change of a graph: what it means, the workflow that says so in every pull request, older versions."""

from __future__ import annotations

from .diff import diff
from .migrate import migrate

COMMANDS = (diff, migrate)

__all__ = ["COMMANDS"]
