"""One more step of a graph: its function and streams in the graph's text, its class, and a test of it."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ..api import NEWEST, choose_deployer
from ..api.naming import slug
from ..assets import step_module_template
from ..deployment import Loaded, load
from ..document import Document, Scalar, Value, parse
from ..document import Mapping as YamlMapping
from ..errors import GraphError, Problem, ProjectError
from ..graph import Graph, Step, Stream
from ..project.yaml_text import plain
from ..source import Source
from .insertion import Addition, InsertionError, insert
from .names import check_step, check_stream, class_name, module_name
from .template import render

_BOM = "\ufeff"


@dataclass(frozen=True, slots=True)
class Wish:
    """A step that somebody wants: its name, and the streams that it reads and writes, by their names."""

    name: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...] = ()

    def check(self) -> None:
        """Raise ValueError, with what is expected, where no step can be so."""
        check_step(self.name)
        for stream in (*self.inputs, *self.outputs):
            check_stream(stream)
        if not self.inputs:
            raise ValueError(f"nothing feeds step `{self.name}`; expected a stream that it reads")
        for stream in self.outputs:
            if slug(stream) in map(slug, self.inputs):
                wrong = f"step `{self.name}` would read what it writes into `{stream}`"
                raise ValueError(f"{wrong}, without end; expected another stream")


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
    _refuse_older(document)
    before = load(source, modules=modules)
    _refuse_known(before.graph, wish)
    module = module_name(wish.name)
    _refuse_taken(module, source.folder, modules)
    return _Drafting(source, document, before, module, modules).draft(wish)


def _refuse_older(document: Document) -> None:
    version = choose_deployer(document).api_version
    if version != NEWEST:
        path = Path(document.path)
        newer = path.with_name(f"{path.stem}-{NEWEST}{path.suffix}")
        raise ProjectError(
            f"{document.path}: is of apiVersion `{version}`, and steps are added to `{NEWEST}`;"
            f" rewrite it first: iguazioig migrate {document.path} -o {newer}"
        )


def _refuse_known(graph: Graph, wish: Wish) -> None:
    for step in graph.steps:
        if step.slug == slug(wish.name):
            raise ProjectError(
                f"{step.location}: step `{step.name}` is there already; choose another name"
            )


def _refuse_taken(module: str, folder: Path, modules: Iterable[Path]) -> None:
    """Whatever is called like the module: it would be found in its place, or it for what somebody else means."""
    candidates = [
        root / f"{module}{ending}"
        for root in (folder / "modules", folder, *modules)
        for ending in (".py", ".ipynb", "")
    ]
    for path in (*candidates, folder / "tests" / f"test_{module}.py"):
        if os.path.lexists(path):
            raise ProjectError(
                f"{path}: is there already, and is never overwritten; choose another name for the step"
            )


@dataclass(frozen=True, slots=True)
class _Drafting:
    source: Source
    document: Document
    before: Loaded
    module: str
    modules: Sequence[Path]

    def draft(self, wish: Wish) -> Draft:
        """The step, held against what the graph means with it."""
        wish = replace(wish, inputs=self._known(wish.inputs), outputs=self._known(wish.outputs))
        settings = self._settings_of_new(wish)
        addition = Addition(self._function(wish), settings)
        content = self._insert(addition)
        files = self._files(wish)
        after = self._load(content, files)
        streams = after.graph.streams[len(self.before.graph.streams) :]
        if not self._is_as_wished(after, wish, settings):
            raise self._by_hand(addition, "its text cannot be added to safely")
        self._refuse_taking_over(after)
        known = tuple(stream.name for stream in self.before.graph.streams)
        return Draft(content, files, known, streams, self._new_warnings(after))

    def _known(self, names: Iterable[str]) -> tuple[str, ...]:
        """The names of streams as the graph spells them, each once."""
        spelt = {stream.slug: stream.name for stream in self.before.graph.streams}
        return tuple(dict.fromkeys(spelt.get(slug(name), name) for name in names))

    def _settings_of_new(self, wish: Wish) -> dict[str, dict[str, str]]:
        """The streams that are not declared, where and as large as the first one that the step uses, or the graph has."""
        declared = {stream.name: stream for stream in self.before.graph.streams}
        named = dict.fromkeys((*wish.inputs, *wish.outputs))
        like = next((declared[name] for name in named if name in declared), None)
        like = like or next(iter(declared.values()), None)
        settings = _explicit(like) if like is not None else {}
        return {name: settings for name in named if name not in declared}

    def _function(self, wish: Wish) -> list[str]:
        lines = [f"name: {plain(wish.name)}", "input_streams:"]
        lines += [f"  {plain(name)}: {{}}" for name in wish.inputs]
        lines += [f"class_module: {self.module}", f"class_name: {class_name(wish.name)}"]
        lines += ["methods: [process]"]
        if wish.outputs:
            lines += ["outputs:", f"  streams: [{', '.join(map(plain, wish.outputs))}]"]
        if self._error_stream() in wish.inputs:
            lines += ["error_stream: null"]
        return lines

    def _error_stream(self) -> str | None:
        """The project's: where the step reads it, the step's own dead letters cannot go there."""
        value = _entry(_entry(self.document.root, "project"), "error_stream")
        return value.text if isinstance(value, Scalar) and not value.is_null else None

    def _insert(self, addition: Addition) -> bytes:
        text = self.source.content.decode()
        mark = _BOM if text.startswith(_BOM) else ""
        quoted = {plain(name): settings for name, settings in addition.streams.items()}
        try:
            inserted = insert(
                text.removeprefix(mark), self.source.name, replace(addition, streams=quoted)
            )
        except InsertionError as error:
            raise self._by_hand(addition, str(error)) from error
        return (mark + inserted).encode()

    def _files(self, wish: Wish) -> dict[str, bytes]:
        errors = "" if self._error_stream() in wish.inputs else self._error_stream()
        given = {
            "step": wish.name,
            "inputs": ",".join(wish.inputs),
            "outputs": ",".join(wish.outputs),
            "partition_key": self.before.graph.partition_key,
            "error_stream": errors or "",
            "__module": self.module,
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

    def _is_as_wished(self, after: Loaded, wish: Wish, settings: Mapping[str, object]) -> bool:
        old, new = self.before.graph, after.graph
        streams, steps = new.streams[len(old.streams) :], new.steps[len(old.steps) :]
        same = replace(
            old, source=new.source, streams=old.streams + streams, steps=old.steps + steps
        )
        return (
            new == same
            and [stream.name for stream in streams] == [*settings]
            and [_wish_of(step) for step in steps] == [wish]
        )

    def _refuse_taking_over(self, after: Loaded) -> None:
        for name, code in self.before.code.items():
            if after.code[name].files != code.files:
                raise ProjectError(
                    f"step `{name}` imports a `{self.module}` that is not yours, and would get the new module; choose another name for the step"
                )

    def _new_warnings(self, after: Loaded) -> tuple[Problem, ...]:
        known = {(each.code, each.wrong) for each in self.before.warnings}
        return tuple(each for each in after.warnings if (each.code, each.wrong) not in known)

    def _by_hand(self, addition: Addition, reason: str) -> ProjectError:
        lines = [
            f"    - {addition.function[0]}",
            *(f"      {line}" for line in addition.function[1:]),
        ]
        streams = [
            f"    {plain(name)}: {{{', '.join(f'{key}: {value}' for key, value in each.items())}}}"
            for name, each in addition.streams.items()
        ]
        shown = [*(["  v3io_streams:", *streams] if streams else []), "  functions:", *lines]
        return ProjectError(
            "\n".join([f"{reason}; nothing was written; what is to be added by hand:", *shown])
        )


def _entry(value: Value | None, key: str) -> Value | None:
    _, found = (
        value.entries.get(key, (None, None)) if isinstance(value, YamlMapping) else (None, None)
    )
    return found


def _refused(error: GraphError) -> ProjectError:
    """The problems that only the step would bring; their places are in a text that nobody has."""
    wrong = [f"  {each.message}" for each in error.problems if each.severity == "error"]
    return ProjectError(
        "\n".join(["the graph would have problems with the step; nothing was written:", *wrong])
    )


def _explicit(stream: Stream) -> dict[str, str]:
    """What a graph says of a stream that another one is to share with it."""
    said = {"container": plain(stream.container), "shards": str(stream.shards)}
    return {key: value for key, value in said.items() if key in stream.places}


def _wish_of(step: Step) -> Wish:
    inputs = tuple(each.stream.name for each in step.inputs)
    return Wish(step.name, inputs, tuple(stream.name for stream in step.streams))
