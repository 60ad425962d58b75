"""Who gets whom, so that as many as possible get somebody: maximum matching in a bipartite graph, by augmenting paths."""

from __future__ import annotations

from collections.abc import Sequence


def match(choices: Sequence[Sequence[int]]) -> dict[int, int]:
    """One of its choices for each position, none for two of them, for as many as possible.

    Equal choices should be one object: where one of those gets nothing, the others would not either, and do not try.
    """
    owner: dict[int, int] = {}
    hopeless: set[int] = set()
    begun: dict[int, int] = {}  # by choices: all before is taken, and stays so
    for position, choice in enumerate(choices):
        first = begun.get(id(choice), 0)
        while first < len(choice) and choice[first] in owner:
            first += 1
        begun[id(choice)] = first
        if first < len(choice):
            owner[choice[first]] = position
        elif id(choice) not in hopeless and not _augment(position, choices, owner):
            hopeless.add(id(choice))
    return {position: chosen for chosen, position in owner.items()}


def _augment(start: int, choices: Sequence[Sequence[int]], owner: dict[int, int]) -> bool:
    """Find a choice for a position, let others change theirs for it if need be; return whether there was one."""
    came_from: dict[int, int] = {}  # a choice, and the position that would get it
    had: dict[int, int] = {}  # a position, and the choice that it would give away
    positions = [start]
    for position in positions:
        for chosen in choices[position]:
            if chosen in came_from:
                continue
            came_from[chosen] = position
            if chosen not in owner:
                _hand_on(chosen, start, came_from, had, owner)
                return True
            had[owner[chosen]] = chosen
            positions.append(owner[chosen])
    return False


def _hand_on(
    chosen: int, start: int, came_from: dict[int, int], had: dict[int, int], owner: dict[int, int]
) -> None:
    """Give everybody on the way from a free choice back to the start the choice that comes before it."""
    while True:
        position = came_from[chosen]
        owner[chosen] = position
        if position == start:
            return
        chosen = had[position]
