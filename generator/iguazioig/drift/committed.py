"""The steps of a project as their committed function.yaml has them, with the place of every value."""

from __future__ import annotations

import stat
from dataclasses import dataclass, field
from pathlib import Path

from ..document import Mapping, Scalar, Sequence, Value, parse
from ..errors import Location, Problem, ProblemsError, ProjectError, printable
from ..folder.disk import Disk, explained
from ..folder.manifest import has_merge_marks
from ..reported.config import Config, name_of, part
from ..reported.plain import plain
from .fields import Keys

FUNCTION = "function.yaml"


@dataclass(frozen=True, slots=True)
class CommittedStep:
    """A step's name in the project, its configuration, and the file that has it."""

    slug: str
    config: Config
    path: str
    root: Value | None = field(default=None, compare=False, repr=False)

    @property
    def function(self) -> str:
        """The name of the function in the cluster."""
        return name_of(self.config)

    def place(self, keys: Keys) -> Location | None:
        """Where a value is written; None where it is not."""
        return None if self.root is None else _place(self.root, keys)


def committed_steps(project: Path) -> list[CommittedStep]:
    """The steps of the project in a folder, by name.

    Raises ProjectError where there is none or it is half merged, ProblemsError for a function.yaml that is none.
    """
    with explained(project):
        folders = sorted(each for each in (project / "steps").glob("[!._]*") if each.is_dir())
    if not folders:
        raise ProjectError(
            f"{project}: has no steps; expected the folder of a project, as `iguazioig generate` writes it"
        )
    return [_step(each) for each in folders]


def _step(folder: Path) -> CommittedStep:
    path, disk = folder / FUNCTION, Disk(folder)
    with explained(folder):
        status = disk.status(FUNCTION)
        if status is None or not stat.S_ISREG(status.st_mode):  # reading a pipe may never end
            raise ProjectError(f"{path}: is not there, or is no file; generate the project again")
        content = disk.content(FUNCTION)
    if has_merge_marks(content):
        raise ProjectError(
            f"{path}: has the marks of a merge conflict in it; finish the merge of the graph and the modules, "
            "then generate: iguazioig generate GRAPH --force"
        )
    document = parse(content, str(path), FUNCTION)
    config = plain(document.root) if not document.problems else None
    if not isinstance(config, dict) or not name_of(config) or not part(config, "spec"):
        wrong = "this is no function: it has no `metadata.name` or no `spec`"
        problem = Problem(Location(str(path)), wrong, "generate the project again", "function-yaml")
        raise ProblemsError(document.problems or [problem])
    return CommittedStep(printable(folder.name), config, str(path), document.root)


def _place(value: Value, keys: Keys) -> Location | None:
    if not keys:
        return value.location
    below = _entry(value, keys[0])
    return None if below is None else _place(below, keys[1:])


def _entry(value: Value, key: str) -> Value | None:
    if isinstance(value, Mapping):
        return value.entries[key][1] if key in value.entries else None
    if isinstance(value, Sequence):
        return next(
            (it for index, it in enumerate(value.items) if _is_called(it, index, key)), None
        )
    return None


def _is_called(value: Value, index: int, key: str) -> bool:
    """Whether an entry of a list is the one of that number or name; a volume has its name one level down."""
    if key == f"[{index}]":
        return True
    names = (
        _entry(value, "name"),
        *map(_name, (_entry(value, "volume"), _entry(value, "volumeMount"))),
    )
    return any(isinstance(each, Scalar) and each.text == key for each in names)


def _name(value: Value | None) -> Value | None:
    return None if value is None else _entry(value, "name")
