"""The worker processes of a replica: one pool for each trigger, as under Nuclio."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from multiprocessing import Pipe
from multiprocessing.connection import wait
from pathlib import Path
from typing import Any

from .lifelines import Lifeline
from .reports import Assignment

SCRIPT = Path(__file__).with_name("worker.py")
LINGER = 1.0
"""Seconds that a process has from its last sign of life to its end."""

KEPT = ("PATH", "TZ", "LD_LIBRARY_PATH")
"""What of this machine's environment a worker gets: where its programs are."""


class WorkerEndedError(EOFError):
    """A worker's process is gone; the text says how."""


class NotStartedError(Exception):
    """A step does not start; the text says why."""


class Worker:
    """A process that handles one event at a time.

    `sources` can be waited for: one of them is ready when `take` has something to say. `is_ready` is true once the step has
    started, `busy_with` is what was said of the event in hand.
    """

    def __init__(self, assignment: Assignment, trigger: str, kind: str, number: int) -> None:
        self.is_ready, self.busy_with = False, None
        step = assignment.step
        self._lifeline = Lifeline()
        self.channel, other_end = Pipe()
        passed = [other_end.fileno(), self._lifeline.watched]
        with open(assignment.log, "ab") as log:
            self.process = subprocess.Popen(
                # -P: only the step's own folder is in the way of its imports; -B: nothing is written beside its modules.
                [sys.executable, "-PBu", SCRIPT, *map(str, passed)],
                pass_fds=passed,
                env=environment(assignment),
                cwd=assignment.home,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        other_end.close()
        self._lifeline.passed()
        self._end = _end_of(self.process)
        self.channel.send(
            {
                "name": f"{step.name}/{assignment.replica} {trigger}.w{number}",
                "folder": str(step.folder),
                "handler": step.handler,
                "trigger": trigger,
                "trigger_kind": kind,
                "worker": number,
                "log_level": step.log_level,
                "mounts": assignment.mounts,
            }
        )

    @property
    def sources(self) -> Iterator[Any]:
        """Its channel, and where the system has that the end of its process: a child may hold the channel open."""
        yield self.channel
        if self._end is not None:
            yield self._end

    def start(self) -> None:
        """Take what it says first. Raises NotStartedError where it cannot take events."""
        try:
            answer = self._receive()
        except WorkerEndedError as error:
            raise NotStartedError(f"{error} before it was ready") from error
        if not answer["started"]:
            raise NotStartedError(answer["error"])
        self.is_ready = True

    def give(self, event: Mapping[str, Any], origin: Any) -> None:
        """Hand it an event; `origin` is what is remembered about it meanwhile. Raises WorkerEndedError."""
        self.busy_with = origin
        try:
            self.channel.send(event)
        except OSError as error:
            raise self._ended() from error

    def take(self) -> dict[str, Any]:
        """What became of the event, or what the step acknowledges meanwhile. Raises WorkerEndedError."""
        answer = self._receive()
        if "acknowledged" not in answer:
            self.busy_with = None
        return answer

    def call(self, event: Mapping[str, Any]) -> dict[str, Any]:
        """Hand it an event and wait for what becomes of it. Raises WorkerEndedError."""
        self.give(event, "request")
        return self.take()

    def _receive(self) -> dict[str, Any]:
        """What it says next; where it has ended, what it said before that."""
        wait(list(self.sources))
        try:
            answer: dict[str, Any] | None = self.channel.recv() if self.channel.poll() else None
        except (OSError, EOFError) as error:
            raise self._ended() from error
        if answer is None:
            raise self._ended()
        return answer

    def _ended(self) -> WorkerEndedError:
        try:
            return WorkerEndedError(f"a worker ended with exit code {self.process.wait(LINGER)}")
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            return WorkerEndedError("a worker closed its descriptors, and was ended")

    def end(self, patience: float) -> list[tuple[str, int, int]]:
        """Let it call what the step registered for its end, in `patience` seconds; what it acknowledges then."""
        acknowledged: list[tuple[str, int, int]] = []
        deadline = time.monotonic() + patience
        with contextlib.suppress(OSError, EOFError):  # it may have ended
            if self.is_ready and self.busy_with is None:
                self.channel.send(None)
                while self.channel.poll(max(0.0, deadline - time.monotonic())):
                    said = self.channel.recv()
                    if said is None:
                        break
                    acknowledged.append(said["acknowledged"])
        return acknowledged

    def kill(self) -> None:
        """End it at once, whatever it does."""
        self.process.kill()
        self.process.wait()
        self.channel.close()
        self._lifeline.cut()
        if self._end is not None:
            os.close(self._end)


def _end_of(process: subprocess.Popen[bytes]) -> int | None:
    """A descriptor that is ready when a process has ended; None where the system has none."""
    if sys.platform == "linux":
        with contextlib.suppress(OSError):
            return os.pidfd_open(process.pid)
    return None


def environment(assignment: Assignment) -> dict[str, str]:
    """A worker's variables: those of its function.yaml, and no others of this machine's (nuclio-facts 5)."""
    step = assignment.step
    return {
        **{name: os.environ[name] for name in KEPT if name in os.environ},
        "HOME": assignment.home,
        "LANG": "C.UTF-8",
        "NUCLIO_FUNCTION_NAME": step.function,
        "NUCLIO_FUNCTION_HANDLER": step.handler,
        **assignment.env,
    }
