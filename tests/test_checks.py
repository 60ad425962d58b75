from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from graphs import MINIMAL, graph_of, place, said, steps, with_project, with_step
from iguazioig import checks
from iguazioig.errors import Problem
from iguazioig.graph import Graph

Rule = Callable[[Graph], Iterator[Problem]]


def found(rule: Rule, text: str) -> list[str]:
    return said(rule(graph_of(text)))


def test_a_small_graph_passes_every_rule() -> None:
    assert checks.check(graph_of(MINIMAL)) == []


def test_check_is_every_rule() -> None:
    text = with_project(MINIMAL.replace("[scores]", "[]"), "v3io_volumes: {}")
    assert said(checks.check(graph_of(text))) == found(checks.check_streams, text) != []


# Names


def test_two_steps_that_become_one() -> None:
    text = steps("Score_A: raw → out", "other: raw → out", "score-a: raw → out")
    assert found(checks.check_names, text) == [
        f"{place(text, 'score-a')}: step `score-a` is known as `score-a`, "
        "and so is step `Score_A` in line 8; give one of them another"
    ]


def test_two_streams_that_become_one_are_said_once_although_their_paths_are_one_too() -> None:
    text = steps("a: My_Raw → out", "b: my-raw → out")
    assert found(checks.check_names, text) == [
        "7:5: stream `my-raw` is known as `my-raw`, and so is stream `My_Raw` in line 5; give one of them another"
    ]


def test_two_streams_at_one_path() -> None:
    text = MINIMAL.replace("raw: {}\n", "raw: {path: team/x}\n").replace(
        "scores: {}", "scores: {path: /team/x/}"
    )
    assert found(checks.check_names, text) == [
        "6:5: the path of stream `scores` is `bigdata/team/x`, "
        "and so is the path of stream `raw` in line 5; give one of them another"
    ]
    elsewhere = text.replace("/team/x/}", "/team/x/, container: projects}")
    assert found(checks.check_names, elsewhere) == []


def test_a_path_that_is_the_default_of_another_stream() -> None:
    text = MINIMAL.replace("scores: {}", "scores: {path: fraud/streams/raw}")
    [problem] = found(checks.check_names, text)
    assert problem.startswith("6:5: the path of stream `scores` is `bigdata/fraud/streams/raw`")


def test_two_volumes_at_one_mount_path() -> None:
    text = with_project(
        MINIMAL,
        "v3io_volumes:",
        "  a: {remote: a, mount_path: /User}",
        "  b: {remote: b, mount_path: /User/}",
        "  c: {remote: c, mount_path: /User/c}",
    )
    assert found(checks.check_names, text) == [
        "6:5: the mount path of volume `b` is `/User`, "
        "and so is the mount path of volume `a` in line 5; give one of them another"
    ]


def test_a_step_may_be_called_like_a_stream() -> None:
    assert found(checks.check_names, steps("raw: raw → out")) == []


# Streams and what feeds a step


def test_a_stream_that_no_step_uses() -> None:
    text = MINIMAL.replace("    scores: {}\n", "    scores: {}\n    spare: {}\n")
    assert found(checks.check_streams, text) == [
        "7:5: warning: no step uses the stream `spare`; read or write it, or take it out"
    ]


@pytest.mark.parametrize(
    "text",
    [with_project(MINIMAL, "error_stream: spare"), with_step(MINIMAL, "error_stream: spare")],
)
def test_dead_letters_are_a_use(text: str) -> None:
    text = text.replace("    scores: {}\n", "    scores: {}\n    spare: {}\n")
    assert found(checks.check_streams, text) == []


def test_a_step_that_no_stream_feeds() -> None:
    text = steps("a: → out", "b: out →")
    assert found(checks.check_feeds, text) == [
        f"{place(text, 'a' + chr(10))}: warning: nothing feeds step `a`: it has no input stream; "
        "name one in `input_streams`; without any, it only answers HTTP requests"
    ]


# Cycles


@pytest.mark.parametrize(
    ("text", "ways"),
    [
        (steps("a: x → y", "b: y → z"), []),
        (steps("a: x → y, z", "b: y → w", "c: z → w", "d: w →"), []),
        (steps("a: x → x"), ["`a` → `a`"]),
        (steps("a: x → y", "b: y → x"), ["`a` → `b` → `a`"]),
        (steps("first: in → x", "a: x → y", "b: y → x, out"), ["`a` → `b` → `a`"]),
        (steps("c: z → x", "a: x → y", "b: y → z"), ["`c` → `a` → `b` → `c`"]),
        (steps("a: x → y", "b: y → x", "c: z → w", "d: w → z"), ["`a` → `b` → `a`", "`c` → `d` → `c`"]),
        (steps("a: x, w → y, z", "b: y → x", "c: z → w"), ["`a` → `b` → `a`", "`a` → `c` → `a`"]),
    ],
    ids=range(8),
)  # fmt: skip
def test_ways_round(text: str, ways: list[str]) -> None:
    graph = graph_of(text)
    found_ways = [
        " → ".join(f"`{step.name}`" for step in [*way, way[0]]) for way in checks.find_cycles(graph)
    ]
    assert sorted(found_ways) == sorted(ways)


def test_steps_of_one_name_are_no_cycle() -> None:
    text = steps("a: x → y", "A: y → z")
    assert found(checks.check_cycles, text) == []


def test_a_step_that_feeds_itself_with_dead_letters_alone_is_said_elsewhere() -> None:
    text = with_step(MINIMAL, "error_stream: raw")
    assert found(checks.check_cycles, text) == []
    assert len(found(checks.check_errors, text)) == 1
    assert len(found(checks.check_cycles, text.replace("[scores]", "[raw]"))) == 1


def test_a_cycle_is_said_where_it_is_entered() -> None:
    text = steps("first: in → x", "again: x → y", "back: y → x")
    assert found(checks.check_cycles, text) == [
        f"{place(text, 'again')}: warning: the steps form a cycle: `again` → `back` → `again`; "
        "a message that takes this way never ends; make sure that a method returns None at some point"
    ]


def test_dead_letters_may_form_a_cycle() -> None:
    text = steps("a: x → y", "mend: bad → x").replace(
        "    - name: a\n", "    - name: a\n      error_stream: bad\n"
    )
    [problem] = found(checks.check_cycles, text)
    assert "`a` → `mend` → `a`" in problem


def test_a_long_way_round_is_cut() -> None:
    text = steps(*(f"s{index}: x{index} → x{(index + 1) % 100}" for index in range(100)))
    [problem] = found(checks.check_cycles, text)
    assert "cycle: `s0` → `s1` → `s2` → `s3` → `s4` → `s5` → 89 more → `s95`" in problem
    assert problem.count("→") == 12


def test_a_long_chain_and_a_dense_graph_take_no_recursion_and_no_eternity() -> None:
    chain = steps(*(f"s{index}: x{index} → x{index + 1}" for index in range(5000)))
    assert checks.find_cycles(graph_of(chain)) == []
    dense = steps(*(f"s{index}: x → x" for index in range(2000)))
    assert 0 < len(checks.find_cycles(graph_of(dense))) <= 20


# Converge


def test_a_step_of_two_inputs_cannot_bring_messages_together() -> None:
    text = steps("a: in → left", "b: in → right", "meet: left, right →")
    assert found(checks.check_converge, text) == [
        f"{place(text, 'input_streams: {left')}: warning: step `meet` reads `left` and `right`: "
        "messages of one key reach different processes; "
        "if its class waits for several messages of a key, let the branches write into one stream"
    ]


def test_branches_that_meet_in_a_step_of_several_workers() -> None:
    text = steps("a: in → both", "b: in → both", "meet: both →")
    where = place(text, "both: {}}")
    problem = (
        f"{where}: warning: branches meet in step `meet`, which has 3 workers, each with its own memory; "
        "if its class waits for several messages of a key, write `max_workers: 1` and scale with replicas"
    )
    assert found(checks.check_converge, text) == [problem]
    explicit = text.replace("{both: {}}", "{both: {max_workers: 3}}")
    assert found(checks.check_converge, explicit) == [
        problem.replace(where, place(explicit, "3}}"))
    ]


@pytest.mark.parametrize("replicas", [1, 3])
def test_one_worker_per_replica_is_how_branches_meet(replicas: int) -> None:
    text = steps("a: in → both", "b: in → both", "meet: both →").replace(
        "      input_streams: {both: {}}\n",
        f"      input_streams: {{both: {{max_workers: 1}}}}\n      max_replicas: {replicas}\n",
    )
    assert found(checks.check_converge, text) == []


def test_a_step_that_writes_to_itself_is_no_branch() -> None:
    assert found(checks.check_converge, steps("a: in → x", "again: x → x")) == []


# Capacity


def test_replicas_without_a_shard() -> None:
    text = with_step(MINIMAL, "min_replicas: 5", "max_replicas: 5")
    problem = (
        "warning: step `score` has 5 replicas for 3 shards: 2 stay idle; "
        "at most 3 of them, or a stream with more shards"
    )
    assert found(checks.check_capacity, text) == [f"10:21: {problem}"]
    only_minimum = with_step(MINIMAL, "min_replicas: 5")
    assert found(checks.check_capacity, only_minimum) == [f"9:21: {problem}"]


def test_the_stream_with_most_shards_says_how_many_replicas_work() -> None:
    text = MINIMAL.replace("raw: {}\n", "raw: {shards: 1}\n", 1).replace(
        "{raw: {}}", "{raw: {}, scores: {}}"
    )
    assert found(checks.check_capacity, with_step(text, "max_replicas: 3")) == []
    one = text.replace("scores: {}\n", "scores: {shards: 1}\n")
    [problem] = found(checks.check_capacity, with_step(one, "max_replicas: 3"))
    assert "has 3 replicas for 1 shard: 2 stay idle" in problem


def test_replicas_in_a_holder_are_said_there() -> None:
    text = with_project(MINIMAL, "scaling_defaults: &scaling {min_replicas: 4, max_replicas: 4}")
    [problem] = found(checks.check_capacity, with_step(text, "<<: *scaling"))
    assert problem.startswith(place(text, "4}"))


def test_workers_without_a_shard() -> None:
    text = MINIMAL.replace("{raw: {}}", "{raw: {max_workers: 4}}")
    text = with_step(text, "max_replicas: 2")
    assert found(checks.check_capacity, text) == [
        f"{place(text, '4}}')}: warning: step `score` has 4 workers per replica for its share of 2 shards "
        "of `raw`: 2 stay idle, and each starts a copy of `FraudModel` (8 in all); "
        "`max_workers: 2`, or leave it out"
    ]


@pytest.mark.parametrize(("workers", "replicas"), [(3, 1), (2, 2), (1, 3), (1, 1)])
def test_workers_that_all_have_a_shard(workers: int, replicas: int) -> None:
    text = MINIMAL.replace("{raw: {}}", f"{{raw: {{max_workers: {workers}}}}}")
    text = with_step(text, f"max_replicas: {replicas}")
    assert found(checks.check_capacity, text) == []


def test_the_intake_of_a_shard() -> None:
    text = MINIMAL.replace("{raw: {}}", "{raw: {read_batch_size: 50}}")
    assert checks.intake(graph_of(text).steps[0].inputs[0]) == 200


# Dead letters, environment, module paths, resources


def test_batches_of_several_streams_are_a_warning() -> None:
    text = with_step(MINIMAL, "delivery: {batch: 16}")
    assert found(checks.check_batches, text) == []
    (said,) = found(checks.check_batches, text.replace("{raw: {}}", "{raw: {}, scores: {}}"))
    assert "step `score` reads 2 streams, so `batch` has no effect for it" in said


def test_a_step_that_reads_its_own_dead_letters() -> None:
    text = with_step(MINIMAL, "error_stream: raw")
    wrong = (
        "step `score` reads its own error stream `raw`; "
        "a message that fails would fail for ever: name another stream, or null"
    )
    assert found(checks.check_errors, text) == [f"9:21: {wrong}"]
    assert found(checks.check_errors, with_project(MINIMAL, "error_stream: raw")) == [
        f"9:13: {wrong}"
    ]
    assert found(checks.check_errors, with_step(MINIMAL, "error_stream: scores")) == []


@pytest.mark.parametrize("name", ["V3IO_API", "V3IO_ACCESS_KEY"])
def test_a_variable_that_the_project_sets_itself(name: str) -> None:
    text = with_step(MINIMAL, f"env_custom: {{OTHER: x, {name}: {{secret: a, key: b}}}}")
    assert found(checks.check_environment, text) == [
        f"{place(text, name)}: `{name}` is set by the generated function.yaml; "
        "leave it out: `v3io_api` and `access_key_secret` of the project say what it is"
    ]


def test_a_module_path_that_no_volume_provides() -> None:
    text = with_step(MINIMAL, "module_paths: [/User/modules, /Users, /opt/x, /User]")
    text = with_project(text, "v3io_volumes: {user: {remote: users, mount_path: /User/}}")
    cure = "declare it in `v3io_volumes`, unless the image has that folder"
    assert found(checks.check_module_paths, text) == [
        f"{place(text, '/Users')}: warning: no volume is mounted at `/Users`; {cure}",
        f"{place(text, '/opt/x')}: warning: no volume is mounted at `/opt/x`; {cure}",
    ]


def test_a_request_above_its_limit() -> None:
    text = with_step(
        MINIMAL,
        "resources:",
        "  requests: {cpu: 500m, memory: 2Gi, ephemeral-storage: 1G}",
        "  limits: {cpu: 0.5, memory: 2G, nvidia.com/gpu: 1}",
    )
    assert found(checks.check_resources, text) == [
        f"{place(text, 'memory: 2Gi')}: step `score` requests 2Gi of `memory`, more than its limit 2G; "
        "a request is at most the limit"
    ]


def test_every_rule_is_stable() -> None:
    text = steps("a: x → y", "b: y → x, z", "A: x →")
    assert said(checks.check(graph_of(text))) == said(checks.check(graph_of(text)))
