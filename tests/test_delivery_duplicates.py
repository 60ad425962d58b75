"""What a step remembers of a shard, whatever comes again and in whatever order Nuclio and the steps before may bring it."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from test_delivery import delivery_duplicates

Place = tuple[str, int, int, int]


def written(steps: list[tuple[int, list[int]]]) -> list[Place]:
    """What is in a shard: what several sources wrote there, each beginning again from an earlier record now and then."""
    at, found = {0: 0, 1: 0, 2: 0}, list[Place]()
    for source, moves in steps:
        for move in moves:
            at[source] = max(1, at[source] + move)
            messages = (1, 0) if at[source] % 3 == 0 else (0,)
            found += [(str(source), at[source], 0, message) for message in messages]
    return found


# A step handles its records in their order, and goes back only to one that it has handled.
MOVES = st.lists(st.sampled_from([1, 1, 1, 2, 40, 0, -1, -2, -5]), min_size=1, max_size=6)
STREAMS = st.lists(st.tuples(st.integers(0, 2), MOVES), min_size=1, max_size=12)


@given(STREAMS, st.lists(st.integers(1, 5), min_size=60, max_size=60))
def test_of_a_shard_each_message_is_delivered_once_however_often_it_comes(
    steps: list[tuple[int, list[int]]], committed: list[int]
) -> None:
    stream, shard, begin = written(steps), delivery_duplicates.Shard({}, []), 0
    got: list[Any] = []
    for more in committed:
        for place in stream[begin:]:
            if not shard.knows(place):
                got.append(place)
                shard.add(place, refused=False)
        begin += more
    assert sorted(got) == sorted(set(stream))
