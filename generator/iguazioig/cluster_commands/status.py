"""`iguazioig status`: how a project is where it runs."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..arguments import edited_since, project_argument
from .options import format_option, from_option, nuctl_options

if TYPE_CHECKING:
    from ..graph import Stream
    from ..status import FoundStream, Look, Status


@click.command()
@project_argument
@nuctl_options
@from_option
@click.option("--no-streams", is_flag=True, help="Look at the steps only: v3io is not asked.")
@format_option
def status(
    project: Path,
    namespace: str | None,
    platform: str | None,
    answer: Path | None,
    no_streams: bool,
    form: str,
) -> None:
    """Say how the steps and streams of PROJECT are where it runs.

    Of each step whether it is deployed, ready, and what is here; of each stream whether it is there, with its shards
    and its retention, and how many records each consumer group is not done with. V3IO_API and V3IO_ACCESS_KEY say
    where the streams are. Exit code 1 where anything is not as it should be; a lag is no reason.

    \b
    iguazioig status fraud
    iguazioig status fraud --namespace team --format json | jq '.steps[] | select(.status != "in sync")'
    """
    from ..drift import committed_steps, compare_project
    from ..status import status_of
    from .reading import graph_of, running

    graph = graph_of(project)
    steps = committed_steps(project)
    found = compare_project(steps, running(answer, namespace or graph.namespace, platform))
    with v3io(asked=not no_streams) as look:
        told = status_of(graph, found, project, look)
    show(told, project, form)
    warn(project)
    if not told.is_fine:
        raise click.exceptions.Exit(1)


def warn(project: Path) -> None:
    """Say where the graph beside a project is another one by now: what runs was compared with the project alone."""
    from ..errors import printable

    graph = edited_since(project)
    if graph is not None:
        text = f"warning: {graph} has changed since {project} was generated; this is about {project} as it is"
        click.secho(printable(text), fg="yellow", err=True)


@contextlib.contextmanager
def v3io(*, asked: bool) -> Iterator[Look | None]:
    """Who says how streams are; None where nobody is to be asked."""
    if not asked:
        yield None
        return
    from ..status.v3io import find, named_v3io

    with named_v3io() as client:

        def look(stream: Stream, groups: tuple[str, ...]) -> FoundStream | None:
            return find(client, stream.container, stream.path, groups)

        yield look


def show(told: Status, project: Path, form: str) -> None:
    """Print the state of a project."""
    from ..errors import printable
    from ..status.described import described
    from ..status.rows import (
        STEP_TITLES,
        STREAM_TITLES,
        remarks,
        step_rows,
        stream_rows,
        summary,
    )
    from .table import lines

    if form == "json":
        click.echo(json.dumps(described(told), indent=2, ensure_ascii=False))
        return
    click.echo("\n".join(lines(STEP_TITLES, step_rows(told))))
    if streams := list(stream_rows(told)):
        click.echo("\n".join(["", *lines(STREAM_TITLES, streams)]))
    click.echo("\n".join(["", *remarks(told, printable(str(project))), summary(told)]))
