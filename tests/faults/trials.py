"""A run of an example under faults: the generated steps as replicas of the local run, a v3io that can be killed beside them."""

from __future__ import annotations

import contextlib
import json
import re
import socket
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from random import Random
from typing import Any

from accounting import Account, Arrival, Verdict, settle
from cases import EXAMPLES
from example_runs import ARCHIVE, take_posts
from iguazioig.deployment import load
from iguazioig.errors import RunError
from iguazioig.folder.write import write
from iguazioig.graph import Graph
from iguazioig.local import streams
from iguazioig.local.interrupts import Interrupts
from iguazioig.local.places import place_of
from iguazioig.local.steps import read_steps
from iguazioig.local.streams import Reader, StreamPlace
from iguazioig.local.supervisor import (
    ReplicaProcess,
    RunOptions,
    Supervisor,
    set_up_streams,
)
from iguazioig.project import render
from iguazioig.source import Source
from kinds import KINDS, Kind, nothing
from server import Server, server

LINGER = 0.05  # seconds between two looks
PATIENCE = 300.0  # seconds without any progress; only a trial that fails waits as long
# What a trial changes in a graph: time-outs that can be waited for, endpoints here, and no `latest` reader, which by its nature passes over
# what it has not committed when it dies before its first commit.
DELIVERY = "timeout: 500ms, backoff: 500ms"


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What came of a trial; `hits` are the requests that a fault struck."""

    kind: str
    example: str
    seed: int
    messages: int
    faults: int
    hits: int
    verdict: Verdict

    @property
    def wrong(self) -> list[str]:
        """All that delivery does not allow."""
        found = self.verdict
        kind = KINDS[self.kind]
        again = [f"{found.duplicates} twice"] if found.duplicates and not kind.again else []
        vain = ["no request was struck"] if kind.by_requests and not self.hits else []
        return [*found.lost, *found.strange, *found.out_of_order, *again, *vain]


def try_out(kind: str, example: str, seed: int, messages: int, faults: int, home: Path) -> Outcome:
    """Run an example with a number of messages, in which faults of a kind happen."""
    with contextlib.ExitStack() as stack:
        interrupts = stack.enter_context(contextlib.closing(Interrupts()))
        url, posts = stack.enter_context(take_posts())
        project = generate(TRIALS[example], home, url)
        running = stack.enter_context(server(home / "data", free_port()))
        trial = TRIALS[example](home, project, running, interrupts, posts)
        stack.callback(trial.close)
        trial.run(Random(f"{seed} {kind} {example}"), KINDS[kind], messages, faults)
        return Outcome(
            kind=kind,
            example=example,
            seed=seed,
            messages=messages,
            faults=faults if KINDS[kind].strike is not nothing else len(trial.poison),
            hits=trial.hits,
            verdict=settle(trial.accounts()),
        )


def generate(trial: type[Trial], home: Path, url: str) -> tuple[Graph, Path]:
    """The project of an example whose graph was changed for trials."""
    folder = EXAMPLES / trial.example
    text = (folder / "graph.yaml").read_text()
    text = re.sub(r"https?://(?!v3io)[a-z.:0-9]+(?=/)", url, text)
    text = text.replace("seek_to: latest", "seek_to: earliest")
    text = re.sub(r"(?m)^  delivery: .*\n", "", text)
    text = re.sub(r"(?m)^      delivery: .*\n", "", text)
    delivery = f"  delivery: {{{DELIVERY}{trial.delivery}}}\n"
    text = re.sub(r"(?m)^  v3io_streams:", f"{delivery}  v3io_streams:", text)
    loaded = load(Source("graph.yaml", text.encode(), folder))
    write(render(loaded.plan()), home / "project")
    return loaded.graph, home / "project"


def free_port() -> int:
    """A port that is free; a v3io that is started again has to be where it was."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


class Trial:
    """A run: `number` is the number of the next message."""

    example = ""
    delivery = ""
    input = ""
    passes = 1  # about how many records there are to handle for each message
    left_out: Sequence[str] = ()
    causes: Sequence[str] = ("KeyError", "Undeliverable")

    def __init__(
        self,
        home: Path,
        project: tuple[Graph, Path],
        running: Server,
        interrupts: Interrupts,
        posts: list[tuple[str, Any]],
    ) -> None:
        self.home, self.server, self.posts = home, running, posts
        self.graph, self.project = project
        self.good: list[Arrival] = []
        self.poison: list[Arrival] = []
        self.hits = 0
        set_up_streams(self.project, running.url, running.access_key, interrupts)
        steps = [step for step in read_steps(self.project) if step.name not in self.left_out]
        self.steps = steps
        (home / "home").mkdir()
        (home / "logs").mkdir()
        options = RunOptions(
            project=self.project, logs=home / "logs", home=home / "home", mounts=self.mounts()
        )
        self.said: list[str] = []
        self.supervisor = Supervisor(
            options,
            steps,
            running.url,
            lambda step: running.access_key,
            interrupts,
            self.said.append,
        )

    def mounts(self) -> dict[str, Path]:
        """The folders of the volumes."""
        return {}

    def message(self, random: Random, number: int, poison: bool) -> tuple[str, bytes]:
        """A message with a number: its key, its body."""
        raise NotImplementedError

    def accounts(self) -> Iterator[Account]:
        """What has to be where, and what is there."""
        raise NotImplementedError

    @cached_property
    def client(self) -> Any:
        return streams.connect(self.server.url, self.server.access_key)

    def close(self) -> None:
        self.supervisor.close()
        self.client.close()

    def run(self, random: Random, kind: Kind, messages: int, faults: int) -> None:
        """Send all messages, and let something happen as often as wanted while they are handled."""
        self.send(random, messages, kind.poison)
        if kind.early:
            kind.strike(self, random)
        self.supervisor.start()
        todo = self.passes * messages
        for number in range(kind.early, faults):
            wanted = todo * (number + random.random()) / faults
            self.until(lambda wanted=wanted: self.handled >= wanted or self.is_done)
            kind.strike(self, random)
        self.until(lambda: self.is_done)
        self.hits = self.server.hits()
        self.server.clear()

    def send(self, random: Random, messages: int, poison_share: float) -> None:
        """Put all messages into the input, in their order; the first and the last one are poison."""
        place = place_of(self.input, self.graph)
        records = []
        for number in range(messages):
            poison = number in (0, messages - 1) or random.random() < poison_share
            key, body = self.message(random, number, poison)
            (self.poison if poison else self.good).append((key, number))
            records.append({"data": body, "partition_key": key})
        for begin in range(0, messages, 1000):
            self.put(place, records[begin : begin + 1000])

    def put(self, place: StreamPlace, records: list[dict[str, Any]]) -> None:
        answer = self.client.stream.put_records(place.container, place.path, records)
        assert not answer.output.failed_record_count

    @property
    def handled(self) -> int:
        """Records that handlers are done with, repetitions among them."""
        return sum(self.supervisor.progress_of(step.name).handled for step in self.steps)

    @property
    def is_done(self) -> bool:
        """Whether every group has committed all that there is, and that twice the same."""
        first = self.positions()
        return (
            first is not None
            and all(end == done for end, done in first)
            and first == self.positions()
        )

    def positions(self) -> list[tuple[int, int]] | None:
        """Of each shard and group the last record that there is, and the last that is committed; None while v3io is away."""
        found = []
        try:
            for trigger in (trigger for step in self.steps for trigger in step.streams):
                place = StreamPlace(trigger.name, trigger.container, trigger.path)
                shards = streams.shard_count(self.client, place)
                there = streams.positions(self.client, place, shards, [trigger.group])
                found += [(end, done[trigger.group]) for end, done in there.values()]
        except RunError:
            return None
        return found

    def until(self, condition: Callable[[], bool]) -> None:
        """Let the run go on until something is so."""
        deadline = time.monotonic() + PATIENCE
        while not condition():
            self.go_on(LINGER)
            assert time.monotonic() < deadline, f"no end: {self.handled} handled; {self.said[-20:]}"

    def go_on(self, seconds: float) -> None:
        """Let the run go on for a while."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            self.supervisor.turn(left)

    def replicas(self) -> list[int]:
        """The processes of the replicas that run."""
        self.until(lambda: all(each.ready for each in self.supervisor.replicas))
        return [each.process.pid for each in self.supervisor.replicas if each.process is not None]

    def pair(self, step: str) -> tuple[ReplicaProcess, ReplicaProcess]:
        """The first two replicas of a step, once all are ready."""
        self.until(lambda: all(each.ready for each in self.supervisor.replicas))
        first, second, *_ = (
            each for each in self.supervisor.replicas if each.assignment.step.name == step
        )
        return first, second

    @cached_property
    def shared_steps(self) -> list[str]:
        """The steps with several replicas."""
        return [step.name for step in self.steps if step.replicas > 1]

    def until_refused(self) -> None:
        """Write until v3io takes no more."""
        self.client.stream.create("projects", "/scratch", 1, raise_for_status="never")
        while True:
            with contextlib.suppress(Exception):
                record = {"data": b"x" * 500_000}
                answer = self.client.stream.put_records(
                    "projects", "/scratch", [record], raise_for_status="never"
                )
                if answer.status_code != 200:
                    return
            self.go_on(LINGER)

    def read(self, name: str) -> list[Any]:
        """The messages in a stream, each shard's in order."""
        return [json.loads(each.data) for each in self.records(name)]

    def records(self, name: str) -> list[streams.StreamRecord]:
        return Reader(self.client, place_of(name, self.graph)).read()

    def letters(self, name: str, step: str) -> list[Arrival]:
        """The dead letters of a step, by the messages in them; each has to say why."""
        found = []
        for letter in self.read(name):
            if letter["step"] == step:
                assert letter["cause"]["type"] in self.causes, letter
                found.append(self.number_of(letter["body"]))
        return found

    def number_of(self, body: str) -> Arrival:
        """The message that became a dead letter."""
        number = int(re.findall(r"\d+", body)[0])
        return next(each for each in self.poison + self.good if each[1] == number)


class Converge(Trial):
    """Orders: each gets two answers, which meet in a file."""

    example = "converge"
    input = "orders"
    passes = 4

    def mounts(self) -> dict[str, Path]:
        (self.home / "results").mkdir()
        return {"results": self.home / "results"}

    def message(self, random: Random, number: int, poison: bool) -> tuple[str, bytes]:
        order = f"o-{number}"
        if poison and number % 2:
            return order, f"{number} is no JSON".encode()
        item = "chocolate" if poison else random.choice(["tea", "coffee", "cocoa"])
        return order, json.dumps({"order": order, "item": item, "count": number % 5}).encode()

    def accounts(self) -> Iterator[Account]:
        answers = self.read("answers")
        for branch in ("price", "stock"):
            arrived = [order_of(each) for each in answers if each["branch"] == branch]
            yield Account(f"answers of {branch}", self.good, arrived)
            yield Account(f"letters of {branch}", self.poison, self.letters("rejected", branch))
        files = [path.stem for path in (self.home / "results").glob("*.json")]
        yield Account("files", self.good, [(order, int(order[2:])) for order in files])
        yield Account("letters of converge", [], self.letters("rejected", "converge"))
        for path in (self.home / "results").glob("*.json"):
            assert set(json.loads(path.read_text())) == {"price", "stock"}


def order_of(message: Any) -> Arrival:
    return message["order"], int(message["order"][2:])


class Everything(Trial):
    """Frames of cameras: what is seen goes to two streams, an endpoint and functions, then to files."""

    example = "everything"
    input = "frames"
    passes = 3
    left_out = ("probe",)

    def mounts(self) -> dict[str, Path]:
        modules = self.home / "user" / "modules"
        modules.mkdir(parents=True)
        (modules / "team_archive.py").write_text(ARCHIVE)
        (self.home / "bigdata").mkdir()
        return {"user-dir": self.home / "user", "results": self.home / "bigdata"}

    def message(self, random: Random, number: int, poison: bool) -> tuple[str, bytes]:
        camera = f"camera {random.choice('abcdefgh')}"
        contents = [{"class": random.choice(["person", "car"]), "score": 0.9}]
        frame = {} if poison else {"frame": f"f-{number}"}
        return (
            camera,
            json.dumps(
                {"number": number, "camera": camera, **frame, "contents": contents}
            ).encode(),
        )

    def accounts(self) -> Iterator[Account]:
        for name in ("objects", "counts"):
            yield Account(name, self.good, list(map(frame_of, self.read(name))))
        posts = [message for path, message in self.posts if path.startswith("/in")]
        yield Account("endpoint", self.good, list(map(frame_of, posts)))
        letters = self.letters("unreadable", "detect-objects")
        yield Account("letters of detect-objects", self.poison, letters)
        known = dict(map(reversed, self.good))
        files = [int(path.stem[2:]) for path in (self.home / "bigdata" / "archive").iterdir()]
        yield Account("archive", self.good, sorted((known[number], number) for number in files))
        summaries = [message["camera"] for path, message in self.posts if path == "/objects"]
        assert len(summaries) >= len(self.good)


def frame_of(message: Any) -> Arrival:
    return message["camera"], int(message["frame"][2:])


class ConvergeInBatches(Converge):
    """The same with messages of several records at a time."""

    delivery = ", batch: 16"


class EverythingInBatches(Everything):
    """The same with messages of several records at a time."""

    delivery = ", batch: 16"


TRIALS: dict[str, type[Trial]] = {
    "converge": Converge,
    "everything": Everything,
    "converge, batch": ConvergeInBatches,
    "everything, batch": EverythingInBatches,
}
