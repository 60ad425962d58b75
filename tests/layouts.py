"""The same graph as people lay it out: blocks and brackets, lists that are not indented, comments, anchors, what is merged."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from typing import Any

import yaml


@dataclass(frozen=True)
class Named:
    """A value with an anchor, or where it stands again, an alias."""

    name: str
    value: Any = None


@dataclass(frozen=True, eq=False)
class Merge:
    """The key of what is merged."""


class Layout:
    """One way to lay a graph out. `comments` are those that it has written."""

    def __init__(self, seed: int, *, commented: bool = True) -> None:
        self._random = Random(seed)
        self._commented = commented
        self.comments: list[str] = []

    def text(self, graph: dict[str, Any]) -> str:
        """The graph as YAML."""
        shared = self._shared(graph)
        if self._random.random() < 0.05:
            return self._brackets(shared) + "\n"
        head = "--- # begins\n" if self._random.random() < 0.2 else ""
        text = head + self._block(shared, 0).lstrip("\n") + "\n"
        return text + ("# the end\n...\n" if self._random.random() < 0.2 else "")

    def _shared(self, graph: dict[str, Any]) -> dict[str, Any]:
        """The graph with some of what its functions hold in holders, under keys that are known and others."""
        project = dict(graph["project"])
        functions = [dict(each) for each in project.pop("functions")]
        holders: dict[str, Any] = {}
        names = ["config_defaults", "scaling_defaults", "env_defaults", "stream_trigger_defaults", "x_common"]  # fmt: skip
        for name in self._random.sample(names, self._random.randint(0, 4)):
            function = self._random.choice(functions)
            keys = [key for key in function if isinstance(key, str) and self._random.random() < 0.3]
            held = {key: function.pop(key) for key in keys}
            if self._random.random() < 0.3:
                held |= {
                    key: None
                    for key in ("post_process_function", "num_gpus")
                    if key not in function
                }
            holders[name] = Named(name, held or {"gpu": None})
            for each in functions:
                if each is function or self._random.random() < 0.2:
                    self._insert(each, Named(name))
        for index, each in enumerate(functions):
            for key in ("env_custom", "outputs", "pip", "class_init", "import_modules"):
                if each.get(key) and self._random.random() < 0.2:
                    holder = "env_custom" if key == "env_custom" and "env_custom" not in holders else f"{key}_{index}"  # fmt: skip
                    holders[holder] = Named(holder, each[key])
                    each[key] = Named(holder)
        rest = {**project, "functions": functions}
        root = {"apiVersion": graph["apiVersion"]}
        if holders and self._random.random() < 0.2:
            first = next(iter(holders))
            root[f"x-{first}"] = holders.pop(first)
        return {**root, "project": {**holders, **rest}}

    def _insert(self, function: dict[Any, Any], alias: Named) -> None:
        """Merge a holder at any place of a function."""
        entries = list(function.items())
        entries.insert(self._random.randint(0, len(entries)), (Merge(), alias))
        function.clear()
        function.update(entries)

    def _comment(self) -> str:
        if not self._commented or self._random.random() > 0.15:
            return ""
        self.comments.append(f"# note {len(self.comments)}: it's {{a}} [b], c")
        return self.comments[-1]

    def _beside(self) -> str:
        found = self._comment()
        return f"{' ' * self._random.randint(1, 4)}{found}" if found else ""

    def _above(self, column: int) -> Iterator[str]:
        if self._random.random() < 0.05:
            yield ""
        if found := self._comment():
            yield " " * column + found

    def _value(self, value: Any, column: int, *, in_list: bool = False) -> str:
        """A value behind its key or dash, up to the end of its last line."""
        anchor = ""
        if isinstance(value, Named):
            if value.value is None:
                return f" *{value.name}{self._beside()}"
            anchor, value = f" &{value.name}", value.value
        is_block = bool(value) and isinstance(value, dict | list) and (_has_merge(value) or self._random.random() < 0.7)  # fmt: skip
        if not is_block:
            return f"{anchor} {self._brackets(value)}{self._beside()}"
        deeper = column + self._random.choice([2, 2, 2, 4] if in_list else [2, 2, 2, 1, 4])
        if in_list and not anchor and isinstance(value, dict):
            return self._block(value, deeper)[deeper:].join([" " * (deeper - column - 1), ""])
        if isinstance(value, list) and not in_list and self._random.random() < 0.3:
            deeper = column
        return f"{anchor}{self._beside()}\n{self._block(value, deeper)}"

    def _block(self, value: Any, column: int) -> str:
        lines: list[str] = []
        if isinstance(value, dict):
            for index, (key, each) in enumerate(value.items()):
                lines += self._above(column) if index else []
                name = "<<" if isinstance(key, Merge) else self._scalar(key)
                lines.append(f"{' ' * column}{name}:{self._value(each, column)}")
        else:
            for index, each in enumerate(value):
                lines += self._above(column) if index else []
                lines.append(f"{' ' * column}-{self._value(each, column, in_list=True)}")
        return "\n".join(lines)

    def _brackets(self, value: Any) -> str:
        if isinstance(value, Named):
            if value.value is None:
                return f"*{value.name} "
            return f"&{value.name} {self._brackets(value.value)}"
        if isinstance(value, dict):
            pairs = (f"{'<<' if isinstance(key, Merge) else self._scalar(key)}: {self._brackets(each)}" for key, each in value.items())  # fmt: skip
            return f"{{{self._joined(pairs)}}}"
        if isinstance(value, list | tuple):
            return f"[{self._joined(map(self._brackets, value))}]"
        return self._scalar(value)

    def _joined(self, parts: Iterator[str]) -> str:
        return self._random.choice([", ", ",", " ,  "]).join(parts)

    def _scalar(self, value: Any) -> str:
        style = '"' if isinstance(value, str) and self._random.random() < 0.2 else None
        text: str = yaml.safe_dump(
            [value], allow_unicode=True, width=10_000, default_flow_style=True, default_style=style
        )
        return text.strip()[1:-1]


def _has_merge(value: Any) -> bool:
    if isinstance(value, Named):
        return True
    if isinstance(value, dict):
        return any(isinstance(key, Merge) for key in value) or any(map(_has_merge, value.values()))
    return isinstance(value, list | tuple) and any(map(_has_merge, value))
