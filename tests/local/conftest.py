"""What the tests of the local run have in common."""

from __future__ import annotations

from pathlib import Path

import pytest
from running import Folder


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)
