"""Where v3io is, as its own clients are told: V3IO_API and V3IO_ACCESS_KEY."""

from __future__ import annotations

import os

import click

from ..local import USUAL_PORT

PORT = click.IntRange(0, 65535)


def named_api() -> str:
    """The address in the environment, or where the embedded v3io is by default."""
    return _variable("V3IO_API") or f"http://127.0.0.1:{USUAL_PORT}"


def named_key() -> str:
    """The access key in the environment; the embedded v3io takes any, unless it was started with one."""
    from ..emulator import ACCESS_KEY

    return _variable("V3IO_ACCESS_KEY") or ACCESS_KEY


def origin() -> str:
    """Where the address is from, for messages."""
    return "V3IO_API" if _variable("V3IO_API") else "the usual place, as V3IO_API is not set"


def _variable(name: str) -> str:
    return os.environ.get(name, "").strip()
