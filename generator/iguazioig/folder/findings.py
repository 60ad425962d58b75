"""In what a project's folder is not what its graph says, file by file, with a word for each kind."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from .compare import EDITED, HALF_MERGED, Changes, Conflict, strangers
from .manifest import read_manifest

WORDS = ("unmerged", "edited", "foreign", "missing", "outdated", "leftover")

_NO_PART = "is no part of the project, and goes into the image of the step"


@dataclass(frozen=True, slots=True)
class Finding:
    """A file that is not as it should be: one of `WORDS`, its path, and what the word does not say."""

    word: str
    path: str
    why: str = ""

    def __str__(self) -> str:
        return f"{self.path}: {self.why}" if self.why else self.path


def findings(files: Mapping[str, bytes], folder: Path, changes: Changes) -> list[Finding]:
    """Every file that makes the difference, in the order of `WORDS`. Raises ProjectError if the folder cannot be read."""
    found = [_of_conflict(each) for each in changes.conflicts]
    found += [Finding("foreign", path, _NO_PART) for path in strangers(files, folder)]
    found += [Finding("missing", path) for path in changes.created]
    found += [Finding("outdated", path) for path in changes.changed]
    found += [Finding("leftover", path, "is no longer generated") for path in changes.removed]
    return sorted(found, key=lambda each: (WORDS.index(each.word), each.path))


def _of_conflict(conflict: Conflict) -> Finding:
    if conflict.why == HALF_MERGED:
        return Finding("unmerged", conflict.path, conflict.why)
    if conflict.why == EDITED:
        return Finding("edited", conflict.path)
    word = "edited" if conflict.why.startswith(EDITED) else "foreign"
    return Finding(word, conflict.path, conflict.why)


def writer_of(folder: Path) -> str:
    """The version of iguazioig that wrote the project in a folder; the empty text where there is none."""
    return read_manifest(folder).generator
