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


@pytest.mark.parametrize("kind", KINDS)
def test_converge(tmp_path: Path, kind: str) -> None:
    outcome = try_out(kind, "converge", SEED, MESSAGES, FAULTS, tmp_path)
    assert outcome.wrong == [], f"seed {SEED}"


@pytest.mark.parametrize("kind", ["kill -9", "answers lost", "503 for outputs"])
def test_everything(tmp_path: Path, kind: str) -> None:
    outcome = try_out(kind, "everything", SEED, MESSAGES, FAULTS, tmp_path)
    assert outcome.wrong == [], f"seed {SEED}"
