"""The command line in this process: fast, and what is no exit but an exception is a bug."""

from __future__ import annotations

from typing import Any

from click.testing import CliRunner, Result
from iguazioig.cli import cli


def run(*words: str, **options: Any) -> Result:
    """Run a command; `options` are those of click's runner."""
    result = CliRunner().invoke(cli, words, prog_name="iguazioig", **options)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result
