"""The supervisor of a local run: starts what a cluster would, starts again what ends, and knows how far everything is."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from multiprocessing import Pipe
from multiprocessing.connection import wait
from pathlib import Path
from typing import Any

from ..errors import RunError
from . import preflight
from .interrupts import Interrupts
from .reports import Assignment, Failed, Progress, Ready, Trouble
from .steps import DeployedStep, shown

RESTARTS = 5
"""How often in a row a replica may end without having got a record further, before the run gives up."""

STOP_TIMEOUT = 15.0  # seconds: what Nuclio gives a processor to end, nuclio-facts 3.5
LONGEST_BACKOFF = 5.0  # seconds


@dataclass(frozen=True, kw_only=True)
class RunOptions:
    """How a project is run. `crash` is a step and the number of a record; `home` is a folder for what is temporary."""

    project: Path
    logs: Path
    home: Path
    replicas: int | None = None
    mounts: Mapping[str, Path] = field(default_factory=dict)
    crash: tuple[str, int] | None = None
    faithful: bool = False


@dataclass(slots=True)
class ReplicaProcess:
    """One replica, through all of its processes: `before` is what the earlier ones have done."""

    assignment: Assignment
    process: subprocess.Popen[bytes] | None = None
    channel: Any = None
    ready: Ready | None = None
    progress: Progress = field(default_factory=Progress)
    before: Progress = field(default_factory=Progress)
    restarts: int = 0
    in_vain: int = 0
    start_at: float = 0.0
    why: str = ""

    @property
    def name(self) -> str:
        """As in `converge/1`."""
        return f"{self.assignment.step.name}/{self.assignment.replica}"

    @property
    def total(self) -> Progress:
        """What all of its processes have done."""
        total = Progress()
        total.merge(self.before)
        total.merge(self.progress)
        return total


class Supervisor:
    """Runs the steps of a project against a web API, each with the access key that `access_keys` has for it.

    with contextlib.closing(Supervisor(…)) as run:      # everything that it started ends with the block
        run.start()
        run.turn(0.5)                                   # see to whatever happens in the next half second
    """

    def __init__(
        self,
        options: RunOptions,
        steps: Sequence[DeployedStep],
        api: str,
        access_keys: Callable[[str], str],
        interrupts: Interrupts,
        tell: Callable[[str], None],
    ) -> None:
        self.options, self.api = options, api
        self.interrupts, self.tell = interrupts, tell
        self._keys = access_keys
        self.replicas = [
            self._replica(step, number) for step in steps for number in range(self._count(step))
        ]

    def _count(self, step: DeployedStep) -> int:
        return self.options.replicas or step.replicas

    def _replica(self, step: DeployedStep, number: int) -> ReplicaProcess:
        options, key = self.options, self._keys(step.name)
        home = options.home / step.name
        home.mkdir(exist_ok=True)
        crashes = options.crash is not None and options.crash[0] == step.name
        assignment = Assignment(
            step=step,
            replica=number,
            replicas=self._count(step),
            api=self.api,
            access_key=key,
            member="",
            env=preflight.variables(step, self.api, key),
            mounts=preflight.folders(step, options.mounts),
            log=str(self.log_of(step.name)),
            home=str(home),
            faithful=options.faithful,
            crash_at=options.crash[1] if crashes and options.crash else None,
            crash_token=str(options.home / "crashed"),
        )
        return ReplicaProcess(assignment)

    def log_of(self, step: str) -> Path:
        """Where a step's log is."""
        return self.options.logs / f"{step}.log"

    def close(self) -> None:
        """End everything at once."""
        for replica in self.replicas:
            self._discard(replica)

    def start(self) -> None:
        """Start every replica, and wait until all of them have their shards. Raises RunError where one does not start."""
        for replica in self.replicas:
            self._launch(replica)
        while not all(replica.ready for replica in self.replicas):
            self.turn(None)
            if self.interrupts.requested:
                raise KeyboardInterrupt

    def _launch(self, replica: ReplicaProcess) -> None:
        """Start a process for a replica."""
        given = replica.assignment
        seen = self.progress_of(given.step.name).given
        dead = given.dead if self.options.faithful else given.dead | {given.member}
        member = f"{given.step.function}-{uuid.uuid4().hex[:20]}"
        replica.assignment = replace(given, member=member, dead=dead, seen=seen)
        replica.channel, other_end = Pipe()
        replica.process = subprocess.Popen(
            [sys.executable, "-P", "-B", "-m", "iguazioig.local.replica", str(other_end.fileno())],
            pass_fds=[other_end.fileno()],
            stdin=subprocess.DEVNULL,
            start_new_session=True,  # a Ctrl-C is the supervisor's to deal with
        )
        other_end.close()
        replica.channel.send(replica.assignment)

    def turn(self, timeout: float | None) -> bool:
        """See to what the replicas report within `timeout` seconds (None: until one does); return whether one did."""
        self._relaunch()
        channels: dict[Any, ReplicaProcess] = {
            each.channel: each for each in self.replicas if each.channel is not None
        }
        pauses = [
            each.start_at - time.monotonic() for each in self.replicas if each.channel is None
        ]
        if pauses:
            soonest = max(0.0, min(pauses))
            timeout = soonest if timeout is None else min(timeout, soonest)
        ready = wait([*channels, self.interrupts.news], timeout)
        for channel in ready:
            if channel is self.interrupts.news:
                self.interrupts.news.recv()
            else:
                self._listen(channels[channel])
        return bool(ready)

    def _relaunch(self) -> None:
        for replica in self.replicas:
            if replica.channel is None and time.monotonic() >= replica.start_at:
                self._launch(replica)

    def _listen(self, replica: ReplicaProcess) -> None:
        """Take what a replica reports; where it has ended, arrange for the next one."""
        try:
            message = replica.channel.recv()
        except (EOFError, OSError):
            self._ended(replica)
            return
        if isinstance(message, Progress):
            replica.progress = message
        elif isinstance(message, Ready):
            replica.ready = message
            if message.url:
                self.tell(f"{replica.name} takes requests at {message.url}")
        elif isinstance(message, Trouble):
            self.tell(message.text)
        elif isinstance(message, Failed):
            replica.why = message.why

    def _ended(self, replica: ReplicaProcess) -> None:
        assert replica.process is not None
        code = replica.process.wait()
        why = replica.why or f"the process ended with exit code {code}"
        log = shown(self.log_of(replica.assignment.step.name))
        if replica.ready is None and replica.restarts == 0:
            raise RunError(f"{replica.name} does not start: {why}; its log is {log}")
        replica.in_vain = 0 if replica.progress.durations else replica.in_vain + 1
        if replica.in_vain > RESTARTS:
            raise RunError(
                f"{replica.name} has ended {replica.in_vain} times and gets no further: {why}; its log is {log}"
            )
        self.tell(f"{replica.name} has ended and is started again: {why}")
        self._discard(replica)
        replica.before, replica.progress = replica.total, Progress()
        replica.restarts += 1
        replica.ready, replica.why = None, ""
        replica.start_at = time.monotonic() + min(LONGEST_BACKOFF, 0.5 * replica.in_vain)

    def _discard(self, replica: ReplicaProcess) -> None:
        """End a replica's process at once, if it has one; its workers end with it."""
        if replica.process is not None:
            # Its whole session: its workers, whatever state they are in, and what their handlers have started.
            with contextlib.suppress(ProcessLookupError):
                os.killpg(replica.process.pid, signal.SIGKILL)
            replica.process.wait()
        if replica.channel is not None:
            replica.channel.close()
        replica.process = replica.channel = None

    def stop(self) -> None:
        """Let every replica finish the records in hand, commit them, and end."""
        running = [each for each in self.replicas if each.channel is not None]
        for replica in running:
            with contextlib.suppress(OSError):
                replica.channel.send(None)
        deadline = time.monotonic() + STOP_TIMEOUT
        while running and time.monotonic() < deadline:
            channels: dict[Any, ReplicaProcess] = {each.channel: each for each in running}
            for channel in wait(list(channels), max(0.0, deadline - time.monotonic())):
                replica = channels[channel]
                try:
                    message = replica.channel.recv()
                except (EOFError, OSError):
                    running.remove(replica)
                    continue
                replica.progress = message if isinstance(message, Progress) else replica.progress
        self.close()

    def progress_of(self, step: str) -> Progress:
        """What all replicas of a step have done."""
        total = Progress()
        for replica in self.replicas:
            if replica.assignment.step.name == step:
                total.merge(replica.total)
        return total


def set_up_streams(project: Path, api: str, access_key: str) -> None:
    """Run the project's own setup_streams.py, as it is, if there is one. Raises RunError."""
    script = project / "setup_streams.py"
    if not script.is_file():
        return
    done = subprocess.run(
        [sys.executable, "-B", script.name],
        cwd=project,
        env={**os.environ, "V3IO_API": api, "V3IO_ACCESS_KEY": access_key},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RunError(f"{shown(script)} failed: {(done.stderr or done.stdout).strip()}")
