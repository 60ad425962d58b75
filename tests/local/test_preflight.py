"""What is missing on this machine, and its cure."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from iguazioig.errors import NotReadyError
from iguazioig.local.preflight import folders, inspect, variables
from iguazioig.local.steps import DeployedStep, Mount, Secret


@pytest.fixture
def step(tmp_path: Path) -> DeployedStep:
    return DeployedStep(
        name="score", function="fraud-score", folder=tmp_path, handler="handler:handler", replicas=1,
        streams=(), http=None, env={"MODE": "fast"}, secrets={"V3IO_ACCESS_KEY": Secret("a Secret")}, secret_sets=(),
        mounts=(), log_level="info",
    )  # fmt: skip


def said(step: DeployedStep, *mounts: str) -> list[str]:
    return [str(problem) for problem in inspect([step], mounts)]


def test_nothing_is_missing_where_everything_is_there(step: DeployedStep) -> None:
    (step.folder / "requirements.txt").write_text(
        "\ufeffpytest>=1\n# ours\n\n-r other.txt\ngit+https://example.com/x\nx; " + "(" * 9999
    )
    assert said(step) == []


def test_a_package_that_is_not_installed_is_named_with_the_command(step: DeployedStep) -> None:
    path = step.folder / "requirements.txt"
    path.write_text("pytest\nno-such-package-at-all==1.0 --hash=x \\\n  --hash=y # why\n")
    (problem,) = inspect([step], [])
    assert str(problem) == (
        f"{path}:2:1: `no-such-package-at-all==1.0` is not installed here; say: pip install -r {path}"
    )
    assert problem.severity == "error"


def test_another_version_than_the_step_will_have_is_a_warning(step: DeployedStep) -> None:
    (step.folder / "requirements.txt").write_text("pytest==0.0.1\n")
    (problem,) = inspect([step], [])
    assert problem.severity == "warning"
    assert "`pytest==0.0.1` is wanted, and" in problem.wrong


def test_a_package_for_another_machine_is_not_missing(step: DeployedStep) -> None:
    (step.folder / "requirements.txt").write_text('no-such-package; sys_platform == "other"\n')
    assert said(step) == []


def test_a_requirements_file_that_is_something_else_is_a_problem(step: DeployedStep) -> None:
    path = step.folder / "requirements.txt"
    path.write_bytes(b"\xff\xfe\npytest\n")
    assert said(step) == []
    path.write_text("pytest\n" * 10_001)
    with pytest.raises(NotReadyError, match="too many lines"):
        said(step)
    path.unlink()
    path.mkdir()
    with pytest.raises(NotReadyError, match="it is no regular file"):
        said(step)


def test_what_several_steps_lack_is_said_once_with_one_command(
    step: DeployedStep, tmp_path: Path
) -> None:
    other = replace(step, name="other", folder=tmp_path / "other")
    other.folder.mkdir()
    for each in (step, other):
        (each.folder / "requirements.txt").write_text("no-such-package\nnor-this>=2\n")
    problems = inspect([step, other], [])
    assert [problem.wrong for problem in problems] == [
        "`no-such-package` is not installed here",
        "`nor-this>=2` is not installed here",
    ]
    files = [each.folder / "requirements.txt" for each in (step, other)]
    assert {problem.expected for problem in problems} == {
        f"say: pip install -r {files[0]} -r {files[1]}"
    }


def test_for_a_graph_nothing_names_the_project_that_is_only_there_for_now(
    step: DeployedStep,
) -> None:
    (step.folder / "requirements.txt").write_text("no-such-package\nnor-this>=2\n")
    mounted = replace(
        step, mounts=(Mount("models", "/no/such/folder"),), secrets={"TOKEN": Secret("a Secret")}
    )
    problems = inspect([mounted], [], Path("graph.yaml"))
    assert {str(problem.location) for problem in problems} == {"graph.yaml:1:1"}
    assert "say: pip install no-such-package 'nor-this>=2'" in {each.expected for each in problems}
    assert str(step.folder) not in " ".join(map(str, problems))


def test_a_secret_has_to_be_given(step: DeployedStep, monkeypatch: pytest.MonkeyPatch) -> None:
    with_token = replace(step, secrets={"TOKEN": Secret("key `t` of Secret `s`")})
    monkeypatch.delenv("TOKEN", raising=False)
    (problem,) = said(with_token)
    assert "TOKEN comes from key `t` of Secret `s`" in problem
    assert problem.endswith("say: export TOKEN=...")
    monkeypatch.setenv("TOKEN", "a-token")
    assert said(with_token) == []
    assert variables(with_token, "http://here", "key")["TOKEN"] == "a-token"


def test_a_volume_that_is_nowhere_is_said_once_for_all_steps(
    step: DeployedStep, tmp_path: Path
) -> None:
    mounted = replace(
        step, mounts=(Mount("models", "/no/such/folder"), Mount("here", str(tmp_path)))
    )
    (problem,) = inspect([mounted, replace(mounted, name="other")], [])
    assert problem.expected == "say: --mount models=DIR"
    assert inspect([mounted], ["models"]) == []
    assert folders(mounted, {"models": tmp_path}) == {"/no/such/folder": str(tmp_path)}


def test_a_step_finds_this_v3io_whatever_its_file_says(step: DeployedStep) -> None:
    elsewhere = replace(step, env={"V3IO_API": "http://v3io-webapi:8081", "MODE": "fast"})
    assert variables(elsewhere, "http://127.0.0.1:1", "a-key") == {
        "V3IO_API": "http://127.0.0.1:1",
        "V3IO_ACCESS_KEY": "a-key",
        "MODE": "fast",
    }
