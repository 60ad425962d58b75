"""One local run, from the missing package to the last dead letter."""

from __future__ import annotations

import contextlib
import http.client
import json
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

from ..errors import NotReadyError, RunError, did_you_mean
from ..graph import Graph, Stream
from . import expectations, preflight, streams
from .expectations import Comparison
from .interrupts import Interrupts
from .reports import quantile
from .steps import DeployedStep, read_steps
from .streams import Reader, StreamPlace, StreamRecord
from .supervisor import RunOptions, Supervisor, set_up_streams

INTERVAL = 0.25  # seconds between two looks at how far everything is, while anything happens
AGAIN = 1.0  # seconds until a look is repeated that v3io did not answer
MOST_FAILURES = 60  # looks in a row without an answer, before the run gives up
MOST_LETTERS = 1000  # of which the causes are kept


@dataclass(frozen=True, kw_only=True)
class RunRequest:
    """What is asked of a run.

    `api` and `access_key` name a v3io that runs already; without them one is started, on `port` or a free one. `sends` are
    messages by the name of the stream that gets them, `expects` those that have to be in a stream at the end. Without
    `until_idle` and `seconds` it goes on until somebody ends it.
    """

    options: RunOptions
    graph: Graph | None = None
    api: str | None = None
    access_key: str = ""
    port: int = 0
    sends: Sequence[tuple[str, bytes]] = ()
    expects: Sequence[tuple[str, bytes]] = ()
    until_idle: bool = False
    seconds: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StepState:
    """How far a step is: records in and out, and what became of the others. `out` is None where nobody can say.

    `failed` records are lost: their handler raised. `median` and `slowest` are the handler's, in seconds, the second one for 99 of
    100 records. `rate` is in records per second.
    """

    name: str
    replicas: int
    delivered: int
    out: int | None
    failed: int
    dead_letters: int
    redelivered: int
    restarts: int
    lag: int
    rate: float
    median: float | None
    slowest: float | None
    last_error: str


@dataclass(frozen=True, slots=True)
class StreamState:
    """What is in a stream, and for each consumer group how much of that is still to be done."""

    name: str
    records: int
    lags: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """How far everything is, `seconds` after the start."""

    seconds: float
    steps: tuple[StepState, ...]
    streams: tuple[StreamState, ...]
    is_idle: bool


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A record that a step has given up, and why."""

    step: str
    stream: str
    shard: int
    sequence_number: int
    output: str | None
    cause: str


@dataclass(frozen=True, slots=True)
class Result:
    """How a run ended; `reached` is false where it ran out of time before it was idle."""

    snapshot: Snapshot
    sent: int
    letters: tuple[DeadLetter, ...]
    comparisons: tuple[Comparison, ...]
    logs: Path
    reached: bool

    @property
    def is_good(self) -> bool:
        """Whether everything that was expected has arrived, and no record is lost."""
        lost = any(step.failed for step in self.snapshot.steps)
        return self.reached and not lost and all(each.holds for each in self.comparisons)


class View(Protocol):
    """Who is told what happens."""

    def say(self, text: str) -> None:
        """Something that a person should know."""

    def show(self, snapshot: Snapshot) -> None:
        """How far everything is."""


def place_of(name: str, graph: Graph | None) -> StreamPlace:
    """The stream that a name means: one of the graph's, or `container/path`. Raises RunError."""
    known = {each.slug: _place(each, graph) for each in graph.streams} if graph else {}
    named = {**{each.name: known[each.slug] for each in graph.streams}, **known} if graph else {}
    if name in named:
        return named[name]
    container, slash, path = name.strip("/").partition("/")
    if not slash:
        there = ", ".join(f"`{each}`" for each in known)
        hint = f"; there are {there}" if there else ""
        raise RunError(
            f"there is no stream `{name}`{did_you_mean(name, known)}{hint}; or name one as container/path"
        )
    by_place = {each.full: each for each in known.values()}
    key = graph.partition_key if graph else None
    return by_place.get(f"{container}/{path}", StreamPlace(name, container, f"/{path}", key))


def _place(stream: Stream, graph: Graph) -> StreamPlace:
    return StreamPlace(stream.slug, stream.container, stream.path, graph.partition_key)


def run(request: RunRequest, view: View, interrupts: Interrupts) -> Result:
    """Run a project, to the end that was asked for or until interrupted.

    Raises NotReadyError before anything has started, RunError where it cannot go on, KeyboardInterrupt where it is interrupted
    before it began, or twice.
    """
    steps = prepare(request, view)
    sends = [(place_of(name, request.graph), content) for name, content in request.sends]
    expects = [(place_of(name, request.graph), content) for name, content in request.expects]
    request.options.logs.mkdir(parents=True, exist_ok=True)
    with platform(request) as (api, access_key, is_ours):
        view.say(f"v3io is at {api}")
        set_up_streams(request.options.project, api, access_key)

        def key_of(step: str) -> str:
            return str(uuid.uuid5(uuid.NAMESPACE_URL, step)) if is_ours else access_key

        made = Supervisor(request.options, steps, api, key_of, interrupts, view.say)
        with contextlib.closing(made) as supervisor:
            session = Session(
                request, steps, supervisor, api, access_key, key_of if is_ours else None
            )
            return session.run(sends, expects, view)


def prepare(request: RunRequest, view: View) -> list[DeployedStep]:
    """The steps of the project, once all that they need is there. Raises NotReadyError and RunError."""
    options = request.options
    steps = read_steps(options.project)
    if not steps:
        raise RunError(
            f"{options.project} is no generated project: it has no steps/*/function.yaml"
        )
    volumes = {mount.name for step in steps for mount in step.mounts}
    for name in options.mounts:
        if name not in volumes:
            raise RunError(
                f"no step mounts a volume `{name}`{did_you_mean(name, volumes)}; there are: {', '.join(sorted(volumes)) or 'none'}"
            )
    names = [step.name for step in steps]
    if options.crash and options.crash[0] not in names:
        raise RunError(
            f"there is no step `{options.crash[0]}`{did_you_mean(options.crash[0], names)}; there are: {', '.join(names)}"
        )
    problems = preflight.inspect(steps, options.mounts)
    if any(problem.severity == "error" for problem in problems):
        raise NotReadyError(problems)
    for problem in problems:
        view.say(str(problem))
    return steps


@contextlib.contextmanager
def platform(request: RunRequest) -> Iterator[tuple[str, str, bool]]:
    """A v3io for the run: its address, its access key, and whether it is the run's own."""
    if request.api is not None:
        yield request.api, request.access_key, False
        return
    from ..emulator import EmulatorError, serve

    with contextlib.ExitStack() as running:
        try:
            v3io = running.enter_context(serve(port=request.port, admin=True))
        except EmulatorError as error:
            raise RunError(str(error)) from error
        yield v3io.url, v3io.access_key, True


class Session:
    """What is known about a run while it goes on."""

    def __init__(
        self,
        request: RunRequest,
        steps: Sequence[DeployedStep],
        supervisor: Supervisor,
        api: str,
        access_key: str,
        key_of: Callable[[str], str] | None,
    ) -> None:
        self.request, self.steps, self.supervisor = request, steps, supervisor
        self.api, self.access_key, self.key_of = api, access_key, key_of
        self.client = streams.connect(api, access_key)
        self.places = self._known_streams()
        self.shards = {place: streams.shard_count(self.client, place) for place in self.places}
        self.groups = {
            place: sorted({t.group for s in steps for t in s.streams if t.stream == place.full})
            for place in self.places
        }
        self.errors = [
            Reader(self.client, place, start="latest") for place in self._error_streams()
        ]
        self.letters: list[DeadLetter] = []
        self.letters_of: dict[str, int] = {}
        self.begun = time.monotonic()
        self.last: Snapshot | None = None

    def _known_streams(self) -> list[StreamPlace]:
        """The streams of the graph, and whatever else the steps read."""
        graph = self.request.graph
        named = [_place(each, graph) for each in graph.streams] if graph else []
        read = [trigger.stream for step in self.steps for trigger in step.streams]
        places = {
            place.full: place for place in [*named, *(place_of(each, graph) for each in read)]
        }
        return list(places.values())

    def _error_streams(self) -> list[StreamPlace]:
        graph = self.request.graph
        found = [step.error_stream for step in graph.steps if step.error_stream] if graph else []
        return [place for place in self.places if place.full in {_place(each, graph).full for each in found}]  # type: ignore[arg-type]

    def run(
        self,
        sends: Sequence[tuple[StreamPlace, bytes]],
        expects: Sequence[tuple[StreamPlace, bytes]],
        view: View,
    ) -> Result:
        """Start the steps, send, wait for the end, and compare."""
        readers = {place: Reader(self.client, place, start="latest") for place, _ in expects}
        self.supervisor.start()
        self.begun = time.monotonic()
        view.say(f"{len(self.supervisor.replicas)} replicas are ready")
        sent = 0
        for place, content in sends:
            sent += streams.put(self.client, place, expectations.lines(content))
        reached = self.wait(view)
        self.supervisor.stop()
        comparisons = [
            expectations.compare(
                place.name,
                expectations.lines(content),
                [each.data for each in readers[place].read()],
            )
            for place, content in expects
        ]
        self.last = None  # so that the rates are those of the whole run
        snapshot = self.look()
        return Result(
            snapshot,
            sent,
            tuple(self.letters),
            tuple(comparisons),
            self.request.options.logs,
            reached,
        )

    def wait(self, view: View) -> bool:
        """Look on until the run is over; return whether it ended as it should."""
        request = self.request
        deadline = None if request.seconds is None else self.begun + request.seconds
        has_news, next_look, failures = True, 0.0, 0
        while not self.supervisor.interrupts.requested:
            now = time.monotonic()
            if has_news and now >= next_look:
                has_news, next_look = False, now + INTERVAL
                try:
                    snapshot = self.look()
                except RunError as error:
                    # Unknown is not idle: whatever v3io has, look again.
                    failures += 1
                    if failures > MOST_FAILURES:
                        raise
                    view.say(f"looking again: {error}")
                    has_news, next_look = True, now + AGAIN
                    self.supervisor.turn(INTERVAL)
                    continue
                failures = 0
                view.show(snapshot)
                if request.until_idle and snapshot.is_idle:
                    again = self.look()
                    if again.is_idle and again.streams == snapshot.streams:
                        return True
                    has_news = True
            if deadline is not None and now >= deadline:
                return not request.until_idle
            moments = [
                each for each in (deadline, next_look if has_news else None) if each is not None
            ]
            pause = max(0.0, min(moments) - time.monotonic()) if moments else None
            has_news |= self.supervisor.turn(pause)
        view.say("ending: records in hand are finished and committed; Ctrl-C again ends at once")
        return not request.until_idle

    def look(self) -> Snapshot:
        """How far everything is.

        Idle is where every group is done with everything: two such looks with the same numbers prove that there was a moment
        at which nothing was in anybody's hands, because both numbers of a shard only grow.
        """
        found = {
            place: streams.positions(self.client, place, self.shards[place], self.groups[place])
            for place in self.places
        }
        for reader in self.errors:
            for record in reader.read():
                self._note(record)
        lags = {
            (place.full, group): sum(end - done[group] for end, done in found[place].values())
            for place in self.places
            for group in self.groups[place]
        }
        puts = self._puts()
        seconds = time.monotonic() - self.begun
        states = tuple(
            StreamState(
                place.name,
                sum(end for end, _ in found[place].values()),
                {group: lags[place.full, group] for group in self.groups[place]},
            )
            for place in self.places
        )
        steps = tuple(self._state(step, lags, puts, seconds) for step in self.steps)
        is_idle = not any(lags.values()) and all(each.ready for each in self.supervisor.replicas)
        self.last = Snapshot(seconds, steps, states, is_idle)
        return self.last

    def _state(
        self,
        step: DeployedStep,
        lags: Mapping[tuple[str, str], int],
        puts: Mapping[str, int] | None,
        seconds: float,
    ) -> StepState:
        progress = self.supervisor.progress_of(step.name)
        replicas = [each for each in self.supervisor.replicas if each.assignment.step is step]
        before = {each.name: each for each in self.last.steps} if self.last else {}
        earlier = before[step.name].delivered if step.name in before else 0
        elapsed = seconds - (self.last.seconds if self.last else 0.0)
        return StepState(
            name=step.name,
            replicas=len(replicas),
            delivered=progress.delivered,
            out=None if puts is None else puts.get(step.name, 0),
            failed=progress.failed,
            dead_letters=self.letters_of.get(step.name, 0),
            redelivered=progress.redelivered,
            restarts=sum(each.restarts for each in replicas),
            lag=sum(lags[trigger.stream, trigger.group] for trigger in step.streams),
            rate=(progress.delivered - earlier) / elapsed if elapsed > 0 else 0.0,
            median=quantile(progress.durations, 0.5),
            slowest=quantile(progress.durations, 0.99),
            last_error=progress.last_error,
        )

    def _note(self, record: StreamRecord) -> None:
        """Count a dead letter, and keep its cause."""
        try:
            letter: Mapping[str, Any] = json.loads(record.data)
            cause = letter["cause"]
            noted = DeadLetter(
                str(letter["step"]),
                str(letter["stream"]),
                int(letter["shard"]),
                int(letter["sequence_number"]),
                letter.get("output"),
                f"{cause['type']}: {cause['message']}",
            )
        except (ValueError, KeyError, TypeError, OverflowError, RecursionError):
            return  # not one of `delivery`'s
        self.letters_of[noted.step] = self.letters_of.get(noted.step, 0) + 1
        if len(self.letters) < MOST_LETTERS:
            self.letters.append(noted)

    def _puts(self) -> dict[str, int] | None:
        """Records by the step that put them, but for its dead letters; None where v3io does not tell."""
        if self.key_of is None:
            return None
        names = {self.key_of(step.name): step.name for step in self.steps}
        errors = {reader.place.full for reader in self.errors}
        connection = http.client.HTTPConnection(urlsplit(self.api).netloc, timeout=30)
        with contextlib.closing(connection):
            connection.request(
                "GET", "/.iguazioig/puts", headers={"X-v3io-session-key": self.access_key}
            )
            found = json.loads(connection.getresponse().read())
        counted: dict[str, int] = {}
        for each in found:
            if each["access_key"] in names and each["stream"] not in errors:
                name = names[each["access_key"]]
                counted[name] = counted.get(name, 0) + each["records"]
        return counted
