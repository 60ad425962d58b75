"""The keys of an older function, one by one, in functions and in what is merged into them."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping

from ..api.fields import Field
from ..api.older.dialect import Dialect
from ..api.older.kinds import Unread
from ..graph import Step
from ..project.yaml_text import flow_list, flow_mapping
from . import words
from .editing import STEP, Editor
from .environment import Lists
from .notes import drop_unread, left_out
from .outputs import output_keys, set_outputs
from .packages import rewrite_packages
from .roles import FUNCTION, Roles, effective, is_null
from .tree import Alias, List, Map, Node, Pair, Word, target, written

_RENAMED = {
    "function_name": "name",
    "minReplicas": "min_replicas",
    "maxReplicas": "max_replicas",
    "docker_image": "docker_image",
    "class_init": "class_init",
    "input_streams": "input_streams",
}
_SETTLED = frozenset(
    {
        "maxWorkers", "input_stream_container", "output_stream_container", "num_gpus", "outputs", "output_stream",
        "post_process_function",
    }
)  # fmt: skip
"""Keys whose values are in what is written for others, or for all of a function's outputs."""


class FunctionMigration:
    """Rewrites the functions of one older graph."""

    def __init__(
        self,
        dialect: Dialect,
        known: Mapping[str, Field],
        roles: Roles,
        lists: Lists,
        editor: Editor,
    ) -> None:
        self._outputs = output_keys(dialect)
        self._known = known
        self._roles = roles
        self._lists = lists
        self._editor = editor
        self._handlers: dict[str, Callable[[Map, Pair, Step | None], None]] = {
            "class_load_function": self._class,
            "processing_function": self._method,
            "module_paths": self._paths,
            "import_modules": self._imports,
            "input_stream": self._input,
            "gpu": self._gpu,
            "env_custom": self._env,
            "pip": self._pip,
            "loggerSinks": self._sinks,
        }

    def bring_in(self, where: Map) -> None:
        """Let a function have itself what it says together with keys that stand elsewhere."""
        for key in ("input_stream", "gpu", *self._outputs):
            value = effective(where, key) if where.own(key) is None else None
            if value is not None and not is_null(value):
                self._editor.add(where, key, "").value = Alias("", value, value.place)

    def rewrite(self, where: Map, step: Step | None) -> None:
        """Rewrite a function, or what is merged into several, of which no step is known."""
        for pair in list(where.pairs):
            if pair.is_merge:
                if not self._roles.is_one(pair.value, FUNCTION):
                    self._editor.drop(where, pair)
            elif step is None or pair.name not in self._outputs:
                self._rewrite(where, pair, step)
        if step is not None:
            in_brackets = self._is_in_brackets(where)
            set_outputs(where, step, self._outputs, self._editor, in_brackets=in_brackets)

    def _is_in_brackets(self, where: Map) -> bool:
        """Whether a function has no lines of its own, or none where it stands in the end."""
        return where.flow or id(where) not in self._roles.in_place

    def _rewrite(self, where: Map, pair: Pair, step: Step | None) -> None:
        known = self._known.get(pair.name)
        if known is None or isinstance(known.kind, Unread):
            drop_unread(where, pair, self._roles, self._editor)
        elif is_null(target(pair.value)) or pair.name in _SETTLED:
            self._editor.drop(where, pair)
        elif pair.name in _RENAMED:
            self._editor.rename(pair, _RENAMED[pair.name])
        else:
            self._handlers[pair.name](where, pair, step)

    def _class(self, where: Map, pair: Pair, step: Step | None) -> None:
        word = target(pair.value)
        module, dot, name = word.text.rpartition(".") if isinstance(word, Word) else ("", "", "")
        if not dot:
            self._editor.drop(where, pair)
            return
        self._editor.set_text(where, pair, words.text(module), "class_module")
        self._editor.put_behind(where, pair, "class_name", words.text(name))

    def _method(self, where: Map, pair: Pair, step: Step | None) -> None:
        value = pair.value
        is_short = isinstance(value, Alias) or _is_identifier(value)
        shown = written(value) if is_short else words.text(_text(value))
        self._editor.set_text(where, pair, f"[{shown}]", "methods")

    def _paths(self, where: Map, pair: Pair, step: Step | None) -> None:
        value = target(pair.value)
        if isinstance(value, List):
            if not value.items:
                self._editor.drop(where, pair)
            return
        found = _literal(_text(value))
        if found:
            self._editor.set_text(where, pair, flow_list(found))
        else:
            self._editor.drop(where, pair)

    def _imports(self, where: Map, pair: Pair, step: Step | None) -> None:
        names = ", ".join(each.name for each in step.imports) if step else ""
        notes = left_out("imported for what it does", f"import {names}") if names else []
        self._editor.drop(where, pair, notes)

    def _input(self, where: Map, pair: Pair, step: Step | None) -> None:
        if step is None or not step.inputs:
            self._editor.drop(where, pair)
            return
        [each] = step.inputs
        text = flow_mapping({each.stream.name: words.settings(each)})
        if not self._is_in_brackets(where):
            text = self._editor.indent(where.column + STEP) + text[1:-1]
        self._editor.set_text(where, pair, text, "input_streams")

    def _gpu(self, where: Map, pair: Pair, step: Step | None) -> None:
        if step is None or not step.resources:
            self._editor.drop(where, pair)
        else:
            self._editor.set_text(where, pair, words.resources(step), "resources")

    def _env(self, where: Map, pair: Pair, step: Step | None) -> None:
        if isinstance(target(pair.value), List):
            self._lists.convert(where, pair)

    def _pip(self, where: Map, pair: Pair, step: Step | None) -> None:
        value = target(pair.value)
        if isinstance(value, List):
            rewrite_packages(value, self._editor)
            if not value.items:
                self._editor.drop(where, pair)

    def _sinks(self, where: Map, pair: Pair, step: Step | None) -> None:
        value = target(pair.value)
        first = value.items[0].value if isinstance(value, List) and value.items else None
        level = effective(first, "level") if first is not None else None
        if is_null(level):
            self._editor.drop(where, pair)
        else:
            assert level is not None
            self._editor.set_text(where, pair, words.text(_text(level)), "log_level")


def _is_identifier(value: Node) -> bool:
    return isinstance(value, Word) and value.raw.isidentifier()


def _text(node: Node) -> str:
    found = target(node)
    return found.text if isinstance(found, Word) else ""


def _literal(text: str) -> list[str]:
    """The list in Python's spelling that was read already."""
    try:
        found = ast.literal_eval(text.strip())
    except (ValueError, SyntaxError):
        return []
    return [str(each) for each in found or ()]
