"""A generated step at work in a test: its processes, and how far it is."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NoReturn

import pytest

from ..emulator import Record, V3io
from ..errors import NotReadyError
from ..local import preflight
from ..local.events import KIND, event_of
from ..local.reports import Assignment
from ..local.steps import StreamTrigger, read_step
from ..local.workers import NotStartedError, Worker


class RunningStep:
    """The step in `folder`; `home` is where its processes are, `mounts` has the local folders of volumes by their names."""

    def __init__(self, folder: Path, home: Path, mounts: Mapping[str, Path], server: V3io) -> None:
        __tracebackhide__ = True
        self._step = read_step(folder / "function.yaml")
        self._log = home / f"{self._step.name}.log"
        self._log.touch()
        self._workers: dict[str, Worker] = {}
        self._done: dict[tuple[str, int], int] = {}
        self._acknowledged: dict[tuple[str, int], int] = {}
        problems = preflight.inspect([self._step], mounts)
        if any(problem.severity == "error" for problem in problems):
            pytest.fail(str(NotReadyError(problems)))
        self._assignment = Assignment(
            step=self._step,
            replica=0,
            replicas=1,
            api=server.url,
            access_key=server.access_key,
            member=self._step.name,
            env=preflight.variables(self._step, server.url, server.access_key),
            mounts=preflight.folders(self._step, mounts),
            log=str(self._log),
            home=str(home),
        )

    @property
    def log(self) -> str:
        """All that the step has logged."""
        return self._log.read_text(errors="replace")

    def run(self, server: V3io, deadline: float) -> int:
        """Handle what is there and not handled yet, until `deadline` (monotonic, in seconds); return how much that was."""
        __tracebackhide__ = True
        before = len(self.log)
        pending = list(self._pending(server))
        try:
            for trigger, record in pending:
                self._handle(trigger, record, deadline)
            for trigger, record in pending:
                if trigger.explicit:
                    self._settle(trigger, record, deadline)
        finally:
            print(self.log[before:], end="")
        return len(pending)

    def close(self) -> None:
        """End the processes."""
        for worker in self._workers.values():
            worker.kill()

    def _pending(self, server: V3io) -> Iterator[tuple[StreamTrigger, Record]]:
        for trigger in self._step.streams:
            for record in server.records(trigger.container, trigger.path):
                if record.sequence_number > self._done.get((trigger.name, record.shard), 0):
                    yield trigger, record

    def _handle(self, trigger: StreamTrigger, record: Record, deadline: float) -> None:
        """Have one record handled, as the event that Nuclio makes of it (nuclio-facts 3.4)."""
        __tracebackhide__ = True
        if trigger.name not in self._workers:
            self._start(trigger, deadline)
        worker = self._workers[trigger.name]
        event = event_of(
            trigger, record.shard, record.sequence_number, record.data, record.arrival / 1e9
        )
        worker.give(event, record)
        place = f"record {record.sequence_number} of `{trigger.name}`, shard {record.shard}"
        answer = self._hear(trigger, deadline, f"has not handled {place}", place)
        while "acknowledged" in answer:
            answer = self._hear(trigger, deadline, f"has not handled {place}", place)
        if answer["error"]:
            self._fail(f"raised {answer['error']} at {place}")
        self._done[trigger.name, record.shard] = record.sequence_number

    def _settle(self, trigger: StreamTrigger, record: Record, deadline: float) -> None:
        """Wait until the step itself says that it is done with a record, where that is how it is (nuclio-facts 3.6)."""
        __tracebackhide__ = True
        place = f"record {record.sequence_number} of `{trigger.name}`, shard {record.shard}"
        while self._acknowledged.get((trigger.name, record.shard), 0) < record.sequence_number:
            self._hear(trigger, deadline, f"has not acknowledged {place}", place)

    def _hear(
        self, trigger: StreamTrigger, deadline: float, late: str, place: str
    ) -> dict[str, Any]:
        """What the worker says next; what it acknowledges is noted."""
        __tracebackhide__ = True
        worker = self._workers[trigger.name]
        self._wait(worker, deadline, late)
        try:
            answer = worker.take()
        except (EOFError, ConnectionResetError):
            self._fail(f"ended with exit code {worker.process.wait()} at {place}")
        if "acknowledged" in answer:
            _, shard, number = answer["acknowledged"]
            self._acknowledged[trigger.name, shard] = number
        return answer

    def _start(self, trigger: StreamTrigger, deadline: float) -> None:
        __tracebackhide__ = True
        worker = Worker(self._assignment, trigger.name, KIND, len(self._workers))
        self._workers[trigger.name] = worker
        self._wait(worker, deadline, "has not started")
        try:
            worker.start()
        except NotStartedError as error:
            self._fail(f"did not start: {error}")

    def _wait(self, worker: Worker, deadline: float, what: str) -> None:
        __tracebackhide__ = True
        if not worker.channel.poll(max(0.0, deadline - time.monotonic())):
            self._fail(f"{what} in time; what it logged may say why")

    def _fail(self, what: str) -> NoReturn:
        __tracebackhide__ = True
        pytest.fail(f"step `{self._step.name}` {what}")
