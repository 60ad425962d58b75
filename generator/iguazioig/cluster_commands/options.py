"""What these commands share: which namespace, where nuctl's words are, and how the result is written."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import click

from ..arguments import FILE

Command = TypeVar("Command", bound=Callable[..., None])


def nuctl_options(command: Command) -> Command:
    """The options that nuctl is given; without them it reads its own NUCTL_NAMESPACE and NUCTL_PLATFORM."""
    platform = click.option(
        "--platform",
        metavar="NAME",
        help="nuctl's platform, `kube` or `local`; NUCTL_PLATFORM by default.",
    )
    namespace = click.option(
        "--namespace",
        "-n",
        metavar="NAME",
        help="nuctl's namespace; by default what the graph says, or NUCTL_NAMESPACE.",
    )
    return namespace(platform(command))


def from_option(command: Command) -> Command:
    """The --from option."""
    text = "Ask nobody: this file, or `-`, has what `nuctl get function -o json` printed."
    return click.option("--from", "answer", type=FILE, metavar="FILE", help=text)(command)


def format_option(command: Command) -> Command:
    """The --format option."""
    kind = click.Choice(["text", "json"])
    text = "How the result is written."
    return click.option(
        "--format", "form", type=kind, default="text", show_default=True, help=text
    )(command)
