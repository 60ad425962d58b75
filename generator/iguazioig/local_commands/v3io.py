"""`iguazioig v3io`."""

from __future__ import annotations

import gc
from pathlib import Path

import click

from ..errors import RunError
from ..local import USUAL_PORT
from .extras import need
from .platform import PORT


@click.command("v3io")
@click.option(
    "--port", type=PORT, default=USUAL_PORT, show_default=True, help="0 takes a free one."
)
@click.option(
    "--host",
    default="127.0.0.1",
    show_default=True,
    help="Any other than loopback needs an access key.",
)
@click.option(
    "--data",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Keep everything in this folder; in memory by default.",
)
@click.option(
    "--access-key",
    metavar="KEY",
    envvar="IGUAZIOIG_ACCESS_KEY",
    show_envvar=True,
    help="Refuse whoever has not this key; everybody is let in by default. In the variable nobody else sees it.",
)
@click.option("--admin", is_flag=True, help="Let clients switch faults on and off.")
def v3io_(port: int, host: str, data: Path | None, access_key: str | None, admin: bool) -> None:
    """Run an embedded v3io: streams, objects and key-value items, as the platform's web API has them.

    It is for development and tests. It ends with Ctrl-C.

    \b
    iguazioig v3io                          at http://127.0.0.1:8081, in memory
    iguazioig v3io --data v3io-data         kept, also when it is killed
    V3IO_API=http://127.0.0.1:8081 V3IO_ACCESS_KEY=any python3 setup_streams.py
    """
    need("emulator")
    gc.enable()
    from .. import emulator

    def say_ready(url: str) -> None:
        kept = f"kept in {data}" if data else "in memory"
        click.echo(f"v3io is at {url}, {kept}; Ctrl-C ends it")

    try:
        emulator.run(host, port, data=data, access_key=access_key, admin=admin, ready=say_ready)
    except (emulator.EmulatorError, ValueError) as error:
        raise RunError(str(error)) from error
