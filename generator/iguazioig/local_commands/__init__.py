"""The commands that need no cluster: a v3io on this machine, a project that runs on it, messages in and out."""

from __future__ import annotations

from .messages import send, tail
from .run import run
from .v3io import v3io_

COMMANDS = (v3io_, run, send, tail)

__all__ = ["COMMANDS"]
