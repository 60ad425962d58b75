"""An embedded v3io for every test of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from iguazioig.emulator import V3io, serve


@pytest.fixture
def v3io() -> Iterator[V3io]:
    """In memory, with the admin endpoints."""
    with serve(admin=True) as running:
        yield running


@pytest.fixture(params=["memory", "disk"])
def either_v3io(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[V3io]:
    """In memory, and then kept in a folder."""
    with serve(data=tmp_path / "v3io" if request.param == "disk" else None) as running:
        yield running
