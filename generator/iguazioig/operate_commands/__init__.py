"""The commands that look at what runs."""

from __future__ import annotations

from .drift import drift

COMMANDS = (drift,)

__all__ = ["COMMANDS"]
