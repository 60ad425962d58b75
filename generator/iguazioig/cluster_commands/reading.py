"""The functions that run: from nuctl, or from a file with what it printed."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from ..reported import Config


def running(answer: Path | None, namespace: str | None, platform: str | None) -> list[Config]:
    """Every function of the namespace. Raises ProblemsError and DeployError."""
    from ..reported import read_functions
    from ..reported.nuctl import ask

    if answer is None:
        return ask(namespace=namespace, platform=platform)
    return read_functions(content_of(answer), str(answer))


def content_of(path: Path) -> bytes:
    """The bytes of a file, or of standard input."""
    if str(path) != "-":
        return path.read_bytes()
    if sys.stdin is None:
        raise click.UsageError("standard input is closed")
    return sys.stdin.buffer.read()
