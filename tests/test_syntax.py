from __future__ import annotations

import pytest
from iguazioig.document import parse
from iguazioig.errors import Location
from iguazioig.syntax import Places


def problems(text: str) -> list[str]:
    return [str(each) for each in parse(text.encode(), "f").problems]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("a:\n\tb: c\n", "2:1: not valid YAML: a tab stands where only spaces may; indent with spaces"),
        ("a:\n  - x\n\t- y\n", "3:1: not valid YAML: a tab stands where only spaces may; indent with spaces"),
        ("a: @b\n", "1:4: not valid YAML: `@` cannot begin a value; put the value in quotes"),
        ("a: `b`\n", "1:4: not valid YAML: ``` cannot begin a value; put the value in quotes"),
        ("a: %b\n", "1:4: not valid YAML: `%` cannot begin a value; put the value in quotes"),
        (
            "a: b: c\n",
            "1:5: not valid YAML: this `:` is out of place; quote the value if `: ` is part of it; "
            "else check the indentation here and above",
        ),
        (
            "a: 1\n  b: 2\n",
            "2:4: not valid YAML: this `:` is out of place; quote the value if `: ` is part of it; "
            "else check the indentation here and above",
        ),
        (
            "a:\n  b: 1\n c: 2\n",
            "3:2: not valid YAML: this is no part of the list or mapping that begins in line 1; "
            "check the indentation here, and the quotes just before",
        ),
        (
            "a: 'it's'\n",
            "1:8: not valid YAML: this is no part of the list or mapping that begins in line 1; "
            "check the indentation here, and the quotes just before",
        ),
        (
            "- a\nb: c\n",
            "2:1: not valid YAML: this is no part of the list or mapping that begins in line 1; "
            "check the indentation here, and the quotes just before",
        ),
        ("a: 1\nb\nc: 2\n", "2:1: not valid YAML: no `:` follows this; write `key: value`"),
        ('a: 1\nb: "x\nc: 2\n', "2:4: not valid YAML: the quote that begins here is never closed; close it"),
        ("a: 'b", "1:4: not valid YAML: the quote that begins here is never closed; close it"),
        (
            'a: "\\d"\n',
            "1:5: not valid YAML: YAML does not know this escape; write `\\\\` for a backslash, or use single quotes",
        ),
        ('a: "\\ud83d\\ude00"\n', "1:7: not valid YAML: this escape is half a character; write the character itself"),
        ("a: {b: 1\nc: 2\n", "2:2: not valid YAML: the `{` of line 1 is not closed before this; expected `,` or `}`"),
        ("a: [1, 2\nb: 3\n", "2:2: not valid YAML: the `[` of line 1 is not closed before this; expected `,` or `]`"),
        ("a: {", "1:5: not valid YAML: the file ends within brackets; close what is open"),
        ("a: [}\n", "1:5: not valid YAML: `}` is out of place; expected a value"),
        ("a: - b\n", "1:4: not valid YAML: a list cannot begin here; begin it on a line of its own"),
        ("a: *\n", "1:4: not valid YAML: `*` has no name after it; quote the value if it is text"),
        ("a: &\n", "1:4: not valid YAML: `&` has no name after it; quote the value if it is text"),
        (
            "%YAML 2.0\n---\na: b\n",
            "1:1: not valid YAML: found incompatible YAML document; "
            "check indentation, colons, quotes and brackets here and just above",
        ),
        ("a: b\n--- \nc: d\n", "2:1: a second document begins here; a graph is one YAML document"),
        (
            "a: \x07\n",
            "1:4: the character U+0007 may not stand in YAML; "
            'write it as an escape in double quotes, "\\x07"',
        ),
        (
            "a: b\nc: \ufffe\n",
            "2:4: the character U+FFFE may not stand in YAML; "
            'write it as an escape in double quotes, "\\ufffe"',
        ),
        ("a: 'x\u2028y'\nb: c: d\n", "2:5: not valid YAML: this `:` is out of place; "
            "quote the value if `: ` is part of it; else check the indentation here and above"),
        ("a: b\r\nc: d: e\r\n", "2:5: not valid YAML: this `:` is out of place; "
            "quote the value if `: ` is part of it; else check the indentation here and above"),
    ],
    ids=lambda text: ascii(text)[1:20],
)  # fmt: skip
def test_what_is_not_yaml_is_said_at_its_place(text: str, problem: str) -> None:
    assert problems(text) == [f"f:{problem}"]


@pytest.mark.parametrize(
    ("text", "index", "place"),
    [
        ("", 0, (1, 1)),
        ("ab", 2, (1, 3)),
        ("a\nb", 2, (2, 1)),
        ("a\r\nb", 1, (1, 2)),
        ("a\r\nb", 3, (2, 1)),
        ("a\rb", 2, (2, 1)),
        ("a\n\n\nb\n", 6, (5, 1)),
        ("a\u2028b\u2029c\u0085d", 6, (1, 7)),
        ("🚲\né", 3, (2, 2)),
    ],
)
def test_a_place_counts_lines_and_characters(text: str, index: int, place: tuple[int, int]) -> None:
    assert Places("f", text).at(index) == Location("f", *place)
