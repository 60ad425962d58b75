"""How a project is where it runs: its steps in the cluster, its streams in v3io."""

from __future__ import annotations

from .found import FoundStream
from .project import Look, Status, StepStatus, StreamStatus, status_of

__all__ = ["FoundStream", "Look", "Status", "StepStatus", "StreamStatus", "status_of"]
