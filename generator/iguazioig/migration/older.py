"""A graph of an older version becomes one of 0.2.0, key by key, in the text of its file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ..api.fields import Field, Record
from ..api.kinds import ListOf
from ..api.older.dialect import Dialect
from ..graph import Graph
from . import words
from .anchors import rehome
from .editing import Editor
from .environment import Lists, as_map
from .functions import FunctionMigration
from .inputs import add_seek_to, rewrite_input
from .notes import drop_unread, note
from .roles import FUNCTION, INPUT, STREAM, VOLUME, Roles, effective, is_null
from .tree import Alias, List, Map, Node, Pair, Sheet, Word, fresh_key, is_one_line, target, walk

HOLDERS = ("config_defaults", "scaling_defaults", "env_defaults")
"""Keys of a project of 0.2.0 that may hold what is merged into functions."""

_STREAM_KEYS = ("container", "path", "shards", "retention")
_USUAL = {"shards": "1", "retention": "24"}
"""What v3io made of 0 (graph-older 0)."""


@dataclass(slots=True)
class OlderMigration:
    """The migration of one file, whose graph has been read without an error."""

    sheet: Sheet
    roles: Roles
    graph: Graph
    dialect: Dialect
    editor: Editor
    _lists: Lists = field(init=False)
    _named: dict[int, int] = field(default_factory=dict)

    def migrate(self) -> None:
        """Rewrite the tree."""
        self.editor.plain_keys(self.sheet.root)
        self._lists = Lists(self.editor)
        self._streams()
        for where in self.roles.of(STREAM):
            self._keep(where, STREAM, _STREAM_KEYS)
        for where in self.roles.of(VOLUME):
            self._keep(where, VOLUME, ("remote", "mount_path"))
        for where in self.roles.of(INPUT):
            rewrite_input(where, self.roles, self.editor)
        self._functions()
        for where in self.roles.projects:
            self._variables(where)
        self._drop_holders()
        rehome(self.sheet)

    def _functions(self) -> None:
        """Rewrite the functions, and then what is merged into them, where they find what they say till then."""
        known = _function_keys(self.dialect)
        migration = FunctionMigration(self.dialect, known, self.roles, self._lists, self.editor)
        for where in self.roles.functions:
            migration.bring_in(where)
        for where, step in zip(self.roles.functions, self.graph.steps, strict=True):
            migration.rewrite(where, step)
        done = set(map(id, self.roles.functions))
        for where in self.roles.of(FUNCTION):
            if id(where) not in done:
                migration.rewrite(where, None)
        if self.dialect.names_inputs:
            add_seek_to(self.roles, self.dialect.seek_to, self.editor)

    def _variables(self, project: Map) -> None:
        """Make a mapping of variables that are held for functions."""
        pair = project.own("env_custom")
        value = target(pair.value) if pair else None
        if pair and isinstance(value, List) and _are_variables(value):
            self._lists.convert(project, pair)

    def _drop_holders(self) -> None:
        """Take out of the graph and its project what 0.2.0 has not; the last first, because aliases name what is before them."""
        aliases = [each for each in walk(self.sheet.root) if isinstance(each, Alias)]
        for each in aliases:
            each.target = self._lists.replaced(each.target)
        self._named = {id(each): id(each.target) for each in aliases}
        for where in self.roles.projects:
            for pair in reversed(list(where.pairs)):
                if not (pair.is_merge or self._is_kept(pair.name, target(pair.value))):
                    self._drop_holder(where, pair)
            if self.dialect.mounts_home and (functions := where.own("functions")):
                self._note_home(where, functions)
        self._root()

    def _root(self) -> None:
        root = self.sheet.root
        assert isinstance(root, Map)
        for pair in reversed(list(root.pairs)):
            if pair.name == "apiVersion":
                self.editor.set_text(root, pair, "0.2.0")
            elif pair.name != "project":
                self._drop_holder(root, pair)

    def _is_kept(self, name: str, value: Node) -> bool:
        """Whether 0.2.0 has this key of a project, for such a value."""
        if name in HOLDERS:
            return self.roles.roles.get(id(value)) == FUNCTION
        if name == "env_custom":
            return isinstance(value, Map) or is_null(value)
        return name in ("name", "functions", "v3io_streams", "v3io_volumes") and name in _project_record(self.dialect).fields  # fmt: skip

    def _note_home(self, project: Map, functions: Pair) -> None:
        said = f"{self.dialect.version} mounted the home of whoever deployed at /User; if the code needs it:"
        volume = "v3io_volumes: {v3io: {remote: users/NAME, mount_path: /User}}"
        self.editor.note_before(project, functions, [note(said), f"# {volume}"])

    def _drop_holder(self, where: Map, pair: Pair) -> None:
        """Take out what nothing reads; what others name in it moves to the first of them."""
        nodes = list(walk(pair.value))
        inside = {id(self._lists.replaced(node)) for node in nodes}
        for node in nodes:
            self._named.pop(id(node), None)
        if inside & set(self._named.values()):
            self.editor.drop(where, pair)
        else:
            drop_unread(where, pair, self.roles, self.editor)

    def _keep(self, where: Map, role: str, keys: tuple[str, ...]) -> None:
        """Take out of a stream or a volume what was never read."""
        for pair in list(where.pairs):
            value = target(pair.value)
            if pair.is_merge:
                if not self.roles.is_one(pair.value, role):
                    self.editor.drop(where, pair)
            elif is_null(value) or pair.name in ("name", "access_key", "user"):
                self.editor.drop(where, pair)
            elif pair.name not in keys:
                drop_unread(where, pair, self.roles, self.editor)
            elif pair.name in _USUAL and isinstance(value, Word) and _is_zero(value):
                self.editor.set_text(where, pair, _USUAL[pair.name])

    def _streams(self) -> None:
        """Make a mapping of a list of streams, by the names that they have now."""
        where, pair = self.roles.own("v3io_streams") or (None, None)
        old = target(pair.value) if pair else None
        if where is None or pair is None or not isinstance(old, List):
            return
        self._drop_repeated(old)
        new = as_map(old)
        names = (each.name for each in self.graph.streams)
        for item, name in zip(old.items, names, strict=True):
            sep = f":{item.mark[1:]}" if item.mark else ": "
            if isinstance(item.value, Map) and not item.value.flow and is_one_line(sep):
                sep = f":{self.editor.indent(item.value.column)}"
            new.pairs.append(Pair(item.lead, fresh_key(name), sep, item.value))
        if isinstance(pair.value, Alias):
            pair.value.target = new
        else:
            self.editor.set_mapping(where, pair, new)

    def _drop_repeated(self, streams: List) -> None:
        seen: set[tuple[str, str]] = set()
        for item in list(streams.items):
            container, path = (_text(effective(item.value, key)) for key in ("container", "path"))
            if (container, path.strip("/")) in seen:
                self.editor.drop_item(streams, item)
            seen.add((container, path.strip("/")))


def _are_variables(value: List) -> bool:
    """Whether a list has names and values, as nobody may have asked before."""
    return all(
        not is_null(effective(item.value, "name")) and effective(item.value, "value") is not None
        for item in value.items
    )


def _project_record(dialect: Dialect) -> Record:
    found = dialect.graph.fields["project"].kind
    assert isinstance(found, Record)
    return found


def _function_keys(dialect: Dialect) -> Mapping[str, Field]:
    functions = _project_record(dialect).fields["functions"].kind
    assert isinstance(functions, ListOf)
    assert isinstance(functions.item, Record)
    return functions.item.fields


def _is_zero(value: Word) -> bool:
    return value.tag == "int" and words.python_value(value) == 0


def _text(node: Node | None) -> str:
    return node.text if isinstance(node, Word) else ""
