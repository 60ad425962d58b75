"""`%nuclio` in a notebook: what it sets of a step, and what is refused, with the place in its cell."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from hostile import quick
from hypothesis import given
from hypothesis import strategies as st
from iguazioig.deployment import Loaded, load
from iguazioig.errors import GraphError, Location
from iguazioig.notebook_settings.commands import add_command
from iguazioig.notebook_settings.configuration import add_configuration
from iguazioig.notebook_settings.said import Said, Text
from iguazioig.notebook_settings.variables import add_variable
from iguazioig.notebook_settings.volumes import add_mount
from iguazioig.project import render
from iguazioig.source import read_source
from notebook_files import written

MODEL = "class Model:\n    def predict(self, context, message):\n        return message"
GRAPH = """\
apiVersion: 0.2.0
project:
  name: demo
  v3io_streams: {raw: {}}
  v3io_volumes: {user: {remote: users/ana, mount_path: /User}}
  functions:
    - name: score
      input_streams: {raw: {}}
      class_module: fraud.ipynb
      class_name: Model
      methods: [predict]
"""


def loaded(folder: Path, *cells: str, more: str = "") -> Loaded:
    """A step whose notebook has these cells before its class, with more keys in the graph."""
    (folder / "fraud.ipynb").write_bytes(written(*cells, MODEL))
    (folder / "graph.yaml").write_text(GRAPH + more)
    return load(read_source(folder / "graph.yaml"))


def function(found: Loaded) -> dict[str, Any]:
    """The specification of the step's function."""
    spec: dict[str, Any] = yaml.safe_load(render(found.plan())["steps/score/function.yaml"])["spec"]
    return spec


def env(found: Loaded) -> dict[str, str]:
    pairs = function(found)["env"]
    return {
        each["name"]: each["value"]
        for each in pairs
        if "value" in each and each["name"] != "V3IO_API"
    }


def requirements(found: Loaded) -> list[str]:
    return render(found.plan())["steps/score/requirements.txt"].decode().splitlines()[1:]


def error(folder: Path, *cells: str, more: str = "") -> str:
    with pytest.raises(GraphError) as caught:
        loaded(folder, *cells, more=more)
    (problem,) = caught.value.problems
    return str(problem).replace(f"{folder}/", "")


def warning(found: Loaded, folder: Path) -> str:
    (problem,) = found.warnings
    return str(problem).replace(f"{folder}/", "")


def test_variables_are_those_of_the_step(tmp_path: Path) -> None:
    cells = (
        "%nuclio env LEVEL=debug\nx = 1",
        "%%nuclio env\n# a remark\nA = b=c\n\nEMPTY=",
        "%nuclio env -c D='1'",
    )
    assert env(loaded(tmp_path, *cells)) == {"LEVEL": "debug", "A": "b=c", "EMPTY": "", "D": "'1'"}


def test_what_is_only_for_the_notebook_stays_there(tmp_path: Path) -> None:
    assert env(loaded(tmp_path, "%nuclio env -l LEVEL=debug", "%nuclio env --local-only A=1")) == {}


def test_variables_of_a_file_come_last(tmp_path: Path) -> None:
    (tmp_path / "dev.env").write_text("# mine\nLEVEL=warn\n\nB=2\n")
    found = loaded(tmp_path, "%nuclio env_file dev.env", "%nuclio env LEVEL=debug")
    assert env(found) == {"LEVEL": "warn", "B": "2"}


def test_the_graphs_variables_win_and_a_difference_is_a_warning(tmp_path: Path) -> None:
    more = "      env_custom: {LEVEL: info, SAME: 1}\n"
    found = loaded(tmp_path, "%%nuclio env\nLEVEL=debug\nSAME=1\nNEW=2", more=more)
    assert env(found) == {"LEVEL": "info", "SAME": "1", "NEW": "2"}
    assert warning(found, tmp_path) == (
        "fraud.ipynb:cell 1:2:1: warning: the graph says otherwise: the variable `LEVEL` counts; "
        "take one of the two out, so that they cannot differ"
    )


def test_packages_become_requirements_and_other_commands_build_the_image(tmp_path: Path) -> None:
    cells = (
        "%nuclio cmd pip install -U 'numpy>=1.26' scikit-learn==1.5.2",
        "%%nuclio cmd\napt-get update\napt-get install -y \\\n  libgomp1\npython -m pip install xgboost",
    )
    found = loaded(tmp_path, *cells)
    assert requirements(found) == ["numpy>=1.26", "scikit-learn==1.5.2", "xgboost"]
    assert function(found)["build"]["commands"] == [
        "apt-get update",
        "apt-get install -y libgomp1",
        "@nuclio.postCopy",
        "pip install -r /opt/nuclio/requirements.txt",
    ]


def test_commands_need_no_packages_beside_them(tmp_path: Path) -> None:
    long = "echo " + " ".join(["word: # 'x' \"y\""] * 10)
    assert function(loaded(tmp_path, f"%nuclio cmd {long}"))["build"]["commands"] == [long]


def test_the_graphs_packages_win_and_a_difference_is_a_warning(tmp_path: Path) -> None:
    more = "      pip: [scikit_learn==1.5.2]\n"
    found = loaded(tmp_path, "%nuclio cmd pip install scikit-learn==1.4 joblib", more=more)
    assert requirements(found) == ["scikit_learn==1.5.2", "joblib"]
    assert "the package `scikit_learn==1.5.2` counts" in warning(found, tmp_path)


@pytest.mark.parametrize(
    "command",
    ["pip install -r more.txt", "pip install a && rm b", "pip install .", "pip download x", "pip install 'a"],
)  # fmt: skip
def test_a_pip_that_does_more_stays_a_command(command: str) -> None:
    said = Said()
    add_command(said, Text(command, Location("x")))
    assert ([each.text for each in said.commands], said.packages) == ([command], [])


def test_a_version_that_a_shell_would_take_for_a_file_is_a_warning(tmp_path: Path) -> None:
    found = loaded(tmp_path, "%nuclio cmd pip install numpy>=1.26 'joblib>1'")
    assert requirements(found) == ["numpy>=1.26", "joblib>1"]
    assert "a shell reads the `>` of `numpy>=1.26` as a sign of its own" in warning(found, tmp_path)


def test_the_image_is_that_of_the_step_and_its_python_the_runtime(tmp_path: Path) -> None:
    found = loaded(tmp_path, '%nuclio config spec.build.baseImage = "python:3.12-slim"')
    spec = function(found)
    assert (spec["build"]["baseImage"], spec["runtime"]) == ("python:3.12-slim", "python:3.12")


def test_an_image_that_cannot_be_used_is_said_at_the_notebook(tmp_path: Path) -> None:
    found = error(tmp_path, 'x = 1\n%nuclio config spec.build.baseImage = "team/model:py37"')
    assert found.startswith("fraud.ipynb:cell 1:2:1: ")


def test_the_graphs_image_wins(tmp_path: Path) -> None:
    more = "      docker_image: python:3.11\n"
    found = loaded(tmp_path, '%nuclio config spec.build.baseImage = "python:3.12"', more=more)
    assert function(found)["build"]["baseImage"] == "python:3.11"
    assert "`docker_image: python:3.11` counts" in warning(found, tmp_path)


def test_resources_are_merged_one_by_one(tmp_path: Path) -> None:
    more = "      resources: {limits: {cpu: 2}}\n"
    cells = (
        '%nuclio config spec.resources.limits.memory = "1Gi"',
        '%%nuclio config\nspec.resources = {"requests": {"cpu": 1}, "limits": {"nvidia.com/gpu": 1}}',
    )
    assert function(loaded(tmp_path, *cells, more=more))["resources"] == {
        "requests": {"cpu": "1"},
        "limits": {"cpu": "2", "memory": "1Gi", "nvidia.com/gpu": "1"},
    }


def test_a_request_above_its_limit_is_said_at_the_notebook(tmp_path: Path) -> None:
    more = "      resources: {limits: {cpu: 2}}\n"
    found = error(tmp_path, "%nuclio config spec.resources.requests.cpu = 3", more=more)
    assert found.startswith("fraud.ipynb:cell 1:1:1: step `score` requests 3 of `cpu`")


def test_a_volume_that_the_graph_mounts_is_there_already(tmp_path: Path) -> None:
    assert loaded(tmp_path, "%nuclio mount -n fs /User/ users/ana/").warnings == ()


def test_what_is_done_in_the_notebook_says_nothing_of_the_step(tmp_path: Path) -> None:
    cells = (
        "%nuclio deploy -p x",
        "%nuclio build",
        "%nuclio show",
        "%nuclio help",
        '%nuclio config kind = "nuclio"',
    )
    plain = render(loaded(tmp_path).plan())
    assert render(loaded(tmp_path, *cells).plan()) == plain


REFUSED = {
    "%nuclio env": None,
    "%nuclio env NAME": "`NAME` sets no variable",
    "%nuclio env 1A=2": "`1A=…` sets no variable",
    "%nuclio env V3IO_API=x": "`V3IO_API` is set by the generated function.yaml",
    "%nuclio env HOME_OF=$HOME/x": "`$HOME` would be taken from the environment of whoever generates",
    "%nuclio env A=${B}": "`${B}` would be taken from the environment",
    "%nuclio env API_TOKEN=0a1b2c3d4e": "`API_TOKEN` is given a literal credential; in `env_custom` of the graph, name a "
    "Kubernetes Secret instead: `API_TOKEN: {secret: my-secret, key: api_token}`",
    "%nuclio env URL=https://ana:xyzzy@x.org": "`URL` holds a URL with a password",
    "%nuclio env_file absent.env": "there is no file `absent.env` beside the notebook",
    "%nuclio env_file ../up.env": "there is no file `../up.env` beside the notebook",
    "%nuclio cmd echo $HOME": "`$HOME` would be taken from the environment",
    "%nuclio cmd pip install -i https://ana:xyzzy@x.org/simple a": "`cmd` holds a URL with a password",
    "%nuclio cmd @nuclio.postCopy": "`@nuclio.postCopy` is a mark in Nuclio's own list",
    "%nuclio config spec.maxReplicas = 5": "`spec.maxReplicas` is not the notebook's to say; write `max_replicas` in the graph",
    '%nuclio config spec.triggers.http = {"kind": "http"}': "`spec.triggers.http` is not the notebook's to say; what a step reads",
    '%nuclio config spec.runtime = "python:3.9"': "`spec.runtime` is not the notebook's to say",
    '%nuclio config kind = "nuclio:serving"': "a step has no place for `kind`",
    "%nuclio config spec.unknown = 1": "a step has no place for `spec.unknown`; `spec.build.baseImage`",
    "%nuclio config spec.build.baseImage = python": "the value of `spec.build.baseImage` is no JSON",
    '%nuclio config spec.build.baseImage = "a b"': "`spec.build.baseImage` is `a b`; expected the reference",
    "%nuclio config spec.build.baseImage = 3": "`spec.build.baseImage` is `3`",
    "%nuclio config spec.build.commands = {}": "`spec.build.commands` is no list of commands",
    '%nuclio config spec.resources.limits.cpu = "much"': "`spec.resources` is given something that is no resource",
    "%nuclio config spec.resources = 3": "`spec.resources` is given something that is no resource",
    "%nuclio config oops": "`oops` says no setting",
    "%nuclio mount /Data bigdata/x": "no volume of the graph mounts `bigdata/x` at `/Data`; volumes are the whole project's: "
    "write `v3io_volumes: {data: {remote: bigdata/x, mount_path: /Data}}` in the graph",
    "%nuclio mount -k 0a1b2c /User users/ana": "a mount is given a literal key",
    "%nuclio mount -t pvc /User claim": "a volume of type `pvc`",
    "%nuclio mount /User": "`%nuclio mount` takes two paths",
    "%nuclio add -f x.json": "a step has no place for `%nuclio add`",
    "%%nuclio handler\nreturn 1": "a step has no place for `%nuclio handler`",
    "%nuclio cnofig x = 1": "`%nuclio cnofig` is unknown (did you mean `config`?); known are `cmd`, `config`",
    "%nuclio": "`%nuclio ` is unknown",
}  # fmt: skip


@pytest.mark.parametrize("cell", [cell for cell, wrong in REFUSED.items() if wrong])
def test_what_does_not_fit_is_refused_at_its_line(cell: str, tmp_path: Path) -> None:
    found = error(tmp_path, f"\n\n{cell}")
    assert found.startswith(f"fraud.ipynb:cell 1:3:1: {REFUSED[cell]}")
    assert "0a1b2c" not in found
    assert "xyzzy" not in found


def test_a_magic_without_arguments_says_nothing(tmp_path: Path) -> None:
    assert render(loaded(tmp_path, "%nuclio env", "%%nuclio cmd").plan()) == render(
        loaded(tmp_path).plan()
    )


def test_all_that_is_wrong_is_said_at_once_in_the_order_of_the_cells(tmp_path: Path) -> None:
    with pytest.raises(GraphError) as caught:
        loaded(tmp_path, "%nuclio config a = 1", "%%nuclio env\nB=$C\nX", more="      pip: [a b]\n")
    places = [(each.location.cell, each.location.line) for each in caught.value.problems]
    assert places == [(1, 1), (2, 2), (2, 3)]


def test_a_secret_in_a_file_is_said_at_its_line_and_not_shown(tmp_path: Path) -> None:
    (tmp_path / "dev.env").write_text("A=1\nDB_PASSWORD=hunter2\n")
    found = error(tmp_path, "%nuclio env_file dev.env")
    assert found.startswith("dev.env:2:1: `DB_PASSWORD` is given a literal credential")
    assert "hunter2" not in found


def test_variables_of_the_machine_are_a_warning(tmp_path: Path) -> None:
    found = loaded(tmp_path, "%nuclio env %v3io")
    assert warning(found, tmp_path).startswith(
        "fraud.ipynb:cell 1:1:1: warning: `%v3io` takes variables from"
    )
    assert env(found) == {}


def test_an_ignored_cell_sets_nothing(tmp_path: Path) -> None:
    assert env(loaded(tmp_path, "# nuclio: ignore\n%nuclio env A=1")) == {}


def test_a_long_key_is_read_in_no_time() -> None:
    said = Said()
    add_configuration(said, Text("a" + "\\.a" * 5000, Location("x")))
    assert said.problems[0].wrong.endswith("says no setting")


@quick(200)
@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\n\r"), max_size=80))
def test_whatever_is_said_is_taken_or_refused(text: str) -> None:
    for add in (add_variable, add_command, add_configuration, add_mount):
        add(Said(), Text(text, Location("x")))


@quick(200)
@given(
    st.from_regex(r"\A[A-Z]{1,8}\Z"),
    st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=40),
)
def test_a_variable_means_its_text(name: str, text: str) -> None:
    said = Said()
    add_variable(said, Text(f"{name}={text}", Location("x")))
    assert said.problems or said.env == {name: Text(text.strip(), Location("x"))}
