"""A worker, spoken to as a replica does: what a handler sees, and what becomes of what it does."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from iguazioig.local.lifelines import Lifeline
from iguazioig.local.reports import Assignment
from iguazioig.local.steps import DeployedStep
from iguazioig.local.workers import NotStartedError, Worker, WorkerEndedError

EVENT = {
    "_id": "an-id",
    "body": b'{"a": 1}',
    "shard_id": 3,
    "offset": 7,
    "topic": "/demo/in",
    "timestamp": 1_700_000_000,
}

TELLS = """\
import json, os


def init_context(context):
    context.user_data.started = os.getpid()


def handler(context, event):
    values = {name: getattr(event, name) for name in (
        "body", "content_type", "fields", "headers", "id", "last_in_batch", "method", "num_shards", "offset", "path",
        "shard_id", "size", "timestamp", "topic", "type", "type_version", "url", "version")}
    values |= {"kind": event.trigger.kind, "trigger": event.trigger.name}
    values |= {"worker": context.worker_id, "context_trigger": context.trigger.name}
    values |= {"started_here": context.user_data.started == os.getpid(), "environment": dict(os.environ)}
    with open(os.environ["OUT"], "w") as out:
        out.write(repr(values))
"""


class Run:
    """Starts workers for handlers of a test."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.workers = folder, list[Worker]()
        (folder / "step").mkdir()
        (folder / "home").mkdir()

    def start(self, handler: str, name: str = "handler:handler", **mounts: str) -> Worker:
        (self.folder / "step" / "handler.py").write_text(handler)
        step = DeployedStep(
            name="score", function="fraud-score", folder=self.folder / "step", handler=name, replicas=1, streams=(),
            http=None, env={}, secrets={}, secret_sets=(), mounts=(), log_level="info",
        )  # fmt: skip
        assignment = Assignment(
            step=step, replica=0, replicas=1, api="", access_key="", member="", log=str(self.folder / "log"),
            env={"OUT": str(self.folder / "out"), "DATA": "/data/in"}, home=str(self.folder / "home"),
            mounts={f"/{name}": folder for name, folder in mounts.items()},
        )  # fmt: skip
        worker = Worker(assignment, "in", "v3io-stream", 2)
        self.workers.append(worker)
        return worker

    @property
    def out(self) -> Any:
        return eval((self.folder / "out").read_text(), {"datetime": datetime})  # what TELLS wrote

    @property
    def log(self) -> str:
        return (self.folder / "log").read_text()


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Run]:
    made = Run(tmp_path)
    yield made
    for worker in made.workers:
        worker.kill()


def test_a_handler_gets_the_event_that_nuclio_makes_of_a_record(run: Run) -> None:
    worker = run.start(TELLS)
    worker.start()
    assert worker.call(EVENT)["error"] is None
    seen = run.out
    environment = seen.pop("environment")
    assert seen == {
        "body": b'{"a": 1}', "content_type": "", "fields": {}, "headers": {}, "id": "an-id", "last_in_batch": False,
        "method": "", "num_shards": 0, "offset": 7, "path": "/", "shard_id": 3, "size": 8,
        "timestamp": datetime.datetime(2023, 11, 14, 22, 13, 20), "topic": "/demo/in", "type": "", "type_version": "",
        "url": "", "version": "", "kind": "v3io-stream", "trigger": "in", "worker": 2, "context_trigger": "in",
        "started_here": True,
    }  # fmt: skip
    assert environment["NUCLIO_FUNCTION_NAME"] == "fraud-score"
    assert (
        "PYTEST_CURRENT_TEST" not in environment
    ), "the variables of this machine are not the step's"


def test_a_handler_that_raises_is_told_of_and_the_worker_goes_on(run: Run) -> None:
    worker = run.start("def handler(context, event):\n    return 1 / len(event.body)\n")
    worker.start()
    assert (
        worker.call({**EVENT, "body": b""})["error"]
        == "ZeroDivisionError: division by zero (handler.py:2)"
    )
    assert worker.call(EVENT)["error"] is None
    assert "Exception caught in handler" in run.log


def test_what_a_handler_raises_to_end_the_process_does_not_end_it(run: Run) -> None:
    worker = run.start("import sys\n\n\ndef handler(context, event):\n    sys.exit(3)\n")
    worker.start()
    assert worker.call(EVENT)["error"].startswith("SystemExit: 3")
    assert worker.call(EVENT)["error"].startswith("SystemExit: 3")


def test_a_process_that_ends_is_noticed(run: Run) -> None:
    worker = run.start("import os\n\n\ndef handler(context, event):\n    os._exit(7)\n")
    worker.start()
    with pytest.raises(WorkerEndedError, match="exit code 7"):
        worker.call(EVENT)


@pytest.mark.parametrize(
    ("handler", "why"),
    [
        (
            "import no_such_module\n",
            "ModuleNotFoundError: No module named 'no_such_module' (handler.py:1)",
        ),
        ("def handler(:\n", "SyntaxError"),
        ("x = 1\n", "AttributeError: module 'handler' has no attribute 'handler'"),
        (
            "def init_context(context):\n    open('/no/such')\n\n\nhandler = print\n",
            "FileNotFoundError",
        ),
        ("import os\n\nos._exit(3)\n", "ended with exit code 3 before it was ready"),
        ("raise SystemExit('enough')\n", "SystemExit: enough"),
    ],
)
def test_a_step_that_cannot_start_says_why(run: Run, handler: str, why: str) -> None:
    with pytest.raises(NotStartedError) as caught:
        run.start(handler).start()
    assert why in str(caught.value)


def test_async_handlers_are_awaited(run: Run) -> None:
    worker = run.start(
        "async def init_context(context):\n    context.user_data.n = 41\n\n\n"
        "async def handler(context, event):\n    raise ValueError(context.user_data.n + 1)\n"
    )
    worker.start()
    assert worker.call(EVENT)["error"] == "ValueError: 42 (handler.py:6)"


def test_a_request_is_answered_with_what_the_handler_returns(run: Run) -> None:
    worker = run.start(
        "def handler(context, event):\n    return {'got': event.body, 'path': event.path}\n"
    )
    worker.start()
    request = {**EVENT, "method": "POST", "path": "/in", "content_type": "application/json"}
    assert worker.call(request)["response"] == (
        200,
        {"Content-Type": "application/json"},
        b'{"got": {"a": 1}, "path": "/in"}',
    )


def test_a_mounted_folder_is_found_by_paths_in_code_and_in_variables(
    run: Run, tmp_path: Path
) -> None:
    local = tmp_path / "local"
    (local / "modules").mkdir(parents=True)
    (local / "model.txt").write_text("a model")
    (local / "modules" / "on_volume.py").write_text("LABELS = '/models/labels.txt'\n")
    handler = (
        "import os, sys\n\nsys.path.extend(['/models/modules'])\nimport on_volume\n\n\n"
        "def handler(context, event):\n"
        "    text = open('/models/model.txt').read()\n"
        "    name = f\"/models/{'model'}.txt\"\n"
        "    raise ValueError([text, os.path.exists(name), on_volume.LABELS, os.environ['DATA'], '/models2'])\n"
    )
    worker = run.start(handler, models=str(local), data="/elsewhere")
    worker.start()
    expected = ["a model", True, f"{local}/labels.txt", "/elsewhere/in", "/models2"]
    assert worker.call(EVENT)["error"] == f"ValueError: {expected} (handler.py:10)"
    assert (run.folder / "step" / "handler.py").read_text() == handler


def test_the_end_that_a_step_asked_to_be_told_of_is_told(run: Run) -> None:
    worker = run.start(
        "import os\n\n\ndef init_context(context):\n"
        "    context.platform.set_termination_callback(lambda: open(os.environ['OUT'], 'w').write('\"bye\"'))\n\n\n"
        "handler = print\n"
    )
    worker.start()
    worker.end(patience=60)
    assert run.out == "bye"


def test_a_worker_ends_with_the_one_that_started_it(run: Run) -> None:
    worker = run.start("import time\n\n\ndef handler(context, event):\n    time.sleep(3600)\n")
    worker.start()
    worker.give(EVENT, "a record")
    worker._lifeline.cut()
    assert worker.process.wait(60) == 1
    worker._lifeline = Lifeline()  # for the fixture to cut
    worker._lifeline.passed()


def test_nothing_is_written_beside_the_modules_of_a_step(run: Run) -> None:
    (run.folder / "step" / "helper.py").write_text("X = 1\n")
    worker = run.start("import helper\n\nhandler = print\n")
    worker.start()
    assert sorted(path.name for path in (run.folder / "step").iterdir()) == [
        "handler.py",
        "helper.py",
    ]


def test_log_lines_say_whose_they_are(run: Run) -> None:
    worker = run.start(
        "def handler(context, event):\n    context.logger.debug('quiet')\n    context.logger.info_with('loud', a=1)\n"
    )
    worker.start()
    worker.call(EVENT)
    (line,) = run.log.splitlines()
    assert line.endswith('score/0 in.w2 info loud {"a": 1}')
