"""What a function.yaml says of how its step runs."""

from __future__ import annotations

from pathlib import Path

import pytest
from cases import EXAMPLES
from iguazioig.errors import NotReadyError
from iguazioig.local.steps import HttpTrigger, Mount, StreamTrigger, read_step, read_steps, seconds

CONVERGE = EXAMPLES / "converge" / "project"
EVERYTHING = EXAMPLES / "everything" / "project"

PLAIN = """\
metadata: {name: demo-step}
spec:
  runtime: python:3.11
  disableDefaultHTTPTrigger: true
  triggers:
    in:
      kind: v3ioStream
      attributes: {containerName: c, streamPath: s, consumerGroup: g}
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "steps" / "step" / "function.yaml"
    path.parent.mkdir(parents=True)
    path.write_text(text)
    return path


def test_a_generated_step_is_read_as_it_is_deployed() -> None:
    step = read_step(CONVERGE / "steps" / "converge" / "function.yaml")
    assert (step.name, step.function, step.handler) == (
        "converge",
        "orders-converge",
        "handler:handler",
    )
    assert (step.replicas, step.http, step.log_level) == (2, None, "info")
    assert step.streams == (
        StreamTrigger(
            name="answers",
            container="projects",
            path="/orders/streams/answers",
            group="converge",
            workers=1,
            seek_to="earliest",
            read_batch_size=100,
        ),
    )
    assert step.env["RESULTS_FOLDER"] == "/results"
    assert step.secrets == {"V3IO_ACCESS_KEY": "key `accessKey` of Secret `v3io-access`"}
    assert step.mounts == (Mount("results", "/results"),)


def test_every_step_of_a_project_is_found() -> None:
    names = [step.name for step in read_steps(EVERYTHING)]
    assert names == ["archive", "detect-objects", "probe", "summarise"]


def test_a_step_without_streams_has_the_http_trigger_that_nuclio_adds() -> None:
    step = read_step(EVERYTHING / "steps" / "probe" / "function.yaml")
    assert (step.streams, step.http, step.replicas) == ((), HttpTrigger("default-http", 1), 3)


def test_what_is_not_said_is_as_nuclio_has_it(tmp_path: Path) -> None:
    (trigger,) = read_step(written(tmp_path, PLAIN)).streams
    assert (trigger.workers, trigger.seek_to, trigger.read_batch_size) == (1, "latest", 64)
    assert (trigger.session_timeout, trigger.heartbeat_interval) == (10, 3)
    assert (trigger.commit_interval, trigger.shard_wait_interval) == (1, 1)


def test_attributes_are_found_whatever_their_case(tmp_path: Path) -> None:
    text = PLAIN.replace("streamPath: s", "STREAMPATH: s, sessiontimeout: 1m30s, SeekTo: earliest")
    (trigger,) = read_step(written(tmp_path, text)).streams
    assert (trigger.path, trigger.session_timeout, trigger.seek_to) == ("s", 90, "earliest")


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("<<<<<<< HEAD\na: 1\n=======\n", "it is no YAML"),
        ("spec: {}\n", "it lacks 'metadata'"),
        ("[]\n", "list indices"),
        ("metadata: {name: a}\nspec: {runtime: golang}\n", "its runtime is `golang`"),
        (PLAIN.replace("consumerGroup: g", "x: g"), "lacks the attribute `consumerGroup`"),
        (PLAIN.replace("kind: v3ioStream", "kind: kafka-cluster"), "is a `kafka-cluster`"),
        (
            PLAIN.replace("kind: v3ioStream", "kind: v3ioStream\n      explicitAckMode: enable"),
            "explicitAckMode",
        ),
        (
            PLAIN.replace("consumerGroup: g", "consumerGroup: g, sessionTimeout: soon"),
            "`soon` is no duration",
        ),
    ],
)
def test_what_cannot_be_run_is_named_with_its_file(tmp_path: Path, text: str, wrong: str) -> None:
    path = written(tmp_path, text)
    with pytest.raises(NotReadyError) as caught:
        read_steps(tmp_path)
    (problem,) = caught.value.problems
    assert wrong in problem.wrong
    assert problem.location.path == str(path)


@pytest.mark.parametrize(
    ("text", "expected"), [("10s", 10), ("250ms", 0.25), ("1h2m3s", 3723), ("1.5m", 90)]
)
def test_durations_are_go_s(text: str, expected: float) -> None:
    assert seconds(text) == expected
