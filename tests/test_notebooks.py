"""Steps whose class is in a notebook: found, read, checked, and made into modules."""

from __future__ import annotations

import ast
import json
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import black
import pytest
from cases import ROOT
from hostile import json_values, quick, texts
from hypothesis import given
from hypothesis import strategies as st
from iguazioig.deployment import Loaded, load
from iguazioig.errors import GraphError, Location, Problem
from iguazioig.graph import Notebook
from iguazioig.notebooks import Reading, read
from iguazioig.project import render
from iguazioig.project.notebook_text import YEAR
from iguazioig.source import read_source
from notebook_files import code, markdown, run_again, written

GRAPH = """\
apiVersion: 0.2.0
project:
  name: demo
  v3io_streams: {{raw: {{}}, scored: {{}}}}
  functions:
    - name: score
      input_streams: {{raw: {{}}}}
      class_module: {module}
      class_name: Model
      methods: [predict]
      outputs: {{streams: [scored]{more}}}
"""
MODEL = "class Model:\n    def predict(self, context, message):\n        return message"


def made(folder: Path, content: bytes, *, module: str = "fraud.ipynb", more: str = "") -> Loaded:
    """A graph with one step whose class is in this notebook, loaded."""
    path = folder / "modules" / module
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return loaded(folder, module, more)


def loaded(folder: Path, module: str = "fraud.ipynb", more: str = "") -> Loaded:
    (folder / "graph.yaml").write_text(GRAPH.format(module=module, more=more))
    return load(read_source(folder / "graph.yaml"))


def module_of(found: Loaded, name: str = "fraud") -> str:
    return render(found.plan())[f"steps/score/{name}.py"].decode()


def problems(folder: Path, content: bytes, **changes: Any) -> list[str]:
    """Errors and warnings, without the folder."""
    try:
        found = made(folder, content, **changes).warnings
    except GraphError as error:
        found = error.problems
    return [str(each).replace(f"{folder}/", "") for each in found]


def test_a_step_gets_a_module_in_blacks_style_that_names_its_notebook(tmp_path: Path) -> None:
    found = made(
        tmp_path,
        written(
            "# nuclio: ignore\nimport nuclio",
            markdown("## The model"),
            "import json, os",
            "class Model:\n  def predict(self, context, message): return {'a':1}",
        ),
    )
    assert module_of(found) == (
        "# Made from fraud.ipynb: change the notebook, not this file.\n"
        "\n\n"
        "import json, os\n"
        "\n\n"
        "class Model:\n"
        "    def predict(self, context, message):\n"
        '        return {"a": 1}\n'
    )
    handler = render(found.plan())["steps/score/handler.py"].decode()
    assert "from fraud import Model\n" in handler


def test_running_a_notebook_again_changes_nothing(tmp_path: Path) -> None:
    content = written("import json", code("x = 1\n", tags=["nuclio-ignore"]), MODEL, "# the end")
    before = render(made(tmp_path, content).plan())
    picture = {"data": {"image/png": "iVBORw0KGgo" * 1000}, "output_type": "display_data"}
    for outputs in ([], [picture], [{"output_type": "error", "traceback": ["\u001b[31m x"]}]):
        assert render(made(tmp_path, run_again(content, outputs)).plan()) == before


def test_a_notebook_is_never_run(tmp_path: Path) -> None:
    mark = tmp_path / "ran"
    cell = f"import pathlib\npathlib.Path({str(mark)!r}).touch()"
    render(made(tmp_path, written(cell, MODEL)).plan())
    assert not mark.exists()


def test_what_a_notebook_imports_comes_along(tmp_path: Path) -> None:
    (tmp_path / "modules").mkdir()
    (tmp_path / "modules" / "helper.py").write_text("from rules import LIMIT\n")
    (tmp_path / "modules" / "rules.py").write_text("LIMIT = 1\n")
    project = render(made(tmp_path, written("import helper", MODEL)).plan())
    assert {"steps/score/helper.py", "steps/score/rules.py"} <= project.keys()


def test_the_folder_of_a_notebook_is_searched_as_in_jupyter(tmp_path: Path) -> None:
    folder = tmp_path / "modules" / "notebooks"
    folder.mkdir(parents=True)
    (folder / "helper.py").write_text("LIMIT = 1\n")
    found = made(tmp_path, written("import helper", MODEL), module="notebooks/Fraud model-2.ipynb")
    project = render(found.plan())
    assert {"steps/score/Fraud_model_2.py", "steps/score/helper.py"} <= project.keys()
    assert b"from Fraud_model_2 import Model" in project["steps/score/handler.py"]


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("fraud.ipynb", "fraud"),
        ("a/b/Fraud model-2.ipynb", "Fraud_model_2"),
        ("01_fraud.ipynb", "_01_fraud"),
        ("class.ipynb", "class_"),
        ("fraud.v2.ipynb", "fraud_v2"),
    ],
)
def test_the_name_of_a_module_follows_from_its_notebook(path: str, name: str) -> None:
    assert Notebook(path).module == name


def test_an_output_function_may_be_in_the_notebook(tmp_path: Path) -> None:
    cells = [MODEL, "def audit(context, message):\n    pass"]
    found = made(tmp_path, written(*cells), more=", function: [fraud.audit]")
    assert b"delivery.Function(fraud.audit)" in render(found.plan())["steps/score/handler.py"]


def test_two_steps_have_each_their_own_section(tmp_path: Path) -> None:
    text = GRAPH.format(module="fraud.ipynb", more="")
    step = text[text.index("    - name: score") :]
    (tmp_path / "graph.yaml").write_text(
        text
        + step.replace("score\n", "clean up\n").replace("raw", "scored").replace("[scored]", "[]")
    )
    first = "# nuclio: start-code score\nNAME = 'score'\n"
    second = "# nuclio: start-code clean-up\nNAME = 'clean'\n"
    ends = ("\n# nuclio: end-code score", "\n# nuclio: end-code clean-up")
    (tmp_path / "fraud.ipynb").write_bytes(
        written(first + MODEL + ends[0], second + MODEL + ends[1])
    )
    project = render(load(read_source(tmp_path / "graph.yaml")).plan())
    assert 'NAME = "score"' in project["steps/score/fraud.py"].decode()
    assert 'NAME = "clean"' in project["steps/clean-up/fraud.py"].decode()
    assert 'NAME = "score"' not in project["steps/clean-up/fraud.py"].decode()


def test_a_validated_notebook_is_not_formatted(tmp_path: Path) -> None:
    made(tmp_path, written("x = 1", MODEL))
    program = (
        "import sys\nfrom iguazioig.cli import cli\n"
        "cli(sys.argv[1:], standalone_mode=False)\n"
        "names = ['black', 'nbformat', 'nbconvert', 'nuclio', 'IPython', 'jinja2']\n"
        "print([name for name in names if name in sys.modules], file=sys.stderr)"
    )
    for command in ("validate", "plan"):
        done = subprocess.run(
            [sys.executable, "-c", program, command, "graph.yaml"],
            cwd=tmp_path, capture_output=True, text=True, check=True,
        )  # fmt: skip
        assert done.stderr.splitlines()[-1] == "[]"


def test_generating_again_finds_that_nothing_changed_and_that_a_setting_did(tmp_path: Path) -> None:
    def generate() -> str:
        done = subprocess.run(
            [sys.executable, "-m", "iguazioig", "generate", "graph.yaml", "-o", "out"],
            cwd=tmp_path, capture_output=True, text=True, check=True,
        )  # fmt: skip
        return done.stdout

    content = written("%nuclio env LEVEL=1", MODEL)
    made(tmp_path, content)
    generate()
    made(tmp_path, run_again(content))
    assert generate() == "out is up to date\n"
    made(tmp_path, written("%nuclio env LEVEL=2", MODEL))
    assert "changed  steps/score/function.yaml" in generate()


def test_without_black_the_error_says_how_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = made(tmp_path, written("only_here = 1", MODEL))
    monkeypatch.setitem(sys.modules, "black", None)
    with pytest.raises(GraphError, match=r"pip install 'iguazioig\[notebook\]'") as caught:
        render(found.plan())
    (problem,) = caught.value.problems
    assert (problem.code, problem.location.line) == ("black-missing", 8)


def test_another_years_black_would_write_other_bytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = made(tmp_path, written(MODEL))
    monkeypatch.setattr(black, "__version__", "24.1.0")
    with pytest.raises(
        GraphError, match=r"formatted by black 26\.x, and 24\.1\.0 is installed; say"
    ):
        render(found.plan())


def test_the_extra_asks_for_that_years_black() -> None:
    extra = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    (needed,) = extra["notebook"]
    assert needed.startswith(f"black>={YEAR.rstrip('.')},<")


# What is wrong has a place: notebook, cell, line, column.


def test_a_place_in_a_notebook_is_written_as_linters_do() -> None:
    place = Location("fraud.ipynb", 2, 5, cell=3)
    assert str(place) == "fraud.ipynb:cell 3:2:5"
    assert str(Location("fraud.ipynb", 2, 5)) == "fraud.ipynb:2:5"


def test_places_are_sorted_by_cell_first() -> None:
    places = [Location("a", 1, cell=10), Location("a", 9, cell=2), Location("a", 3, 4)]
    assert [each.cell for each in sorted(places)] == [0, 2, 10]


def test_problems_of_code_have_the_place_in_the_cell(tmp_path: Path) -> None:
    cells = [
        markdown("# prose"),
        "import os\n\n%load_ext x\nimport helper",
        "class Model:\n    def __init__(self):\n        pass\n\n    def predict(self, message):\n        return message",
    ]
    assert problems(tmp_path, written(*cells)) == [
        "modules/fraud.ipynb:cell 3:5:5: `Model.predict` is `def predict(self, message)`, but is called with "
        "`(context, message)`; write `def predict(self, context, message)`"
    ]


def test_a_syntax_error_has_the_place_in_the_cell(tmp_path: Path) -> None:
    (found,) = problems(tmp_path, written(MODEL, "\n\nx = 1\ny = (", "z = 2"))
    assert found.startswith("modules/fraud.ipynb:cell 2:4:5: Python cannot read this module: ")


def test_a_cell_that_is_indented_keeps_its_columns(tmp_path: Path) -> None:
    (found,) = problems(tmp_path, written(MODEL, "    x = 1\n    y = = 2"))
    assert found.startswith("modules/fraud.ipynb:cell 2:2:9: ")


ONLY_IN_NOTEBOOKS = {
    "files = !ls": ("2:1:1", "this asks IPython for a value"),
    "display(1)": ("2:1:1", "`display` is IPython's"),
    "x = await f()": ("2:1:5", "Python cannot read this as a module: 'await' outside function"),
    "from __future__ import annotations": (
        "2:1:1",
        "Python cannot read this as a module: from __future__",
    ),
}


@pytest.mark.parametrize("cell", ONLY_IN_NOTEBOOKS)
def test_what_only_a_notebook_can_do_is_an_error(cell: str, tmp_path: Path) -> None:
    place, wrong = ONLY_IN_NOTEBOOKS[cell]
    found = problems(tmp_path, written(MODEL, cell))
    assert len(found) == 1
    assert found[0].startswith(f"modules/fraud.ipynb:cell {place}: {wrong}")
    assert problems(tmp_path, written(MODEL, f"# nuclio: ignore\n{cell}")) == []


def test_what_python_only_warns_of_is_nobodys_news(tmp_path: Path) -> None:
    assert problems(tmp_path, written(MODEL, 'x = "\\d"\nx is 1\nassert (x, "y")')) == []


def test_a_name_of_ipython_may_be_the_notebooks_own(tmp_path: Path) -> None:
    assert problems(tmp_path, written(MODEL, "from boards import display", "display(1)")) == []


LEFT_OUT = {
    "%run other.ipynb": "`%run` is left out, with whatever it defines",
    "%%cython\nx = 1": "IPython gives this cell to `%%cython`, so it is left out",
}


@pytest.mark.parametrize("cell", LEFT_OUT)
def test_what_is_missed_when_it_is_left_out_is_a_warning(cell: str, tmp_path: Path) -> None:
    (found,) = problems(tmp_path, written(MODEL, cell))
    assert found.startswith(f"modules/fraud.ipynb:cell 2:1:1: warning: {LEFT_OUT[cell]}")
    assert problems(tmp_path, written(MODEL, "# nuclio: end-code", cell)) == []


MARKS = {
    "a section that is opened twice": (
        ["# nuclio: start-code\nx = 1", "# nuclio: start-code\n" + MODEL],
        "2:1:1",
    ),
    "a section that is closed twice": (
        [MODEL + "\n# nuclio: end-code", "# nuclio: end-code"],
        "2:1:1",
    ),
}


@pytest.mark.parametrize("case", MARKS)
def test_marks_that_make_no_section_are_an_error(case: str, tmp_path: Path) -> None:
    cells, place = MARKS[case]
    (found,) = problems(tmp_path, written(*cells))
    assert found.startswith(f"modules/fraud.ipynb:cell {place}: `# nuclio: ")
    assert "stands twice" in found


def test_sections_of_other_names_are_a_warning(tmp_path: Path) -> None:
    (found,) = problems(tmp_path, written("# nuclio: start-code train\nx = 1", MODEL))
    assert found == (
        "modules/fraud.ipynb:cell 1:1:1: warning: this notebook has sections of other names, `train`, so that the step gets "
        "all of it; write `# nuclio: start-code score` above what belongs to this step"
    )


def test_what_older_messages_had_is_said_with_cell_and_line(tmp_path: Path) -> None:
    case = Path(__file__).parent / "golden" / "v2alpha1-notebook"
    shutil.copytree(case, tmp_path, dirs_exist_ok=True)
    (path,) = (tmp_path / "modules").rglob("*.ipynb")
    path.write_text(path.read_text().replace('message[\\"step\\"]', 'message[\\"shard\\"]'))
    found = [str(each) for each in load(read_source(tmp_path / "graph.yaml")).warnings]
    assert any(
        "`notebooks/stream converge.ipynb` names `shard` in cell 2, line 3" in each
        for each in found
    )


# What is no notebook.

NONE = {
    "nothing": (b"", "1:1: this is no notebook: its JSON is broken: expecting value"),
    "text": (b'{"cells": [\n  oops', "2:3: this is no notebook: its JSON is broken: expecting value"),
    "bytes": (b"\xff\xfe\x00\x01\x02", "1:1: this is no notebook: "),
    "nested": (b"[" * 200_000, "1:1: this is no notebook: it is not text, or nested too deeply"),
    "number": (b"1" * 5000, "1:1: this is no notebook: it is not text, or nested too deeply"),
    "list": (b"[]", "1:1: this is JSON, but no notebook"),
    "other": (b'{"a": 1}', "1:1: this is JSON, but no notebook"),
    "format 3": (
        b'{"nbformat": 3, "nbformat_minor": 0, "metadata": {}, "worksheets": []}',
        "1:1: this notebook is of format 3, and format 4 is read; open it in Jupyter and save it",
    ),
    "format 5": (written(nbformat=5), "1:1: this notebook is of format 5"),
    "no format": (written(nbformat=None), "1:1: this notebook is of format an unknown version"),
    "no cells": (b'{"nbformat": 4, "metadata": {}}', "1:1: this notebook has no list of cells"),
    "a cell that is none": (written(MODEL, {"cell_type": 3}), "cell 2:1:1: this is no cell of a notebook"),
    "a cell without text": (
        written(MODEL, {"cell_type": "code", "source": [1]}), "cell 2:1:1: this cell has no text",
    ),
    "half a character": (
        written(MODEL, {"cell_type": "code", "source": "'\ud800'"}),
        "cell 2:1:1: this cell has characters that are no text",
    ),
    "another language": (
        written(MODEL, metadata={"kernelspec": {"language": "R", "name": "ir"}}),
        "1:1: this notebook is written in R; a step is Python",
    ),
    "another kernel": (
        written(MODEL, metadata={"language_info": {"name": "scala"}}),
        "1:1: this notebook is written in scala",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", NONE)
def test_what_is_no_notebook_is_a_clear_error(case: str, tmp_path: Path) -> None:
    content, wrong = NONE[case]
    (found,) = problems(tmp_path, content)
    assert found.startswith(f"modules/fraud.ipynb:{wrong}")


def test_metadata_may_be_of_any_shape(tmp_path: Path) -> None:
    odd: list[Any] = [[], None, 3, {"kernelspec": []}, {"language_info": {"name": None}}]
    for metadata in odd:
        assert problems(tmp_path, written(MODEL, metadata=metadata)) == []
    for tags in (None, "nuclio-ignore", [3, ["x"]], {}):
        assert problems(tmp_path, written(code(MODEL, tags=tags))) == []


def test_fifty_megabytes_of_outputs_do_not_matter(tmp_path: Path) -> None:
    picture = {
        "output_type": "display_data",
        "data": {"image/png": "A" * 50_000_000},
        "metadata": {},
    }
    found = made(tmp_path, written({**code(MODEL), "outputs": [picture]}))
    assert "class Model:" in module_of(found)


@pytest.mark.parametrize(
    "cell",
    ["%%time\n" * 20_000 + "x = 1", "%matplotlib inline\n" + "x = 1\n" * 20_000, "!ls\n" * 20_000, " " * 300_000 + "# nuclio: x"],
    ids=["timed", "statements", "commands", "spaces"],
)  # fmt: skip
def test_a_long_cell_takes_no_longer_than_its_length(cell: str) -> None:
    found = read(written(cell), path="x.ipynb", name="x", title="x.ipynb", steps=("s",))
    assert isinstance(found, Reading)


def test_a_notebook_that_is_too_large_is_a_clear_error(tmp_path: Path) -> None:
    (tmp_path / "modules").mkdir()
    with (tmp_path / "modules" / "fraud.ipynb").open("wb") as file:
        file.truncate(101 * 2**20)
    with pytest.raises(GraphError, match="this notebook is larger than 100 MB; clear the outputs"):
        loaded(tmp_path)


@quick(300)
@given(json_values(texts()))
def test_no_json_at_all_is_more_than_a_problem(value: Any) -> None:
    for whole in (
        value,
        {"nbformat": 4, "cells": value},
        {"nbformat": 4, "cells": [value], "metadata": value},
    ):
        content = json.dumps(whole).encode()
        found = read(content, path="x.ipynb", name="x", title="x.ipynb", steps=("s",))
        assert isinstance(found, Problem) or found.module.text.startswith(b"# Made from x.ipynb: ")


MARKED = ["%", "!", "?", "%%time\n", "%%bash\n", "%nuclio env A=1", "# nuclio: start-code", "#mlrun: end-code s", '"""', "(", "\\\n", "  "]  # fmt: skip


@quick(300)
@given(st.lists(st.lists(st.sampled_from(MARKED) | texts(), max_size=5).map("".join), max_size=3))
def test_each_line_of_a_module_knows_the_line_that_it_was(cells: list[str]) -> None:
    content = written(*({**code(""), "source": cell} for cell in cells))
    found = read(content, path="x.ipynb", name="x", title="x.ipynb", steps=("s",))
    assert isinstance(found, Reading)
    lines = found.module.text.decode().removesuffix("\n").split("\n")
    assert len(lines) == len(found.module.origins)
    for line, origin in zip(lines, found.module.origins, strict=True):
        if origin is not None and line.strip() not in ("", "pass"):
            assert origin.cell.lines[origin.line - 1][origin.shift :].startswith(line)


# Found, or not.


def test_a_notebook_that_is_not_there_is_an_error_with_the_one_that_is_meant(
    tmp_path: Path,
) -> None:
    made(tmp_path, written(MODEL))
    with pytest.raises(GraphError, match=r"there is no notebook `froud\.ipynb` in `modules`, .* \(did you mean `fraud\.ipynb`\?\)"):  # fmt: skip
        loaded(tmp_path, "froud.ipynb")


def test_a_module_of_the_same_name_beside_it_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "fraud.py").write_text(MODEL)
    (found,) = problems(tmp_path, written(MODEL))
    assert found.startswith(
        "graph.yaml:8:21: `fraud.ipynb` becomes the module `fraud`, and there is `fraud.py` too; "
    )


def test_a_module_that_is_only_a_notebook_is_an_error_that_names_it(tmp_path: Path) -> None:
    made(tmp_path, written(MODEL))
    with pytest.raises(GraphError, match=r"there is no module `fraud`, but a notebook; name the notebook: `fraud\.ipynb`"):  # fmt: skip
        loaded(tmp_path, "fraud")


@pytest.mark.parametrize("name", ["handler.ipynb", "json.ipynb", "v3io.ipynb"])
def test_a_notebook_cannot_take_the_name_of_what_a_step_needs(name: str, tmp_path: Path) -> None:
    (found,) = problems(tmp_path, written(MODEL), module=name)
    assert f"the module name `{name.removesuffix('.ipynb')}` is taken by" in found


@pytest.mark.parametrize("path", ["../fraud.ipynb", "/fraud.ipynb", "a//b.ipynb", "a/.b.ipynb", ".ipynb", "a\\b.ipynb"])  # fmt: skip
def test_a_path_that_leads_elsewhere_is_refused(path: str, tmp_path: Path) -> None:
    with pytest.raises(GraphError, match="expected a module, such as `fraud_model`"):
        loaded(tmp_path, path)


def test_a_link_that_leads_out_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "secret.ipynb").write_bytes(written(MODEL))
    graph = tmp_path / "graph"
    (graph / "modules").mkdir(parents=True)
    (graph / "modules" / "fraud.ipynb").symlink_to(tmp_path / "secret.ipynb")
    with pytest.raises(GraphError, match="symlink out of the folders"):
        loaded(graph)


# For machines.


def validate(folder: Path, form: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "iguazioig", "validate", "graph.yaml", "--format", form],
        cwd=folder, capture_output=True, text=True, check=False,
    )  # fmt: skip
    return done.stdout


def test_a_machine_gets_the_cell(tmp_path: Path) -> None:
    problems(tmp_path, written("x = 1", "\n" + MODEL.replace(", message)", ")")))
    (found,) = json.loads(validate(tmp_path, "json"))["problems"]
    assert (found["path"], found["cell"], found["line"]) == ("modules/fraud.ipynb", 2, 3)
    shown = validate(tmp_path, "github")
    assert shown.startswith(
        "::error file=modules/fraud.ipynb,title=method-signature::cell 2, line 3: "
    )


def test_the_text_of_any_python_survives(tmp_path: Path) -> None:
    """This package, cell by cell: what comes out is what black makes of it."""
    for path in sorted(
        (Path(__file__).parents[1] / "generator" / "iguazioig" / "user_code").glob("*.py")
    ):
        source = path.read_text().replace("from __future__ import annotations\n", "")
        source = re.sub(r"^from \.+", "from elsewhere_", source, flags=re.MULTILINE)
        nodes = ast.parse(source).body
        starts = [0, *(node.lineno - 1 for node in nodes[1:] if node.col_offset == 0)]
        lines = source.splitlines(keepends=True)
        ends = [*starts[1:], len(lines)]
        cells = ["".join(lines[start:end]) for start, end in zip(starts, ends, strict=True)]
        found = module_of(made(tmp_path, written(*cells, MODEL)))
        assert ast.dump(ast.parse(found)) == ast.dump(ast.parse(f"{source}\n\n{MODEL}"))
        assert black.format_str(found, mode=black.Mode()) == found
