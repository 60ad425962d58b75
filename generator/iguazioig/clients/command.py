"""Every operation as a command of the generated project: what a dry run lists and a deployment runs."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ..commands import Command
from ..graph import Step, Stream
from .base import DeployerClient

READINESS_TIMEOUT_SECONDS = 300


class CommandClient(DeployerClient):
    """Turns each operation into one command, to be run in the folder of the generated project.

    `commands` has those that were taken, in order.
    """

    def __init__(self) -> None:
        self.commands: list[Command] = []
        self._nuctl = Nuctl()

    @abstractmethod
    def run(self, command: Command) -> None:
        """Take one command. Raises DeployError where it fails."""

    def target(self, namespace: str, registry: str) -> None:
        """The options of every `nuctl` command from now on."""
        self._nuctl = Nuctl(namespace, registry)

    def create_stream(self, stream: Stream) -> None:
        """`setup_streams.py` for one stream."""
        self.run(streams_command([stream], stream.slug))

    def create_streams(self, streams: Sequence[Stream]) -> None:
        """`setup_streams.py` for all of them: it refuses what is impossible before it changes anything."""
        self.run(streams_command(streams))

    def delete_stream(self, stream: Stream) -> None:
        """`setup_streams.py --delete` for one stream."""
        self.run(delete_streams_command([stream], stream.slug))

    def delete_streams(self, streams: Sequence[Stream]) -> None:
        """`setup_streams.py --delete` for all of them."""
        self.run(delete_streams_command(streams))

    def create_project(self, project: str) -> None:
        """`nuctl create project`, unless it is there: where it is, nuctl fails on Kubernetes (nuclio-facts 1.2)."""
        self.run(self._nuctl.create_project(project))

    def create_function(self, project: str, step: Step) -> None:
        """`nuctl deploy`."""
        self.run(self._nuctl.deploy(project, step))

    def delete_function(self, step: Step) -> None:
        """`nuctl delete function`."""
        self.run(self._nuctl.delete(step))


@dataclass(frozen=True, slots=True)
class Nuctl:
    """The commands of `nuctl`, in a namespace and with a registry; what is empty is left to its own variables."""

    namespace: str = ""
    registry: str = ""

    def create_project(self, project: str) -> Command:
        """Create the project unless it exists."""
        return Command(
            argv=self._words("create", "project", project),
            summary=f"create project {project} unless it exists",
            unless=self._words("get", "project", project),
            data={"operation": "create_project", "project": project},
        )

    def deploy(self, project: str, step: Step) -> Command:
        """Build and deploy a step."""
        image = ("--image", step.image_name) if step.image_name else ()
        source = ("--path", f"steps/{step.slug}", *image)
        ready = ("--readiness-timeout", str(READINESS_TIMEOUT_SECONDS))
        registry = ("--registry", self.registry) if self.registry else ()
        name = step.function_name
        argv = self._words("deploy", name, *source, "--project-name", project, *ready, *registry)
        data = {"operation": "create_function", "step": step.slug, "function": name}
        return Command(argv, f"build and deploy {step.slug}", data=data)

    def delete(self, step: Step) -> Command:
        """Delete the function of a step."""
        name = step.function_name
        data = {"operation": "delete_function", "function": name}
        return Command(
            self._words("delete", "function", name), f"delete function {name}", data=data
        )

    def _words(self, *words: str) -> tuple[str, ...]:
        return ("nuctl", *words, *(("--namespace", self.namespace) if self.namespace else ()))


def streams_command(streams: Sequence[Stream], *names: str) -> Command:
    """Create what is missing and grow what has too few shards."""
    return Command(
        argv=("python3", "setup_streams.py", *names),
        summary=f"create or grow {_count(len(streams), 'stream')}",
        details=tuple(
            f"{stream.container}{stream.path}: {_count(stream.shards, 'shard')}, {_count(stream.retention, 'hour')}"
            for stream in streams
        ),
        data={"operation": "create_streams", "streams": [_described(stream) for stream in streams]},
    )


def delete_streams_command(streams: Sequence[Stream], *names: str) -> Command:
    """Delete streams with all that is in them."""
    return Command(
        argv=("python3", "setup_streams.py", *names, "--delete", "--yes"),
        summary=f"delete {_count(len(streams), 'stream')} with all that is in them",
        details=tuple(f"{stream.container}{stream.path}" for stream in streams),
        data={"operation": "delete_streams", "streams": [_described(stream) for stream in streams]},
    )


def functions_command(steps: Sequence[Step], *words: str) -> Command:
    """Build and deploy those of the steps that do not run as they are in the project."""
    return Command(
        argv=("python3", "deploy_steps.py", *words),
        summary=f"deploy what has changed of {_count(len(steps), 'step')}",
        data={"operation": "create_functions", "functions": [s.function_name for s in steps]},
    )


def _described(stream: Stream) -> dict[str, Any]:
    return {
        "name": stream.slug,
        "container": stream.container,
        "path": stream.path,
        "shards": stream.shards,
        "retention": stream.retention,
    }


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
