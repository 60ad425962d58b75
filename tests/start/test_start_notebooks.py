"""Classes in notebooks, from `init --notebook` and `step new --notebook`: notebooks that Jupyter itself might have saved."""

from __future__ import annotations

import ast
import json
import re
import shlex
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import black
import pytest
from beginnings import invoke, run
from cases import read_tree
from iguazioig.assets import step_module_template
from iguazioig.start.repository import EXAMPLES, make_repository
from iguazioig.start.template import render
from test_start_templates import TEMPLATES, make

Tool = Callable[[str], str]
EXPECTED = Path(__file__).parent / "expected"
NAMES = {"scoring": "modules/fraud_model", "converge": "modules/branches"}
STEP = {"step": "enrich", "inputs": "transactions", "outputs": "enriched"}


def both(example: str) -> tuple[dict[str, bytes], dict[str, bytes]]:
    """The files of an example with a module, and with a notebook."""
    return make_repository("fraud", example), make_repository("fraud", example, notebook=True)


def notebooks() -> list[tuple[str, bytes, bytes]]:
    """Each notebook that is written, with its name, and the module that it stands for."""
    pairs = [(NAMES[example], *both(example)) for example in EXAMPLES]
    code = [{**STEP, "code": each} for each in ("module", "notebook")]
    pairs.append(
        ("modules/enrich", *(render(step_module_template(), each) for each in code))  # type: ignore[arg-type]
    )
    return [(name, new[f"{name}.ipynb"], old[f"{name}.py"]) for name, old, new in pairs]


NOTEBOOKS = pytest.mark.parametrize(
    ("notebook", "module"),
    [each[1:] for each in notebooks()],
    ids=[each[0] for each in notebooks()],
)


def code_of(notebook: bytes) -> list[str]:
    """The texts of the code cells."""
    cells: list[Mapping[str, Any]] = json.loads(notebook)["cells"]
    return ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]


@pytest.mark.parametrize("example", EXAMPLES)
def test_what_differs_is_what_was_reviewed(example: str, update_golden: bool) -> None:
    module, notebook = both(example)
    assert {*module} - {*notebook} == {f"{NAMES[example]}.py"}
    assert {*notebook} - {*module} == {f"{NAMES[example]}.ipynb"}
    changed = {path: each for path, each in sorted(notebook.items()) if module.get(path) != each}
    text = "\n".join(f"--- {path}\n{content.decode()}" for path, content in changed.items())
    golden = EXPECTED / f"{example}-notebook.txt"
    if update_golden:
        golden.write_text(text)
    assert text == golden.read_text()


@NOTEBOOKS
def test_it_is_a_notebook_as_jupyter_saves_it(notebook: bytes, module: bytes) -> None:
    content = json.loads(notebook)
    saved = json.dumps(content, indent=1, sort_keys=True, ensure_ascii=False) + "\n"
    assert notebook.decode() == saved
    assert (content["nbformat"], content["nbformat_minor"]) == (4, 5)
    assert content["metadata"]["kernelspec"]["language"] == "python"
    ids = [cell["id"] for cell in content["cells"]]
    assert len({*ids}) == len(ids)
    assert all(re.fullmatch(r"[a-zA-Z0-9-_]{1,64}", each) for each in ids)
    for cell in content["cells"]:
        outputs = {"execution_count", "outputs"} if cell["cell_type"] == "code" else set()
        assert set(cell) == {"cell_type", "id", "metadata", "source", *outputs}
        assert all(line.endswith("\n") for line in cell["source"][:-1])


@NOTEBOOKS
def test_between_the_marks_is_the_code_of_the_module(notebook: bytes, module: bytes) -> None:
    cells = code_of(notebook)
    assert (cells[0], cells[-2]) == ("# nuclio: start-code", "# nuclio: end-code")
    ours = ast.parse("\n".join(cells[1:-2]))
    theirs = ast.parse(module)
    assert ast.dump(ours) == ast.dump(ast.Module(theirs.body[1:], theirs.type_ignores))
    for cell in cells:
        assert black.format_str(cell, mode=black.Mode()) == f"{cell}\n"


@NOTEBOOKS
def test_all_of_it_runs_from_top_to_bottom(notebook: bytes, module: bytes, tmp_path: Path) -> None:
    (tmp_path / "features.py").write_bytes(make_repository("x", "scoring")["modules/features.py"])
    program = "\n".join(
        [*code_of(notebook)[:-1], f"print({code_of(notebook)[-1].splitlines()[-1]})"]
    )
    before = "\n".join(code_of(notebook)[-1].splitlines()[:-1])
    lines = program.rsplit("\n", 1)
    done = subprocess.run(
        [sys.executable, "-c", f"{lines[0]}\n{before}\n{lines[1]}"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout != ""


def test_a_key_of_any_kind_can_be_tried() -> None:
    key = 'it\'s "é" \\ </b>'
    given = {**STEP, "code": "notebook", "partition_key": key}
    files = render(step_module_template(), given)
    (call,) = ast.parse(code_of(files["modules/enrich.ipynb"])[-1]).body
    assert key in [each.value for each in ast.walk(call) if isinstance(each, ast.Constant)]


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_cookiecutter_makes_the_same_notebooks(template: Path, tool: Tool, tmp_path: Path) -> None:
    made = make(tool, tmp_path, template, "--no-input", "code=notebook")
    assert read_tree(made) == render(template, {"code": "notebook"})
    assert [path.suffix for path in made.rglob("*.ipynb")] == [".ipynb"]


def test_init_writes_one_and_asks_for_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert invoke("init", "fraud", "--notebook").exit_code == 0
    assert invoke("init", "asked", "-i", "--example", "scoring", answers="y\n\n").exit_code == 0
    expected = make_repository("fraud", "scoring", notebook=True)
    assert read_tree(tmp_path / "fraud") == expected
    assert {*read_tree(tmp_path / "asked")} == {*expected}


@pytest.mark.parametrize("example", EXAMPLES)
def test_all_that_the_readme_says_is_true_of_notebooks(
    example: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tool: Tool
) -> None:
    monkeypatch.chdir(tmp_path)
    assert invoke("init", "first-try", "--example", example, "--notebook").exit_code == 0
    folder = tmp_path / "first-try"
    subprocess.run([tool("git"), "init", "--quiet", "-b", "main"], cwd=folder, check=True)
    lines = re.findall(r"```bash\n(.*?)```", (folder / "README.md").read_text(), re.S)
    for line in "".join(lines).splitlines()[1:]:
        words = shlex.split(line, comments=True)
        done = run(folder, *words, *(["--port", "0"] if "run" in words else []))
        assert done.returncode == 0, (words, done.stdout, done.stderr)


def test_a_step_in_a_notebook_is_added_tested_and_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert invoke("init", "fraud", "--notebook").exit_code == 0
    monkeypatch.chdir(tmp_path / "fraud")
    words = ["--from", "scores", "--to", "rated", "--notebook"]
    result = invoke("step", "new", "rate-all", *words)
    assert result.exit_code == 0, result.stderr
    assert "  created  modules/rate_all.ipynb\n" in result.stdout
    assert "class_module: rate_all.ipynb\n" in Path("graph.yaml").read_text()
    done = run(tmp_path / "fraud", "pytest", "--quiet")
    assert "4 passed" in done.stdout, done.stdout + done.stderr
    send = ["--send", "transactions=messages/transactions.jsonl"]
    words = ["run", "graph.yaml", *send, "--until-idle", "--json", "--port", "0"]
    done = run(tmp_path / "fraud", "iguazioig", *words)
    assert done.returncode == 0, done.stderr
    streams = {each["name"]: each["records"] for each in json.loads(done.stdout)["streams"]}
    assert (streams["rated"], streams["alerts"]) == (4, 2)
    again = invoke("step", "new", "rate-all 2", *words[:0], "--from", "rated", "--notebook")
    assert again.exit_code == 0, again.stderr
