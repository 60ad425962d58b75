"""Nothing is lost, and the order of each key is kept, whatever happens: a few faults of each kind, from a seed."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from kinds import KINDS
from trials import try_out

SEED = int(os.environ.get("IGUAZIOIG_FAULTS_SEED", "1"))
"""Another one makes other faults; the seed of what fails is in its name."""

MESSAGES, FAULTS = 60, 2


CASES = [
    *(("converge", kind) for kind in KINDS),
    *(("everything", kind) for kind in ("kill -9", "answers lost", "503 for outputs")),
    *(("converge, batch", kind) for kind in ("kill -9", "shards exchanged", "partial failures")),
    *(("everything, batch", kind) for kind in ("kill -9", "partial failures")),
]


@pytest.mark.parametrize(("example", "kind"), CASES)
def test_every_message_is_accounted_for(tmp_path: Path, example: str, kind: str) -> None:
    outcome = try_out(kind, example, SEED, MESSAGES, FAULTS, tmp_path)
    assert outcome.wrong == [], f"seed {SEED}"
