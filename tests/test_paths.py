from __future__ import annotations

import pytest
from iguazioig.errors import ProjectError
from iguazioig.folder.paths import check_paths, misplaced, mode, parents


def test_only_the_two_programs_are_executable() -> None:
    assert mode("deploy.sh") == mode("setup_streams.py") == 0o755
    assert mode("README.md") == mode("steps/score/deploy.sh") == 0o644


def test_parents_are_the_folders_from_the_outside_in() -> None:
    assert parents("steps/score/model/net.py") == ["steps", "steps/score", "steps/score/model"]
    assert parents("README.md") == []


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/etc/passwd",
        "//host/share",
        "..",
        "../outside",
        "steps/../../outside",
        "steps/./handler.py",
        "steps//handler.py",
        "steps/",
        "steps\\handler.py",
        "C:\\file",
        "a\0b",
        "a\nb",
        "a\u202eb",
        "a\udcffb",
        ".git/hooks/pre-commit",
        "steps/.GIT/config",
        ".iguazioig.tmp/new/README.md",
    ],
)
def test_a_path_that_leads_elsewhere_is_misplaced(path: str) -> None:
    assert misplaced(path)
    with pytest.raises(ProjectError, match="rename it"):
        check_paths([path])


@pytest.mark.parametrize(
    "path", ["README.md", ".gitattributes", "steps/score/handler.py", "steps/a/größe.py", "a..b"]
)
def test_an_ordinary_path_is_not(path: str) -> None:
    assert misplaced(path) == ""
    check_paths([path])


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("steps/a/Model.py", "steps/a/model.py"),
        ("steps/A/model.py", "steps/a/model.py"),
        ("straße.py", "STRASSE.py"),
        ("caf\u00e9.py", "cafe\u0301.py"),
    ],
)
def test_two_names_that_some_systems_take_as_one_are_refused(one: str, other: str) -> None:
    with pytest.raises(ProjectError, match=f"`{one}` and `{other}` are one file"):
        check_paths([one, other])


def test_a_file_that_is_also_a_folder_is_refused() -> None:
    with pytest.raises(ProjectError, match=r"`Model` is a file and the folder of `model/net\.py`"):
        check_paths(["model/net.py", "Model"])
