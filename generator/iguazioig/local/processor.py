"""A replica that is Nuclio's own processor, for `iguazioig run --engine processor`.

Run as `python -m iguazioig.local.processor CHANNEL LIFELINE`, as `iguazioig.local.replica` is, and tells its supervisor the same
as far as a processor says it: how many records it has handled, by its metrics. The processor gets a copy of the step in
which addresses are this machine's, and nothing else is changed.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import traceback
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import yaml

from . import lifelines
from .consumer_group import Member
from .reporter import Reporter
from .reports import Assignment, Failed
from .steps import StreamTrigger
from .streams import StreamPlace, connect, positions, shard_count
from .workers import SCRIPT, environment

LOOK = 0.25  # seconds between two looks at what the processor says
TERMINATION = 13.0  # seconds that a processor is given at the end: it takes 10 or more
SETTLE = 1.0  # seconds from a claim to where a `latest` reader has found its place, by far
REST = 1.0  # seconds between two reports, at most
HANDLED = re.compile(
    r'^nuclio_processor_handled_events_total\{.*trigger_kind="v3io-stream".*\} (\S+)$', re.M
)
SOCKETS = re.compile(r"--\w+-socket-path[ =](\S+\.sock)")
# Runs first in every Python of the processor: notes its sockets, which outlive it, and lets the step find its volumes.
HOOK = """
import importlib.util
import json
import os
import sys

here = os.path.dirname(os.path.abspath(__file__))
with open(os.path.join(here, "known.json"), encoding="utf-8") as file:
    known = json.load(file)
with open(os.path.join(here, "started.txt"), "a", encoding="utf-8") as file:
    file.write(" ".join(getattr(sys, "orig_argv", [])) + "\\n")
if known["mounts"]:
    spec = importlib.util.spec_from_file_location("iguazioig_worker", known["worker"])
    worker = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(worker)
    worker.mount(known["mounts"], known["folder"])
"""


def main() -> None:
    """Run until the channel says so, or ends."""
    channel = Connection(int(sys.argv[1]))
    lifelines.watch(int(sys.argv[2]))
    assignment: Assignment = channel.recv()
    try:
        ProcessorReplica(assignment, channel).run()
    except (EOFError, BrokenPipeError, ConnectionResetError):
        pass  # the supervisor is gone
    except Exception as error:
        traceback.print_exc()
        with contextlib.suppress(OSError):
            channel.send(Failed(f"{type(error).__name__}: {error}"))
    lifelines.end_session(os.getpid())


class ProcessorReplica:
    """The replica of an assignment, as a processor runs it."""

    def __init__(self, assignment: Assignment, channel: Connection) -> None:
        self.assignment, self.channel, self.step = assignment, channel, assignment.step
        self.reporter = Reporter(channel, f"{self.step.name}/{assignment.replica}")
        self.client = connect(assignment.api, assignment.access_key)
        self.home = Path(assignment.home) / f"processor-{assignment.member}"
        self.folder, self.hooks = self.home / "step", self.home / "hooks"
        self.reserved = [reserve_port() for _ in range(3)]
        self.health, self.metrics, self.requests = map(port_of, self.reserved)
        self.next_report = 0.0
        self.earlier: dict[str, set[str]] = {}

    def run(self) -> None:
        """Start, then look on until told to stop."""
        self._copy()
        self.earlier = {each.name: set(self._sessions(each)) for each in self.step.streams}
        process = self._start()
        try:
            ready = False
            while not self._told_to_stop():
                if process.poll() is not None:
                    self.reporter.failed(f"the processor ended with exit code {process.returncode}")
                    return
                if not ready and self._is_ready():
                    ready = True
                    self._settle()
                    self.reporter.report()
                    self.reporter.ready(self._url())
                if ready:
                    self._look()
            self._finish(process)
            self._look()
            self.reporter.report()
        finally:
            process.kill()
            process.wait()
            self._remove_sockets()

    def _finish(self, process: subprocess.Popen[bytes]) -> None:
        """Let it finish and commit what it has in hand, if there is anything: it takes its time for that, whatever it has."""
        if not all(map(self._is_done, self.step.streams)):
            process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(TERMINATION)

    def _is_done(self, trigger: StreamTrigger) -> bool:
        begun = self.reporter.progress.begun
        return all(
            last <= max(done[trigger.group], begun.get((trigger.name, shard), 0))
            for shard, (last, done) in self._positions(trigger).items()
        )

    def _positions(self, trigger: StreamTrigger) -> dict[int, tuple[int, dict[str, int]]]:
        """By shard: the last record in it, and up to where the trigger's group is done with it."""
        place = _place_of(trigger)
        return positions(self.client, place, shard_count(self.client, place), [trigger.group])

    def _told_to_stop(self) -> bool:
        """Whether the supervisor said so within the time until the next look."""
        return self.channel.poll(LOOK) and self.channel.recv() is None

    def _copy(self) -> None:
        """The step with local addresses, and what the processor has to be told besides."""
        shutil.copytree(self.step.folder, self.folder)
        path = self.folder / "function.yaml"
        function = self._localised(yaml.safe_load(path.read_text()))
        # As JSON, which is YAML too: what YAML has no need to quote for Python may be a number for Go.
        path.write_text(json.dumps(function, default=str))
        self.hooks.mkdir()
        (self.hooks / "sitecustomize.py").write_text(HOOK)
        known = {
            "mounts": self.assignment.mounts,
            "folder": str(self.folder),
            "worker": str(SCRIPT),
        }
        (self.hooks / "known.json").write_text(json.dumps(known))
        (self.hooks / "started.txt").touch()
        platform = {
            "webAdmin": {"enabled": False},
            "healthCheck": {"enabled": True, "listenAddress": f"127.0.0.1:{self.health}"},
            "metrics": {
                "sinks": {"here": {"kind": "prometheusPull", "url": f"127.0.0.1:{self.metrics}"}},
                "functions": ["here"],
            },
        }
        (self.home / "platform.yaml").write_text(yaml.safe_dump(platform))

    def _localised(self, function: dict[str, Any]) -> dict[str, Any]:
        """A function.yaml whose triggers read here, and take requests on this machine only."""
        spec = function["spec"]
        triggers = spec.setdefault("triggers", None) or {}
        # It is nuctl's: with it a processor listens on every address of the machine, at port 8080.
        spec.pop("disableDefaultHTTPTrigger", None)
        if self.step.http is not None:
            # What nuctl adds to a function that has no trigger of kind http (nuclio-facts 6).
            triggers.setdefault(
                self.step.http.name, {"kind": "http", "numWorkers": self.step.http.workers}
            )
        for trigger in triggers.values():
            is_http = trigger["kind"] == "http"
            trigger["url"] = f"127.0.0.1:{self.requests}" if is_http else self.assignment.api
        for stream in self.step.streams:  # nuctl writes it, whatever it was called
            triggers[stream.name]["numWorkers"] = stream.workers
        spec["triggers"] = triggers
        spec["minReplicas"] = spec["maxReplicas"] = self.assignment.replicas
        return function

    def _start(self) -> subprocess.Popen[bytes]:
        engine = self.assignment.engine
        assert engine is not None
        python_path = os.pathsep.join(map(str, (self.hooks, self.folder)))
        with open(self.assignment.log, "ab") as log:
            return subprocess.Popen(
                [
                    engine.processor,
                    *("--config", self.folder / "function.yaml"),
                    *("--platform-config", self.home / "platform.yaml"),
                ],
                cwd=self.home,
                env={
                    **environment(self.assignment),
                    "TMPDIR": str(self.home),
                    "PYTHONDONTWRITEBYTECODE": "1",
                    "NUCLIO_PYTHON_WRAPPER_PATH": str(engine.wrapper),
                    "NUCLIO_PYTHON_PATH": python_path,
                    "NUCLIO_PYTHON_EXE_PATH": str(engine.python),
                },
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    def _is_ready(self) -> bool:
        """Whether the processor runs, and every shard of its streams has a reader."""
        answer = self._ask(self.health, "/ready")
        return answer is not None and all(map(self._is_shared_out, self.step.streams))

    def _is_shared_out(self, trigger: StreamTrigger) -> bool:
        """Whether there is a new member, which may have waited for the end of a dead one's session, and all shards have one."""
        sessions = self._sessions(trigger)
        taken = {shard for shards in sessions.values() for shard in shards}
        is_new = sessions.keys() - self.earlier[trigger.name]
        return bool(is_new) and taken >= set(range(shard_count(self.client, _place_of(trigger))))

    def _sessions(self, trigger: StreamTrigger) -> dict[str, list[int]]:
        """The shards of each member of the group."""
        sessions, _ = Member(self.client, trigger, "", self.assignment.replicas).read_state()
        return {each["member_id"]: each["shards"] for each in sessions}

    def _settle(self) -> None:
        """A `latest` reader begins behind what is there (v3io-protocol 6.5), where its group has committed nothing.

        It looks where that is right after it has taken a shard, and says nothing of it.
        """
        latest = [trigger for trigger in self.step.streams if trigger.seek_to == "latest"]
        if latest:
            time.sleep(SETTLE)
        for trigger in latest:
            for shard, (last, done) in self._positions(trigger).items():
                if not done[trigger.group]:
                    self.reporter.began((trigger.name, shard), last)

    def _look(self) -> None:
        """Report how many records the processor has handled; now and then that nothing is new: what it commits it does not say."""
        answer = self._ask(self.metrics, "/metrics")
        if answer is not None:
            self.reporter.counted(sum(int(float(each)) for each in HANDLED.findall(answer)))
        if time.monotonic() >= min(self.next_report, self.reporter.next_moment):
            self.next_report = time.monotonic() + REST
            self.reporter.report()

    def _ask(self, port: int, path: str) -> str | None:
        """What the processor answers; None where it does not yet, or not well."""
        with contextlib.closing(http.client.HTTPConnection("127.0.0.1", port, timeout=10)) as asked:
            try:
                asked.request("GET", path)
                answer = asked.getresponse()
                return answer.read().decode() if answer.status == 200 else None
            except (OSError, http.client.HTTPException):
                return None

    def _url(self) -> str | None:
        return f"http://127.0.0.1:{self.requests}" if self.step.http is not None else None

    def _remove_sockets(self) -> None:
        """They are in /tmp, whatever TMPDIR says."""
        for path in SOCKETS.findall((self.hooks / "started.txt").read_text()):
            Path(path).unlink(missing_ok=True)


def _place_of(trigger: StreamTrigger) -> StreamPlace:
    return StreamPlace(trigger.name, trigger.container, trigger.path)


def reserve_port() -> socket.socket:
    """A socket on a free port that nobody else is given, while a processor can still listen there.

    Linux lets two sockets that both say SO_REUSEADDR, as Go's do, share a port until one of them listens.
    """
    reserved = socket.socket()
    reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    reserved.bind(("127.0.0.1", 0))
    return reserved


def port_of(reserved: socket.socket) -> int:
    """The port that is reserved."""
    return int(reserved.getsockname()[1])


if __name__ == "__main__":
    main()
