"""`iguazioig run`."""

from __future__ import annotations

import contextlib
import gc
import os
import shutil
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..arguments import FILE, content_of, environment_option, source_of
from ..errors import RunError, printable
from ..local import USUAL_PORT
from ..terminal import complain, count, report
from .extras import need
from .files import outline_of
from .platform import PORT, named_key

if TYPE_CHECKING:
    from ..graph import Graph


def assigned(form: str, kind: click.Path) -> Callable[[Any], tuple[str, Path]]:
    """Reads `NAME=PATH`, of a `form` such as `STREAM=FILE`."""

    def convert(value: Any) -> tuple[str, Path]:
        name, equals, path = value.partition("=") if isinstance(value, str) else ("", "", "")
        if not (name and equals and path):
            raise click.BadParameter(f"`{value}` is not of the form {form}")
        return name, Path(str(kind.convert(path, None, None)))

    return convert


def by_step(crashes: tuple[tuple[str, int], ...]) -> dict[str, int]:
    """The points at which steps are to crash, one for a step."""
    points: dict[str, int] = {}
    for step, number in crashes:
        if step in points:
            said = (
                f"`{step}` is to crash at {points[step]} and at {number}; one of them is possible"
            )
            raise click.BadParameter(said, param_hint="--crash")
        points[step] = number
    return points


def check_engine(engine: str, processor: Path | None, local: Mapping[str, bool]) -> None:
    """What only one engine can do is not asked of the other."""
    if engine == "local":
        if processor is not None:
            raise click.UsageError("--processor names what `--engine processor` runs; say both")
        return
    for option, given in local.items():
        if given:
            raise click.UsageError(f"{option} is of `--engine local`; a processor is as it is")


def crash_point(value: str) -> tuple[str, int]:
    """Reads `STEP@N`."""
    step, at, number = value.rpartition("@")
    if not (step and at and number.isdecimal() and int(number) > 0):
        raise click.BadParameter(f"`{value}` is not of the form STEP@N, as in price@100")
    return step, int(number)


LONGEST = 30 * 86_400.0
"""Seconds: what a run is asked to last is no more than a month."""

MESSAGES = assigned("STREAM=FILE", FILE)


@click.command()
@click.argument("project", type=click.Path(exists=True, path_type=Path), metavar="PROJECT|GRAPH")
@click.option(
    "--send",
    "sends",
    type=MESSAGES,
    multiple=True,
    metavar="STREAM=FILE",
    help="Put the lines of FILE into a stream, once every step is ready. May be repeated.",
)
@click.option(
    "--expect",
    "expects",
    type=MESSAGES,
    multiple=True,
    metavar="STREAM=FILE",
    help="Exit with 1 unless the lines of FILE, and nothing else, arrive in a stream. May be repeated.",
)
@click.option(
    "--until-idle",
    is_flag=True,
    help="End when every message is done with; exit with 1 if it ends before.",
)
@click.option(
    "--for",
    "duration",
    metavar="DURATION",
    help="End this long after every step is ready, such as 30s or 5m.",
)
@click.option(
    "--replicas",
    type=click.IntRange(1, 64),
    metavar="N",
    help="Replicas of every step; as function.yaml says by default.",
)
@click.option(
    "--mount",
    "mounts",
    type=assigned("NAME=DIR", click.Path(file_okay=False, path_type=Path)),
    multiple=True,
    metavar="NAME=DIR",
    help="A local folder for a volume of the graph; it is created. May be repeated.",
)
@click.option(
    "--crash",
    "crashes",
    type=crash_point,
    multiple=True,
    metavar="STEP@N",
    help="Kill a process of this step behind its Nth record; exit with 1 if it never came so far. May be repeated for other steps.",
)
@click.option(
    "--faithful",
    is_flag=True,
    help="As slow as Nuclio: reads every 250 ms, waits for members that have died.",
)
@click.option(
    "--engine",
    type=click.Choice(["local", "processor"]),
    default="local",
    show_default=True,
    help="What runs the steps: processes of our own, or Nuclio's real processor.",
)
@click.option(
    "--processor",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="PATH",
    help="For --engine processor: where it is; IGUAZIOIG_PROCESSOR, or the one in the PATH, by default.",
)
@click.option(
    "--v3io",
    "api",
    metavar="URL",
    help="Use the v3io there, with V3IO_ACCESS_KEY; by default one is started.",
)
@click.option(
    "--port",
    type=PORT,
    help=f"Where the started v3io listens; {USUAL_PORT}, or a free port, by default.",
)
@click.option(
    "--logs",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    default=Path("iguazioig-run"),
    show_default=True,
    help="Where each step's log goes, into a folder named as the project; it replaces that of the run before.",
)
@click.option(
    "--modules",
    "-m",
    multiple=True,
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    metavar="DIR",
    help="For a GRAPH: a further folder with your modules. May be repeated.",
)
@environment_option
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def run(
    project: Path,
    sends: tuple[tuple[str, Path], ...],
    expects: tuple[tuple[str, Path], ...],
    until_idle: bool,
    duration: str | None,
    replicas: int | None,
    mounts: tuple[tuple[str, Path], ...],
    crashes: tuple[tuple[str, int], ...],
    faithful: bool,
    engine: str,
    processor: Path | None,
    api: str | None,
    port: int | None,
    logs: Path,
    modules: tuple[Path, ...],
    environment: str | None,
    as_json: bool,
) -> None:
    """Run a generated project, or the project of a graph, on this machine.

    Its own setup_streams.py creates the streams in an embedded v3io; every replica of every step is a process that reads them as
    Nuclio does, with as many workers as its function.yaml says. Exit code 1 where a record was lost, what was expected did not arrive,
    or what was asked for did not happen.

    \b
    iguazioig run orders --mount results=out
    iguazioig run graph.yaml --send orders=orders.jsonl --until-idle
    iguazioig run orders --send orders=orders.jsonl --expect answers=answers.jsonl --until-idle --crash price@100

    What its tables show:

    \b
    in             records that a worker was given
    out            records that the step put into streams, dead letters apart
    failed         records whose handler raised: they are lost
    dead letters   records that the step gave up, in its error stream with the cause
    redelivered    records that came again after a process had died
    lag            records that the step is not done with
    records/s      since the look before; in the summary, over the whole run
    median, 99 %   how long the handler took for half, and for 99 of 100 records
    waiting for    consumer groups, and how many of the stream's records each is not done with
    -              nobody can say
    """
    need("emulator", "run")
    gc.enable()
    from ..local.engine import find_engine
    from ..local.interrupts import Interrupts
    from ..local.request import RunRequest
    from ..local.session import run as run_session
    from ..local.supervisor import RunOptions
    from ..quantities import seconds
    from ..run_view import choose_view, result_as_json, show_result

    try:
        limit = None if duration is None else seconds(duration)
        if limit is not None and limit > LONGEST:
            raise ValueError(f"`{duration}` is longer than {LONGEST / 86_400:.0f} days")
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--for") from error
    points = by_step(crashes)
    check_engine(engine, processor, {"--crash": bool(crashes), "--faithful": faithful})
    messages = [(name, content_of(path)) for name, path in sends]
    expected = [(name, content_of(path)) for name, path in expects]
    try:
        with (
            contextlib.closing(Interrupts()) as interrupts,
            tempfile.TemporaryDirectory(prefix="iguazioig-run-") as temporary,
        ):
            interrupts.at_once.callback(shutil.rmtree, temporary, ignore_errors=True)
            folder, graph = project_of(project, modules, environment, Path(temporary) / "project")
            home = Path(temporary) / "home"
            home.mkdir()
            options = RunOptions(
                project=folder,
                logs=logs.resolve() / (graph.title if graph else folder.name),
                home=home,
                replicas=replicas,
                mounts={name: made(path) for name, path in mounts},
                crashes=points,
                faithful=faithful,
                engine=find_engine(processor, os.environ) if engine == "processor" else None,
            )
            request = RunRequest(
                options=options,
                graph=graph,
                made_of=None if project.is_dir() else project,
                api=api,
                access_key=named_key(),
                port=free_port(port) if api is None else 0,
                sends=messages,
                expects=expected,
                until_idle=until_idle,
                seconds=limit,
            )
            with contextlib.closing(choose_view()) as view:
                result = run_session(request, view, interrupts)
    except KeyboardInterrupt:
        click.echo("interrupted before every step was ready; nothing is left running", err=True)
        raise click.exceptions.Exit(1) from None
    if as_json:
        click.echo(result_as_json(result))
    else:
        show_result(result)
    if result.failure:
        complain(result.failure)
    if not result.is_good:
        raise click.exceptions.Exit(1)


def project_of(
    path: Path, modules: tuple[Path, ...], environment: str | None, temporary: Path
) -> tuple[Path, Graph | None]:
    """The folder of a project and its graph; a graph becomes a project in a temporary folder."""
    if path.is_dir():
        if environment is not None:
            raise click.UsageError("--env goes with a graph; a project is of its environment")
        return path.resolve(), own_graph(path)
    from .. import deployment
    from ..folder.write import write
    from ..project import render

    loaded = deployment.load(source_of(path, environment), modules=modules)
    report(loaded.warnings)
    write(render(loaded.plan()), temporary / loaded.graph.slug)
    return temporary / loaded.graph.slug, loaded.graph


def own_graph(project: Path) -> Graph | None:
    """The graph that a project came from; where there is none, or none that can be read, say what that means."""
    from ..errors import GraphError

    try:
        return outline_of(project / "graph.yaml")
    except GraphError as error:
        if not any(project.glob("steps/*/function.yaml")):
            return None  # it is no project: there is something else to say
        first, *others = error.problems
        more = f" (and {count(len(others), 'problem')} more)" if others else ""
        meant = "without the graph dead letters are not counted, and streams have no names"
        click.echo(f"{printable(str(first))}{more}; {meant}", err=True)
        return None


def made(path: Path) -> Path:
    """A folder, which is created if need be."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise RunError(f"{path} cannot be created: {error.strerror}") from error
    return path.resolve()


def free_port(port: int | None) -> int:
    """The port that was asked for; if none was, v3io's own where it is free, or else any."""
    if port is not None:
        return port
    import socket

    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", USUAL_PORT))
        except OSError:
            return 0
    return USUAL_PORT
