"""The templates of `init` and `step new` are cookiecutter's own: it makes the same of them, without iguazioig."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from beginnings import invoke, remarks, run
from cases import read_tree
from iguazioig.assets import repository_template, step_module_template
from iguazioig.start.repository import EXAMPLES, make_repository
from iguazioig.start.template import render

Tool = Callable[[str], str]
SCHEMA = "graph.schema.json"
TEMPLATES = [*map(repository_template, EXAMPLES), step_module_template()]


def make(tool: Tool, folder: Path, template: Path, *options: str, answers: str = "") -> Path:
    """The folder that plain `cookiecutter` makes in another one, with a home of its own."""
    home = folder / "home"
    home.mkdir(exist_ok=True)
    subprocess.run(
        [tool("cookiecutter"), str(template), "--output-dir", str(folder / "made"), *options],
        env={"PATH": os.environ["PATH"], "HOME": str(home)},
        input=answers,
        capture_output=True,
        text=True,
        check=True,
    )
    (made,) = (folder / "made").iterdir()
    return made


@pytest.mark.parametrize("name", ["fraud", "My_first try-9"])
@pytest.mark.parametrize("example", EXAMPLES)
def test_cookiecutter_makes_the_same_repository(
    example: str, name: str, tool: Tool, tmp_path: Path
) -> None:
    made = make(tool, tmp_path, repository_template(example), "--no-input", f"project={name}")
    ours = make_repository(name, example)
    del ours[SCHEMA]  # the README says the command that writes it
    assert (made.name, read_tree(made)) == (name, ours)


def test_cookiecutter_offers_the_examples(tool: Tool, tmp_path: Path) -> None:
    home = repository_template("scoring").parent
    made = make(tool, tmp_path, home, answers="2\nteas\n1\n")
    ours = make_repository("teas", "converge")
    del ours[SCHEMA]
    assert (made.name, read_tree(made)) == ("teas", ours)
    offered = json.loads((home / "cookiecutter.json").read_text())["templates"]
    assert tuple(offered) == EXAMPLES


@pytest.mark.parametrize(
    "words",
    [
        {"step": "enrich", "inputs": "transactions", "outputs": "enriched"},
        {"step": "Rate all_9", "inputs": "a, b b ,c", "outputs": "", "error_stream": ""},
        {"step": "x", "inputs": "rejected", "outputs": "y,z", "partition_key": 'it\'s "é" </b>'},
    ],
)
def test_cookiecutter_makes_the_same_step(
    words: dict[str, str], tool: Tool, tmp_path: Path
) -> None:
    options = [f"{name}={value}" for name, value in words.items()]
    made = make(tool, tmp_path, step_module_template(), "--no-input", *options)
    assert read_tree(made) == render(step_module_template(), words)


def test_what_cookiecutter_makes_works(tool: Tool, tmp_path: Path) -> None:
    made = make(tool, tmp_path, repository_template("scoring"), "--no-input")
    (made / SCHEMA).write_text(invoke("schema").stdout)
    assert remarks(tool, made) == ""
    done = run(made, "pytest", "--quiet")
    assert "3 passed" in done.stdout, done.stdout + done.stderr


def test_a_step_goes_into_a_repository_that_is_there(tool: Tool, tmp_path: Path) -> None:
    made = make(tool, tmp_path, repository_template("scoring"), "--no-input")
    before = read_tree(made)
    words = ["--no-input", "--overwrite-if-exists", "--skip-if-file-exists"]
    make(tool, tmp_path, step_module_template(), *words)
    after = read_tree(made)
    assert {*after} - {*before} == {"modules/enrich.py", "tests/test_enrich.py"}
    assert {path: after[path] for path in before} == before


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_every_variable_is_asked_in_words_and_used(template: Path) -> None:
    settings = json.loads((template / "cookiecutter.json").read_text())
    asked = [name for name in settings if not name.startswith("_")]
    assert set(settings["__prompts__"]) == set(asked)
    (home,) = template.glob("{{*}}")
    texts = [str(path) + (path.read_text() if path.is_file() else "") for path in home.rglob("*")]
    used = set(re.findall(r"\bcookiecutter\.(\w+)", "".join(texts) + json.dumps(settings)))
    private = {name for name in settings if name.startswith("__") and not name.endswith("__")}
    assert used == {*asked, *private}


def test_what_both_examples_have_alike_is_alike() -> None:
    for name in ("conftest.py", "pytest.ini"):
        first, second = (
            repository_template(example) / "{{cookiecutter.project}}" / name for example in EXAMPLES
        )
        assert first.read_bytes() == second.read_bytes()
