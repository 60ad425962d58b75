"""The documentation says what the code does."""

from __future__ import annotations

import importlib.util
import re
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

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


SLIPS = {
    "methods: [prepare, predict]": "methods: [prepare, predikt]",
    "streams: [scores]": "streams: [score]",
    "max_workers: 1": "max_worker: 1",
}
"""What is mistyped where the README shows how problems look."""


@pytest.mark.parametrize(
    ("command", "shown"),
    re.findall(r"```text\n\$ iguazioig ([^\n]+)\n(.*?)```", (ROOT / "README.md").read_text(), re.S),
)
def test_the_readme_shows_real_output(command: str, shown: str, tmp_path: Path) -> None:
    shutil.copytree(ROOT / "examples" / "scoring" / "modules", tmp_path / "modules")
    graph = (ROOT / "examples" / "scoring" / "graph.yaml").read_text()
    if command.startswith("validate"):
        for right, wrong in SLIPS.items():
            assert right in graph
            graph = graph.replace(right, wrong, 1)
    (tmp_path / "graph.yaml").write_text(graph)
    done = subprocess.run(
        [sys.executable, "-m", "iguazioig", *command.split()],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout + done.stderr == shown


def test_the_readme_shows_a_real_graph_and_handler() -> None:
    readme = (ROOT / "README.md").read_text()
    scoring = ROOT / "examples" / "scoring"
    assert (scoring / "graph.yaml").read_text().split("\n", 1)[1] in readme
    assert (scoring / "project" / "steps" / "score" / "handler.py").read_text() in readme
