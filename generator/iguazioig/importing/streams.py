"""The streams that functions read and write, each with a name in the graph."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from ..api.naming import slug
from ..api.texts import CONTAINER, PATH, STREAM_NAME
from ..project.yaml_text import flow_mapping
from .graph_text import Entry, Mark

Place = tuple[str, str]
"""Container and path."""

_ASK = "ask v3io with --ask-v3io, or look there"


@dataclass(frozen=True, slots=True)
class Shape:
    """How a stream is: its shards, and the hours that it keeps a record."""

    shards: int
    retention: int


Shapes = Callable[[str, str], Shape | None]
"""The shape of the stream in a container and at a path; None where nobody knows."""


@dataclass(slots=True)
class _Stream:
    """A stream: its name in the graph, and what is known of it. `workers` is the most that read it at once."""

    name: str
    container: str
    path: str
    workers: int = 0
    marks: list[Mark] = field(default_factory=list)


class Streams:
    """The streams of a project, in the order in which they are met."""

    def __init__(self, project: str) -> None:
        self._default = f"/{project}/streams/"
        self._found: dict[Place, _Stream] = {}
        self._names: set[str] = set()

    def read(self, container: str, path: str, trigger: str, workers: int) -> _Stream:
        """The stream that a trigger reads."""
        place = container, "/" + path.strip("/")
        found = self._found.get(place)
        if found is None:
            found = self._found[place] = _Stream(self._name(place[1], trigger), *place)
        found.workers = max(found.workers, workers)
        return found

    def written(self, names: Iterable[str]) -> list[str]:
        """The names of streams that are written, of which only the slug is known; new ones become known."""
        return [self._written(name).name for name in names]

    def _written(self, name: str) -> _Stream:
        for each in self._found.values():
            if slug(each.name) == name:
                return each
        containers = [each.container for each in self._found.values()]
        container = max(containers, key=containers.count) if containers else "bigdata"
        found = _Stream(name, container, self._default + name)
        found.marks.append(
            Mark("its container and its path are a guess: no function reads it", "look where it is")
        )
        self._names.add(name)
        return self._found.setdefault((container, found.path), found)

    def _name(self, path: str, trigger: str) -> str:
        """The one that gives the path, or else the trigger's, or else what the path ends with."""
        last = path.rpartition("/")[2]
        wanted = [last] if path == self._default + last and slug(last) == last else []
        names = [each for each in (*wanted, trigger, last, "stream") if STREAM_NAME.fits(each)]
        chosen = names[0][:50]
        free = chosen if slug(chosen) not in self._names else ""
        number = 2
        while not free:
            tried = f"{chosen}-{number}"
            free, number = (tried if slug(tried) not in self._names else ""), number + 1
        self._names.add(slug(free))
        return free

    def entries(self, shapes: Shapes) -> tuple[Entry, ...]:
        """The entries of `v3io_streams`."""
        return tuple(self._entry(each, shapes) for each in self._found.values())

    def _entry(self, each: _Stream, shapes: Shapes) -> Entry:
        shape = shapes(each.container, each.path)
        marks = [] if shape is not None else list(each.marks)
        settings = {"container": each.container, "shards": str(max(1, min(each.workers, 4096)))}
        if shape is not None:
            settings |= {"shards": str(shape.shards), "retention": str(shape.retention)}
        else:
            marks.append(Mark(f"{_guess(each)}; its retention is not known", _ASK))
        if each.path != self._default + slug(each.name):
            settings["path"] = each.path
        return Entry(each.name, flow_mapping(settings), tuple(marks))


def _guess(each: _Stream) -> str:
    if each.workers:
        return f"its shards are a guess: as many as read it at once, {each.workers:,}"
    return "its shards are a guess"


def is_place(container: str, path: str) -> bool:
    """Whether a graph can name the place."""
    return (
        len(container) <= CONTAINER.longest
        and CONTAINER.fits(container)
        and len(path) <= PATH.longest
        and PATH.fits(path)
    )
