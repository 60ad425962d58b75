"""The Go program of `tests/consumer_group`: members of a consumer group as processes, and a writer of records."""

from __future__ import annotations

import base64
import json
import queue
import subprocess
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from iguazioig.emulator import V3io

CONTAINER, STREAM, GROUP = "projects", "/orders/streams/orders", "score"
PATIENCE = 120.0  # seconds; only a test that fails waits as long
INTERVALS = {"heartbeat": "200ms", "commit": "200ms", "shard-wait": "50ms", "fetch": "20ms"}


@dataclass(frozen=True)
class Event:
    """What a member printed."""

    member: str
    kind: str
    shard: int | None = None
    sequence: int | None = None
    shards: tuple[int, ...] = ()
    data: bytes = b""
    partition_key: str = ""
    client_info: bytes = b""


class Members:
    """Members of a consumer group, each a process; what they print arrives in one line."""

    def __init__(self, program: Path, replicas: int, home: Path) -> None:
        self.events: list[Event] = []
        self._program, self._replicas, self._home = program, replicas, home
        self._arriving: queue.SimpleQueue[Event] = queue.SimpleQueue()
        self._processes: dict[str, subprocess.Popen[str]] = {}
        self._readers: list[threading.Thread] = []
        self._told_to_end: set[str] = set()

    def start(self, v3io: V3io, name: str, session_timeout: str = "1s") -> None:
        """Start a member under a name that nobody has had yet."""
        intervals = {f"-{key}-interval": value for key, value in INTERVALS.items()}
        options = {
            **intervals,
            "-session-timeout": session_timeout,
            "-group": GROUP,
            "-member": name,
            "-max-replicas": str(self._replicas),
        }
        words = [word for pair in options.items() for word in pair]
        with (self._home / f"{name}.log").open("w") as log:
            process = subprocess.Popen(
                [self._program, "consume", *endpoint(v3io), *words],
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        self._processes[name] = process
        self._readers.append(threading.Thread(target=self._read, args=(name, process)))
        self._readers[-1].start()

    def _read(self, name: str, process: subprocess.Popen[str]) -> None:
        assert process.stdout is not None
        with process.stdout as lines:
            for line in lines:
                self._arriving.put(as_event(name, json.loads(line)))
        self._arriving.put(Event(name, "ended"))

    def until(self, condition: Callable[[], object]) -> None:
        """Take events until a condition holds; the test fails where a member ends that was not told to."""
        while not condition():
            try:
                self.events.append(self._arriving.get(timeout=PATIENCE))
            except queue.Empty:
                self._fail("nothing happens any more")
            if self.ended() - self._told_to_end:
                self._fail(f"{self.events[-1].member} ended")

    def _fail(self, why: str) -> None:
        logs = [f"--- {path.name}\n{path.read_text()}" for path in self._home.glob("*.log")]
        pytest.fail("\n".join([why, *map(str, self.events), *logs]))

    def of(self, kind: str, member: str | None = None) -> list[Event]:
        """The events of a kind, in order."""
        return [each for each in self.events if each.kind == kind and member in (None, each.member)]

    def places(self, member: str | None = None) -> list[tuple[int | None, int | None]]:
        """Shard and sequence number of each record that was handled, in order."""
        return [(each.shard, each.sequence) for each in self.of("record", member)]

    def committed(self) -> dict[int | None, int | None]:
        """The last sequence number that members know to be committed, by shard."""
        return {each.shard: each.sequence for each in self.of("committed")}

    def ended(self) -> set[str]:
        return {each.member for each in self.of("ended")}

    def stop(self, *names: str) -> None:
        """End members as Kubernetes does, and wait for their last commit."""
        self._told_to_end.update(names)
        for name in names:
            self._processes[name].terminate()
        self.until(lambda: self.ended() >= set(names))
        assert [self._processes[name].wait() for name in names] == [0] * len(names)

    def kill(self, name: str) -> None:
        """End a member at once."""
        self._told_to_end.add(name)
        self._processes[name].kill()
        self.until(lambda: name in self.ended())

    def close(self) -> None:
        """End everything that is left."""
        for process, reader in zip(self._processes.values(), self._readers, strict=True):
            process.kill()
            process.wait()
            reader.join()


def endpoint(v3io: V3io) -> list[str]:
    where = ["-container", CONTAINER, "-stream", STREAM]
    return ["-url", v3io.url, "-access-key", v3io.access_key, *where]


def as_event(member: str, line: dict[str, Any]) -> Event:
    return Event(
        member,
        line["event"],
        line.get("shard"),
        line.get("sequence"),
        tuple(line.get("shards") or ()),
        base64.b64decode(line.get("data") or ""),
        line.get("partition_key", ""),
        base64.b64decode(line.get("client_info") or ""),
    )


def put_with_go(program: Path, v3io: V3io, records: Iterable[dict[str, Any]]) -> list[Any]:
    """Put records in one request, and say what became of each."""
    lines = "".join(json.dumps(each) + "\n" for each in records)
    done = subprocess.run(
        [program, "put", *endpoint(v3io)], input=lines, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def encode(data: bytes) -> str:
    return base64.b64encode(data).decode()
