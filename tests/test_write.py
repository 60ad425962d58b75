from __future__ import annotations

import fcntl
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import interrupted
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from iguazioig.errors import ProjectError
from iguazioig.folder.manifest import MANIFEST
from iguazioig.folder.paths import REPLACED, STAGED, STAGING
from iguazioig.folder.write import write
from projects import content_of, empty_folders, identity_of, project

FIRST = project(
    {
        "README.md": b"first\n",
        "deploy.sh": b"#!/bin/sh\n",
        "steps/changed/handler.py": b"first\n",
        "steps/changed/old_module.py": b"first\n",
        "steps/gone/handler.py": b"first\n",
        "steps/gone/model/net.py": b"first\n",
        "steps/same/handler.py": b"same\n",
    },
    source="first",
)
SECOND = project(
    {
        "README.md": b"second\n",
        "deploy.sh": b"#!/bin/sh\n",
        "steps/changed/handler.py": b"second\n",
        "steps/changed/new_module.py": b"second\n",
        "steps/new/handler.py": b"second\n",
        "steps/new/model/net.py": b"second\n",
        "steps/same/handler.py": b"same\n",
    },
    source="second",
)
THIRD = project(dict.fromkeys(("README.md", "steps/new/handler.py"), b"third\n"), "third")
MINE = {"notes.txt": b"mine\n", "steps/same/data.csv": b"mine\n"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The first project, and files of someone else in its folder."""
    folder = tmp_path / "project"
    write(FIRST, folder)
    for path, content in MINE.items():
        (folder / path).write_bytes(content)
    return folder


def refusal(files: dict[str, bytes], folder: Path, *, force: bool = False) -> str:
    """What is said when it refuses to write, which must leave everything as it was."""
    before = identity_of(folder)
    with pytest.raises(ProjectError) as caught:
        write(files, folder, force=force)
    assert identity_of(folder) == before
    return str(caught.value)


def test_a_new_project_is_written_with_its_folders_and_nothing_else(tmp_path: Path) -> None:
    changes = write(FIRST, tmp_path / "a" / "b" / "project")
    assert changes.created == tuple(sorted(FIRST))
    assert content_of(tmp_path) == {f"a/b/project/{path}": FIRST[path] for path in FIRST}
    assert not (tmp_path / "a/b/project" / STAGING).exists()


def test_only_programs_are_executable_and_the_umask_is_honoured(tmp_path: Path) -> None:
    def modes(umask: int, folder: Path) -> list[int]:
        before = os.umask(umask)
        try:
            write(FIRST, folder)
        finally:
            os.umask(before)
        return [(folder / name).stat().st_mode & 0o777 for name in ("deploy.sh", "README.md")]

    assert modes(0o022, tmp_path / "open") == [0o755, 0o644]
    assert modes(0o077, tmp_path / "private") == [0o700, 0o600]


def test_writing_again_touches_nothing(folder: Path) -> None:
    before = identity_of(folder)
    assert write(FIRST, folder).none
    assert write(FIRST, folder, force=True).none
    assert identity_of(folder) == before


def test_a_changed_project_replaces_adds_and_removes_and_leaves_the_rest(folder: Path) -> None:
    untouched = ["notes.txt", "deploy.sh", "steps/same/handler.py", "steps/same/data.csv"]
    before = identity_of(folder)
    changes = write(SECOND, folder)
    assert changes.changed == (MANIFEST, "README.md", "steps/changed/handler.py")
    assert changes.created == (
        "steps/changed/new_module.py",
        "steps/new/handler.py",
        "steps/new/model/net.py",
    )
    assert changes.removed == (
        "steps/changed/old_module.py",
        "steps/gone/handler.py",
        "steps/gone/model/net.py",
    )
    assert content_of(folder) == {**SECOND, **MINE}
    assert empty_folders(folder) == []
    assert not (folder / STAGING).exists()
    assert {path: identity_of(folder)[path] for path in untouched} == {
        path: before[path] for path in untouched
    }


def test_a_folder_in_which_someone_else_has_a_file_is_kept(folder: Path) -> None:
    (folder / "steps/gone/model/weights.bin").write_bytes(b"mine")
    write(SECOND, folder)
    assert os.listdir(folder / "steps/gone") == ["model"]
    assert os.listdir(folder / "steps/gone/model") == ["weights.bin"]


def test_the_current_folder_can_be_the_project(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    write(FIRST, Path())
    write(SECOND, Path())
    assert content_of(tmp_path) == SECOND


def test_all_that_a_person_changed_is_named_with_a_difference_before_anything_is_written(
    folder: Path,
) -> None:
    (folder / "README.md").write_text("my readme\n")
    (folder / "steps/gone/handler.py").write_text("my handler\n")
    (folder / "steps/changed/new_module.py").write_text("my module\n")
    message = refusal(SECOND, folder)
    assert message == (
        f"{folder}: not all is as iguazioig left it; nothing was written\n"
        "  README.md: was edited\n"
        "    --- a/README.md\n"
        "    +++ b/README.md\n"
        "    @@ -1 +1 @@\n"
        "    -my readme\n"
        "    +second\n"
        "  steps/changed/new_module.py: was not written by iguazioig\n"
        "    --- a/steps/changed/new_module.py\n"
        "    +++ b/steps/changed/new_module.py\n"
        "    @@ -1 +1 @@\n"
        "    -my module\n"
        "    +second\n"
        "  steps/gone/handler.py: was edited, and is no longer generated\n"
        "    deleted file mode 100644\n"
        "    --- a/steps/gone/handler.py\n"
        "    +++ /dev/null\n"
        "    @@ -1 +0,0 @@\n"
        "    -my handler\n"
        "move changes that you need into the graph or the modules;"
        " then --force overwrites or removes these files"
    )


def test_force_overwrites_and_removes_what_a_person_changed_and_nothing_else(folder: Path) -> None:
    (folder / "README.md").write_text("my readme\n")
    (folder / "steps/gone/handler.py").write_text("my handler\n")
    (folder / "steps/changed/new_module.py").write_text("my module\n")
    changes = write(SECOND, folder, force=True)
    assert "README.md" in changes.changed
    assert "steps/changed/new_module.py" in changes.changed
    assert "steps/gone/handler.py" in changes.removed
    assert changes.conflicts == ()
    assert content_of(folder) == {**SECOND, **MINE}


def test_the_differences_in_a_refusal_are_bounded_and_command_no_terminal(folder: Path) -> None:
    many = {f"steps/s{number:03}/handler.py": b"generated\n" for number in range(100)}
    for path in many:
        (folder / path).parent.mkdir()
        (folder / path).write_text("\x1b[2J\x9b31m" + "mine\n" * 1000 + "x" * 100_000)
    message = refusal(project(many), folder)
    assert all(f"  {path}: was not written by iguazioig\n" in message for path in many)
    assert len(message) < 50_000
    assert "    …\n" in message
    assert "\x1b" not in message
    assert "\x9b" not in message
    assert "\ufffd[2J\ufffd31mmine\n" in message


def test_a_lost_x_is_given_back(folder: Path) -> None:
    (folder / "deploy.sh").chmod(0o644)
    assert write(FIRST, folder).changed == ("deploy.sh",)
    assert (folder / "deploy.sh").stat().st_mode & 0o777 == 0o755


@pytest.mark.parametrize("force", [False, True])
def test_nothing_is_written_through_a_link(folder: Path, tmp_path: Path, force: bool) -> None:
    elsewhere = tmp_path / "elsewhere"
    (elsewhere / "changed").mkdir(parents=True)
    (elsewhere / "README.md").write_text("other\n")
    (folder / "README.md").unlink()
    (folder / "README.md").symlink_to(elsewhere / "README.md")
    (folder / "steps").rename(tmp_path / "moved")
    (folder / "steps").symlink_to(elsewhere)
    message = refusal(SECOND, folder, force=force)
    assert "  README.md: is a symbolic link\n" in message
    assert "  steps: is a symbolic link where a folder should be\n" in message
    assert "has to be moved away; --force does not touch it" in message
    assert content_of(elsewhere) == {"README.md": b"other\n"}


@pytest.mark.parametrize("force", [False, True])
def test_nothing_is_removed_through_a_link(folder: Path, tmp_path: Path, force: bool) -> None:
    (folder / "steps/gone").rename(tmp_path / "moved")
    (folder / "steps/gone").symlink_to(tmp_path / "moved")
    (tmp_path / "moved" / "model" / "net.py").unlink()
    write(SECOND, folder, force=force)
    assert (folder / "steps/gone").is_symlink()
    assert (tmp_path / "moved" / "handler.py").read_text() == "first\n"
    assert (tmp_path / "moved" / "model").is_dir()


def test_the_project_folder_itself_may_be_a_link(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "project").symlink_to("real")
    write(FIRST, tmp_path / "project")
    assert content_of(tmp_path / "real") == FIRST


def test_a_link_in_the_place_of_the_staging_folder_is_not_followed(
    folder: Path, tmp_path: Path
) -> None:
    (tmp_path / "elsewhere" / "old").mkdir(parents=True)
    (folder / STAGING).symlink_to(tmp_path / "elsewhere")
    assert f"{folder / STAGING}: not a directory; move it" in refusal(SECOND, folder, force=True)
    assert (tmp_path / "elsewhere" / "old").is_dir()


@pytest.mark.parametrize("force", [False, True])
def test_folders_and_files_are_not_put_in_the_place_of_each_other(
    folder: Path, force: bool
) -> None:
    (folder / "README.md").unlink()
    (folder / "README.md").mkdir()
    (folder / "steps/new").write_text("mine")
    message = refusal(SECOND, folder, force=force)
    assert "  README.md: is a folder\n" in message
    assert "  steps/new: is a file where a folder should be\n" in message


def test_a_damaged_manifest_stops_it_and_without_one_the_same_files_are_taken_over(
    folder: Path,
) -> None:
    (folder / MANIFEST).write_text("<<<<<<< ours\n")
    assert "marks of a merge conflict" in refusal(FIRST, folder, force=True)
    (folder / MANIFEST).unlink()
    assert write(FIRST, folder).created == (MANIFEST,)
    assert write(SECOND, folder).conflicts == ()


def test_a_folder_that_is_a_file_is_refused_with_a_cure(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    for folder in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(ProjectError, match="move it out of the way, or choose another"):
            write(FIRST, folder)
    assert content_of(tmp_path) == {"file": b"mine"}


@contextmanager
def unprivileged(*owned: Path) -> Iterator[None]:
    """Permissions bind in here, even for a test that root runs; who they bind owns `owned`."""
    if os.geteuid() != 0:
        yield
        return
    for path in owned:
        os.chown(path, 65534, 65534)
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


def test_a_folder_without_permission_is_refused_with_a_cure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Relative to the current folder, since not everyone may enter the folders above it.
    monkeypatch.chdir(tmp_path)
    Path("locked").mkdir(mode=0o555)
    with unprivileged(tmp_path, tmp_path / "locked"):
        for folder in (Path("locked"), Path("locked/new/project")):
            with pytest.raises(ProjectError, match=r"^locked.*: permission denied; change its"):
                write(FIRST, folder)
    assert content_of(tmp_path) == {}
    assert os.listdir("locked") == []


def test_a_failure_in_the_middle_of_renaming_is_undone(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (folder / "steps/gone").chmod(0o555)
    before = content_of(folder)
    with unprivileged(tmp_path, folder, *folder.rglob("*")):
        with pytest.raises(
            ProjectError, match=r"^project/steps/gone/handler.py: permission denied;"
        ):
            write(SECOND, Path("project"))
        assert content_of(folder.relative_to(tmp_path)) == before
        assert not os.path.lexists(f"project/{STAGING}")
        Path("project/steps/gone").chmod(0o755)
        write(SECOND, Path("project"))
    assert content_of(folder) == {**SECOND, **MINE}


@contextmanager
def limit(what: int, amount: int) -> Iterator[None]:
    before = resource.getrlimit(what)
    resource.setrlimit(what, (amount, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(what, before)


def test_a_file_that_the_system_does_not_let_grow_leaves_all_as_it_was(
    folder: Path, tmp_path: Path
) -> None:
    large = project({**SECOND, "steps/new/model/weights.bin": b"x" * 1_000_000})
    with limit(resource.RLIMIT_FSIZE, 100_000):
        with pytest.raises(ProjectError, match="file too large; raise the limit on the size"):
            write(large, folder)
        with pytest.raises(ProjectError, match="file too large"):
            write(large, tmp_path / "new" / "project")
    assert content_of(tmp_path) == {f"project/{path}": c for path, c in {**FIRST, **MINE}.items()}
    assert not (folder / STAGING).exists()
    assert not (tmp_path / "new").exists()


def test_no_file_left_to_open_is_refused_with_a_cure(folder: Path) -> None:
    probe = os.open(folder, os.O_RDONLY)
    os.close(probe)
    message = "it was written"
    with limit(resource.RLIMIT_NOFILE, probe + 1):
        try:
            write(SECOND, folder)
        except ProjectError as error:
            message = str(error)
    assert "too many open files; raise the limit on open files" in message
    assert content_of(folder) == {**FIRST, **MINE}


def test_a_name_that_is_too_long_is_refused_with_its_place_in_the_project(folder: Path) -> None:
    name = "x" * 300
    assert refusal(project({f"steps/{name}/handler.py": b""}), folder).startswith(
        f"{folder}/steps/{name}: file name too long; shorten the name"
    )


def test_a_second_run_at_the_same_time_is_refused(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        assert refusal(SECOND, folder) == (f"{folder}: another run is writing it; wait for its end")
    finally:
        os.close(handle)
    assert not write(SECOND, folder).none


def test_what_a_killed_run_left_is_removed_even_if_nothing_else_changes(folder: Path) -> None:
    before = content_of(folder)
    (folder / STAGED / "steps").mkdir(parents=True)
    (folder / STAGED / "steps" / "half").write_text("unfinished")
    assert write(FIRST, folder).none
    assert not (folder / STAGING).exists()
    assert content_of(folder) == before


@pytest.fixture(params=["no folder", "a project"])
def before(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A folder with a project, or in which there will be one."""
    before = tmp_path / "before"
    before.mkdir()
    if request.param == "a project":
        request.getfixturevalue("folder").rename(before / "project")
    return before


def stop_everywhere(how: str, before: Path) -> dict[Path, int]:
    """The second project written and stopped at each call that changes something: folder and end."""
    runs = before.parent / "runs"
    runs.mkdir()
    command = [sys.executable, "-W", "error", interrupted.__file__, how, str(before), str(runs)]
    files = json.dumps({path: content.decode() for path, content in SECOND.items()})
    done = subprocess.run(command, input=files, capture_output=True, text=True, check=True)
    ends = json.loads(done.stdout)
    assert len(ends) > 20
    assert ends.count(interrupted.DONE) == 1
    return {runs / str(number) / "project": end for number, end in enumerate(ends, 1)}


def everything_in(folder: Path) -> dict[str, bytes]:
    """All files and, as their names, all folders; nothing if there is no folder."""
    folders = (each for each in (folder, *folder.rglob("*")) if each.is_dir())
    files = (each for each in folder.rglob("*") if each.is_file())
    return {
        **{f"{each.relative_to(folder)}/": b"" for each in folders},
        **{str(each.relative_to(folder)): each.read_bytes() for each in files},
    }


@pytest.mark.parametrize(
    ("how", "stopped"), [("full", interrupted.REFUSED), ("interrupt", interrupted.INTERRUPTED)]
)
def test_a_run_that_is_stopped_leaves_the_old_project_or_the_new_one(
    how: str, stopped: int, before: Path
) -> None:
    old = everything_in(before / "project")
    new = {**SECOND, **{path: old[path] for path in old if path in MINE}}
    undone = []
    for folder, end in stop_everywhere(how, before).items():
        if everything_in(folder) == old:
            undone.append(folder)
            assert end == stopped
        else:
            assert content_of(folder) == new, folder
            assert end != interrupted.REFUSED
    assert len(undone) > len(SECOND)


@pytest.mark.parametrize("how", ["kill", "broken", "stuck"])
@pytest.mark.parametrize("following", [SECOND, THIRD], ids=["the same graph", "another graph"])
def test_the_next_run_finishes_one_that_was_killed_or_lost_its_disk(
    how: str, following: dict[str, bytes], before: Path
) -> None:
    old = content_of(before / "project")
    expected = {**following, **{path: old[path] for path in old if path in MINE}}
    for folder, end in stop_everywhere(how, before).items():
        write(following, folder)
        assert content_of(folder) == expected, folder
        # A run that could not remove an empty folder, but all else, has ended well.
        assert empty_folders(folder) == [] or end == interrupted.DONE_ALL_THE_SAME
        assert not (folder / STAGING).exists()


def test_a_killed_run_can_be_finished_even_if_someone_removed_what_it_left(before: Path) -> None:
    for folder in stop_everywhere("kill", before):
        shutil.rmtree(folder / STAGING, ignore_errors=True)
        write(SECOND, folder)
        assert content_of(folder).items() >= SECOND.items()


def test_what_cannot_be_put_back_is_kept(before: Path) -> None:
    old = content_of(before / "project")
    for folder, end in stop_everywhere("stuck", before).items():
        assert end in (interrupted.REFUSED, interrupted.DONE_ALL_THE_SAME, interrupted.DONE)
        if end == interrupted.REFUSED:
            kept = [each.read_bytes() for each in (folder / REPLACED).rglob("*") if each.is_file()]
            present = content_of(folder)
            assert all(old[path] in (present.get(path), *kept) for path in old)


PATHS = ["README.md", "deploy.sh", "steps/a/handler.py", "steps/a/model.py", "steps/b/handler.py"]
generated = st.dictionaries(st.sampled_from(PATHS), st.sampled_from([b"", b"1\n", b"2\n"]))
edits = st.tuples(st.sampled_from([*PATHS, "notes.txt", "steps/b/mine"]), st.integers(0, 2))


@settings(max_examples=150, deadline=None)
@given(st.lists(generated | edits, max_size=12))
def test_no_edit_is_lost_whatever_the_order(
    actions: list[dict[str, bytes] | tuple[str, int]],
) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "project"
        edited: dict[str, bytes] = {}
        for action in actions:
            if isinstance(action, tuple):
                path, number = action
                edited[path] = f"mine {number}\n".encode()
                (folder / path).parent.mkdir(parents=True, exist_ok=True)
                (folder / path).write_bytes(edited[path])
            else:
                generate(project(action), folder, edited)
            present = content_of(folder)
            assert {path: present[path] for path in edited} == edited


def generate(files: dict[str, bytes], folder: Path, edited: dict[str, bytes]) -> None:
    """Write, which either is refused, or leaves exactly the project and what a person wrote."""
    before = content_of(folder)
    try:
        write(files, folder)
    except ProjectError:
        assert content_of(folder) == before
        assert edited
    else:
        assert content_of(folder) == {**files, **edited}
        assert not edited.keys() & files.keys()
