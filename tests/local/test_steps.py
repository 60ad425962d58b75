"""What a function.yaml says of how its step runs."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

import pytest
from cases import EXAMPLES
from hypothesis import given
from hypothesis import strategies as st
from iguazioig.errors import NotReadyError
from iguazioig.local.steps import (
    DeployedStep,
    HttpTrigger,
    Mount,
    Secret,
    StreamTrigger,
    read_step,
    read_steps,
)
from iguazioig.quantities import seconds

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
    assert step.secrets == {"V3IO_ACCESS_KEY": Secret("key `accessKey` of Secret `v3io-access`")}
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


def changed(old: str, new: str) -> str:
    assert old in PLAIN
    return PLAIN.replace(old, new)


def attributes(more: str) -> str:
    return changed("consumerGroup: g", f"consumerGroup: g, {more}")


def spec(more: str) -> str:
    return changed("  runtime: python:3.11\n", f"  runtime: python:3.11\n  {more}\n")


WHOLE = "expected a whole number from 0 to 500"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("<<<<<<< HEAD\na: 1\n=======\n", ":2:2: "),
        ("spec: {}\n", ":1:1: `metadata` lacks `name`; expected a name"),
        ("[]\n", ":1:1: function.yaml is a list; expected a mapping"),
        ("", ":1:1: it is empty"),
        (changed("python:3.11", "golang"), ":3:12: its runtime is `golang`; only Python steps run here"),
        (changed("python:3.11", "3.11"), ":3:12: `runtime` is `3.11`; expected a text"),
        (changed("consumerGroup: g", "x: g"), ":8:19: `attributes` lacks `consumerGroup`"),
        (changed("v3ioStream", "kafka-cluster"), ":7:13: trigger `in` is a `kafka-cluster`"),
        (changed("kind: v3ioStream", "explicitAckMode: enable\n      kind: v3ioStream"), ":7:24: "),
        (
            changed("kind: v3ioStream", "explicitAckMode: explicitOnly\n      kind: v3ioStream"),
            "Nuclio's processor starts with `workerAllocationMode: static` only",
        ),
        (attributes("sessionTimeout: soon"), "`sessionTimeout` is `soon`; expected a duration"),
        (attributes("sessionTimeout: 10"), "`sessionTimeout` is `10`; expected a text"),
        (attributes("sessionTimeout: 99999h"), "of more than nothing and at most a day"),
        (attributes("heartbeatInterval: 0s"), "of more than nothing and at most a day"),
        (attributes("seekTo: earlyest"), "expected `latest` or `earliest` (did you mean `earliest`?)"),
        (attributes("readBatchSize: '64'"), "`readBatchSize` is `64`; expected a whole number"),
        (attributes("readBatchSize: -1"), "`readBatchSize` is `-1`; expected a whole number"),
        (attributes('consumerGroup: ""'), "the key `consumerGroup` stands twice"),
        (changed("kind: v3ioStream", "kind: v3ioStream\n      numWorkers: -1"), WHOLE),
        (changed("kind: v3ioStream", "kind: v3ioStream\n      numWorkers: 2.5"), WHOLE),
        (changed("kind: v3ioStream", "kind: v3ioStream\n      numWorkers: 100000"), WHOLE),
        (spec("replicas: -1"), ":4:13: `replicas` is `-1`; expected a whole number from 1 to 500"),
        (spec("replicas: 0"), "`replicas` is `0`; expected a whole number from 1 to 500"),
        (spec("maxReplicas: many"), "expected a whole number from 1 to 500"),
        (spec("env: {A: b}"), "`env` is a mapping; expected a list"),
        (spec("env: [{name: A, value: 1}]"), "`value` is `1`; expected a text: quote it if it is one"),
        (spec("env: [{value: a}]"), "an entry of `env` lacks `name`"),
        (spec('env: [{name: "A=B", value: a}]'), "`A=B` is no name of a variable"),
        (spec('env: [{name: A, value: "a\\0"}]'), "expected a text without the character NUL"),
        (spec("env: [{name: A, value: a, valueFrom: {}}]"), "has a `value` and a `valueFrom`"),
        (spec("volumes: [{volumeMount: {name: a, mountPath: b}}]"), "`b` is no path from the root"),
        (spec('env: [{name: "A B", value: a}]'), "`A B` is no name of a variable"),
        (changed("consumerGroup: g", 'consumerGroup: "a\\nb"'), "expected a name in one line"),
        (changed("consumerGroup: g", "consumerGroup: ''"), "`consumerGroup` is empty; expected a name"),
        (changed("kind: v3ioStream", "kind: ''"), "`kind` is empty; expected a name"),
        (spec("volumes: [a]"), "an entry of `volumes` is `a`; expected a mapping"),
        (changed("  triggers:", "  triggers: []\n  others:"), "`triggers` is a list; expected a mapping"),
        (f"a: {'[' * 500}", "the file is nested too deeply"),
        ("a: &a [x]\n" + "".join(f"b{n}: &b{n} [*a, *a]\n" for n in range(3)) + "c: *d\n", "`*d` names no anchor"),
        ("a" * 1_100_000, "it cannot be read: it has more than 1,048,576 bytes"),
    ],
)  # fmt: skip
def test_what_cannot_be_run_is_named_with_its_place(tmp_path: Path, text: str, said: str) -> None:
    path = written(tmp_path, text)
    with pytest.raises(NotReadyError) as caught:
        read_steps(tmp_path)
    assert said in str(caught.value)
    assert all(problem.location.path == str(path) for problem in caught.value.problems)


def test_an_alias_bomb_is_harmless(tmp_path: Path) -> None:
    lines = ["a0: &a0 {x: x}"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 40)]
    with pytest.raises(NotReadyError):
        read_step(written(tmp_path, "\n".join(lines)))


def test_everything_that_is_wrong_is_said_at_once(tmp_path: Path) -> None:
    text = attributes("readBatchSize: many, seekTo: never").replace(
        "metadata: {name: demo-step}\n", ""
    )
    with pytest.raises(NotReadyError) as caught:
        read_step(written(tmp_path, text))
    assert len(caught.value.problems) == 3


def test_a_misspelt_attribute_is_a_warning_because_nuclio_passes_over_it(tmp_path: Path) -> None:
    step = read_step(
        written(tmp_path, attributes("readBatchsize: 3, sessionTimeOutt: 3s, other: x"))
    )
    assert step.streams[0].read_batch_size == 3
    (warning,) = step.warnings
    assert warning.severity == "warning"
    assert (
        "`sessionTimeOutt` is not known, and passed over (did you mean `sessionTimeout`?)"
        in str(warning)
    )


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    path = tmp_path / "function.yaml"
    os.mkfifo(path)
    with pytest.raises(NotReadyError, match="it is no regular file"):
        read_step(path)


def test_a_link_to_nothing_is_not_passed_over(tmp_path: Path) -> None:
    (tmp_path / "steps" / "step").mkdir(parents=True)
    (tmp_path / "steps" / "step" / "function.yaml").symlink_to("nowhere")
    with pytest.raises(NotReadyError, match="it cannot be read: no such file"):
        read_steps(tmp_path)


@pytest.mark.parametrize(
    ("value", "text"), [("12:30", "12:30"), ("2024-01-01", "2024-01-01"), ("", "")]
)
def test_what_is_a_text_to_nuclio_is_one_here(tmp_path: Path, value: str, text: str) -> None:
    step = read_step(written(tmp_path, spec(f"env: [{{name: A, value: {value}}}]")))
    assert step.env == {"A": text}


@pytest.mark.parametrize(
    ("more", "replicas"),
    [("minReplicas: 3", 3), ("MaxReplicas: 4", 4), ("replicas: 2\n  maxReplicas: 4", 2)],
)
def test_replicas_are_filled_in_as_nuclio_does(tmp_path: Path, more: str, replicas: int) -> None:
    assert read_step(written(tmp_path, spec(more))).replicas == replicas


def test_a_stream_is_the_same_however_many_slashes_its_path_has(tmp_path: Path) -> None:
    (trigger,) = read_step(
        written(tmp_path, changed("streamPath: s", "streamPath: /a//b/"))
    ).streams
    assert (trigger.stream, trigger.path) == ("c/a/b", "/a//b/")


def test_of_two_variables_with_a_name_the_last_one_counts(tmp_path: Path) -> None:
    text = spec(
        "env: [{name: A, value: a}, {name: A, valueFrom: {fieldRef: {fieldPath: x}}}, {name: B, value: b}]"
    )
    step = read_step(written(tmp_path, text))
    assert step.env == {"B": "b"}
    assert step.secrets == {"A": Secret("its pod (fieldRef)")}


LINES = PLAIN.splitlines()
SCALARS = st.sampled_from(
    ["-1", "null", "[]", "{}", "'x'", "1e999", "0x10", "*a", "&a b", "!!int x", "yes", "1_0", "- -"]
)


@given(st.binary(max_size=200))
def test_whatever_the_bytes_there_are_problems_or_a_step(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    path = tmp_path_factory.mktemp("step") / "function.yaml"
    path.write_bytes(content)
    with pytest.raises(NotReadyError):
        read_step(path)


@given(
    st.lists(st.tuples(st.integers(0, len(LINES) - 1), SCALARS), max_size=3),
    st.lists(st.integers(0, 8)),
)
def test_whatever_is_changed_by_hand_there_are_problems_or_a_step(
    tmp_path_factory: pytest.TempPathFactory, changes: list[tuple[int, str]], left_out: list[int]
) -> None:
    lines = list(LINES)
    for number, scalar in changes:
        lines[number] = f"{lines[number].partition(':')[0]}: {scalar}"
    text = "\n".join(line for number, line in enumerate(lines) if number not in left_out)
    path = tmp_path_factory.mktemp("step") / "function.yaml"
    path.write_text(text)
    with contextlib.suppress(NotReadyError):
        assert isinstance(read_step(path), DeployedStep)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("10s", 10), ("250ms", 0.25), ("1h2m3s", 3723), ("1.5m", 90), ("500us", 0.0005)],
)
def test_durations_are_go_s(text: str, expected: float) -> None:
    assert seconds(text) == expected
