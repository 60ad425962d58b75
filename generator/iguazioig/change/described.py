"""A report as data that JSON can hold. Its shape is public: it is described in docs/change.md."""

from __future__ import annotations

from typing import Any

from .model import Change
from .report import Report


def described(report: Report) -> dict[str, Any]:
    """The report; keys are always there, and null or empty where there is nothing to say."""
    return {
        "project": report.project,
        "before": report.before,
        "after": report.after,
        "worst": str(report.worst) if report.changes else None,
        "accepted": not report.refused,
        "deployed": list(report.restarted),
        "changes": [_described(change, report) for change in report.changes],
    }


def _described(change: Change, report: Report) -> dict[str, Any]:
    place = change.location
    return {
        "kind": change.kind,
        "name": change.name,
        "code": change.code,
        "what": change.what,
        "consequence": str(change.consequence),
        "accepted": report.accepts(change),
        "reason": change.reason,
        "cure": change.cure or None,
        "details": list(change.details),
        "deployed": list(change.steps),
        "path": place.path if place else None,
        "line": place.line if place else None,
        "column": place.column if place else None,
    }
