"""The environment of older functions: a list of names and values becomes a mapping."""

from __future__ import annotations

from ..credentials import find_credentials
from ..document import parse
from ..graph import SecretKey
from ..project.yaml_text import quoted
from . import words
from .editing import Editor, comments_in, comments_of
from .roles import effective
from .tree import Alias, Item, List, Map, Node, Pair, Word, fresh, fresh_key, is_one_line, target


def reference(name: str, text: str) -> str | SecretKey:
    """The text of a variable; where 0.2.0 would refuse it as a literal credential, a Secret that somebody has to make."""
    line = f"env_custom:\n  {name}: {quoted(text)}\n"
    if not find_credentials(parse(line.encode("utf-8", "surrogatepass"), "")):
        return text
    slug = name.strip("_").lower().replace("_", "-")
    return SecretKey(slug[:63].strip("-") or "secret", name.lower())


class Lists:
    """Lists of variables that have become mappings, each once, wherever it is named."""

    def __init__(self, editor: Editor) -> None:
        self._editor = editor
        self._found: dict[int, tuple[List, Map]] = {}

    def convert(self, where: Map, pair: Pair) -> None:
        """Make a mapping of the list that a pair has, or names."""
        old = target(pair.value)
        assert isinstance(old, List)
        if isinstance(pair.value, Alias):
            pair.value.target = self._mapping(old)
            return
        self._editor.set_mapping(where, pair, self._mapping(old))

    def _mapping(self, old: List) -> Map:
        if id(old) not in self._found:
            self._found[id(old)] = old, _to_mapping(old, self._editor)
        return self._found[id(old)][1]

    def replaced(self, node: Node) -> Node:
        """The mapping that a list has become; any other node itself."""
        return self._found[id(node)][1] if id(node) in self._found else node


def _to_mapping(variables: List, editor: Editor) -> Map:
    """The same variables as a mapping; of a name that stands twice the last value counts."""
    values = {_name(item): item.value for item in variables.items}
    names: set[str] = set()
    for item in list(variables.items):
        if _name(item) in names:
            editor.drop_item(variables, item)
        names.add(_name(item))
    found = as_map(variables)
    for item in variables.items:
        _enter(found, item, values[_name(item)], editor)
    return found


def as_map(old: List) -> Map:
    """A mapping without pairs in the place of a list."""
    new = Map(old.flow, old.opening, old.anchor, old.place, old.column, old.tail, old.closing)
    if old.flow:
        new.opening, new.closing = f"{old.opening[:-1]}{{", f"{old.closing[:-1]}}}"
    return new


def _enter(found: Map, item: Item, variable: Node, editor: Editor) -> None:
    name = _name(item)
    pair = Pair(item.lead, fresh_key(name), ": ", _value(name, variable))
    found.pairs.append(pair)
    kept = comments_of(pair.value)
    inner = [*comments_in(item.mark), *comments_of(item.value)]
    editor.note_before(found, pair, [each for each in inner if each not in kept])


def _name(item: Item) -> str:
    name = effective(item.value, "name")
    return name.text if isinstance(name, Word) else ""


def _value(name: str, variable: Node) -> Node:
    """The value as it was typed where that says the text that Python made of it."""
    value = effective(variable, "value")
    assert value is not None
    said = str(words.python_value(value))
    chosen = reference(name, said)
    if isinstance(value, Word) and chosen == said == value.text and _is_own(variable, value):
        return value
    return fresh(words.env_value(chosen))


def _is_own(variable: Node, value: Word) -> bool:
    """Whether a value stands in the variable itself, and can stand elsewhere."""
    return (
        isinstance(variable, Map)
        and any(each.value is value for each in variable.pairs)
        and (not variable.flow or is_one_line(value.raw))
    )
