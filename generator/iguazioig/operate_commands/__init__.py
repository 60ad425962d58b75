"""The commands that look at what runs."""

from __future__ import annotations

from .drift import drift
from .import_ import import_
from .status import status

COMMANDS = (drift, import_, status)

__all__ = ["COMMANDS"]
