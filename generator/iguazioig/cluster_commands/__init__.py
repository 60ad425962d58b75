"""The commands that ask a cluster what runs, and take it away."""

from __future__ import annotations

from .destroy import destroy

COMMANDS = (destroy,)

__all__ = ["COMMANDS"]
