"""`iguazioig migrate`: what an older graph becomes, that it means the same, and what a person is told."""

from __future__ import annotations

import copy
import re
from pathlib import Path
from typing import Any

import older_graphs as older
import pytest
from cases import ALL_CASES, name_of
from hostile import NASTY, quick, texts
from hypothesis import given, reject
from hypothesis import strategies as st
from iguazioig.api.older.extras import deviations
from iguazioig.deployment import load
from iguazioig.errors import GraphError
from iguazioig.migration.migrate import Migration, migrate
from iguazioig.migration.tree import read_sheet
from iguazioig.project import render
from iguazioig.source import Source
from in_process import run
from layouts import Layout
from made_up import dump
from older_drawn import GRAPHS, plain_graphs
from older_graphs import VERSIONS, function, graph

OLDER_CASES = [case for case in ALL_CASES if case.name.removesuffix("-notebook") in VERSIONS]
each_version = pytest.mark.parametrize("version", VERSIONS)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the modules that the graphs name."""
    found = tmp_path_factory.mktemp("graphs")
    (found / "modules").mkdir()
    for name, text in {**older.MODULES, "registry.py": "def add(context, message):\n    pass\n"}.items():  # fmt: skip
        (found / "modules" / name).write_text(text)
    return found


def project(content: bytes, folder: Path) -> dict[str, bytes]:
    """The project of a graph, without its copy of the graph and that one's entry in the manifest."""
    files = render(load(Source("graph.yaml", content, folder)).plan())
    return {path: each for path, each in files.items() if path not in ("graph.yaml", ".iguazioig.json")}  # fmt: skip


def rewritten(content: bytes | str, folder: Path) -> Migration:
    """What a graph becomes, which is then as new as can be."""
    raw = content.encode() if isinstance(content, str) else content
    done = migrate(Source("graph.yaml", raw, folder))
    again = migrate(Source("graph.yaml", done.content, folder))
    assert (again.content, again.decisions, again.version) == (done.content, (), "0.2.0")
    return done


# What is committed


@pytest.mark.parametrize("case", OLDER_CASES, ids=name_of)
def test_each_older_case_becomes_what_is_committed(
    case: Path, update_golden: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(case)
    done = migrate(Source("graph.yaml", Path("graph.yaml").read_bytes(), Path()))
    told = "".join(f"{each}\n" for each in done.decisions)
    if update_golden:
        Path("migrated.yaml").write_bytes(done.content)
        Path("decisions.txt").write_text(told)
    assert Path("migrated.yaml").read_bytes() == done.content
    assert Path("decisions.txt").read_text() == told


@pytest.mark.parametrize("case", OLDER_CASES, ids=name_of)
def test_only_steps_with_something_to_decide_are_generated_otherwise(case: Path) -> None:
    source = (case / "graph.yaml").read_bytes()
    old, new = project(source, case), project((case / "migrated.yaml").read_bytes(), case)
    steps = {each.step for each in deviations(load(Source("graph.yaml", source, case)).graph)}
    differing = {path for path in old.keys() | new.keys() if old.get(path) != new.get(path)}
    slugs = {step.lower().replace(" ", "-") for step in steps}
    assert {path.split("/")[1] for path in differing if path.startswith("steps/")} <= slugs
    assert {path for path in differing if "/" not in path} <= ({"README.md"} if steps else set())


@pytest.mark.parametrize("case", [case for case in ALL_CASES if case not in OLDER_CASES], ids=name_of)  # fmt: skip
def test_other_cases_are_as_new_as_can_be_or_have_problems(case: Path) -> None:
    content = (case / "graph.yaml").read_bytes()
    try:
        done = migrate(Source("graph.yaml", content, case))
    except GraphError:
        return
    assert {each.code for each in done.decisions} <= {"deprecated"}
    assert (done.content == content) == (not done.decisions)


# The same project


@each_version
def test_what_0_2_0_can_say_generates_the_same_project_byte_for_byte(
    version: str, folder: Path
) -> None:
    env = [{"name": "STEP_NAME", "value": "score"}, {"name": "A", "value": True}]
    content = dump(graph(version, function(version, env_custom=env, gpu=True, num_gpus=1)))
    assert project(rewritten(content, folder).content, folder) == project(content, folder)


@quick(150)
@given(whole=plain_graphs(), seed=st.integers(0, 10**6), crlf=st.booleans())
def test_however_it_is_laid_out_it_generates_the_same_project(
    whole: dict[str, Any], seed: int, crlf: bool, folder: Path
) -> None:
    layout = Layout(seed)
    text = layout.text(copy.deepcopy(whole)).replace("\n", "\r\n" if crlf else "\n")
    try:
        load(Source("graph.yaml", text.encode(), folder))
    except GraphError:
        reject()  # what is merged came in between
    done = rewritten(text, folder)
    new = done.content.decode()
    assert project(done.content, folder) == project(text.encode(), folder)
    assert {each: new.count(each) for each in layout.comments} == dict.fromkeys(layout.comments, 1)
    assert new.count("\r\n") == (new.count("\n") if crlf else 0)


@quick(150)
@given(whole=GRAPHS, seed=st.integers(0, 10**6))
def test_what_cannot_be_said_is_decided_by_a_person(
    whole: dict[str, Any], seed: int, folder: Path
) -> None:
    text = Layout(seed).text(copy.deepcopy(whole))
    try:
        loaded = load(Source("graph.yaml", text.encode(), folder))
    except GraphError:
        return
    done = rewritten(text, folder)
    told = {(each.location, each.code) for each in done.decisions}
    assert {(each.location, each.what) for each in deviations(loaded.graph)} <= told
    if not any(deviations(loaded.graph)):
        assert project(done.content, folder) == project(text.encode(), folder)


ODD = st.none() | st.booleans() | st.integers(-1, 9) | st.just([]) | st.just({})


@quick(200)
@given(
    whole=plain_graphs(),
    value=texts() | st.sampled_from(NASTY) | ODD,
    seed=st.integers(0, 10**6),
    data=st.data(),
)
def test_hostile_values_anywhere_are_taken_as_they_were_or_refused(
    whole: dict[str, Any], value: Any, seed: int, data: Any, folder: Path
) -> None:
    whole, version = copy.deepcopy(whole), whole["apiVersion"]
    place: Any = whole
    while isinstance(place, dict | list) and place:
        keys = list(place) if isinstance(place, dict) else list(range(len(place)))
        key, parent = data.draw(st.sampled_from(keys)), place
        place = place[key]
    parent[key] = value
    text = Layout(seed).text({**whole, "apiVersion": version})
    try:
        load(Source("graph.yaml", text.encode(), folder))
    except GraphError:
        reject()
    rewritten(text, folder)


@quick(100)
@given(whole=GRAPHS, seed=st.integers(0, 10**6))
def test_a_tree_is_written_as_it_was_read(whole: dict[str, Any], seed: int) -> None:
    text = Layout(seed).text(copy.deepcopy(whole))
    assert read_sheet(text, "graph.yaml").written() == text


# A small graph, and what it becomes

STREAMS = """\
apiVersion: v0_1
project:
  name: churn
  v3io_streams:
    raw: {container: bigdata, path: churn/raw, shards: 8, retention: 48}
    scored: {container: bigdata, path: churn/scored, shards: 8, retention: 48}
"""
FUNCTIONS = """\
  functions:
    - function_name: score
      docker_image: python:3.11
      gpu: false
      minReplicas: 2
      maxReplicas: 2
      module_paths: null
      import_modules: [scoring]
      class_load_function: scoring.Model
      processing_function: predict
      output_stream_container: bigdata
      outputs: [{kind: stream, output_stream: churn/scored}]
      input_streams: {raw: {maxWorkers: 4}}
"""
NEW = """\
apiVersion: 0.2.0
project:
  name: churn
  v3io_streams:
    raw: {container: bigdata, path: churn/raw, shards: 8, retention: 48}
    scored: {container: bigdata, path: churn/scored, shards: 8, retention: 48}
  functions:
    - name: score
      docker_image: python:3.11
      min_replicas: 2
      max_replicas: 2
      class_module: scoring
      class_name: Model
      methods: [predict]
      outputs:
        streams: [scored]
      input_streams: {raw: {max_workers: 4, seek_to: latest}}
"""


def test_a_graph_becomes_what_one_would_write(folder: Path) -> None:
    assert rewritten(STREAMS + FUNCTIONS, folder).content.decode() == NEW


# Files as people write them

MIGRATIONS = sorted((Path(__file__).parent / "migrations").iterdir())


@pytest.mark.parametrize("case", MIGRATIONS, ids=lambda case: case.name)
def test_a_file_becomes_what_is_committed(case: Path, folder: Path, update_golden: bool) -> None:
    old = (case / "old.yaml").read_bytes()
    done = rewritten(old, folder)
    told = "".join(f"{each}\n" for each in done.decisions)
    if update_golden:
        (case / "new.yaml").write_bytes(done.content)
        (case / "decisions.txt").write_text(told)
    assert (case / "new.yaml").read_bytes() == done.content
    assert (case / "decisions.txt").read_text() == told


@pytest.mark.parametrize("case", MIGRATIONS, ids=lambda case: case.name)
def test_every_comment_of_a_file_is_in_the_new_one(case: Path) -> None:
    comments = re.findall(r"(?<= )# (.*)", (case / "old.yaml").read_text())
    new = (case / "new.yaml").read_text()
    assert [each for each in comments if each.strip() not in new] == []


@pytest.mark.parametrize("case", MIGRATIONS, ids=lambda case: case.name)
@pytest.mark.parametrize("end", ["\r\n", "\r"])
def test_the_ends_of_lines_and_the_byte_order_mark_stay(case: Path, end: str, folder: Path) -> None:
    def with_ends(name: str) -> bytes:
        return b"\xef\xbb\xbf" + (case / name).read_text().replace("\n", end).encode()

    assert rewritten(with_ends("old.yaml"), folder).content == with_ends("new.yaml")


@pytest.mark.parametrize("case", MIGRATIONS, ids=lambda case: case.name)
def test_a_file_without_a_last_line_end_has_none_then(case: Path, folder: Path) -> None:
    old, new = ((case / name).read_bytes().rstrip(b"\n") for name in ("old.yaml", "new.yaml"))
    assert rewritten(old, folder).content == new


def test_what_multiplies_is_looked_at_once(folder: Path) -> None:
    chain = "".join(f"  a{index + 1}: &a{index + 1} {{<<: [*a{index}, *a{index}]}}\n" for index in range(40))  # fmt: skip
    lines = "\n" * 3000
    env = f'      <<: *a40\n      env_custom:\n        - name: A\n          value: "x{lines}y"\n'
    block = f"        - name: B\n          value: |\n            x{lines}            y\n"
    brackets = f"      pip: [v3io==1 {'# a ' * 60}\n        ]\n"
    text = f"{STREAMS}  a0: &a0 {{}}\n{chain}{FUNCTIONS}{env}{block}{brackets}"
    assert rewritten(text.replace("\n", "\r\n"), folder).content.count(b"\r\n") > 6000


@pytest.mark.parametrize("unread", ["[]", "[{kind: stream, output_stream: churn/raw}]", "null"])
def test_outputs_that_v1alpha1_did_not_know_are_none_of_its_outputs(
    unread: str, folder: Path
) -> None:
    text = dump(graph("v1alpha1")).decode().replace("    output_stream:", f"    outputs: {unread}\n    output_stream:")  # fmt: skip
    new = rewritten(text, folder).content.decode()
    assert "    outputs:\n      streams: [scored]\n" in new
    assert ("# migrate: left out, never read: outputs: " in new) == (unread != "null")


@each_version
def test_a_large_graph_takes_no_more_than_its_size(version: str, folder: Path) -> None:
    functions = [function(version, function_name=f"step-{index}") for index in range(500)]
    content = dump(graph(version, *functions))
    done = rewritten(content, folder)
    assert done.content.count(b"- name: step-") == 500
    assert done.content.count(b"seek_to: ") == 500


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ("---\na: 1\n", "a second document begins here"),
        ("      gpu: false\n", "the key `gpu` stands twice"),
        ("      <<: *nothing\n", "`*nothing` names no anchor"),
        ("\tgpu: 1\n", "a tab stands where only spaces may"),
        ("      pip: [{name: \xff}]\n", "0xff is not UTF-8"),
    ],
)
def test_a_file_with_problems_is_left_alone(wrong: str, message: str, here: Path) -> None:
    (here / "graph.yaml").write_bytes((STREAMS + FUNCTIONS + wrong).encode("latin-1"))
    result = run("migrate", "graph.yaml", "-o", "new.yaml")
    assert (result.exit_code, result.stdout) == (1, "")
    assert message in result.stderr
    assert not (here / "new.yaml").exists()


def test_what_is_not_understood_is_not_written(here: Path) -> None:
    whole = STREAMS.replace("project:", "all: &all").replace("apiVersion: v0_1\n", "") + FUNCTIONS
    (here / "graph.yaml").write_text(f"apiVersion: v0_1\n{whole}<<: {{project: *all}}\n")
    result = run("migrate", "graph.yaml", "-o", "new.yaml")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "error: graph.yaml:" in result.stderr
    assert "`project` comes from elsewhere; write it out, and try again" in result.stderr
    assert not (here / "new.yaml").exists()


# Old spellings of 0.2.0

SPELT = """\
apiVersion: 0.2.0
project:
  name: churn
  env_defaults: &env   # for all
    retention: 24   # hours
    module_paths: [/User/m]
  v3io_volumes:
    user-dir: {remote: users/ana, mount_path: /User, access_key: null, user: null}
  v3io_streams: {raw: {}}
  functions:
    - name: score
      <<: *env
      class_module: scoring
      class_name: Model
      methods: [predict]
      input_streams:
        raw:
          polling_interval_ms: 250   # often
          max_workers: 2
"""


def test_old_spellings_of_0_2_0(folder: Path) -> None:
    done = rewritten(SPELT, folder)
    expected = SPELT.replace("    retention", "    stream_retention")
    expected = expected.replace(", access_key: null, user: null", "")
    assert done.content.decode() == expected.replace("polling_interval_ms: 250   # often", "# often")  # fmt: skip
    assert [(each.location.line, each.message) for each in done.decisions] == [
        (5, "`retention` is the old spelling of `stream_retention`; it has the new one"),
        (8, "`access_key` has no effect; the key is in the Secret `volume_secret`"),
        (8, "`user` has no effect; the user is in the Secret `volume_secret`"),
        (18, "`polling_interval_ms` has no effect; Nuclio polls every 250 ms whatever it says"),
    ]
    assert project(done.content, folder) == project(SPELT.encode(), folder)


@pytest.mark.parametrize(("beside", "kept"), [("stream_retention: 48", True), ("stream_retention: null", False)])  # fmt: skip
def test_a_retention_beside_the_new_one(beside: str, kept: bool, folder: Path) -> None:
    text = SPELT.replace("    module_paths", f"    {beside}\n    module_paths")
    new = rewritten(text, folder).content.decode()
    assert (beside in new, "stream_retention: 24" in new) == (kept, not kept)
    assert project(new.encode(), folder) == project(text.encode(), folder)


# The command


@pytest.fixture
def here(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, with a graph of v0_1 and its modules."""
    (tmp_path / "modules").symlink_to(folder / "modules")
    (tmp_path / "graph.yaml").write_text(STREAMS + FUNCTIONS)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_new_graph_goes_to_standard_output(here: Path) -> None:
    before = content(here)
    result = run("migrate", "graph.yaml")
    assert (result.exit_code, result.stdout) == (0, NEW)
    told, last = result.stderr.splitlines()
    assert told.startswith("graph.yaml:15:28: warning: `Model` takes a `logger`")
    assert last == "graph.yaml: v0_1 → 0.2.0, 1 thing to decide"
    assert run("migrate", "-", input=STREAMS + FUNCTIONS).stdout == NEW
    assert content(here) == before


def content(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


def test_a_current_graph_keeps_its_bytes(here: Path) -> None:
    (here / "graph.yaml").write_text(NEW)
    result = run("migrate", "graph.yaml")
    assert (result.exit_code, result.stdout) == (0, NEW)
    assert result.stderr == "graph.yaml: nothing to migrate\n"
    assert run("migrate", "graph.yaml", "--diff").stdout == ""
    assert run("migrate", "graph.yaml", "-o", "graph.yaml").stdout == "graph.yaml is up to date\n"


def test_it_is_written_in_its_place_or_another(here: Path) -> None:
    (here / "graph.yaml").chmod(0o600)
    assert run("migrate", "graph.yaml", "-o", "new.yaml").stdout == "new.yaml was written\n"
    assert (here / "new.yaml").read_text() == NEW
    assert run("migrate", "graph.yaml", "-o", "new.yaml").stdout == "new.yaml is up to date\n"
    assert run("migrate", "graph.yaml", "-o", "graph.yaml").stdout == "graph.yaml was written\n"
    assert (here / "graph.yaml").read_text() == NEW
    assert (here / "graph.yaml").stat().st_mode & 0o777 == 0o600
    assert sorted(content(here)) == ["graph.yaml", "new.yaml"]


def test_what_somebody_else_wrote_is_not_replaced_unasked(here: Path) -> None:
    (here / "new.yaml").write_text("mine: true\n")
    result = run("migrate", "graph.yaml", "-o", "new.yaml")
    assert result.exit_code == 1
    assert "new.yaml: is there already, and is another file; " in result.stderr
    assert (here / "new.yaml").read_text() == "mine: true\n"
    assert run("migrate", "graph.yaml", "-o", "new.yaml", "--force").exit_code == 0
    assert (here / "new.yaml").read_text() == NEW


def test_a_link_stays_one(here: Path) -> None:
    (here / "link.yaml").symlink_to("graph.yaml")
    assert run("migrate", "link.yaml", "-o", "link.yaml").exit_code == 0
    assert (here / "link.yaml").is_symlink()
    assert (here / "graph.yaml").read_text() == NEW


def test_a_place_that_cannot_be_written_is_said(here: Path) -> None:
    result = run("migrate", "graph.yaml", "-o", "no/where/new.yaml")
    assert result.exit_code == 1
    said = "error: no/where/new.yaml: no such file or directory; -o writes to another place\n"
    assert result.stderr.endswith(said)
    assert run("migrate", "graph.yaml", "-o", "/dev/null").exit_code == 1


def test_a_dash_is_standard_output(here: Path) -> None:
    written = run("migrate", "graph.yaml", "-o", "-")
    assert (written.exit_code, written.stdout) == (0, run("migrate", "graph.yaml").stdout)
    assert not (here / "-").exists()


def test_the_difference_is_that_of_git(here: Path) -> None:
    (here / "graph.yaml").write_text((STREAMS + FUNCTIONS).rstrip("\n"))
    before = content(here)
    result = run("migrate", "graph.yaml", "--diff", "-o", "new.yaml")
    assert result.exit_code == 0
    assert content(here) == before
    assert result.stdout.startswith("--- a/graph.yaml\n+++ b/new.yaml\n@@ ")
    assert "-apiVersion: v0_1\n+apiVersion: 0.2.0\n" in result.stdout
    assert result.stdout.count("\n\\ No newline at end of file\n") == 2


def test_a_check_is_made_for_ci(here: Path) -> None:
    before = content(here)
    result = run("migrate", "graph.yaml", "--check")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "graph.yaml: v0_1 → 0.2.0" in result.stderr
    assert content(here) == before
    (here / "graph.yaml").write_text(SPELT)
    result = run("migrate", "graph.yaml", "--check")
    cure = "rewrite it: iguazioig migrate graph.yaml -o graph.yaml"
    assert result.exit_code == 1
    assert result.stderr.splitlines()[-2:] == ["graph.yaml: 4 old spellings", cure]
    (here / "graph.yaml").write_text(NEW)
    assert run("migrate", "graph.yaml", "--check").exit_code == 0


def test_modules_may_be_elsewhere(here: Path, tmp_path: Path) -> None:
    (here / "modules").rename(here / "elsewhere")
    assert "there is no module `scoring`" in run("migrate", "graph.yaml").stderr
    assert run("migrate", "graph.yaml", "-m", "elsewhere").stdout == NEW
