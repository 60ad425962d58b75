"""The commands around a change of a graph: what it means, and the workflow that says so in every pull request."""

from __future__ import annotations

from .diff import diff

COMMANDS = (diff,)

__all__ = ["COMMANDS"]
