"""Which file an environment is: a name beside the graph, or a path; and what is said of all others."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from iguazioig.environments import in_project, names, path_of, read_environment
from iguazioig.errors import GraphError
from iguazioig.folder.manifest import MANIFEST
from iguazioig.folder.paths import environment_in, environment_path
from iguazioig.source import Source, read_source


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "graphs" / "environments").mkdir(parents=True)
    for name in ("dev", "prod", "eu-1"):
        (tmp_path / "graphs" / "environments" / f"{name}.yaml").write_text(f"# {name}\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def refused(wanted: str | Path) -> str:
    with pytest.raises(GraphError) as caught:
        read_environment(Path("graphs"), wanted)
    return str(caught.value)


def test_a_name_is_a_file_beside_the_graph() -> None:
    found = read_environment(Path("graphs"), "prod")
    assert (found.name, found.path) == ("prod", "graphs/environments/prod.yaml")
    assert found.source == b"# prod\n"


def test_a_path_is_a_file_anywhere() -> None:
    Path("site.yml").write_text("# site\n")
    assert read_environment(Path("graphs"), "site.yml").name == "site"
    assert read_environment(Path(), Path("graphs/environments/dev.yaml")).name == "dev"


def test_the_names_are_listed_without_what_is_no_name() -> None:
    folder = Path("graphs") / "environments"
    for name in ("Old.yaml", ".hidden.yaml", "notes.txt", "two words.yaml"):
        (folder / name).write_text("")
    assert names(Path("graphs")) == ["dev", "eu-1", "prod"]
    assert names(Path()) == []


def test_a_name_that_is_not_there_is_guessed_at() -> None:
    assert refused("prd") == (
        "graphs/environments/prd.yaml:1:1: there is no environment `prd` (did you mean `prod`?); "
        "beside the graph there are `dev`, `eu-1`, `prod`"
    )


def test_where_there_are_none_it_is_said_where_they_would_be() -> None:
    with pytest.raises(GraphError, match=r"^environments/prod\.yaml:1:1: there is no environment"):
        read_environment(Path(), "prod")


@pytest.mark.parametrize(
    "wanted",
    [
        "", ".", "..", "../../x", "/etc/passwd", "environments/prod", "Prod", "pro d", "prod\n", "-prod", "prod-", "é",
        "x" * 41, "$(touch x)", "{{ x }}", "a\0b", "../prod.yaml/..", ".yaml", "..yaml", "../.yaml", "Prod.yaml", "a b.yaml",
    ],
)  # fmt: skip
def test_what_is_no_name_goes_nowhere(wanted: str) -> None:
    text = refused(wanted)
    assert "is no name of an environment" in text
    assert "\n" not in text
    assert "\0" not in text


def test_a_path_elsewhere_is_read_and_its_name_stays_a_name() -> None:
    assert refused("../../x.yaml").startswith("../../x.yaml:1:1: cannot be read: no such file")
    assert path_of(Path("graphs"), "../../x.yaml").stem == "x"


def test_what_is_no_file_cannot_be_read() -> None:
    (Path("graphs") / "environments" / "odd.yaml").mkdir()
    os.mkfifo(Path("graphs") / "environments" / "pipe.yaml")
    assert "cannot be read: it is no regular file" in refused("odd")
    assert "cannot be read: it is no regular file" in refused("pipe")


def test_a_project_says_by_its_paths_which_environment_it_is_for() -> None:
    assert environment_in(["graph.yaml", environment_path("prod"), "steps/a/b.py"]) == "prod"
    assert environment_in(["steps/environments/prod.yaml", "environments/a/b.yaml"]) is None


def test_the_graph_of_a_project_has_the_environment_of_the_project(here: Path) -> None:
    project = here / "project"
    project.mkdir()
    (project / "graph.yaml").write_text("x")
    assert in_project(read_source(project / "graph.yaml")).environment is None
    digest = "0" * 64
    (project / MANIFEST).write_text(
        f'{{"generator": "0", "source": "", "files": {{"environments/prod.yaml": "{digest}"}}}}'
    )
    with pytest.raises(GraphError, match="there is no environment `prod`"):
        in_project(read_source(project / "graph.yaml"))
    (project / "environments").mkdir()
    (project / "environments" / "prod.yaml").write_text("# here\n")
    (project / "environments" / "other.yaml").write_text("# no part of it\n")
    environment = in_project(read_source(project / "graph.yaml")).environment
    assert environment is not None
    assert (environment.name, environment.source) == ("prod", b"# here\n")
    assert in_project(Source("x", b"", project)).environment is None


def test_a_manifest_that_is_none_is_said_of_the_project(here: Path) -> None:
    (here / MANIFEST).write_text("<<<<<<< ours\n")
    (here / "graph.yaml").write_text("x")
    with pytest.raises(GraphError, match="marks of a merge conflict"):
        in_project(read_source(here / "graph.yaml"))


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_rights_cannot_be_read() -> None:
    (Path("graphs") / "environments" / "dev.yaml").chmod(0)
    assert "cannot be read: permission denied" in refused("dev")
