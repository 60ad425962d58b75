"""What the system allows a run."""

from __future__ import annotations

import resource
from collections.abc import Sequence

from ..errors import RunError
from .steps import DeployedStep

BASE, PER_REPLICA, PER_WORKER = 64, 8, 4
"""About how many descriptors a run has open in one process: pipes, and connections of the embedded v3io."""


def allow(steps: Sequence[DeployedStep], replicas: int | None) -> None:
    """Let this process, and those that it starts, have as many files open as the run needs. Raises RunError."""
    needed = BASE
    for step in steps:
        http = step.http.workers if step.http else 0
        workers = http + sum(trigger.workers for trigger in step.streams)
        needed += (replicas or step.replicas) * (PER_REPLICA + PER_WORKER * workers)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY or needed <= soft:
        return
    if hard != resource.RLIM_INFINITY and needed > hard:
        raise RunError(
            f"the run needs about {needed:,} open files, and the system allows {hard:,}; say `ulimit -n {needed}`"
            " where you may, or run fewer replicas with --replicas"
        )
    resource.setrlimit(resource.RLIMIT_NOFILE, (needed, hard))
