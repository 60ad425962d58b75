"""Where a graph comes from: a file, standard input, or a mapping that a program made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Any, BinaryIO

from .document import MAX_BYTES
from .errors import GraphError, Location, Problem
from .graph import Environment

MADE_BY_A_PROGRAM = "<inference_graph>"

InferenceGraph = str | Path | Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Source:
    """The bytes of a graph, the name that messages have for it, and the folder beside which modules are looked for.

    `environment` is what is to be laid over it.
    """

    name: str
    content: bytes
    folder: Path
    environment: Environment | None = None

    @property
    def title(self) -> str:
        """What people call it, with what is laid over it."""
        return f"{self.name} + {self.environment.path}" if self.environment else self.name


def read_source(graph: InferenceGraph) -> Source:
    """The graph of a path, or a loaded mapping as YAML.

    Raises GraphError where the file cannot be read, or the mapping holds what YAML cannot.
    """
    if isinstance(graph, Mapping):
        return Source(MADE_BY_A_PROGRAM, _dump(graph), Path())
    path = Path(graph)
    return Source(str(path), read_file(path, "a graph file"), path.parent)


def read_file(path: Path, expected: str) -> bytes:
    """What is in a file; no more than is read of a graph, and one byte that shows that there is more. Raises GraphError."""
    try:
        with path.open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise _unreadable(path, reason.lower(), expected) from error


def check_is_file(path: Path, expected: str) -> None:
    """Raise GraphError for what is there and no regular file: reading a pipe may never end."""
    if path.exists() and not path.is_file():
        raise _unreadable(path, "it is no regular file", expected)


def _unreadable(path: Path, reason: str, expected: str) -> GraphError:
    wrong = f"cannot be read: {reason}"
    return GraphError([Problem(Location(str(path)), wrong, f"expected {expected}", "unreadable")])


def read_stream(stream: BinaryIO, name: str, folder: Path) -> Source:
    """A graph from an open stream; no more of it than a graph may have, and one byte that shows that there is more."""
    return Source(name, stream.read(MAX_BYTES + 1), folder)


def _dump(graph: Mapping[str, Any]) -> bytes:
    import yaml

    class Dumper(yaml.SafeDumper):
        """Writes out in full what is shared, and takes what stands for plain values."""

        def ignore_aliases(self, data: Any) -> bool:
            return True

    Dumper.add_representer(None, _represent)  # type: ignore[arg-type]
    try:
        text = yaml.dump(graph, Dumper=Dumper, sort_keys=False, allow_unicode=True, width=100)
        return text.encode()
    except yaml.representer.RepresenterError as error:
        raise _unspeakable(f"the mapping holds a `{type(error.args[-1]).__name__}`") from error
    except RecursionError as error:
        raise _unspeakable("the mapping contains itself") from error
    except UnicodeEncodeError as error:
        raise _unspeakable("the mapping holds text that is not Unicode") from error


def _represent(dumper: Any, data: Any) -> Any:
    if isinstance(data, Mapping):
        return dumper.represent_dict(dict(data))
    if isinstance(data, str):
        return dumper.represent_str(str.__str__(data))
    if isinstance(data, PurePath):
        return dumper.represent_str(str(data))
    return dumper.represent_undefined(data)


def _unspeakable(wrong: str) -> GraphError:
    expected = "use text, numbers, True, False, None, lists and dictionaries"
    return GraphError([Problem(Location(MADE_BY_A_PROGRAM), wrong, expected, "unreadable")])
