"""Text in the tables of a README: a reader of the rendered page sees it as it is."""

from __future__ import annotations

import pytest
from hostile import NASTY, quick, texts
from hypothesis import given
from iguazioig.project.escapes import show
from iguazioig.project.overview import cell, names
from parse_back import as_seen, listed


@quick(300)
@given(texts())
def test_a_cell_shows_the_text_and_stays_a_cell(text: str) -> None:
    shown = cell(text)
    assert as_seen(shown) == show(text)
    assert "|" not in shown
    assert shown.splitlines() == [shown]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain", "`plain`"),
        ("a b", "`a b`"),
        ("<b>*_[x](y)", "`<b>*_[x](y)`"),
        ("a\\b", "`a\\b`"),
        ("a`b", "<code>a&#96;b</code>"),
        ("a|b", "<code>a&#124;b</code>"),
        ("<i>`", "<code>&#60;i&#62;&#96;</code>"),
        (" a ", "<code> a </code>"),
        ("a\nb\u202e", "`a\\nb\\u202e`"),
    ],
)
def test_cells(text: str, shown: str) -> None:
    assert cell(text) == shown


@pytest.mark.parametrize("text", NASTY)
def test_a_list_has_each_of_its_items(text: str) -> None:
    assert listed(names(["first", text, "last"])) == ["first", show(text), "last"]


def test_a_list_of_nothing() -> None:
    assert names([]) == "–"
