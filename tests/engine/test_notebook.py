"""A step made from a notebook on Nuclio's real processor: its variables, its section, its result."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import platforms
from cases import TESTS
from consumer_groups import is_done
from iguazioig.emulator import V3io
from processors import Cluster

STREAMS = "/fraud/streams"


def test_two_sections_of_a_notebook_are_two_steps(
    cluster: Cluster, v3io: V3io, tmp_path: Path
) -> None:
    folder = tmp_path / "fraud"
    shutil.copytree(TESTS / "golden" / "notebook" / "project", folder)
    cluster.create_streams(folder)
    payments = [{"PartitionKey": "a", "amount": 500.0}, {"PartitionKey": "b", "amount": 3000.0}]
    bodies = [json.dumps(each).encode() for each in payments]
    v3io.put("bigdata", f"{STREAMS}/transactions", bodies, key="PartitionKey")

    for name in ("score", "prepare"):
        cluster.start(folder / "steps" / name)
    for stream, name in (("transactions", "prepare"), ("features", "score")):
        cluster.until(f"{name} is done", is_done, v3io, "bigdata", f"{STREAMS}/{stream}", name)

    found = [
        platforms.without_origin(each.json) for each in v3io.records("bigdata", f"{STREAMS}/scored")
    ]
    assert sorted(found, key=lambda each: each["amount"]) == [
        {**payments[0], "risk": 0.4621},
        {**payments[1], "risk": 0.9951},
    ]
