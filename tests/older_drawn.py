"""Graphs of older versions that hypothesis draws: right ones, and such as somebody has got wrong."""

from __future__ import annotations

from typing import Any

import older_graphs as older
from hypothesis import strategies as st
from older_graphs import VERSIONS, function, graph

NAMES = st.sampled_from(["score", "Score", "score-a", "score_a", "a b", "x1"])
PATHS = st.sampled_from(["churn/raw", "/churn/raw", "churn/scored", "churn/scored/", "churn/none"])
OUTPUT = st.one_of(
    st.fixed_dictionaries({"kind": st.just("stream"), "output_stream": PATHS}, optional={"name": st.text(max_size=3)}),
    st.fixed_dictionaries({"kind": st.just("function"), "post_process_function": st.sampled_from(["scoring.audit", "registry.add"])}),
    st.fixed_dictionaries({"kind": st.just("http"), "url": st.text(max_size=5)}),
).flatmap(
    lambda entry: st.sampled_from([None, "message['a'] == 1", "'a' in message", "message.a", "len(message)"]).map(
        lambda condition: entry if condition is None else {**entry, "condition": condition}
    )
)  # fmt: skip
VALUES = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.sampled_from(["a", "yes", "1.50", ""])  # fmt: skip
ENV = st.lists(st.fixed_dictionaries({"name": st.sampled_from(["A", "B", "C"]), "value": VALUES}), max_size=3)  # fmt: skip
EXTRA = st.dictionaries(st.sampled_from(["note", "owner", "max_worker", "seek_to"]), VALUES, max_size=2)  # fmt: skip


@st.composite
def functions(draw: Any, version: str) -> dict[str, Any]:
    found = function(
        version,
        function_name=draw(NAMES),
        gpu=draw(st.sampled_from([True, False, None])),
        num_gpus=draw(st.integers(1, 4)),
        minReplicas=draw(st.integers(0, 3)),
        maxReplicas=draw(st.integers(1, 3)),
        **draw(EXTRA),
    )
    modules = draw(st.permutations(["scoring", "registry", "os"]))
    found["import_modules"] = str(modules) if version in older.TEXT_LISTS else modules
    found["module_paths"] = draw(st.sampled_from([["/User/m"], [], None]))
    if version in older.TEXT_LISTS:
        found["module_paths"] = draw(st.sampled_from([found["module_paths"], str(found["module_paths"])]))  # fmt: skip
    if draw(st.booleans()):
        found["env_custom"] = draw(ENV)
    if version in older.ONE_INPUT:
        found |= {"input_stream": draw(PATHS), "maxWorkers": draw(st.integers(1, 9))}
    else:
        setting = st.fixed_dictionaries(
            {"maxWorkers": st.integers(1, 9)},
            optional={"seekTo": st.sampled_from(["earliest", "latest"]), "readBatchSize": st.integers(1, 1000)},
        )  # fmt: skip
        found["input_streams"] = draw(st.dictionaries(st.sampled_from(["raw", "scored"]), setting))
    if version == "v1alpha1":
        found["output_stream"] = draw(st.none() | PATHS)
        found["post_process_function"] = draw(st.sampled_from([None, "scoring.audit"]))
    else:
        found["outputs"] = draw(st.lists(OUTPUT, max_size=4))
    if version in older.WITH_INIT or version == "v2alpha2":
        found["class_init"] = draw(st.dictionaries(st.sampled_from(["a", "b"]), VALUES, max_size=2))
    return found


GRAPHS = st.sampled_from(VERSIONS).flatmap(lambda version: functions(version).map(lambda each: graph(version, each)))  # fmt: skip


# Graphs that 0.2.0 can say as well


@st.composite
def plain_functions(draw: Any, version: str, name: str) -> dict[str, Any]:
    """A function without conditions, effects of imports, and what else has no key in 0.2.0."""
    replicas = draw(st.integers(1, 3))
    found = function(
        version,
        function_name=name,
        gpu=draw(st.sampled_from([True, False, None])),
        num_gpus=draw(st.integers(1, 4)),
        minReplicas=replicas,
        maxReplicas=replicas,
        docker_image=draw(st.sampled_from(["python:3.11", "python:3.12", None])),
        **draw(EXTRA),
    )
    modules, paths = draw(st.sampled_from([["scoring"], ["os", "scoring"]])), draw(st.sampled_from([["/User/m"], [], None]))  # fmt: skip
    is_text = version in older.TEXT_LISTS
    found["import_modules"] = str(modules) if is_text else modules
    found["module_paths"] = str(paths) if is_text and draw(st.booleans()) else paths
    if draw(st.booleans()):
        found["env_custom"] = draw(ENV)
    if version in older.ONE_INPUT:
        found |= {"input_stream": "churn/raw", "maxWorkers": draw(st.integers(1, 9))}
    else:
        found |= draw(st.fixed_dictionaries({}, optional={"pip": PACKAGES, "loggerSinks": SINKS}))
        found["input_streams"] = {"raw": draw(SETTINGS)}
    if version == "v1alpha1":
        found["output_stream"] = draw(st.sampled_from([None, "/churn/scored"]))
    else:
        found["outputs"] = draw(PLAIN_OUTPUTS)
    if version in older.WITH_INIT:
        found["class_init"] = draw(st.dictionaries(st.sampled_from(["a", "b"]), VALUES, max_size=2))
    return found


PACKAGES = st.lists(st.sampled_from(["numpy", "v3io==0.5.0", "pandas>=2", "'a>=1' b", "dataclasses"]), max_size=3)  # fmt: skip
SINKS = st.lists(st.fixed_dictionaries({"level": st.sampled_from(["debug", "error"])}), max_size=2)
SETTINGS = st.fixed_dictionaries(
    {"maxWorkers": st.integers(1, 9)},
    optional={
        "seekTo": st.sampled_from(["earliest", "latest"]),
        "readBatchSize": st.integers(1, 1000),
        "pollingIntervalMs": st.just(500),
    },
)
_SCORED = {"kind": "stream", "output_stream": "churn/scored", "name": "scored"}
_AUDIT = {"kind": "function", "post_process_function": "scoring.audit"}
_WEB = {"kind": "http", "url": "https://x.example.com/in"}
PLAIN_OUTPUTS = st.sampled_from([[], [_SCORED], [_AUDIT], [_SCORED, _AUDIT], [_WEB, _AUDIT, _SCORED, _WEB]])  # fmt: skip


@st.composite
def plain_graphs(draw: Any) -> dict[str, Any]:
    """A graph of one to three such functions."""
    version = draw(st.sampled_from(VERSIONS))
    names = draw(st.lists(st.sampled_from(["score", "Score it", "score_b", "x1"]), min_size=1, max_size=3, unique=True))  # fmt: skip
    found = graph(version, *(draw(plain_functions(version, name)) for name in names))
    if version in older.WITH_VOLUMES and draw(st.booleans()):
        volume = {"remote": "users/ana/proj", "mount_path": "/User", "access_key": None}
        found["project"]["v3io_volumes"] = {"user-dir": volume}
    if draw(st.booleans()):
        streams = found["project"]["v3io_streams"]
        (streams[0] if isinstance(streams, list) else streams["raw"])["shards"] = 0
    return found
