"""Times steps on Nuclio's real processor, where it is found: an empty handler, which is the limit, and generated ones.

A processor with one worker reads a stream of four shards; the time is from the first record in it to the last one that is done
with: for steps with an output when all messages are there. By turns, the median of RUNS. `iguazioig run --engine processor`
finds the engine in the same places; without one there is a line that says so.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from emulator import MEMORY, contenders, head, row, serve
from iguazioig.deployment import load
from iguazioig.errors import RunError
from iguazioig.folder.write import write
from iguazioig.local import streams
from iguazioig.local.engine import Engine, find_engine
from iguazioig.local.interrupts import Interrupts
from iguazioig.local.steps import read_steps
from iguazioig.local.streams import StreamPlace
from iguazioig.local.supervisor import RunOptions, Supervisor
from iguazioig.project import render
from iguazioig.source import Source
from measured import Measured

RUNS, RECORDS, PUT = 3, 20_000, 1000
KEY = "bench"
SHARDS = 4

GRAPH = """\
apiVersion: 0.2.0
project:
  name: bench
  partition_key_name: key
  v3io_streams:
    in: {{container: projects, shards: {shards}, path: {path}/in}}
    out: {{container: projects, shards: {shards}, path: {path}/out}}
  functions:
    - name: step
      input_streams: {{in: {{max_workers: 1, read_batch_size: 1000}}}}
      class_module: step
      class_name: Step
      methods: [apply]
      log_level: error
      outputs: {{streams: [{output}]}}
      delivery: {{{delivery}}}
"""
MODULE = """\
class Step:
    def apply(self, context, message):
        return message
"""
EMPTY = """\
def handler(context, event):
    pass
"""
BY_HAND = """\
import base64
import json
import os

import requests

URL = os.environ["V3IO_API"] + "/projects{path}/out/"
HEADERS = {{"X-v3io-function": "PutRecords", "X-v3io-session-key": os.environ["V3IO_ACCESS_KEY"]}}


def handler(context, event):
    message = json.loads(event.body)
    data = base64.b64encode(json.dumps(message).encode()).decode()
    body = json.dumps({{"Records": [{{"Data": data, "PartitionKey": message["key"]}}]}})
    requests.post(URL, body, headers=HEADERS, timeout=10).raise_for_status()
"""

LIMIT = "an empty handler"
# By name: the output, the settings of delivery, and a handler in place of the generated one.
STEPS = {
    LIMIT: ("", "", EMPTY),
    "generated, no output": ("", "", None),
    "generated, one stream": ("out", "", None),
    "generated, batch: 16": ("out", "batch: 16", None),
    "generated, batch: 64": ("out", "batch: 64", None),
    "generated, batch: 256": ("out", "batch: 256", None),
    "requests.post by hand": ("out", "", BY_HAND),
}


def main() -> None:
    """Print a table of records per second."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=RUNS)
    parser.add_argument("--records", type=int, default=RECORDS)
    options = parser.parse_args()
    try:
        engine = find_engine(None, os.environ)
    except RunError as error:
        print(f"\nNO REAL NUCLIO, NOTHING IS MEASURED ON IT: {error}")
        return
    results = {name: Measured() for name in STEPS}
    with serve(contenders(Path())[MEMORY]) as server:
        api = server.client._transport._endpoint
        for number in range(options.runs):
            for name in STEPS:
                seconds = measure(name, number, options.records, engine, api, server.client)
                results[name].seconds.append(seconds / options.records)
    head("on the real processor, one worker", "records/s")
    limit = results[LIMIT].median
    for name, result in results.items():
        share = "" if name == LIMIT else f"{limit / result.median:.2f} of an empty handler"
        print(row(name, f"{1 / result.median:,.0f}", share))


def measure(name: str, number: int, records: int, engine: Engine, api: str, client: Any) -> float:
    """The seconds that a step takes for so many records."""
    path = f"/{name.replace(' ', '-').replace(':', '').replace(',', '').replace('.', '-')}-{number}"
    for stream in ("in", "out"):
        client.stream.create("projects", f"{path}/{stream}", SHARDS)
    output = STEPS[name][0]
    with tempfile.TemporaryDirectory(prefix="iguazioig-bench-") as folder:
        home = Path(folder)
        generate(home, path, *STEPS[name])
        with running(home, engine, api) as supervisor:
            begun = time.perf_counter()
            for first in range(0, records, PUT):
                client.stream.put_records("projects", f"{path}/in", batch(first, PUT))
            while (there(client, path) if output else handled(supervisor)) < records:
                supervisor.turn(0.02)
            return time.perf_counter() - begun


def batch(first: int, count: int) -> list[dict[str, Any]]:
    """Records with a few hundred keys."""
    return [
        {
            "data": json.dumps({"key": f"k{number % 499}", "n": number, "note": "x" * 100}),
            "partition_key": f"k{number % 499}",
        }
        for number in range(first, first + count)
    ]


def there(client: Any, path: str) -> int:
    """How many messages are in the output."""
    place = StreamPlace("out", "projects", f"{path}/out")
    return sum(end for end, _ in streams.positions(client, place, SHARDS, []).values())


def handled(supervisor: Supervisor) -> int:
    """How many records the step has handled."""
    return supervisor.progress_of("step").handled


def generate(home: Path, path: str, output: str, delivery: str, handler: str | None) -> None:
    """The project of one step, perhaps with a handler of its own."""
    (home / "modules").mkdir()
    (home / "modules" / "step.py").write_text(MODULE)
    graph = GRAPH.format(path=path, shards=SHARDS, output=output, delivery=delivery)
    loaded = load(Source("graph.yaml", graph.encode(), home))
    write(render(loaded.plan()), home / "project")
    if handler is not None:
        own = home / "project" / "steps" / "step" / "handler.py"
        own.write_text(handler.format(path=path) if "{path}" in handler else handler)


@contextlib.contextmanager
def running(home: Path, engine: Engine, api: str) -> Iterator[Supervisor]:
    """The step on a processor."""
    for folder in ("home", "logs"):
        (home / folder).mkdir()
    options = RunOptions(
        project=home / "project", logs=home / "logs", home=home / "home", engine=engine
    )
    steps = read_steps(home / "project")
    with contextlib.closing(Interrupts()) as interrupts:
        made = Supervisor(options, steps, api, lambda step: KEY, interrupts, print)
        with contextlib.closing(made) as supervisor:
            supervisor.start()
            yield supervisor


if __name__ == "__main__":
    main()
