"""Times what a generated step does with a record, side by side with what people write by hand.

Every handler gets the same records and sends what it makes of them to an embedded v3io in a process of its own, by turns so that a
busy moment meets all of them; the median of RUNS. Nuclio is not in it: it is the time between a record and the return of
its handler.
"""

from __future__ import annotations

import argparse
import base64
import contextlib
import http.client
import importlib
import json
import os
import resource
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from time import perf_counter
from typing import Any
from urllib.parse import urlsplit

import nuclio_sdk
import requests
from emulator import MEMORY, contenders, head, row, serve
from measured import Measured
from v3io.dataplane import Client

RUNS, RECORDS, MANY = 5, 1000, 1_000_000
ENTRIES = 100  # of a list
STEP = Path(__file__).parents[1] / "examples" / "converge" / "project" / "steps" / "price"
STREAMS = [f"/bench/out-{number}" for number in range(3)]
BODY = json.dumps({"order": "a-1", "items": ["tea", "cocoa"], "note": "x" * 100}).encode()

Handler = Callable[[Any, Any], None]

EMPTY, WITHOUT = "an empty handler", "generated, no output"
ONE, THREE, LIST = (
    "generated, one stream",
    "generated, three streams",
    f"generated, {ENTRIES} from a list",
)
CLIENT, KEPT, POST = "v3io's client by hand", "http.client by hand", "requests.post by hand"


def main() -> None:
    """Print a table of the time per message, and of the memory after many."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=RUNS)
    parser.add_argument("--records", type=int, default=RECORDS, help="in a run")
    parser.add_argument("--many", type=int, default=MANY, help="records after which memory is flat")
    options = parser.parse_args()
    with serve(contenders(Path())[MEMORY]) as server:
        for stream in STREAMS:
            server.client.stream.create("projects", stream, 4)
        url = server.client._transport._endpoint
        os.environ.update(V3IO_API=url, V3IO_ACCESS_KEY="bench")
        with handlers(url, server.client) as known:
            measure_time(known, options.runs, options.records)
            measure_memory(known[WITHOUT], options.many)


def measure_time(known: dict[str, Handler], runs: int, records: int) -> None:
    """Microseconds per message, by turns."""
    results = {name: Measured() for name in known}
    context, event = surroundings()
    for _ in range(runs):
        for name, handler in known.items():
            entries = ENTRIES if name == LIST else 1
            calls = max(1, records // entries)
            begun = perf_counter()
            for _ in range(calls):
                handler(context, event)
            results[name].seconds.append((perf_counter() - begun) / calls / entries)
    head("a record, and what comes of it", "µs/message")
    by_hand = results[CLIENT].median
    for name, result in results.items():
        share = f"{by_hand / result.median:.2f} times as fast as {CLIENT}"
        if name in (EMPTY, WITHOUT, CLIENT):
            share = ""
        print(row(name, f"{result.median * 1e6:,.1f}", share))


def measure_memory(handler: Handler, many: int) -> None:
    """The peak memory of this process, before and after many records."""
    context, event = surroundings()
    head(f"{many:,} records", "peak memory")
    for what in ("before", "after"):
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(row(what, f"{peak:.1f} MB"), flush=True)
        if what == "before":
            for _ in range(many):
                handler(context, event)


def surroundings() -> tuple[Any, Any]:
    """A context, and an event of a record, as Nuclio's wrapper has them."""
    trigger = nuclio_sdk.TriggerInfo("v3io-stream", "orders")
    event = nuclio_sdk.Event(body=BODY, shard_id=1, offset=7, topic="/bench/in", trigger=trigger)
    return nuclio_sdk.Context(nuclio_sdk.Logger(100, "bench")), event


@contextlib.contextmanager
def handlers(url: str, client: Client) -> Iterator[dict[str, Handler]]:
    """What is compared."""
    host = urlsplit(url).netloc
    connection = http.client.HTTPConnection(host)
    address = f"{url}/projects{STREAMS[0]}"
    headers = {"X-v3io-function": "PutRecords", "X-v3io-session-key": "bench"}

    def records(event: Any) -> tuple[bytes, str]:
        message = json.loads(event.body)
        return json.dumps(message).encode(), message["order"]

    def request(event: Any) -> bytes:
        data, key = records(event)
        record = {"Data": base64.b64encode(data).decode(), "PartitionKey": key}
        return json.dumps({"Records": [record]}).encode()

    def by_client(context: Any, event: Any) -> None:
        data, key = records(event)
        client.stream.put_records("projects", STREAMS[0], [{"data": data, "partition_key": key}])

    def by_connection(context: Any, event: Any) -> None:
        connection.request("POST", urlsplit(address).path, request(event), headers)
        connection.getresponse().read()

    def by_requests(context: Any, event: Any) -> None:
        requests.post(address, request(event), headers=headers, timeout=10).raise_for_status()

    yield {
        EMPTY: lambda context, event: None,
        WITHOUT: generated([]),
        ONE: generated(STREAMS[:1]),
        THREE: generated(STREAMS),
        LIST: generated(STREAMS[:1], entries=ENTRIES),
        CLIENT: by_client,
        KEPT: by_connection,
        POST: by_requests,
    }
    connection.close()


def generated(streams: list[str], entries: int | None = None) -> Handler:
    """The handler of a generated step whose method returns its message, or a list of so many with different keys."""
    sys.path.insert(0, str(STEP))
    delivery = importlib.import_module("delivery")
    outputs = [delivery.Stream("projects", path, partition_key="order") for path in streams]
    step = delivery.Step(project="bench", name="bench", outputs=outputs)
    step.open(surroundings()[0])

    def process(context: Any, message: Any) -> Any:
        if entries is None:
            return message
        return [{**message, "order": f"a-{number}"} for number in range(entries)]

    return lambda context, event: step.deliver(context, event, process)


if __name__ == "__main__":
    main()
