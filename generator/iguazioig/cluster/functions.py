"""The functions of a cluster, as `nuctl` reports them: one call for all of them, and nothing is changed."""

from __future__ import annotations

import json
import shlex
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..errors import DeployError
from .digest import DIGEST

PROJECT_LABEL = "nuclio.io/project-name"
READY = frozenset({"ready", "scaledToZero"})

_ANSWER_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Function:
    """A function that is stored; `config` is all that nuctl says: `metadata`, `spec` and `status` (nuclio-facts 8.1)."""

    config: Mapping[str, Any]

    @property
    def name(self) -> str:
        """Its name in the namespace."""
        return str(self.config["metadata"]["name"])

    @property
    def project(self) -> str:
        """The Nuclio project that it belongs to."""
        return str(_texts(self.config, "labels").get(PROJECT_LABEL, ""))

    @property
    def state(self) -> str:
        """What became of it: `ready`, `scaledToZero`, `building`, `error`, `unhealthy`, `imported` …"""
        return str(self.config["status"].get("state", ""))

    @property
    def digest(self) -> str:
        """The digest of what it was built from; empty where no deployment by `deploy_steps.py` left one."""
        return str(_texts(self.config, "annotations").get(DIGEST, ""))


def functions_of(project: str, *, timeout: float = _ANSWER_SECONDS) -> dict[str, Function]:
    """The functions of a Nuclio project by name. `timeout` is in seconds.

    Raises DeployError where nuctl is missing, fails, says nothing in time, or says something else.
    """
    label = f"{PROJECT_LABEL}={project}"
    found = _ask(["nuctl", "get", "function", "--labels", label, "--output", "json"], timeout)
    # The local platform knows this label alone, and older ones none (nuclio-facts 8.1).
    return {function.name: function for function in found if function.project == project}


def _ask(command: list[str], timeout: float) -> list[Function]:
    if shutil.which("nuctl") is None:
        raise DeployError("`nuctl` is not on the PATH; install it, or put its folder on the PATH")
    shown = shlex.join(command)
    try:
        # With a session of its own nothing that nuctl starts can ask for a password.
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=timeout,
            start_new_session=True,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise DeployError(
            f"`{shown}` said nothing in {timeout:g} seconds; can the cluster be reached?"
        ) from error
    said = done.stdout.decode(errors="replace").strip()
    if done.returncode != 0:
        why = done.stderr.decode(errors="replace").strip() or said
        raise DeployError(f"`{shown}` failed with exit code {done.returncode}: {why}")
    return parse_functions(said, f"`{shown}`")


def parse_functions(said: str, source: str) -> list[Function]:
    """What `nuctl get function -o json` printed: an object, a list of several, or that there is none.

    Raises DeployError, which names the source, for anything else: half an answer, the answer of another program.
    """
    if said.strip() == "No functions found":
        return []
    try:
        answer = json.loads(said)
    except ValueError:
        answer = None
    each_of = answer if isinstance(answer, list) else [answer]
    if not all(map(_is_function, each_of)):
        raise DeployError(f"{source} printed what is not the JSON of functions: {said[:300]}")
    return [Function(each) for each in each_of]


def _is_function(answer: Any) -> bool:
    parts = ("metadata", "spec", "status")
    return (
        isinstance(answer, dict)
        and all(isinstance(answer.get(part), dict) for part in parts)
        and isinstance(answer["metadata"].get("name"), str)
    )


def _texts(config: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    found = config["metadata"].get(key)
    return found if isinstance(found, dict) else {}
