"""Files that attack their reader: each is refused in bounded memory and time, with a place in the file, and runs nothing."""

from __future__ import annotations

import re
import resource
import subprocess
import sys
from pathlib import Path

import pytest
from made_up import dump, full, write_modules
from processes import iguazioig

MEMORY = 1024**3
GUARD = 60
"""Seconds after which a test fails; a file takes less than five."""

HEAD = """\
apiVersion: 0.2.0
project:
  name: attacked
"""
STEP = "{{name: s{0}, class_module: model, class_name: Model, methods: [predict]{1}}}"


def limit_memory() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))


def refused(folder: Path, content: bytes) -> list[str]:
    """The problems that `validate` prints about a file."""
    (folder / "graph.yaml").write_bytes(content)
    options = {"cwd": folder, "preexec_fn": limit_memory, "timeout": GUARD}
    done = iguazioig("validate", "graph.yaml", **options)
    assert "Traceback" not in done.stderr
    assert (done.returncode, done.stdout) == (1, "")
    problems = done.stderr.splitlines()
    assert 1 <= len(problems) <= 1100
    for problem in problems:
        assert re.match(r"graph\.yaml:\d+:\d+: .*\S", problem), problem
        assert len(problem) < 5000
    assert not (folder / "canary").exists()
    return problems


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_modules(tmp_path)


def bomb(opening: str, closing: str, *, levels: int, width: int) -> str:
    """Anchors of which each uses the one before it several times."""
    lines = ["  config_defaults:", f"    a0: &a0 {opening}lol{closing}"]
    for level in range(1, levels):
        inside = ", ".join([f"*a{level - 1}"] * width)
        lines.append(f"    a{level}: &a{level} {opening}{inside}{closing}")
    return "\n".join(lines).replace("config_defaults", "env_custom") + "\n"


def functions(*steps: str) -> str:
    return "  functions:\n" + "".join(f"    - {step}\n" for step in steps)


LAUGHS = bomb("[", "]", levels=9, width=9)
MERGES = (
    "  env_custom:\n    a0: &a0 {"
    + ", ".join(f"k{number}: 1" for number in range(1000))
    + "}\n"
    + "".join(
        f"    a{level}: &a{level} {{<<: [{', '.join([f'*a{level - 1}'] * 100)}]}}\n"
        for level in range(1, 100)
    )
)
ALIASES = {
    "values in class_init": HEAD + LAUGHS + functions(STEP.format("", ", class_init: {a: *a8}")),
    "class_init itself": HEAD + LAUGHS + functions(STEP.format("", ", class_init: *a8")),
    "methods": HEAD
    + f"  env_custom:\n    m: &m [{', '.join(['predict'] * 100)}]\n"
    + "  functions:\n"
    + "".join(f"    - {{name: s{n}, class_module: model, class_name: Model, methods: *m}}\n" for n in range(5000))
    + "    - *m\n",
    "methods in methods": HEAD + LAUGHS + functions(STEP.format("", "").replace("[predict]", "*a8")),
    "a big value in many steps": HEAD
    + f"  env_custom:\n    big: &big [{', '.join(['x'] * 10_000)}]\n"
    + functions(*(STEP.format(n, ", class_init: {a: *big}") for n in range(1000))),
    "one step many times": HEAD
    + "  functions:\n    - &f "
    + STEP.format("", "")
    + "\n"
    + "    - *f\n" * 10_000,
    "merges": HEAD + MERGES + functions(STEP.format("", ", class_init: *a99")),
    "merges of merges": HEAD
    + "  env_custom:\n    a0: &a0 {x: 1}\n"
    + "".join(f"    a{n}: &a{n} {{<<: *a{n - 1}, k{n}: 1}}\n" for n in range(1, 3000))
    + functions(STEP.format("", ", class_init: *a2999")),
    "a long text in many places": HEAD
    + f"  env_custom:\n    big: &big {'x' * 1_000_000}\n"
    + functions(*(STEP.format(n, ", class_init: {a: *big}") for n in range(2000))),
    "itself": HEAD + "  env_custom: &a {a: *a, <<: *a, b: [*a]}\n",
    "nothing": HEAD + "  env_custom: *nothing\n",
}  # fmt: skip


@pytest.mark.parametrize("name", ALIASES)
def test_aliases_that_multiply(folder: Path, name: str) -> None:
    refused(folder, ALIASES[name].encode())


DEEP = 100_000


@pytest.mark.parametrize(
    "content",
    [
        "[" * DEEP,
        "[" * DEEP + "]" * DEEP,
        "{a: " * DEEP,
        "{a: " * DEEP + "1" + "}" * DEEP,
        "- " * DEEP,
        "? " * DEEP,
        "- - ? - " * (DEEP // 4),
        "\n".join(" " * depth + "a:" for depth in range(2000)),
        "a: &a [" * DEEP,
        HEAD + "  functions: " + "[" * DEEP,
        '"' * DEEP,
        "'" * (DEEP + 1),
        "!" * DEEP,
        "&" * DEEP,
        "* " * DEEP,
        "%" * DEEP,
    ],
    ids=lambda content: content[-8:] + " " + content[:8],
)  # fmt: skip
def test_depth(folder: Path, content: str) -> None:
    refused(folder, content.encode())


@pytest.mark.parametrize("times", [2, 20_000])
def test_keys_that_stand_twice(folder: Path, times: int) -> None:
    problems = refused(folder, (HEAD + "  partition_key_name: x\n" * times).encode())
    assert any("stands twice" in problem for problem in problems)


@pytest.mark.parametrize(
    "value",
    [
        "!!python/object/apply:os.system ['touch canary']",
        "!!python/object/new:os.system ['touch canary']",
        "!!python/object/apply:subprocess.check_call [[touch, canary]]",
        "!!python/name:os.system",
        "!!python/module:os",
        "!!python/tuple [1]",
        "!<tag:yaml.org,2002:python/object/apply:os.system> ['touch canary']",
        "!!binary bm90IHRleHQ=",
        "!!binary 'not base64'",
        "!!set {a, b}",
        "!!omap [a: 1]",
        "!!timestamp 2024-01-01",
        "!!timestamp 'never'",
        "!!int x",
        "!!float 1e999999",
        "!!mine {a: 1}",
        "!include /etc/passwd",
        "2024-01-01",
        "2024-13-45",
        "2001-12-14t21:59:43.10-05:00",
        ".inf",
        ".nan",
        "1.0e+999999999",
        "9" * 100_000,
        "0x" + "f" * 100_000,
        "1" + ":59" * 100_000,
        "{1: 2}",
        "{[1]: 2}",
        "{~: 2}",
    ],
    ids=lambda value: value[:60],
)
def test_values_that_json_cannot_hold(folder: Path, value: str) -> None:
    graph = HEAD + functions(STEP.format("", f", class_init: {{path: {value}}}"))
    refused(folder, graph.encode())


@pytest.mark.parametrize(
    "content",
    [
        "name: é".encode("latin-1"),
        dump(full()).decode().encode("utf-16"),
        dump(full()).decode().encode("utf-16-le"),
        dump(full()).decode().encode("utf-32"),
        dump(full()) + b"\xff\xfe",
        dump(full()) + b"# \xed\xa0\xbd\xed\xb8\x80",
        dump(full()).replace(b"account", b"acc\0ount"),
        dump(full()).replace(b"account", b"acc\x1b[31mount"),
        bytes(range(256)) * 100,
        b"\0" * 10_000,
        b"\x7fELF" * 1000,
    ],
    ids=lambda content: repr(content[:12]),
)
def test_what_is_no_text(folder: Path, content: bytes) -> None:
    refused(folder, content)


@pytest.mark.parametrize(
    "content",
    [
        b"", b"\n\n", b"# nothing\n", b"---\n...\n", b"\xef\xbb\xbf", b"- a\n- b\n", b"text", b"42", b"null", b"[]", b"{}",
        b"%YAML 9.9\n---\n{}", b"%TAG ! !!python/\n---\n!object/apply:os.system ['touch canary']", b"a: 1\n---\nb: 2\n",
        b"apiVersion: 0.2.0", b"apiVersion: 0.2.0\nproject:", b"apiVersion: 0.2.0\nproject: []", b"apiVersion: []",
        b"project: {}", b"apiVersion: &a 0.2.0\nproject: *a",
    ],
)  # fmt: skip
def test_what_is_no_graph(folder: Path, content: bytes) -> None:
    refused(folder, content)


BIG = 50 * 1024 * 1024


@pytest.mark.parametrize(
    ("start", "repeated"),
    [
        (dump(full()), b"# a comment that goes on and on\n"),
        (b"", b"["),
        (b"", b"- a\n"),
        (b"a: ", b"x"),
        (b"", b"\0"),
        (b"", b"\n"),
    ],
    ids=["comment", "brackets", "list", "word", "NUL", "empty lines"],
)
def test_fifty_megabytes(folder: Path, start: bytes, repeated: bytes) -> None:
    (problem,) = refused(folder, start + repeated * (BIG // len(repeated)))
    assert "too many bytes" in problem


ALMOST = 8 * 1024 * 1024 - 1024


@pytest.mark.parametrize(
    ("start", "repeated"),
    [
        (HEAD + "  unknown:\n", "    - a\n"),
        (HEAD, "  nam: x\n"),
        (HEAD, "\t\n"),
        (HEAD + "  env_custom:\n    a: '", "\\"),
        (HEAD + "  env_custom: {a: 1, ", "? , "),
        (HEAD + "  name: ", "ä"),
        ("", "&a "),
        ("", "\u2028"),
    ],
    ids=lambda text: repr(text[-12:]),
)
def test_as_much_as_is_read(folder: Path, start: str, repeated: str) -> None:
    refused(folder, (start + repeated * (ALMOST // len(repeated.encode()))).encode())


def test_a_thousand_problems_and_more(folder: Path) -> None:
    steps = (STEP.format(n, f", input_streams: {{raw{n}: {{}}}}, colour: red") for n in range(3000))
    problems = refused(folder, (HEAD + functions(*steps)).encode())
    assert len(problems) <= 1002


def test_the_limit_of_memory_is_one() -> None:
    command = [sys.executable, "-c", f"bytearray({MEMORY})"]
    done = subprocess.run(command, preexec_fn=limit_memory, capture_output=True, check=False)
    assert b"MemoryError" in done.stderr
