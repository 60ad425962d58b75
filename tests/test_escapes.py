"""What stands in a file as it is, and what is escaped: nothing is hidden from a reader, on whatever Python."""

from __future__ import annotations

import unicodedata

import pytest
from hostile import quick, texts
from hypothesis import given
from iguazioig.project.escapes import escape, is_visible, show

EVERYTHING = [chr(code) for code in range(0x110000)]


@pytest.mark.parametrize("category", ["Cc", "Co", "Cs", "Zl", "Zp"])
def test_characters_that_no_reader_sees_are_escaped(category: str) -> None:
    hidden = [char for char in EVERYTHING if unicodedata.category(char) == category]
    assert hidden
    assert [char for char in hidden if is_visible(char)] == []


@pytest.mark.parametrize(
    "chars",
    [
        "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u061c\u200e\u200f",
        "\u200b\u200c\u200d\u2060\ufeff\u00ad",
        "\xa0\u1680\u2000\u2009\u202f\u205f\u3000",
        "\ufff9\ufffe\uffff",
        "\U000e0001\U000e0041\U000e0100",
    ],
    ids=["direction", "no width", "spaces", "no characters", "tags"],
)
def test_what_misleads_a_reader_is_escaped(chars: str) -> None:
    assert [char for char in chars if is_visible(char)] == []


@pytest.mark.parametrize(
    "text", ["plain", "it's \"\\\"", "grün", "→ – …", "漢字かな", "العربية", "हिन्दी", "🚲", "e\u0301", "\ufffd"]
)  # fmt: skip
def test_what_can_be_read_stays(text: str) -> None:
    assert is_visible(text)
    assert show(text) == text


def test_what_a_newer_unicode_has_stays_on_any_python() -> None:
    assert show("\U0001fae8\U0001fac6") == "\U0001fae8\U0001fac6"  # of Unicode 15 and 16


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("a\\b", "a\\\\b"),
        ("\n\r\t", "\\n\\r\\t"),
        ("\0\x1b\x7f\x85\xa0", "\\x00\\x1b\\x7f\\x85\\xa0"),
        ("\u202e\ufeff\ud800", "\\u202e\\ufeff\\ud800"),
        ("\U000e0041\U0010ffff", "\\U000e0041\\U0010ffff"),
    ],
)
def test_escapes(text: str, escaped: str) -> None:
    assert escape(text) == escaped


@quick(300)
@given(texts(surrogates=True))
def test_what_is_escaped_is_one_visible_line_of_utf8(text: str) -> None:
    assert is_visible(escape(text))
    assert len(escape(text).splitlines()) <= 1
    escape(text).encode()
