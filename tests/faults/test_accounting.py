"""The account can tell: each loss, each disorder and each repetition that is made up is found."""

from __future__ import annotations

from accounting import Account, settle
from hypothesis import given
from hypothesis import strategies as st

Arrivals = list[tuple[str, int]]
SENT = [(f"k{number % 3}", number) for number in range(30)]


def verdict(arrived: Arrivals) -> tuple[int, int, int, int]:
    found = settle([Account("here", SENT, arrived)])
    return len(found.lost), len(found.strange), len(found.out_of_order), found.duplicates


def test_all_in_order_is_in_order() -> None:
    assert verdict(SENT) == (0, 0, 0, 0)


def test_keys_may_overtake_each_other() -> None:
    assert verdict(sorted(SENT)) == (0, 0, 0, 0)


@given(st.sets(st.sampled_from(SENT), min_size=1))
def test_what_is_not_there_is_lost(gone: set[tuple[str, int]]) -> None:
    assert verdict([each for each in SENT if each not in gone]) == (len(gone), 0, 0, 0)


@given(st.lists(st.integers(1, 29), min_size=1, max_size=5))
def test_what_comes_again_from_an_earlier_one_on_is_a_repetition(ends: list[int]) -> None:
    again = [each for end in ends for each in SENT[: end + 1]]
    assert verdict([*SENT, *again]) == (0, 0, 0, len(again))


@given(st.integers(0, 26))
def test_one_that_comes_late_is_out_of_order(place: int) -> None:
    late = [*SENT[:place], *SENT[place + 1 : place + 4], SENT[place], *SENT[place + 4 :]]
    assert verdict(late) == (0, 0, 1, 0)


def test_what_nobody_sent_is_strange() -> None:
    assert verdict([*SENT, ("k9", 99)]) == (0, 1, 0, 0)
