"""What git has: references and the files at them. Nothing is checked out, and nothing is fetched."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from .errors import GitError, did_you_mean, printable

PATIENCE = 60.0
"""Seconds that git has for an answer."""

NO_REPOSITORY = "not a git repository"


@dataclass(frozen=True, slots=True)
class Blob:
    """A file at a commit: its number in git, and its bytes."""

    number: str
    size: int


class Repository:
    """The repository around a folder. Raises GitError where there is none, or no git."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.top = Path(self._ask("rev-parse", "--show-toplevel").removesuffix("\n"))

    def commit(self, reference: str) -> str:
        """The number of the commit that a reference means. Raises GitError, with the cure, where it is not there."""
        words = ["rev-parse", "--verify", "--quiet", "--end-of-options", f"{reference}^{{commit}}"]
        done = self._run(words)
        if done.returncode == 0:
            return done.stdout.decode().strip()
        raise GitError(f"git has no `{printable(reference, 200)}`{self._instead(reference)}")

    def _instead(self, reference: str) -> str:
        if self._ask("rev-parse", "--is-shallow-repository").strip() == "true":
            return (
                ": this is a shallow clone, which has only its newest commits; fetch the others"
                " (git fetch --unshallow; `fetch-depth: 0` of actions/checkout, `GIT_DEPTH: 0` of GitLab)"
            )
        known = self._ask("for-each-ref", "--format=%(refname:short)", "--count=1000").splitlines()
        remote = reference.partition("/")
        hint = did_you_mean(reference, known)
        fetch = (
            f"; fetch it: git fetch {remote[0]} {remote[2]}" if self._is_remote(remote[0]) else ""
        )
        return hint or fetch or "; name a branch, a tag or a commit that `git log` shows"

    def _is_remote(self, name: str) -> bool:
        return name in self._ask("remote").split()

    def path_of(self, place: Path) -> str | None:
        """Where a file or folder is in the repository, as a POSIX path; None outside of it."""
        real = Path(os.path.realpath(place))
        top = Path(os.path.realpath(self.top))
        return real.relative_to(top).as_posix() if real.is_relative_to(top) else None

    def files(self, commit: str, path: str) -> dict[str, Blob]:
        """The regular files at or below a path at a commit, by their paths below it (empty for the path itself)."""
        words = ["ls-tree", "-r", "-z", "-l", "--full-tree", commit]
        listing = self._ask(*words, *(["--", path] if path != "." else []))
        found = {}
        for entry in filter(None, listing.split("\0")):
            about, _, name = entry.partition("\t")
            mode, kind, number, size = about.split()
            below = name if path == "." else name.removeprefix(path).removeprefix("/")
            if kind == "blob" and mode.startswith("100"):
                found[below] = Blob(number, int(size))
        return found

    def contents(self, blobs: Mapping[str, Blob]) -> dict[str, bytes]:
        """The bytes of files, in one question to git."""
        numbers = list(dict.fromkeys(blob.number for blob in blobs.values()))
        asked = "".join(f"{number}\n" for number in numbers).encode()
        done = self._run(["cat-file", "--batch"], asked)
        if done.returncode != 0:
            raise GitError(_said(done))
        found = dict(zip(numbers, _split(done.stdout, len(numbers)), strict=True))
        return {path: found[blob.number] for path, blob in blobs.items()}

    def _ask(self, *words: str) -> str:
        done = self._run(words)
        if done.returncode != 0:
            told = _said(done)
            cure = (
                "; is this the right folder? `git init` makes one" if NO_REPOSITORY in told else ""
            )
            raise GitError(f"{self._folder}: {told}{cure}")
        return os.fsdecode(done.stdout)

    def _run(self, words: Iterable[str], given: bytes = b"") -> subprocess.CompletedProcess[bytes]:
        git = shutil.which("git")
        if git is None:
            raise GitError(
                "git is not on the PATH, and is asked for what was earlier; name a folder or a graph instead"
            )
        command = [git, "-C", str(self._folder), *words]
        try:
            return subprocess.run(
                command,
                input=given,
                capture_output=True,
                env=_environment(),
                timeout=PATIENCE,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise GitError(
                f"git did not answer within {PATIENCE:.0f} s; does it wait for a network?"
            ) from error


def _environment() -> dict[str, str]:
    """This process's, without what a hook of git is told: it is about the hook's repository, and its current folder."""
    told = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX")
    kept = {name: value for name, value in os.environ.items() if name not in told}
    return {**kept, "LC_ALL": "C", "GIT_TERMINAL_PROMPT": "0", "GIT_OPTIONAL_LOCKS": "0"}


def _said(done: subprocess.CompletedProcess[bytes]) -> str:
    """What git said, in one line; it often says the cure in its last ones."""
    lines = done.stderr.decode(errors="replace").split()
    return printable(" ".join(lines), 500) if lines else f"git ended with {done.returncode}"


def _split(answer: bytes, count: int) -> list[bytes]:
    """The files of an answer of `git cat-file --batch`: a line with number, kind and size, the content, a line feed."""
    found, start = [], 0
    for _ in range(count):
        end = answer.index(b"\n", start)
        words = answer[start:end].split()
        if len(words) != 3:
            raise GitError("this clone lacks files of that commit; fetch them: git fetch --refetch")
        size = int(words[2])
        found.append(answer[end + 1 : end + 1 + size])
        start = end + size + 2
    return found
