"""An embedded v3io: the platform's web API as its real clients speak it, for a laptop, a test or CI.

with iguazioig.emulator.serve() as v3io:
    v3io.create_stream("projects", "/orders/streams/orders", shards=4)
    …                                                     # any client at v3io.url with v3io.access_key
    v3io.records("projects", "/orders/streams/orders")    # what is in the stream

Importing it is cheap: the HTTP server is imported where one starts. It needs the extra `iguazioig[emulator]`.

Each module imports only what is to the left of it, or in a line below:

    service    fault_words faults ledger admin connections server service threads embedded
    functions  attributes expressions items objects reading scans listings inspection functions
    storage    record store nodes deletion retention streams database
    wire       errors paths requests responses
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path

from .embedded import ACCESS_KEY, V3io
from .errors import EmulatorError, V3ioError
from .record import Record

__all__ = ["ACCESS_KEY", "EmulatorError", "Record", "V3io", "V3ioError", "run", "serve"]


@contextlib.contextmanager
def serve(
    host: str = "127.0.0.1",
    port: int = 0,
    *,
    data: Path | str | None = None,
    access_key: str | None = None,
    watch: bool = False,
    admin: bool = False,
    containers: tuple[str, ...] = (),
) -> Iterator[V3io]:
    """A v3io for as long as the block runs, in a thread of its own; port 0 is a free one.

    It is in memory, or in the folder `data`. Where `access_key` is set every request must bring it. `watch` lets clients
    wait for records and count them, below `/.iguazioig/`; `admin` lets them switch faults, too. `containers` are there
    beside bigdata, projects and users.

    EmulatorError where the port or the folder cannot be had; ValueError where it would listen to other machines
    without an access key.
    """
    from .service import Options
    from .threads import Thread

    options = Options(
        host=host,
        port=port,
        data=None if data is None else Path(data),
        access_key=access_key,
        watch=watch,
        admin=admin,
        containers=containers,
    )
    with Thread(options) as thread:
        yield V3io(thread, access_key or ACCESS_KEY)


def run(
    host: str = "127.0.0.1",
    port: int = 8081,
    *,
    data: Path | str | None = None,
    access_key: str | None = None,
    admin: bool = False,
    containers: tuple[str, ...] = (),
    ready: Callable[[str], object] = lambda url: None,
) -> None:
    """A v3io until SIGINT or SIGTERM, which lets clients of this machine watch; otherwise as `serve`.

    `ready` is called with its URL as soon as it listens.
    """
    from .service import Options, is_loopback
    from .threads import run_until_signal

    options = Options(
        host=host,
        port=port,
        data=None if data is None else Path(data),
        access_key=access_key,
        watch=is_loopback(host),
        admin=admin,
        containers=containers,
    )
    run_until_signal(options, ready)
