"""Where a real engine is looked for, and what is said when it is not whole."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from iguazioig.errors import RunError
from iguazioig.local.engine import find_engine
from running import Folder


def program(path: Path, text: str = "#!/bin/sh\n") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)
    return path


@pytest.fixture
def python(tmp_path: Path) -> Path:
    """A Python that has whatever it is asked to import."""
    return program(tmp_path / "python", "#!/bin/sh\necho V3IO 0.7.2\necho Ruamel.Yaml 0.18\n")


def test_the_wrapper_is_found_beside_the_processor(tmp_path: Path, python: Path) -> None:
    processor = program(tmp_path / "processor")
    wrapper = program(tmp_path / "py" / "_nuclio_wrapper.py")
    environ = {"IGUAZIOIG_NUCLIO_PYTHON": str(python)}
    assert find_engine(processor, environ).wrapper == wrapper
    named = {**environ, "IGUAZIOIG_PROCESSOR": str(processor)}
    engine = find_engine(None, named)
    assert (engine.processor, engine.python) == (processor, python)
    assert engine.versions() == {"v3io": "0.7.2", "ruamel-yaml": "0.18"}


def test_all_that_is_missing_is_said_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(RunError) as found:
        find_engine(None, {"IGUAZIOIG_NUCLIO_PYTHON": str(tmp_path / "python")})
    assert str(found.value).startswith(
        "the engine is not whole: there is no `processor` in the PATH; say: --processor PATH; there is no"
        " `_nuclio_wrapper.py` beside the processor; say: export IGUAZIOIG_NUCLIO_WRAPPER=...;"
        f" `{tmp_path}/python` is no Python: No such file or directory (all of it is in Nuclio's image "
    )


def test_what_is_no_program_and_what_lacks_a_package_is_said(tmp_path: Path) -> None:
    plain = tmp_path / "processor"
    plain.write_text("")
    lacking = program(
        tmp_path / "python", "#!/bin/sh\necho 'No module named msgpack' >&2\nexit 1\n"
    )
    environ = {
        "IGUAZIOIG_NUCLIO_PYTHON": str(lacking),
        "IGUAZIOIG_NUCLIO_WRAPPER": str(tmp_path / "gone.py"),
    }
    with pytest.raises(RunError) as found:
        find_engine(plain, environ)
    said = str(found.value)
    assert f"`{plain}` is no program; `{tmp_path}/gone.py` is no file;" in said
    assert f"(No module named msgpack); say: {lacking} -m pip install nuclio-sdk msgpack" in said


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--processor", sys.executable], "say both"),
        (["--engine", "processor", "--faithful"], "--faithful is of `--engine local`"),
        (["--engine", "processor", "--crash", "double@1"], "--crash is of `--engine local`"),
        (["--engine", "processor", "--processor", "gone"], "'gone' does not exist"),
        (["--engine", "docker"], "'docker' is not one of 'local', 'processor'"),
    ],
)
def test_options_that_do_not_go_together_are_refused(
    folder: Folder, options: list[str], said: str
) -> None:
    folder.project()
    assert said in folder.run("run", "demo", *options, rc=2).stderr


def test_without_an_engine_nothing_starts(folder: Folder) -> None:
    folder.project()
    done = folder.run("run", "demo", "--engine", "processor", rc=1, PATH="", IGUAZIOIG_PROCESSOR="")
    assert done.stderr.startswith("error: the engine is not whole: there is no `processor`")
