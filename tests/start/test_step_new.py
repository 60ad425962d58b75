"""`iguazioig step new`: what it adds to a repository, that it works at once, and what it refuses."""

from __future__ import annotations

import ast
import json
import os
import shutil
import stat
from collections.abc import Callable
from pathlib import Path

import black
import pytest
from beginnings import invoke, remarks, run
from cases import ALL_CASES, EXAMPLES, name_of, read_tree
from hostile import quick, texts
from hypothesis import given
from hypothesis import strategies as st
from iguazioig.deployment import load
from iguazioig.errors import ProjectError
from iguazioig.source import Source, read_source
from iguazioig.start.files import Rewritten, put_files
from iguazioig.start.names import class_name, module_name
from iguazioig.start.new_step import draft
from iguazioig.start.repository import make_repository
from iguazioig.start.wish import Wish
from test_insertion import lines_added

Tool = Callable[[str], str]


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository as `init` makes it, the current folder."""
    folder = tmp_path / "fraud"
    for name, content in make_repository("fraud", "scoring").items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    monkeypatch.chdir(folder)
    return folder


def new(*words: str, answers: str | None = None) -> str:
    """What `step new` says."""
    result = invoke("step", "new", *words, answers=answers)
    assert result.exit_code == 0, result.stderr
    return result.output


# what is added


def test_a_step_comes_with_its_streams_its_class_and_its_test(repository: Path) -> None:
    before = read_tree(repository)
    assert new("enrich", "--from", "transactions", "--to", "enriched") == (
        "graph.yaml: step `enrich` was added\n"
        "  new      stream `enriched`, 4 shards in `projects`\n"
        "  created  modules/enrich.py\n"
        "  created  tests/test_enrich.py\n"
    )
    after = read_tree(repository)
    assert {*after} - {*before} == {"modules/enrich.py", "tests/test_enrich.py"}
    changed = [path for path in before if after[path] != before[path]]
    assert changed == ["graph.yaml"]
    assert lines_added(before["graph.yaml"].decode(), after["graph.yaml"].decode()) == [
        "    enriched: {container: projects, shards: 4}",
        "    - name: enrich",
        "      input_streams:",
        "        transactions: {}",
        "      class_module: enrich",
        "      class_name: Enrich",
        "      methods: [process]",
        "      outputs:",
        "        streams: [enriched]",
    ]


def test_after_two_of_them_all_tests_pass_and_the_pipeline_runs(
    repository: Path, tool: Tool
) -> None:
    new("enrich", "--from", "transactions", "--to", "enriched")
    new("Audit all", "--from", "enriched", "--from", "scores", "--to", "audits", "--to", "log")
    done = run(repository, "pytest", "--quiet")
    assert "5 passed" in done.stdout, done.stdout + done.stderr
    send = ["--send", "transactions=messages/transactions.jsonl"]
    words = ["run", "graph.yaml", *send, "--until-idle", "--json", "--port", "0"]
    done = run(repository, "iguazioig", *words)
    assert done.returncode == 0, done.stderr
    streams = {each["name"]: each["records"] for each in json.loads(done.stdout)["streams"]}
    assert streams == {
        "transactions": 5,
        "scores": 4,
        "alerts": 2,
        "rejected": 1,
        "enriched": 5,
        "audits": 9,
        "log": 9,
    }
    assert remarks(tool, repository) == ""


def test_what_goes_into_a_step_may_end_there(repository: Path) -> None:
    new("store", "--from", "alerts")
    step = load(read_source("graph.yaml")).graph.steps[-1]
    assert (step.streams, step.slug) == ((), "store")
    done = run(repository, "pytest", "--quiet", "tests/test_store.py")
    assert "1 passed" in done.stdout, done.stdout + done.stderr


def test_a_step_may_read_the_dead_letters_and_has_none_itself(repository: Path) -> None:
    new("mend", "--from", "rejected", "--to", "transactions")
    step = load(read_source("graph.yaml")).graph.steps[-1]
    assert step.error_stream is None
    done = run(repository, "pytest", "--quiet", "tests/test_mend.py")
    assert "1 passed" in done.stdout, done.stdout + done.stderr


def test_a_stream_that_may_be_a_slip_is_said_to_be_new(repository: Path) -> None:
    said = new("enrich", "--from", "transaction", "--to", "enriched")
    assert "stream `transaction`, 4 shards in `projects`, which no step writes\n" in said
    assert "warning: the stream `transaction` is new; did you mean `transactions`?\n" in said
    assert said.count("warning") == 1


def test_a_stream_is_meant_however_it_is_spelt(repository: Path) -> None:
    new("enrich", "--from", "Transactions", "--from", "transactions", "--to", "my stream")
    new("more", "--from", "my_stream")
    graph = load(read_source("graph.yaml")).graph
    assert [each.stream.name for each in graph.steps[-2].inputs] == ["transactions"]
    assert [each.stream.name for each in graph.steps[-1].inputs] == ["my stream"]


def test_new_streams_are_like_the_first_that_the_step_names(repository: Path) -> None:
    new("page", "--from", "alerts", "--from", "scores", "--to", "pages")
    stream = load(read_source("graph.yaml")).graph.streams[-1]
    assert (stream.name, stream.container, stream.shards, stream.retention) == (
        "pages",
        "projects",
        1,
        48,
    )


def test_a_warning_that_comes_with_the_step_is_shown(repository: Path) -> None:
    said = new("again", "--from", "alerts", "--to", "transactions")
    assert "graph.yaml:15:13: warning: the steps form a cycle" in said


def test_its_test_asks_for_the_fixture_where_nobody_gives_it(repository: Path) -> None:
    text = 'its test needs `pytest_plugins = ["iguazioig.testing"]` in conftest.py\n'
    assert text not in new("enrich", "--from", "transactions")
    Path("conftest.py").unlink()
    assert text in new("more", "--from", "transactions")


# names

NAMES = st.from_regex(r"[A-Za-z]([-_ A-Za-z0-9]{0,20}[A-Za-z0-9])?", fullmatch=True)
STREAMS = st.from_regex(r"[A-Za-z0-9]([-_ A-Za-z0-9]{0,12}[A-Za-z0-9])?", fullmatch=True)


def refusal(action: Callable[[], object]) -> str | None:
    """Why something cannot be."""
    try:
        action()
    except (ValueError, ProjectError) as error:
        return str(error)
    return None


@quick(60)
@given(
    name=NAMES,
    inputs=st.lists(STREAMS, min_size=1, max_size=2),
    outputs=st.lists(STREAMS, max_size=2),
)
def test_whatever_names_there_are_the_graph_and_the_files_are_good(
    name: str, inputs: list[str], outputs: list[str]
) -> None:
    source = read_source(EXAMPLES / "scoring" / "graph.yaml")
    wish = Wish(name, tuple(inputs), tuple(outputs))
    refused = refusal(lambda: draft(source, wish))
    if refused is not None:
        words = ("expected", "choose another name", "would have problems")
        assert any(word in refused for word in words)
        return
    drafted = draft(source, wish)
    assert lines_added(source.content.decode(), drafted.graph.decode())
    assert {Path(path).parent.name for path in drafted.files} == {"modules", "tests"}
    for content in drafted.files.values():
        text = content.decode()
        ast.parse(text)
        assert black.format_str(text, mode=black.Mode()) == text


@quick(60)
@given(text=texts(surrogates=True))
def test_a_text_that_is_no_name_is_refused(text: str) -> None:
    for wish in (Wish(text, ("a",)), Wish("a", (text,)), Wish("a", ("a",), (text,))):
        refused = refusal(wish.check)
        assert (refused or "").isprintable()
        assert refused is not None or (text.isascii() and text.isprintable())


@pytest.mark.parametrize(
    ("name", "module", "title"),
    [
        ("rate-all", "rate_all", "RateAll"),
        ("Rate  ALL_x", "rate__all_x", "RateALLX"),
        ("json", "step_json", "Json"),
        ("class", "step_class", "Class"),
        ("none", "none", "NoneStep"),
        ("delivery", "step_delivery", "Delivery"),
        ("handler", "step_handler", "Handler"),
        ("v3io", "step_v3io", "V3io"),
        ("x", "x", "X"),
    ],
)
def test_a_name_becomes_what_python_has_room_for(
    name: str, module: str, title: str, repository: Path
) -> None:
    assert (module_name(name), class_name(name)) == (module, title)
    new(name, "--from", "transactions", "--to", "null", "--to", "2024-01-01", "--to", "yes")
    graph = load(read_source("graph.yaml")).graph
    step = graph.steps[-1]
    assert (step.name, step.class_module, step.class_name) == (name, module, title)
    assert [stream.name for stream in step.streams] == ["null", "2024-01-01", "yes"]


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["2fast", "--from", "scores"], "`2fast` is no name of a step"),
        (["x.y", "--from", "scores"], "`x.y` is no name of a step"),
        (["../x", "--from", "scores"], "`../x` is no name of a step"),
        (["x", "--from", "a/b"], "`a/b` is no name of a stream"),
        (["x", "--from", "scores", "--to", "{{ 1 }}"], "`{{ 1 }}` is no name of a stream"),
        (["x", "--from", ""], "nothing is no name of a stream"),
        (["x"], "nothing feeds step `x`; expected a stream that it reads"),
        (["x", "--from", "scores", "--to", "Scores"], "step `x` would read what it writes"),
        (["x" * 64, "--from", "scores"], "has 64 characters; expected at most 63"),
        (["--from", "scores"], "what is the step called?"),
    ],
)
def test_what_no_step_can_be_is_wrong_usage(words: list[str], why: str, repository: Path) -> None:
    before = read_tree(repository)
    result = invoke("step", "new", *words)
    assert (result.exit_code, why in " ".join(result.stderr.split())) == (2, True), result.stderr
    assert read_tree(repository) == before


# what is in the way


@pytest.mark.parametrize(
    "path",
    ["modules/enrich.py", "enrich.py", "modules/enrich/x.txt", "modules/enrich.ipynb", "tests/test_enrich.py", "more/enrich.py"],
)  # fmt: skip
def test_no_file_is_overwritten_or_hidden(path: str, repository: Path) -> None:
    Path(path).parent.mkdir(exist_ok=True)
    Path(path).write_text("mine\n")
    before = read_tree(repository)
    modules = ["-m", "more"] if path.startswith("more") else []
    result = invoke("step", "new", "enrich", "--from", "transactions", *modules)
    assert result.exit_code == 1
    place = path.removesuffix("/x.txt")
    text = f"{place}: is there already, and is never overwritten; choose another name for the step"
    assert text in result.stderr
    assert read_tree(repository) == before


def test_a_module_that_another_step_would_take_for_a_package_is_refused(repository: Path) -> None:
    model = Path("modules/features.py")
    model.write_text("try:\n    import numpy\nexcept ImportError:\n    pass\n" + model.read_text())
    before = read_tree(repository)
    result = invoke("step", "new", "numpy", "--from", "transactions")
    assert result.exit_code == 1
    assert "step `score` imports a `numpy` that is not yours" in result.stderr
    assert read_tree(repository) == before


def test_a_step_that_is_there_is_named_with_its_place(repository: Path) -> None:
    result = invoke("step", "new", "Score", "--from", "transactions")
    assert result.exit_code == 1
    assert "graph.yaml:15:13: step `score` is there already" in result.stderr


@pytest.mark.parametrize("what", ["tests", "modules"])
def test_it_is_all_of_it_or_nothing(what: str, repository: Path) -> None:
    (repository / what).rename(repository / "elsewhere")
    (repository / what).write_text("a file\n")
    before = read_tree(repository)
    modules = ["-m", "elsewhere"] if what == "modules" else []
    result = invoke("step", "new", "enrich", "--from", "transactions", *modules)
    assert result.exit_code == 1
    assert "nothing was written" in result.stderr
    assert read_tree(repository) == before


def test_a_graph_that_somebody_changed_meanwhile_stays_as_it_is(repository: Path) -> None:
    before = read_tree(repository)
    files = {repository / "new" / "file.py": b"new\n"}
    with pytest.raises(
        ProjectError, match=r"graph\.yaml: was changed meanwhile; nothing was written"
    ):
        put_files(files, Rewritten(repository / "graph.yaml", b"what was read\n", b"other\n"))
    assert read_tree(repository) == before
    assert not (repository / "new").exists()


def test_a_graph_with_problems_is_left_alone(repository: Path) -> None:
    text = Path("graph.yaml").read_text()
    Path("graph.yaml").write_text(text.replace("[scores]", "[score]"))
    result = invoke("step", "new", "enrich", "--from", "transactions")
    assert result.exit_code == 1
    assert "graph.yaml:23:19: `score`, an output of the step, is not declared" in result.stderr
    assert not Path("modules/enrich.py").exists()


def test_without_a_graph_it_says_where_one_is_looked_for(repository: Path) -> None:
    result = invoke("step", "new", "enrich", "--from", "scores", "--graph", "other.yaml")
    assert result.exit_code == 2
    assert "there is no other.yaml; go where the graph is, or name it with --graph" in result.stderr


OLDER = [
    case
    for case in ALL_CASES
    if (case / "project").is_dir()
    and b"apiVersion: 0.2.0" not in (case / "graph.yaml").read_bytes()
]


@pytest.mark.parametrize("case", OLDER, ids=name_of)
def test_an_older_graph_is_to_be_migrated_first(case: Path, tmp_path: Path) -> None:
    shutil.copytree(case, tmp_path / "old")
    graph = tmp_path / "old" / "graph.yaml"
    result = invoke("step", "new", "enrich", "--from", "scores", "--graph", str(graph))
    assert result.exit_code == 1
    assert f"iguazioig migrate {graph} -o {tmp_path}/old/graph-0.2.0.yaml" in result.stderr
    assert len(OLDER) >= 5


def test_a_graph_that_cannot_be_added_to_is_shown_what_is_missing(repository: Path) -> None:
    graph = Path("graph.yaml")
    text = graph.read_text()
    streams = text[text.index("  v3io_streams:") : text.index("  functions:")]
    held = streams.replace("  v3io_streams:", "  env_custom: &held")
    graph.write_text(text.replace(streams, f"{held}  v3io_streams: *held\n"))
    before = read_tree(repository)
    result = invoke("step", "new", "enrich", "--from", "transactions", "--to", "enriched")
    assert result.exit_code == 1
    assert result.stderr == (
        "error: graph.yaml:14:3: `v3io_streams` is no mapping of streams; nothing was written; what is to be added by hand:\n"
        "  v3io_streams:\n"
        "    enriched: {container: projects, shards: 4}\n"
        "  functions:\n"
        "    - name: enrich\n"
        "      input_streams:\n"
        "        transactions: {}\n"
        "      class_module: enrich\n"
        "      class_name: Enrich\n"
        "      methods: [process]\n"
        "      outputs:\n"
        "        streams: [enriched]\n"
    )
    assert read_tree(repository) == before
    new("enrich", "--from", "transactions", "--to", "scores")


def test_streams_that_are_merged_in_are_not_replaced(repository: Path) -> None:
    graph = Path("graph.yaml")
    text = graph.read_text()
    streams = text[text.index("  v3io_streams:") : text.index("  functions:")]
    held = streams.replace("\n    ", "\n      ").replace(
        "  v3io_streams:", "  env_custom: &held\n    v3io_streams:"
    )
    graph.write_text(text.replace(streams, f"{held}  <<: *held\n"))
    assert load(read_source("graph.yaml")).warnings == ()
    result = invoke("step", "new", "enrich", "--from", "transactions", "--to", "enriched")
    assert result.exit_code == 1
    assert "graph.yaml:15:3: `v3io_streams` comes from `<<`, if it is anywhere" in result.stderr
    assert not Path("modules/enrich.py").exists()


def test_problems_that_only_the_step_would_bring_are_said(repository: Path) -> None:
    before = read_tree(repository)
    result = invoke("step", "new", "x" * 51, "--from", "a b", "--from", "a-b")
    assert result.exit_code == 1
    assert "the graph would have problems with the step; nothing was written:\n" in result.stderr
    assert "57 characters; Nuclio takes at most 56" in result.stderr
    assert "`a-b` is known as `a-b`, and so is stream `a b`" in result.stderr
    assert read_tree(repository) == before


# the file of the graph


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("line_break", [b"\n", b"\r\n"])
def test_its_encoding_and_line_breaks_stay(
    line_break: bytes, mark: bytes, repository: Path
) -> None:
    graph = Path("graph.yaml")
    content = mark + graph.read_bytes().replace(b"---\n", "# é →\n---\n".encode()).replace(
        b"\n", line_break
    )
    graph.write_bytes(content)
    new("enrich", "--from", "transactions", "--to", "enriched")
    after = graph.read_bytes()
    assert after.count(b"\n") == after.count(line_break) == content.count(b"\n") + 9
    assert lines_added(content.decode(), after.decode())


def test_its_permissions_and_its_link_stay(repository: Path) -> None:
    Path("graph.yaml").rename("real.yaml")
    Path("real.yaml").chmod(0o640)
    Path("graph.yaml").symlink_to("real.yaml")
    new("enrich", "--from", "transactions")
    assert Path("graph.yaml").is_symlink()
    assert stat.S_IMODE(os.stat("real.yaml").st_mode) == 0o640
    assert b"name: enrich" in Path("real.yaml").read_bytes()


def test_the_graph_may_be_somewhere_else(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(repository.parent)
    said = new("enrich", "--from", "transactions", "--graph", "fraud/graph.yaml")
    assert "  created  fraud/modules/enrich.py\n" in said


@pytest.mark.parametrize("case", ALL_CASES, ids=name_of)
def test_every_graph_that_generates_takes_a_step(case: Path) -> None:
    if not (case / "project").is_dir() or case in OLDER:
        return
    source = read_source(case / "graph.yaml")
    stream = load(source).graph.streams[0].name
    drafted = draft(source, Wish("one more", (stream,), ("one more stream",)))
    again = Source(source.name, drafted.graph, source.folder)
    assert lines_added(source.content.decode(), again.content.decode())


# asking


def test_it_asks_for_what_is_not_said(repository: Path) -> None:
    said = new("-i", answers="2x\nenrich\na/b\ntransactions, scores\nenriched\nn\n")
    assert "streams of the graph: transactions, scores, alerts, rejected\n" in said
    assert "`2x` is no name of a step" in said
    assert "`a/b` is no name of a stream" in said
    step = load(read_source("graph.yaml")).graph.steps[-1]
    assert [each.stream.name for each in step.inputs] == ["transactions", "scores"]
    assert [stream.name for stream in step.streams] == ["enriched"]


def test_it_does_not_ask_for_what_is_said(repository: Path) -> None:
    said = new("enrich", "-i", "--from", "scores", "--to", "x", answers="n\n")
    assert said.endswith("tests/test_enrich.py\n")
    assert "streams" not in said
    assert said.startswith(
        "its class in a notebook [y/N]: n\ngraph.yaml: step `enrich` was added\n"
    )
