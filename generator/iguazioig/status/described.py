"""The state of a project as data that JSON can hold."""

from __future__ import annotations

from typing import Any

from ..drift.described import described_step
from .project import Status, StepStatus, StreamStatus


def described(status: Status) -> dict[str, Any]:
    """The state; `streams` is null where v3io was not asked."""
    return {
        "project": status.project,
        "fine": status.is_fine,
        "steps": [_step(each) for each in status.steps],
        "streams": None if status.streams is None else [_stream(each) for each in status.streams],
        "strays": list(status.strays),
    }


def _step(each: StepStatus) -> dict[str, Any]:
    return {"status": each.word, "current": each.is_current, **described_step(each.drift)}


def _stream(each: StreamStatus) -> dict[str, Any]:
    stream, found = each.stream, each.found
    return {
        "status": each.word,
        "stream": stream.slug,
        "container": stream.container,
        "path": stream.path,
        "declared": {"shards": stream.shards, "retention": stream.retention},
        "found": {"shards": found.shards, "retention": found.retention} if found else None,
        "lags": dict(found.lags) if found else {},
    }
