from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from iguazioig.errors import ProjectError
from iguazioig.folder.compare import Changes, Conflict, compare, is_current
from iguazioig.folder.manifest import MANIFEST
from iguazioig.folder.paths import STAGING
from iguazioig.folder.write import write
from projects import content_of, identity_of, project

FILES = {"README.md": b"one\n", "deploy.sh": b"#!/bin/sh\n", "steps/a/handler.py": b"a = 1\n"}
OLD = project(FILES)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write(OLD, tmp_path / "project")
    return tmp_path / "project"


def test_in_a_missing_folder_everything_is_created_and_nothing_is_touched(tmp_path: Path) -> None:
    assert compare(OLD, tmp_path / "new" / "project") == Changes(created=tuple(sorted(OLD)))
    assert list(tmp_path.iterdir()) == []


def test_what_is_as_it_would_be_written_is_unchanged(folder: Path) -> None:
    before = identity_of(folder)
    changes = compare(OLD, folder)
    assert changes == Changes(unchanged=tuple(sorted(OLD)))
    assert changes.none
    assert identity_of(folder) == before


def test_files_as_they_were_written_are_changed_or_removed(folder: Path) -> None:
    new = project({"README.md": b"two\n", "deploy.sh": FILES["deploy.sh"], "setup.py": b""})
    changes = compare(new, folder)
    assert changes == Changes(
        created=("setup.py",),
        changed=(MANIFEST, "README.md"),
        removed=("steps/a/handler.py",),
        unchanged=("deploy.sh",),
    )
    assert not changes.none


def test_a_new_generator_with_the_same_output_changes_the_manifest_only(folder: Path) -> None:
    assert compare(project(FILES, source="other"), folder).changed == (MANIFEST,)


def test_an_edited_file_is_a_conflict_whether_it_would_be_written_or_removed(folder: Path) -> None:
    (folder / "README.md").write_text("mine")
    (folder / "steps/a/handler.py").write_text("mine")
    new = project({"README.md": b"two\n", "deploy.sh": FILES["deploy.sh"]})
    assert compare(new, folder).conflicts == (
        Conflict("README.md", "was edited", forcible=True),
        Conflict("steps/a/handler.py", "was edited, and is no longer generated", forcible=True),
    )


def test_an_edit_is_a_conflict_even_if_the_graph_did_not_change(folder: Path) -> None:
    (folder / "README.md").write_text("mine")
    assert [str(each) for each in compare(OLD, folder).conflicts] == ["README.md: was edited"]


def test_an_edit_that_is_what_would_be_written_is_none(folder: Path) -> None:
    (folder / "README.md").write_text("two\n")
    changes = compare(project({**FILES, "README.md": b"two\n"}), folder)
    assert (changes.changed, changes.conflicts) == ((MANIFEST,), ())


def test_a_file_of_someone_else_is_a_conflict_unless_it_is_the_same(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("mine")
    (tmp_path / "deploy.sh").write_bytes(FILES["deploy.sh"])
    (tmp_path / "deploy.sh").chmod(0o755)
    changes = compare(OLD, tmp_path)
    assert changes.conflicts == (Conflict("README.md", "was not written by iguazioig", True),)
    assert changes.unchanged == ("deploy.sh",)


def test_a_deleted_file_is_created_again_and_a_deleted_old_one_forgotten(folder: Path) -> None:
    (folder / "README.md").unlink()
    shutil.rmtree(folder / "steps")
    changes = compare(project({"README.md": b"one\n", "deploy.sh": FILES["deploy.sh"]}), folder)
    assert (changes.created, changes.removed, changes.conflicts) == (("README.md",), (), ())


def test_a_lost_x_is_a_change_and_a_gained_one_is_not(folder: Path) -> None:
    (folder / "deploy.sh").chmod(0o644)
    (folder / "README.md").chmod(0o755)
    assert compare(OLD, folder).changed == ("deploy.sh",)


def test_large_files_are_compared_too(folder: Path) -> None:
    large = b"x" * (3 * 1024 * 1024)
    write(project({**FILES, "model.bin": large}), folder)
    assert compare(project({**FILES, "model.bin": b"small"}), folder).conflicts == ()
    with (folder / "model.bin").open("ab") as file:
        file.write(b"mine")
    assert compare(OLD, folder).conflicts[0].path == "model.bin"


def test_what_is_no_plain_file_is_a_conflict_that_cannot_be_forced(folder: Path) -> None:
    for name in ("README.md", "deploy.sh", "steps/a/handler.py"):
        (folder / name).unlink()
    (folder / "README.md").mkdir()
    (folder / "deploy.sh").symlink_to("/bin/sh")
    os.mkfifo(folder / "steps/a/handler.py")
    assert compare(OLD, folder).conflicts == (
        Conflict("README.md", "is a folder"),
        Conflict("deploy.sh", "is a symbolic link"),
        Conflict("steps/a/handler.py", "is a device, a pipe or a socket"),
    )


def test_what_stands_where_a_folder_should_be_is_named_once(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "project").mkdir()
    (tmp_path / "project" / "steps").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "project" / "docs").write_text("mine")
    new = project({"steps/a/x": b"", "steps/a/y": b"", "steps/b/x": b"", "docs/index.md": b""})
    assert compare(new, tmp_path / "project").conflicts == (
        Conflict("docs", "is a file where a folder should be"),
        Conflict("steps", "is a symbolic link where a folder should be"),
    )


def test_links_and_folders_where_old_files_were_are_left_alone(folder: Path) -> None:
    (folder / "README.md").unlink()
    (folder / "README.md").symlink_to("elsewhere")
    (folder / "deploy.sh").unlink()
    (folder / "deploy.sh").mkdir()
    (folder / "steps").rename(folder / "moved")
    (folder / "steps").symlink_to("moved")
    changes = compare(project({}), folder)
    assert (changes.removed, changes.conflicts) == ((), ())


def test_a_map_without_its_manifest_is_a_mistake_of_the_caller(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="has its own manifest"):
        compare(FILES, tmp_path)


def test_a_path_out_of_the_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ProjectError, match=r"has a `\.` or `\.\.` in it"):
        compare(project({"../x": b""}), tmp_path)


def test_a_project_is_current_until_anything_differs(folder: Path) -> None:
    def current() -> bool:
        return is_current(folder, "1.0.0", "source")

    assert current()
    assert not is_current(folder, "1.0.1", "source")
    assert not is_current(folder, "1.0.0", "other")
    assert not is_current(folder / "missing", "1.0.0", "source")

    (folder / "notes.txt").write_text("mine")
    assert current()

    (folder / STAGING).mkdir()
    assert not current()
    (folder / STAGING).rmdir()
    assert current()

    (folder / "deploy.sh").chmod(0o644)
    assert not current()
    (folder / "deploy.sh").chmod(0o755)
    assert current()

    (folder / "README.md").write_text("two\n")
    assert not current()
    (folder / "README.md").unlink()
    assert not current()
    (folder / "README.md").symlink_to("notes.txt")
    assert not current()
    (folder / "README.md").unlink()
    (folder / "README.md").write_text("one\n")
    assert current()

    (folder / "steps").rename(folder / "moved")
    (folder / "steps").symlink_to("moved")
    assert not current()
    assert content_of(folder)["moved/a/handler.py"] == b"a = 1\n"


def test_a_damaged_manifest_is_not_taken_for_an_old_one(folder: Path) -> None:
    (folder / MANIFEST).write_text("<<<<<<< ours\n")
    with pytest.raises(ProjectError, match="merge conflict"):
        is_current(folder, "1.0.0", "source")
    with pytest.raises(ProjectError, match="merge conflict"):
        compare(OLD, folder)
