"""The supervisor of a local run: starts what a cluster would, starts again what ends, and knows how far everything is."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from multiprocessing import Pipe
from multiprocessing.connection import wait
from pathlib import Path
from typing import Any, BinaryIO

from ..errors import RunError
from . import lifelines, preflight
from .engine import Engine
from .files import shown
from .interrupts import Interrupts
from .lifelines import Lifeline
from .reports import Assignment, Failed, Progress, Ready, Trouble
from .steps import DeployedStep

RESTARTS = 5
"""How often in a row a replica may end without having got a record further, before the run gives up."""

STOP_TIMEOUT = 15.0  # seconds: what Nuclio gives a processor to end, nuclio-facts 3.5
LONGEST_BACKOFF = 5.0  # seconds
LONG_LIFE = 30.0  # seconds after which a process has not ended in vain, whatever it has reported
SETUP_TIMEOUT = 300.0  # seconds that setup_streams.py is given
REMINDER = 10.0  # seconds between two lines about who is not ready


@dataclass(frozen=True, kw_only=True)
class RunOptions:
    """How a project is run.

    `crashes` has numbers of records by steps; `home` is a folder for what is temporary. `engine` has the processor that runs the
    steps; without it they run in workers of our own.
    """

    project: Path
    logs: Path
    home: Path
    replicas: int | None = None
    mounts: Mapping[str, Path] = field(default_factory=dict)
    crashes: Mapping[str, int] = field(default_factory=dict)
    faithful: bool = False
    engine: Engine | None = None


@dataclass(slots=True)
class ReplicaProcess:
    """One replica, through all of its processes: `before` is what the earlier ones have done."""

    assignment: Assignment
    process: subprocess.Popen[bytes] | None = None
    channel: Any = None
    lifeline: Lifeline | None = None
    ready: Ready | None = None
    progress: Progress = field(default_factory=Progress)
    before: Progress = field(default_factory=Progress)
    restarts: int = 0
    in_vain: int = 0
    start_at: float = 0.0
    launched: float = 0.0
    why: str = ""

    @property
    def name(self) -> str:
        """As in `converge/1`."""
        return f"{self.assignment.step.name}/{self.assignment.replica}"

    @property
    def is_idle(self) -> bool:
        """Whether it is ready, and has no record in hand as far as it has reported."""
        return self.ready is not None and self.progress.delivered == self.progress.handled

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
        interrupts.at_once.callback(self.kill)
        self.replicas = [
            self._replica(step, number) for step in steps for number in range(self._count(step))
        ]

    def _count(self, step: DeployedStep) -> int:
        return self.options.replicas or step.replicas

    def _replica(self, step: DeployedStep, number: int) -> ReplicaProcess:
        options, key = self.options, self._keys(step.name)
        home = options.home / step.name
        home.mkdir(exist_ok=True)
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
            crash_at=options.crashes.get(step.name),
            crash_token=str(self._crash_token(step.name)),
            engine=options.engine,
        )
        return ReplicaProcess(assignment)

    @property
    def _program(self) -> str:
        """What a replica is."""
        return f"iguazioig.local.{'processor' if self.options.engine else 'replica'}"

    def _crash_token(self, step: str) -> Path:
        return self.options.home / f"{step}.crashed"

    def crashed(self, step: str) -> bool:
        """Whether a process of this step was killed as `crashes` wants it."""
        return self._crash_token(step).exists()

    def log_of(self, step: str) -> Path:
        """Where a step's log is."""
        return self.options.logs / f"{step}.log"

    def kill(self) -> None:
        """End everything at once, and wait for nothing: the frame that is interrupted may be waiting itself."""
        for replica in self.replicas:
            if replica.process is not None and replica.process.returncode is None:
                lifelines.end_session(replica.process.pid)

    def close(self) -> None:
        """End everything at once."""
        for replica in self.replicas:
            self._discard(replica)

    def start(self, deadline: float | None = None) -> None:
        """Start every replica, and wait until all of them have their shards.

        Raises RunError where one does not start, or some are not ready by `deadline` (monotonic, in seconds), and
        KeyboardInterrupt.
        """
        for replica in self.replicas:
            self._launch(replica)
        begun = time.monotonic()
        reminder = begun + REMINDER
        while waiting := [replica for replica in self.replicas if not replica.ready]:
            now = time.monotonic()
            if deadline is not None and now >= deadline:
                raise RunError(f"the time is over, and {self._named(waiting)}")
            if now >= reminder:
                reminder = now + REMINDER
                self.tell(f"{self._named(waiting)}, after {now - begun:.0f} s")
            self.turn(max(0.0, min(reminder, deadline or reminder) - now))
            if self.interrupts.requested:
                raise KeyboardInterrupt

    def _named(self, waiting: Sequence[ReplicaProcess]) -> str:
        """Who is not ready, and where to look for the reason."""
        names = ", ".join(replica.name for replica in waiting[:5])
        more = f" and {len(waiting) - 5} more" if len(waiting) > 5 else ""
        log = shown(self.log_of(waiting[0].assignment.step.name))
        return (
            f"{names}{more} {'is' if len(waiting) == 1 else 'are'} not ready yet; the log is {log}"
        )

    def _launch(self, replica: ReplicaProcess) -> None:
        """Start a process for a replica."""
        given = replica.assignment
        seen = self.progress_of(given.step.name).given
        dead = given.dead if self.options.faithful else given.dead | {given.member}
        member = f"{given.step.function}-{uuid.uuid4().hex[:20]}"
        replica.assignment = replace(given, member=member, dead=dead, seen=seen)
        replica.launched = time.monotonic()
        replica.channel, other_end = Pipe()
        replica.lifeline = Lifeline()
        passed = [other_end.fileno(), replica.lifeline.watched]
        replica.process = subprocess.Popen(
            [sys.executable, "-P", "-B", "-m", self._program, *map(str, passed)],
            pass_fds=passed,
            stdin=subprocess.DEVNULL,
            start_new_session=True,  # a Ctrl-C is the supervisor's to deal with
        )
        other_end.close()
        replica.lifeline.passed()
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
        if not self._hear(replica):
            self._ended(replica)

    def _hear(self, replica: ReplicaProcess) -> bool:
        """Take what a replica reports; return whether it is still there."""
        try:
            message = replica.channel.recv()
        except (EOFError, OSError):
            return False
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
        return True

    def _ended(self, replica: ReplicaProcess) -> None:
        assert replica.process is not None
        replica.process.kill()  # it may live on without its channel
        code = replica.process.wait()
        why = replica.why or f"the process ended with exit code {code}"
        log = shown(self.log_of(replica.assignment.step.name))
        if replica.ready is None and replica.restarts == 0:
            raise RunError(f"{replica.name} does not start: {why}; its log is {log}")
        lived = time.monotonic() - replica.launched
        came_further = replica.progress.handled or lived > LONG_LIFE
        replica.in_vain = 0 if came_further else replica.in_vain + 1
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
            # Its workers, whatever state they are in, and what their handlers have started.
            lifelines.end_session(replica.process.pid)
            replica.process.wait()
        if replica.channel is not None:
            replica.channel.close()
        if replica.lifeline is not None:
            replica.lifeline.cut()
        replica.process = replica.channel = replica.lifeline = None

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
                if not self._hear(channels[channel]):
                    running.remove(channels[channel])
        self.close()

    def progress_of(self, step: str) -> Progress:
        """What all replicas of a step have done."""
        total = Progress()
        for replica in self.replicas:
            if replica.assignment.step.name == step:
                total.merge(replica.total)
        return total


def set_up_streams(
    project: Path,
    api: str,
    access_key: str,
    interrupts: Interrupts,
    deadline: float | None = None,
) -> None:
    """Run the project's own setup_streams.py, as it is, if there is one.

    Raises RunError where it fails or has not ended by `deadline` (monotonic, in seconds), and KeyboardInterrupt.
    """
    script = project / "setup_streams.py"
    if not script.is_file():
        return
    with (
        tempfile.TemporaryFile() as output,
        contextlib.closing(
            _Command([sys.executable, "-B", script.name], project, api, access_key, output)
        ) as command,
    ):
        interrupts.at_once.callback(command.kill)
        limit = time.monotonic() + SETUP_TIMEOUT
        ended = wait(
            [command.end, interrupts.news],
            max(0.0, min(limit, deadline or limit) - time.monotonic()),
        )
        if interrupts.news in ended:
            interrupts.news.recv()
            raise KeyboardInterrupt
        code = command.process.wait() if ended else None
        output.seek(0)
        said = output.read().decode(errors="replace").strip()
    if code is None:
        raise RunError(f"{shown(script)} has not ended in time; it said: {said or 'nothing'}")
    if code:
        raise RunError(f"{shown(script)} failed with exit code {code}: {said}")


class _Command:
    """A command in a session of its own, which ends with this process; `end` is ready when it has ended."""

    def __init__(
        self, words: Sequence[str], folder: Path, api: str, access_key: str, output: BinaryIO
    ) -> None:
        self._lifeline = Lifeline()
        self.end, other_end = Pipe(duplex=False)
        passed = [self._lifeline.watched, other_end.fileno()]
        self.process = subprocess.Popen(
            [sys.executable, "-P", lifelines.__file__, str(self._lifeline.watched), *words],
            cwd=folder,
            env={**os.environ, "V3IO_API": api, "V3IO_ACCESS_KEY": access_key},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            pass_fds=passed,
            start_new_session=True,
        )
        other_end.close()
        self._lifeline.passed()

    def kill(self) -> None:
        """End it at once, with all that it has started."""
        if self.process.returncode is None:
            lifelines.end_session(self.process.pid)

    def close(self) -> None:
        """End it, if it has not ended."""
        self.kill()
        self.process.wait()
        self.end.close()
        self._lifeline.cut()
