"""Projects of older graphs at work, on the embedded v3io: what 0.2.0 has no key for does in them what it did."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import older_graphs as older
import pytest
import yaml
from iguazioig.deployment import Loaded
from iguazioig.emulator import serve
from iguazioig.migration.migrate import migrate
from iguazioig.source import Source
from iguazioig.testing import GraphV3io
from made_up import dump, load_graph
from older_graphs import function, graph

SCORING = """\
import os

import registry


class Model:
    def predict(self, context, message):
        message["seen"] = [*registry.SEEN, os.environ.get("STEP_NAME")]
        if message.get("drop"):
            return None
        if message.get("fail"):
            raise ValueError(message["fail"])
        return {"PartitionKey": message["PartitionKey"], **message.get("result", {})}


def audit(context, message):
    context.logger.info(f"audited {sorted(message.items())}")
"""
MODULES = {
    "scoring.py": SCORING,
    "registry.py": "SEEN = []\n",
    "effect.py": "import registry\n\nregistry.SEEN.append('effect')\n",
}


@pytest.fixture
def at_work(tmp_path: Path) -> Iterator[Any]:
    """Starts the project of a graph."""
    with contextlib.ExitStack() as stack:

        def start(whole: dict[str, Any]) -> GraphV3io:
            server = stack.enter_context(serve())
            return stack.enter_context(contextlib.closing(GraphV3io(server, load(whole, tmp_path), tmp_path)))  # fmt: skip

        yield start


def load(whole: dict[str, Any], folder: Path) -> Loaded:
    (folder / "modules").mkdir()
    for name, text in MODULES.items():
        (folder / "modules" / name).write_text(text)
    return load_graph(whole, folder)


def with_outputs(version: str, *outputs: dict[str, Any]) -> dict[str, Any]:
    whole = graph(version, function(version, outputs=list(outputs), minReplicas=1, maxReplicas=1))
    streams = whole["project"]["v3io_streams"]
    high = {"container": "bigdata", "path": "churn/high", "shards": 1, "retention": 24}
    if version in older.ONE_INPUT:
        streams.append({"name": "high", **high})
    else:
        streams["high"] = high
    return whole


def results(v3io: GraphV3io, stream: str) -> list[int]:
    return [record.json["score"] for record in v3io.records(stream)]


@pytest.mark.parametrize("version", older.WITH_OUTPUTS)
def test_each_output_gets_the_messages_of_its_condition(version: str, at_work: Any) -> None:
    v3io = at_work(
        with_outputs(
            version,
            {"kind": "stream", "output_stream": "churn/scored", "condition": "message['score'] != None"},
            {"kind": "stream", "output_stream": "churn/high", "condition": "message['score'] > 5 and not message['test']"},
            {"kind": "function", "post_process_function": "scoring.audit", "condition": "'audit' in message"},
        )
    )  # fmt: skip
    given: list[dict[str, Any]] = [
        {"score": 1, "test": False},
        {"score": 9, "test": False},
        {"score": 9, "test": True},
        {"score": 7, "test": False, "audit": "yes"},
        {"score": 8},  # the second condition asks for a key that is not there, and so does not hold
        {"test": False},  # neither does the first
        {"score": None, "test": False},
    ]
    v3io.put("raw", [{"PartitionKey": "a", "result": each} for each in given])
    v3io.put("raw", [{"PartitionKey": "a", "drop": True}])
    v3io.run()
    assert results(v3io, "scored") == [1, 9, 9, 7, 8]
    assert results(v3io, "high") == [9, 7]
    log = v3io.log("score")
    assert log.count("audited") == 1
    assert "('audit', 'yes')" in log
    assert "dead letter" not in log


def test_a_message_for_no_output_is_done_with(at_work: Any) -> None:
    never = {"kind": "stream", "output_stream": "churn/scored", "condition": "message['nothing']"}
    v3io = at_work(with_outputs("v0_1", never))
    v3io.put("raw", [{"PartitionKey": "a"}, {"PartitionKey": "b"}])
    v3io.run()
    assert v3io.records("scored") == []
    assert "dead letter" not in v3io.log("score")


def post_processing(**keys: Any) -> dict[str, Any]:
    called = {"post_process_function": "scoring.audit", "minReplicas": 1, "maxReplicas": 1}
    imports = "['effect', 'scoring']"
    return graph("v1alpha1", function("v1alpha1", import_modules=imports, **{**called, **keys}))


def test_the_function_of_v1alpha1_gets_what_came_in_when_the_result_is_written(at_work: Any) -> None:  # fmt: skip
    v3io = at_work(post_processing())
    v3io.put("raw", [{"PartitionKey": "a", "result": {"score": 3}}, {"PartitionKey": "b", "drop": True}])  # fmt: skip
    v3io.run()
    assert results(v3io, "scored") == [3]
    log = v3io.log("score")
    assert log.count("audited") == 1
    # as the method has left it, which has seen what was imported for its effect, and its variable
    assert "('seen', ['effect', 'score'])" in log
    assert "('result', {'score': 3})" in log


def test_without_a_stream_it_gets_every_message(at_work: Any) -> None:
    v3io = at_work(post_processing(output_stream=None))
    v3io.put("raw", [{"PartitionKey": "a", "result": {"score": 3}}, {"PartitionKey": "b", "drop": True}])  # fmt: skip
    v3io.put("raw", [{"PartitionKey": "c", "fail": "it is bad"}])
    v3io.run()
    log = v3io.log("score")
    assert log.count("audited") == 2
    assert "('drop', True)" in log
    assert "it is bad" in log


@pytest.mark.parametrize("version", older.VERSIONS)
def test_a_migrated_graph_works_as_the_old_one_does(
    version: str, at_work: Any, tmp_path: Path
) -> None:
    env = [{"name": "STEP_NAME", "value": "score"}]
    old = graph(version, function(version, env_custom=env, minReplicas=1, maxReplicas=1))
    load(old, tmp_path)
    new = yaml.safe_load(migrate(Source("graph.yaml", dump(old), tmp_path)).content)
    shutil.rmtree(tmp_path / "modules")
    v3io = at_work(new)
    v3io.put("raw", [{"PartitionKey": "a", "result": {"score": 3}}, {"PartitionKey": "b", "drop": True}])  # fmt: skip
    v3io.run()
    assert results(v3io, "scored") == [3]
    assert "dead letter" not in v3io.log("score")
