"""The steps of a generated project, as their committed function.yaml says that they run."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from ..errors import Location, NotReadyError, Problem

DURATION = re.compile(r"(?:\d+(?:\.\d+)?(?:ms|h|m|s))+")
UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamTrigger:
    """A v3ioStream trigger with Nuclio's defaults filled in (nuclio-facts 3.1); times in seconds."""

    name: str
    container: str
    path: str
    group: str
    workers: int
    static: bool = False
    seek_to: str = "latest"
    read_batch_size: int = 64
    session_timeout: float = 10.0
    heartbeat_interval: float = 3.0
    commit_interval: float = 1.0
    shard_wait_interval: float = 1.0

    @property
    def stream(self) -> str:
        """Container and path of the stream, as in `projects/orders/streams/orders`."""
        return f"{self.container}/{self.path.strip('/')}"


@dataclass(frozen=True, slots=True)
class HttpTrigger:
    """An HTTP trigger."""

    name: str
    workers: int


@dataclass(frozen=True, slots=True)
class Mount:
    """A volume of a step: its name, and where the step finds it."""

    name: str
    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DeployedStep:
    """One step: `folder` has its files; `secrets` are variables whose values are in no file, with where they come from."""

    name: str
    function: str
    folder: Path
    handler: str
    replicas: int
    streams: tuple[StreamTrigger, ...]
    http: HttpTrigger | None
    env: Mapping[str, str]
    secrets: Mapping[str, str]
    secret_sets: tuple[str, ...]
    mounts: tuple[Mount, ...]
    log_level: str


def read_steps(project: Path) -> list[DeployedStep]:
    """Every step of a project, by name. Raises NotReadyError with all that is wrong with their function.yaml."""
    steps, problems = [], []
    for path in sorted(project.glob("steps/*/function.yaml")):
        try:
            steps.append(read_step(path))
        except _UnreadableError as error:
            problems.append(Problem(error.location, error.wrong, error.expected, "function-yaml"))
    if problems:
        raise NotReadyError(problems)
    return steps


def shown(path: Path) -> str:
    """A path as a person would write it: from here, where it is below."""
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)


class _UnreadableError(Exception):
    def __init__(self, path: Path, wrong: str, expected: str, line: int = 1) -> None:
        super().__init__(wrong)
        self.location, self.wrong, self.expected = Location(shown(path), line), wrong, expected


def read_step(path: Path) -> DeployedStep:
    """The step that a function.yaml describes."""
    function = _load(path)
    try:
        return _describe(path, function)
    except _UnreadableError:
        raise
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        wrong = f"it lacks {error}" if isinstance(error, KeyError) else str(error)
        raise _UnreadableError(path, wrong, "expected what `iguazioig generate` writes") from error


def _load(path: Path) -> Any:
    try:
        return yaml.safe_load(path.read_text(encoding="utf-8"))
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        wrong = f"it is no YAML: {getattr(error, 'problem', None) or error}"
        raise _UnreadableError(
            path, wrong, "is it half merged?", mark.line + 1 if mark else 1
        ) from error
    except (OSError, UnicodeDecodeError) as error:
        raise _UnreadableError(path, f"it cannot be read: {error}", "") from error


def _describe(path: Path, function: Any) -> DeployedStep:
    spec = function["spec"]
    runtime = spec.get("runtime", "python")
    if not str(runtime).startswith("python"):
        raise _UnreadableError(path, f"its runtime is `{runtime}`", "only Python steps run here")
    variables = spec.get("env") or []
    triggers = {name: each or {} for name, each in (spec.get("triggers") or {}).items()}
    return DeployedStep(
        name=path.parent.name,
        function=function["metadata"]["name"],
        folder=path.parent,
        handler=spec.get("handler", "handler:handler"),
        replicas=spec.get("replicas") or spec.get("maxReplicas") or 1,
        streams=tuple(_stream_triggers(path, triggers)),
        http=_http_trigger(spec, triggers),
        env={
            each["name"]: str(each.get("value", ""))
            for each in variables
            if "valueFrom" not in each
        },
        secrets={
            each["name"]: _source(each["valueFrom"]) for each in variables if "valueFrom" in each
        },
        secret_sets=tuple(str(_reference(each)) for each in spec.get("envFrom") or []),
        mounts=tuple(
            Mount(each["volumeMount"]["name"], each["volumeMount"]["mountPath"])
            for each in spec.get("volumes") or []
        ),
        log_level=_log_level(spec),
    )


def _source(value: Mapping[str, Any]) -> str:
    reference = value.get("secretKeyRef") or value.get("configMapKeyRef")
    return f"key `{reference['key']}` of Secret `{reference['name']}`" if reference else str(value)


def _reference(value: Mapping[str, Any]) -> Any:
    return (value.get("secretRef") or value.get("configMapRef") or {}).get("name", value)


def _log_level(spec: Mapping[str, Any]) -> str:
    """The level of the first sink; Nuclio takes an unknown one as debug (nuclio-facts 6)."""
    sinks: list[dict[str, str]] = spec.get("loggerSinks") or [{}]
    level = str(sinks[0].get("level", "debug"))
    level = {"warn": "warning"}.get(level, level)
    return level if level in ("debug", "info", "warning", "error") else "debug"


def _http_trigger(spec: Mapping[str, Any], triggers: Mapping[str, Any]) -> HttpTrigger | None:
    """The HTTP trigger, which Nuclio adds where there is none (nuclio-facts 6)."""
    for name, trigger in triggers.items():
        if trigger.get("kind") == "http":
            return HttpTrigger(name, _workers(trigger))
    return None if spec.get("disableDefaultHTTPTrigger") else HttpTrigger("default-http", 1)


def _workers(trigger: Mapping[str, Any]) -> int:
    return int(trigger.get("numWorkers") or trigger.get("maxWorkers") or 1)


def _stream_triggers(path: Path, triggers: Mapping[str, Any]) -> Iterator[StreamTrigger]:
    for name, trigger in triggers.items():
        kind = trigger.get("kind")
        if kind in ("v3ioStream", "v3io-stream"):
            if trigger.get("explicitAckMode", "disable") != "disable":
                wrong = f"trigger `{name}` has explicitAckMode `{trigger['explicitAckMode']}`"
                raise _UnreadableError(
                    path,
                    wrong,
                    "the local run commits when the handler returns, and knows no other way",
                )
            yield _stream_trigger(name, trigger)
        elif kind != "http":
            raise _UnreadableError(
                path, f"trigger `{name}` is a `{kind}`", "v3ioStream and http run here"
            )


def _stream_trigger(name: str, trigger: Mapping[str, Any]) -> StreamTrigger:
    # Nuclio reads attributes by name in any case: nuclio-facts 3.1.
    given = {key.lower(): value for key, value in trigger["attributes"].items()}
    intervals = {
        "session_timeout": "sessionTimeout",
        "heartbeat_interval": "heartbeatInterval",
        "commit_interval": "sequenceNumberCommitInterval",
        "shard_wait_interval": "sequenceNumberShardWaitInterval",
    }
    return StreamTrigger(
        name=name,
        container=_attribute(given, "containerName"),
        path=_attribute(given, "streamPath"),
        group=_attribute(given, "consumerGroup"),
        workers=_workers(trigger),
        static=given.get("workerallocationmode") == "static",
        seek_to=given.get("seekto", "latest"),
        read_batch_size=int(given.get("readbatchsize", 64)),
        **{
            field: seconds(given[key.lower()])
            for field, key in intervals.items()
            if key.lower() in given
        },
    )


def _attribute(given: Mapping[str, Any], name: str) -> str:
    if name.lower() not in given:
        raise ValueError(f"a v3ioStream trigger lacks the attribute `{name}`")
    return str(given[name.lower()])


def seconds(duration: str) -> float:
    """Seconds of a duration of Go, such as `1m30s` or `250ms`. Raises ValueError."""
    if not DURATION.fullmatch(str(duration)):
        raise ValueError(f"`{duration}` is no duration; expected one such as `10s` or `250ms`")
    return sum(
        float(number) * UNITS[unit] for number, unit in re.findall(r"([\d.]+)(ms|[hms])", duration)
    )
