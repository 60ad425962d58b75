"""The examples at work: their generated steps run in processes of their own, from their messages to their results."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from threading import Event
from typing import Any

import platforms
import pytest
from cases import EXAMPLES
from iguazioig.deployment import load
from iguazioig.emulator import V3io
from iguazioig.folder.write import write
from iguazioig.project import render
from iguazioig.source import Source
from workers import Cluster, Inbox, cluster, describe, inbox


def generate(name: str, folder: Path, **addresses: str) -> Path:
    """The project of an example, with the hosts of some addresses in its graph replaced by what is on this machine."""
    source = (EXAMPLES / name / "graph.yaml").read_text()
    # The workers here are done with a record when its handler has returned.
    source = source.replace("      delivery: {batch: 32, linger: 50ms}\n", "")
    for host, address in addresses.items():
        source, replaced = re.subn(rf"https?://{host}[^/]*(?=/)", address, source)
        assert replaced
    loaded = load(Source("graph.yaml", source.encode(), EXAMPLES / name))
    write(render(loaded.plan()), folder)
    return folder


def messages(name: str) -> list[Any]:
    (path,) = (EXAMPLES / name / "messages").iterdir()
    return [json.loads(line) for line in path.read_text().splitlines()]


def put(endpoint: V3io, container: str, path: str, *bodies: Any, key: str) -> None:
    """Write messages as a producer does, with v3io's own client."""
    records = [
        {
            "data": body if isinstance(body, bytes) else json.dumps(body),
            "partition_key": partition(body, key),
        }
        for body in bodies
    ]
    with platforms.connect(endpoint) as client:
        client.stream.put_records(container, path, records)


def partition(body: Any, key: str) -> str:
    return body.get(key, "none") if isinstance(body, dict) else "none"


def contents(at: Cluster, container: str, path: str) -> list[Any]:
    return [platforms.without_origin(record.json) for record in at.v3io.records(container, path)]


# scoring: two steps, one after the other.

TRANSACTIONS = ("projects", "/fraud/streams/transactions")
SCORES = ("projects", "/fraud/streams/scores")
ALERTS = ("projects", "/fraud/streams/alerts")
REJECTED = ("projects", "/fraud/streams/rejected")


@pytest.fixture
def scoring(tmp_path: Path) -> Iterator[Cluster]:
    with cluster(generate("scoring", tmp_path / "fraud")) as running:
        put(running.v3io, *TRANSACTIONS, *messages("scoring"), key="account")
        yield running


def test_scoring(scoring: Cluster) -> None:
    scoring.drain()
    scores = {each["transaction"]: each for each in contents(scoring, *SCORES)}
    assert scores.keys() == {"t1", "t2", "t3", "t4"}
    assert scores["t2"] == {
        "account": "B-7",
        "transaction": "t2",
        "score": 0.9664,
        "suspicious": True,
    }
    suspicious = {name for name, each in scores.items() if each["suspicious"]}
    assert (
        {each["transaction"] for each in contents(scoring, *ALERTS)} == suspicious == {"t2", "t3"}
    )


def test_scores_are_in_the_shard_of_their_account_and_in_order(scoring: Cluster) -> None:
    scoring.drain()
    records = scoring.v3io.records(*SCORES)
    assert {each.partition_key for each in records} == {"A-1", "B-7", "C-2"}
    assert all(each.partition_key == each.json["account"] for each in records)
    assert [each.json["transaction"] for each in records if each.partition_key == "A-1"] == [
        "t1",
        "t3",
    ]
    for account in ("A-1", "B-7", "C-2"):
        assert len({each.shard for each in records if each.partition_key == account}) == 1


def test_a_poison_message_ends_in_the_error_stream_with_its_cause_and_identity(
    scoring: Cluster,
) -> None:
    scoring.drain()
    (letter,) = contents(scoring, *REJECTED)
    (record,) = (
        each for each in scoring.v3io.records(*TRANSACTIONS) if each.json["transaction"] == "t5"
    )
    traceback = letter["cause"].pop("traceback")
    assert letter == {
        "project": "fraud",
        "step": "score",
        "stream": "/fraud/streams/transactions",
        "shard": record.shard,
        "sequence_number": record.sequence_number,
        "trigger": "transactions",
        "output": None,
        "messages": None,
        "cause": {"type": "ValueError", "message": "could not convert string to float: 'a lot'"},
        "attempts": 3,
        "trace": f"fraud/streams/transactions/{record.shard}/{record.sequence_number}",
        "part": 1,
        "parts": 1,
        "body": record.data.decode(),
        "body_encoding": "utf-8",
    }
    assert "in as_features" in traceback


@pytest.mark.parametrize(
    ("body", "cause", "encoding"),
    [
        (b"no JSON", "the body is not JSON", "utf-8"),
        (b"[1, 2]", "not an object", "utf-8"),
        (b"\xff\xfe", "the body is not JSON", "base64"),
        (b"", "the body is not JSON", "utf-8"),
        (b'{"account": "A-1"}', "'amount'", "utf-8"),
    ],
)
def test_whatever_comes_a_step_goes_on(
    scoring: Cluster, body: bytes, cause: str, encoding: str
) -> None:
    put(scoring.v3io, *TRANSACTIONS, body, *messages("scoring")[:1], key="account")
    scoring.drain()
    letter = contents(scoring, *REJECTED)[-1]
    assert cause in letter["cause"]["message"]
    assert letter["body_encoding"] == encoding
    assert Counter(each["transaction"] for each in contents(scoring, *SCORES))["t1"] == 2


def test_an_output_that_is_down_for_a_while_loses_nothing(scoring: Cluster) -> None:
    faults = [
        scoring.v3io.faults.add(kind="status", status=503, function="PutRecords", next=2),
        scoring.v3io.faults.add(kind="records", positions=[0], next=2),
        scoring.v3io.faults.add(kind="drop-before", function="PutRecords", next=1),
    ]
    scoring.drain()
    assert [each.hits for each in faults] == [2, 2, 1]
    assert {each["transaction"] for each in contents(scoring, *SCORES)} == {"t1", "t2", "t3", "t4"}
    assert "has to wait" in scoring.log("score")


# converge: two branches, and a step of two replicas that waits for both.

ORDERS = ("projects", "/orders/streams/orders")
RIGHT = {
    "o-1": {"price": 9.0, "stock": True},
    "o-2": {"price": 72.5, "stock": False},
    "o-3": {"price": 6, "stock": False},
}


@pytest.fixture
def converge(tmp_path: Path) -> Iterator[Cluster]:
    project = generate("converge", tmp_path / "orders")
    with cluster(project, RESULTS_FOLDER=str(tmp_path / "results")) as running:
        put(running.v3io, *ORDERS, *messages("converge"), key="order")
        yield running


def results(tmp_path: Path) -> dict[str, Any]:
    """What the files say of each order."""
    found = {}
    for path in (tmp_path / "results").glob("*.json"):
        answers = json.loads(path.read_text())
        found[path.stem] = {
            "price": answers["price"]["total"],
            "stock": answers["stock"]["in_stock"],
        }
    return found


def waiting(tmp_path: Path) -> list[str]:
    return [path.name for path in (tmp_path / "results" / "pending").iterdir()]


def test_two_replicas_write_one_right_file_for_each_order(
    converge: Cluster, tmp_path: Path
) -> None:
    converge.drain()
    assert results(tmp_path) == RIGHT
    assert waiting(tmp_path) == []
    assert all(
        replica.committed for replica in converge.replicas["converge"]
    ), "one had nothing to do"


def test_what_comes_again_changes_nothing(converge: Cluster, tmp_path: Path) -> None:
    converge.drain()
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "results").glob("*.json")}
    converge.rewind()
    converge.drain()
    after = {path: path.stat().st_mtime_ns for path in (tmp_path / "results").glob("*.json")}
    assert results(tmp_path) == RIGHT
    assert (before, waiting(tmp_path)) == (after, [])
    answers = contents(converge, "projects", "/orders/streams/answers")
    assert Counter((each["order"], each["branch"]) for each in answers)["o-1", "price"] == 2


@pytest.mark.parametrize("committed", [True, False])
@pytest.mark.parametrize("last", [0, 2, 5])
def test_a_replica_that_dies_loses_nothing(
    converge: Cluster, tmp_path: Path, last: int, committed: bool
) -> None:
    answer_orders(converge)
    work = [
        (each, *found)
        for each in converge.replicas["converge"]
        for found in each.pending(converge.v3io)
    ]
    assert len(work) == 6
    for index, (replica, trigger, record) in enumerate(work):
        replica.deliver(trigger, record)
        if index == last:
            replica.kill()
            if not committed:
                replica.committed.clear()
    converge.drain()
    assert results(tmp_path) == RIGHT
    assert waiting(tmp_path) == []


def answer_orders(at: Cluster) -> None:
    """Let the branches do their work, and nothing be done with their answers."""
    for step in ("price", "stock"):
        for trigger, record in list(at.replicas[step][0].pending(at.v3io)):
            at.replicas[step][0].deliver(trigger, record)


def test_shards_that_move_to_another_replica_lose_nothing(
    converge: Cluster, tmp_path: Path
) -> None:
    answer_orders(converge)
    one, two = converge.replicas["converge"]
    work = [found for each in (one, two) for found in each.pending(converge.v3io)]
    for index, (trigger, record) in enumerate(work):
        (one if index % 2 else two).deliver(trigger, record)
    assert results(tmp_path) == RIGHT


def test_an_order_that_cannot_be_answered_ends_in_the_error_stream_twice(converge: Cluster) -> None:
    converge.drain()
    letters = contents(converge, "projects", "/orders/streams/rejected")
    assert {each["step"] for each in letters} == {"price", "stock"}
    assert {each["cause"]["type"] for each in letters} == {"KeyError"}
    assert all(json.loads(each["body"])["order"] == "o-4" for each in letters)


# everything: all kinds of inputs and outputs.

FRAMES = ("bigdata", "/super-cool-project/streams/frames")
ARCHIVE = """
import json
from pathlib import Path

class Archive:
    def __init__(self, folder):
        assert folder == "/bigdata/archive"
        self.file = Path(__file__).with_name("archived.jsonl")

    def store(self, context, message):
        with self.file.open("a") as file:
            print(json.dumps(message), file=file)
"""


@pytest.fixture
def endpoint() -> Iterator[Inbox]:
    with inbox() as made:
        yield made


@pytest.fixture
def everything(tmp_path: Path, endpoint: Inbox) -> Iterator[Cluster]:
    addresses = {"scores": endpoint.url, "dashboard": endpoint.url}
    project = generate("everything", tmp_path / "project", **addresses)
    volume = tmp_path / "volume"
    volume.mkdir()
    (volume / "team_archive.py").write_text(ARCHIVE)
    with cluster(project, PYTHONPATH=str(volume)) as running:
        put(running.v3io, *FRAMES, *messages("everything"), key="camera")
        yield running


def test_everything(everything: Cluster, endpoint: Inbox, tmp_path: Path) -> None:
    everything.drain()
    objects = contents(everything, "bigdata", "/super-cool-project/streams/objects")
    counts = contents(everything, "bigdata", "/super-cool-project/streams/counts")
    assert objects == counts
    assert sorted((each["frame"], len(each["objects"])) for each in objects) == [
        ("n-001", 1),
        ("n-002", 1),
    ]
    archived = (tmp_path / "volume" / "archived.jsonl").read_text().splitlines()
    assert [json.loads(line) for line in archived] == counts
    sent = [message for path, message in endpoint.got if path == "/in?source=detect"]
    shown = [message for path, message in endpoint.got if path == "/objects"]
    assert sent == objects
    assert shown == [{"camera": "north", "objects": 1}, {"camera": "north", "objects": 2}]


def test_functions_are_called_with_each_message(everything: Cluster) -> None:
    everything.drain()
    assert "north: 1 objects in n-001" in everything.log("detect-objects")


def test_a_second_input_stream_is_read_as_well(everything: Cluster) -> None:
    frame = {"camera": "east", "frame": "e-001", "contents": [{"class": "car", "score": 0.9}]}
    put(everything.v3io, "projects", "/team/streams/replayed", frame, key="camera")
    everything.drain()
    objects = contents(everything, "bigdata", "/super-cool-project/streams/objects")
    assert "e-001" in [each["frame"] for each in objects]


def test_a_step_has_its_own_error_stream(everything: Cluster) -> None:
    everything.drain()
    (letter,) = contents(everything, "projects", "/super-cool-project/streams/unreadable")
    assert (letter["step"], letter["cause"]["type"]) == ("detect-objects", "KeyError")
    assert contents(everything, "projects", "/team/streams/rejected") == []


def test_without_an_error_stream_the_log_has_the_whole_record(everything: Cluster) -> None:
    put(
        everything.v3io,
        "bigdata",
        "/super-cool-project/streams/objects",
        {"camera": "west"},
        key="camera",
    )
    everything.drain()
    log = everything.log("summarise")
    assert "it is only here" in log
    assert "KeyError" in log
    assert '{"camera": "west"}' in log.replace('\\"', '"')


def test_a_worker_that_dies_while_an_output_takes_its_time_loses_nothing(
    everything: Cluster, endpoint: Inbox
) -> None:
    reached, dead = Event(), Event()

    def take_time() -> None:
        reached.set()
        dead.wait(timeout=60)

    endpoint.before_answer = take_time
    objects = "bigdata", "/super-cool-project/streams/objects"
    put(everything.v3io, *objects, *[{"camera": "south", "objects": [{}]}] * 2, key="camera")
    replicas = everything.replicas["summarise"]
    replica, found = next(
        (each, found) for each in replicas for found in each.pending(everything.v3io)
    )
    replica.send(**describe(*found))
    assert reached.wait(timeout=60)
    replica.kill()
    dead.set()
    everything.drain()
    south = [message["objects"] for _, message in endpoint.got if message["camera"] == "south"]
    assert south == [1, 1, 2], "the first came again, to a worker that counts anew"


def test_a_step_without_streams_answers_requests(everything: Cluster) -> None:
    probe, *_ = everything.replicas["probe"]
    probe.send(body="{}", shard=None, offset=None, topic=None, kind="http", trigger="default-http")
    probe.wait()
    assert "probed" in everything.log("probe")
