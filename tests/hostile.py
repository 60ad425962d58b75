"""Text that wants to be more than text, and values made of it, for the property tests."""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

NASTY = [
    "'", '"', '"""', "\\", "\\n", "\n", "\r", "\t", "\0", "\x1b[31m", "\x7f", "\x85", "\xa0", "\u2028", "\ufeff",
    "{{ 6 * 7 }}", "{% raw %}", "{# gone #}", "{", "}}", "${HOME}", "$(touch canary)", "`touch canary`", "; rm -rf x",
    "../", "/../..", "~", "yes", "No", "on", "null", "1e3", "0o17", "0x1F", "1_000", "12:30", "2024-01-01", "+.inf",
    ": ", " #", "- ", "-", "---", "...", "? ", "!!binary ", "&a", "*a", "<<", "|", ">-", "%YAML 1.2", "@", "[", "]", ",",
    "é", "→", "ｗｉｄｅ", "漢字", "🚲", "👩‍🚀", "e\u0301", "\u202e", "\u2066", "\u200b", "\u3000", "\ue000", "\U000e0041",
    "</code>", "<script>", "| a | b |", "```", "__debug__", " ", "  ", "\n\n", "x" * 70, "word " * 30,
]  # fmt: skip
"""What means something to Python, YAML, Jinja, a shell, Markdown, HTML, a terminal or a reader's eye."""


def quick(examples: int) -> settings:
    """The same examples every day, and only so many of them."""
    return settings(
        max_examples=examples,
        derandomize=True,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )


def texts(*, surrogates: bool = False) -> st.SearchStrategy[str]:
    """Any text; lone surrogates, which no file can hold, only on demand."""
    characters = st.characters(exclude_categories=() if surrogates else ("Cs",))
    pieces = st.sampled_from(NASTY) | st.text(characters, max_size=8)
    return st.lists(pieces, max_size=6).map("".join)


def json_values(text: st.SearchStrategy[str], *, leaves: int = 12) -> st.SearchStrategy[Any]:
    """Any value that JSON can hold, with text of this kind as values and keys."""
    numbers = st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    scalars = st.none() | st.booleans() | numbers | text
    return st.recursive(
        scalars,
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(text, inner, max_size=4),
        max_leaves=leaves,
    )


def same(value: Any, other: Any) -> bool:
    """Equal, and of the same types all the way down: `True` is not 1, and 0.0 is not -0.0."""
    return repr(value) == repr(other)
