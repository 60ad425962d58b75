from __future__ import annotations

import errno
import hashlib
import os
from pathlib import Path

import pytest
from iguazioig.errors import ProjectError
from iguazioig.folder.disk import Disk, explained, kind
from iguazioig.folder.paths import REPLACED, STAGED


def test_a_path_in_folders_that_are_there_or_not_yet_has_no_obstacle(tmp_path: Path) -> None:
    (tmp_path / "steps").mkdir()
    disk = Disk(tmp_path)
    assert [disk.obstacle(path) for path in ("x", "steps/x", "steps/a/b/x")] == [None] * 3


def test_the_outermost_obstacle_is_named(tmp_path: Path) -> None:
    (tmp_path / "real" / "inner").mkdir(parents=True)
    (tmp_path / "link").symlink_to("real")
    (tmp_path / "file").write_text("")
    disk = Disk(tmp_path)
    link = ("link", "is a symbolic link where a folder should be")
    assert disk.obstacle("link/inner/x") == disk.obstacle("link/x") == link
    assert disk.obstacle("file/a/x") == ("file", "is a file where a folder should be")


def test_the_status_of_a_link_is_its_own(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    (tmp_path / "link").symlink_to("file")
    disk = Disk(tmp_path)
    status = disk.status("link")
    assert status is not None
    assert kind(status) == "is a symbolic link"
    assert disk.status("missing") is disk.status("file/below") is None


@pytest.mark.parametrize("size", [0, 1, 1024 * 1024, 3 * 1024 * 1024])
def test_the_digest_of_a_file_is_that_of_its_content(tmp_path: Path, size: int) -> None:
    content = os.urandom(size)
    (tmp_path / "file").write_bytes(content)
    assert Disk(tmp_path).content("file") == content
    assert Disk(tmp_path).digest("file", size) == hashlib.sha256(content).hexdigest()


def test_content_is_not_read_through_a_link(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("/etc/hostname")
    with pytest.raises(OSError, match="symbolic link"):
        Disk(tmp_path).content("link")


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), "p: no space left on device; free some"),
        (PermissionError(errno.EACCES, "No", f"p/{STAGED}/a/x"), "p/a/x: no; change its perm"),
        (
            OSError(errno.EXDEV, "No", f"p/{STAGED}/x", None, "p/x"),
            "p/x: no; choose another folder",
        ),
        (
            OSError(errno.EIO, "No", "p/x", None, f"p/{REPLACED}/7"),
            "p/x: no; choose another folder",
        ),
        (OSError("Something else"), "p: something else; choose another folder"),
    ],
)
def test_an_error_of_the_system_names_the_place_in_the_project_and_a_cure(
    error: OSError, message: str
) -> None:
    with pytest.raises(ProjectError) as caught, explained(Path("p")):
        raise error
    assert str(caught.value).startswith(message)
