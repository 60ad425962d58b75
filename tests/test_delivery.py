"""What a generated step does with a record: each rule of `delivery.py`, against real clients and servers on loopback."""

from __future__ import annotations

import ast
import base64
import importlib.util
import io
import itertools
import json
import logging
import math
import os
import signal
import socket
import ssl
import subprocess
import sys
import threading
import types
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import nuclio_sdk
import nuclio_sdk.test
import platforms
import pytest
from iguazioig.emulator import ACCESS_KEY, V3io, V3ioError, serve
from loopback import Loopback
from platforms import without_origin
from v3io.dataplane.transport import httpclient
from v3io_proxy import Proxy, stand_before

FOLDER = Path(__file__).parents[1] / "cookiecutter-step" / "{{cookiecutter.step}}"
MODULES = (
    "delivery_outputs",
    "delivery_letters",
    "delivery_record",
    "delivery_duplicates",
    "delivery_batches",
    "delivery",
)
SCORES = ("projects", "/fraud/streams/scores")
REJECTED = ("projects", "/fraud/streams/rejected")
INVALID_ARGUMENT = V3ioError(400, -201326592, "InvalidArgumentException")


def load() -> list[Any]:
    """The templates as the modules that they are in a step, with no trace in `sys.modules` or beside the files."""
    try:
        return [load_one(name) for name in MODULES]
    finally:
        for name in MODULES:
            sys.modules.pop(name, None)


def load_one(name: str) -> Any:
    file = FOLDER / f"{name}.py"
    spec: Any = importlib.util.spec_from_file_location(name, file)
    module = sys.modules[name] = importlib.util.module_from_spec(spec)
    exec(spec.loader.source_to_code(file.read_bytes(), file), module.__dict__)
    return module


(
    delivery_outputs,
    delivery_letters,
    delivery_record,
    delivery_duplicates,
    delivery_batches,
    delivery,
) = load()


class Clock:
    """Time that passes only by sleeping; `during` is what happens elsewhere in that time."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0
        self.slept: list[float] = []
        self.during: Callable[[int], None] = lambda sleeps: None

    def time(self) -> float:
        return self.now

    monotonic = time

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        self.slept.append(seconds)
        assert len(self.slept) < 10_000, "it waits for ever"
        self.during(len(self.slept))


class Exited(BaseException):
    """The process would have ended."""


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(delivery, "time", clock)
    monkeypatch.setattr(delivery_outputs, "time", clock)
    monkeypatch.setattr(delivery_record, "time", clock)
    return clock


@pytest.fixture(autouse=True)
def no_exit(monkeypatch: pytest.MonkeyPatch) -> None:
    def exit(status: int) -> None:
        raise Exited(status)

    monkeypatch.setattr(os, "_exit", exit)


@pytest.fixture
def v3io(monkeypatch: pytest.MonkeyPatch) -> Iterator[V3io]:
    with serve(access_key=ACCESS_KEY) as endpoint:
        endpoint.create_stream(*SCORES, shards=4)
        endpoint.create_stream(*REJECTED)
        monkeypatch.setenv("V3IO_API", endpoint.url)
        monkeypatch.setenv("V3IO_ACCESS_KEY", endpoint.access_key)
        # `Step.open` sets it, for the whole process.
        monkeypatch.setattr(httpclient, "_connection_timeout_seconds", 20)
        yield endpoint


@pytest.fixture
def proxy(v3io: V3io, monkeypatch: pytest.MonkeyPatch) -> Iterator[Proxy]:
    """Between the step and v3io, where a test asks for it."""
    with stand_before(v3io) as between:
        monkeypatch.setenv("V3IO_API", between.url)
        yield between


class Run:
    """A step as a worker has it: opened, with Nuclio's own context and logger."""

    def __init__(self, *outputs: Any, errors: bool = True, **tuning: Any) -> None:
        stream = delivery.Stream(*REJECTED) if errors else None
        self.step = delivery.Step(
            project="fraud", name="score", outputs=outputs, errors=stream, **tuning
        )
        self.output = io.StringIO()
        logger = nuclio_sdk.Logger(logging.DEBUG, f"test-{id(self)}")
        logger.set_handler("default", self.output, nuclio_sdk.logger.JSONFormatter())
        self.context = nuclio_sdk.Context(logger, nuclio_sdk.Platform("local"))
        self.step.open(self.context)

    def deliver(
        self, body: Any, process: Any = lambda context, message: message, **other: Any
    ) -> None:
        known = {"shard_id": 3, "offset": 42, "topic": "/fraud/streams/transactions"}
        trigger = nuclio_sdk.TriggerInfo("v3io-stream", "transactions")
        event = nuclio_sdk.Event(body=body, **{"trigger": trigger, **known, **other})
        assert self.step.deliver(self.context, event, process) is None

    @property
    def log(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.output.getvalue().splitlines()]

    def lines(self, level: str) -> list[str]:
        return [each["message"] for each in self.log if each["level"] == level]

    def close(self) -> None:
        for v3io in (self.step.v3io, getattr(self.step.seen, "v3io", None)):
            if v3io:
                v3io.client.close()
        for output in self.step.outputs:
            if isinstance(output, delivery.Https):
                output.connection.close()


@pytest.fixture
def run() -> Iterator[Callable[..., Run]]:
    runs: list[Run] = []

    def start(*outputs: Any, **options: Any) -> Run:
        runs.append(Run(*outputs, **options))
        return runs[-1]

    yield start
    for each in runs:
        each.close()


def scores() -> Any:
    return delivery.Stream(*SCORES, partition_key="account")


def written(v3io: V3io) -> list[Any]:
    """The messages as the step returned them."""
    return [without_origin(each.json) for each in v3io.records(*SCORES)]


def letters(v3io: V3io) -> list[Any]:
    return [each.json for each in v3io.records(*REJECTED)]


class Endpoint:
    """Where `Https` sends to: `answers` are given in turn, then 204 for ever."""

    def __init__(self) -> None:
        self.answers: list[tuple[int, dict[str, str], bytes] | str] = []
        self.got: list[Any] = []
        self.paths: list[str] = []
        self.headers: list[dict[str, str]] = []
        self.connections: set[Any] = set()
        self.before_answer: Callable[[], None] = lambda: None
        self.server = Loopback(type("Handler", (_EndpointHandler,), {"endpoint": self}))
        self.url = self.server.url

    def then(self, status: int, body: bytes = b"", **headers: str) -> Endpoint:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.answers.append((status, named, body))
        return self


class _EndpointHandler(BaseHTTPRequestHandler):
    endpoint: Endpoint
    server: Loopback
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1

    def log_message(self, format: str, *args: object) -> None:
        pass

    def do_POST(self) -> None:
        endpoint = self.endpoint
        endpoint.got.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        endpoint.paths.append(self.path)
        endpoint.headers.append(dict(self.headers))
        endpoint.connections.add(self.client_address)
        endpoint.before_answer()
        answer = endpoint.answers.pop(0) if endpoint.answers else (204, {}, b"")
        if isinstance(answer, str):
            if answer == "hang":
                self.server.closing.wait(timeout=5)
            self.close_connection = True
            return
        status, headers, body = answer
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    endpoint = Endpoint()
    endpoint.server.listen()
    yield endpoint
    endpoint.server.stop()


# The message and the result.


def test_a_handler_as_it_is_generated(v3io: V3io, monkeypatch: pytest.MonkeyPatch) -> None:
    module = types.ModuleType("handler_under_test")
    monkeypatch.setitem(sys.modules, module.__name__, module)
    monkeypatch.setitem(sys.modules, "delivery", delivery)
    source = """
import delivery

step = delivery.Step(
    project="fraud",
    name="score",
    outputs=[delivery.Stream("projects", "/fraud/streams/scores", partition_key="account")],
    errors=delivery.Stream("projects", "/fraud/streams/rejected"),
)


class FraudModel:
    def __init__(self, threshold, logger):
        self.threshold, self.logger = threshold, logger

    def predict(self, context, message):
        return {**message, "fraud": message["amount"] > self.threshold}


def init_context(context):
    step.open(context)
    context.user_data.model = FraudModel(threshold=0.8, logger=context.logger)


def handler(context, event):
    step.deliver(context, event, process)


def process(context, message):
    return context.user_data.model.predict(context, message)
"""
    exec(source, module.__dict__)
    event = nuclio_sdk.Event(body=b'{"account": "a1", "amount": 0.9}', shard_id=0, offset=7)

    nuclio_sdk.test.Platform().call_handler(module.handler, event)  # type: ignore[attr-defined]

    (record,) = v3io.records(*SCORES)
    assert without_origin(record.json) == {"account": "a1", "amount": 0.9, "fraud": True}
    assert record.partition_key == "a1"
    assert letters(v3io) == []
    module.step.v3io.client.close()  # type: ignore[attr-defined]


def test_none_ends_the_step_without_output(proxy: Proxy, run: Callable[..., Run]) -> None:
    run(scores()).deliver(b"{}", lambda context, message: None)

    assert proxy.requests == []


def test_what_a_last_step_returns_is_of_no_importance(
    proxy: Proxy, run: Callable[..., Run]
) -> None:
    run().deliver(b"{}", lambda context, message: object())

    assert proxy.requests == []


@pytest.mark.parametrize(
    "body",
    [
        b'{"account": "\xc3\xa9"}',
        bytearray(b'{"account": "\xc3\xa9"}'),
        '{"account": "é"}',
        {"account": "é"},
    ],
)
def test_a_body_is_an_object_however_the_trigger_gives_it(
    v3io: V3io, run: Callable[..., Run], body: Any
) -> None:
    run(scores()).deliver(body)

    assert written(v3io) == [{"account": "é"}]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"\xff{}", "the body is not JSON: UnicodeDecodeError"),
        ('{"a": 1}'.encode("utf-16"), "the body is not JSON: UnicodeDecodeError"),
        (b"", "the body is not JSON: JSONDecodeError"),
        (b'{"a": 1', "the body is not JSON: JSONDecodeError"),
        (b'\xef\xbb\xbf{"a": 1}', "the body is not JSON: JSONDecodeError"),
        (b"[" * 100_000, "the body is not JSON: RecursionError"),
        (b"[1]", "the body is JSON, but not an object"),
        (b"null", "the body is JSON, but not an object"),
        (b'"text"', "the body is JSON, but not an object"),
        (None, "the body is JSON, but not an object"),
        ("\ud800", "the body is not JSON: UnicodeDecodeError"),
    ],
)
def test_a_body_that_is_no_object_is_a_dead_letter_at_once(
    v3io: V3io, run: Callable[..., Run], clock: Clock, body: Any, message: str
) -> None:
    called = []

    run(scores()).deliver(body, lambda context, message: called.append(message))

    (letter,) = letters(v3io)
    assert letter["cause"]["message"].startswith(message)
    assert (letter["attempts"], letter["output"]) == (1, None)
    assert called == clock.slept == written(v3io) == []


@pytest.mark.parametrize(
    ("result", "message"),
    [
        ({"account": "a", "x": {1, 2}}, "TypeError: Object of type set is not JSON serializable"),
        ({"account": "a", "x": math.nan}, "ValueError: Out of range float values"),
        ({"account": "a", "x": -math.inf}, "ValueError: Out of range float values"),
        ({"account": "a", (1, 2): 3}, "TypeError: keys must be str, int, float, bool or None"),
        ({"account": "a", "x": b"bytes"}, "TypeError: Object of type bytes"),
    ],
)
def test_a_result_that_json_cannot_hold_is_a_dead_letter(
    v3io: V3io, run: Callable[..., Run], clock: Clock, result: Any, message: str
) -> None:
    calls = []

    run(scores()).deliver(b'{"a": 1}', lambda context, message: calls.append(1) or result)

    (letter,) = letters(v3io)
    assert letter["cause"]["message"].startswith(f"the result is not JSON: {message}")
    assert letter["body"] == '{"a": 1}'
    assert (calls, clock.slept, written(v3io)) == ([1], [], [])


def test_a_result_that_holds_itself_is_a_dead_letter(v3io: V3io, run: Callable[..., Run]) -> None:
    result: dict[str, Any] = {"account": "a"}
    result["self"] = result

    run(scores()).deliver(b"{}", lambda context, message: result)

    assert "Circular reference" in letters(v3io)[0]["cause"]["message"]


def test_text_goes_through_as_it_is(v3io: V3io, run: Callable[..., Run]) -> None:
    text = 'é \U0001f600 \u202e \x00 \\ " \ud83d \\ud83d \u2028 {{ x }}'

    run(scores()).deliver(json.dumps({"account": "a", "text": text}))

    assert written(v3io) == [{"account": "a", "text": text}]


@pytest.mark.parametrize(
    ("result", "message"),
    [
        ({}, "the result has no partition key `account`"),
        ([1], "the result is a int: no object with the key `account`"),
        ("account", "the result is a str: no object with the key `account`"),
        ({"account": 17}, "partition key `account` is not text but 17"),
        ({"account": None}, "partition key `account` is not text but None"),
        ({"account": ""}, "partition key `account` is not text but ''"),
        ({"account": "\ud800"}, r"partition key `account` is not text but '\ud800'"),
        ({"account": "é" * 129}, "partition key `account` has more than 256 bytes"),
    ],
)
def test_a_partition_key_is_never_guessed(
    v3io: V3io, run: Callable[..., Run], result: Any, message: str
) -> None:
    run(scores()).deliver(b"{}", lambda context, message: result)

    (letter,) = letters(v3io)
    assert letter["cause"]["message"] == message
    assert letter["output"] == "projects/fraud/streams/scores"
    assert written(v3io) == []


def test_the_longest_partition_key(v3io: V3io, run: Callable[..., Run]) -> None:
    run(scores()).deliver(b"{}", lambda context, message: {"account": "é" * 128})

    assert [each.partition_key for each in v3io.records(*SCORES)] == ["é" * 128]


def test_a_message_that_no_record_holds_is_a_dead_letter(
    v3io: V3io, run: Callable[..., Run]
) -> None:
    run(scores()).deliver(b"{}", lambda context, message: {"account": "a", "x": "x" * 2**20})

    (letter,) = letters(v3io)
    assert letter["cause"]["message"] == "1048801 bytes; a record holds 1048576"


# User code.


def test_each_attempt_of_user_code_gets_a_new_message(
    v3io: V3io, run: Callable[..., Run], clock: Clock
) -> None:
    seen = []

    def process(context: Any, message: Any) -> Any:
        seen.append(dict(message))
        message["account"] = message.pop("a") + str(len(seen))
        if len(seen) < 3:
            raise ConnectionError("the database is away")
        return message

    step = run(scores())
    step.deliver(b'{"a": "x"}', process)

    assert seen == [{"a": "x"}] * 3
    assert written(v3io) == [{"account": "x3"}]
    assert len(clock.slept) == 2
    assert step.lines("warning") == [
        "`methods` failed, attempt 1: ConnectionError: the database is away",
        "`methods` failed, attempt 2: ConnectionError: the database is away",
    ]


class UnprintableError(Exception):
    def __str__(self) -> str:
        raise RuntimeError("no")


@pytest.mark.parametrize(
    ("error", "kind", "message"),
    [
        (ValueError("no such account"), "ValueError", "no such account"),
        (SystemExit(3), "SystemExit", "3"),
        (KeyboardInterrupt(), "KeyboardInterrupt", ""),
        (GeneratorExit("x"), "GeneratorExit", "x"),
        (ValueError("\ud800 %s {{ }}"), "ValueError", "\ud800 %s {{ }}"),
    ],
)
def test_user_code_that_fails_at_every_attempt_is_a_dead_letter(
    v3io: V3io,
    run: Callable[..., Run],
    clock: Clock,
    error: BaseException,
    kind: str,
    message: str,
) -> None:
    calls = []

    def process(context: Any, message: Any) -> Any:
        calls.append(message)
        raise error

    run(scores()).deliver(b'{"account": "a"}', process)

    assert (len(calls), len(clock.slept)) == (3, 2)
    (letter,) = letters(v3io)
    assert (letter["cause"]["type"], letter["cause"]["message"]) == (kind, message)
    assert "in process\n    raise error" in letter["cause"]["traceback"]
    assert (letter["attempts"], letter["output"]) == (3, None)
    assert written(v3io) == []


def test_an_error_that_cannot_be_shown_is_a_dead_letter_too(
    v3io: V3io, run: Callable[..., Run]
) -> None:
    def process(context: Any, message: Any) -> Any:
        raise UnprintableError

    run(scores()).deliver(b"{}", process)

    assert letters(v3io)[0]["cause"]["type"] == "UnprintableError"


def test_a_very_long_error_still_fits_into_a_letter(v3io: V3io, run: Callable[..., Run]) -> None:
    def process(context: Any, message: Any) -> Any:
        raise ValueError("x" * 3_000_000)

    step = run(scores())
    step.deliver(b"{}", process)

    (letter,) = letters(v3io)
    assert letter["cause"]["message"] == "x" * 2000
    assert (
        max(len(line) for line in step.output.getvalue().splitlines()) < delivery_letters.LOG_LINE
    )


# v3io streams.


@pytest.mark.parametrize("status", [401, 403, 404, 405, 408, 409, 425, 429, 500, 502, 503, 504])
def test_what_can_pass_is_tried_until_it_has(
    v3io: V3io, run: Callable[..., Run], clock: Clock, status: int
) -> None:
    v3io.faults.add(kind="status", status=status, next=50)

    run(scores()).deliver(b'{"account": "a"}')

    assert written(v3io) == [{"account": "a"}]
    assert (len(clock.slept), letters(v3io)) == (50, [])


@pytest.mark.parametrize("name", ["ResourceIsnotStream", "ResourceNotFoundException"])
def test_a_bad_request_that_is_about_the_stream_can_pass(
    v3io: V3io, proxy: Proxy, run: Callable[..., Run], name: str
) -> None:
    proxy.answer(*[V3ioError(400, -201326593, name)] * 3)

    run(scores()).deliver(b'{"account": "a"}')

    assert (len(written(v3io)), letters(v3io)) == (1, [])


def test_a_stream_that_is_not_there_yet_is_waited_for(
    v3io: V3io, run: Callable[..., Run], clock: Clock
) -> None:
    late = ("projects", "/fraud/streams/late")
    clock.during = lambda sleeps: v3io.create_stream(*late) if sleeps == 20 else None

    run(delivery.Stream(*late, partition_key="account")).deliver(b'{"account": "a"}')

    assert (len(v3io.records(*late)), len(clock.slept)) == (1, 20)
    assert letters(v3io) == []


def test_an_access_key_that_is_refused_is_waited_for_and_never_logged(
    v3io: V3io,
    proxy: Proxy,
    run: Callable[..., Run],
    clock: Clock,
    capfd: pytest.CaptureFixture[str],
) -> None:
    step = run(scores())
    with serve(access_key="rotated") as proxy.v3io:
        clock.during = lambda sleeps: setattr(proxy, "v3io", v3io) if sleeps == 9 else None

        step.deliver(b'{"account": "a"}')

    assert (len(written(v3io)), len(clock.slept)) == (1, 9)
    assert "Permission denied" in step.output.getvalue()
    assert ACCESS_KEY not in step.output.getvalue() + "".join(capfd.readouterr())


def test_a_platform_that_is_down_is_waited_for(
    v3io: V3io, monkeypatch: pytest.MonkeyPatch, run: Callable[..., Run], clock: Clock
) -> None:
    with stand_before(v3io, listen=False) as down:
        monkeypatch.setenv("V3IO_API", down.url)
        clock.during = lambda sleeps: down.server.listen() if sleeps == 12 else None
        step = run(scores())

        step.deliver(b'{"account": "a"}')

        assert (len(written(v3io)), len(clock.slept)) == (1, 12)
        assert "ConnectionRefusedError" in step.lines("warning")[0]


def test_a_kept_connection_that_was_closed_is_opened_again(
    v3io: V3io, proxy: Proxy, run: Callable[..., Run], clock: Clock
) -> None:
    step = run(scores())
    step.deliver(b'{"account": "a"}')
    proxy.server.disconnect()
    step.deliver(b'{"account": "b"}')

    assert written(v3io) == [{"account": "a"}, {"account": "b"}]
    assert (clock.slept, step.log) == ([], [])


@pytest.mark.parametrize(("when", "copies"), [("drop-before", 1), ("drop-after", 7)])
def test_an_answer_that_is_lost_is_no_record_that_is_lost(
    v3io: V3io, run: Callable[..., Run], when: Any, copies: int
) -> None:
    lost = v3io.faults.add(kind=when, next=6)

    run(scores()).deliver(b'{"account": "a"}')

    assert lost.hits == 6

    assert written(v3io) == [{"account": "a"}] * copies
    assert letters(v3io) == []


def test_silence_is_a_timeout_that_can_pass(v3io: V3io, run: Callable[..., Run]) -> None:
    v3io.faults.add(kind="delay", seconds=3600, next=4)
    step = run(scores(), timeout=0.2)

    step.deliver(b'{"account": "a"}')

    # at least once: on a busy machine an answer can be too late for the write that it speaks of
    assert {message["account"] for message in written(v3io)} == {"a"}
    assert "imeout" in step.lines("warning")[0]


WRITTEN = '{"SequenceNumber": 1, "ShardId": 0}'


@pytest.mark.parametrize(
    "body",
    [
        "",
        "<html>",
        "{}",
        "null",
        '{"Records": [{}]}',
        f'{{"Records": [{WRITTEN}, {WRITTEN}]}}',
        '{"Records": [{"SequenceNumber": 0, "ShardId": 0, "ErrorCode": -5}]}',
    ],
)
def test_an_answer_that_makes_no_sense_can_pass(
    v3io: V3io, proxy: Proxy, run: Callable[..., Run], body: str
) -> None:
    proxy.answer(*[(200, body.encode())] * 3)

    run(scores()).deliver(b'{"account": "a"}')

    assert (len(written(v3io)), letters(v3io)) == (1, [])


@pytest.mark.parametrize("error", [INVALID_ARGUMENT, V3ioError(413, -1, "too large")])
def test_what_v3io_refuses_for_good_is_a_dead_letter_that_names_the_output(
    v3io: V3io, proxy: Proxy, run: Callable[..., Run], clock: Clock, error: V3ioError
) -> None:
    proxy.answer(error)

    run(scores()).deliver(b'{"account": "a"}')

    (letter,) = letters(v3io)
    assert letter["output"] == "projects/fraud/streams/scores"
    assert letter["cause"]["message"].startswith(f"v3io answered {error.status}: ")
    assert error.message in letter["cause"]["message"]
    assert clock.slept == written(v3io) == []


def test_a_record_that_fails_alone_is_sent_again(
    v3io: V3io, run: Callable[..., Run], clock: Clock
) -> None:
    v3io.faults.add(kind="records", positions=[0], next=5)

    run(scores()).deliver(b'{"account": "a"}')

    assert (len(written(v3io)), len(clock.slept), letters(v3io)) == (1, 5, [])


def test_a_record_that_is_invalid_is_a_dead_letter(
    v3io: V3io, proxy: Proxy, run: Callable[..., Run]
) -> None:
    v3io.faults.add(kind="records", positions=[0], next=2)
    refused = {"FailedRecordCount": 1, "Records": [INVALID_ARGUMENT.fields]}
    proxy.answer(None, None, (200, json.dumps(refused).encode()))

    run(scores()).deliver(b'{"account": "a"}')

    (letter,) = letters(v3io)
    assert letter["cause"]["message"] == "v3io answered InvalidArgumentException (-201326592)"
    assert letter["attempts"] == 3


def send(run: Run, *keys: str) -> tuple[list[Any], list[Any]]:
    """Several messages in one go, as a method that returns a list would have them: what is left, what stands against."""
    stream = run.step.outputs[0]
    record = delivery_record.Record(run.step, run.context, nuclio_sdk.Event())
    todo = [delivery.Message(record, f"{n}{key}".encode(), n, key) for n, key in enumerate(keys)]
    sending = delivery.Sending(run.step, {stream: todo})
    sending.attempt(1)
    troubles = [why for failures in record.refused.values() for _, why in failures]
    return [each.data for each in sending.jobs[stream]], troubles


def sent(proxy: Proxy) -> list[list[str]]:
    return [
        [base64.b64decode(record["Data"]).decode() for record in request.body["Records"]]
        for request in proxy.requests
    ]


def test_only_what_failed_is_sent_again_and_in_order(
    v3io: V3io, proxy: Proxy, run: Callable[..., Run]
) -> None:
    step = run(scores())
    v3io.faults.add(kind="records", positions=[1, 3], next=1)

    assert send(step, "a", "b", "c", "d", "e")[0] == [b"1b", b"3d"]
    assert sent(proxy) == [["0a", "1b", "2c", "3d", "4e"]]


def test_no_record_overtakes_an_earlier_one_of_its_key(
    v3io: V3io, proxy: Proxy, run: Callable[..., Run]
) -> None:
    step = run(scores())

    assert send(step, "a", "b", "a", "a", "b") == ([], [])
    assert sent(proxy) == [["0a", "1b"], ["2a", "4b"], ["3a"]]

    proxy.requests.clear()
    v3io.faults.add(kind="records", positions=[0], next=1)
    assert send(step, "a", "b", "a")[0] == [b"0a", b"2a"]
    assert sent(proxy) == [["0a", "1b"]]


def test_of_several_only_the_one_at_fault_is_refused(proxy: Proxy, run: Callable[..., Run]) -> None:
    step = run(scores())
    proxy.answer(INVALID_ARGUMENT, None, INVALID_ARGUMENT)

    left, troubles = send(step, "a", "b", "c")

    assert (left, [type(each).__name__ for each in troubles]) == ([], ["Undeliverable"])
    assert sent(proxy)[0] == ["0a", "1b", "2c"]
    assert sorted(sent(proxy)[1:]) == [["0a"], ["1b"], ["2c"]]


def test_the_client_of_v3io_says_nothing_itself(
    v3io: V3io, run: Callable[..., Run], capfd: pytest.CaptureFixture[str]
) -> None:
    v3io.faults.add(kind="status", status=503, next=3)
    v3io.faults.add(kind="drop-before", next=4)

    run(scores()).deliver(b'{"account": "a"}')

    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("missing", ["V3IO_API", "V3IO_ACCESS_KEY"])
@pytest.mark.parametrize("value", [None, "", " \n"])
def test_without_its_environment_a_step_with_streams_does_not_start(
    v3io: V3io, monkeypatch: pytest.MonkeyPatch, missing: str, value: str | None
) -> None:
    monkeypatch.delenv(missing) if value is None else monkeypatch.setenv(missing, value)
    step = delivery.Step(project="fraud", name="score", errors=delivery.Stream(*REJECTED))

    with pytest.raises(RuntimeError, match="V3IO_API and V3IO_ACCESS_KEY must be set"):
        step.open(nuclio_sdk.Context())


def test_an_access_key_with_a_newline_at_its_end_is_a_key(
    v3io: V3io, run: Callable[..., Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("V3IO_ACCESS_KEY", f"{ACCESS_KEY}\n")

    run(scores()).deliver(b'{"account": "a"}')

    assert len(written(v3io)) == 1


def test_an_access_key_of_two_lines_is_none_and_is_not_shown(
    v3io: V3io, run: Callable[..., Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("V3IO_ACCESS_KEY", "sec\nret")

    with pytest.raises(RuntimeError, match="must be set") as error:
        run(scores())

    assert "sec" not in str(error.value)


def test_v3io_is_imported_only_for_streams() -> None:
    code = (
        f"import sys; sys.path.insert(0, {str(FOLDER)!r})\n"
        "import delivery, types\n"
        "context = types.SimpleNamespace(user_data=types.SimpleNamespace())\n"
        "delivery.Step(project='p', name='s', outputs=[delivery.Https('http://h/')]).open(context)\n"
        "print('v3io' in sys.modules)"
    )
    environment = {key: value for key, value in os.environ.items() if "V3IO" not in key}

    done = subprocess.run(
        [sys.executable, "-B", "-c", code], capture_output=True, text=True, env=environment
    )

    assert (done.stdout, done.stderr) == ("False\n", "")


# Https.


def test_a_message_is_posted_as_json_on_one_connection(
    endpoint: Endpoint, run: Callable[..., Run]
) -> None:
    endpoint.then(200).then(201, b"made").then(202, b"x" * 1000).then(204)
    step = run(delivery.Https(f"{endpoint.url}/in?mode=a%20b"), errors=False)

    for n in range(4):
        step.deliver(json.dumps({"n": n}))

    assert endpoint.got == [{"n": 0}, {"n": 1}, {"n": 2}, {"n": 3}]
    assert set(endpoint.paths) == {"/in?mode=a%20b"}
    assert endpoint.headers[0]["Content-Type"] == "application/json"
    assert endpoint.headers[0]["Host"] == endpoint.url.removeprefix("http://")
    assert len(endpoint.connections) == 1


@pytest.mark.parametrize("status", [408, 425, 429, 500, 501, 502, 503, 504, 599])
def test_what_an_endpoint_can_get_over_is_tried_until_it_has(
    endpoint: Endpoint, run: Callable[..., Run], clock: Clock, status: int
) -> None:
    for _ in range(20):
        endpoint.then(status)

    run(delivery.Https(endpoint.url), errors=False).deliver(b'{"a": 1}')

    assert endpoint.got == [{"a": 1}] * 21
    assert len(clock.slept) == 20


@pytest.mark.parametrize("status", [301, 307, 400, 401, 403, 404, 405, 409, 410, 413, 422])
def test_what_an_endpoint_refuses_is_a_dead_letter(
    v3io: V3io, endpoint: Endpoint, run: Callable[..., Run], clock: Clock, status: int
) -> None:
    endpoint.then(status, b'{"why": "so"}', Location="/elsewhere")

    run(delivery.Https(f"{endpoint.url}/in")).deliver(b'{"a": 1}')

    (letter,) = letters(v3io)
    assert letter["output"] == f"{endpoint.url}/in"
    assert letter["cause"]["message"].startswith(f"answered {status} ")
    assert '{"why": "so"}' in letter["cause"]["message"]
    assert (len(endpoint.got), clock.slept) == (1, [])


@pytest.mark.parametrize(
    ("header", "at_least", "at_most"),
    [
        ("7", 7, 7.1),
        ("0", 0, 0.1),
        (formatdate(1_800_000_090, usegmt=True), 90, 90.1),
        (formatdate(1_700_000_000, usegmt=True), 0, 0.1),
        ("86400", 3600, 3600.1),
        (formatdate(1_900_000_000, usegmt=True), 3600, 3600.1),
        ("-5", 0, 0.1),
        ("soon", 0, 0.1),
        ("²", 0, 0.1),
        ("9" * 5000, 0, 0.1),
        ("Mon, 99 Foo 99999 99:99:99 GMT", 0, 0.1),
    ],
)
def test_an_endpoint_is_left_alone_for_as_long_as_it_asks(
    endpoint: Endpoint,
    run: Callable[..., Run],
    clock: Clock,
    header: str,
    at_least: float,
    at_most: float,
) -> None:
    endpoint.then(503, Retry_After=header)

    run(delivery.Https(endpoint.url), errors=False).deliver(b"{}")

    (pause,) = clock.slept
    assert at_least <= pause <= at_most


def test_an_endpoint_that_is_down_is_waited_for(run: Callable[..., Run], clock: Clock) -> None:
    endpoint = Endpoint()
    clock.during = lambda sleeps: endpoint.server.listen() if sleeps == 5 else None

    run(delivery.Https(endpoint.url), errors=False).deliver(b'{"a": 1}')
    endpoint.server.stop()

    assert (endpoint.got, len(clock.slept)) == ([{"a": 1}], 5)


def test_a_connection_that_the_endpoint_closed_is_no_trouble(
    endpoint: Endpoint, run: Callable[..., Run], clock: Clock
) -> None:
    step = run(delivery.Https(endpoint.url), errors=False)
    step.deliver(b'{"n": 1}')
    endpoint.server.disconnect()
    step.deliver(b'{"n": 2}')
    endpoint.then(200, Connection="close")
    step.deliver(b'{"n": 3}')
    step.deliver(b'{"n": 4}')

    assert endpoint.got == [{"n": 1}, {"n": 2}, {"n": 3}, {"n": 4}]
    assert (clock.slept, step.log) == ([], [])


def test_an_endpoint_that_says_nothing_is_tried_again(
    endpoint: Endpoint, run: Callable[..., Run], clock: Clock
) -> None:
    endpoint.answers += ["hang", "drop", "drop"]
    step = run(delivery.Https(endpoint.url), errors=False, timeout=0.05)

    step.deliver(b'{"a": 1}')

    assert endpoint.got == [{"a": 1}] * 4
    assert len(clock.slept) == 2
    assert "imeout" in step.lines("warning")[0]


def test_a_long_answer_is_not_read_to_its_end(
    endpoint: Endpoint, run: Callable[..., Run], clock: Clock
) -> None:
    endpoint.then(200, b"x" * 200_000).then(500, b"x" * 200_000)
    step = run(delivery.Https(endpoint.url), errors=False)

    step.deliver(b'{"n": 1}')
    step.deliver(b'{"n": 2}')

    assert endpoint.got == [{"n": 1}, {"n": 2}, {"n": 2}]
    assert len(clock.slept) == 1
    assert "answered 500" in step.lines("warning")[0]
    assert len(step.output.getvalue()) < 2000


@pytest.mark.parametrize(
    ("url", "name", "path", "host", "port"),
    [
        ("https://h.example.com", "https://h.example.com", "/", "h.example.com", 443),
        ("https://u:p@h:8443/a?t=s", "https://h:8443/a", "/a?t=s", "h", 8443),
        ("http://[::1]/a b?c=é d#f", "http://[::1]/a b", "/a%20b?c=%C3%A9%20d", "::1", 80),
        ("http://h//x?y", "http://h//x", "//x?y", "h", 80),
    ],
)
def test_urls(url: str, name: str, path: str, host: str, port: int) -> None:
    https = delivery.Https(url)

    assert (https.name, https.path) == (name, path)
    assert (https.connection.host, https.connection.port) == (host, port)


def test_no_secret_of_a_url_is_logged_or_in_a_dead_letter(
    v3io: V3io, endpoint: Endpoint, run: Callable[..., Run]
) -> None:
    endpoint.then(503).then(400)
    step = run(delivery.Https(f"{endpoint.url}/in?token=hush"))

    step.deliver(b"{}")

    assert endpoint.paths == ["/in?token=hush"] * 2
    assert "hush" not in step.output.getvalue() + json.dumps(letters(v3io))


def test_certificates_are_verified() -> None:
    connection = delivery.Https("https://scores.example.com/in").connection

    assert connection._context.verify_mode is ssl.CERT_REQUIRED
    assert connection._context.check_hostname


# Functions.


def test_a_function_gets_the_context_and_a_message_of_its_own(
    v3io: V3io, run: Callable[..., Run]
) -> None:
    seen = []

    def spoil(context: Any, message: Any) -> None:
        seen.append((context, dict(message)))
        message.clear()

    step = run(delivery.Function(spoil), delivery.Function(spoil), scores())
    step.deliver(b'{"account": "a"}')

    assert seen == [(step.context, {"account": "a"})] * 2
    assert written(v3io) == [{"account": "a"}]


def test_a_function_is_tried_a_few_times_then_a_dead_letter(
    v3io: V3io, run: Callable[..., Run], clock: Clock
) -> None:
    seen = []

    def record(context: Any, message: Any) -> None:
        seen.append(dict(message))
        message.clear()
        raise SystemExit("disk full")

    run(delivery.Function(record), scores()).deliver(b'{"account": "a"}')

    assert seen == [{"account": "a"}] * 3
    (letter,) = letters(v3io)
    assert letter["output"].endswith(".record")
    assert (letter["cause"]["type"], letter["attempts"]) == ("SystemExit", 3)
    assert written(v3io) == [{"account": "a"}]


# Several outputs.


def test_an_output_that_took_its_message_does_not_get_it_again(
    v3io: V3io, proxy: Proxy, endpoint: Endpoint, run: Callable[..., Run], clock: Clock
) -> None:
    calls = []
    v3io.faults.add(kind="status", status=503, next=3)
    for _ in range(7):
        endpoint.then(503)
    step = run(
        scores(),
        delivery.Https(endpoint.url),
        delivery.Function(lambda context, message: calls.append(message)),
    )

    step.deliver(b'{"account": "a"}')

    assert (len(written(v3io)), len(endpoint.got), len(calls)) == (1, 8, 1)
    assert [each.status for each in proxy.requests] == [503, 503, 503, 200]
    assert len(clock.slept) == 7


def test_an_output_that_waits_does_not_hold_the_others_back(
    v3io: V3io, endpoint: Endpoint, run: Callable[..., Run], clock: Clock
) -> None:
    when = []
    v3io.faults.add(kind="status", status=503, next=5)
    clock.during = lambda sleeps: when.append(len(endpoint.got))

    run(scores(), delivery.Https(endpoint.url)).deliver(b'{"account": "a"}')

    assert when == [1] * 5


def test_what_one_output_refuses_the_others_get(
    v3io: V3io, endpoint: Endpoint, run: Callable[..., Run]
) -> None:
    endpoint.then(422)
    v3io.faults.add(kind="status", status=503, next=4)
    nowhere = delivery.Stream(*SCORES, partition_key="absent")

    run(nowhere, delivery.Https(endpoint.url), scores()).deliver(b'{"account": "a"}')

    assert written(v3io) == [{"account": "a"}]
    assert [each["output"] for each in letters(v3io)] == [
        "projects/fraud/streams/scores",
        endpoint.url,
    ]


# Where a message comes from.

ARRIVED = datetime(2026, 11, 25, 12, 30, 15)
ORIGIN = {
    "project": "fraud",
    "step": "score",
    "stream": "/fraud/streams/transactions",
    "shard": 3,
    "sequence_number": 42,
    "trigger": "transactions",
    "trace": "fraud/streams/transactions/3/42",
    "time": 1_795_609_815,
    "message": 0,
}


def test_each_message_in_a_stream_says_where_it_comes_from(
    v3io: V3io, run: Callable[..., Run]
) -> None:
    run(delivery.Stream(*SCORES)).deliver(
        b"{}", lambda context, message: [{}, {"a": 1}, None, {"_origin": "mine"}], timestamp=ARRIVED
    )

    assert sorted(map(str, (each.json for each in v3io.records(*SCORES)))) == sorted(
        map(
            str,
            [
                {"_origin": ORIGIN},
                {"a": 1, "_origin": {**ORIGIN, "message": 1}},
                {"_origin": {**ORIGIN, "message": 2}},
            ],
        )
    )


def test_what_is_no_object_says_it_in_the_client_info(v3io: V3io, run: Callable[..., Run]) -> None:
    run(delivery.Stream(*SCORES)).deliver(
        b"{}", lambda context, message: ["text"], timestamp=ARRIVED
    )

    (record,) = v3io.records(*SCORES)
    assert (record.json, json.loads(record.client_info)) == ("text", ORIGIN)


def test_the_trace_goes_with_a_message_through_all_steps_and_their_lines(
    v3io: V3io, run: Callable[..., Run]
) -> None:
    def process(context: Any, message: Any) -> Any:
        seen.append(message)
        context.logger.info("from user code")
        context.logger.info_with("with values", a=1)
        return [message, {"account": 7}]

    seen: list[Any] = []
    before = {**ORIGIN, "step": "clean", "trace": "fraud/streams/raw/0/1", "sequence_number": 1}
    step = run(scores())

    step.deliver(json.dumps({"account": "a", "_origin": before}), process)

    assert seen == [{"account": "a"}], "a method gets what a method returned"
    (record,), (letter,) = v3io.records(*SCORES), letters(v3io)
    assert {line["with"]["trace"] for line in step.log} == {"fraud/streams/raw/0/1"}
    assert len(step.log) == 3
    assert record.json["_origin"]["trace"] == letter["trace"] == "fraud/streams/raw/0/1"
    assert (record.json["_origin"]["step"], letter["sequence_number"]) == ("score", 42)
    assert json.loads(letter["body"])["_origin"] == before, "the body is as it came"


@pytest.mark.parametrize(
    "origin",
    [
        None,
        "",
        {},
        [],
        {**ORIGIN, "trace": None},
        {**ORIGIN, "shard": "3"},
        {**ORIGIN, "shard": [1]},
        {**ORIGIN, "message": True},
        {**ORIGIN, "more": 1},
        {name: value for name, value in ORIGIN.items() if name != "time"},
    ],
)
def test_what_no_step_has_written_is_no_origin(
    v3io: V3io, run: Callable[..., Run], origin: Any
) -> None:
    seen: list[Any] = []
    message = {"account": "a", "_origin": origin}

    run(scores()).deliver(
        json.dumps(message), lambda context, message: seen.append(dict(message)) or message
    )

    assert seen == [message]
    assert v3io.records(*SCORES)[0].json["_origin"]["trace"] == ORIGIN["trace"]


def test_an_endpoint_gets_the_message_as_it_is_and_can_tell_it_from_a_repetition(
    endpoint: Endpoint, run: Callable[..., Run]
) -> None:
    step = run(delivery.Https(endpoint.url), errors=False)
    for offset in (7, 7, 8):
        step.deliver(
            b'{"n": 1}', lambda context, message: [message, message], offset=offset, topic="/é x/in"
        )

    assert endpoint.got == [{"n": 1}] * 6
    keys = [each["Idempotency-Key"] for each in endpoint.headers]
    assert keys[:2] == keys[2:4] == [f"fraud/score/%C3%A9%20x/in/3/7/{n}" for n in (0, 1)]
    assert keys[4:] == [f"fraud/score/%C3%A9%20x/in/3/8/{n}" for n in (0, 1)]
    assert endpoint.headers[0]["X-Trace-Id"] == "%C3%A9%20x/in/3/7"


def test_a_request_is_known_by_its_id_and_goes_on_with_the_trace_of_who_sent_it(
    v3io: V3io, run: Callable[..., Run]
) -> None:
    request = {"shard_id": None, "offset": None, "topic": None, "_id": "a-b"}
    step = run(delivery.Stream(*SCORES))
    step.deliver(b"{}", **request)
    step.deliver(b"{}", **request, headers={"X-Trace-Id": "%C3%A9%20x/in/3/7"})
    step.deliver(b"{}", **{**request, "_id": None})
    step.deliver(b"{}", **{**request, "_id": None})

    traces = [each.json["_origin"]["trace"] for each in v3io.records(*SCORES)]
    assert {"a-b", "é x/in/3/7"} < set(traces)
    assert len(set(traces)) == 4


def test_outputs_are_sent_together(v3io: V3io, endpoint: Endpoint, run: Callable[..., Run]) -> None:
    """The endpoint does not answer before a stream that comes later has its record."""

    def wait_for_record() -> None:
        for _ in range(500):
            if v3io.records(*SCORES):
                return
            endpoint.server.closing.wait(timeout=0.01)
        early.append("nothing was sent to the stream")

    early: list[str] = []
    endpoint.before_answer = wait_for_record
    functions: list[Any] = []
    function = delivery.Function(lambda context, message: functions.append(message))

    run(delivery.Https(endpoint.url), scores(), function).deliver(b'{"account": "a"}')

    assert early == letters(v3io) == []
    assert endpoint.got == written(v3io) == functions == [{"account": "a"}]


# A list of messages.


def test_each_message_of_a_list_goes_to_every_output_in_order(
    v3io: V3io, proxy: Proxy, endpoint: Endpoint, run: Callable[..., Run]
) -> None:
    calls: list[Any] = []
    messages = [{"account": f"a{number}"} for number in range(30)]
    function = delivery.Function(lambda context, message: calls.append(message))

    run(scores(), delivery.Https(endpoint.url), function).deliver(
        b"{}", lambda context, message: [None, *messages, None]
    )

    assert sorted(written(v3io), key=messages.index) == messages
    assert endpoint.got == calls == messages
    assert [len(request.body["Records"]) for request in proxy.requests] == [30]


@pytest.mark.parametrize("result", [[], [None]])
def test_a_list_of_nothing_ends_the_step_without_output(
    proxy: Proxy, run: Callable[..., Run], result: Any
) -> None:
    run(scores()).deliver(b"{}", lambda context, message: result)
    assert proxy.requests == []


def test_what_is_refused_of_a_list_is_one_dead_letter_for_each_output_that_says_which(
    v3io: V3io, endpoint: Endpoint, run: Callable[..., Run]
) -> None:
    endpoint.then(204).then(422).then(422)
    messages = [{"account": "a"}, {"n": 1}, {"account": "c"}, {"account": math.nan}]

    run(scores(), delivery.Https(endpoint.url)).deliver(
        b'{"all": 4}', lambda context, message: messages
    )

    assert sorted(each["account"] for each in written(v3io)) == ["a", "c"]
    by_output = {each["output"]: each for each in letters(v3io)}
    assert {output: each["messages"] for output, each in by_output.items()} == {
        None: [3],
        "projects/fraud/streams/scores": [1],
        endpoint.url: [1, 2],
    }
    assert {each["body"] for each in by_output.values()} == {'{"all": 4}'}
    assert by_output[None]["cause"]["message"].startswith("the result is not JSON")


def test_a_list_of_more_than_a_request_holds_goes_in_several(
    v3io: V3io, proxy: Proxy, run: Callable[..., Run]
) -> None:
    unkeyed = delivery.Stream(*SCORES)
    run(unkeyed).deliver(b"{}", lambda context, message: [{"n": n} for n in range(2300)])
    assert [len(request.body["Records"]) for request in proxy.requests] == [1000, 1000, 300]

    proxy.requests.clear()
    large = "x" * 1_000_000
    run(unkeyed).deliver(b"{}", lambda context, message: [{"n": n, "x": large} for n in range(9)])
    assert [len(request.body["Records"]) for request in proxy.requests] == [4, 4, 1]


def test_of_a_list_only_what_failed_is_sent_again(
    v3io: V3io, proxy: Proxy, run: Callable[..., Run], clock: Clock
) -> None:
    v3io.faults.add(kind="records", positions=[1], next=2)
    run(scores()).deliver(
        b"{}", lambda context, message: [{"account": key} for key in ("a", "b", "c")]
    )
    assert sorted(each["account"] for each in written(v3io)) == ["a", "b", "c"]
    assert [len(request.body["Records"]) for request in proxy.requests] == [3, 1]
    assert letters(v3io) == []


# Dead letters.


def test_a_dead_letter(v3io: V3io, run: Callable[..., Run]) -> None:
    def process(context: Any, message: Any) -> Any:
        raise KeyError("amount")

    step = run(scores())
    step.deliver(b' {"account":\t"\xc3\xa9"}\n', process)

    (record,) = v3io.records(*REJECTED)
    letter = record.json
    traceback = letter["cause"].pop("traceback")
    assert letter == {
        "project": "fraud",
        "step": "score",
        "stream": "/fraud/streams/transactions",
        "shard": 3,
        "sequence_number": 42,
        "trigger": "transactions",
        "output": None,
        "messages": None,
        "cause": {"type": "KeyError", "message": "'amount'"},
        "attempts": 3,
        "trace": "fraud/streams/transactions/3/42",
        "part": 1,
        "parts": 1,
        "body": ' {"account":\t"é"}\n',
        "body_encoding": "utf-8",
    }
    assert record.partition_key is None
    assert traceback.startswith("Traceback (most recent call last):\n")
    assert traceback.endswith("KeyError: 'amount'\n")
    assert step.lines("error") == ["dead letter from `methods`: KeyError: 'amount'"]


def test_a_body_that_is_no_text_is_kept_as_base64(v3io: V3io, run: Callable[..., Run]) -> None:
    body = bytes(range(256))

    run().deliver(body)

    (letter,) = letters(v3io)
    assert letter["body_encoding"] == "base64"
    assert base64.b64decode(letter["body"]) == body


def test_a_dead_letter_too_is_sent_until_it_has_arrived(
    v3io: V3io, run: Callable[..., Run], clock: Clock
) -> None:
    v3io.faults.add(kind="status", status=404, next=30)
    v3io.faults.add(kind="drop-before", next=10)
    v3io.faults.add(kind="records", positions=[0], next=3)

    run().deliver(b"?")

    assert len(letters(v3io)) == 1
    assert len(clock.slept) == 38


def test_the_dead_letters_of_a_record_are_one_request(
    v3io: V3io, proxy: Proxy, run: Callable[..., Run]
) -> None:
    other = delivery.Stream("projects", "/fraud/streams/other", partition_key="other")
    run(scores(), other).deliver(b"{}", lambda context, message: [{}, math.nan])

    assert len(letters(v3io)) == 3
    assert [len(request.body["Records"]) for request in proxy.requests] == [3]


def test_without_an_error_stream_the_log_gets_all(run: Callable[..., Run]) -> None:
    step = run(errors=False)

    step.deliver(b'{"account": "a"')

    (line,) = step.log
    assert line["level"] == "error"
    assert "it is only here" in line["message"]
    kept = line["with"]
    assert (kept["stream"], kept["shard"], kept["sequence_number"]) == (
        "/fraud/streams/transactions",
        3,
        42,
    )
    assert (kept["project"], kept["step"], kept["trigger"]) == ("fraud", "score", "transactions")
    assert kept["body"] == '{"account": "a"'
    assert kept["cause"]["type"] == "Undeliverable"


def test_a_dead_letter_that_is_refused_is_in_the_log(
    v3io: V3io, proxy: Proxy, run: Callable[..., Run]
) -> None:
    proxy.answer(INVALID_ARGUMENT)
    step = run()

    step.deliver(b"?")

    (line,) = step.log
    assert "the error stream does not take it: v3io answered 400" in line["message"]
    assert line["with"]["body"] == "?"
    assert letters(v3io) == []


@pytest.mark.parametrize(
    ("body", "parts"),
    [
        (b"\xff" * 700_000, 1),
        (b"\xff" * 1_000_000, 2),
        (b'"' + b"\x00" * 400_000, 1),
        (bytes(range(256)) * 6000, 3),
        (("é" * 524_288).encode(), 2),
    ],
)
def test_a_body_that_does_not_fit_into_one_dead_letter_goes_in_parts(
    v3io: V3io, run: Callable[..., Run], clock: Clock, body: bytes, parts: int
) -> None:
    v3io.faults.add(kind="records", positions=[1], next=2)
    step = run()

    step.deliver(body)

    found = sorted(letters(v3io), key=lambda each: each["part"])
    assert [each["part"] for each in found] == [*range(1, parts + 1)]
    assert {each["parts"] for each in found} == {parts}
    assert {(each["trace"], each["cause"]["type"]) for each in found} == {
        ("fraud/streams/transactions/3/42", "Undeliverable")
    }
    assert b"".join(body_of(each) for each in found) == body
    assert max(len(each.data) for each in v3io.records(*REJECTED)) <= delivery_outputs.DATA_BYTES
    assert len(step.lines("error")) == 1


def body_of(letter: Any) -> bytes:
    if letter["body_encoding"] == "base64":
        return base64.b64decode(letter["body"])
    return str(letter["body"]).encode()


def test_a_dead_letter_that_is_long_and_refused_is_on_stderr(
    v3io: V3io, proxy: Proxy, run: Callable[..., Run], capfd: pytest.CaptureFixture[str]
) -> None:
    body = b"\xff" * 1_000_000
    proxy.answer(*[V3ioError(413, -1, "too large")] * 3)
    step = run()

    step.deliver(body)

    (line,) = step.log
    assert "the error stream does not take it: v3io answered 413" in line["message"]
    assert line["message"].endswith("; it is long, and only on stderr")
    assert (line["level"], line["with"]["sequence_number"]) == ("error", 42)
    output, errors = capfd.readouterr()
    assert base64.b64decode(json.loads(errors)["body"]) == body
    assert (output, letters(v3io)) == ("", [])


def test_no_log_line_is_longer_than_the_socket_of_nuclio_takes(
    run: Callable[..., Run], capfd: pytest.CaptureFixture[str]
) -> None:
    step = run(errors=False)

    for size in (1_000, 30_000, 35_000):
        step.deliver(b"?" * size)

    assert (
        max(len(line) for line in step.output.getvalue().splitlines())
        < 2 * delivery_letters.LOG_LINE
    )
    bodies = [each["with"].get("body") for each in step.log]
    assert [body and len(body) for body in bodies] == [1_000, 30_000, None]
    assert json.loads(capfd.readouterr().err)["body"] == "?" * 35_000


def test_the_socket_that_nuclio_logs_to_gets_whole_lines(
    run: Callable[..., Run], capfd: pytest.CaptureFixture[str]
) -> None:
    nuclio, worker = socket.socketpair()
    worker.setblocking(False)
    file = worker.makefile("w")
    step = run(errors=False)
    step.context.logger.set_handler("default", file, nuclio_sdk.logger.JSONFormatter())

    for size in (1_000, 31_000, 3_000_000):
        step.deliver(b"?" * size)

    file.close()
    worker.close()
    with nuclio, nuclio.makefile() as lines:
        assert [json.loads(line)["level"] for line in lines] == ["error"] * 3
    assert "Logging error" not in capfd.readouterr().err


def test_what_nuclio_gives_as_bytes_is_text_in_a_dead_letter(
    v3io: V3io, run: Callable[..., Run]
) -> None:
    step = run()
    trigger = nuclio_sdk.TriggerInfo(b"v3io-stream", b"transactions")
    event = nuclio_sdk.Event(body=b"?", topic=b"/fraud/\xff", trigger=trigger)

    step.step.deliver(step.context, event, lambda context, message: message)

    (letter,) = letters(v3io)
    assert (letter["stream"], letter["trigger"]) == ("/fraud/\ufffd", "transactions")


# What comes again.


class Skipping:
    """A step that skips what it has delivered, and what its method was called with."""

    def __init__(self, run: Callable[..., Run], kept: dict[str, str] | None = None) -> None:
        seen = delivery_duplicates.Seen(kept)
        self.run, self.got = run(seen=seen), list[Any]()

    def get(self, number: int, origin: dict[str, Any] | None = None, **event: Any) -> None:
        """A record, from a producer or with a message of another step."""
        message = {"n": number} if origin is None else {"n": number, "_origin": origin}
        known = {"offset": number, "timestamp": ARRIVED, "topic": "/fraud/streams/scores"}
        self.run.deliver(json.dumps(message), self.method, **{**known, **event})

    def method(self, context: Any, message: Any) -> None:
        self.got.append(message["n"])

    @property
    def duplicates(self) -> int:
        return int(self.run.step.counts.duplicates)


def test_without_being_asked_a_step_skips_nothing(run: Callable[..., Run]) -> None:
    step, calls = run(errors=False), []
    for _ in range(2):
        step.deliver(b"{}", lambda context, message: calls.append(1))
    assert len(calls) == 2


def test_a_record_that_comes_again_is_skipped(v3io: V3io, run: Callable[..., Run]) -> None:
    step = Skipping(run)
    for number in (1, 2, 3, 2, 3, 4, 1):
        step.get(number)
    step.get(1, shard_id=4)

    assert (step.got, step.duplicates) == ([1, 2, 3, 4, 1], 3)


def test_a_message_that_was_written_again_is_skipped(v3io: V3io, run: Callable[..., Run]) -> None:
    step = Skipping(run)
    for number, (record, message) in enumerate(
        [(7, 1), (7, 0), (7, 1), (9, 0), (7, 2), (9, 0), (9, 1)], 1
    ):
        step.get(number, {**ORIGIN, "sequence_number": record, "message": message})
    for number, other in enumerate([{"shard": 4}, {"step": "b"}, {"trigger": "b"}], 11):
        step.get(number, {**ORIGIN, "sequence_number": 7, **other})

    # (7, 2) may come behind (9, 0): a step with `batch` has several records in hand
    assert (step.got, step.duplicates) == ([1, 2, 4, 5, 7, 11, 12, 13], 2)


def test_what_is_far_behind_was_there(v3io: V3io, run: Callable[..., Run]) -> None:
    step = Skipping(run)
    for number, record in enumerate([1, 2, 300, 45, 44, 300 - delivery_duplicates.WINDOW], 1):
        step.get(number, {**ORIGIN, "sequence_number": record})
    assert (step.got, step.duplicates) == ([1, 2, 3, 4], 2)


def test_a_stream_that_was_made_again_brings_nothing_that_was_seen(
    v3io: V3io, run: Callable[..., Run]
) -> None:
    step = Skipping(run)
    later = ARRIVED + timedelta(hours=1)
    for number in (1, 2, 3):
        step.get(number, {**ORIGIN, "sequence_number": number})
    for number in (1, 2, 2):
        step.get(number, {**ORIGIN, "sequence_number": 100 + number}, timestamp=later)
    for number in (3, 4, 5):
        origin = {**ORIGIN, "sequence_number": number - 2, "time": ORIGIN["time"] + 3600}
        step.get(number, origin, timestamp=later)

    assert (step.got, step.duplicates) == ([1, 2, 3, 1, 2, 3, 4, 5], 1)


def test_what_became_a_dead_letter_may_be_sent_again(v3io: V3io, run: Callable[..., Run]) -> None:
    step = Skipping(run)
    origin = {**ORIGIN, "sequence_number": 7}
    body = json.dumps({"n": 1, "_origin": origin})
    place = {"topic": "/fraud/streams/scores", "timestamp": ARRIVED}
    step.run.deliver(body, lambda context, message: 1 / 0, offset=1, **place)
    step.get(2, {**ORIGIN, "sequence_number": 8})
    (letter,) = letters(v3io)
    assert letter["body"] == body

    for number in (3, 4):
        step.run.deliver(letter["body"], step.method, offset=number, **place)

    assert (step.got, step.duplicates) == ([2, 1], 1)


def test_requests_are_never_skipped(v3io: V3io, run: Callable[..., Run]) -> None:
    step = Skipping(run)
    for _ in range(2):
        step.get(1, ORIGIN, shard_id=None, offset=None, topic=None)
    assert step.got == [1, 1]


KEPT = {"transactions": "projects"}
MARKS = ("projects", "/fraud/streams/scores/fraud-score-seen-3.json")


def test_what_is_kept_in_v3io_outlives_the_worker(v3io: V3io, run: Callable[..., Run]) -> None:
    before = Skipping(run, KEPT)
    for number in (1, 2, 3):
        before.get(number, {**ORIGIN, "sequence_number": number})
    after = Skipping(run, KEPT)
    for number in (2, 3, 4):
        after.get(number, {**ORIGIN, "sequence_number": number})
    after.get(5, {**ORIGIN, "sequence_number": 3})

    assert (after.got, after.duplicates) == ([4], 3)


def test_a_shard_that_comes_back_is_read_again(v3io: V3io, run: Callable[..., Run]) -> None:
    one, other = Skipping(run, KEPT), Skipping(run, KEPT)
    one.get(1, {**ORIGIN, "sequence_number": 1})
    for number in (2, 3):
        other.get(number, {**ORIGIN, "sequence_number": number})
    one.get(4, {**ORIGIN, "sequence_number": 3})

    assert (one.got, other.got, one.duplicates) == ([1], [2, 3], 1)


def test_marks_are_kept_and_read_however_often_v3io_is_busy(
    v3io: V3io, run: Callable[..., Run], clock: Clock
) -> None:
    v3io.faults.add(kind="status", status=503, path="*seen*", next=5)
    v3io.faults.add(kind="drop-after", path="*seen*", next=2)
    step = Skipping(run, KEPT)
    step.get(1)

    assert (step.got, len(clock.slept)) == ([1], 6)
    assert "`marks` has to wait" in step.run.lines("warning")[0]
    after = Skipping(run, KEPT)
    after.get(1)
    assert after.got == []


@pytest.mark.parametrize("kept", [b"", b"?", b"[]", b"{}", b'{"marks": {"a": 1}, "letters": []}'])
def test_marks_that_are_not_ours_are_no_marks(
    v3io: V3io, run: Callable[..., Run], kept: bytes
) -> None:
    with platforms.connect(v3io) as client:
        client.object.put(*MARKS, body=kept)
    step = Skipping(run, KEPT)
    step.get(1)
    assert step.got == [1]


# What is counted.


def test_what_a_step_does_is_counted_and_logged_now_and_then(
    v3io: V3io, endpoint: Endpoint, run: Callable[..., Run], clock: Clock
) -> None:
    def process(context: Any, message: Any) -> Any:
        clock.now += 0.5
        seen.append(dict(vars(context.user_data.counts)))
        return message["list"]

    seen: list[dict[str, Any]] = []
    v3io.faults.add(kind="status", status=503, path="*/scores", next=2)
    step = run(scores(), delivery.Https(endpoint.url))

    step.deliver(b'{"list": [{"account": "a"}, {"account": "b"}, {"n": 1}]}', process)
    step.deliver(b'{"list": [1e999]}', process)
    assert step.lines("info") == ["attempt 3 got through"]
    clock.now += 60
    step.deliver(b'{"list": null}', process)

    counts = vars(step.step.counts)
    assert (counts["records"], counts["messages"], counts["retries"]) == (3, 5, 2)
    assert (counts["dead_letters"], counts["methods_seconds"]) == (2, 1.5)
    assert counts["outputs_seconds"] == pytest.approx(sum(clock.slept), abs=1e-5)
    assert [each["records"] for each in seen] == [0, 1, 2]
    (line,) = (each for each in step.log if each["message"] == "so far")
    assert {name: line["with"][name] for name in counts} == counts


# Patience and the log.


def test_what_can_pass_is_given_up_where_the_graph_sets_a_limit(
    v3io: V3io, endpoint: Endpoint, run: Callable[..., Run], clock: Clock
) -> None:
    for _ in range(4):
        endpoint.then(503)
    v3io.faults.add(kind="status", status=503, path="*/rejected", next=9)
    step = run(scores(), delivery.Https(endpoint.url), retries=2)

    step.deliver(b"{}", lambda context, message: [{"account": "a"}, {"account": "b"}])

    assert sorted(each["account"] for each in written(v3io)) == ["a", "b"]
    (letter,) = letters(v3io)
    assert (letter["output"], letter["messages"], letter["attempts"]) == (endpoint.url, [0, 1], 3)
    assert letter["cause"]["message"].startswith("given up: answered 503")
    assert len(clock.slept) == 2 + 9, "a dead letter is sent until it has arrived"


def test_without_retries_a_message_is_sent_once(
    v3io: V3io, run: Callable[..., Run], clock: Clock
) -> None:
    v3io.faults.add(kind="records", positions=[0], path="*/scores", next=1)
    run(scores(), retries=0).deliver(b'{"account": "a"}')
    assert (written(v3io), len(letters(v3io)), clock.slept) == ([], 1, [])


def test_pauses_grow_to_a_ceiling_with_full_jitter() -> None:
    step = delivery.Step(project="p", name="s", backoff=6.0)

    for attempt, longest in [(1, 0.1), (2, 0.2), (4, 0.8), (7, 6), (100, 6), (10_000, 6)]:
        pauses = [step.pause(attempt) for _ in range(300)]
        assert 0 <= min(pauses) < longest * 0.1
        assert longest * 0.9 < max(pauses) <= longest


def test_the_log_hears_of_a_trouble_now_and_then(
    v3io: V3io, run: Callable[..., Run], clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivery.random, "uniform", lambda low, high: high)
    v3io.faults.add(kind="status", status=503, next=100)
    step = run(scores())

    step.deliver(b'{"account": "a"}')

    said = [line for line in step.log if "has to wait" in line["message"]]
    attempts = [int(line["message"].split("attempt ")[1].split(":")[0]) for line in said]
    assert attempts[:5] == [1, 2, 4, 8, 16]
    assert attempts[-1] > 90
    assert all(0 < b - a <= 10 for a, b in itertools.pairwise(attempts))
    assert {line["level"] for line in said[:2]} == {"warning"}
    assert {line["level"] for line in said[2:]} == {"error"}
    assert step.lines("info") == ["attempt 101 got through", "so far"]


def test_every_line_says_which_record_it_is_about(v3io: V3io, run: Callable[..., Run]) -> None:
    v3io.faults.add(kind="status", status=503, next=2)
    step = run(scores())

    step.deliver(b'{"account": "a"}')
    step.deliver(b"?")

    assert len(step.log) == 4
    for line in step.log:
        assert line["with"] == {
            "project": "fraud",
            "step": "score",
            "stream": "/fraud/streams/transactions",
            "shard": 3,
            "sequence_number": 42,
            "trigger": "transactions",
            "trace": "fraud/streams/transactions/3/42",
        }


def test_a_record_that_goes_well_is_no_line_in_the_log(v3io: V3io, run: Callable[..., Run]) -> None:
    step = run(scores())

    step.deliver(b'{"account": "a"}')

    assert step.log == []


# The last resort.

FAILS = """
import sys
sys.path.insert(0, sys.argv[1])
import delivery, nuclio_sdk

class Logger:
    def __getattr__(self, name):
        raise RuntimeError("the log is closed")

step = delivery.Step(project="fraud", name="score", attempts=int(sys.argv[2]))
context = nuclio_sdk.Context(Logger())
step.open(context)
event = nuclio_sdk.Event(body=b"{}", topic="/in", shard_id=1, offset=9)
try:
    step.deliver(context, event, lambda context, message: sys.exit("user code"))
finally:
    print("it returned or raised: the record is committed")
"""


@pytest.mark.parametrize("attempts", ["3", "0"])
def test_where_the_machinery_fails_the_process_ends(attempts: str) -> None:
    done = subprocess.run(
        [sys.executable, "-B", "-c", FAILS, str(FOLDER), attempts],
        capture_output=True,
        text=True,
    )

    assert (done.returncode, done.stdout) == (1, "")
    assert "Traceback" in done.stderr
    assert "delivery itself failed: /in, shard 1, 9" in done.stderr


def test_the_process_ends_even_without_a_stderr(monkeypatch: pytest.MonkeyPatch) -> None:
    closed = io.StringIO()
    closed.close()
    monkeypatch.setattr(sys, "stderr", closed)

    with pytest.raises(Exited, match="1"):
        delivery.Step(project="p", name="s").deliver(None, object(), lambda context, message: None)


TOLD_TO_END = """
import sys
sys.path.insert(0, sys.argv[1])
import delivery, nuclio_sdk

class Logger:
    def warn_with(self, text, **more):
        print("it waits", flush=True)
    error_with = info_with = warn_with

step = delivery.Step(project="p", name="s", outputs=[delivery.Stream("c", "/s")])
context = nuclio_sdk.Context(Logger())
step.open(context)
event = nuclio_sdk.Event(body=b"{}", topic="/in", shard_id=1, offset=9)
step.deliver(context, event, lambda context, message: message)
print("it returned: the record is committed", flush=True)
"""


def test_a_process_that_is_told_to_end_does_not_return_from_a_record_that_waits() -> None:
    with socket.create_server(("127.0.0.1", 0)) as nobody:
        api = f"http://127.0.0.1:{nobody.getsockname()[1]}"
    process = subprocess.Popen(
        [sys.executable, "-B", "-c", TOLD_TO_END, str(FOLDER)],
        env={**os.environ, "V3IO_API": api, "V3IO_ACCESS_KEY": "k"},
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        assert process.stdout is not None
        assert process.stdout.readline() == "it waits\n"
        process.send_signal(signal.SIGTERM)
        assert set(process.stdout) <= {"it waits\n"}
    assert process.returncode == -signal.SIGTERM


# Building the user's class.


def test_a_class_gets_a_logger_where_its_constructor_accepts_one() -> None:
    class Named:
        def __init__(self, threshold: float, logger: Any = None) -> None:
            self.got: Any = (threshold, logger)

    class Anything:
        def __init__(self, **options: Any) -> None:
            self.got: Any = options

    class Nothing:
        def __init__(self, threshold: float) -> None:
            self.got: Any = threshold

    assert delivery.build(Named, "log", threshold=0.8).got == (0.8, "log")
    assert delivery.build(Named, "log", threshold=0.8, logger="own").got == (0.8, "own")
    assert delivery.build(Anything, "log", cls=1).got == {"cls": 1, "logger": "log"}
    assert delivery.build(Nothing, "log", threshold=0.8).got == 0.8
    assert delivery.build(dict, "log", a=1) == {"a": 1}


# The file.


@pytest.mark.parametrize("name", MODULES)
def test_the_file_is_python_39_and_no_template(name: str) -> None:
    text = (FOLDER / f"{name}.py").read_text(encoding="utf-8")

    tree = ast.parse(text, feature_version=(3, 9))
    assert ast.get_docstring(tree).startswith("Generated by iguazioig; the same in every step")
    assert [mark for mark in ("{{", "{%", "{#") if mark in text] == []


def test_nothing_is_left_running() -> None:
    assert threading.active_count() == 1
