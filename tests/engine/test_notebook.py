"""A step made from a notebook on Nuclio's real processor: its variables, its section, its result."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import platforms
from consumer_groups import is_done
from example_projects import messages
from iguazioig.emulator import V3io
from processors import Cluster

STREAMS = "/payments/streams"


def test_two_sections_of_a_notebook_are_two_steps(
    project: Callable[[str], Path], cluster: Cluster, v3io: V3io
) -> None:
    folder = project("notebook")
    cluster.create_streams(folder)
    v3io.put("projects", f"{STREAMS}/payments", messages("notebook"), key="account")

    for name in ("score", "prepare"):
        cluster.start(folder / "steps" / name)
    for stream, name in (("payments", "prepare"), ("features", "score")):
        cluster.until(f"{name} is done", is_done, v3io, "projects", f"{STREAMS}/{stream}", name)

    found = [
        platforms.without_origin(each.json)
        for each in v3io.records("projects", f"{STREAMS}/scored")
    ]
    assert sorted(found, key=lambda each: each["payment"]) == [
        {"account": "A-1", "payment": "p1", "amount": 500.0, "risk": 0.4621},
        {"account": "B-7", "payment": "p2", "amount": 3600.0, "risk": 0.9985},
        {"account": "A-1", "payment": "p3", "amount": 24.0, "risk": 0.024},
    ]
    (letter,) = v3io.records("projects", f"{STREAMS}/rejected")
    assert letter.json["cause"]["type"] == "KeyError"
    assert "fraud.py" in letter.json["cause"]["traceback"]
