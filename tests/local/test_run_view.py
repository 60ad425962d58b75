"""What a run looks like: on a terminal of any size, in plain lines, in the summary, and for machines."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from iguazioig.errors import printable
from iguazioig.local.expectations import Comparison
from iguazioig.local.results import (
    Cause,
    DeadLetter,
    DeadLetters,
    End,
    Result,
    Snapshot,
    StepState,
    StreamState,
)
from iguazioig.run_view import PlainView, result_as_json, show_result
from iguazioig.run_view.live import screen
from iguazioig.run_view.tables import cut, duration, step_table, stream_table
from iguazioig.terminal import plain_lines
from processes import environment, on_a_terminal
from rich.cells import cell_len
from running import NUMBERS, Folder

STEP = StepState(
    name="double",
    replicas=1,
    delivered=12_345,
    out=12_000,
    failed=0,
    dead_letters=345,
    redelivered=0,
    restarts=0,
    lag=0,
    rate=1234.5,
    median=0.00123,
    p99=2.5,
    last_error="",
)
LETTER = DeadLetter("double", "/demo/numbers", 3, 17, None, "KeyError: 'n'")
STREAM = StreamState("numbers", 12_345, {"double": 0})
SNAPSHOT = Snapshot(12.3, (STEP,), (STREAM,), is_idle=True, letters=(LETTER,))
RESULT = Result(
    snapshot=SNAPSHOT,
    ended=End.IDLE,
    until_idle=True,
    sent=12_345,
    letters=DeadLetters(345, (Cause("double", LETTER.cause, 345, LETTER),), (LETTER,)),
    comparisons=(),
    crashes={},
    logs=Path("logs"),
)
HOSTILE = "a\x1b[2Jb\nc\u202ed\x9b\ud800[red]"


def shown(result: Result, capsys: pytest.CaptureFixture[str]) -> str:
    show_result(result)
    return capsys.readouterr().out


# Texts of others


def test_a_text_of_others_does_nothing_to_a_terminal() -> None:
    assert printable(HOSTILE) == r"a\x1b[2Jb\nc\u202ed\x9b\ud800[red]"
    assert plain_lines("a\tb\n\x07c") == "a\\tb\n\\x07c"
    assert printable("schön, 漢字 …") == "schön, 漢字 …"
    assert printable("0123456789", 4) == "0123…"


def test_no_text_of_others_reaches_the_terminal_as_it_is(
    capsys: pytest.CaptureFixture[str],
) -> None:
    step = replace(STEP, name=HOSTILE, failed=1, restarts=1, last_error=HOSTILE)
    letter = DeadLetter(HOSTILE, HOSTILE, 1, 2, HOSTILE, HOSTILE)
    snapshot = Snapshot(
        1.0, (step,), (StreamState(HOSTILE, 1, {HOSTILE: 1}),), is_idle=False, letters=(letter,)
    )
    result = replace(
        RESULT,
        snapshot=snapshot,
        letters=DeadLetters(1, (Cause(HOSTILE, HOSTILE, 1, letter),), (letter,)),
        comparisons=(Comparison(HOSTILE, 1, 1, (HOSTILE,), (HOSTILE,), 0),),
        crashes={f"{HOSTILE}@1": False},
    )
    view = PlainView()
    view.next = 0.0
    view.show(snapshot)
    show_result(result)
    written = "".join(capsys.readouterr())
    live = "\n".join(line for line, _ in screen(snapshot, 1.0, 400, 40))
    for text in (written, live):
        assert r"a\x1b[2Jb\nc\u202ed\x9b\ud800[red]" in text
        assert [each for each in text if not each.isprintable() and each != "\n"] == []
    assert json.loads(result_as_json(result))["steps"][0]["name"] == HOSTILE


# Tables


@pytest.mark.parametrize("width", [30, 40, 60, 80, 100, 200])
def test_a_row_stays_on_one_line(width: int) -> None:
    steps = [replace(STEP, name=f"a-step-with-a-long-name-{number}") for number in range(3)]
    snapshot = replace(SNAPSHOT, steps=tuple(steps))
    lines = [line for line, _ in screen(snapshot, 1.0, width, 40)]
    assert max(map(cell_len, lines)) <= width
    assert {"step", "in", "lag"} <= set(lines[0].split())


def test_a_narrow_table_does_without_what_says_nothing_first() -> None:
    table = step_table([replace(STEP, lag=7)])
    titles = [table.narrowed(width).titles for width in range(table.width, 20, -1)]
    gone = [title for before, after in pairwise(titles) for title in before if title not in after]
    assert gone == ["redelivered", "failed", "replicas", "99 %", "median", "out", "dead letters"]


def test_wide_letters_take_the_room_that_they_take() -> None:
    lines = stream_table([StreamState("漢字", 1, {}), StreamState("ab", 22, {})]).lines()
    assert [line.rstrip()[-2:] for line in lines[1:]] == [" 1", "22"]
    assert len({cell_len(line) for line in lines[1:]}) == 1
    assert cut("漢字漢字", 5) == "漢字…"


@pytest.mark.parametrize(
    ("seconds", "text"), [(None, "-"), (0.000123, "0.123 ms"), (0.5, "500 ms"), (12.0, "12 s")]
)
def test_a_duration_has_the_digits_that_mean_something(seconds: float | None, text: str) -> None:
    assert duration(seconds) == text


def test_what_nobody_knows_is_a_dash() -> None:
    row = step_table([replace(STEP, out=None, dead_letters=None, median=None, p99=None)]).rows[0]
    assert row.count("-") == 4


# Live


def test_a_terminal_that_is_too_low_shows_the_steps_that_have_something_to_do() -> None:
    steps = tuple(replace(STEP, name=f"s{number}", rate=0.0) for number in range(40))
    busy = {33: replace(steps[33], lag=5), 7: replace(steps[7], rate=9.0)}
    steps = tuple(busy.get(number, step) for number, step in enumerate(steps))
    streams = tuple(replace(STREAM, name=f"t{number}") for number in range(30))
    snapshot = Snapshot(1.0, steps, streams, is_idle=False, letters=(LETTER,) * 3)
    lines = [line for line, _ in screen(snapshot, 61.0, 80, 24)]
    assert len(lines) < 24
    names = [line.split()[0] for line in lines if re.match("s[0-9]", line)]
    assert {"s7", "s33"} <= set(names)
    assert names == sorted(names, key=lambda name: int(name[1:]))
    assert f"… and {40 - len(names)} more" in lines
    assert (
        lines.count("dead letter of double: KeyError: 'n' (/demo/numbers, shard 3, record 17)") == 3
    )
    assert lines[-1] == "61 s; Ctrl-C ends"


@pytest.mark.parametrize("height", [1, 5, 10, 19, 20, 25, 50, 100])
@pytest.mark.parametrize("number", [0, 1, 5, 60])
def test_the_tables_are_no_higher_than_the_terminal(height: int, number: int) -> None:
    steps = tuple(replace(STEP, name=f"s{each}") for each in range(number))
    streams = tuple(replace(STREAM, name=f"t{each}") for each in range(number))
    lines = list(screen(replace(SNAPSHOT, steps=steps, streams=streams), 1.0, 80, height))
    fewest = 11  # titles, two rows of each, empty lines, the clock
    assert len(lines) < max(fewest, height)


def test_everything_has_a_place_where_there_is_room() -> None:
    steps = tuple(replace(STEP, name=f"s{each}") for each in range(12))
    lines = list(screen(replace(SNAPSHOT, steps=steps), 1.0, 80, 24))
    assert [line for line, _ in lines if "more" in line] == []


def final_screen(told: str) -> list[str]:
    """What a terminal shows in the end: it knows how to go up, to erase, and to begin a line again."""
    lines, row, column = [""], 0, 0
    for token in re.findall(r"\x1b\[[?0-9;]*[A-Za-z]|\r|\n|[^\x1b\r\n]+", told):
        if token == "\n":
            row, column = row + 1, 0
            lines += [""] * (row + 1 - len(lines))
        elif token == "\r":
            column = 0
        elif up := re.fullmatch(r"\x1b\[(\d*)A", token):
            row = max(0, row - int(up[1] or 1))
        elif token == "\x1b[2K":
            lines[row] = ""
        elif not token.startswith("\x1b"):
            before = lines[row].ljust(column)
            lines[row] = before[:column] + token + before[column + len(token) :]
            column += len(token)
    return [line.rstrip() for line in lines]


def test_a_run_on_a_terminal_shows_tables_and_leaves_the_summary(folder: Folder) -> None:
    project = folder.project()
    sent = folder.messages("numbers", *NUMBERS, {"key": "[red]", "n": None})
    words = ["run", str(project), "--port", "0", "--until-idle", "--send", sent]
    words += ["--logs", str(folder.path / "logs")]
    rc, told = on_a_terminal(*words, env=environment(COLUMNS="80", LINES="24"))
    assert rc == 0
    assert "s; Ctrl-C ends" in told
    assert "\x1b[?25l" in told
    assert told.rindex("\x1b[?25h") > told.rindex("\x1b[?25l")
    final = final_screen(told)
    assert [line for line in final if "Ctrl-C ends" in line] == []
    (row,) = [line for line in final if line.startswith("double ")]
    assert re.match("double +1 +61 +60 +(0 +)?1 ", row)  # as many columns as times leave room for
    assert "1 dead letter" in final
    assert "every message is done with" in final
    tables = [line for line in final if re.match("(step|double|stream|numbers) ", line)]
    assert len(tables) == 4
    assert max(map(cell_len, tables)) <= 80


# Plain lines


def test_plain_lines_say_now_and_then_how_far_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    view = PlainView()
    view.say("two\nlines\x07")
    for seconds in (0.0, 4.9, 5.1, 9.9, 11.0):
        step = replace(STEP, delivered=int(seconds), failed=2 if seconds > 10 else 0)
        view.show(replace(SNAPSHOT, seconds=seconds, steps=(step,)))
    view.close()
    assert capsys.readouterr().err.splitlines() == [
        "two",
        r"lines\x07",
        "5 s: double 5 in, lag 0, 345 dead letters",
        "11 s: double 11 in, lag 0, 345 dead letters, 2 failed",
    ]


def test_the_last_words_are_written_at_once(capfd: pytest.CaptureFixture[str]) -> None:
    PlainView().leave("ended at once; the steps' logs are in logs")
    assert capfd.readouterr().err == "ended at once; the steps' logs are in logs\n"


# The summary


@pytest.mark.parametrize(
    ("ended", "until_idle", "good", "said"),
    [
        (End.IDLE, True, True, "every message is done with"),
        (End.TIME, True, False, "the time was over before everything was done"),
        (End.INTERRUPTED, True, False, "interrupted before everything was done"),
        (End.TIME, False, True, "the time is over, as it was asked for"),
        (End.INTERRUPTED, False, True, "ended by an interrupt"),
        (End.FAILED, False, False, "it could not go on"),
        (End.FAILED, True, False, "it could not go on"),
    ],
)
def test_what_ended_a_run_is_good_or_not_by_what_was_asked(
    ended: End, until_idle: bool, good: bool, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    result = replace(RESULT, ended=ended, until_idle=until_idle)
    assert result.is_good is good
    assert said in shown(result, capsys).splitlines()
    assert json.loads(result_as_json(result))["ended"] == ended.value


@pytest.mark.parametrize(
    "changes",
    [
        {"snapshot": replace(SNAPSHOT, steps=(replace(STEP, failed=1),))},
        {"comparisons": (Comparison("s", 1, 0, ("{}",), (), 0),)},
        {"crashes": {"double@3": True, "after@3": False}},
    ],
    ids=["a lost record", "a missing message", "no crash"],
)
def test_what_makes_a_run_no_success(changes: dict[str, Any]) -> None:
    assert RESULT.is_good
    assert not replace(RESULT, **changes).is_good


def test_equal_causes_are_one_line_and_all_are_counted(capsys: pytest.CaptureFixture[str]) -> None:
    causes = tuple(
        Cause("double", f"KeyError: {number}", 100 - number, replace(LETTER, output="scores"))
        for number in range(12)
    )
    text = shown(replace(RESULT, letters=DeadLetters(5_000, causes, ())), capsys)
    assert "\n5,000 dead letters\n" in text
    place = "/demo/numbers, shard 3, record 17, output scores"
    assert f"\n  100 × double: KeyError: 0 (for one {place})\n" in text
    shown_count = sum(100 - number for number in range(10))
    assert f"\n  … and {5_000 - shown_count:,} more, of other causes\n" in text
    assert "KeyError: 10" not in text


def test_dead_letters_that_nobody_can_count_are_not_said_to_be_none(
    capsys: pytest.CaptureFixture[str],
) -> None:
    result = replace(RESULT, letters=DeadLetters(None, (), ()))
    assert "0 dead letters" not in shown(result, capsys)
    assert json.loads(result_as_json(result))["dead_letters"]["total"] is None


def test_long_messages_are_cut_and_many_are_counted(capsys: pytest.CaptureFixture[str]) -> None:
    missing = ("x" * 10_000, *(f"m{number}" for number in range(20)))
    comparison = Comparison("answers", 30, 9, missing, ("odd",), 0)
    lines = shown(replace(RESULT, comparisons=(comparison,)), capsys).splitlines()
    at = lines.index("answers: 30 expected, 9 arrived; not as expected")
    assert lines[at + 1] == f"  missing  {'x' * 500}…"
    assert lines[at + 11 : at + 13] == ["  … and 11 more", "  unexpected  odd"]


def test_the_json_says_it_all() -> None:
    described = json.loads(result_as_json(RESULT))
    assert list(described) == [
        "good", "ended", "failure", "sent", "seconds", "steps", "streams", "dead_letters", "expected",
        "crashes", "logs",
    ]  # fmt: skip
    assert described["steps"][0]["p99"] == 2.5
    assert described["dead_letters"]["causes"][0]["count"] == 345
    assert described["dead_letters"]["examples"][0]["sequence_number"] == 17
