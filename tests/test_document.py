from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from hostile import json_values, quick, texts
from hypothesis import given
from hypothesis import strategies as st
from iguazioig import document
from iguazioig.document import Mapping, Scalar, Sequence, Value, kind, parse, shorten


def read(text: str) -> Any:
    """The root of a text without problems."""
    parsed = parse(text.encode(), "f")
    assert parsed.problems == []
    assert parsed.root is not None
    return parsed.root


def problems(text: str | bytes) -> list[str]:
    source = text if isinstance(text, bytes) else text.encode()
    return [str(each) for each in parse(source, "f").problems]


def places(value: Value, path: str = "") -> Iterator[tuple[str, str]]:
    """The path and the place of every value, and of every key (with `:`)."""
    yield path, f"{value.location.line}:{value.location.column}"
    if isinstance(value, Mapping):
        for name, (key, entry) in value.entries.items():
            yield f"{path}/{name}:", f"{key.location.line}:{key.location.column}"
            yield from places(entry, f"{path}/{name}")
    elif isinstance(value, Sequence):
        for index, item in enumerate(value.items):
            yield from places(item, f"{path}/{index}")


def as_python(value: Value) -> Any:
    """The tree as PyYAML would load it, but with the keys as text."""
    if isinstance(value, Mapping):
        return {name: as_python(entry) for name, (_, entry) in value.entries.items()}
    if isinstance(value, Sequence):
        return [as_python(item) for item in value.items]
    return value.value()


# Positions


def test_block_style() -> None:
    text = "project:\n  name: fraud\n  functions:\n    - name: a\n      methods:\n      - b\n"
    assert dict(places(read(text))) == {
        "": "1:1",
        "/project:": "1:1",
        "/project": "2:3",
        "/project/name:": "2:3",
        "/project/name": "2:9",
        "/project/functions:": "3:3",
        "/project/functions": "4:5",
        "/project/functions/0": "4:7",
        "/project/functions/0/name:": "4:7",
        "/project/functions/0/name": "4:13",
        "/project/functions/0/methods:": "5:7",
        "/project/functions/0/methods": "6:7",
        "/project/functions/0/methods/0": "6:9",
    }


def test_flow_style() -> None:
    assert dict(places(read("{a: [1, {b: c}],\n  'd e': \"f\"}"))) == {
        "": "1:1",
        "/a:": "1:2",
        "/a": "1:5",
        "/a/0": "1:6",
        "/a/1": "1:9",
        "/a/1/b:": "1:10",
        "/a/1/b": "1:13",
        "/d e:": "2:3",
        "/d e": "2:10",
    }


def test_scalars_of_several_lines_begin_where_they_are_announced() -> None:
    text = "a: |\n  one\n  two\nb: >-\n  three\nc: four\n  five\nd: 'six\n  seven'\ne: end\n"
    found = dict(places(read(text)))
    assert [found[f"/{key}"] for key in "abcde"] == ["1:4", "4:4", "6:4", "8:4", "10:4"]


def test_a_key_without_a_value_ends_behind_its_colon() -> None:
    assert dict(places(read("name:\ntag: x\n")))["/name"] == "1:6"


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("a: 1\r\n\r\nb: 2\r\n", "3:4"),
        ("a: 1\r\rb: 2\r", "3:4"),
        ("\ufeffb: 2\n", "1:4"),
        ("b:\t2\n", "1:4"),
        ("{é🚲: 1, b: 2}", "1:12"),
        ("a: '\u2028 \u2029 \u0085'\nb: 2\n", "2:4"),
        ("a: 'x\u2028y'\r\nb: 2\r\n", "2:4"),
        ("# \u2028\nb: 2\n", "2:4"),
        ("---\nb: 2\n...\n", "2:4"),
        ("%YAML 1.1\n---\nb: 2\n", "3:4"),
        ("!!map {b: !!int 2}\n", "1:11"),
    ],
    ids=ascii,
)
def test_lines_and_columns_are_those_of_an_editor(text: str, place: str) -> None:
    assert dict(places(read(text)))["/b"] == place


def test_what_is_merged_keeps_its_own_place() -> None:
    text = "base: &base\n  a: 1\n  b: 2\nuse:\n  <<: *base\n  b: 3\nalias: *base\n"
    found = dict(places(read(text)))
    assert found["/use/a:"] == "2:3"
    assert found["/use/a"] == "2:6"
    assert found["/use/b"] == "6:6"
    assert found["/alias:"] == "7:1"
    assert found["/alias/a"] == "2:6"


@pytest.mark.skipif(not yaml.__with_libyaml__, reason="there is only one parser here")
@pytest.mark.parametrize(
    "text",
    [
        "a: [1, 2,]\nb: {c: d, e: {}}\n",
        "a: |\n  x\nb: >-\n  y\nc: 'z'\n",
        "base: &base {a: 1}\nuse: {<<: *base, b: !!str 2}\n",
        "a:    # comment\n   # another\n   b\r\nc:\r\n",
        "- - a\n  - b\n-\n  - 'é🚲'\n  - '\u2028x'\n",
    ],
)
def test_both_parsers_of_pyyaml_say_the_same(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    found = []
    for loader in (yaml.CSafeLoader, yaml.SafeLoader):
        monkeypatch.setattr(document, "_Loader", loader)
        found.append(list(places(read(text))))
    assert found[0] == found[1]


# What scalars mean

WORDS = [
    "yes", "no", "on", "off", "Yes", "NO", "y", "n", "true", "False", "null", "~", "Null", "none", "1", "-1", "+1",
    "010", "0o17", "0x1F", "0b11", "1_000", "1.5", "1.", ".5", "1e3", "1.0e+3", "1.5e3", "12:30", "1:30:15.5", ".inf",
    "-.INF", ".nan", "2024-01-01", "2024-01-01 10:00:00", "2024-1-1t1:2:3Z", "=", "0", "00", "08", "1.2.3", "0.2.0",
]  # fmt: skip


@pytest.mark.parametrize("word", WORDS)
def test_plain_words_mean_what_pyyaml_makes_of_them(word: str) -> None:
    scalar = read(f"key: {word}").entries["key"][1]
    assert scalar.text == word
    if word == "=":
        assert scalar.value() == "="
    else:
        assert repr(scalar.value()) == repr(yaml.safe_load(f"key: {word}")["key"])


def test_what_others_teach_pyyaml_later_is_not_learnt(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(yaml.resolver.Resolver, "yaml_implicit_resolvers", {})
    assert read("key: 123454321").entries["key"][1].value() == 123454321


@pytest.mark.parametrize("word", WORDS)
def test_quoted_words_are_text(word: str) -> None:
    for quoted in (f"'{word}'", f'"{word}"', f"! {word}", f"!!str {word}"):
        scalar = read(f"key: {quoted}").entries["key"][1]
        assert (scalar.tag, scalar.value()) == ("str", word)


@pytest.mark.parametrize(
    "scalar",
    [
        "2024-13-45",
        "!!int abc",
        "!!int ''",
        "!!float ''",
        "!!float x",
        "!!bool maybe",
        "!!timestamp yesterday",
        "!!binary é",
        "9" * 5000,
        "1" + ":10" * 2000,
        "<<",
    ],
    ids=lambda text: text[:20],
)
def test_a_text_that_does_not_fit_its_tag_is_a_value_error(scalar: str) -> None:
    value = read(f"key: {scalar}").entries["key"][1]
    with pytest.raises(ValueError):  # noqa: PT011 (the text is PyYAML's)
        value.value()


@quick(60)
@given(st.dictionaries(texts(), json_values(texts()), max_size=4))
def test_what_pyyaml_writes_is_read_as_pyyaml_reads_it(value: dict[str, Any]) -> None:
    for allow_unicode in (False, True):
        text = yaml.safe_dump(value, allow_unicode=allow_unicode)
        assert as_python(read(text)) == yaml.safe_load(text)


# `<<`

BASES = "a: &a {x: 1, y: 1}\nb: &b {y: 2, z: 2}\nc: &c {<<: *a, z: 3}\n"


@pytest.mark.parametrize(
    "use",
    [
        "{<<: *a}",
        "{<<: *a, <<: *b}",
        "{<<: *b, <<: *a}",
        "{<<: [*a, *b]}",
        "{<<: [*b, *a]}",
        "{<<: [*a, *b], <<: *c}",
        "{<<: *a, <<: [*b, *c]}",
        "{<<: *a, y: 9}",
        "{y: 9, <<: *a}",
        "{<<: *a, y: 9, <<: *b, w: 9}",
        "{<<: {x: 7, v: 7}, <<: *a}",
        "{<<: *c, <<: *a}",
        "{<<: []}",
        "{<<: {}}",
        "{'<<': 1}",
        "*c",
        "[*a, *a]",
    ],
)
def test_merging_gives_what_pyyaml_gives(use: str) -> None:
    text = f"{BASES}use: {use}\n"
    mine = as_python(read(text))
    assert mine == yaml.safe_load(text)
    if isinstance(mine["use"], dict):
        assert list(mine["use"]) == list(yaml.safe_load(text)["use"])


ENTRIES = st.dictionaries(st.sampled_from("uvwxyz"), st.integers(0, 9), max_size=4)
PIECES = st.one_of(
    st.tuples(st.just("<<"), st.sampled_from(["*a", "*b", "*c", "[*a, *b, *c]", "[*c, *a]"])),
    st.tuples(st.just("key"), ENTRIES),
)


@quick(100)
@given(ENTRIES, ENTRIES, ENTRIES, st.lists(PIECES, max_size=6))
def test_merging_gives_what_pyyaml_gives_in_any_order(
    a: dict[str, int], b: dict[str, int], c: dict[str, int], pieces: list[tuple[str, Any]]
) -> None:
    lines = [f"{name}: &{name} {flow(base)}" for name, base in (("a", a), ("b", b), ("c", c))]
    used: dict[str, int] = {}
    use = []
    for name, what in pieces:
        if name == "<<":
            use.append(f"<<: {what}")
        else:
            use += [f"{key}: {value}" for key, value in what.items() if key not in used]
            used.update(what)
    text = "\n".join([*lines, f"use: {{{', '.join(use)}}}"])
    assert as_python(read(text)) == yaml.safe_load(text)


def flow(base: dict[str, int]) -> str:
    return "{" + ", ".join(f"{key}: {value}" for key, value in base.items()) + "}"


@pytest.mark.parametrize(
    ("use", "what"),
    [
        ("<<: 1", "1:10: `<<` is given `1`"),
        ("<<: ~", "1:10: `<<` is given null"),
        ("<<: ''", "1:10: `<<` is given empty"),
        ("<<: [a, {b: c}]", "1:11: `<<` is given `a`"),
        ("<<: [[a]]", "1:11: `<<` is given a list"),
    ],
)
def test_only_mappings_are_merged(use: str, what: str) -> None:
    cure = "it takes a mapping or a list of mappings, such as `<<: *config_defaults`"
    assert problems(f"a: {{ {use} }}") == [f"f:{what}; {cure}"]


def test_a_mapping_that_lacks_what_could_not_be_merged_says_so() -> None:
    parsed = parse(b"a: {<<: *b, c: 1}\nd: &d {<<: 1}\ne: {<<: *d}\nf: {}\n", "f")
    assert isinstance(parsed.root, Mapping)
    partial = {name: entry.partial for name, (_, entry) in parsed.root.entries.items()}  # type: ignore[union-attr]
    assert partial == {"a": True, "d": True, "e": True, "f": False}


# Keys


def test_a_key_that_stands_twice() -> None:
    text = "a: 1\nb: {c: 1, 'c': 2}\na: 2\n"
    assert problems(text) == [
        "f:2:11: the key `c` stands twice; keep one of the two (the first is in line 2)",
        "f:3:1: the key `a` stands twice; keep one of the two (the first is in line 1)",
    ]
    root = parse(text.encode(), "f").root
    assert root is not None
    assert as_python(root) == {"a": 1, "b": {"c": 1}}


def test_the_text_of_a_key_is_what_counts() -> None:
    assert problems("1: a\n'1': b\n") == [
        "f:2:1: the key `1` stands twice; keep one of the two (the first is in line 1)"
    ]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("? [a]\n: b\n", "f:1:3: a key is a list"),
        ("? {a: b}\n: c\n", "f:1:3: a key is a mapping"),
        ("?\n: c\n", "f:1:2: a key is null"),
        ("~: c\n", "f:1:1: a key is null"),
    ],
)
def test_keys_are_words(text: str, problem: str) -> None:
    assert problems(text) == [f"{problem}; keys are words: quote it if it is text"]


def test_the_braces_of_a_template_are_said_once_and_make_no_value() -> None:
    parsed = parse(b"name: {{ project }}\ntag: {{x}}y\n"[:20], "f")
    assert list(map(str, parsed.problems)) == [
        "f:1:7: `{{` begins a mapping in a mapping; "
        "quote the whole value if it is text; a graph is no template"
    ]
    assert isinstance(parsed.root, Mapping)
    value = parsed.root.entries["name"][1]
    assert isinstance(value, Scalar)
    assert value.is_broken


# Anchors and tags


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (
            "a: &base x\nb: *bas\n",
            "f:2:4: `*bas` names no anchor (did you mean `base`?); define `&bas` before it is used",
        ),
        ("a: *b\n", "f:1:4: `*b` names no anchor; define `&b` before it is used"),
        ("a: *b\nb: &b x\n", "f:1:4: `*b` names no anchor; define `&b` before it is used"),
        ("a: &a {b: *a}\n", "f:1:11: `*a` contains itself; an alias may only name what ended before it"),
        ("a: &a [[*a]]\n", "f:1:9: `*a` contains itself; an alias may only name what ended before it"),
        ("a: {<<: *b}\n", "f:1:9: `*b` names no anchor; define `&b` before it is used"),
        ("*a : b\n", "f:1:1: `*a` names no anchor; define `&a` before it is used"),
        ("a: !secret b\n", "f:1:4: the tag `!secret` is not known here; write the value without a tag"),
        ("a: !!set {b}\n", "f:1:4: the tag `!!set` is not known here; write the value without a tag"),
        ("a: !!seq {b: c}\n", "f:1:4: the tag `!!seq` is not known here; write the value without a tag"),
        (
            "a: !!python/object/apply:os.system [x]\n",
            "f:1:4: the tag `!!python/object/apply:os.system` is not known here; write the value without a tag",
        ),
        (
            "a: !!python/name:os.system ''\n",
            "f:1:4: the tag `!!python/name:os.system` is not known here; write the value without a tag",
        ),
    ],
)  # fmt: skip
def test_what_an_alias_or_a_tag_cannot_be(text: str, problem: str) -> None:
    assert problems(text) == [problem]


def test_an_anchor_may_be_set_anew() -> None:
    assert as_python(read("a: &x 1\nb: *x\nc: &x 2\nd: *x\n")) == {"a": 1, "b": 1, "c": 2, "d": 2}


# What cannot be read


@pytest.mark.parametrize("text", ["a: 1\na: 2\nb: {", "a: *b\nc: 'd", "a: !x y\nb: c: d"])
def test_problems_before_a_syntax_error_are_said_with_it(text: str) -> None:
    parsed = parse(text.encode(), "f")
    assert parsed.root is None
    assert len(parsed.problems) == 2


@pytest.mark.parametrize(
    ("source", "place", "byte"),
    [
        (b"a: \xff\n", "1:4", "ff"),
        (b"a: b\nc: \xe9t\xe9\n", "2:4", "e9"),
        (b"\xef\xbb\xbfa: \xff\n", "1:4", "ff"),
        ("é🚲: ".encode() + b"\x80", "1:5", "80"),
        (b"a: b\r\nc: \xff\r\n", "2:4", "ff"),
        (b"a: \xed\xa0\x80\n", "1:4", "ed"),
        ("a: b\n".encode("utf-16"), "1:1", "ff"),
        (b"a: b\xc3", "1:5", "c3"),
    ],
)
def test_bytes_that_are_not_utf8(source: bytes, place: str, byte: str) -> None:
    cure = "a graph is UTF-8 text: save the file as UTF-8"
    assert problems(source) == [f"f:{place}: the byte 0x{byte} is not UTF-8; {cure}"]


@pytest.mark.parametrize("text", ["", "\n \n", "# only a comment\n", "\ufeff", "---\n...\n"])
def test_an_empty_file_has_no_problem_as_yaml(text: str) -> None:
    parsed = parse(text.encode(), "f")
    assert parsed.problems == []
    assert parsed.root is None or as_python(parsed.root) is None


@quick(100)
@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_any_bytes_are_read_or_explained(source: bytes) -> None:
    parsed = parse(source, "f")
    for problem in parsed.problems:
        assert problem.location.line >= 1
        assert problem.location.column >= 1
        assert "\n" not in str(problem)


YAML_PIECES = st.sampled_from(
    ["a", "b: ", "- ", "\n", "  ", "{", "}", "[", "]", ", ", ": ", "&a ", "*a", "<<: ", "'", '"', "|\n", "!", "? ", "\t", "#"]
)  # fmt: skip


@quick(200)
@given(st.lists(YAML_PIECES, max_size=40).map("".join))
def test_anything_like_yaml_is_read_or_explained(text: str) -> None:
    parsed = parse(text.encode(), "f")
    lines = text.split("\n")
    for problem in parsed.problems:
        assert problem.location.line <= len(lines) + 1
        assert "\n" not in str(problem)


# Attacks


@pytest.mark.parametrize("opening", ["[", "{a: ", "- ", "? ", "{? ", "a: &a ["])
def test_nesting_is_bounded(opening: str) -> None:
    found = problems(opening * 200_000)
    assert len(found) == 1
    assert "nested too deeply" in found[0] or "not valid YAML" in found[0]


def test_nesting_by_aliases_is_bounded() -> None:
    lines = ["a0: &a0 [x]", *(f"a{index}: &a{index} [*a{index - 1}]" for index in range(1, 200))]
    assert problems("\n".join(lines)) == [
        "f:99:6: the file is nested too deeply; at most 100 levels are read"
    ]


def test_a_hundred_levels_are_fine() -> None:
    assert problems("[" * 100 + "]" * 100) == []
    assert problems("[" * 101 + "]" * 101) == [
        "f:1:101: the file is nested too deeply; at most 100 levels are read"
    ]


def test_aliases_share_what_they_name() -> None:
    lines = ["a0: &a0 [x, x]", *(f"a{i}: &a{i} [*a{i - 1}, *a{i - 1}]" for i in range(1, 60))]
    root = read("\n".join(lines))
    last = root.entries["a59"][1]
    assert last.items[0] is last.items[1]


def test_merged_keys_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(document, "MAX_MERGED", 10)
    text = "a: &a {b: 1, c: 2, d: 3, e: 4}\n"
    assert problems(text + "f: {<<: *a}\ng: {<<: *a}\n") == []
    assert problems(text + "f: {<<: *a}\ng: {<<: [*a, *a]}\n") == [
        "f:1:4: the file has too many merged keys; at most 10 are read"
    ]


def test_values_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(document, "MAX_VALUES", 10)
    assert problems("[1, 2, 3, 4, 5, 6, 7, 8, 9]") == []
    assert problems("[1, 2, 3, 4, 5, 6, 7, 8, 9, 10]") == [
        "f:1:29: the file has too many values; at most 10 are read"
    ]


def test_bytes_are_bounded() -> None:
    assert problems(b"#" * document.MAX_BYTES) == []
    assert problems(b"#" * (document.MAX_BYTES + 1)) == [
        "f:1:1: the file has too many bytes; at most 8,388,608 are read"
    ]


def test_problems_are_bounded() -> None:
    found = problems("a: 1\n" * 5000)
    assert len(found) == 1001
    assert found[-1] == (
        "f:1001:1: there are more than 1,000 problems; "
        "mend these first; the rest is not looked at"
    )


# Words for messages


def test_the_kind_of_a_value_in_words() -> None:
    root = read("a: {}\nb: []\nc:\nd: ''\ne: x\nf: ~\n")
    kinds = [kind(entry) for _, entry in root.entries.values()]
    assert kinds == ["a mapping", "a list", "null", "empty", "`x`", "null"]


def test_what_is_shown_is_one_short_printable_line() -> None:
    assert shorten("one\ntwo\u202ethree\x1b[0m") == "one\\ntwo\\u202ethree\\x1b[0m"
    assert shorten("x" * 60) == "x" * 60
    assert shorten("x" * 61) == "x" * 60 + "…"
    assert shorten("🚲 ünï") == "🚲 ünï"
