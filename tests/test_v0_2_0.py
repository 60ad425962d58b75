from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from cases import EXAMPLES
from graphs import MINIMAL, graph_of, place, said, translate, with_project, with_step
from iguazioig.api.v0_2_0 import json_schema
from iguazioig.graph import Delivery, Graph, SecretKey, Step

DOCUMENTED = """\
apiVersion: 0.2.0
project:
  name: super_cool_project            # required; slug: super-cool-project
  partition_key_name: partitionKey    # key of the message used as PartitionKey; default PartitionKey
  config_defaults: &config_defaults   # holders of anchors; any keys a function may have
    docker_image: python:3.11
    log_level: error
  scaling_defaults: &scaling_defaults
    min_replicas: 2
    max_replicas: 2
  env_defaults: &env_defaults         # holder of anchors AND the source of stream defaults
    module_paths: [/User/modules]
    stream_container: bigdata         # default bigdata
    stream_shards: 16                 # default 3
    stream_retention: 72              # hours, default 48 (was: read as `retention`, so ignored; accept both)
    pip: [scikit-learn==1.5.2]
  env_custom: &env_custom {}          # holder of anchors
  v3io_streams:                       # name → settings; {} takes every default
    input_stream: {}
    step2: {}
    converge:
      container: projects
      shards: 20
      retention: 48
      path: team/streams/converge     # default /<project-slug>/streams/<stream-slug>
  v3io_volumes:
    user-dir: {remote: users/marcelo, mount_path: /User}     # remote = container/sub/path; also accepts access_key: null, user: null
  functions:
    - name: step_1                    # required; slug: step-1
      tag: 123456                     # default latest
      <<: *config_defaults
      <<: *env_defaults               # `<<` may stand several times in one mapping: users write it so, and it must work
      <<: *scaling_defaults
      input_streams:                  # name of a declared stream → trigger settings; {} takes every default
        input_stream:
          max_workers: 4
          polling_interval_ms: 500
          seek_to: earliest           # earliest | latest; default earliest
          read_batch_size: 100        # default 100
      class_module: iguazio_functions # required
      class_name: igz_model           # required
      class_init: {model_path: /User/models/m.pkl, a_list: [1, 2], a_flag: true}   # keyword arguments of the class
      methods: [preprocess, predict]  # required, at least one, called in this order
      outputs:                        # may be absent or null: the step then ends the pipeline
        streams: [step2]              # names of declared streams
        https: [https://scores.example.com/in]    # was: a log line
        function: [audit.record]                  # module.function(context, message); was: a print
      env_custom: {BATCH_RESULTS_FOLDER: /bigdata/batch_results}
      resources:
        requests: {cpu: 1, memory: 128M}
        limits: {cpu: 2, memory: 256M, nvidia.com/gpu: 1}
      pip: [numpy]
      docker_image: python:3.11       # default python:3.11
      log_level: debug                # debug | info | warn | warning | error; default debug
      min_replicas: 2                 # default 1
      max_replicas: 2                 # default 1
      function_image_name: step-1     # name of the image to build; optional
      module_paths: [/User/modules]   # put on sys.path before class_module is imported; list or null
"""


def step_of(text: str) -> Step:
    return graph_of(text).steps[0]


def problems(text: str) -> list[str]:
    return said(translate(text).problems)


# The documented example, to the letter


def test_the_documented_example_means_what_the_document_says() -> None:
    graph = graph_of(DOCUMENTED)
    assert (graph.api_version, graph.name, graph.slug) == (
        "0.2.0",
        "super_cool_project",
        "super-cool-project",
    )
    assert graph.partition_key == "partitionKey"
    assert graph.source == DOCUMENTED.encode()
    assert [
        (stream.name, stream.slug, stream.container, stream.path, stream.shards, stream.retention)
        for stream in graph.streams
    ] == [
        (
            "input_stream",
            "input-stream",
            "bigdata",
            "/super-cool-project/streams/input-stream",
            16,
            72,
        ),
        ("step2", "step2", "bigdata", "/super-cool-project/streams/step2", 16, 72),
        ("converge", "converge", "projects", "/team/streams/converge", 20, 48),
    ]
    [volume] = graph.volumes
    assert (volume.name, volume.container, volume.sub_path, volume.mount_path) == (
        "user-dir",
        "users",
        "/marcelo",
        "/User",
    )


def test_the_step_of_the_documented_example() -> None:
    step = step_of(DOCUMENTED)
    assert (step.name, step.slug, step.consumer_group) == ("step_1", "step-1", "step_1")
    assert step.function_name == "super-cool-project-step-1"
    assert step.tag == "123456"
    [read] = step.inputs
    assert read.stream.name == "input_stream"
    assert (read.workers, read.seek_to, read.read_batch_size) == (4, "earliest", 100)
    assert (step.class_module, step.class_name) == ("iguazio_functions", "igz_model")
    assert step.init == {"model_path": "/User/models/m.pkl", "a_list": [1, 2], "a_flag": True}
    assert step.methods == ("preprocess", "predict")
    assert [stream.name for stream in step.streams] == ["step2"]
    assert [output.url for output in step.https] == ["https://scores.example.com/in"]
    assert [(output.module, output.function) for output in step.functions] == [("audit", "record")]
    assert step.error_stream is None
    assert step.env == {"BATCH_RESULTS_FOLDER": "/bigdata/batch_results"}
    assert step.resources == {
        "requests": {"cpu": "1", "memory": "128M"},
        "limits": {"cpu": "2", "memory": "256M", "nvidia.com/gpu": "1"},
    }
    assert step.pip == ("numpy",)
    assert (step.image, step.python, step.image_name) == ("python:3.11", "3.11", "step-1")
    assert step.log_level == "debug"
    assert (step.min_replicas, step.max_replicas) == (2, 2)
    assert step.module_paths == ("/User/modules",)


def test_the_documented_example_is_warned_of_one_thing() -> None:
    assert problems(DOCUMENTED) == [
        f"{place(DOCUMENTED, '500')}: warning: `polling_interval_ms` has no effect: "
        "Nuclio polls every 250 ms whatever it says; leave it out"
    ]


def test_the_places_of_the_documented_example() -> None:
    step = step_of(DOCUMENTED)
    expected = {
        "name": "step_1  ",
        "tag": "123456",
        "class_init.a_list": "a_list",
        "methods[1]": "predict]",
        "resources.limits.nvidia.com/gpu": "nvidia",
        "env_custom.BATCH_RESULTS_FOLDER": "BATCH",
        "docker_image": "python:3.11       #",
    }
    found = {key: str(step.places[key]).removeprefix("graph.yaml:") for key in expected}
    assert found == {key: place(DOCUMENTED, needle) for key, needle in expected.items()}
    assert str(step.inputs[0].location).endswith(place(DOCUMENTED, "input_stream:\n          max"))
    assert str(step.https[0].location).endswith(place(DOCUMENTED, "https://scores"))
    assert str(step.functions[0].location).endswith(place(DOCUMENTED, "audit.record"))


# Defaults: a graph with nothing but what is required


def test_the_defaults_of_a_project() -> None:
    graph = graph_of(MINIMAL)
    assert graph.partition_key == "PartitionKey"
    assert graph.volumes == ()
    assert graph.v3io_api == "http://v3io-webapi:8081"
    assert graph.access_key == SecretKey("v3io-access", "accessKey")
    assert graph.volume_secret == "v3io-fuse"
    raw = graph.streams[0]
    assert (raw.container, raw.path, raw.shards, raw.retention) == (
        "bigdata",
        "/fraud/streams/raw",
        3,
        48,
    )


def test_the_defaults_of_a_step() -> None:
    step = step_of(MINIMAL.replace("      outputs: {streams: [scores]}\n", ""))
    assert step.tag == "latest"
    assert step.init == {}
    assert (step.streams, step.https, step.functions) == ((), (), ())
    assert step.error_stream is None
    assert step.env == {}
    assert step.resources == {}
    assert step.pip == ()
    assert (step.image, step.python, step.image_name) == ("python:3.11", "3.11", None)
    assert step.log_level == "debug"
    assert (step.min_replicas, step.max_replicas) == (1, 1)
    assert step.module_paths == ()
    [read] = step.inputs
    assert (read.workers, read.seek_to, read.read_batch_size) == (3, "earliest", 100)


@pytest.mark.parametrize(
    "lines",
    [
        ["input_streams: null"],
        ["input_streams: {}"],
        ["class_init: null"],
        ["class_init: {}"],
        ["outputs: null"],
        ["outputs: {}"],
        ["outputs: {streams: null, https: ~, function: }"],
        ["outputs: {streams: []}"],
        ["env_custom: null"],
        ["resources: null"],
        ["resources: {requests: , limits: ~}"],
        ["pip: null"],
        ["docker_image: null"],
        ["function_image_name: null"],
        ["module_paths: null"],
        ["module_paths: []"],
        ["error_stream: null"],
    ],
    ids=lambda lines: lines[0],
)
def test_null_and_nothing_mean_the_default(lines: list[str]) -> None:
    key = lines[0].split(":")[0]
    without = "".join(
        line for line in MINIMAL.splitlines(keepends=True) if not line.strip().startswith(f"{key}:")
    )
    assert step_of(with_step(without, *lines)) == step_of(without)


@pytest.mark.parametrize(
    "line",
    ["v3io_streams:", "v3io_volumes: null", "env_custom: ~", "error_stream: null", "env_defaults: null",
     "config_defaults:", "scaling_defaults:"],
)  # fmt: skip
def test_null_in_a_project(line: str) -> None:
    text = MINIMAL.replace("  v3io_streams:\n    raw: {}\n    scores: {}\n", "")
    text = text.replace("      input_streams: {raw: {}}\n", "").replace("[scores]", "[]")
    assert graph_of(with_project(text, line)).steps == graph_of(text).steps


# What each key means


@pytest.mark.parametrize(
    ("line", "value", "meaning"),
    [
        ("tag: 123456", "123456", lambda step: step.tag),
        ("tag: 1.10", "1.10", lambda step: step.tag),
        ("tag: 0x1F", "0x1F", lambda step: step.tag),
        ("tag: yes", "yes", lambda step: step.tag),
        ("tag: ''", "latest", lambda step: step.tag),
        ("class_init: {a: 1, b: x, c: null, d: [1.5], e: {f: g}}",
         {"a": 1, "b": "x", "c": None, "d": [1.5], "e": {"f": "g"}}, lambda step: step.init),
        ("pip: [numpy==2.1.0, 'a[b]>=1']", ("numpy==2.1.0", "a[b]>=1"), lambda step: step.pip),
        ("log_level: warning", "warn", lambda step: step.log_level),
        ("log_level: warn", "warn", lambda step: step.log_level),
        ("log_level: error", "error", lambda step: step.log_level),
        ("docker_image: python:3.9-slim", ("python:3.9-slim", "3.9"), lambda step: (step.image, step.python)),
        ("docker_image: quay.io/team/image:py310", ("quay.io/team/image:py310", "3.10"),
         lambda step: (step.image, step.python)),
        ("function_image_name: team/score", "team/score", lambda step: step.image_name),
        ("module_paths: [/User/a, /User/b]", ("/User/a", "/User/b"), lambda step: step.module_paths),
        ("min_replicas: 4", (4, 4), lambda step: (step.min_replicas, step.max_replicas)),
        ("max_replicas: 3", (3, 3), lambda step: (step.min_replicas, step.max_replicas)),
        ("resources: {limits: {nvidia.com/gpu: 2}}", {"limits": {"nvidia.com/gpu": "2"}},
         lambda step: step.resources),
        ("resources: {requests: {cpu: 0.5, memory: 1Gi}}", {"requests": {"cpu": "0.5", "memory": "1Gi"}},
         lambda step: step.resources),
        ("stream_shards: 7", 3, lambda step: step.inputs[0].stream.shards),
        ("retention: 7", 48, lambda step: step.inputs[0].stream.retention),
    ],
)  # fmt: skip
def test_keys_of_a_function(line: str, value: Any, meaning: Callable[[Step], Any]) -> None:
    assert meaning(step_of(with_step(MINIMAL, line))) == value


@pytest.mark.parametrize(
    ("line", "value", "meaning"),
    [
        ("partition_key_name: account id", "account id", lambda graph: graph.partition_key),
        ("partition_key_name: 17", "17", lambda graph: graph.partition_key),
        ("v3io_api: https://webapi.default-tenant.app.example.com/", "https://webapi.default-tenant.app.example.com",
         lambda graph: graph.v3io_api),
        ("access_key_secret: {name: mine, key: token}", SecretKey("mine", "token"), lambda graph: graph.access_key),
        ("access_key_secret: {name: mine}", SecretKey("mine", "accessKey"), lambda graph: graph.access_key),
        ("access_key_secret: {key: token}", SecretKey("v3io-access", "token"), lambda graph: graph.access_key),
        ("volume_secret: mine", "mine", lambda graph: graph.volume_secret),
        ("v3io_volumes: {a: {remote: /projects/x/y/, mount_path: /x, access_key: , user: null}}",
         [("a", "projects", "/x/y", "/x")],
         lambda graph: [(v.name, v.container, v.sub_path, v.mount_path) for v in graph.volumes]),
        ("v3io_volumes: {a: {remote: projects, mount_path: /x}}", [("projects", "/")],
         lambda graph: [(v.container, v.sub_path) for v in graph.volumes]),
        ("error_stream: scores", "scores", lambda graph: graph.steps[0].error_stream.name),
    ],
)  # fmt: skip
def test_keys_of_a_project(line: str, value: Any, meaning: Callable[[Graph], Any]) -> None:
    assert meaning(graph_of(with_project(MINIMAL, line))) == value


@pytest.mark.parametrize(
    ("settings", "value"),
    [
        ("{}", ("bigdata", "/fraud/streams/raw", 3, 48)),
        ("", ("bigdata", "/fraud/streams/raw", 3, 48)),
        ("~", ("bigdata", "/fraud/streams/raw", 3, 48)),
        ("{container: projects}", ("projects", "/fraud/streams/raw", 3, 48)),
        ("{shards: 4096}", ("bigdata", "/fraud/streams/raw", 4096, 48)),
        ("{retention: 1}", ("bigdata", "/fraud/streams/raw", 3, 1)),
        ("{path: team/raw}", ("bigdata", "/team/raw", 3, 48)),
        ("{path: /team/raw/}", ("bigdata", "/team/raw", 3, 48)),
    ],
)
def test_keys_of_a_stream(settings: str, value: tuple[Any, ...]) -> None:
    raw = graph_of(MINIMAL.replace("raw: {}\n", f"raw: {settings}\n")).streams[0]
    assert (raw.container, raw.path, raw.shards, raw.retention) == value


@pytest.mark.parametrize(
    ("defaults", "value"),
    [
        ("{stream_container: projects}", ("projects", 3, 48)),
        ("{stream_shards: 8}", ("bigdata", 8, 48)),
        ("{stream_retention: 72}", ("bigdata", 3, 72)),
        ("{retention: 72}", ("bigdata", 3, 72)),
        ("{retention: 24, stream_retention: 72}", ("bigdata", 3, 72)),
        ("{stream_retention: 72, retention: 24}", ("bigdata", 3, 72)),
        ("{stream_retention: null, retention: 24}", ("bigdata", 3, 24)),
        (
            "{stream_retention: null, stream_shards: null, stream_container: null}",
            ("bigdata", 3, 48),
        ),
        ("{}", ("bigdata", 3, 48)),
    ],
)
def test_env_defaults_are_the_defaults_of_streams(defaults: str, value: tuple[Any, ...]) -> None:
    raw = graph_of(with_project(MINIMAL, f"env_defaults: {defaults}")).streams[0]
    assert (raw.container, raw.shards, raw.retention) == value


def test_a_stream_itself_wins_over_env_defaults() -> None:
    text = with_project(MINIMAL, "env_defaults: {stream_shards: 8, retention: 72}")
    raw, scores = graph_of(text.replace("raw: {}\n", "raw: {shards: 1, retention: 2}\n")).streams
    assert (raw.shards, raw.retention) == (1, 2)
    assert (scores.shards, scores.retention) == (8, 72)


@pytest.mark.parametrize("holder", ["config_defaults", "scaling_defaults", "env_custom"])
def test_other_holders_say_nothing_of_streams(holder: str) -> None:
    text = with_project(MINIMAL, f"{holder}: {{stream_shards: 8}}")
    assert graph_of(text).streams[0].shards == 3


def test_a_holder_may_hold_any_key_of_a_function_and_needs_none() -> None:
    text = with_project(
        MINIMAL,
        "config_defaults: &config {class_init: {a: 1}, outputs: {}, input_streams: {raw: {}}}",
        "scaling_defaults: {}",
    )
    assert step_of(with_step(text, "<<: *config")).init == {"a": 1}


# `<<` in a function


def test_several_merges_and_explicit_keys() -> None:
    text = with_project(
        MINIMAL,
        "config_defaults: &config {log_level: error, pip: [a], tag: config}",
        "scaling_defaults: &scaling {min_replicas: 2, max_replicas: 2, tag: scaling}",
        "env_defaults: &env {module_paths: [/User], pip: [b]}",
    )
    step = step_of(with_step(text, "<<: *config", "pip: [own]", "<<: *scaling", "<<: *env"))
    assert step.log_level == "error"
    assert step.pip == ("own",)
    assert step.tag == "scaling"
    assert (step.min_replicas, step.max_replicas) == (2, 2)
    assert step.module_paths == ("/User",)


def test_of_a_list_of_merges_the_earlier_wins() -> None:
    text = with_project(
        MINIMAL, "config_defaults: &a {tag: a, log_level: error}", "scaling_defaults: &b {tag: b}"
    )
    assert step_of(with_step(text, "<<: [*a, *b]")).tag == "a"
    assert step_of(with_step(text, "<<: [*b, *a]")).tag == "b"
    assert step_of(with_step(text, "<<: *a", "<<: *b")).tag == "b"


@pytest.mark.parametrize("order", [["<<: *a", "<<: *b"], ["<<: *b", "<<: *a"], ["<<: [*a, *b]"]])
def test_merging_means_what_pyyaml_makes_of_it(order: list[str]) -> None:
    text = with_step(
        with_project(
            MINIMAL,
            "config_defaults: &a {tag: a, log_level: error, function_image_name: x}",
            "scaling_defaults: &b {tag: b, log_level: info, min_replicas: 2}",
        ),
        *order,
    )
    loaded = yaml.safe_load(text)["project"]["functions"][0]
    step = step_of(text)
    assert (step.tag, step.log_level, step.image_name, step.min_replicas) == (
        loaded["tag"],
        loaded["log_level"],
        loaded["function_image_name"],
        loaded["min_replicas"],
    )


# Names


@pytest.mark.parametrize(
    ("name", "slug", "group"),
    [
        ("step_1", "step-1", "step_1"),
        ("Step 1", "step-1", "step_1"),
        ("my-Step_Two", "my-step-two", "my_step_two"),
        ("a", "a", "a"),
    ],
)
def test_names_become_slugs(name: str, slug: str, group: str) -> None:
    step = step_of(MINIMAL.replace("- name: score\n", f"- name: {name}\n"))
    assert (step.name, step.slug, step.function_name, step.consumer_group) == (
        name,
        slug,
        f"fraud-{slug}",
        group,
    )


def test_the_default_path_of_a_stream_is_made_of_slugs() -> None:
    text = MINIMAL.replace("raw", "My_Raw Stream").replace("  name: fraud", "  name: Fraud_Team")
    assert graph_of(text).streams[0].path == "/fraud-team/streams/my-raw-stream"


def test_a_function_has_a_name_of_at_most_56_characters() -> None:
    fits = MINIMAL.replace("- name: score\n", f"- name: {'s' * 50}\n")
    assert step_of(fits).function_name == "fraud-" + "s" * 50
    too_long = MINIMAL.replace("- name: score\n", f"- name: {'s' * 51}\n")
    assert problems(too_long) == [
        f"8:13: the function would be called `fraud-{'s' * 51}`, 57 characters; "
        "Nuclio takes at most 56: shorten the name of the step or of the project"
    ]


# Environment


@pytest.mark.parametrize(
    ("typed", "text"),
    [
        ("yes", "yes"),
        ("080", "080"),
        ("0o17", "0o17"),
        ("1e3", "1e3"),
        ("12:30", "12:30"),
        ("1.50", "1.50"),
        ("True", "True"),
        ("null", "null"),
        ("~", "~"),
        ("2024-01-01", "2024-01-01"),
        ("'quoted'", "quoted"),
        ('"two\\nlines"', "two\nlines"),
        ("", ""),
        ("''", ""),
        ('it\'s a "test"', 'it\'s a "test"'),
        ("$(hostname) {{ x }} `y`", "$(hostname) {{ x }} `y`"),
        ("|\n          two\n          lines", "two\nlines\n"),
        ("!!str 5", "5"),
        ("=", "="),
    ],
)
def test_the_environment_gets_the_text_that_was_typed(typed: str, text: str) -> None:
    step = step_of(with_step(MINIMAL, "env_custom:", f"  VALUE: {typed}"))
    assert step.env == {"VALUE": text}


def test_a_value_of_the_environment_may_come_from_a_secret() -> None:
    text = with_step(MINIMAL, "env_custom: {MODEL_TOKEN: {secret: model-registry, key: token}}")
    assert step_of(text).env == {"MODEL_TOKEN": SecretKey("model-registry", "token")}


# Dead letters


def test_the_error_stream_of_the_project_is_that_of_every_step_that_does_not_say() -> None:
    text = with_project(MINIMAL, "error_stream: scores")
    assert step_of(text).error_stream == graph_of(text).streams[1]
    assert step_of(with_step(text, "error_stream: raw")).error_stream == graph_of(text).streams[0]
    assert step_of(with_step(text, "error_stream: null")).error_stream is None
    assert step_of(with_step(text, "error_stream:")).error_stream is None
    assert step_of(with_step(MINIMAL, "error_stream: scores")).error_stream is not None


def test_an_error_stream_that_is_not_declared() -> None:
    text = with_project(MINIMAL, "error_stream: rejcted", "# rejected").replace(
        "    scores: {}", "    scores: {}\n    rejected: {}"
    )
    assert problems(text) == [
        f"{place(text, 'rejcted')}: `rejcted`, an error stream, is not declared "
        "(did you mean `rejected`?); declared are `raw`, `scores`, `rejected`"
    ]
    assert problems(with_step(text, "error_stream: null")) == problems(text)


# Streams that are not declared


def test_a_stream_that_is_not_declared() -> None:
    text = MINIMAL.replace("{raw: {}}", "{rwa: {}}").replace("[scores]", "[nowhere, scors]")
    declared = "declared are `raw`, `scores`"
    assert problems(text) == [
        f"9:23: `rwa`, an input of the step, is not declared (did you mean `raw`?); {declared}",
        f"13:27: `nowhere`, an output of the step, is not declared; {declared}",
        f"13:36: `scors`, an output of the step, is not declared (did you mean `scores`?); {declared}",
    ]


def test_names_of_streams_are_compared_as_they_are_written() -> None:
    text = MINIMAL.replace("    scores: {}", "    my_scores: {}").replace("[scores]", "[my-scores]")
    assert problems(text) == [
        "13:27: `my-scores`, an output of the step, is not declared (did you mean `my_scores`?); "
        "declared are `raw`, `my_scores`"
    ]


def test_no_stream_is_declared_at_all() -> None:
    text = MINIMAL.replace("  v3io_streams:\n    raw: {}\n    scores: {}\n", "")
    assert [problem.split("; ")[1] for problem in problems(text)] == [
        "no stream is declared: add it to `v3io_streams`",
        "no stream is declared: add it to `v3io_streams`",
    ]


def test_a_long_list_of_declared_streams_is_cut() -> None:
    many = "".join(f"    stream{index}: {{}}\n" for index in range(30))
    [problem] = problems(
        MINIMAL.replace("    raw: {}\n", f"    raw: {{}}\n{many}").replace("[scores]", "[x]")
    )
    assert problem.endswith("`stream18` and 12 more")


def test_an_output_that_stands_twice() -> None:
    text = MINIMAL.replace("[scores]", "[scores, raw, scores]")
    assert problems(text) == ["13:40: the output `scores` stands twice; keep one of the two"]


@pytest.mark.parametrize(
    "streams",
    ["  v3io_streams: [raw, scores]\n", "  v3io_stream: {raw: {}, scores: {}}\n", "  v3io_streams: *nowhere\n",
     "  v3io_streams: {raw: 1, scores: {shards: x}}\n"],
)  # fmt: skip
def test_streams_that_could_not_be_read_are_not_undeclared_as_well(streams: str) -> None:
    text = MINIMAL.replace("  v3io_streams:\n    raw: {}\n    scores: {}\n", streams)
    found = translate(text).problems
    assert found
    assert [each for each in found if each.code == "undeclared-stream"] == []


# Replicas and workers


@pytest.mark.parametrize(
    ("lines", "replicas"),
    [
        (["min_replicas: 2", "max_replicas: 2"], (2, 2)),
        (["min_replicas: 2"], (2, 2)),
        (["max_replicas: 2"], (2, 2)),
    ],
)
def test_a_step_that_reads_streams_has_as_many_replicas_at_least_as_at_most(
    lines: list[str], replicas: tuple[int, int]
) -> None:
    step = step_of(with_step(MINIMAL, *lines))
    assert (step.min_replicas, step.max_replicas) == replicas
    assert problems(with_step(MINIMAL, *lines)) == []


def test_replicas_that_differ_on_a_step_that_reads_streams() -> None:
    text = with_step(MINIMAL, "min_replicas: 1", "max_replicas: 4")
    assert problems(text) == [
        "10:21: warning: `min_replicas` is 1 and `max_replicas` is 4 on a step that reads streams; "
        "Nuclio refuses to scale these, so it gets 4: write the same number twice"
    ]
    assert (step_of(text).min_replicas, step_of(text).max_replicas) == (4, 4)


def test_the_larger_number_of_replicas_is_taken() -> None:
    text = with_step(MINIMAL, "min_replicas: 3", "max_replicas: 2")
    assert (step_of(text).min_replicas, step_of(text).max_replicas) == (3, 3)
    assert [each.split(": ")[1] for each in problems(text)] == ["warning"]


def test_no_replica_at_all_is_impossible_for_a_step_that_reads_streams() -> None:
    text = with_step(MINIMAL, "min_replicas: 0")
    assert (step_of(text).min_replicas, step_of(text).max_replicas) == (1, 1)
    assert problems(text) == [
        "9:21: warning: `min_replicas` is 0 and `max_replicas` is 1 on a step that reads streams; "
        "Nuclio refuses to scale these, so it gets 1: write the same number twice"
    ]


WITHOUT_INPUT = MINIMAL.replace("      input_streams: {raw: {}}\n", "")


@pytest.mark.parametrize(
    ("lines", "replicas"),
    [
        (["min_replicas: 0", "max_replicas: 3"], (0, 3)),
        (["min_replicas: 0"], (0, 1)),
        (["min_replicas: 3"], (3, 3)),
        (["max_replicas: 3"], (1, 3)),
    ],
)
def test_a_step_that_answers_http_may_scale(lines: list[str], replicas: tuple[int, int]) -> None:
    step = step_of(with_step(WITHOUT_INPUT, *lines))
    assert (step.min_replicas, step.max_replicas) == replicas


def test_more_replicas_at_least_than_at_most() -> None:
    text = with_step(WITHOUT_INPUT, "min_replicas: 3", "max_replicas: 2")
    assert problems(text) == [
        "9:21: `min_replicas` is 3, `max_replicas` is 2; the smaller number goes first"
    ]


@pytest.mark.parametrize(
    ("shards", "replicas", "workers"),
    [(3, 1, 3), (16, 2, 8), (16, 3, 6), (4, 4, 1), (1, 4, 1), (5, 4, 2)],
)
def test_a_replica_has_as_many_workers_as_its_share_of_the_shards(
    shards: int, replicas: int, workers: int
) -> None:
    text = MINIMAL.replace("    raw: {}\n", f"    raw: {{shards: {shards}}}\n")
    text = with_step(text, f"min_replicas: {replicas}", f"max_replicas: {replicas}")
    assert step_of(text).inputs[0].workers == workers


def test_settings_of_a_trigger() -> None:
    text = MINIMAL.replace(
        "{raw: {}}", "{raw: {max_workers: 2, seek_to: latest, read_batch_size: 7}, scores: }"
    )
    first, second = step_of(text).inputs
    assert (first.workers, first.seek_to, first.read_batch_size) == (2, "latest", 7)
    assert (second.stream.name, second.workers, second.seek_to) == ("scores", 3, "earliest")


@pytest.mark.parametrize(
    ("settings", "problem"),
    [
        ("max_workers: 0", "`max_workers` is `0`; expected a whole number, 1 to 100000"),
        ("seek_to: time", "`seek_to` is `time`; expected one of `earliest`, `latest`"),
        (
            "seek_to: Latest",
            "`seek_to` is `Latest` (did you mean `latest`?); expected one of `earliest`, `latest`",
        ),
        (
            "read_batch_size: 1001",
            "`read_batch_size` is `1001`; expected a whole number, 1 to 1000",
        ),
        ("read_batch_size: ten", "`read_batch_size` is `ten`; expected a whole number, 1 to 1000"),
        (
            "maxWorkers: 2",
            "`maxWorkers` is not a key of an input stream (did you mean `max_workers`?); "
            "known are max_workers, read_batch_size, seek_to",
        ),
        (
            "shards: 2",
            "`shards` is not a key of an input stream; it is one of a stream: check the indentation",
        ),
    ],
)
def test_settings_of_a_trigger_that_are_wrong(settings: str, problem: str) -> None:
    text = MINIMAL.replace("{raw: {}}", f"{{raw: {{{settings}}}}}")
    column = place(text, settings if "not a key" in problem else settings.split(": ")[1] + "}}")
    assert problems(text) == [f"{column}: {problem}"]


# Images


def test_an_old_official_image_is_replaced_with_a_warning() -> None:
    text = with_step(MINIMAL, "docker_image: python:3.6-jessie")
    step = step_of(text)
    assert (step.image, step.python) == ("python:3.11", "3.11")
    assert problems(text) == [
        "9:21: warning: `python:3.6-jessie` has Python 3.6, which Nuclio refuses; "
        "`python:3.11` is generated in its place: name an image with Python 3.9 to 3.12"
    ]


def test_an_old_image_in_a_holder_is_said_once() -> None:
    text = with_project(MINIMAL, "config_defaults: &config {docker_image: python:3.6-jessie}")
    text = with_step(text, "<<: *config")
    second = text[text.index("    - name: score") :].replace("score", "again", 1)
    found = problems(text + second)
    assert [problem.split(";")[0] for problem in found] == [
        f"{place(text, 'python:3.6')}: warning: `python:3.6-jessie` has Python 3.6, which Nuclio refuses"
    ]


# Old files


def test_an_access_key_in_an_input_stream_is_refused() -> None:
    [problem] = problems(MINIMAL.replace("{raw: {}}", "{raw: {v3io_access_key: abc}}"))
    assert problem.endswith(
        "`v3io_access_key` is `abc`; expected null: the key comes from the Secret `access_key_secret`"
    )
    assert step_of(MINIMAL.replace("{raw: {}}", "{raw: {v3io_access_key: }}")).inputs


def test_legacy_keys_are_not_offered() -> None:
    [problem] = problems(with_step(MINIMAL, "nonsense_key: 1"))
    assert problem == (
        "9:7: `nonsense_key` is not a key of a function; known are class_init, class_module, class_name, "
        "delivery, docker_image, env_custom, error_stream, function_image_name, input_streams, log_level, max_replicas, "
        "methods, min_replicas, module_paths, name, outputs, pip, resources, tag"
    )


# What cannot be read


@pytest.mark.parametrize(
    "text",
    ["apiVersion: 0.2.0\n", "apiVersion: 0.2.0\nproject: []\n", "apiVersion: 0.2.0\nproject:\n", "[]\n"],
)  # fmt: skip
def test_no_project_no_graph(text: str) -> None:
    translation = translate(text)
    assert translation.graph is None
    assert len(translation.problems) == 1


def test_a_missing_list_of_functions_is_one_clear_message() -> None:
    wanted = (
        "a list of functions, each a mapping with `name`, `class_module`, `class_name`, `methods`"
    )
    head = MINIMAL[: MINIMAL.index("  functions:")]
    assert problems(head) == [f"3:3: a project has no `functions`; expected {wanted}"]
    assert problems(head + "  functions:\n") == [
        f"7:13: `functions` has no value; expected {wanted}"
    ]
    assert problems(head + "  functions: []\n") == [
        f"7:14: `functions` is empty; expected {wanted}"
    ]


@pytest.mark.parametrize(
    ("text", "unsure"),
    [
        (MINIMAL, set()),
        (with_step(MINIMAL, "tag: -"), set()),
        (MINIMAL.replace("outputs:", "output:"), {"unused-stream", "not-fed", "converge"}),
        (with_step(MINIMAL, "max_replica: 2"), {"converge", "idle-replicas", "idle-workers"}),
        (with_step(MINIMAL, "clas_init: {}"), {"class-argument"}),
        (with_step(MINIMAL, "module_path: [/User]"), {"module-missing"}),
        (with_step(MINIMAL, "pips: [numpy]"), set()),
        (with_step(MINIMAL, "<<: *no"),
         {"unused-stream", "not-fed", "converge", "idle-replicas", "idle-workers", "class-argument"}),
        (MINIMAL.replace("[scores]", "[scors]"), {"unused-stream", "not-fed", "converge"}),
        (MINIMAL.replace("[scores]", "[1!]"), {"unused-stream", "not-fed", "converge"}),
        (MINIMAL.replace("{raw: {}}", "raw"), {"unused-stream", "not-fed", "converge", "idle-replicas", "idle-workers"}),
        (MINIMAL + "    - 5\n", {"unused-stream", "not-fed", "converge"}),
        (MINIMAL[: MINIMAL.index("  functions:")], {"unused-stream", "not-fed", "converge"}),
        (with_project(MINIMAL, "error_stream: [x]"), {"unused-stream", "not-fed", "converge"}),
        (with_step(MINIMAL, "max_replicas: '2'"), {"idle-replicas", "idle-workers", "converge"}),
        (MINIMAL.replace("raw: {}\n", "raw: {shards: x}\n"), {"idle-replicas", "idle-workers", "converge"}),
        (with_project(MINIMAL, "env_defaults: {stream_shards: x}"), {"idle-replicas", "idle-workers", "converge"}),
        (with_project(MINIMAL, "v3io_volumes: [x]"), {"module-path"}),
        (with_step(MINIMAL, "class_init: [x]"), {"class-argument"}),
    ],
)  # fmt: skip
def test_checks_that_would_be_about_what_could_not_be_read(text: str, unsure: set[str]) -> None:
    assert translate(text).unsure == unsure


# The schema


def examples() -> list[Path]:
    return sorted(EXAMPLES.glob("*/graph.yaml"))


@pytest.mark.parametrize("path", examples(), ids=lambda path: path.parent.name)
def test_the_schema_takes_the_examples(path: Path) -> None:
    jsonschema.validate(yaml.safe_load(path.read_text()), json_schema())


def test_the_schema_takes_the_documented_example() -> None:
    jsonschema.Draft202012Validator.check_schema(json_schema())
    jsonschema.validate(yaml.safe_load(DOCUMENTED), json_schema())


@pytest.mark.parametrize(
    "text",
    [
        "apiVersion: 0.1.0\nproject: {}\n",
        MINIMAL.replace("methods:", "method:"),
        MINIMAL.replace("[predict]", "[]"),
        MINIMAL.replace("[predict]", "predict"),
        MINIMAL.replace("{raw: {}}", "{raw: {seek_to: now}}"),
        with_project(MINIMAL, "partition_key: x"),
        with_step(MINIMAL, "resources: {requests: {cpu: lots}}"),
        with_step(MINIMAL, "env_custom: {A: {secret: x}}"),
        with_step(MINIMAL, "max_replicas: many"),
    ],
)
def test_the_schema_refuses_what_is_refused(text: str) -> None:
    assert problems(text)
    assert not jsonschema.Draft202012Validator(json_schema()).is_valid(yaml.safe_load(text))


def test_every_key_of_the_schema_is_described() -> None:
    def walk(schema: Any) -> None:
        if isinstance(schema, dict):
            for key, each in schema.get("properties", {}).items():
                assert each["description"].endswith("."), key
            for each in schema.values():
                walk(each)
        elif isinstance(schema, list):
            for each in schema:
                walk(each)

    walk(json_schema())


@pytest.mark.parametrize(
    "url", ["https://scores..example.com/in", f"https://{'x' * 64}.com/in", "https://bob@host/in"]
)
def test_an_endpoint_that_no_request_could_reach_is_refused(url: str) -> None:
    found = problems(
        MINIMAL.replace("outputs: {streams: [scores]}", f'outputs: {{https: ["{url}"]}}')
    )
    assert [each for each in found if "`https[0]`" in each] != []


def test_the_delivery_of_a_step_is_its_own_key_by_key_and_else_the_project_s() -> None:
    assert step_of(MINIMAL).delivery == Delivery(retries=None, backoff=30.0, timeout=20.0)
    text = with_project(MINIMAL, "delivery: {retries: 5, backoff: 2m}")
    assert step_of(text).delivery == Delivery(retries=5, backoff=120.0)
    own = with_step(text, "delivery: {retries: null, timeout: 1500ms}")
    assert step_of(own).delivery == Delivery(retries=None, backoff=120.0, timeout=1.5)
    assert step_of(with_step(text, "delivery: null")).delivery == Delivery(retries=5, backoff=120.0)
    gathers = with_step(text, "delivery: {batch: 64, linger: 5ms}")
    assert step_of(gathers).delivery == Delivery(retries=5, backoff=120.0, batch=64, linger=0.005)
    skips = with_step(text, "delivery: {deduplicate: v3io}")
    assert step_of(skips).delivery == Delivery(retries=5, backoff=120.0, deduplicate="v3io")


@pytest.mark.parametrize(
    "setting",
    [
        "retries: -1",
        "retries: some",
        "backoff: 30",
        "timeout: 0s",
        "timeout: 1d",
        "deduplicate: disk",
        "batch: 1",
        "batch: 257",
        "linger: 20",
    ],
)
def test_a_delivery_that_cannot_be_is_a_problem_with_its_place(setting: str) -> None:
    (problem,) = problems(with_step(MINIMAL, f"delivery: {{{setting}}}"))
    assert setting.partition(":")[0] in problem
