"""What is still missing in a migrated text is put in, until it means what it has to."""

from __future__ import annotations

from collections.abc import Iterable

from ..api import find_deployer
from ..document import parse
from ..errors import IguazioigError, Location, Problem
from ..graph import Graph, Step, Stream
from ..project.yaml_text import flow_mapping
from . import words
from .anchors import rehome
from .editing import Editor
from .notes import left_out
from .older import HOLDERS
from .roles import value_of
from .tree import List, Map, Pair, Sheet, read_sheet, target, walk, written
from .wanted import differing_keys, plain

_ROUNDS = 4


class NotMigratedError(IguazioigError):
    """A graph cannot be rewritten so that it means the same; nothing is written."""


def repair(text: str, path: str, wanted: Graph) -> str:
    """The text with what it lacks. Raises NotMigratedError where it still means something else."""
    problems: list[Problem] = []
    for _ in range(_ROUNDS):
        document = parse(text.encode(), path)
        translation = find_deployer("0.2.0").translate(document)
        problems = [*document.problems, *translation.problems]
        errors = [each for each in problems if each.severity == "error"]
        graph = translation.graph
        if not errors and graph is not None and plain(graph) == wanted:
            return text
        if any(each.code in ("yaml", "duplicate-key") for each in errors) or document.root is None:
            break
        sheet = read_sheet(text, path)
        if errors:
            _drop_from_holders(sheet, {each.location for each in errors})
        elif graph is not None:
            _Repair(sheet, graph, wanted).repair()
        rehome(sheet)
        text = sheet.written()
    raise NotMigratedError(_what_is_left(path, problems))


def _what_is_left(path: str, problems: Iterable[Problem]) -> str:
    errors = sorted(each for each in problems if each.severity == "error")
    why = f" ({errors[0].message})" if errors else ""
    return (
        f"{path}: its layout cannot be rewritten so that it means the same{why}; nothing is written: write out what "
        "`<<` and aliases bring in, and try again"
    )


def _drop_from_holders(sheet: Sheet, places: set[Location]) -> None:
    """Take out what cannot even be held for others: nobody gets it, or somebody would be told."""
    editor = Editor(sheet.newline)
    for holder in HOLDERS:
        where = value_of(value_of(sheet.root, "project"), holder)
        if isinstance(where, Map):
            _drop_what_is_at(where, places, editor)


def _drop_what_is_at(where: Map, places: set[Location], editor: Editor) -> None:
    for pair in list(where.pairs):
        if not pair.is_merge and places & set(_places(pair)):
            whole = written(pair.key) + pair.sep + written(pair.value)
            editor.drop(where, pair, left_out("nothing gets it", whole), inner=False)


def _places(pair: Pair) -> Iterable[Location]:
    for node in (pair.key, *walk(pair.value)):
        yield node.place


class _Repair:
    """One round: what of a graph is not as wanted is written out."""

    def __init__(self, sheet: Sheet, graph: Graph, wanted: Graph) -> None:
        self._project = value_of(sheet.root, "project")
        self._editor = Editor(sheet.newline)
        self._graph = graph
        self._wanted = wanted

    def repair(self) -> None:
        """Write out all of it."""
        functions = value_of(self._project, "functions")
        items = functions.items if isinstance(functions, List) else []
        for item, step, wanted in zip(items, self._graph.steps, self._wanted.steps, strict=True):
            where = target(item.value)
            if isinstance(where, Map):
                for key in differing_keys(wanted, step):
                    self._set(where, key, step, wanted)
        if self._graph.streams != self._wanted.streams:
            self._streams()

    def _set(self, where: Map, key: str, step: Step, wanted: Step) -> None:
        pair = where.own(key)
        if pair is not None and key == "env_custom" and self._add_variables(pair, step, wanted):
            return
        if pair is not None and key == "pip" and self._add_packages(pair, step, wanted):
            return
        text = words.function_keys(wanted)[key]
        if pair is not None:
            self._editor.set_text(where, pair, text)
        else:
            self._editor.add(where, key, text)

    def _add_variables(self, pair: Pair, step: Step, wanted: Step) -> bool:
        """Whether nothing was missing but variables before all others, which are there now."""
        value = pair.value
        new = list(wanted.env.items())[: len(wanted.env) - len(step.env)]
        if not isinstance(value, Map) or not value.pairs or [*new, *step.env.items()] != list(wanted.env.items()):  # fmt: skip
            return False
        for name, text in reversed(new):
            self._editor.put_first(value, name, words.env_value(text))
        return True

    def _add_packages(self, pair: Pair, step: Step, wanted: Step) -> bool:
        """Whether nothing was missing but packages behind all others, which are there now."""
        value = pair.value
        if (
            not isinstance(value, List)
            or not value.items
            or wanted.pip[: len(step.pip)] != step.pip
        ):
            return False
        for package in reversed(wanted.pip[len(step.pip) :]):
            self._editor.put_item_behind(value, value.items[-1], words.text(package))
        return True

    def _streams(self) -> None:
        where = value_of(self._project, "v3io_streams")
        known = {each.name: each for each in self._graph.streams}
        if isinstance(where, Map):
            for each in self._wanted.streams:
                if known.get(each.name) != each:
                    self._stream(where, each)

    def _stream(self, where: Map, each: Stream) -> None:
        pair = where.own(each.name)
        text = flow_mapping(
            {
                "container": words.text(each.container),
                "path": words.text(each.path),
                "shards": str(each.shards),
                "retention": str(each.retention),
            }
        )
        if pair is not None:
            self._editor.set_text(where, pair, text)
        else:
            self._editor.add(where, each.name, text)
