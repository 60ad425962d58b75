"""A replica: a process that reads its share of a step's streams and has its workers handle them, as Nuclio's processor does.

Run as `python -m iguazioig.local.replica CHANNEL LIFELINE`, both descriptors, as the leader of a session: the channel brings
an Assignment and takes reports; None on it asks for the end. Where the lifeline ends, so does everything in the session.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import selectors
import sys
import time
import traceback
from collections.abc import Iterator
from multiprocessing.connection import Connection, wait
from typing import TYPE_CHECKING, Any

from . import lifelines
from .consumer_group import EvictedError
from .consumers import Consumer
from .events import KIND
from .reporter import Reporter
from .reports import Assignment, Failed
from .steps import DeployedStep
from .streams import connect
from .watcher import Watcher
from .workers import NotStartedError, Worker, WorkerEndedError

if TYPE_CHECKING:
    from .http_trigger import WorkerServer

TERMINATION_TIMEOUT = 10.0  # seconds that a record in hand is given at the end: nuclio-facts 3.5
PATIENCE = 0.5  # seconds until the end says what it waits for
LONGEST_REST = 3600.0


def main() -> None:
    """Run until the channel says so, or ends."""
    channel = Connection(int(sys.argv[1]))
    lifelines.watch(int(sys.argv[2]))
    assignment: Assignment = channel.recv()
    # What the replica has to say goes where its step's log is.
    with open(assignment.log, "ab") as log:
        os.dup2(log.fileno(), 1)
        os.dup2(log.fileno(), 2)
    try:
        Replica(assignment, channel).run()
    except (EOFError, BrokenPipeError, ConnectionResetError):
        pass  # the supervisor is gone
    except Exception as error:
        traceback.print_exc()
        with contextlib.suppress(OSError):
            channel.send(Failed(f"{type(error).__name__}: {error}"))
    # All that the steps have started, and whatever state they are in.
    lifelines.end_session(os.getpid())


class Replica:
    """The replica of an assignment."""

    def __init__(self, assignment: Assignment, channel: Connection) -> None:
        self.assignment, self.channel, self.step = assignment, channel, assignment.step
        self.reporter = Reporter(channel, f"{self.step.name}/{assignment.replica}")
        self.selector = selectors.DefaultSelector()
        self.http_workers = self._http_workers(self.step)
        self.http: WorkerServer | None = None
        streams = [trigger.stream for trigger in self.step.streams]
        self.watcher = Watcher(assignment.api, assignment.access_key, streams)
        client = connect(assignment.api, assignment.access_key)
        self.consumers = [
            Consumer(
                trigger,
                assignment,
                client,
                self.watcher,
                self._workers(trigger.name, KIND, trigger.workers),
                self.reporter,
            )
            for trigger in self.step.streams
        ]
        self.is_ready = False

    def _http_workers(self, step: DeployedStep) -> list[Worker]:
        return self._workers(step.http.name, "http", step.http.workers) if step.http else []

    def _workers(self, trigger: str, kind: str, count: int) -> list[Worker]:
        """The processes of one trigger, about to start."""
        return [Worker(self.assignment, trigger, kind, number) for number in range(count)]

    @property
    def workers(self) -> Iterator[Worker]:
        """All of them."""
        return itertools.chain(self.http_workers, *(each.workers for each in self.consumers))

    def run(self) -> None:
        """Start, then serve until told to stop."""
        self.selector.register(self.channel, selectors.EVENT_READ, self._hear)
        for worker in self.workers:
            self._watch(worker)
        try:
            self._await_workers()
            self._open()
            while True:
                self._turn()
        except _ToldToStop:
            self._end()
        except NotStartedError as error:
            self.reporter.failed(str(error))
        except (WorkerEndedError, EvictedError) as error:
            self.reporter.report()
            self.reporter.failed(str(error))

    def _watch(self, worker: Worker) -> None:
        """Have what a worker says taken by whom it is for."""
        consumers = [each for each in self.consumers if worker in each.workers]

        def take() -> None:
            if not worker.is_ready:
                worker.start()
            elif consumers:
                consumers[0].take(worker)
                self._crash_if_told()
            else:
                self._hear_http()

        for source in worker.sources:
            self.selector.register(source, selectors.EVENT_READ, take)

    def _await_workers(self) -> None:
        """Until every worker has started. Raises NotStartedError."""
        while not all(worker.is_ready for worker in self.workers):
            self._listen(None)

    def _open(self) -> None:
        """Let messages in."""
        if self.http_workers:
            from .http_trigger import WorkerServer

            for worker in self.http_workers:
                self.selector.unregister(worker.channel)  # the server's from now on
            self.http = WorkerServer(self.http_workers)
            self.selector.register(self.http.ended, selectors.EVENT_READ, self._hear_http)
        if not self.assignment.faithful:
            self.watcher.start()
            self.selector.register(self.watcher.news, selectors.EVENT_READ, self.watcher.news.recv)

    def _turn(self) -> None:
        """Do what there is to do, and rest until there is more. Raises EvictedError, WorkerEndedError and _ToldToStop."""
        for consumer in self.consumers:
            consumer.turn()
        if not self.is_ready and all(consumer.is_ready for consumer in self.consumers):
            self.is_ready = True
            self.reporter.report()
            self.reporter.ready(self.http.url if self.http else None)
        if time.monotonic() >= self.reporter.next_moment:
            self.reporter.report()
        moments = [self.reporter.next_moment, *(each.next_moment for each in self.consumers)]
        self._listen(min(LONGEST_REST, max(0.0, min(moments) - time.monotonic())))

    def _listen(self, timeout: float | None) -> None:
        """Take whatever comes within `timeout` seconds."""
        for key, _ in self.selector.select(timeout):
            key.data()

    def _hear(self) -> None:
        if self.channel.recv() is None:
            raise _ToldToStop

    def _hear_http(self) -> None:
        raise WorkerEndedError("a worker ended while it handled a request")

    def _crash_if_told(self) -> None:
        """End as by a lack of memory at the record that was asked for, unless another replica of the step was first."""
        if self.reporter.progress.durations.total() != self.assignment.crash_at:
            return
        try:
            os.close(os.open(self.assignment.crash_token, os.O_CREAT | os.O_EXCL))
        except FileExistsError:
            return
        self.reporter.report()
        lifelines.end_session(os.getpid())

    def _end(self) -> None:
        """Let what is in hand be finished, commit it, and give the shards back."""
        deadline = time.monotonic() + TERMINATION_TIMEOUT
        if self.http:
            self.http.drain(deadline)
        try:
            self._finish(deadline)
        except WorkerEndedError as error:
            self.reporter.say(str(error))
        for consumer in self.consumers:
            consumer.commit()
            consumer.end_workers(deadline)
            consumer.commit()
        self.reporter.report()
        if not self.assignment.faithful:
            for consumer in self.consumers:
                consumer.leave()
        for worker in self.http_workers:
            worker.end(max(0.0, deadline - time.monotonic()))

    def _finish(self, deadline: float) -> None:
        """Take what becomes of the records in hand. Raises WorkerEndedError."""
        told = False
        while busy := [(each, worker) for each in self.consumers for worker in each.busy_workers()]:
            sources: dict[Any, tuple[Consumer, Worker]] = {
                source: (each, worker) for each, worker in busy for source in worker.sources
            }
            left = deadline - time.monotonic()
            ready = wait(list(sources), max(0.0, left if told else min(left, PATIENCE)))
            if not ready and left <= 0:
                self.reporter.say(f"not finished in time, and not committed: {_held(busy)}")
                return
            if not ready and not told:
                told = True
                self.reporter.say(f"ends when the handler has returned: {_held(busy)}")
            for consumer, worker in {sources[each] for each in ready}:
                consumer.take(worker)


class _ToldToStop(Exception):  # noqa: N818
    """The supervisor wants the replica to end."""


def _held(busy: list[tuple[Consumer, Worker]]) -> str:
    return "; ".join(str(worker.busy_with) for _, worker in busy)


if __name__ == "__main__":
    main()
