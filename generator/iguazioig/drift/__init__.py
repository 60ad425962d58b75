"""What runs against what was committed: a pure comparison of configurations."""

from __future__ import annotations

from .committed import CommittedStep, committed_steps
from .compare import Difference, Drift, StepDrift, compare_project

__all__ = [
    "CommittedStep",
    "Difference",
    "Drift",
    "StepDrift",
    "committed_steps",
    "compare_project",
]
