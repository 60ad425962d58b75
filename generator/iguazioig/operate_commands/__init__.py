"""The commands that look at what runs."""

from __future__ import annotations

from .drift import drift
from .import_ import import_

COMMANDS = (drift, import_)

__all__ = ["COMMANDS"]
