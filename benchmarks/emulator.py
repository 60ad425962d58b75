"""Times the embedded v3io side by side with a server that only answers, through v3io's own client.

Servers are processes of their own, asked by turns so that a busy moment meets all of them; the median of RUNS. The client
works in this process and on the same machine, so its own work is in every number: what the server that only answers reaches
is the limit.
"""

from __future__ import annotations

import argparse
import contextlib
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from measured import Measured, iguazioig, installed, wait
from v3io.dataplane import Client

RUNS = 7
PUTS, BATCHES, RECORDS = 2000, 100, 1_000_000
BATCH = 1000  # records in a put: the most that the platform takes
DATA = b"x" * 200
CONTAINER = "projects"

LIMIT, MEMORY, DISK = "a server that only answers", "embedded, in memory", "embedded, kept on disk"


@dataclass
class Server:
    """A server in a process of its own, and a client of it."""

    process: subprocess.Popen[bytes]
    client: Client
    megabytes: float = 0.0
    measured: dict[str, Measured] = field(default_factory=dict)

    def put(self, what: str, puts: int, records: int) -> None:
        """Time so many puts of so many records each into a stream of four shards."""
        stream = f"/bench/{what}"
        self.client.stream.create(CONTAINER, stream, 4, raise_for_status="never")
        batch = [{"data": DATA, "partition_key": f"key-{key}"} for key in range(records)]
        begun = time.perf_counter()
        for _ in range(puts):
            self.client.stream.put_records(CONTAINER, stream, batch)
        seconds = time.perf_counter() - begun
        self.measured.setdefault(what, Measured()).seconds.append(seconds / puts)

    def delete(self, what: str) -> tuple[float, float]:
        """Delete a stream: the seconds of that, and of the longest of the puts behind it, while records are erased."""
        begun = time.perf_counter()
        self.client.stream.delete(CONTAINER, f"/bench/{what}")
        seconds = time.perf_counter() - begun
        for _ in range(PUTS):
            self.put("behind", 1, 1)
        return seconds, max(self.measured["behind"].seconds)


def main() -> None:
    """Print a table of each measurement."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=RUNS)
    parser.add_argument("--puts", type=int, default=PUTS, help="puts of one record, in a run")
    parser.add_argument("--batches", type=int, default=BATCHES, help="puts of 1,000, in a run")
    parser.add_argument("--records", type=int, default=RECORDS, help="records that are kept")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="iguazioig-bench-") as folder:
        measure_puts(options.runs, options.puts, options.batches, Path(folder) / "puts")
        measure_memory(options.records, Path(folder) / "memory")
        measure_start(options.runs, Path(folder) / "start")


def measure_puts(runs: int, puts: int, batches: int, data: Path) -> None:
    """Records per second of puts of one record and of a thousand, by turns."""
    with contextlib.ExitStack() as stack:
        servers = {
            name: stack.enter_context(serve(command)) for name, command in contenders(data).items()
        }
        for _ in range(runs):
            for server in servers.values():
                server.put("one", puts, 1)
            for server in servers.values():
                server.put("thousand", batches, BATCH)
    for what, records in (("one", 1), ("thousand", BATCH)):
        head(f"puts of {records:,} records" if records > 1 else "puts of one record", "records/s")
        limit = servers[LIMIT].measured[what].median
        for name, server in servers.items():
            median = server.measured[what].median
            print(row(name, f"{records / median:,.0f}", f"{limit / median:.0%} of the limit"))


def measure_memory(records: int, data: Path) -> None:
    """The peak memory of a server that was filled; how long deleting all of it takes, and holds up others."""
    head(f"{records:,} records of {len(DATA)} bytes", "peak memory")
    for name, command in contenders(data).items():
        if name != LIMIT:
            with serve(command) as server:
                server.put("memory", records // BATCH, BATCH)
                seconds, longest = server.delete("memory")
            deleted = f"deleted in {seconds:.3f} s, a put behind it took {longest:.3f} s at most"
            print(row(name, f"{server.megabytes:.0f} MB", deleted), flush=True)


def measure_start(runs: int, data: Path) -> None:
    """The time from the start of a process to its first answer, by turns; on disk, from the second start on what is there."""
    commands = contenders(data)
    results = {name: Measured() for name in commands}
    for _ in range(runs):
        for name, command in commands.items():
            begun = time.perf_counter()
            with serve(command):
                results[name].seconds.append(time.perf_counter() - begun)
    head("from the start to the first answer", "seconds")
    for name, result in results.items():
        print(row(name, f"{result.median:.3f}"))


def contenders(data: Path) -> dict[str, Callable[[int], list[str]]]:
    """How each server is started on a port."""
    embedded = iguazioig("v3io", "--port")
    bare = Path(__file__).with_name("bare_server.py")
    return {
        LIMIT: lambda port: [sys.executable, str(bare), str(port)],
        MEMORY: lambda port: [*embedded, str(port)],
        DISK: lambda port: [*embedded, str(port), "--data", str(data)],
    }


@contextlib.contextmanager
def serve(command: Callable[[int], list[str]]) -> Iterator[Server]:
    """A server that has answered; at the end of the block its peak memory is known."""
    port = find_port()
    process = subprocess.Popen(
        command(port), env=installed(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        until_it_answers(process, port)
        client = Client(endpoint=f"http://127.0.0.1:{port}", access_key="bench", max_connections=1)
        server = Server(process, client)
        yield server
        client.close()
    finally:
        if process.returncode is None:
            process.terminate()
            megabytes = wait(process)
    server.megabytes = megabytes


def find_port() -> int:
    """A port that is free now."""
    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])


def until_it_answers(process: subprocess.Popen[bytes], port: int) -> None:
    """Ask until a server answers."""
    while process.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)) as asked:
            asked.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
            if asked.recv(1):
                return
        time.sleep(0.001)
    raise SystemExit(f"`{process.args}` ended instead of serving")


def head(what: str, unit: str) -> None:
    """A table's first line."""
    print(f"\n{what:<40}{unit:>14}", flush=True)


def row(name: str, value: str, share: str = "") -> str:
    """A table's line."""
    return f"  {name:<38}{value:>14}  {share}".rstrip()


if __name__ == "__main__":
    main()
