"""The commands with which something begins: a repository, or one more step in it."""

from __future__ import annotations

from .init import init
from .step import step

COMMANDS = (init, step)

__all__ = ["COMMANDS"]
