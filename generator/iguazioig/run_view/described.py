"""A run's result for machines."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from ..local.results import Result


def result_as_json(result: Result) -> str:
    """The result as one JSON object; docs/local.md says what is in it."""
    return json.dumps(_described(result), indent=2)


def _described(result: Result) -> dict[str, Any]:
    return {
        "good": result.is_good,
        "ended": result.ended.value,
        "failure": result.failure or None,
        "sent": result.sent,
        "seconds": round(result.snapshot.seconds, 3),
        "steps": [asdict(each) for each in result.snapshot.steps],
        "streams": [
            {"name": each.name, "records": each.records, "lags": dict(each.lags)}
            for each in result.snapshot.streams
        ],
        "dead_letters": asdict(result.letters),
        "expected": [{**asdict(each), "holds": each.holds} for each in result.comparisons],
        "crashes": dict(result.crashes),
        "logs": str(result.logs),
    }
