"""The steps of a generated project, as their committed function.yaml says that they run."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from ..document import parse, shorten
from ..errors import Location, NotReadyError, Problem
from .fields import LONGEST_NAME, Fields, Notes
from .files import read, shown

NOWHERE = Location("function.yaml")

MOST_PROCESSES = 500
"""Of workers, and of replicas: on one machine more of them is a mistake."""

MOST_RECORDS = 1_000_000
VARIABLE = re.compile(r"[-._a-zA-Z][-._a-zA-Z0-9]*")  # as Kubernetes names them
KINDS = ("v3ioStream", "v3io-stream")
LEVELS = {
    "debug": "debug",
    "info": "info",
    "warn": "warning",
    "warning": "warning",
    "error": "error",
}
ATTRIBUTES = (
    "containerName", "streamPath", "consumerGroup", "seekTo", "readBatchSize", "numTransportWorkers",
    "recordBatchSizeChan", "sessionTimeout", "heartbeatInterval", "sequenceNumberCommitInterval",
    "sequenceNumberShardWaitInterval", "workerAllocationMode", "ackWindowSize", "logLevel",
    "pollingIntervalMs", "partitions",
)  # fmt: skip
"""All that Nuclio knows for a v3ioStream trigger, in any case (nuclio-facts 3.1)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamTrigger:
    """A v3ioStream trigger with Nuclio's defaults filled in (nuclio-facts 3.1); times in seconds.

    Where it is `explicit` nothing is committed but what the step acknowledges (nuclio-facts 3.6).
    """

    name: str
    container: str
    path: str
    group: str
    workers: int
    static: bool = False
    explicit: bool = False
    seek_to: str = "latest"
    read_batch_size: int = 64
    session_timeout: float = 10.0
    heartbeat_interval: float = 3.0
    commit_interval: float = 1.0
    shard_wait_interval: float = 1.0

    @property
    def stream(self) -> str:
        """Container and path of the stream, as in `projects/orders/streams/orders`."""
        return "/".join([self.container, *filter(None, self.path.split("/"))])


@dataclass(frozen=True, slots=True)
class HttpTrigger:
    """An HTTP trigger."""

    name: str
    workers: int


@dataclass(frozen=True, slots=True)
class Mount:
    """A volume of a step: its name, where the step finds it, and where its function.yaml says so."""

    name: str
    path: str
    place: Location = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Secret:
    """Where the value of a variable comes from, and where a function.yaml says so."""

    source: str
    place: Location = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeployedStep:
    """One step: `folder` has its files; `secrets` are variables whose values are in no file, with where they come from.

    `secret_sets` name what all of whose keys are variables. `warnings` are what Nuclio does not refuse, and nobody wants.
    """

    name: str
    function: str
    folder: Path
    handler: str
    replicas: int
    streams: tuple[StreamTrigger, ...]
    http: HttpTrigger | None
    env: Mapping[str, str]
    secrets: Mapping[str, Secret]
    secret_sets: tuple[Secret, ...]
    mounts: tuple[Mount, ...]
    log_level: str
    warnings: tuple[Problem, ...] = ()


def read_steps(project: Path) -> list[DeployedStep]:
    """Every step of a project, by name. Raises NotReadyError with all that is wrong with their function.yaml."""
    steps: list[DeployedStep] = []
    problems: list[Problem] = []
    for folder in sorted(project.glob("steps/*")):
        path = folder / "function.yaml"
        if not os.path.lexists(path):
            continue
        try:
            steps.append(read_step(path))
        except NotReadyError as error:
            problems += error.problems
    if problems:
        raise NotReadyError(problems)
    return steps


def read_step(path: Path) -> DeployedStep:
    """The step that a function.yaml describes. Raises NotReadyError with all that is wrong with it."""
    document = parse(read(path), shown(path), "function.yaml")
    if document.root is None:
        empty = Problem(Location(shown(path)), "it is empty", "expected a function.yaml", "empty")
        raise NotReadyError(document.problems or [empty])
    notes = Notes(list(document.problems))
    step = _step(path, Fields(document.root, Location(shown(path)), "function.yaml", notes), notes)
    if any(problem.severity == "error" for problem in notes.problems):
        raise NotReadyError(notes.problems)
    return replace(step, warnings=tuple(notes.problems))


def _step(path: Path, function: Fields, notes: Notes) -> DeployedStep:
    spec = function.fields("spec")
    runtime = spec.text("runtime", "python")
    if not runtime.startswith("python"):
        wrong = f"its runtime is `{shorten(runtime)}`"
        notes.add(spec.place_of("runtime"), wrong, "only Python steps run here")
    env, secrets = _variables(spec, notes)
    triggers = spec.fields("triggers", exact=True)
    by_name = {name: triggers.fields(name) for name in triggers}
    return DeployedStep(
        name=path.parent.name,
        function=function.fields("metadata").word("name"),
        folder=path.parent,
        handler=spec.text("handler", "handler:handler"),
        replicas=_replicas(spec),
        streams=tuple(_stream_triggers(by_name, notes)),
        http=_http_trigger(spec, by_name),
        env=env,
        secrets=secrets,
        secret_sets=tuple(_sets(spec)),
        mounts=tuple(_mounts(spec, notes)),
        log_level=_log_level(spec),
    )


def _replicas(spec: Fields) -> int:
    """As Nuclio fills them in, and the consumer group counts them: nuclio-facts 3.3 and 6."""
    least = spec.number("minReplicas", 0, MOST_PROCESSES)
    most = spec.number("maxReplicas", 1, MOST_PROCESSES)
    return spec.number("replicas", 1, MOST_PROCESSES) or most or least or 1


def _variables(spec: Fields, notes: Notes) -> tuple[dict[str, str], dict[str, Secret]]:
    """The variables with values, and those from elsewhere; of several with a name the last one counts, as in Kubernetes."""
    env: dict[str, str] = {}
    secrets: dict[str, Secret] = {}
    for entry in spec.items("env"):
        name = entry.word("name")
        if name and not VARIABLE.fullmatch(name):
            wrong, expected = (
                f"`{shorten(name)}` is no name of a variable",
                "expected one as in `A_B`",
            )
            notes.add(entry.place_of("name"), wrong, expected)
        env.pop(name, None)
        secrets.pop(name, None)
        if entry.get("valueFrom") is None:
            env[name] = entry.text("value", "")
        else:
            if entry.text("value"):
                wrong = f"`{shorten(name)}` has a `value` and a `valueFrom`"
                notes.add(entry.place, wrong, "keep one of the two")
            secrets[name] = Secret(_source(entry.fields("valueFrom")), entry.place)
    return env, secrets


def _source(value: Fields) -> str:
    for kind, what in (("secretKeyRef", "Secret"), ("configMapKeyRef", "ConfigMap")):
        if value.get(kind) is not None:
            reference = value.fields(kind)
            return f"key `{reference.word('key')}` of {what} `{reference.word('name')}`"
    return f"its pod ({', '.join(value) or 'nothing'})"


def _sets(spec: Fields) -> Iterator[Secret]:
    for entry in spec.items("envFrom"):
        for kind, what in (("secretRef", "Secret"), ("configMapRef", "ConfigMap")):
            if entry.get(kind) is not None:
                yield Secret(f"{what} `{entry.fields(kind).word('name')}`", entry.place)


def _mounts(spec: Fields, notes: Notes) -> Iterator[Mount]:
    for entry in spec.items("volumes"):
        mount = entry.fields("volumeMount")
        path = mount.word("mountPath")
        if path and not path.startswith("/"):
            place = mount.place_of("mountPath")
            notes.add(place, f"`{shorten(path)}` is no path from the root", "expected `/...`")
        yield Mount(mount.word("name"), path, mount.place_of("mountPath"))


def _log_level(spec: Fields) -> str:
    """The level of the first sink; Nuclio takes an unknown one as debug (nuclio-facts 6)."""
    sinks = spec.items("loggerSinks")
    return LEVELS.get(sinks[0].text("level", "debug"), "debug") if sinks else "debug"


def _http_trigger(spec: Fields, triggers: Mapping[str, Fields]) -> HttpTrigger | None:
    """The HTTP trigger, which Nuclio adds where there is none (nuclio-facts 6)."""
    disabled = spec.flag("disableDefaultHTTPTrigger")
    for name, trigger in triggers.items():
        if trigger.text("kind", "") == "http":
            return HttpTrigger(name, _workers(trigger))
    return None if disabled else HttpTrigger("default-http", 1)


def _workers(trigger: Fields) -> int:
    """nuclio-facts 3.3: 1 by default, the older name still counts."""
    older = trigger.number("maxWorkers", 0, MOST_PROCESSES)
    return trigger.number("numWorkers", 0, MOST_PROCESSES) or older or 1


def _stream_triggers(triggers: Mapping[str, Fields], notes: Notes) -> Iterator[StreamTrigger]:
    for name, trigger in triggers.items():
        kind = trigger.word("kind")
        if not name.isprintable() or len(name) > LONGEST_NAME:
            notes.add(trigger.place, f"a trigger is called `{shorten(name)}`", "expected a name")
        elif kind in KINDS:
            yield _stream_trigger(name, trigger, notes)
        elif kind not in ("", "http"):
            wrong = f"trigger `{shorten(name)}` is a `{shorten(kind)}`"
            notes.add(trigger.place_of("kind"), wrong, "v3ioStream and http run here")


def _is_explicit(name: str, trigger: Fields, *, static: bool, notes: Notes) -> bool:
    """Whether only what is acknowledged is committed. Nuclio's third way, `enable`, loses what raises (nuclio-facts 3.6)."""
    mode = trigger.text("explicitAckMode", "disable")
    place = trigger.place_of("explicitAckMode")
    if mode not in ("disable", "explicitOnly"):
        wrong = f"trigger `{shorten(name)}` has the explicitAckMode `{shorten(mode)}`"
        notes.add(place, wrong, "disable and explicitOnly run here")
    elif mode == "explicitOnly" and not static:
        wrong = f"trigger `{shorten(name)}` has an explicitAckMode"
        notes.add(
            place, wrong, "Nuclio's processor starts with `workerAllocationMode: static` only"
        )
    return mode == "explicitOnly"


def _stream_trigger(name: str, trigger: Fields, notes: Notes) -> StreamTrigger:
    given = trigger.fields("attributes")
    static = given.choice("workerAllocationMode", ("pool", "static"), "pool") == "static"
    given.warn_of_strangers(ATTRIBUTES)
    usual = StreamTrigger(name=name, container="", path="", group="", workers=1)
    return StreamTrigger(
        name=name,
        container=given.word("containerName"),
        path=given.word("streamPath"),
        group=given.word("consumerGroup"),
        workers=_workers(trigger),
        static=static,
        explicit=_is_explicit(name, trigger, static=static, notes=notes),
        seek_to=given.choice("seekTo", ("latest", "earliest"), usual.seek_to),
        read_batch_size=given.number("readBatchSize", 0, MOST_RECORDS) or usual.read_batch_size,
        session_timeout=given.seconds("sessionTimeout", usual.session_timeout),
        heartbeat_interval=given.seconds("heartbeatInterval", usual.heartbeat_interval),
        commit_interval=given.seconds("sequenceNumberCommitInterval", usual.commit_interval),
        shard_wait_interval=given.seconds(
            "sequenceNumberShardWaitInterval", usual.shard_wait_interval
        ),
    )
