"""`iguazioig drift`: what runs against what was committed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..arguments import project_argument
from .options import format_option, from_option, nuctl_options

if TYPE_CHECKING:
    from ..drift import Drift


@click.command()
@project_argument
@nuctl_options
@from_option
@click.option(
    "--ignore",
    "ignored",
    multiple=True,
    metavar="FIELD",
    help="Leave out a field and all below it, such as spec.resources. May be repeated.",
)
@click.option(
    "--all",
    "everything",
    is_flag=True,
    help="Compare fields, too, that a platform's own configuration fills in where function.yaml is silent.",
)
@format_option
def drift(
    project: Path,
    namespace: str | None,
    platform: str | None,
    answer: Path | None,
    ignored: tuple[str, ...],
    everything: bool,
    form: str,
) -> None:
    """Compare each step of PROJECT, field by field, with the function that runs.

    PROJECT is a generated project; its committed function.yaml is compared with what nuctl reports. Defaults that the
    platform fills in are not reported, and of what may be a credential only that it differs. Exit code 1 where
    anything differs, is not deployed, or runs in the project and is no step of it.

    \b
    iguazioig drift fraud
    iguazioig drift fraud --namespace team --format json | jq .steps
    nuctl get function -o json | iguazioig drift fraud --from -
    """
    from ..drift import committed_steps, compare_project
    from .reading import graph_of, running

    steps = committed_steps(project)
    found = running(answer, namespace or graph_of(project).namespace, platform)
    compared = compare_project(steps, found, ignored=ignored, everything=everything)
    show(compared, form)
    if not compared.is_none:
        raise click.exceptions.Exit(1)


def show(compared: Drift, form: str) -> None:
    """Print a comparison."""
    from ..drift.described import described
    from ..drift.rows import TITLES, remarks, rows, summary
    from .table import lines

    if form == "json":
        click.echo(json.dumps(described(compared), indent=2, ensure_ascii=False))
        return
    cells = list(rows(compared))
    for line in lines(TITLES, cells) if cells else ():
        click.echo(line)
    for text in (*remarks(compared), summary(compared)):
        click.echo(text)
