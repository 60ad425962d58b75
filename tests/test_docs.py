"""The documentation says what the code does."""

from __future__ import annotations

import difflib
import importlib.util
import re
import shutil
import subprocess
import sys
from dataclasses import fields
from pathlib import Path
from types import ModuleType

import pytest
from iguazioig.api.older.conditions import CALLS, METHODS
from iguazioig.change.model import CODES, Change, Consequence

ROOT = Path(__file__).resolve().parents[1]


def reference() -> ModuleType:
    spec = importlib.util.spec_from_file_location("reference", ROOT / "docs" / "reference.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_reference_pages_are_made_from_the_code(update_golden: bool) -> None:
    pages: dict[Path, str] = reference().pages()
    if update_golden:
        for path, text in pages.items():
            path.write_text(text)
    assert {path: path.read_text() for path in pages} == pages


@pytest.mark.parametrize(
    "page", sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")]), ids=lambda path: path.name
)
def test_links_lead_somewhere(page: Path) -> None:
    links = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text())
    assert [link for link in links if not (page.parent / link).exists()] == []


def test_every_sentence_of_the_contract_names_the_tests_that_hold_it() -> None:
    text = (ROOT / "docs" / "delivery.md").read_text().partition("\n[^")[0]
    contract = text.partition("\n## ")[2]
    contract = re.sub(r"```.*?```|\|[-|]+\||\n#[^\n]*|\*\*.*?\*\*", "", contract, flags=re.S)
    blocks = [" ".join(block.split()) for block in re.split(r"\n\n|\n(?=[-|\d])", contract)]
    rows = [
        block for block in blocks if block.startswith("|") and not block.endswith("| held by |")
    ]
    sentences = [
        sentence
        for block in blocks
        if not block.startswith("|")
        for sentence in re.split(r"(?<=[.\]])\s+(?=[A-Z`])", block)
        if len(sentence.split()) > 4
    ]
    assert len(rows) > 20
    assert len(sentences) > 40
    told = [each for each in [*rows, *sentences] if not re.search(r"\[\^[a-z-]+\]( \|)?$", each)]
    assert told == []


def test_every_test_that_the_contract_names_is_there() -> None:
    text = (ROOT / "docs" / "delivery.md").read_text()
    notes = dict(re.findall(r"^\[\^([a-z-]+)\]: (.*)$", text, re.M))
    assert set(re.findall(r"\[\^([a-z-]+)\](?!:)", text)) == set(notes)
    known = {
        name
        for path in (ROOT / "tests").rglob("test_*.py")
        for name in re.findall(r"^(?:async )?def (test_\w+)", path.read_text(), re.M)
    }
    named = {name for note in notes.values() for name in re.findall(r"`(\w+)`", note)}
    assert all(re.findall(r"`test_\w+`", note) for note in notes.values())
    assert named - known == set()


SLIPS = {
    "methods: [prepare, predict]": "methods: [prepare, predikt]",
    "streams: [scores]": "streams: [score]",
    "max_workers: 1": "max_worker: 1",
}
"""What is mistyped where the README shows how problems look."""


def blocks(page: str) -> list[tuple[str, str]]:
    """The commands that a page shows, and what it shows of their output."""
    return re.findall(r"```text\n\$ iguazioig ([^\n]+)\n(.*?)```", (ROOT / page).read_text(), re.S)


def is_run(block: tuple[str, str]) -> bool:
    return block[0].startswith("run ")


def run(folder: Path, command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "iguazioig", *command.split()],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=200,
    )


@pytest.mark.parametrize(
    ("command", "shown"), [block for block in blocks("README.md") if not is_run(block)]
)
def test_the_readme_shows_real_output(command: str, shown: str, tmp_path: Path) -> None:
    shutil.copytree(ROOT / "examples" / "scoring" / "modules", tmp_path / "modules")
    graph = (ROOT / "examples" / "scoring" / "graph.yaml").read_text()
    if command.startswith("validate"):
        for right, wrong in SLIPS.items():
            assert right in graph
            graph = graph.replace(right, wrong, 1)
    (tmp_path / "graph.yaml").write_text(graph)
    done = run(tmp_path, command)
    assert done.stdout + done.stderr == shown


@pytest.mark.parametrize(("command", "shown"), blocks("docs/graph-older.md"))
def test_the_page_of_older_graphs_shows_real_output(command: str, shown: str) -> None:
    done = run(ROOT / "tests" / "golden" / "v1alpha1", command)
    assert f"{done.stdout.rstrip()}\n" == shown
    assert done.stderr.count("warning: ") == 4


@pytest.mark.parametrize(("command", "shown"), blocks("docs/migrate.md"))
def test_the_page_about_migration_shows_real_output(
    command: str, shown: str, update_golden: bool
) -> None:
    done = run(ROOT / "tests" / "golden" / "v2alpha3", command)
    page, block = ROOT / "docs" / "migrate.md", f"$ iguazioig {command}\n"
    if update_golden:
        text = page.read_text().replace(f"{block}{shown}", f"{block}{done.stdout}{done.stderr}")
        page.write_text(text)
    assert (command, done.stdout + done.stderr) in blocks("docs/migrate.md")


def test_the_page_of_older_graphs_shows_a_real_handler_and_all_that_a_condition_may_hold() -> None:
    page = (ROOT / "docs" / "graph-older.md").read_text()
    handler = ROOT / "tests" / "golden" / "v0_1" / "project" / "steps" / "score" / "handler.py"
    assert f"def wanted{handler.read_text().partition('def wanted')[2]}" in page
    flowing = " ".join(page.split())
    for words in (CALLS, METHODS):
        assert ", ".join(f"`{word}`" for word in sorted(words)) in flowing


@pytest.mark.parametrize(
    ("command", "shown"),
    [block for page in ("README.md", "docs/local.md") for block in blocks(page) if is_run(block)],
)
def test_the_pages_show_real_runs(command: str, shown: str, tmp_path: Path) -> None:
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    shutil.copytree(ROOT / "examples" / "scoring" / "project", tmp_path / "fraud")
    shutil.copytree(ROOT / "examples" / "scoring" / "messages", tmp_path / "messages")
    done = run(tmp_path, f"{command} --port 0")
    assert steady(done.stdout or done.stderr) == steady(shown)


NOTEBOOK_SLIPS = {
    "predict(self, context, message)": "predict(self, message)",
    'spec.build.baseImage = \\"python:3.12\\"': "spec.maxReplicas = 4",
}
"""What is mistyped where the page about notebooks shows how problems look."""


@pytest.mark.parametrize(("command", "shown"), blocks("docs/notebooks.md"))
def test_the_page_about_notebooks_shows_real_output(
    command: str, shown: str, tmp_path: Path
) -> None:
    shutil.copytree(ROOT / "examples" / "notebook", tmp_path, dirs_exist_ok=True)
    if command.startswith("validate"):
        path = tmp_path / "modules" / "fraud.ipynb"
        for right, wrong in NOTEBOOK_SLIPS.items():
            assert right in path.read_text()
            path.write_text(path.read_text().replace(right, wrong, 1))
    done = run(tmp_path, f"{command} --port 0" if is_run((command, shown)) else command)
    assert steady(done.stdout or done.stderr) == steady(shown)


def test_the_page_about_notebooks_shows_the_real_graph_and_module() -> None:
    page = (ROOT / "docs" / "notebooks.md").read_text()
    example = ROOT / "examples" / "notebook"
    assert (example / "project" / "steps" / "score" / "fraud.py").read_text() in page
    assert (example / "graph.yaml").read_text().partition("    - name: score")[2] in page


CHANGED = {
    "diff": {
        "graph.yaml": {
            "transactions: {container: projects, shards: 4": "transactions: {container: projects, shards: 6",
            "name: alert\n": "name: warn\n",
        }
    },
    "generate": {
        "fraud/steps/score/function.yaml": {"maxReplicas: 2": "maxReplicas: 3"},
        "fraud/steps/score/.env": {"": ""},
    },
}
"""What the page about changes says that somebody did before its commands, by file."""


@pytest.mark.parametrize(("command", "shown"), blocks("docs/change.md"))
def test_the_page_about_changes_shows_real_output(
    command: str, shown: str, tmp_path: Path, update_golden: bool
) -> None:
    scoring = ROOT / "examples" / "scoring"
    shutil.copytree(scoring / "modules", tmp_path / "modules")
    shutil.copytree(scoring / "project", tmp_path / "fraud")
    shutil.copy(scoring / "graph.yaml", tmp_path)
    for name, edits in CHANGED[command.split()[0]].items():
        path = tmp_path / name
        text = path.read_text() if path.exists() else ""
        for right, other in edits.items():
            assert right in text
            text = text.replace(right, other, 1)
        path.write_text(text)
    done = run(tmp_path, command)
    assert done.returncode == 1
    if update_golden:
        page = ROOT / "docs" / "change.md"
        page.write_text(page.read_text().replace(shown, done.stdout + done.stderr))
    assert (command, done.stdout + done.stderr) in blocks("docs/change.md")


def test_the_page_about_a_start_shows_what_happens_from_nothing_on(
    tmp_path: Path, update_golden: bool
) -> None:
    page = ROOT / "docs" / "start.md"
    home = tmp_path / "fraud"
    graphs = []
    for command, shown in blocks("docs/start.md"):
        where = home if home.exists() else tmp_path
        done = run(where, f"{command} --port 0" if is_run((command, shown)) else command)
        said = done.stdout + ("" if is_run((command, shown)) else done.stderr)
        if update_golden and steady(said) != steady(shown):
            page.write_text(page.read_text().replace(shown, said))
        if is_run((command, shown)):
            assert steady(said) in [steady(each) for _, each in blocks("docs/start.md")]
        else:
            assert (command, said) in blocks("docs/start.md")
        graphs.append((home / "graph.yaml").read_text().splitlines())
    assert len(graphs) == 4
    text = page.read_text()
    for path in ("modules/audit.py", "tests/test_audit.py"):
        assert f"```python\n{(home / path).read_text()}```" in text
    (shown,) = re.findall(r"```diff\n(.*?)\n```", text, re.S)
    diff = difflib.unified_diff(graphs[0], graphs[-1], lineterm="")
    assert [*diff][2:] == re.sub(r"(@@.*@@).*", r"\1", shown).splitlines()


def test_the_page_about_changes_has_every_code_and_key() -> None:
    page = (ROOT / "docs" / "change.md").read_text()
    keys = {
        *(field.name for field in fields(Change)),
        "path",
        "line",
        "column",
        "deployed",
        "accepted",
    }
    keys -= {"steps", "location"}
    assert [
        name for name in (*CODES, *map(str, Consequence), *sorted(keys)) if f"`{name}`" not in page
    ] == []


def steady(output: str) -> list[str]:
    """What is the same in every run of a command: not how long it took, nor which step gave up first."""
    times = r"\s+[\d,]+\s+[\d.]+ m?s\s+[\d.]+ m?s$"
    return sorted(re.sub(r"\s+", " ", re.sub(times, "", line)) for line in output.splitlines())


def test_the_readme_shows_a_real_graph_and_handler() -> None:
    readme = (ROOT / "README.md").read_text()
    scoring = ROOT / "examples" / "scoring"
    assert (scoring / "graph.yaml").read_text().split("\n", 1)[1] in readme
    assert (scoring / "project" / "steps" / "score" / "handler.py").read_text() in readme
