"""A function and streams put into a graph's text: however it is written, nothing else of it changes."""

from __future__ import annotations

import difflib
import textwrap
from pathlib import Path

import pytest
import yaml
from cases import ALL_CASES, name_of
from hostile import quick
from hypothesis import given
from hypothesis import strategies as st
from iguazioig.start.addition import Addition
from iguazioig.start.insertion import InsertionError, insert

STREAM = {"new": {"container": "projects", "shards": "4"}}
FUNCTION = ["name: last", "input_streams:", "  new: {}"]


def added(text: str, streams: object = STREAM) -> str:
    return insert(text, "graph.yaml", Addition(FUNCTION, streams))  # type: ignore[arg-type]


def lines_added(before: str, after: str) -> list[str]:
    """The lines that are there now, where all that was there is there still."""
    matcher = difflib.SequenceMatcher(None, before, after, autojunk=False)
    assert {kind for kind, *_ in matcher.get_opcodes()} <= {"equal", "insert"}
    diff = difflib.ndiff(before.splitlines(), after.splitlines())
    return [line[2:] for line in diff if line.startswith("+ ")]


CASES = {
    "lines below each other": (
        """
        project:
          name: p
          v3io_streams:
            a: {}  # said of a
            # so is this

            # not this
          functions:
            - name: first
              methods: [x]
              # of the first

        # the end
        """,
        """
        project:
          name: p
          v3io_streams:
            a: {}  # said of a
            # so is this
            new: {container: projects, shards: 4}

            # not this
          functions:
            - name: first
              methods: [x]
              # of the first
            - name: last
              input_streams:
                new: {}

        # the end
        """,
    ),
    "streams in lines, a list that is not indented, empty lines between functions": (
        """
        project:
            name: p
            functions:
            -   name: first

            # the second one
            -   name: second
            v3io_streams:
                a:
                  shards: 3
                b:
                    shards: 3
        """,
        """
        project:
            name: p
            functions:
            -   name: first

            # the second one
            -   name: second

            -   name: last
                input_streams:
                  new: {}
            v3io_streams:
                a:
                  shards: 3
                b:
                    shards: 3
                new:
                    container: projects
                    shards: 4
        """,
    ),
    "streams between brackets": (
        """
        project:
          v3io_streams: {a: {}, b: {shards: 3}}  # two
          functions: &all
            -
              name: first
              x: |
                text
        """,
        """
        project:
          v3io_streams: {a: {}, b: {shards: 3}, new: {container: projects, shards: 4}}  # two
          functions: &all
            -
              name: first
              x: |
                text
            - name: last
              input_streams:
                new: {}
        """,
    ),
    "brackets over several lines": (
        """
        project:
          v3io_streams: {
            a: {},  # one
          }
          functions:
          - &first
            name: first
          - *first
        """,
        """
        project:
          v3io_streams: {
            a: {}, new: {container: projects, shards: 4},  # one
          }
          functions:
          - &first
            name: first
          - *first
          - name: last
            input_streams:
              new: {}
        """,
    ),
    "no stream yet": (
        """
        project:
          name: p  # its name
          functions:
          - {name: first}
          v3io_streams:
        """,
        """
        project:
          name: p  # its name
          functions:
          - {name: first}
          - name: last
            input_streams:
              new: {}
          v3io_streams:
            new: {container: projects, shards: 4}
        """,
    ),
    "no key for streams": (
        """
        ---
        project:
          name: p  # its name
          # and more
          functions: [{name: first}]
        """,
        None,
    ),
    "neither": (
        """
        project:
          # the name
          name: p  # its name
          functions:
          - name: first
        ...
        """,
        """
        project:
          # the name
          name: p  # its name
          v3io_streams:
            new: {container: projects, shards: 4}
          functions:
          - name: first
          - name: last
            input_streams:
              new: {}
        ...
        """,
    ),
    "comments with dashes, and text that ends with empty lines": (
        """
        project:
          name: p
          functions:  # - a
          # - b
          -  # the first - and the last
             # - of them
             name: first
             x: |+
              - text

          v3io_streams:
            a: {}  # - c
        """,
        """
        project:
          name: p
          functions:  # - a
          # - b
          -  # the first - and the last
             # - of them
             name: first
             x: |+
              - text

          -  name: last
             input_streams:
               new: {}
          v3io_streams:
            a: {}  # - c
            new: {container: projects, shards: 4}
        """,
    ),
    "empty brackets": (
        """
        project:
          v3io_streams: {}
          functions:
          - name: first
        """,
        """
        project:
          v3io_streams: {new: {container: projects, shards: 4}}
          functions:
          - name: first
          - name: last
            input_streams:
              new: {}
        """,
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_a_style_is_kept(name: str) -> None:
    before, after = CASES[name]
    text = textwrap.dedent(before).lstrip("\n")
    if after is None:
        with pytest.raises(InsertionError, match=r"graph.yaml:5:3: `functions` is no list"):
            added(text)
    else:
        assert added(text) == textwrap.dedent(after).lstrip("\n")


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ("v3io_streams:\n    a: {}", "v3io_streams: *s", "3:3: `v3io_streams` is no mapping"),
        ("v3io_streams:\n    a: {}", "v3io_streams: null", "3:3: `v3io_streams` is no mapping"),
        ("functions:\n  - name: x", "functions: [{name: x}]", "5:3: `functions` is no list"),
        ("functions:\n  - name: x", "functions: *f", "5:3: `functions` is no list"),
    ],
)
def test_where_nothing_can_be_added_it_says_so(old: str, new: str, why: str) -> None:
    text = "project:\n  name: p\n  v3io_streams:\n    a: {}\n  functions:\n  - name: x\n"
    assert old in text
    with pytest.raises(InsertionError, match=f"graph.yaml:{why}"):
        added(text.replace(old, new))
    with pytest.raises(InsertionError, match=r"1:1: `project` is no mapping"):
        added("project: {name: p, functions: [{name: x}]}\n")


@pytest.mark.parametrize("line_break", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("end", [True, False])
def test_line_breaks_are_those_of_the_file(line_break: str, end: bool) -> None:
    text = "project:\n  name: é\n  functions:\n  - name: x\n".replace("\n", line_break)
    text = text if end else text.removesuffix(line_break)
    after = added(text)
    lines = added("project:\n  name: é\n  functions:\n  - name: x\n").split("\n")
    assert after == line_break.join(lines)


@pytest.mark.parametrize("case", ALL_CASES, ids=name_of)
@pytest.mark.parametrize("streams", [STREAM, {}], ids=["a stream", "no stream"])
def test_of_every_graph_all_lines_are_kept(case: Path, streams: object) -> None:
    if not (case / "project").is_dir():
        return
    text = (case / "graph.yaml").read_bytes().decode("utf-8-sig")
    if "apiVersion: 0.2.0" not in text:
        return
    found = lines_added(text, added(text, streams))
    assert [line.strip() for line in found if "projects" not in line][-3:] == [
        f"- {FUNCTION[0]}",
        *map(str.strip, FUNCTION[1:]),
    ]


COMMENTS = st.sampled_from(["", "# x", "  # x: y", "    # - x", "      # deep"])


@quick(150)
@given(
    dash=st.integers(2, 6),
    gap=st.integers(1, 3),
    comments=st.lists(COMMENTS, min_size=3, max_size=3),
    flow=st.booleans(),
)
def test_wherever_comments_stand_the_rest_means_the_same(
    dash: int, gap: int, comments: list[str], flow: bool
) -> None:
    before, item = " " * dash, " " * (dash + 1 + gap)
    streams = ["  v3io_streams: {a: {}}"] if flow else ["  v3io_streams:", "    a: {}"]
    lines = ["project:", "  name: p", comments[0], *streams, comments[1], "  functions:"]
    lines += [f"{before}-{' ' * gap}name: x", f"{item}y: [1]", comments[2], "other: 1", ""]
    text = "\n".join(lines)
    graph = yaml.safe_load(text)
    after = added(text)
    assert lines_added(text, after)
    graph["project"]["functions"].append({"name": "last", "input_streams": {"new": {}}})
    graph["project"]["v3io_streams"]["new"] = {"container": "projects", "shards": 4}
    assert yaml.safe_load(after) == graph
