"""The commands around a change of a graph: what it means, and from an older version to 0.2.0."""

from __future__ import annotations

from .diff import diff
from .migrate import migrate

COMMANDS = (diff, migrate)

__all__ = ["COMMANDS"]
