"""The commands with which something begins: a repository, its workflow, one more step in it."""

from __future__ import annotations

from .init import init
from .step import step

COMMANDS = (init, step)

__all__ = ["COMMANDS"]
