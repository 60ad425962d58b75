"""All functions of a namespace, by one call of nuctl."""

from __future__ import annotations

from ..cluster.agreed import ANSWER_SECONDS
from ..cluster.nuctl import output_of
from .answers import read_functions
from .config import Config

COMMAND = ("nuctl", "get", "function", "--output", "json")
"""Of all projects: on Kubernetes a function keeps the project that it was first deployed to (nuclio-facts 1.2)."""


def ask(
    *, namespace: str | None = None, platform: str | None = None, timeout: float = ANSWER_SECONDS
) -> list[Config]:
    """The functions. Raises DeployError where nuctl cannot say them, ProblemsError where it says something else."""
    output = output_of(COMMAND, namespace=namespace, platform=platform, timeout=timeout)
    return read_functions(output, "nuctl")
