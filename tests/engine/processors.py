"""Steps on Nuclio's real processor: local copies of them, with nothing but their addresses changed (nuclio-facts 7).

with Cluster(engine, v3io, home) as cluster:
    score = cluster.start(project / "steps/score", replicas=2)
    cluster.until("all is scored", is_done, v3io, "projects", "fraud/streams/transactions", "score")
"""

from __future__ import annotations

import collections
import contextlib
import http.client
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

import pytest
import yaml
from iguazioig.emulator import V3io
from iguazioig.local.engine import Engine
from iguazioig.local.processor import port_of, reserve_port

PATIENCE = 120.0  # seconds; only a test that fails waits as long
NOT_LOCAL = re.compile(r"^.*://(?!127\.0\.0\.1[:/]).*$", re.MULTILINE)
DISABLED_HTTP = re.compile(r"^ +disableDefaultHTTPTrigger: true\n", re.MULTILINE)


class Processor:
    """A processor that runs a step, and the Python workers that it has created."""

    def __init__(self, engine: Engine, step: Path, env: Mapping[str, str], home: Path) -> None:
        self.home, self.log = home, home / "log.txt"
        self._stopped = self._told = False
        self._reserved = [reserve_port(), reserve_port()]
        self.admin, self.health = (port_of(each) for each in self._reserved)
        home.mkdir()
        (home / "platform.yaml").write_text(
            f'webAdmin: {{enabled: true, listenAddress: "127.0.0.1:{self.admin}"}}\n'
            f'healthCheck: {{enabled: true, listenAddress: "127.0.0.1:{self.health}"}}\n'
        )
        config = ["--config", str(step / "function.yaml"), "--platform-config", "platform.yaml"]
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(
                [engine.processor, *config],
                cwd=home,
                env={**self._environment(engine, step), **env},
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def _environment(self, engine: Engine, step: Path) -> dict[str, str]:
        return {
            "PATH": os.environ["PATH"],
            "LANG": "C.UTF-8",  # as in the image python:3.11
            "HOME": str(self.home),
            "TMPDIR": str(self.home),
            "PYTHONDONTWRITEBYTECODE": "1",
            "NUCLIO_PYTHON_WRAPPER_PATH": str(engine.wrapper),
            "NUCLIO_PYTHON_PATH": str(step),
            "NUCLIO_PYTHON_EXE_PATH": str(self._python(engine.python)),
        }

    def _python(self, python: Path) -> Path:
        """A Python that notes with what arguments it is started."""
        path = self.home / "python"
        note = f"printf '%s\\n' \"$*\" >>{shlex.quote(str(self._workers))}"
        path.write_text(f'#!/bin/sh\n{note}\nexec {shlex.quote(str(python))} "$@"\n')
        path.chmod(0o755)
        self._workers.touch()
        return path

    @property
    def _workers(self) -> Path:
        return self.home / "workers.txt"

    @property
    def workers(self) -> dict[str, int]:
        """How many Python workers were created for each trigger."""
        return dict(
            collections.Counter(re.findall(r"--trigger-name (\S+)", self._workers.read_text()))
        )

    @property
    def is_ready(self) -> bool:
        with contextlib.closing(http.client.HTTPConnection("127.0.0.1", self.health, 10)) as health:
            try:
                health.request("GET", "/ready")
                return health.getresponse().status == 200
            except OSError:
                return False

    @property
    def ended_by_itself(self) -> bool:
        return not self._stopped and not self._told and self.has_ended

    @property
    def has_ended(self) -> bool:
        return self._process.poll() is not None

    def tell_to_end(self) -> None:
        """As Kubernetes does before it loses patience."""
        self._told = True
        self._process.terminate()

    def stand_still(self) -> None:
        """As on a machine that has no time for it: its workers go on."""
        self._process.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        """As if nothing had been."""
        self._process.send_signal(signal.SIGCONT)

    def stop(self) -> None:
        """End it and its workers at once, and remove their sockets, which are in /tmp whatever TMPDIR says."""
        if self._stopped:
            return
        self._stopped = True
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        for path in re.findall(r"--\w+-socket-path (\S+\.sock)", self._workers.read_text()):
            Path(path).unlink(missing_ok=True)
        for reserved in self._reserved:
            reserved.close()


class Cluster:
    """Runs steps on processors; all that is started is stopped at the end of the block."""

    def __init__(self, engine: Engine, v3io: V3io, home: Path) -> None:
        self.engine, self.v3io, self.home = engine, v3io, home
        self.processors: list[Processor] = []

    def __enter__(self) -> Cluster:
        self.home.mkdir()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for processor in self.processors:
            processor.stop()

    def create_streams(self, project: Path) -> None:
        """What comes first: a processor whose stream is missing does not start."""
        api = {"V3IO_API": self.v3io.url, "V3IO_ACCESS_KEY": self.v3io.access_key}
        subprocess.run(
            [sys.executable, "setup_streams.py"],
            cwd=project,
            env={**os.environ, **api},
            check=True,
        )

    def start(
        self,
        step: Path,
        *,
        replicas: int = 1,
        addresses: Mapping[str, str] | None = None,
        triggers: str = "",
    ) -> list[Processor]:
        """Run a local copy of a step, and wait until it is ready.

        In the copy `addresses` are replaced; `triggers` are added to function.yaml.
        """
        local, env = self._localise(step, addresses or {}, triggers)
        started: list[Processor] = []
        for number in range(replicas):
            home = local / f"replica-{number}"
            started.append(Processor(self.engine, local, env, home))
            self.processors.append(started[-1])
        self.until(f"{step.name} is ready", lambda: all(each.is_ready for each in started))
        return started

    def _localise(
        self, step: Path, addresses: Mapping[str, str], triggers: str
    ) -> tuple[Path, dict[str, str]]:
        local = self.home / f"{step.name}-{len(self.processors)}"
        shutil.copytree(step, local)
        function = yaml.safe_load((step / "function.yaml").read_text())
        here = {v3io_api(function): self.v3io.url, **addresses}
        for name in ("function.yaml", "handler.py"):
            text = (local / name).read_text()
            for address, replacement in here.items():
                text = text.replace(address, replacement)
            assert NOT_LOCAL.findall(text) == []
            # With it a processor listens on every address of the machine, at port 8080.
            (local / name).write_text(DISABLED_HTTP.sub("", text))
        with (local / "function.yaml").open("a") as file:
            file.write(triggers)
        return local, self._env(yaml.safe_load((local / "function.yaml").read_text()))

    def _env(self, function: Any) -> dict[str, str]:
        """The variables that Kubernetes would set: the processor sets none of them."""
        env = {each["name"]: each.get("value", "a secret") for each in function["spec"]["env"]}
        return {**env, "V3IO_ACCESS_KEY": self.v3io.access_key}

    def until(self, what: str, condition: Callable[..., object], *arguments: object) -> None:
        """Wait until a condition holds; the test fails if a processor ends, or if it takes far too long."""
        deadline = time.monotonic() + PATIENCE
        while not condition(*arguments):
            for processor in self.processors:
                if processor.ended_by_itself:
                    self._fail(f"a processor ended before {what}", [processor])
            if time.monotonic() > deadline:
                self._fail(f"it took more than {PATIENCE:.0f} s until {what}", self.processors)
            time.sleep(0.05)

    def _fail(self, why: str, processors: list[Processor]) -> None:
        for processor in processors:
            print(f"\n--- {processor.log}\n{processor.log.read_text(errors='replace')[-10_000:]}")
        pytest.fail(why)


def v3io_api(function: Any) -> str:
    (address,) = (each["value"] for each in function["spec"]["env"] if each["name"] == "V3IO_API")
    return str(address)
