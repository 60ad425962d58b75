"""The worker processes of a replica: one pool for each trigger, as under Nuclio."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections.abc import Mapping
from multiprocessing import Pipe
from pathlib import Path
from typing import Any

from .reports import Assignment

SCRIPT = Path(__file__).with_name("worker.py")
KEPT = ("PATH", "TZ", "LD_LIBRARY_PATH")
"""What of this machine's environment a worker gets: where its programs are."""


class Worker:
    """A process that handles one event at a time; `channel` can be waited for."""

    def __init__(self, assignment: Assignment, trigger: str, kind: str, number: int) -> None:
        self.busy_with: Any = None
        step = assignment.step
        self._lifeline, read_end = self._pipe()
        self.channel, other_end = Pipe()
        with open(assignment.log, "ab") as log:
            self.process = subprocess.Popen(
                # -P: only the step's own folder is in the way of its imports; -B: nothing is written beside its modules.
                [sys.executable, "-PBu", SCRIPT, str(other_end.fileno()), str(read_end)],
                pass_fds=[other_end.fileno(), read_end],
                env=environment(assignment),
                cwd=assignment.home,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        other_end.close()
        os.close(read_end)
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

    @staticmethod
    def _pipe() -> tuple[int, int]:
        """The end that this process holds, and the one that the worker watches."""
        read_end, write_end = os.pipe()
        return write_end, read_end

    def start(self) -> str | None:
        """Wait until the worker can take events; return why it cannot."""
        try:
            answer = self.channel.recv()
        except EOFError:
            return f"a worker ended with exit code {self.process.wait()} before it was ready"
        return None if answer["started"] else str(answer["error"])

    def give(self, event: Mapping[str, Any], origin: Any) -> None:
        """Hand it an event; `origin` is what is remembered about it meanwhile."""
        self.busy_with = origin
        self.channel.send(event)

    def take(self) -> dict[str, Any]:
        """What became of the event. Raises EOFError where the process has ended."""
        answer: dict[str, Any] = self.channel.recv()
        self.busy_with = None
        return answer

    def call(self, event: Mapping[str, Any]) -> dict[str, Any]:
        """Hand it an event and wait for what becomes of it. Raises EOFError where the process has ended."""
        self.give(event, "request")
        return self.take()

    def end(self, patience: float) -> None:
        """Let it call what the step registered for its end, in `patience` seconds."""
        with contextlib.suppress(OSError):  # it may have ended
            if self.busy_with is None:
                self.channel.send(None)
                self.channel.poll(patience)

    def kill(self) -> None:
        """End it at once, whatever it does."""
        self.process.kill()
        self.process.wait()
        self.channel.close()
        os.close(self._lifeline)


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
