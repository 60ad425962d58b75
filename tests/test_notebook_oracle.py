"""What belongs to a step is what nuclio-jupyter exports: it is asked about thousands of notebooks.

Its code is compared as Python's own tree, since it drops comments in cells that have a magic.
"""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
import warnings
from base64 import b64decode
from pathlib import Path
from typing import Any

import pytest
import yaml
from hostile import quick
from hypothesis import given
from hypothesis import strategies as st
from iguazioig.errors import Problem
from iguazioig.notebook_settings.reading import read_said
from iguazioig.notebooks import Reading, read
from notebook_files import code, markdown, notebook, written

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from nbformat import from_dict
    from nuclio.export import MagicError, NuclioExporter

NAME = "score"


def ours(cells: list[dict[str, Any]], name: str = NAME) -> Reading:
    found = read(
        written(*cells), path="fraud.ipynb", name="fraud", title="fraud.ipynb", steps=(name,)
    )
    assert not isinstance(found, Problem)
    return found


def theirs(cells: list[dict[str, Any]], name: str = NAME) -> tuple[str, dict[str, Any]]:
    """nuclio-jupyter's code and configuration for the function `name`."""
    joined = [{**cell, "source": "".join(cell["source"])} for cell in cells]
    exporter = NuclioExporter()
    target, before = "NUCLIO_CODE_PATH", dict(os.environ)
    os.environ["NUCLIO_FUNCTION_NAME"] = name
    os.environ.pop(target, None)
    try:
        text, _ = exporter.from_notebook_node(
            from_dict(notebook(*joined)), {"metadata": {"name": "fraud"}}
        )
    finally:
        os.environ.clear()
        os.environ.update(before)
    config = yaml.safe_load(text)
    return b64decode(config["spec"]["build"]["functionSourceCode"]).decode(), config


def same(cells: list[dict[str, Any]], name: str = NAME) -> None:
    try:
        text, config = theirs(cells, name)
    except MagicError:
        assert any(each.severity == "error" for each in ours(cells, name).problems)
        return
    reading = ours(cells, name)
    assert [each for each in reading.problems if each.severity == "error"] == []
    assert ast.dump(ast.parse(reading.module.text)) == ast.dump(ast.parse(text))
    said = read_said(reading.magics, Path())
    build = config["spec"]["build"]
    assert [each["name"] for each in config["spec"]["env"]] == list(said.env)
    assert [each["value"] for each in config["spec"]["env"]] == [
        each.text for each in said.env.values()
    ]
    assert build["commands"] == [each.text for each in said.commands]
    assert build.get("baseImage") == (said.images[-1].text if said.images else None)


STATEMENTS = [
    "x = 1",
    "import os",
    "class Model:\n    def predict(self, context, message):\n        # a remark\n        return message",
    "def f():\n    return {\n        'a': 1,\n    }",
    'TEXT = """\nseveral\n\n  lines\n"""',
    "# a remark",
    "",
    "if x:\n    y = 2\nelse:\n    y = 3",
    "z = [\n    1,\n\n    2,\n]",
    "s = 'it # nuclio'",
]
COMMANDS = [
    "!ls -l 'a",
    "%matplotlib inline",
    "%load_ext autoreload",
    "!pip install x",
    "% autoreload 2",
]
SETTINGS = [
    "%nuclio env LEVEL=3",
    "%nuclio env -c FOLDER=/a b",
    "%nuclio env --local-only ONLY_HERE=1",
    "%nuclio env LEVEL=  4 ",
    "%nuclio cmd apt-get install -y libgomp1",
    "%nuclio cmd -c make",
    '%nuclio config spec.build.baseImage = "python:3.12"',
    '%nuclio config spec.build.commands += "echo a"',
    "%nuclio deploy -n x",
    "%nuclio help",
]
CELL_SETTINGS = [
    "%%nuclio env\nA=1\n# B=2\n\nC = x=y",
    "%%nuclio cmd\napt-get update\n\napt-get install -y git",
    "%%nuclio cmd -c\nmake",
    '%%nuclio config\nspec.build.baseImage = "a/b:1"',
    "# a remark\n%%nuclio env\nD=1",
]
IGNORED = ["# nuclio: ignore", "  #nuclio:ignore", "# mlrun: ignore", "y = 1  # nuclio: ignore"]

lines = st.lists(st.sampled_from([*STATEMENTS, *COMMANDS, *SETTINGS]), max_size=4)
plain_cells = lines.map(lambda found: code("\n".join(found)))
ignored_cells = st.tuples(lines, st.sampled_from(IGNORED)).map(
    lambda both: code("\n".join([both[1], *both[0]]))
)
tagged_cells = st.tuples(lines, st.sampled_from(["nuclio-ignore", "mlrun-ignore", "other"])).map(
    lambda both: code("\n".join(both[0]), tags=[both[1]])
)
setting_cells = st.sampled_from(CELL_SETTINGS).map(code)
prose = st.sampled_from(["# nuclio: start-code", "text"]).map(markdown)


def marked(names: st.SearchStrategy[str]) -> st.SearchStrategy[dict[str, Any]]:
    """Cells with annotations: what opens a section stands first, what closes one last."""
    opened = st.tuples(names, st.lists(st.sampled_from(STATEMENTS), min_size=1, max_size=3)).map(
        lambda both: code("\n".join([f"# nuclio: start-code{both[0]}", "a = 1", *both[1]]))
    )
    alone = names.map(lambda name: code(f"# mlrun: start-code{name}"))
    closed = st.tuples(names, st.lists(st.sampled_from(STATEMENTS), max_size=3)).map(
        lambda both: code("\n".join(["b = 2", *both[1], f"#nuclio: end-code{both[0]}"]))
    )
    last = names.map(lambda name: code(f"# nuclio: end-code{name}"))
    both = names.map(
        lambda name: code(
            f"a = 0\n# nuclio: start-code{name}\nb = 1\n# nuclio: end-code{name}\nc = 2"
        )
    )
    return st.one_of(opened, alone, closed, last, both)


def notebooks_of(names: list[str]) -> st.SearchStrategy[list[dict[str, Any]]]:
    marks = marked(st.sampled_from(names))
    one = st.one_of(plain_cells, marks, ignored_cells, tagged_cells, setting_cells, prose)
    return st.lists(one, max_size=8)


@quick(400)
@given(notebooks_of([""]))
def test_a_notebook_with_one_section_is_read_as_nuclio_jupyter_does(
    cells: list[dict[str, Any]],
) -> None:
    same(cells)


@quick(400)
@given(notebooks_of([f" {NAME}", " train"]))
def test_a_notebook_with_named_sections_is_read_as_nuclio_jupyter_does(
    cells: list[dict[str, Any]],
) -> None:
    same(cells)


def test_its_own_command_exports_the_section_of_a_step(tmp_path: Path) -> None:
    cells = [
        code("import json"),
        code("# nuclio: start-code train\na = 1"),
        code("# nuclio: end-code train"),
        code("# nuclio: start-code score\nb = 2"),
        code("%nuclio env LEVEL=3\nc = 3\n# nuclio: end-code score"),
        code("d = 4"),
    ]
    (tmp_path / "fraud.ipynb").write_bytes(written(*cells))
    program = (
        "import json, nuclio\n"
        "name, config, code = nuclio.build_file('fraud.ipynb', name='score', output_dir='out')\n"
        "print(json.dumps([name, config['spec']['env'], code]))"
    )
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", program],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    name, env, text = json.loads(done.stdout.splitlines()[-1])
    reading = ours(cells)
    assert (name, env) == ("score", [{"name": "LEVEL", "value": "3"}])
    assert ast.dump(ast.parse(reading.module.text)) == ast.dump(ast.parse(text))
    assert reading.module.text.decode().startswith("# Made from fraud.ipynb, section score: ")


# Where nuclio-jupyter goes wrong, this does not.

FAULTS = {
    "a text with a line of its own": (
        'TEXT = """\n% of all\n!\n"""',
        'TEXT = """\n% of all\n!\n"""',
    ),
    "a remainder in brackets": ("x = (7\n% 4)", "x = (7\n% 4)"),
    "a text that names a magic": ("x = 'see %nuclio cmd'\ny = 1", "x = 'see %nuclio cmd'\ny = 1"),
    "a remark in a cell with a magic": ("%nuclio env A=1\n# why\nx = 1", "# why\nx = 1"),
    "a cell of a shell": ("%%bash\necho x", ""),
    "a text with a mark": (
        'x = "# nuclio: ignore"\ny = """\n# nuclio: end-code\n"""',
        'x = "# nuclio: ignore"\ny = """\n# nuclio: end-code\n"""',
    ),
    "a magic in a block": ("if 1:\n    %matplotlib inline", "if 1:\n    pass"),
    "a question": ("x = 1\nx.bit_length?\n?x", "x = 1"),
    "a command of several lines": ("!ls \\\n  -l\nx = 1", "x = 1"),
    "what stands above the start": ("x = 1\n# nuclio: start-code", ""),
}
AS_WELL = {
    "a cell that is timed": ("%%time\nx = 1", "x = 1"),
    "a cell that is indented": ("  x = 1\n  y = 2", "x = 1\ny = 2"),
    "a magic that is a remark": ("#%nuclio env A=1\nx = 1", "#%nuclio env A=1\nx = 1"),
}


@pytest.mark.parametrize("case", [*FAULTS, *AS_WELL])
def test_what_is_code_stays_and_what_is_none_goes(case: str) -> None:
    cell, expected = {**FAULTS, **AS_WELL}[case]
    found = ours([code(cell)])
    assert [each for each in found.problems if each.severity == "error"] == []
    text = found.module.text.decode().split("\n", 1)[1]
    assert [each for each in text.splitlines() if each] == expected.splitlines()


@pytest.mark.parametrize("case", FAULTS)
def test_and_nuclio_jupyter_still_goes_wrong_there(case: str) -> None:
    cell, expected = FAULTS[case]
    try:
        text, _ = theirs([code(cell)])
    except MagicError:
        return
    lines = [line for line in text.splitlines() if line][1:]
    assert lines != [line for line in expected.splitlines() if line]
