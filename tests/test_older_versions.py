"""The versions before 0.2.0: what each key means now, what is warned of and refused, and that nothing is misread."""

from __future__ import annotations

import copy
import json
import warnings
from pathlib import Path
from typing import Any

import older_graphs as older
import pytest
from hostile import NASTY, quick, texts
from hypothesis import given
from hypothesis import strategies as st
from iguazioig import Deployment
from iguazioig.api.older.extras import Deviation, deviations
from iguazioig.deployment import GraphWarning, load
from iguazioig.errors import GraphError
from iguazioig.project import render
from iguazioig.source import Source
from made_up import dump
from older_drawn import GRAPHS
from older_graphs import VERSIONS, function, graph, model, runs, translate, warned
from older_graphs import ran as as_it_ran

each_version = pytest.mark.parametrize("version", VERSIONS)


def said(whole: dict[str, Any]) -> list[str]:
    """The errors, without their places."""
    problems = sorted(translate(whole).problems)
    assert all(problem.location.line > 1 for problem in problems)
    return [problem.message for problem in problems if problem.severity == "error"]


# What all have in common


@each_version
def test_the_smallest_graph(version: str) -> None:
    found = model(graph(version))
    assert (found.api_version, found.name, found.slug) == (version, "churn", "churn")
    assert (found.partition_key, found.volumes) == ("PartitionKey", ())
    assert [(each.name, each.container, each.path, each.shards, each.retention) for each in found.streams] == [
        ("raw", "bigdata", "/churn/raw", 8, 48),
        ("scored", "bigdata", "/churn/scored", 8, 24),
    ]  # fmt: skip
    [step] = found.steps
    assert (step.name, step.function_name, step.consumer_group) == ("score", "churn-score", "score")
    assert (step.class_module, step.class_name, step.init) == ("scoring", "Model", {})
    assert step.methods == ("predict",)
    assert [each.name for each in step.streams] == ["scored"]
    assert (step.min_replicas, step.max_replicas, step.image) == (2, 2, "python:3.11")
    assert (step.imports, step.conditions, step.error_stream) == ((), {}, None)
    assert warned(graph(version)) == []


@pytest.mark.parametrize(
    ("version", "seek_to"),
    [("v1alpha1", "latest"), ("v2alpha1", "latest"), ("v2alpha2", "latest"), ("v2alpha3", "earliest"), ("v0_1", "latest")],
)  # fmt: skip
def test_where_triggers_begin_is_what_each_version_did(version: str, seek_to: str) -> None:
    [read] = model(graph(version)).steps[0].inputs
    assert (read.seek_to, read.read_batch_size, read.workers) == (seek_to, 100, 4)


@each_version
def test_every_graph_is_told_its_age_where_it_says_its_version(version: str) -> None:
    [age] = [each for each in translate(graph(version)).problems if each.code == "older-version"]
    assert (age.location.line, age.severity) == (2, "warning")
    assert version in age.wrong
    assert "0.2.0" in age.expected


@pytest.mark.parametrize("version", older.TEXT_LISTS)
def test_the_home_that_was_mounted_unasked_is_missed(version: str) -> None:
    assert "home-volume" in [each.code for each in translate(graph(version)).problems]


@each_version
def test_places_are_those_of_the_old_file(version: str) -> None:
    text = json.dumps(graph(version), indent=1)
    step = model(text).steps[0]
    lines = text.splitlines()
    for key, older_key in {
        "name": "function_name",
        "class_module": "class_load_function",
        "class_name": "class_load_function",
        "methods[0]": "processing_function",
        "min_replicas": "minReplicas",
        "docker_image": "docker_image",
    }.items():
        assert f'"{older_key}"' in lines[step.at(key).line - 1]


@each_version
def test_unknown_keys_ran_and_are_warned_of(version: str) -> None:
    whole = graph(version, function(version, max_workers=3, docker_imagee="x"), names={})
    whole["more"] = 1
    problems = [each for each in translate(whole).problems if each.code == "unknown-key"]
    assert all(each.severity == "warning" for each in problems)
    wrong = " ".join(each.wrong for each in problems)
    assert "`docker_imagee` is not a key of a function (did you mean `docker_image`?)" in wrong
    assert "`names` is not a key of a project (did you mean `name`?)" in wrong
    assert "`more` is not a key of a graph" in wrong
    assert model(whole) == model(graph(version))


@each_version
def test_what_is_missing_is_said_all_at_once(version: str) -> None:
    missing = function(version)
    for key in ("docker_image", "gpu", "class_load_function", "import_modules"):
        del missing[key]
    assert [each.split(";")[0] for each in said(graph(version, missing))] == [
        "a function has no `class_load_function`",
        "a function has no `docker_image`",
        "a function has no `gpu`",
        "a function has no `import_modules`",
    ]


@each_version
def test_holders_full_of_nulls_are_merged_before_anything_is_checked(version: str) -> None:
    whole = json.dumps(graph(version, function(version, holder=1)))
    holder = '{"class_load_function": null, "post_process_function": null, "gpu": null}'
    text = whole.replace('"holder": 1', f'"<<": {holder}')
    assert text != whole
    assert [each for each in translate(text).problems if each.severity == "error"] == []


@each_version
def test_a_class_deeper_than_a_module_works_now(version: str) -> None:
    step = model(graph(version, function(version, class_load_function="pkg.mod.Class"))).steps[0]
    assert (step.class_module, step.class_name) == ("pkg.mod", "Class")


@each_version
@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("class_load_function", None, "`class_load_function` has no value; expected a class of a module"),
        ("class_load_function", "Model", "`class_load_function` is `Model`; expected a class of a module"),
        ("class_load_function", "m.Class; import os", "expected a class of a module"),
        ("processing_function", "part.predict", "`processing_function` is `part.predict`, which only `eval` can find"),
        ("processing_function", "__import__('os')", "expected a Python name"),
        ("gpu", "False", "`gpu` is `False`; expected true or false"),
        ("env_custom", {"A": "b"}, "`env_custom` is a mapping; expected a list of variables"),
        ("env_custom", [{"name": "V3IO_ACCESS_KEY", "value": 1}], "took the place of a variable that the deployment itself set"),
        ("env_custom", [{"name": "A B", "value": 1}], "expected the name of an environment variable"),
        ("env_custom", [{"name": "A"}], "a variable has no `value`"),
        ("minReplicas", "2", "expected a whole number"),
        ("function_name", "a/b", "expected a name"),
    ],
)  # fmt: skip
def test_what_no_version_could_run_is_refused(
    version: str, key: str, value: Any, message: str
) -> None:
    [error] = said(graph(version, function(version, **{key: value})))
    assert message in error


@each_version
def test_gpus(version: str) -> None:
    step = model(graph(version, function(version, gpu=True, num_gpus=2))).steps[0]
    assert step.resources == {"limits": {"nvidia.com/gpu": "2"}}
    assert (
        model(graph(version, function(version, gpu=False, num_gpus="many"))).steps[0].resources
        == {}
    )
    assert said(graph(version, function(version, gpu=True))) == ["`gpu` is true, and there is no `num_gpus`; expected a whole number, 1 to 1000"]  # fmt: skip
    assert said(graph(version, function(version, gpu=True, num_gpus="x"))) == ["`num_gpus` is `x`; expected a whole number, 1 to 1000"]  # fmt: skip


@pytest.mark.parametrize(
    ("typed", "text"),
    [
        ("yes", "True"), ("'yes'", "yes"), ("010", "8"), ("12:30", "750"), ("1.50", "1.5"), ("[1, a]", "[1, 'a']"),
        ("{a: 1}", "{'a': 1}"), ("2020-01-01", "2020-01-01"), ("0x1F", "31"), ("1e3", "1e3"), ("", "None"), ("~", "None"),
        ("''", ""), ("' a '", " a "), ("[[yes], {no: ~}]", "[[True], {False: None}]"),
    ],
)  # fmt: skip
def test_an_environment_value_is_what_python_made_of_it(typed: str, text: str) -> None:
    whole = json.dumps(graph("v0_1", function("v0_1", env_custom=[{"name": "A", "value": "HERE"}])))
    step = model(whole.replace('"HERE"', typed)).steps[0]
    assert step.env == {"A": text}
    is_null = typed in ("", "~")
    assert warned(whole.replace('"HERE"', typed)) == ["null-text"] * is_null


def test_the_last_of_two_variables_of_one_name_counts() -> None:
    env = [{"name": "A", "value": 1}, {"name": "B", "value": 2}, {"name": "A", "value": 3}]
    assert model(graph("v0_1", function("v0_1", env_custom=env))).steps[0].env == {"A": "3", "B": "2"}  # fmt: skip


@pytest.mark.parametrize(
    ("version", "name", "is_taken"),
    [
        ("v1alpha1", "CLASS_LOAD_FUNCTION", True), ("v1alpha1", "OUTPUT_STREAM", True), ("v1alpha1", "STEP_NAME", False),
        ("v2alpha1", "OUTPUTS", True), ("v2alpha2", "STEP_CONFIG", True), ("v2alpha2", "CLASS_INIT", False),
        ("v2alpha3", "CLASS_INIT", True), ("v0_1", "CLASS_INIT", True), ("v0_1", "MODULE_PATHS", False),
    ],
)  # fmt: skip
def test_variables_of_the_machinery_are_nobody_elses(
    version: str, name: str, is_taken: bool
) -> None:
    errors = said(graph(version, function(version, env_custom=[{"name": name, "value": "x"}])))
    assert len(errors) == is_taken


@each_version
def test_names_that_change_are_warned_of(version: str) -> None:
    whole = graph(version, function(version, function_name="Score it"), name="Churn_x")
    assert warned(whole) == ["function-name", "consumer-group"]
    assert model(whole).steps[0].function_name == "churn-x-score-it"
    assert model(whole).steps[0].consumer_group == "score_it"


# Streams by path


def test_streams_of_a_list_have_names_that_nothing_else_has() -> None:
    paths = [("a", "x/raw"), (None, "x/raw-2"), ("raw 1", "y/raw"), (None, "z/raw"), ("no/name", "z/events"), ("a", "b/c"), (None, "deep/z/raw")]  # fmt: skip
    streams = [
        {"container": "bigdata", "path": path, "shards": 1, "retention": 1} | ({"name": name} if name else {})
        for name, path in paths
    ]  # fmt: skip
    whole = graph("v2alpha3", v3io_streams=[*streams, streams[0]])
    names = [each.name for each in translate(whole).graph.streams]  # type: ignore[union-attr]
    assert names == ["a", "raw-2", "raw 1", "raw", "events", "c", "z-raw"]
    assert [code for code in warned(whole) if "undeclared" not in code] == ["stream-name", "declared-twice"]  # fmt: skip


@pytest.mark.parametrize("path", ["churn/raw", "/churn/raw", "churn/raw/", "/churn/raw/"])
def test_slashes_make_no_difference(path: str) -> None:
    assert model(graph("v1alpha1", function("v1alpha1", input_stream=path))) == model(graph("v1alpha1"))  # fmt: skip


@pytest.mark.parametrize("version", older.ONE_INPUT)
def test_a_path_that_no_stream_has(version: str) -> None:
    [error] = said(graph(version, function(version, input_stream="churn/row")))
    assert error == (
        "`bigdata/churn/row`, the input of the function, is not declared in `v3io_streams` "
        "(did you mean `bigdata/churn/raw`?); declared are `bigdata/churn/raw`, `bigdata/churn/scored`"
    )
    [error] = said(graph(version, function(version, input_stream_container="projects")))
    assert "`projects/churn/raw`, the input of the function, is not declared" in error
    [error] = said(graph(version, function(version, input_stream=None)))
    assert "`input_stream` has no value" in error


def test_no_shards_and_no_retention_are_what_v3io_made_of_them() -> None:
    stream = {"container": "bigdata", "path": "churn/raw", "shards": 0, "retention": 0}
    whole = graph("v0_1", v3io_streams={"raw": stream, "scored": {**stream, "path": "churn/scored"}})  # fmt: skip
    assert [(each.shards, each.retention) for each in model(whole).streams] == [(1, 24), (1, 24)]
    assert warned(whole) == ["zero"] * 4


# Lists as text


@pytest.mark.parametrize("version", older.TEXT_LISTS)
@pytest.mark.parametrize(
    ("typed", "found"),
    [("['/User/m', '/a']", ["/User/m", "/a"]), ("('/a',)", ["/a"]), ("[]", []), ("None", []), (None, []), (["/a"], ["/a"])],
)  # fmt: skip
def test_a_list_in_pythons_spelling(version: str, typed: Any, found: list[str]) -> None:
    step = model(graph(version, function(version, module_paths=typed))).steps[0]
    assert list(step.module_paths) == found


@pytest.mark.parametrize("version", older.TEXT_LISTS)
@pytest.mark.parametrize(
    "typed",
    [
        "/User/m",
        "'/User/m'",
        "__import__('os').sep",
        "[__name__]",
        "[1]",
        "{'/a': 1}",
        "[" * 500,
        "['/a'" + ", '/a'" * 3000 + "]",
        "\0",
        "",
    ],
)
def test_what_is_no_list_in_pythons_spelling(version: str, typed: str) -> None:
    [error] = said(graph(version, function(version, module_paths=typed)))
    assert "expected a list of folders" in error


@pytest.mark.parametrize("version", ["v2alpha2", "v2alpha3", "v0_1"])
def test_a_text_is_no_list_for_versions_that_took_it_letter_by_letter(version: str) -> None:
    [error] = said(graph(version, function(version, import_modules="['scoring']")))
    assert "`import_modules` is `['scoring']`; expected a list of modules" in error


@each_version
def test_modules_that_only_have_an_effect_are_still_imported(version: str) -> None:
    names = ["json", "registry", "scoring", "registry"]
    typed = str(names) if version in older.TEXT_LISTS else names
    whole = model(graph(version, function(version, import_modules=typed)))
    assert [each.name for each in whole.steps[0].imports] == ["registry"]
    [deviation] = deviations(whole)
    assert deviation == Deviation(whole.steps[0].imports[0].location, "score", "import")


# Outputs


@pytest.mark.parametrize("nothing", [None, "None"])
def test_v1alpha1_means_nothing_by_none(nothing: Any) -> None:
    assert model(graph("v1alpha1", function("v1alpha1", output_stream=nothing))).steps[0].streams == ()  # fmt: skip


def test_the_function_of_v1alpha1_gets_what_came_in() -> None:
    whole = model(graph("v1alpha1", function("v1alpha1", post_process_function="scoring.audit")))
    [called] = whole.steps[0].functions
    assert (called.module, called.function, called.gets_incoming) == ("scoring", "audit", True)
    assert [each.what for each in deviations(whole)] == ["post-process"]


def outputs(version: str, *entries: Any) -> dict[str, Any]:
    return graph(version, function(version, outputs=list(entries)))


STREAM = {"kind": "stream", "output_stream": "/churn/scored", "name": "any"}
CALL = {"kind": "function", "post_process_function": "scoring.audit"}


@pytest.mark.parametrize("version", older.WITH_OUTPUTS)
def test_conditions_and_their_places(version: str) -> None:
    condition = {"condition": "message['score'] > 0.5 and output['name'] == 'any'"}
    whole = outputs(version, {**STREAM, **condition}, {**CALL, "condition": "not message['a']"})
    step = model(whole).steps[0]
    assert {slug: each.text for slug, each in step.conditions.items()} == {
        "scored": "message['score'] > 0.5 and 'any' == 'any'"
    }
    assert [each.condition and each.condition.text for each in step.functions] == ["not message['a']"]  # fmt: skip
    assert [each.what for each in deviations(model(whole))] == ["condition", "condition"]
    lines = json.dumps(whole, indent=1).splitlines()
    assert all('"condition"' in lines[each.location.line - 1] for each in deviations(model(whole)))


@pytest.mark.parametrize("version", older.WITH_OUTPUTS)
@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ({"output_stream": "churn/scored"}, "an output has no `kind`"),
        ({"kind": "Stream", "output_stream": "churn/scored"}, "`kind` is `Stream` (did you mean `stream`?)"),
        ({"kind": "stream"}, "an output of kind `stream` has no `output_stream`"),
        ({"kind": "stream", "output_stream": "churn/other"}, "`bigdata/churn/other`, an output of the function, is not declared"),
        ({"kind": "function"}, "an output of kind `function` has no `post_process_function`"),
        ({"kind": "function", "post_process_function": "audit"}, "expected a function of a module"),
        ({**STREAM, "condition": True}, "`condition` is `true`; expected text"),
        ({**STREAM, "condition": 5}, "`condition` is `5`; expected text"),
        ({**STREAM, "condition": ["x"]}, "`condition` is a list; expected text"),
        ({**STREAM, "condition": ""}, "the condition is no Python expression; known are `message[…]`"),
        ({**STREAM, "condition": "__import__('os')"}, "the condition has a call of `__import__` in it; known are"),
        ({**STREAM, "condition": "output['url']"}, "the condition asks for `url` of its output, which has none"),
    ],
)  # fmt: skip
def test_outputs_that_are_refused(version: str, entry: Any, message: str) -> None:
    [error] = said(outputs(version, entry))
    assert message in error


def test_what_the_parser_of_conditions_does_not_know_is_shown_in_code() -> None:
    [error] = said(outputs("v0_1", {**STREAM, "condition": "any(message)"}))
    assert error.endswith("say the rest in code: let the method set `message['wanted'] = …`, and write `condition: message['wanted']`")  # fmt: skip


@pytest.mark.parametrize("version", older.WITH_OUTPUTS)
@pytest.mark.parametrize(
    ("entries", "codes"),
    [
        ([], []),
        ([STREAM], []),
        ([STREAM, CALL], ["called-on-none"]),
        ([CALL, STREAM], ["called-on-none", "output-order"]),
        ([{"kind": "http", "url": "https://x.example.com/in"}], ["never-sent"]),
        ([{"kind": "http", "output_stream": 5}, STREAM], ["never-sent"]),
        ([{**STREAM, "url": "test", "post_process_function": 5}], []),
    ],
)  # fmt: skip
def test_outputs_that_mean_something_else_now(version: str, entries: Any, codes: list[str]) -> None:
    assert warned(outputs(version, *entries)) == codes
    assert model(outputs(version, *entries)).steps[0].https == ()


@pytest.mark.parametrize("version", ["v2alpha1", "v2alpha2"])
def test_a_condition_on_the_shard_never_holds_now(version: str) -> None:
    assert warned(outputs(version, {**STREAM, "condition": "message['shard'] == 0"})) == ["gone"]


def test_a_stream_that_was_written_twice_is_refused() -> None:
    [error] = said(outputs("v0_1", STREAM, {**STREAM, "condition": "message['a']"}))
    assert "the output `scored` stands twice" in error


# Keys of some versions


@pytest.mark.parametrize("version", older.WITH_INIT)
def test_arguments_of_the_class(version: str) -> None:
    init = {"path": "/User/m.pkl", "flag": True, "nothing": None, "list": [1, {"a": 0.5}]}
    assert model(graph(version, function(version, class_init=init))).steps[0].init == init


def test_v2alpha2_never_read_the_arguments_of_the_class() -> None:
    whole = graph("v2alpha2", function("v2alpha2", class_init={"a": 1}))
    assert model(whole).steps[0].init == {}
    assert warned(whole) == ["never-read"]


@pytest.mark.parametrize("version", older.WITH_VOLUMES)
def test_volumes(version: str) -> None:
    volume = {"remote": "users/ana/proj", "mount_path": "/User", "access_key": None, "user": None}
    [found] = model(graph(version, v3io_volumes={"user-dir": volume})).volumes
    assert (found.name, found.container, found.sub_path, found.mount_path) == ("user-dir", "users", "/ana/proj", "/User")  # fmt: skip
    [error] = said(graph(version, v3io_volumes={"user-dir": {**volume, "remote": "~/proj"}}))
    assert error.startswith("`remote` begins with `~`, the home of whoever deploys")


def inputs(**settings: Any) -> dict[str, Any]:
    return graph("v0_1", function("v0_1", input_streams=settings))


def test_inputs_of_v0_1() -> None:
    given = {"maxWorkers": 3, "seekTo": "earliest", "readBatchSize": 7, "pollingIntervalMs": 500}
    [read] = model(inputs(raw=given)).steps[0].inputs
    assert (read.stream.name, read.workers, read.seek_to, read.read_batch_size) == ("raw", 3, "earliest", 7)  # fmt: skip
    assert warned(inputs(raw=given)) == ["no-effect"]
    assert model(inputs()).steps[0].inputs == ()
    [error] = said(inputs(row={"maxWorkers": 1}))
    assert "`row`, an input of the step, is not declared (did you mean `raw`?)" in error
    assert "an input stream has no `maxWorkers`" in said(inputs(raw={}))[0]
    assert "literal key" in said(inputs(raw={"maxWorkers": 1, "v3io_access_key": "xyz"}))[0]


@pytest.mark.parametrize(
    ("typed", "found", "codes"),
    [
        (["numpy", "a==1.2"], ["numpy", "a==1.2"], []),
        (["v3io==0.5.0", "numpy"], ["numpy"], ["no-effect"]),
        (["dataclasses"], [], ["no-effect"]),
        (["a>=1"], ["a>=1"], ["pip-shell"]),
        (["a b==1"], ["a", "b==1"], []),
        (["'a>=1' b"], ["a>=1", "b"], []),
        (["a; python_version < '3.9'"], None, []),
        (["--index-url https://pypi.example.com/simple a"], ["--index-url https://pypi.example.com/simple a"], []),
        (None, [], []),
    ],
)  # fmt: skip
def test_packages_were_words_of_a_shell(typed: Any, found: Any, codes: list[str]) -> None:
    whole = graph("v0_1", function("v0_1", pip=typed))
    if found is not None:
        assert list(model(whole).steps[0].pip) == found
    assert warned(whole)[: len(codes)] == codes


@pytest.mark.parametrize(
    ("sinks", "level", "codes"),
    [
        ([], "debug", []), (None, "debug", []), ([{"level": "error"}], "error", []), ([{}], "debug", []),
        ([{"level": "warn"}, {"level": "debug"}], "warn", ["logger-sinks"]),
        ([{"level": "info", "sink": "x"}], "info", ["logger-sinks"]),
    ],
)  # fmt: skip
def test_the_level_of_the_log(sinks: Any, level: str, codes: list[str]) -> None:
    whole = graph("v0_1", function("v0_1", loggerSinks=sinks))
    assert (model(whole).steps[0].log_level, warned(whole)) == (level, codes)


@pytest.mark.parametrize(
    ("version", "key"),
    [
        ("v1alpha1", "outputs"), ("v2alpha1", "output_stream"), ("v2alpha1", "post_process_function"),
        ("v2alpha3", "post_process_function"), ("v2alpha3", "pip"), ("v0_1", "maxWorkers"), ("v0_1", "input_stream"),
    ],
)  # fmt: skip
def test_keys_of_other_versions_were_never_read(version: str, key: str) -> None:
    assert warned(graph(version, function(version, **{key: "x"}))) == ["never-read"]
    assert warned(graph(version, function(version, **{key: None}))) == []
    assert model(graph(version, function(version, **{key: "x"}))) == model(graph(version))


# The user's code


def project(folder: Path, whole: dict[str, Any], **modules: str) -> tuple[Any, dict[str, bytes]]:
    (folder / "modules").mkdir(exist_ok=True)
    for name, text in {**older.MODULES, **{f"{name}.py": text for name, text in modules.items()}}.items():  # fmt: skip
        (folder / "modules" / name).write_text(text)
    loaded = load(Source("graph.yaml", json.dumps(whole, indent=1).encode(), folder))
    return loaded, render(loaded.plan())


CODE = "import os\n\n\nclass Model:\n    def predict(self, context, message):\n        return {}\n"


def test_a_variable_that_the_code_names_is_set(tmp_path: Path) -> None:
    loaded, files = project(tmp_path, graph("v1alpha1"), scoring=CODE.format("os.environ['STEP_NAME']"))  # fmt: skip
    assert loaded.code["score"].env == {"STEP_NAME": "score"}
    assert b'- name: STEP_NAME\n      value: "score"\n' in files["steps/score/function.yaml"]
    own = function("v1alpha1", env_custom=[{"name": "STEP_NAME", "value": "mine"}])
    loaded, files = project(tmp_path, graph("v1alpha1", own), scoring=CODE.format("os.environ['STEP_NAME']"))  # fmt: skip
    assert (loaded.code["score"].env, loaded.graph.steps[0].env) == ({}, {"STEP_NAME": "mine"})
    loaded, _ = project(tmp_path, graph("v1alpha1"), scoring=CODE.format("{}"))
    assert loaded.code["score"].env == {}


@pytest.mark.parametrize(
    ("version", "name"),
    [("v1alpha1", "shard"), ("v2alpha1", "OUTPUTS"), ("v2alpha2", "STEP_CONFIG"), ("v2alpha2", "shard"), ("v0_1", "CLASS_INIT")],
)  # fmt: skip
def test_what_the_code_names_and_does_not_get_is_warned_of(tmp_path: Path, version: str, name: str) -> None:  # fmt: skip
    loaded, _ = project(tmp_path, graph(version), scoring=CODE.format(f'message["{name}"]'))
    [gone] = [each for each in loaded.warnings if each.code == "gone"]
    assert gone.wrong == f"`scoring.py` names `{name}` in line 6"
    loaded, _ = project(tmp_path, graph("v2alpha3"), scoring=CODE.format('message["shard"]'))
    assert "gone" not in [each.code for each in loaded.warnings]


def test_packages_that_came_with_the_old_client(tmp_path: Path) -> None:
    ends = function("v2alpha3", outputs=[])
    loaded, files = project(tmp_path, graph("v2alpha3", ends), scoring="import requests\n" + CODE.format("{}"))  # fmt: skip
    assert loaded.code["score"].packages == ("requests",)
    assert files["steps/score/requirements.txt"].endswith(b"\nrequests\n")
    loaded, _ = project(tmp_path, graph("v2alpha3"), scoring="import requests\n" + CODE.format("{}"))  # fmt: skip
    assert loaded.code["score"].packages == ()


def test_a_class_that_gets_a_logger_now_is_warned_of(tmp_path: Path) -> None:
    loaded, _ = project(tmp_path, graph("v2alpha3"))
    assert [each.code for each in loaded.warnings].count("logger") == 1
    plain = "class Model:\n    def predict(self, context, message):\n        return message\n"
    loaded, _ = project(tmp_path, graph("v2alpha3"), scoring=plain)
    assert [each.code for each in loaded.warnings].count("logger") == 0


def test_a_module_for_its_effect_may_be_a_library(tmp_path: Path) -> None:
    whole = graph("v0_1", function("v0_1", import_modules=["scoring", "registry", "numpy"]))
    loaded, files = project(tmp_path, whole)
    [missing] = [each for each in loaded.warnings if each.code == "module-missing"]
    assert "`numpy`" in missing.wrong
    assert "steps/score/registry.py" in files
    assert b"import numpy  # noqa: F401 - for what it does\n" in files["steps/score/handler.py"]


def test_checks_speak_in_the_words_of_the_version(tmp_path: Path) -> None:
    wide = function("v1alpha1", maxWorkers=9, minReplicas=1)
    loaded, _ = project(tmp_path, graph("v1alpha1", wide))
    messages = [each.message for each in loaded.warnings]
    assert any("`maxWorkers: 4`, or leave it out" in each for each in messages)
    assert any("`minReplicas` is 1 and `maxReplicas` is 2" in each for each in messages)
    assert not any("max_workers" in each or "min_replicas" in each for each in messages)


@each_version
def test_a_deployment_takes_every_version(version: str, tmp_path: Path) -> None:
    (tmp_path / "modules").mkdir()
    for name, text in older.MODULES.items():
        (tmp_path / "modules" / name).write_text(text)
    deployment = Deployment(api_version=version, modules=tmp_path / "modules")
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always", GraphWarning)
        commands = deployment.deploy(inference_graph=graph(version), dry_run=True)
    assert any(f"`{version}` is an older version" in str(each.message) for each in said)
    assert "nuctl deploy churn-score --path steps/score" in str(commands[-1])
    with pytest.raises(GraphError, match=r"this deployment takes `apiVersion: 0\.2\.0`"):
        Deployment(api_version="0.2.0").load(graph(version))


# The same in 0.2.0

NEWER = """\
apiVersion: 0.2.0
project:
  name: churn
  v3io_streams:
    raw: {{container: bigdata, path: churn/raw, shards: 8, retention: 48}}
    scored: {{container: bigdata, path: churn/scored, shards: 8, retention: 24}}
  functions:
    - name: score
      docker_image: python:3.11
      min_replicas: 2
      max_replicas: 2
      input_streams: {{raw: {{max_workers: 4, seek_to: {seek_to}}}}}
      class_module: scoring
      class_name: Model
      methods: [predict]
      outputs: {{streams: [scored]}}
      env_custom: {{STEP_NAME: score, A: "True"}}
      resources: {{limits: {{nvidia.com/gpu: 1}}}}
"""


@each_version
def test_what_0_2_0_can_say_becomes_the_same_project_byte_for_byte(version: str, tmp_path: Path) -> None:  # fmt: skip
    env = [{"name": "STEP_NAME", "value": "score"}, {"name": "A", "value": True}]
    whole = graph(version, function(version, env_custom=env, gpu=True, num_gpus=1))
    loaded, files = project(tmp_path, whole)
    assert list(deviations(loaded.graph)) == []
    seek_to = "earliest" if version == "v2alpha3" else "latest"
    newer = load(Source("graph.yaml", NEWER.format(seek_to=seek_to).encode(), tmp_path))
    expected = render(newer.plan())
    differing = {path for path in files.keys() | expected.keys() if files.get(path) != expected.get(path)}  # fmt: skip
    assert differing == {"graph.yaml", ".iguazioig.json"}


# Nothing is misread: whatever the old runtime took is taken as it was, or refused, or warned of.


@quick(250)
@given(whole=GRAPHS)
def test_what_ran_runs_as_it_did_or_is_refused_or_warned_of(whole: dict[str, Any]) -> None:
    translation = translate(dump(whole).decode())
    problems = translation.problems
    if any(each.severity == "error" for each in problems):
        assert all((each.location.line, each.location.column) > (1, 1) for each in problems)
        return
    assert translation.graph is not None
    [now], [then] = runs(translation.graph), as_it_ran(whole)
    codes = {each.code for each in problems}
    if "consumer-group" in codes:
        assert now.pop("group") == then.pop("group").lower().replace(" ", "_")
    if "replicas-differ" in codes:
        assert set(now.pop("replicas")) == {max(then.pop("replicas"))}
    elif not now["inputs"]:
        then["replicas"] = now.pop("replicas"), then.pop("replicas")
        del then["replicas"]
    then["imports"] = sorted({*then["imports"], *(target.split(".")[0] for kind, target, _ in then["outputs"] if kind != "stream")} - {"os"})  # fmt: skip
    if "output-order" in codes:
        then["outputs"].sort(key=lambda each: each[0] != "stream")
    assert now == then


@quick(200)
@given(whole=GRAPHS, text=texts() | st.sampled_from(NASTY), data=st.data())
def test_hostile_text_anywhere_is_refused_or_taken(whole: dict[str, Any], text: str, data: Any) -> None:  # fmt: skip
    whole, version = copy.deepcopy(whole), whole["apiVersion"]
    place: Any = whole
    while isinstance(place, dict | list) and place:
        keys = list(place) if isinstance(place, dict) else list(range(len(place)))
        key, parent = data.draw(st.sampled_from(keys)), place
        place = place[key]
    parent[key] = text
    whole["apiVersion"] = version
    for problem in translate(dump(whole).decode()).problems:
        assert str(problem).isprintable()
        assert len(str(problem)) < 2000
