"""What all tests share: the option that writes golden files anew, and how tools are found."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# The same examples on every machine and every day, however fast it is.
settings.register_profile(
    "iguazioig", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("iguazioig")

ROOT = Path(__file__).resolve().parents[1]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="write golden files anew")


@pytest.fixture
def update_golden(request: pytest.FixtureRequest) -> bool:
    return bool(request.config.getoption("--update-golden"))


@pytest.fixture(scope="session")
def tool() -> Callable[[str], str]:
    """The path of a program; a missing one skips the test loudly, and fails it where CI requires every tool."""

    def find(name: str) -> str:
        path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
        found = shutil.which(name, path=path)
        if found is None and os.environ.get("IGUAZIOIG_REQUIRE_TOOLS"):
            pytest.fail(f"{name} is required here, and is not installed")
        if found is None:
            pytest.skip(f"{name} IS NOT INSTALLED: what it would have checked is not checked")
        return found

    return find
