"""What each mapping of a graph is: a function, a stream …, or what is merged into one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from .tree import List, Map, Node, Pair, Word, target

FUNCTION, STREAM, VOLUME, INPUT = "a function", "a stream", "a volume", "an input stream"


@dataclass(slots=True)
class Roles:
    """The parts of one graph; `roles` has what each mapping is first of all, by its identity.

    `mixed` are those that are merged into mappings of another kind as well, where what they have for these is read.
    `projects` are the project and what is merged into it, `in_place` the functions that stand in the list of functions
    themselves.
    """

    project: Map
    projects: list[Map] = field(default_factory=list)
    functions: list[Map] = field(default_factory=list)
    roles: dict[int, str] = field(default_factory=dict)
    maps: list[Map] = field(default_factory=list)
    in_place: set[int] = field(default_factory=set)
    mixed: set[int] = field(default_factory=set)

    def own(self, key: str) -> tuple[Map, Pair] | None:
        """A key of the project, with the mapping that it stands in."""
        found = ((where, where.own(key)) for where in self.projects)
        return next(((where, pair) for where, pair in found if pair is not None), None)

    def of(self, role: str) -> list[Map]:
        """The mappings that are this, merged ones among them."""
        return [each for each in self.maps if self.roles[id(each)] == role]

    def is_one(self, node: Node, role: str) -> bool:
        """Whether a node, or what it names, may be merged into mappings of this role."""
        found = target(node)
        if isinstance(found, List):
            return all(self.is_one(item.value, role) for item in found.items)
        return self.roles.get(id(found)) == role

    def add(self, node: Node, role: str) -> None:
        """Take a mapping, and what is merged into it, as this; what it was before it stays."""
        found = target(node)
        if isinstance(found, List):
            for item in found.items:
                self.add(item.value, role)
        elif self.roles.get(id(found), role) != role:
            self.mixed.add(id(found))
        elif isinstance(found, Map) and id(found) not in self.roles:
            self.roles[id(found)] = role
            self.maps.append(found)
            for pair in found.pairs:
                if pair.is_merge:
                    self.add(pair.value, role)


def find_roles(root: Node, holders: tuple[str, ...]) -> Roles | None:
    """The parts of a graph, `holders` with what may stand in functions; None where its project is only merged."""
    project = value_of(root, "project")
    if not isinstance(project, Map):
        return None
    roles = Roles(project)
    roles.projects = list(with_merged(project))
    for item in _items(effective(project, "functions")):
        roles.add(item, FUNCTION)
        found = target(item)
        if isinstance(found, Map):
            roles.functions.append(found)
        if found is item:
            roles.in_place.add(id(found))
    for key, role in (("v3io_streams", STREAM), ("v3io_volumes", VOLUME)):
        for value in _items(effective(project, key)):
            roles.add(value, role)
    _add_inputs(roles)
    for holder in holders:
        for where in roles.projects:
            if pair := where.own(holder):
                roles.add(pair.value, FUNCTION)
    _add_inputs(roles)
    return roles


def _add_inputs(roles: Roles) -> None:
    for function in roles.of(FUNCTION):
        for value in _items(value_of(function, "input_streams")):
            roles.add(value, INPUT)


def value_of(node: Node | None, key: str) -> Node | None:
    """The value of a key that stands in a mapping itself, aliases followed."""
    found = target(node) if node is not None else None
    pair = found.own(key) if isinstance(found, Map) else None
    return target(pair.value) if pair else None


def with_merged(where: Map) -> Iterator[Map]:
    """A mapping, and what is merged into it, each once: what stands in it wins, of several `<<` the later, of a list the earlier."""
    seen: set[int] = set()
    open_: list[Node] = [where]
    while open_:
        found = target(open_.pop())
        if isinstance(found, List):
            open_.extend(item.value for item in reversed(found.items))
        elif isinstance(found, Map) and id(found) not in seen:
            seen.add(id(found))
            yield found
            open_.extend(pair.value for pair in found.pairs if pair.is_merge)


def _items(node: Node | None) -> Iterator[Node]:
    """The values of a list, or of a mapping with all that is merged into it."""
    if isinstance(node, List):
        yield from (item.value for item in node.items)
    elif isinstance(node, Map):
        for where in with_merged(node):
            yield from (pair.value for pair in where.pairs if not pair.is_merge)


def effective(node: Node, key: str) -> Word | Map | List | None:
    """The value of a key in a mapping or in what is merged into it, aliases followed."""
    found = target(node)
    pairs = (each.own(key) for each in with_merged(found)) if isinstance(found, Map) else ()
    return next((target(pair.value) for pair in pairs if pair is not None), None)


def is_null(node: Node | None) -> bool:
    """Whether there is nothing, or null."""
    return node is None or (isinstance(node, Word) and node.is_null)


def pairs_of(where: Map) -> list[Pair]:
    """The pairs of a mapping that are not merged, as they are now: they may be taken out one by one."""
    return [pair for pair in where.pairs if not pair.is_merge]
