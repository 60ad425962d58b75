"""`iguazioig send` and `iguazioig tail`."""

from __future__ import annotations

import contextlib
import gc
import os
import signal
import sys
from collections.abc import Callable, Iterable, Iterator
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..arguments import FILE, content_of
from ..errors import RunError, printable
from ..terminal import complain, count
from .extras import need
from .files import graph_of
from .platform import named_api, named_key, origin

if TYPE_CHECKING:
    from ..local.interrupts import Interrupts
    from ..local.streams import StreamPlace, StreamRecord

INTERVAL = 0.25  # seconds between two looks for what has come
AGAIN = 1.0  # seconds until a v3io that does not answer is asked again


def place_options(command: Callable[..., None]) -> Callable[..., None]:
    """What `send` and `tail` have in common."""
    kind = click.Path(exists=True, path_type=Path)
    text = "The graph, or the project, that names the stream; graph.yaml here by default."
    command = click.option("--graph", "-g", type=kind, metavar="GRAPH", help=text)(command)
    return click.argument("stream")(command)


@click.command()
@place_options
@click.argument("file", type=FILE)
@click.option(
    "--key",
    metavar="FIELD",
    help="The field of a message that is its partition key; the graph's by default.",
)
def send(stream: str, graph: Path | None, file: Path, key: str | None) -> None:
    """Put the lines of FILE into STREAM, in order: a stream of the graph, or container/path.

    V3IO_API and V3IO_ACCESS_KEY say where; by default the embedded v3io at its usual port.

    \b
    iguazioig send orders orders.jsonl
    iguazioig send projects/orders/streams/orders - --key order < orders.jsonl
    """
    need("run")
    from dataclasses import replace

    from ..local import sending

    place = place_named(stream, graph)
    place = replace(place, key=key) if key else place
    messages = messages_of(file)
    for remark in sending.remarks(messages, place.key):
        click.echo(f"{printable(str(file))}: {printable(remark)}", err=True)
    with client_here() as client:
        sent = sending.put(client, place, messages)
    click.echo(f"{printable(place.full)}: {count(sent, 'record')} sent")


def messages_of(file: Path) -> list[bytes]:
    """The messages of a file. Raises RunError for one that no record holds, before anything is sent."""
    from ..local.expectations import numbered_lines
    from ..local.sending import RECORD_BYTES, too_long

    messages = numbered_lines(content_of(file))
    for number, message in messages.items():
        if len(message) > RECORD_BYTES:
            raise RunError(f"{file}:{number}: the message {too_long(message)}")
    return list(messages.values())


@click.command()
@place_options
@click.option(
    "--from",
    "start",
    type=click.Choice(["earliest", "latest"]),
    help="Where to begin: earliest by default, latest with --follow.",
)
@click.option("--follow", "-f", is_flag=True, help="Go on with what comes; Ctrl-C ends it.")
@click.option(
    "--json",
    "as_json",
    is_flag=True,
    help="Each record with its shard, sequence number, partition key and time.",
)
def tail(stream: str, graph: Path | None, start: str | None, follow: bool, as_json: bool) -> None:
    """Print the messages in STREAM, one to a line: a stream of the graph, or container/path.

    \b
    iguazioig tail answers
    iguazioig tail answers --follow                        what comes from now on
    iguazioig tail answers --from earliest -f --json | jq .json
    """
    need("run")
    gc.enable()
    from ..local.interrupts import Interrupts
    from ..local.streams import Reader

    place = place_named(stream, graph)
    with (
        ending_with_its_reader(),
        client_here() as client,
        contextlib.closing(Interrupts()) as interrupts,
    ):
        readers: list[Reader] = []
        begin = start or ("latest" if follow else "earliest")

        def look() -> int:
            nonlocal begin
            if not readers:
                try:
                    readers.append(Reader(client, place, start=begin))
                except RunError:
                    begin = "earliest"  # whatever comes once it is there has come from now on
                    raise
            found = takewhile(lambda _: not interrupts.requested, readers[0].records())
            return show(found, as_json)

        if not follow:
            look()
            return
        if start is None and sys.stderr.isatty():
            click.echo("what comes from now on; --from earliest shows all", err=True)
        follow_on(look, interrupts)


def follow_on(look: Callable[[], int], interrupts: Interrupts) -> None:
    """Look for what comes into a stream until interrupted; a v3io that does not answer is waited for."""
    from multiprocessing.connection import wait

    said: set[str] = set()
    while not interrupts.requested:
        try:
            found = look()
        except RunError as error:
            if str(error) not in said:
                complain(f"{error}; asking again")
            said.add(str(error))
            wait([interrupts.news], AGAIN)
            continue
        said.clear()
        if not found:
            wait([interrupts.news], INTERVAL)


@contextlib.contextmanager
def ending_with_its_reader() -> Iterator[None]:
    """End as tools do whose output nobody reads any more, such as behind `| head`: quietly, as by SIGPIPE."""
    try:
        yield
    except BrokenPipeError:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())  # for what is not written yet
        raise click.exceptions.Exit(128 + signal.SIGPIPE) from None


def show(records: Iterable[StreamRecord], as_json: bool) -> int:
    """Print records, and say how many: as they are, but on a terminal, which they are to do nothing to."""
    out, number = sys.stdout.buffer, 0
    is_terminal = sys.stdout.isatty()
    try:
        for record in records:
            number += 1
            if as_json:
                out.write(f"{record.to_json()}\n".encode())
            elif is_terminal:
                out.write(f"{printable(record.data.decode(errors='backslashreplace'))}\n".encode())
            else:
                out.write(record.data + b"\n")
    finally:
        out.flush()
    return number


def place_named(name: str, graph: Path | None) -> StreamPlace:
    """The stream that is meant. Raises RunError."""
    from ..local.places import place_of

    path = graph if graph is not None else Path("graph.yaml")
    path = path / "graph.yaml" if path.is_dir() else path
    outline = graph_of(path)
    if outline is None and graph is not None:
        raise RunError(f"{path} is no graph that can be read; `iguazioig validate` says why")
    if outline is None and "/" not in name.strip("/"):
        raise RunError(
            f"`{name}` is a name in a graph, and there is no graph.yaml here; say which with"
            " --graph, or name the stream as container/path"
        )
    return place_of(name, outline)


@contextlib.contextmanager
def client_here() -> Iterator[Any]:
    """A client of the v3io that the environment names. Raises RunError, which says where that is if it does not answer."""
    from ..local import streams

    api = named_api()
    if "@" in api:
        raise RunError("V3IO_API holds a user or a password; say: export V3IO_ACCESS_KEY=...")
    with contextlib.closing(streams.connect(api, named_key())) as client:
        try:
            yield client
        except streams.NoAnswerError as error:
            start = "" if origin() == "V3IO_API" else "; `iguazioig v3io` or `run` starts one"
            raise RunError(f"{error} (asked {api}: {origin()}){start}") from error
