"""Loading: what is said of a whole graph, once, at its place, and without what only follows from something else."""

from __future__ import annotations

from pathlib import Path

import pytest
from graphs import MINIMAL, said, with_project, with_step
from iguazioig.deployment import Loaded, load
from iguazioig.errors import GraphError
from iguazioig.source import Source

MODULE = "class FraudModel:\n    def predict(self, context, message): ...\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "modules").mkdir()
    (tmp_path / "modules" / "fraud_model.py").write_text(MODULE)
    return tmp_path


def loaded(text: str, folder: Path) -> Loaded:
    return load(Source("graph.yaml", text.encode(), folder))


def problems(text: str, folder: Path) -> list[str]:
    try:
        return said(loaded(text, folder).warnings)
    except GraphError as error:
        return said(error.problems)


def heads(text: str, folder: Path) -> list[str]:
    """The problems without their cures."""
    return [problem.split("; ")[0] for problem in problems(text, folder)]


def test_a_good_graph(folder: Path) -> None:
    found = loaded(MINIMAL, folder)
    assert found.graph.slug == "fraud"
    assert list(found.code) == ["score"]
    assert list(found.code["score"].files) == ["fraud_model.py"]
    assert found.warnings == ()


def test_warnings_do_not_stop_it(folder: Path) -> None:
    text = with_step(MINIMAL, "docker_image: python:3.6-jessie").replace("[scores]", "[]")
    assert [each.code for each in loaded(text, folder).warnings] == [
        "unused-stream",
        "python-refused",
    ]


def test_errors_come_with_the_warnings(folder: Path) -> None:
    text = with_step(MINIMAL, "docker_image: python:3.6-jessie", "log_level: loud")
    assert heads(text, folder) == [
        "9:21: warning: `python:3.6-jessie` has Python 3.6, which Nuclio refuses",
        "10:18: `log_level` is `loud`",
    ]


def test_the_graph_and_its_code_are_checked_in_one_go(folder: Path) -> None:
    text = with_step(MINIMAL.replace("[predict]", "[predit]"), "log_level: loud")
    assert heads(text, folder) == [
        "9:18: `log_level` is `loud`",
        "13:17: `FraudModel` has no method `predit` (did you mean `predict`?)",
    ]


# Credentials


@pytest.mark.parametrize(
    "text",
    [
        MINIMAL.replace("{raw: {}}", "{raw: {v3io_access_key: hunter2}}"),
        with_step(MINIMAL, "env_custom: {V3IO_ACCESS_KEY: hunter2}"),
        with_step(MINIMAL, "env_custom: {DB_PASSWORD: hunter2}"),
        with_step(MINIMAL, "password: hunter2"),
        with_step(MINIMAL, "pip: ['ftp://u:hunter2@h/é']"),
        with_project(MINIMAL, "v3io_api: ftp://u:hunter2@h/x"),
        with_project(MINIMAL, "v3io_volumes: {a: {remote: a, mount_path: /a, access_key: hunter2}}"),
        MINIMAL.replace("{streams: [scores]}", "{streams: [scores], https: ['ftp://u:hunter2@h']}"),
        MINIMAL.replace("name: fraud", "name: 'https://u:hunter2@h'"),
        with_project(MINIMAL, "secret: 1e3", "# hunter2"),
    ],
)  # fmt: skip
def test_a_credential_is_one_problem_and_is_not_shown(text: str, folder: Path) -> None:
    found = problems(text, folder)
    assert len(found) == 1
    assert "hunter2" not in found[0]
    with pytest.raises(GraphError):
        loaded(text, folder)


# Echoes


@pytest.mark.parametrize(
    ("text", "heads_of_problems"),
    [
        (MINIMAL.replace("{raw: {}}", "{rwa: {}}"),
         ["9:23: `rwa`, an input of the step, is not declared (did you mean `raw`?)"]),
        (MINIMAL.replace("input_streams:", "input_stream:"),
         ["9:7: `input_stream` is not a key of a function (did you mean `input_streams`?)"]),
        (MINIMAL.replace("outputs:", "output:"),
         ["13:7: `output` is not a key of a function (did you mean `outputs`?)"]),
        (MINIMAL.replace("{raw: {}}", "[raw]"), ["9:22: `input_streams` is a list"]),
        (MINIMAL.replace("[scores]", "scores"), ["13:26: `streams` is `scores`"]),
        (MINIMAL.replace("  v3io_streams:\n    raw: {}\n    scores: {}\n", "  v3io_streams: [raw, scores]\n"),
         ["4:17: `v3io_streams` is a list"]),
        (MINIMAL.replace("v3io_streams", "streams"),
         ["4:3: `streams` is not a key of a project (did you mean `v3io_streams`?)"]),
        (MINIMAL.replace("    raw: {}\n", "    raw: {shards: many}\n"), ["5:19: `shards` is `many`"]),
        (MINIMAL.replace("    raw: {}\n", "    raw: 3\n"), ["5:10: `v3io_streams.raw` is `3`"]),
        (MINIMAL.replace("class_module: fraud_model", "class_module: fraud-model"),
         ["10:21: `class_module` is `fraud-model`"]),
        (MINIMAL.replace("class_module: fraud_model", "class_modul: fraud_model"),
         ["10:7: `class_modul` is not a key of a function (did you mean `class_module`?)"]),
        (MINIMAL.replace("class_name: FraudModel", "class_name: 1"), ["11:19: `class_name` is `1`"]),
        (MINIMAL.replace("[predict]", "[1, predict]"), ["12:17: `methods[0]` is `1`"]),
        (MINIMAL.replace("name: fraud", "name: 1"), ["3:9: `name` is `1`"]),
        (with_step(MINIMAL, "max_replicas: '2'"), ["9:21: `max_replicas` is the text `2`"]),
        (with_step(MINIMAL, "min_replicas: 2", "max_replicas: x"), ["10:21: `max_replicas` is `x`"]),
        (with_step(MINIMAL, "<<: *defaults"), ["9:11: `*defaults` names no anchor"]),
        (with_step(MINIMAL, "class_init: [a]"), ["9:19: `class_init` is a list"]),
        (with_step(MINIMAL, "class_init: {day: 2024-01-01}"),
         ["9:20: `FraudModel` takes no argument `day`",
          "9:25: `2024-01-01` in `class_init.day` is a date for YAML, which JSON cannot hold"]),
        (with_project(with_step(MINIMAL, "module_paths: [/User/m]"), "v3io_volumes: [x]"),
         ["4:17: `v3io_volumes` is a list"]),
        (MINIMAL.replace("    raw: {}\n", "    raw: {}\n    RAW: {}\n").replace("{raw: {}}", "{raw: {}, RAW: {max_workers: x}}"),
         ["6:5: stream `RAW` is known as `raw`, and so is stream `raw` in line 5", "10:51: `max_workers` is `x`"]),
    ],
    ids=range(21),
)  # fmt: skip
def test_one_mistake_is_one_problem(text: str, heads_of_problems: list[str], folder: Path) -> None:
    assert heads(text, folder) == heads_of_problems


def test_a_required_argument_that_could_not_be_read_is_not_missing(folder: Path) -> None:
    (folder / "modules" / "fraud_model.py").write_text(
        "class FraudModel:\n"
        "    def __init__(self, day): ...\n"
        "    def predict(self, context, message): ...\n"
    )
    text = with_step(MINIMAL, "class_init: {day: 2024-01-01}")
    assert heads(text, folder) == [
        "9:25: `2024-01-01` in `class_init.day` is a date for YAML, which JSON cannot hold"
    ]


def test_a_mistake_in_a_shared_holder_is_one_problem(folder: Path) -> None:
    text = with_project(
        MINIMAL,
        "config_defaults: &config {dockr_image: x, log_level: loud, tag: -, env_custom: {1: x}}",
    )
    text = with_step(text, "<<: *config")
    again = text[text.index("    - name: score") :].replace("score\n", "again\n", 1)
    assert heads(text + again, folder) == [
        "4:29: `dockr_image` is not a key of a function (did you mean `docker_image`?)",
        "4:56: `log_level` is `loud`",
        "4:67: `tag` is `-`",
        "4:83: a key of `env_custom` is `1`",
    ]


def test_a_thousand_mistakes_are_enough(folder: Path) -> None:
    head = MINIMAL[: MINIMAL.index("  functions:")]
    text = head + "  functions: [" + ", ".join(["x"] * 2000) + "]\n"
    found = problems(text, folder)
    assert len(found) == 1001
    assert "there are more than 1,000 problems" in found[-1]


# Attacks


def test_aliases_that_multiply(folder: Path) -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]" for i in range(1, 9)]
    text = with_project(MINIMAL, "env_custom:", *(f"  {line}" for line in lines))
    [problem] = heads(with_step(text, "class_init: {a: *a8}"), folder)
    assert problem.endswith("the aliases of this file multiply it too much")


def test_aliases_that_nest(folder: Path) -> None:
    lines = ["a0: &a0 [x]", *(f"a{i}: &a{i} [*a{i - 1}]" for i in range(1, 2000))]
    text = with_project(MINIMAL, "env_custom:", *(f"  {line}" for line in lines))
    [problem] = heads(with_step(text, "class_init: {a: *a1999}"), folder)
    assert problem.endswith("the file is nested too deeply")


def test_a_long_text_that_is_used_often(folder: Path) -> None:
    text = with_project(MINIMAL, f"env_custom: {{long: &long {'x' * 1_000_000}}}")
    uses = ", ".join(f"a{index}: *long" for index in range(200))
    [problem] = heads(with_step(text, f"class_init: {{{uses}}}"), folder)
    assert problem.endswith("the aliases of this file multiply it too much")
