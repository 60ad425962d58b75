"""The project of `scoring`, deployed: with a nuctl that keeps state and an embedded v3io."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from cases import EXAMPLES
from iguazioig.cluster.digest import DIGEST
from iguazioig.deployment import load
from iguazioig.emulator import ACCESS_KEY, V3io
from iguazioig.folder.write import write
from iguazioig.local.consumer_group import committed_name
from iguazioig.local.streams import connect
from iguazioig.project import render
from iguazioig.source import read_source
from iguazioig.status.project import step_digest
from nuctl_recorder import Recorder
from reported_functions import as_kube, committed

NAMESPACE = "team"
STREAMS = [("transactions", 4, 24), ("scores", 4, 24), ("alerts", 1, 48), ("rejected", 1, 168)]


class Deployed:
    """The project of `scoring` in the current folder, and where it was deployed to."""

    def __init__(self, home: Path, v3io: V3io) -> None:
        self.v3io = v3io
        self.nuctl = Recorder(home / "machine")
        self.project = home / "fraud"
        write(render(load(read_source(EXAMPLES / "scoring" / "graph.yaml")).plan()), self.project)

    def deploy(self) -> None:
        """Run its own scripts."""
        for script in ("setup_streams.py", "deploy_steps.py"):
            program = [sys.executable, self.project / script]
            done = subprocess.run(program, capture_output=True, text=True, check=False)
            assert done.returncode == 0, done.stdout + done.stderr

    def settle(self) -> None:
        """Let there be what they would bring about."""
        self.v3io.create_container("projects")
        for name, shards, hours in STREAMS:
            path = f"fraud/streams/{name}"
            self.v3io.create_stream("projects", path, shards=shards, retention_hours=hours)
        for config in committed(self.project):
            function = as_kube(config, NAMESPACE)
            name = function["metadata"]["name"]
            folder = self.project / "steps" / name.removeprefix("fraud-")
            function["metadata"]["annotations"] = {DIGEST: step_digest(folder)}
            self.nuctl.store(name, function, NAMESPACE)

    def change(self, name: str, **changes: Any) -> None:
        """Let somebody change the spec of a function by hand."""
        function = self.nuctl.functions[name]
        state = changes.pop("state", function["status"]["state"])
        function["spec"] |= changes
        function["status"]["state"] = state
        self.nuctl.store(name, function, NAMESPACE)

    def delete(self, name: str) -> None:
        subprocess.run(["nuctl", "delete", "function", name], check=True, capture_output=True)


def join(deployed: Deployed, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the commands of this process see it."""
    monkeypatch.chdir(deployed.project.parent)
    monkeypatch.setenv("PATH", f"{deployed.nuctl.folder}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("NUCTL_NAMESPACE", NAMESPACE)
    monkeypatch.setenv("V3IO_API", deployed.v3io.url)
    monkeypatch.setenv("V3IO_ACCESS_KEY", ACCESS_KEY)
    monkeypatch.delenv("NUCTL_PLATFORM", raising=False)


def commit(path: str, group: str, positions: dict[int, int]) -> None:
    """Let a consumer group be done with so many records of each shard."""
    client = connect(os.environ["V3IO_API"], ACCESS_KEY)
    for shard, position in positions.items():
        client.kv.update("projects", path, str(shard), attributes={committed_name(group): position})
    client.close()
