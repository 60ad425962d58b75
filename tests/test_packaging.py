"""The wheel: what is in it, and that it works in a fresh virtual environment, from an empty folder."""

from __future__ import annotations

import email.message
import email.parser
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from cases import EXAMPLES, ROOT, read_tree
from iguazioig import __version__

PACKAGE = ROOT / "generator" / "iguazioig"
ASSETS = ("cookiecutter-repository", "cookiecutter-step", "cookiecutter-step-module", "templates")
INFO = f"iguazioig-{__version__}.dist-info"


def pip(python: str | Path, *words: str | Path) -> None:
    """Run pip. Where it fails, nothing here can be checked: CI fails, a machine without a network skips loudly."""
    quiet = {"PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_NO_INPUT": "1"}
    command = [python, "-m", "pip", *words]
    done = subprocess.run(
        command, env={**clean(), **quiet}, capture_output=True, text=True, check=False
    )
    if done.returncode and os.environ.get("IGUAZIOIG_REQUIRE_TOOLS"):
        pytest.fail(done.stdout + done.stderr)
    if done.returncode:
        why = next(line.strip() for line in done.stderr.splitlines() if "ERROR" in line)
        pytest.skip(f"THE WHEEL WAS NOT CHECKED: {why}")


def clean() -> dict[str, str]:
    """The environment without what would let this checkout or this Python shine through."""
    return {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    pip(sys.executable, "wheel", "--no-deps", "--wheel-dir", folder, ROOT)
    [built] = folder.iterdir()
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The `bin` of a virtual environment with the wheel and what it depends on."""
    folder = tmp_path_factory.mktemp("venv") / "fresh"
    subprocess.run([sys.executable, "-m", "venv", folder], env=clean(), check=True)
    pip(folder / "bin" / "python", "install", wheel)
    return folder / "bin"


def tracked(folder: Path) -> dict[str, bytes]:
    """The files of a folder, without what tools leave behind."""
    files = read_tree(folder).items()
    return {
        path: content for path, content in files if not path.startswith(".") and ".pyc" not in path
    }


def test_the_wheel_has_the_package_and_the_templates_and_nothing_else(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        found = {name: archive.read(name) for name in archive.namelist() if INFO not in name}

    expected = {f"iguazioig/{path}": content for path, content in tracked(PACKAGE).items()}
    for assets in ASSETS:
        files = tracked(ROOT / assets).items()
        expected |= {f"iguazioig/_assets/{assets}/{path}": content for path, content in files}
    assert sorted(found) == sorted(expected)
    assert found == expected
    assert "iguazioig/py.typed" in found
    assert "iguazioig/_assets/templates/deploy.sh.j2" in found
    assert "iguazioig/_assets/cookiecutter-step/{{cookiecutter.step}}/handler.py" in found


@pytest.fixture(scope="module")
def metadata(wheel: Path) -> email.message.Message:
    with zipfile.ZipFile(wheel) as archive:
        return email.parser.Parser().parsestr(archive.read(f"{INFO}/METADATA").decode())


def test_the_metadata_say_what_it_is(wheel: Path, metadata: email.message.Message) -> None:
    assert wheel.name == f"iguazioig-{__version__}-py3-none-any.whl"
    assert (metadata["Name"], metadata["Version"]) == ("iguazioig", __version__)
    assert (metadata["Requires-Python"], metadata["License-Expression"]) == (">=3.11", "Apache-2.0")
    assert metadata["License-File"] == "LICENSE"
    assert "Typing :: Typed" in metadata.get_all("Classifier", [])


def test_few_things_are_needed(metadata: email.message.Message) -> None:
    needed = [each for each in metadata.get_all("Requires-Dist", []) if "extra ==" not in each]

    assert sorted(each.partition(">")[0] for each in needed) == ["click", "jinja2", "pyyaml"]
    assert {"bench", "deploy", "emulator", "notebook", "run", "test"} == set(
        metadata.get_all("Provides-Extra", [])
    )


def generate(name: str, installed: Path, folder: Path) -> subprocess.CompletedProcess[str]:
    """Generate the project of an example in an empty folder."""
    words = [installed / "iguazioig", "generate", EXAMPLES / name / "graph.yaml", "-o", "project"]
    return subprocess.run(
        words, cwd=folder, env=clean(), capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize(
    "name", sorted({each.name for each in EXAMPLES.iterdir() if each.is_dir()} - {"notebook"})
)
def test_it_generates_the_examples_from_an_empty_folder(
    name: str, installed: Path, tmp_path: Path
) -> None:
    done = generate(name, installed, tmp_path)

    assert (done.returncode, "error" in done.stderr) == (0, False)
    assert read_tree(tmp_path / "project") == read_tree(EXAMPLES / name / "project")
    assert os.listdir(tmp_path) == ["project"]


def test_a_notebook_needs_an_extra_and_the_error_says_which(
    wheel: Path, installed: Path, tmp_path: Path
) -> None:
    pip(installed / "python", "uninstall", "--yes", "black")
    without = generate("notebook", installed, tmp_path)
    assert (without.returncode, os.listdir(tmp_path)) == (1, [])
    assert "graph.yaml:15:21: a module made from a notebook is formatted by black" in without.stderr
    assert "say: pip install 'iguazioig[notebook]'" in without.stderr

    pip(installed / "python", "install", f"{wheel}[notebook]")
    done = generate("notebook", installed, tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert read_tree(tmp_path / "project") == read_tree(EXAMPLES / "notebook" / "project")


def test_its_types_are_seen(installed: Path, tmp_path: Path) -> None:
    (tmp_path / "user.py").write_text(
        "from iguazioig import Command, Deployment\n"
        "commands: list[Command] = Deployment().deploy('graph.yaml', dry_run=True)\n"
        "commands.append(1)\n"
    )
    words = [sys.executable, "-m", "mypy", "--python-executable", installed / "python", "user.py"]

    done = subprocess.run(
        [*words, "--cache-dir", os.devnull],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.stdout.splitlines()[:-1] == [
        'user.py:3: error: Argument 1 to "append" of "list" has incompatible type "int";'
        ' expected "Command"  [arg-type]'
    ]
