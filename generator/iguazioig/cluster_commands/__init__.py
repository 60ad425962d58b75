"""The commands that ask a cluster what runs, compare it, and take it away."""

from __future__ import annotations

from .destroy import destroy
from .drift import drift
from .import_ import import_
from .status import status

COMMANDS = (destroy, drift, import_, status)

__all__ = ["COMMANDS"]
