from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from iguazioig.folder.compare import compare
from iguazioig.folder.diff import unified_diff
from iguazioig.folder.manifest import MANIFEST
from iguazioig.folder.write import write
from projects import content_of, project

OLD = {
    "README.md": b"one\ntwo\nthree\n",
    "empty": b"",
    "gone/handler.py": b"x = 1\n",
    "no-end": b"a\nb",
    "separators.txt": "a\u2028b\x0cc\rd\r\ne\n".encode(),
}
NEW = {
    "README.md": b"one\n2\nthree\n",
    "deploy.sh": b"#!/bin/sh\n",
    "empty": b"not any more\n",
    "new/empty": b"",
    "no-end": b"a\nc",
    "separators.txt": "a\u2028b\x0cC\rd\r\ne\n".encode(),
}


def difference(folder: Path, files: dict[str, bytes]) -> str:
    return unified_diff(files, folder, compare(files, folder))


def test_git_makes_the_new_project_of_the_old_one(
    tmp_path: Path, tool: Callable[[str], str]
) -> None:
    folder = tmp_path / "project"
    write(project(OLD), folder)
    patch = difference(folder, project(NEW)).encode()
    command = [tool("git"), "apply", "--unidiff-zero", "--whitespace=nowarn", "-"]
    subprocess.run(
        command, cwd=folder, input=patch, check=True, env={"GIT_CEILING_DIRECTORIES": str(tmp_path)}
    )
    assert content_of(folder) == project(NEW)
    assert (folder / "deploy.sh").stat().st_mode & 0o100


def test_it_reads_like_one_of_git(tmp_path: Path) -> None:
    write(project(OLD), tmp_path)
    assert "".join(difference(tmp_path, project(NEW)).partition("diff --git a/separators")[:1]) == (
        "diff --git a/README.md b/README.md\n"
        "--- a/README.md\n"
        "+++ b/README.md\n"
        "@@ -1,3 +1,3 @@\n"
        " one\n"
        "-two\n"
        "+2\n"
        " three\n"
        "diff --git a/deploy.sh b/deploy.sh\n"
        "new file mode 100755\n"
        "--- /dev/null\n"
        "+++ b/deploy.sh\n"
        "@@ -0,0 +1 @@\n"
        "+#!/bin/sh\n"
        "diff --git a/empty b/empty\n"
        "--- a/empty\n"
        "+++ b/empty\n"
        "@@ -0,0 +1 @@\n"
        "+not any more\n"
        "diff --git a/gone/handler.py b/gone/handler.py\n"
        "deleted file mode 100644\n"
        "--- a/gone/handler.py\n"
        "+++ /dev/null\n"
        "@@ -1 +0,0 @@\n"
        "-x = 1\n"
        "diff --git a/new/empty b/new/empty\n"
        "new file mode 100644\n"
        "diff --git a/no-end b/no-end\n"
        "--- a/no-end\n"
        "+++ b/no-end\n"
        "@@ -1,2 +1,2 @@\n"
        " a\n"
        "-b\n"
        "\\ No newline at end of file\n"
        "+c\n"
        "\\ No newline at end of file\n"
    )


def test_the_manifest_comes_last_whatever_the_order_of_the_map(tmp_path: Path) -> None:
    new = project(NEW)
    shown = difference(tmp_path, new)
    assert shown == difference(tmp_path, dict(reversed(new.items())))
    assert shown.rindex("diff --git") == shown.index(f"diff --git a/{MANIFEST}")


def test_nothing_to_change_is_nothing_to_show(tmp_path: Path) -> None:
    write(project(OLD), tmp_path)
    assert difference(tmp_path, project(OLD)) == ""


def test_a_lost_x_is_shown_as_a_mode(tmp_path: Path) -> None:
    write(project(NEW), tmp_path)
    (tmp_path / "deploy.sh").chmod(0o644)
    assert difference(tmp_path, project(NEW)) == (
        "diff --git a/deploy.sh b/deploy.sh\nold mode 100644\nnew mode 100755\n"
    )


def test_what_a_person_wrote_is_shown_as_what_would_be_lost(tmp_path: Path) -> None:
    write(project(OLD), tmp_path)
    (tmp_path / "gone/handler.py").write_text("mine = 1\n")
    (tmp_path / "deploy.sh").write_text("mine\n")
    shown = difference(tmp_path, project(NEW))
    assert "-mine = 1\n" in shown
    assert "-mine\n+#!/bin/sh\n" in shown


@pytest.mark.parametrize("content", [b"a\0b", b"\xff\xfe", b"line\n" * 300_000])
def test_what_is_binary_or_large_is_only_named(tmp_path: Path, content: bytes) -> None:
    assert difference(tmp_path, project({"model": content})).startswith(
        "diff --git a/model b/model\nnew file mode 100644\nBinary files /dev/null and b/model differ\n"
    )
    write(project({"model": content}), tmp_path)
    assert "Binary files a/model and b/model differ\n" in difference(
        tmp_path, project({"model": b""})
    )
    assert "Binary files a/model and /dev/null differ\n" in difference(tmp_path, project({}))


def test_links_and_folders_in_the_way_have_no_difference(tmp_path: Path) -> None:
    (tmp_path / "README.md").symlink_to("/etc/passwd")
    (tmp_path / "empty").mkdir()
    shown = difference(tmp_path, project({"README.md": b"", "empty": b"", "x": b"x\n"}))
    assert "README.md b/" not in shown
    assert "diff --git a/x b/x" in shown
