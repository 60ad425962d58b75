"""All functions of a namespace, by one call of nuctl."""

from __future__ import annotations

import shutil
import subprocess

from ..errors import DeployError, printable
from .answers import read_functions
from .config import Config

PATIENCE = 120.0
"""Seconds."""


def ask(*, namespace: str | None = None, platform: str | None = None) -> list[Config]:
    """The functions. Raises DeployError where nuctl cannot say them, ProblemsError where it says something else."""
    words = ["nuctl", "get", "function", "-o", "json"]
    words += ["--namespace", namespace] if namespace else []
    words += ["--platform", platform] if platform else []
    if shutil.which("nuctl") is None:
        raise DeployError("`nuctl` is not on the PATH; install it, or put its folder on the PATH")
    try:
        done = subprocess.run(
            words, stdin=subprocess.DEVNULL, capture_output=True, timeout=PATIENCE, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise DeployError(
            f"`{' '.join(words)}` did not answer for {PATIENCE:.0f} s; is the cluster there, and does nuctl ask for a password?"
        ) from error
    if done.returncode != 0:
        said = printable(_error(done.stderr + done.stdout), 300)
        raise DeployError(f"`{' '.join(words)}` failed with exit code {done.returncode}: {said}")
    return read_functions(done.stdout, "nuctl get function")


def _error(output: bytes) -> str:
    """The line that says it: nuctl prints the stack below."""
    lines = [each.strip() for each in output.decode(errors="replace").splitlines() if each.strip()]
    return next((each for each in lines if each.startswith("Error - ")), "".join(lines[:1]))
