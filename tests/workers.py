"""Generated steps at work: each worker a process, as under Nuclio, fed from the streams of an embedded v3io.

As a program: `workers.py STEP` imports the handler in the folder STEP, and takes records from standard input, one as
JSON to a line. For each it says `done` when the handler has returned.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import platforms
import yaml
from iguazioig.emulator import ACCESS_KEY, Record, V3io, serve
from loopback import Loopback


@dataclass
class Trigger:
    """A stream that a step reads, and the shards of it that this replica has."""

    name: str
    container: str
    path: str
    shards: range


@dataclass
class Replica:
    """One replica of a step, with one worker. `committed` has the records of each shard that the worker is done with."""

    folder: Path
    environment: Mapping[str, str]
    triggers: list[Trigger]
    process: subprocess.Popen[str] | None = None
    committed: dict[tuple[str, int], int] = field(default_factory=dict)

    def start(self) -> None:
        command = [sys.executable, __file__, str(self.folder)]
        with (self.folder / "log.txt").open("a") as log:
            self.process = subprocess.Popen(
                command,
                env=self.environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )

    def send(self, **event: Any) -> None:
        """Give the worker a record; start it where there is none."""
        if self.process is None:
            self.start()
        assert self.process is not None
        assert self.process.stdin is not None
        print(json.dumps(event), file=self.process.stdin, flush=True)

    def wait(self) -> None:
        """Wait until the worker is done with the record."""
        assert self.process is not None
        assert self.process.stdout is not None
        assert self.process.stdout.readline() == "done\n", (self.folder / "log.txt").read_text()

    def kill(self) -> None:
        """End the worker as a lack of memory does; what it has in memory is gone."""
        if self.process is not None:
            self.process.kill()
            self.close()

    def close(self) -> None:
        """Close what leads to the worker, and wait for its end."""
        if self.process is not None:
            with contextlib.suppress(BrokenPipeError):
                self.process.communicate()
        self.process = None

    def deliver(self, trigger: Trigger, record: Record) -> None:
        """Have one record handled, and commit it."""
        self.send(**describe(trigger, record))
        self.wait()
        self.committed[trigger.name, record.shard] = record.sequence_number

    def pending(self, v3io: V3io) -> Iterator[tuple[Trigger, Record]]:
        """The records that are not committed, of each shard in order."""
        for trigger in self.triggers:
            for record in v3io.records(trigger.container, trigger.path):
                done = self.committed.get((trigger.name, record.shard), 0)
                if record.shard in trigger.shards and record.sequence_number > done:
                    yield trigger, record


def describe(trigger: Trigger, record: Record) -> dict[str, Any]:
    """An event of Nuclio's v3ioStream trigger (nuclio-facts 3.4)."""
    return {
        "body": record.data.decode("latin-1"),
        "shard": record.shard,
        "offset": record.sequence_number,
        "topic": trigger.path,
        "kind": "v3io-stream",
        "trigger": trigger.name,
    }


class Cluster:
    """The steps of a generated project, with the replicas and shards that their function.yaml says."""

    def __init__(self, project: Path, v3io: V3io, environment: Mapping[str, str]) -> None:
        self.v3io = v3io
        self.environment = environment
        self.replicas: dict[str, list[Replica]] = {}
        for folder in sorted((project / "steps").iterdir()):
            spec = yaml.safe_load((folder / "function.yaml").read_text())["spec"]
            count = range(spec["maxReplicas"])
            self.replicas[folder.name] = [
                self._replica(folder, spec, each, len(count)) for each in count
            ]

    def _replica(self, folder: Path, spec: Mapping[str, Any], index: int, count: int) -> Replica:
        own = {each["name"]: each["value"] for each in spec["env"] if "value" in each}
        access = {"V3IO_API": self.v3io.url, "V3IO_ACCESS_KEY": self.v3io.access_key}
        environment = {"PATH": os.environ["PATH"], **own, **access, **self.environment}
        triggers = [
            self._trigger(name, trigger["attributes"], index, count)
            for name, trigger in spec.get("triggers", {}).items()
        ]
        return Replica(folder, environment, triggers)

    def _trigger(self, name: str, attributes: Mapping[str, Any], index: int, count: int) -> Trigger:
        stream = attributes["containerName"], attributes["streamPath"]
        shards = platforms.shards(self.v3io, *stream)
        return Trigger(name, *stream, range(shards * index // count, shards * (index + 1) // count))

    def drain(self) -> None:
        """Let every step handle what there is, until there is nothing more."""
        while work := [
            (each, *found) for each in self.everyone() for found in each.pending(self.v3io)
        ]:
            for replica, trigger, record in work:
                replica.deliver(trigger, record)

    def rewind(self) -> None:
        """Forget what is committed: every record is delivered once more."""
        for replica in self.everyone():
            replica.committed.clear()

    def everyone(self) -> Iterator[Replica]:
        for replicas in self.replicas.values():
            yield from replicas

    def log(self, step: str) -> str:
        return (self.replicas[step][0].folder / "log.txt").read_text()

    def close(self) -> None:
        for replica in self.everyone():
            replica.close()


class Inbox:
    """An endpoint for the messages of `https` outputs."""

    def __init__(self) -> None:
        self.got: list[tuple[str, Any]] = []
        self.server = Loopback(type("Handler", (_InboxHandler,), {"inbox": self}))
        self.url = self.server.url
        self.before_answer = lambda: None


class _InboxHandler(BaseHTTPRequestHandler):
    inbox: Inbox
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.inbox.got.append((self.path, json.loads(body)))
        self.inbox.before_answer()
        self.send_response(204)
        self.send_header("Content-Length", "0")
        self.end_headers()


@contextlib.contextmanager
def inbox() -> Iterator[Inbox]:
    """An Inbox for as long as the block runs."""
    made = Inbox()
    made.server.listen()
    try:
        yield made
    finally:
        made.server.stop()


@contextlib.contextmanager
def cluster(project: Path, **environment: str) -> Iterator[Cluster]:
    """The steps of a project at a v3io that has the streams of its setup_streams.py."""
    with serve(access_key=ACCESS_KEY) as v3io:
        access = {"V3IO_API": v3io.url, "V3IO_ACCESS_KEY": v3io.access_key}
        command = [sys.executable, "setup_streams.py"]
        subprocess.run(
            command, cwd=project, env={**os.environ, **access}, capture_output=True, check=True
        )
        made = Cluster(project, v3io, environment)
        try:
            yield made
        finally:
            made.close()


def main(folder: str) -> None:
    import nuclio_sdk
    import nuclio_sdk.test

    answers, sys.stdout = sys.stdout, sys.stderr  # Nuclio's logger writes to standard output
    sys.path.insert(0, folder)
    import handler  # type: ignore[import-not-found]

    platform = nuclio_sdk.test.Platform()
    for line in sys.stdin:
        event = json.loads(line)
        platform.call_handler(
            handler.handler,
            nuclio_sdk.Event(
                body=event["body"].encode("latin-1"),
                shard_id=event["shard"],
                offset=event["offset"],
                topic=event["topic"],
                trigger=nuclio_sdk.TriggerInfo(event["kind"], event["trigger"]),
            ),
        )
        print("done", file=answers, flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
