"""The manifest of a generated project: which files iguazioig wrote, and the digest of each.

It is what makes it possible to tell a file that may be replaced from one that a person changed.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ..errors import ProjectError
from .disk import explained
from .paths import REPLACED, STAGED, misplaced

MANIFEST = ".iguazioig.json"

_LARGEST = 16 * 1024 * 1024
_CURE = (
    "restore it from version control, or delete it: files that are as they would be generated"
    " are then taken over, and --force overwrites the others"
)
_DIGEST = re.compile(r"[0-9a-f]{64}\Z")
_MARKS_OF_A_MERGE = re.compile(rb"^(<{7}|>{7}|\|{7}) ", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Manifest:
    """Who wrote a project, from what, and the SHA-256 of each file as lower-case hexadecimal.

    `source` is the digest of everything that the project was made from.
    """

    generator: str = ""
    source: str = ""
    files: Mapping[str, str] = field(default_factory=dict)


def digest(content: bytes) -> str:
    """The SHA-256 of `content` as lower-case hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def render_manifest(generator: str, source: str, files: Mapping[str, bytes]) -> bytes:
    """The manifest of `files`, which the caller puts beside them as `MANIFEST`.

    One line per file, so that a review and a merge see single files.
    """
    digests = {path: digest(files[path]) for path in sorted(files) if path != MANIFEST}
    content = {"generator": generator, "source": source, "files": digests}
    return (json.dumps(content, indent=2, ensure_ascii=False) + "\n").encode()


def read_manifest(folder: Path) -> Manifest:
    """The manifest of the project in `folder`; an empty one if there is none.

    Raises ProjectError if it cannot be read or does not say what a manifest says.
    """
    with explained(folder):
        try:
            return parse_manifest(_read(folder / MANIFEST), str(folder / MANIFEST))
        except FileNotFoundError:
            return Manifest()
        except NotADirectoryError as error:
            raise ProjectError(f"{folder}: is a file; choose another folder with -o") from error
        except ValueError as error:
            raise ProjectError(f"{folder / MANIFEST}: {error}; {_CURE}") from error


def parse_manifest(content: bytes, place: str) -> Manifest:
    """The manifest that a file holds; ProjectError, with `place` and a cure, where it does not say what a manifest says."""
    try:
        return _parse(content)
    except ValueError as error:
        raise ProjectError(f"{place}: {error}; {_CURE}") from error


def has_merge_marks(content: bytes) -> bool:
    """Whether a merge left its marks in a file."""
    return _MARKS_OF_A_MERGE.search(content) is not None


def read_manifests(folder: Path) -> tuple[Manifest, ...]:
    """The manifest of the project, then those of a run that was killed before it could clean up.

    What such a run had already moved into the project is iguazioig's own as well.
    """
    left = []
    for part in (STAGED, REPLACED):
        try:
            left.append(read_manifest(folder / part))
        except ProjectError:
            continue  # it was killed while it wrote this one, so it had moved nothing yet
    return (read_manifest(folder), *left)


def _read(path: Path) -> bytes:
    with open(path, "rb", opener=_open_itself) as file:
        content = file.read(_LARGEST + 1)
    if len(content) > _LARGEST:
        raise ValueError(f"is larger than {_LARGEST} bytes")
    return content


def _open_itself(path: str, flags: int) -> int:
    """Open the file, and neither what a link points to nor the other end of a pipe."""
    return os.open(path, flags | os.O_NOFOLLOW | os.O_NONBLOCK)


def _parse(content: bytes) -> Manifest:
    if has_merge_marks(content):
        raise ValueError("has the marks of a merge conflict in it")
    try:
        values = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise ValueError("is not JSON") from error
    if not isinstance(values, dict):
        raise ValueError("is not a JSON object")
    return Manifest(_text(values, "generator"), _text(values, "source"), _files(values))


def _text(values: Mapping[str, object], key: str) -> str:
    value = values.get(key)
    if not isinstance(value, str):
        raise ValueError(f"has no text as `{key}`")
    return value


def _files(values: Mapping[str, object]) -> dict[str, str]:
    files = values.get("files")
    if not isinstance(files, dict):
        raise ValueError("has no object as `files`")
    for path, recorded in files.items():
        if why := misplaced(path):
            raise ValueError(f"lists {path!a}, which {why}")
        if not isinstance(recorded, str) or not _DIGEST.match(recorded):
            raise ValueError(f"has no SHA-256 for `{path}`")
    return files
