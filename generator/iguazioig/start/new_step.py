"""One more step of a graph: its function and streams in the graph's text, its class, and a test of it."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ..assets import step_module_template
from ..deployment import Loaded, load
from ..document import Document, Scalar, Value, parse
from ..document import Mapping as YamlMapping
from ..errors import GraphError, Problem, ProjectError
from ..graph import Stream
from ..source import Source
from .addition import Addition, by_hand, make_addition
from .insertion import InsertionError, insert
from .names import class_name, module_name
from .obstacles import refuse_known, refuse_older, refuse_taken, refuse_taking_over
from .template import render
from .wish import Wish

_BOM = "\ufeff"


@dataclass(frozen=True, slots=True)
class Draft:
    """What a new step makes of a repository: the graph's bytes, and new files by their paths beside it.

    `known` are the names of the streams that are declared already, `streams` those that are not. `warnings` are those that
    the graph has not without the step.
    """

    graph: bytes
    files: Mapping[str, bytes]
    known: tuple[str, ...]
    streams: tuple[Stream, ...]
    warnings: tuple[Problem, ...]


def draft(source: Source, wish: Wish, modules: Sequence[Path] = ()) -> Draft:
    """What a step makes of the repository of a graph; nothing is written.

    Raises GraphError where the graph has problems; ProjectError, with the cure, where it would have some with the step, or
    something is in the way; ValueError for a wish that no step can be.
    """
    wish.check()
    document = parse(source.content, source.name)
    refuse_older(document)
    before = load(source, modules=modules)
    refuse_known(before.graph, wish.name)
    refuse_taken(module_name(wish.name), source.folder, modules)
    errors = _error_stream(document)
    return _Drafting(source, before, modules, errors, wish.spelt_as_in(before.graph)).draft()


@dataclass(frozen=True, slots=True)
class _Drafting:
    """`errors` is the error stream of the project. Where the step reads it, its own dead letters cannot go there."""

    source: Source
    before: Loaded
    modules: Sequence[Path]
    errors: str | None
    wish: Wish

    def draft(self) -> Draft:
        """The step, held against what the graph means with it."""
        old = self.before.graph
        module, reads_errors = module_name(self.wish.name), self.errors in self.wish.inputs
        addition = make_addition(old, self.wish, module, without_errors=reads_errors)
        content = self._insert(addition)
        files = self._files(module)
        after = self._load(content, files)
        if not self._is_as_wished(after, len(addition.streams)):
            raise _by_hand(addition, f"{self.source.name} cannot be added to safely")
        refuse_taking_over(module, self.before.code, after.code)
        known = tuple(stream.name for stream in old.streams)
        new = after.graph.streams[len(known) :]
        return Draft(content, files, known, new, self._new_warnings(after))

    def _insert(self, addition: Addition) -> bytes:
        text = self.source.content.decode()
        mark = _BOM if text.startswith(_BOM) else ""
        try:
            inserted = insert(text.removeprefix(mark), self.source.name, addition)
        except InsertionError as error:
            raise _by_hand(addition, str(error)) from error
        return (mark + inserted).encode()

    def _files(self, module: str) -> dict[str, bytes]:
        wish = self.wish
        given = {
            "step": wish.name,
            "inputs": ",".join(wish.inputs),
            "outputs": ",".join(wish.outputs),
            "partition_key": self.before.graph.partition_key,
            "error_stream": self.errors or "",
            "code": "notebook" if wish.notebook else "module",
            "__module": module,
            "__class": class_name(wish.name),
        }
        return render(step_module_template(), given)

    def _load(self, content: bytes, files: Mapping[str, bytes]) -> Loaded:
        """The graph with the step, and its class found where it is not yet."""
        with tempfile.TemporaryDirectory(prefix="iguazioig-") as folder:
            for name, file in files.items():
                path = Path(folder, name)
                path.parent.mkdir(exist_ok=True)
                path.write_bytes(file)
            roots = (*self.modules, Path(folder, "modules"))
            try:
                return load(replace(self.source, content=content), modules=roots)
            except GraphError as error:
                raise _refused(error) from error

    def _is_as_wished(self, after: Loaded, new_streams: int) -> bool:
        """Whether the graph means what it meant, and the step, and so many streams."""
        old, new = self.before.graph, after.graph
        streams, steps = new.streams[len(old.streams) :], new.steps[len(old.steps) :]
        more = replace(old, streams=old.streams + streams, steps=old.steps + steps)
        is_same = new == replace(more, source=new.source)
        is_wished = [self.wish.is_met_by(step) for step in steps] == [True]
        return is_same and is_wished and len(streams) == new_streams

    def _new_warnings(self, after: Loaded) -> tuple[Problem, ...]:
        known = {(each.code, each.wrong) for each in self.before.warnings}
        return tuple(each for each in after.warnings if (each.code, each.wrong) not in known)


def _error_stream(document: Document) -> str | None:
    value = _entry(_entry(document.root, "project"), "error_stream")
    return value.text if isinstance(value, Scalar) and not value.is_null else None


def _entry(value: Value | None, key: str) -> Value | None:
    if isinstance(value, YamlMapping) and key in value.entries:
        return value.entries[key][1]
    return None


def _by_hand(addition: Addition, reason: str) -> ProjectError:
    said = f"{reason}; nothing was written; what is to be added by hand:"
    return ProjectError(f"{said}\n{by_hand(addition)}")


def _refused(error: GraphError) -> ProjectError:
    """The problems that only the step would bring; their places are in a text that nobody has."""
    wrong = [f"  {each.message}" for each in error.problems if each.severity == "error"]
    said = "the graph would have problems with the step; nothing was written:"
    return ProjectError("\n".join([said, *wrong]))
