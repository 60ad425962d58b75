"""The outputs of an older function as those of 0.2.0: streams, then functions; what cannot be said stays as a comment."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ..api.older.dialect import Dialect
from ..graph import Condition, Step
from ..project.yaml_text import flow_list, flow_mapping
from . import words
from .editing import STEP, Editor, comments_in, comments_of, split_lead
from .notes import left_out, note
from .roles import effective
from .tree import Item, List, Map, Node, Pair, Word, target


@dataclass(frozen=True, slots=True)
class Line:
    """One output: what it is, the comments above it and beside it, and what it says now; nothing where it is left out."""

    kind: str
    text: str
    above: tuple[str, ...] = ()
    beside: str = ""


def output_keys(dialect: Dialect) -> tuple[str, ...]:
    """The keys of a function that say its outputs."""
    return ("output_stream", "post_process_function") if dialect.one_output else ("outputs",)


def set_outputs(
    where: Map, step: Step, keys: tuple[str, ...], editor: Editor, *, in_brackets: bool
) -> None:
    """Give a function its outputs in the place of the old ones, if there are any in the mapping itself."""
    pairs = [pair for pair in where.pairs if pair.name in keys]
    for pair in pairs[1:]:
        editor.drop(where, pair)
    for pair in pairs[:1]:
        _set(where, pair, list(_lines(pair, step)), editor, in_brackets=in_brackets)


def _set(where: Map, first: Pair, lines: list[Line], editor: Editor, *, in_brackets: bool) -> None:
    if not any(line.text for line in lines):
        notes = comments_in(split_lead(first.sep)[0])
        notes += [each for line in lines for each in line.above]
        editor.drop(where, first, notes, inner=where.flow)
    elif in_brackets:
        editor.set_text(where, first, _brackets(lines), "outputs")
    else:
        beside = split_lead(first.sep)[0]
        editor.set_text(where, first, _block(lines, where.column, editor), "outputs", inner=False)
        first.sep = beside.rstrip()


def _lines(pair: Pair, step: Step) -> Iterator[Line]:
    written = target(pair.value)
    if pair.name != "outputs":
        yield from (Line("streams", each.name) for each in step.streams)
        yield from (_incoming(f"{each.module}.{each.function}") for each in step.functions)
    elif isinstance(written, List):
        streams, functions = iter(step.streams), iter(step.functions)
        for item, (above, beside) in zip(written.items, _comments(pair), strict=True):
            kind = effective(item.value, "kind")
            if isinstance(kind, Word) and kind.text == "stream":
                stream = next(streams)
                condition = step.conditions.get(stream.slug)
                yield _chosen("streams", stream.name, condition, above, beside)
            elif isinstance(kind, Word) and kind.text == "function":
                each = next(functions)
                name = f"{each.module}.{each.function}"
                yield _chosen("function", name, each.condition, above, beside)
            else:
                yield _never_sent(item.value, (*above, *filter(None, [beside])))


def _incoming(name: str) -> Line:
    return Line("function", name, (note(f"{name} got the message that came in, and gets the result now"),))  # fmt: skip


def _chosen(
    kind: str, name: str, condition: Condition | None, above: tuple[str, ...], beside: str
) -> Line:
    if condition is None:
        return Line(kind, name, above, beside)
    said = note(f"left out, `{name}` got only messages with: {condition.text}")
    return Line("", "", (*above, *filter(None, [beside]), said))


def _never_sent(output: Node, comments: tuple[str, ...]) -> Line:
    url = effective(output, "url")
    shown = f"https: [{words.text(url.text)}]" if isinstance(url, Word) else "kind: http"
    return Line("", "", (*comments, *left_out("it never sent anything", shown)))


def _comments(pair: Pair) -> list[tuple[tuple[str, ...], str]]:
    """The comments of each output: those above it and in it, and the one behind it."""
    written = target(pair.value)
    if not isinstance(written, List) or written is not pair.value:
        return [((), "")] * (len(written.items) if isinstance(written, List) else 0)
    opening = comments_in(split_lead(pair.sep)[1] + written.opening)
    following = [split_lead(item.lead)[0] for item in written.items[1:]]
    behind = [*following, written.tail + written.closing]
    found = []
    for index, item in enumerate(written.items):
        above = [*(opening if not index else ()), *_within(item, index)]
        found.append((tuple(above), " ".join(comments_in(behind[index]))))
    return found


def _within(item: Item, index: int) -> list[str]:
    above = split_lead(item.lead)[1] if index else item.lead
    return [*comments_in(above), *comments_in(item.mark), *comments_of(item.value)]


def _brackets(lines: list[Line]) -> str:
    kinds = {kind: [line.text for line in lines if line.kind == kind] for kind in ("streams", "function")}  # fmt: skip
    return flow_mapping({kind: flow_list(found) for kind, found in kinds.items() if found})


def _block(lines: list[Line], column: int, editor: Editor) -> str:
    inner = editor.indent(column + STEP)
    text = ""
    for kind in ("streams", "function"):
        found = [line for line in lines if line.kind == kind]
        if found and not any(line.above or line.beside for line in found):
            text += f"{inner}{kind}: {flow_list(line.text for line in found)}"
        elif found:
            text += f"{inner}{kind}:" + "".join(_item(line, column + 2 * STEP, editor) for line in found)  # fmt: skip
    notes = [each for line in lines if not line.text for each in line.above]
    return "".join(inner + each for each in notes) + text


def _item(line: Line, column: int, editor: Editor) -> str:
    inner = editor.indent(column)
    beside = f"  {line.beside}" if line.beside else ""
    return (
        "".join(inner + each for each in line.above) + f"{inner}- {words.text(line.text)}{beside}"
    )
