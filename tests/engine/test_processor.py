"""Every example on Nuclio's real processor: steps start, records go through, what is done with is committed."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import platforms
import pytest
import yaml
from consumer_groups import is_done, members
from example_projects import STEPS, messages
from example_runs import ARCHIVE
from iguazioig.deployment import load
from iguazioig.emulator import V3io
from iguazioig.emulator.faults import Fault
from iguazioig.folder.write import write
from iguazioig.project import render
from iguazioig.source import Source
from loopback import Loopback
from processors import Cluster, port_of, reserve_port
from running import DOUBLE


class Posts(Loopback):
    """Somebody who takes every POST: `posts` has path and message of each."""

    def __init__(self) -> None:
        self.posts: list[tuple[str, Any]] = []
        super().__init__(type("Handler", (_PostHandler,), {"posts": self.posts}))
        self.listen()


class _PostHandler(BaseHTTPRequestHandler):
    posts: list[tuple[str, Any]]
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.posts.append((self.path, json.loads(body)))
        self.send_response(204)
        self.end_headers()


@pytest.fixture
def posts() -> Iterator[Posts]:
    server = Posts()
    yield server
    server.stop()


@pytest.fixture
def addresses(tmp_path: Path, posts: Posts) -> dict[str, str]:
    """What the examples name that is not on this machine, and what it is here."""
    (tmp_path / "modules").mkdir()
    (tmp_path / "modules" / "team_archive.py").write_text(ARCHIVE)
    return {
        "https://scores.example.com": posts.url,
        "http://dashboard.reports.svc:8080": posts.url,
        '"/User/modules"': f'"{tmp_path}/modules"',
        '"/bigdata/': f'"{tmp_path}/bigdata/',
        '"/results"': f'"{tmp_path}/results"',
    }


@pytest.mark.parametrize(("example", "name"), STEPS)
def test_a_step_starts_with_its_workers_and_takes_its_shards(
    example: str,
    name: str,
    project: Callable[[str], Path],
    cluster: Cluster,
    v3io: V3io,
    addresses: dict[str, str],
) -> None:
    folder = project(example)
    cluster.create_streams(folder)

    (processor,) = cluster.start(folder / "steps" / name, addresses=addresses)

    spec = yaml.safe_load((folder / "steps" / name / "function.yaml").read_text())["spec"]
    triggers = spec.get("triggers", {})
    for trigger in triggers.values():
        attributes = trigger["attributes"]
        stream = attributes["containerName"], attributes["streamPath"]
        group = attributes["consumerGroup"]
        cluster.until("it has joined its group", members, v3io, *stream, group)
        (shards,) = members(v3io, *stream, group).values()
        assert len(shards) == platforms.shards(v3io, *stream) / spec["maxReplicas"]
    assert processor.workers == {key: each["numWorkers"] for key, each in triggers.items()}


def test_scoring(project: Callable[[str], Path], cluster: Cluster, v3io: V3io) -> None:
    folder = project("scoring")
    cluster.create_streams(folder)
    transactions, scores = "/fraud/streams/transactions", "/fraud/streams/scores"
    v3io.put("projects", transactions, messages("scoring"), key="account")

    cluster.start(folder / "steps" / "score", replicas=2)
    cluster.start(folder / "steps" / "alert")
    cluster.until("it is scored", is_done, v3io, "projects", transactions, "score")
    cluster.until("alerts are out", is_done, v3io, "projects", scores, "alert")

    assert sorted(found(v3io, scores), key=lambda each: each["transaction"]) == [
        {"account": "A-1", "transaction": "t1", "score": 0.0497, "suspicious": False},
        {"account": "B-7", "transaction": "t2", "score": 0.9664, "suspicious": True},
        {"account": "A-1", "transaction": "t3", "score": 0.937, "suspicious": True},
        {"account": "C-2", "transaction": "t4", "score": 0.2573, "suspicious": False},
    ]
    of_one_key = [each["transaction"] for each in found(v3io, scores) if each["account"] == "A-1"]
    assert of_one_key == ["t1", "t3"]
    assert sorted(each["text"] for each in found(v3io, "/fraud/streams/alerts")) == [
        "transaction t2 scored 0.9664",
        "transaction t3 scored 0.937",
    ]
    (letter,) = found(v3io, "/fraud/streams/rejected")
    (poison,) = (each for each in v3io.records("projects", transactions) if b"a lot" in each.data)
    cause = letter.pop("cause")
    assert (cause["type"], "a lot" in cause["message"]) == ("ValueError", True)
    assert "features.py" in cause["traceback"]
    assert letter == {
        "project": "fraud",
        "step": "score",
        "stream": transactions,
        "shard": poison.shard,
        "sequence_number": poison.sequence_number,
        "trigger": "transactions",
        "output": None,
        "messages": None,
        "attempts": 3,
        "trace": f"fraud/streams/transactions/{poison.shard}/{poison.sequence_number}",
        "part": 1,
        "parts": 1,
        "body": poison.data.decode(),
        "body_encoding": "utf-8",
    }


def test_converge(
    project: Callable[[str], Path],
    cluster: Cluster,
    v3io: V3io,
    addresses: dict[str, str],
    tmp_path: Path,
) -> None:
    folder = project("converge")
    cluster.create_streams(folder)
    orders, answers = "/orders/streams/orders", "/orders/streams/answers"
    v3io.put("projects", orders, messages("converge"), key="order")

    cluster.start(folder / "steps" / "converge", replicas=2, addresses=addresses)
    cluster.start(folder / "steps" / "price", addresses=addresses)
    cluster.start(folder / "steps" / "stock", addresses=addresses)
    for branch in ("price", "stock"):
        cluster.until(f"{branch} is done", is_done, v3io, "projects", orders, branch)
    cluster.until("it converged", is_done, v3io, "projects", answers, "converge")

    results = {path.name: json.loads(path.read_text()) for path in tmp_path.glob("results/*.json")}
    assert {
        name: (each["price"]["total"], each["stock"]["in_stock"]) for name, each in results.items()
    } == {"o-1.json": (9.0, True), "o-2.json": (72.5, False), "o-3.json": (6, False)}
    assert list(tmp_path.glob("results/pending/*")) == []
    assert sorted(
        (each["step"], each["cause"]["type"], json.loads(each["body"])["order"])
        for each in found(v3io, "/orders/streams/rejected")
    ) == [("price", "KeyError", "o-4"), ("stock", "KeyError", "o-4")]


def test_everything(
    project: Callable[[str], Path],
    cluster: Cluster,
    v3io: V3io,
    addresses: dict[str, str],
    posts: Posts,
    tmp_path: Path,
) -> None:
    folder = project("everything")
    cluster.create_streams(folder)
    streams = "/super-cool-project/streams"
    replayed = b'{"camera": "east", "frame": "e-001", "contents": [{"class": "car", "score": 0.8}]}'
    v3io.put("projects", "/team/streams/replayed", [replayed], key="camera")

    looks = [watch_looks(v3io, f"bigdata{streams}/frames/{shard}") for shard in range(16)]
    cluster.start(folder / "steps" / "summarise", replicas=2, addresses=addresses)
    cluster.start(folder / "steps" / "archive", addresses=addresses)
    cluster.start(folder / "steps" / "detect-objects", replicas=2, addresses=addresses)
    # It seeks the latest: what is written before it looks at a shard is not for it.
    cluster.until("it waits at every shard", lambda: all(look.hits for look in looks))
    v3io.put("bigdata", f"{streams}/frames", messages("everything"), key="camera")
    for container, path, group in (
        ("bigdata", f"{streams}/frames", "detect_objects"),
        ("projects", "/team/streams/replayed", "detect_objects"),
        ("bigdata", f"{streams}/objects", "summarise"),
        ("bigdata", f"{streams}/counts", "archive"),
    ):
        cluster.until(f"{group} is done", is_done, v3io, container, path, group)

    detected = {
        "e-001": {"camera": "east", "frame": "e-001", "objects": [{"class": "car", "score": 0.8}]},
        "n-001": {
            "camera": "north",
            "frame": "n-001",
            "objects": [{"class": "person", "score": 0.91}],
        },
        "n-002": {
            "camera": "north",
            "frame": "n-002",
            "objects": [{"class": "bicycle", "score": 0.77}],
        },
    }
    for output in ("objects", "counts"):
        assert by_frame(found(v3io, f"{streams}/{output}", "bigdata")) == detected
    assert (
        by_frame(message for path, message in posts.posts if path == "/in?source=detect")
        == detected
    )
    summaries = [message["camera"] for path, message in posts.posts if path == "/objects"]
    assert sorted(summaries) == ["east", "north", "north"]
    archived = tmp_path.glob("bigdata/archive/*.json")
    assert by_frame(json.loads(path.read_text()) for path in archived) == detected
    (letter,) = found(v3io, f"{streams}/unreadable")
    assert (letter["cause"]["type"], json.loads(letter["body"])["camera"]) == ("KeyError", "south")


def test_a_step_without_input_answers_http(
    project: Callable[[str], Path], cluster: Cluster, v3io: V3io
) -> None:
    folder = project("everything")
    cluster.create_streams(folder)
    with reserve_port() as port:
        url = f"127.0.0.1:{port_of(port)}"
        # What nuctl adds to a function that has no trigger of kind http (nuclio-facts 6).
        triggers = f"  triggers: {{default-http: {{kind: http, numWorkers: 1, url: '{url}'}}}}\n"
        (processor,) = cluster.start(folder / "steps" / "probe", triggers=triggers)

        for body in (b'{"camera": "north"}', b"not JSON"):
            with urllib.request.urlopen(f"http://{url}", data=body, timeout=60) as answer:
                assert answer.status == 200

    assert processor.workers == {"default-http": 1}
    (letter,) = found(v3io, "/team/streams/rejected")
    assert (letter["trigger"], letter["body"]) == ("default-http", "not JSON")


def test_a_record_in_hand_when_a_replica_dies_is_delivered_by_the_next(
    project: Callable[[str], Path], cluster: Cluster, v3io: V3io
) -> None:
    folder = project("scoring")
    cluster.create_streams(folder)
    score = b'{"account": "B-7", "transaction": "t2", "score": 0.9664, "suspicious": true}'
    scores = "/fraud/streams/scores"
    v3io.put("projects", scores, [score], key="account")
    away = v3io.faults.add(kind="status", status=503, function="PutRecords")

    (first,) = cluster.start(folder / "steps" / "alert")
    cluster.until("it tries again", lambda: away.hits >= 3)
    assert v3io.committed("projects", scores, "alert") == {}
    first.stop()
    v3io.faults.clear()
    cluster.start(folder / "steps" / "alert")
    cluster.until("it is done", is_done, v3io, "projects", scores, "alert")

    (alert,) = found(v3io, "/fraud/streams/alerts")
    assert alert["text"] == "transaction t2 scored 0.9664"
    assert found(v3io, "/fraud/streams/rejected") == []


def found(v3io: V3io, path: str, container: str = "projects") -> list[Any]:
    return [platforms.without_origin(record.json) for record in v3io.records(container, path)]


def by_frame(messages: Any) -> dict[str, Any]:
    return {message["frame"]: message for message in messages}


def watch_looks(v3io: V3io, shard: str) -> Fault:
    """A fault that only counts how often a consumer has looked whether a shard has records yet."""
    return v3io.faults.add(kind="delay", seconds=0, function="GetItem", path=shard)


GATHERS = """\
apiVersion: 0.2.0
project:
  name: demo
  partition_key_name: key
  v3io_streams:
    numbers: {container: projects, shards: 4}
    doubled: {container: projects, shards: 2}
  functions:
    - name: double
      input_streams: {numbers: {max_workers: 2}}
      class_module: double
      class_name: Double
      methods: [apply]
      min_replicas: 2
      max_replicas: 2
      outputs: {streams: [doubled]}
      delivery: {batch: 16, backoff: 500ms}
"""
NUMBERS, DOUBLED = "/demo/streams/numbers", "/demo/streams/doubled"


@pytest.fixture
def gathering(tmp_path: Path, cluster: Cluster) -> Path:
    """The folder of a step with `batch`, whose streams are there."""
    (tmp_path / "modules").mkdir(exist_ok=True)
    (tmp_path / "modules" / "double.py").write_text(DOUBLE)
    loaded = load(Source("graph.yaml", GATHERS.encode(), tmp_path))
    write(render(loaded.plan()), tmp_path / "demo")
    cluster.create_streams(tmp_path / "demo")
    return tmp_path / "demo" / "steps" / "double"


def put_numbers(v3io: V3io, first: int, count: int) -> None:
    numbers = range(first, first + count)
    bodies = [json.dumps({"key": f"k{number % 7}", "n": number}).encode() for number in numbers]
    v3io.put("projects", NUMBERS, bodies, key="key")


def check_doubled(v3io: V3io, count: int) -> int:
    """All numbers are there, and those of a key in order; how many came twice."""
    arrived = [(each["key"], each["n"] // 2) for each in found(v3io, DOUBLED)]
    assert {number for _, number in arrived} == set(range(count))
    for key in {key for key, _ in arrived}:
        first = list(dict.fromkeys(number for each, number in arrived if each == key))
        assert first == sorted(first)
    return len(arrived) - count


def test_a_batch_is_committed_once_it_is_done(
    gathering: Path, cluster: Cluster, v3io: V3io
) -> None:
    away = v3io.faults.add(kind="status", status=503, function="PutRecords", path="*/doubled")
    cluster.start(gathering, replicas=2)
    put_numbers(v3io, 0, 500)
    cluster.until("outputs are tried", lambda: away.hits >= 8)
    assert v3io.committed("projects", NUMBERS, "double") == {}
    v3io.faults.clear()
    cluster.until("it is done", is_done, v3io, "projects", NUMBERS, "double")
    assert check_doubled(v3io, 500) == 0


def test_what_is_in_a_batch_when_a_replica_dies_is_delivered_by_the_next(
    gathering: Path, cluster: Cluster, v3io: V3io
) -> None:
    first, _ = cluster.start(gathering, replicas=2)
    put_numbers(v3io, 0, 3000)
    cluster.until("it is under way", lambda: len(v3io.records("projects", DOUBLED)) > 300)
    first.stop()
    cluster.start(gathering)
    cluster.until("it is done", is_done, v3io, "projects", NUMBERS, "double")
    check_doubled(v3io, 3000)


def test_a_batch_goes_out_when_a_replica_is_told_to_end(
    gathering: Path, cluster: Cluster, v3io: V3io
) -> None:
    first, _ = cluster.start(gathering, replicas=2)
    put_numbers(v3io, 0, 3000)
    cluster.until("it is under way", lambda: len(v3io.records("projects", DOUBLED)) > 300)
    first.tell_to_end()
    cluster.start(gathering)
    cluster.until("it is done", is_done, v3io, "projects", NUMBERS, "double")
    check_doubled(v3io, 3000)


def test_a_member_that_loses_its_shards_loses_no_batch(
    gathering: Path, cluster: Cluster, v3io: V3io
) -> None:
    """A replica stands still for longer than a session lasts, with batches in hand; another one goes on with its shards."""
    first, _ = cluster.start(gathering, replicas=2)
    put_numbers(v3io, 0, 2000)
    cluster.until("it is under way", lambda: len(v3io.records("projects", DOUBLED)) > 300)
    first.stand_still()
    cluster.start(gathering)
    cluster.until("it is done", is_done, v3io, "projects", NUMBERS, "double")
    first.go_on()
    put_numbers(v3io, 2000, 1000)
    cluster.until("it is done", is_done, v3io, "projects", NUMBERS, "double")
    check_doubled(v3io, 3000)


def test_a_record_in_hand_when_a_replica_is_told_to_end_is_delivered_by_the_next(
    project: Callable[[str], Path], cluster: Cluster, v3io: V3io
) -> None:
    folder = project("scoring")
    cluster.create_streams(folder)
    score = b'{"account": "B-7", "transaction": "t2", "score": 0.9664, "suspicious": true}'
    scores = "/fraud/streams/scores"
    v3io.put("projects", scores, [score], key="account")
    away = v3io.faults.add(kind="status", status=503, function="PutRecords")

    (first,) = cluster.start(folder / "steps" / "alert")
    cluster.until("it tries again", lambda: away.hits >= 3)
    first.tell_to_end()
    cluster.until("it has ended", lambda: first.has_ended)
    first.stop()  # what is left of it ends with its pod
    assert v3io.committed("projects", scores, "alert") == {}
    v3io.faults.clear()
    cluster.start(folder / "steps" / "alert")
    cluster.until("it is done", is_done, v3io, "projects", scores, "alert")

    (alert,) = found(v3io, "/fraud/streams/alerts")
    assert alert["text"] == "transaction t2 scored 0.9664"
