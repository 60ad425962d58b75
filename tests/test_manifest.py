from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path

import pytest
from iguazioig.errors import ProjectError
from iguazioig.folder.manifest import (
    MANIFEST,
    Manifest,
    read_manifest,
    read_manifests,
    render_manifest,
)
from iguazioig.folder.paths import REPLACED, STAGED

FILES = {"steps/b/handler.py": b"b", "README.md": b"\xff\x00", "steps/a/größe.py": b""}
DIGEST = hashlib.sha256(b"b").hexdigest()


def manifest_in(folder: Path, content: bytes) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / MANIFEST).write_bytes(content)
    return folder


def test_a_manifest_is_read_as_it_was_rendered(tmp_path: Path) -> None:
    manifest_in(tmp_path, render_manifest("1.0.0", "of the graph", FILES))
    manifest = read_manifest(tmp_path)
    assert (manifest.generator, manifest.source) == ("1.0.0", "of the graph")
    assert manifest.files == {
        path: hashlib.sha256(content).hexdigest() for path, content in FILES.items()
    }


def test_its_text_is_sorted_one_line_per_file_and_does_not_depend_on_the_order() -> None:
    rendered = render_manifest("1.0.0", "s", FILES)
    assert rendered == render_manifest("1.0.0", "s", dict(reversed(FILES.items())))
    assert rendered.endswith(b"}\n")
    assert f'    "steps/b/handler.py": "{DIGEST}"\n'.encode() in rendered
    assert list(json.loads(rendered)["files"]) == sorted(FILES)


def test_it_does_not_list_itself() -> None:
    once = render_manifest("1.0.0", "s", FILES)
    assert render_manifest("1.0.0", "s", {**FILES, MANIFEST: once}) == once


def test_no_manifest_is_an_empty_one(tmp_path: Path) -> None:
    assert read_manifest(tmp_path) == Manifest() == read_manifest(tmp_path / "missing")


@pytest.mark.parametrize(
    ("content", "wrong"),
    [
        (b"", "is not JSON"),
        (b"\xff\xfe\x00", "is not JSON"),
        (b"{" * 100_000, "is not JSON"),
        (b"[" * 1_000_000, "is not JSON"),
        (b"[]", "is not a JSON object"),
        (b"null", "is not a JSON object"),
        (b"{}", "has no text as `generator`"),
        (b'{"generator": 1, "source": "", "files": {}}', "has no text as `generator`"),
        (b'{"generator": "", "source": null, "files": {}}', "has no text as `source`"),
        (b'{"generator": "", "source": ""}', "has no object as `files`"),
        (b'{"generator": "", "source": "", "files": []}', "has no object as `files`"),
        (b'{\n<<<<<<< HEAD\n"a": 1\n=======\n>>>>>>> other\n}', "marks of a merge conflict"),
        (b" " * (16 * 1024 * 1024 + 1), "is larger than 16777216 bytes"),
    ],
)
def test_a_damaged_manifest_is_refused_with_its_cure(
    tmp_path: Path, content: bytes, wrong: str
) -> None:
    manifest_in(tmp_path, content)
    with pytest.raises(ProjectError, match=wrong) as caught:
        read_manifest(tmp_path)
    assert str(caught.value).startswith(f"{tmp_path / MANIFEST}: ")
    assert "restore it from version control, or delete it" in str(caught.value)


@pytest.mark.parametrize("path", ["/etc/passwd", "../x", "a/../../x", "a//b", "a\\b", "a\0", ""])
def test_a_manifest_that_lists_a_file_elsewhere_is_refused(tmp_path: Path, path: str) -> None:
    content = {"generator": "1", "source": "s", "files": {path: DIGEST}}
    manifest_in(tmp_path, json.dumps(content).encode())
    with pytest.raises(ProjectError, match="lists '"):
        read_manifest(tmp_path)


@pytest.mark.parametrize("digest", [None, 1, [], "", "0" * 63, "G" * 64, "0" * 64 + "\n"])
def test_a_manifest_with_something_else_than_a_digest_is_refused(
    tmp_path: Path, digest: object
) -> None:
    content = {"generator": "1", "source": "s", "files": {"a": digest}}
    manifest_in(tmp_path, json.dumps(content).encode())
    with pytest.raises(ProjectError, match="has no SHA-256 for `a`"):
        read_manifest(tmp_path)


def test_a_manifest_that_is_no_plain_file_is_refused(tmp_path: Path) -> None:
    real = manifest_in(tmp_path / "real", render_manifest("1", "s", {}))
    for name in ("linked", "piped", "folder"):
        (tmp_path / name).mkdir()
    (tmp_path / "linked" / MANIFEST).symlink_to(real / MANIFEST)
    os.mkfifo(tmp_path / "piped" / MANIFEST)
    (tmp_path / "folder" / MANIFEST).mkdir()
    for name, wrong in [("linked", "symbolic"), ("piped", "JSON"), ("folder", "directory")]:
        with pytest.raises(ProjectError, match=f"{name}/{MANIFEST}: .*{wrong}.*; .* out|restore"):
            read_manifest(tmp_path / name)


def test_a_project_folder_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "project").write_text("mine")
    with pytest.raises(ProjectError, match="project: is a file; choose another folder"):
        read_manifest(tmp_path / "project")


def test_what_a_killed_run_left_is_read_too_unless_it_is_half_written(tmp_path: Path) -> None:
    manifest_in(tmp_path, render_manifest("1", "now", {}))
    manifest_in(tmp_path / STAGED, render_manifest("1", "next", {}))
    manifest_in(tmp_path / REPLACED, b'{"generator": "1", ')
    assert "next" in {each.source for each in read_manifests(tmp_path)}
    assert read_manifests(tmp_path)[0].source == "now"
