"""A comparison as data that JSON can hold."""

from __future__ import annotations

from typing import Any

from .compare import Difference, Drift, StepDrift


def described(drift: Drift) -> dict[str, Any]:
    """The comparison; what may be a credential is null on both sides, and `hidden`."""
    return {
        "project": drift.project,
        "same": drift.is_none,
        "steps": [described_step(each) for each in drift.steps],
        "strays": list(drift.strays),
    }


def described_step(step: StepDrift) -> dict[str, Any]:
    """One step of it."""
    return {
        "step": step.step,
        "function": step.function,
        "deployed": step.found,
        "state": step.state or None,
        "same": step.is_same,
        "digest": step.digest or None,
        "differences": [_difference(each) for each in step.differences],
        "masked": list(step.masked),
    }


def _difference(each: Difference) -> dict[str, Any]:
    place = each.location
    return {
        "field": each.field,
        "committed": None if each.hidden else each.committed,
        "running": None if each.hidden else each.running,
        "hidden": each.hidden,
        "note": each.note or None,
        "path": place.path if place else None,
        "line": place.line if place else None,
        "column": place.column if place else None,
    }
