from __future__ import annotations

import pytest
from iguazioig.api import reader as reader_module
from iguazioig.api.reader import GiveUpError, Reader
from iguazioig.document import Scalar
from iguazioig.errors import MAX_PROBLEMS, Location
from iguazioig.images import Complaint

HERE = Location("f", 3, 4)


def word(text: str) -> Scalar:
    return Scalar(text, "str", True, HERE)


def test_a_problem_is_noted_once_however_often_it_is_met() -> None:
    reader = Reader([])
    for _ in range(3):
        reader.error(HERE, "`a` is wrong", "expected b", "code")
    assert list(map(str, reader.problems)) == ["f:3:4: `a` is wrong; expected b"]
    assert reader.errors == 3


def test_warnings_are_no_errors() -> None:
    reader = Reader([])
    reader.warn(HERE, "`a` is odd", "say b", "code")
    reader.complain(HERE, Complaint("`c` is old", "take d", "code", "warning"))
    assert [each.severity for each in reader.problems] == ["warning", "warning"]
    assert reader.errors == 0


def test_an_error_about_an_image_is_an_error() -> None:
    reader = Reader([])
    reader.complain(HERE, Complaint("`c` is old", "take d", "code", "error"))
    assert reader.errors == 1


def test_no_more_problems_are_looked_for_than_anybody_reads() -> None:
    reader = Reader([])
    for line in range(MAX_PROBLEMS - 1):
        reader.error(Location("f", line + 1), "wrong", "right")
    with pytest.raises(GiveUpError):
        reader.error(Location("f", MAX_PROBLEMS), "wrong", "right")
    assert len(reader.problems) == MAX_PROBLEMS + 1
    assert str(reader.problems[-1]) == (
        "f:1000:1: there are more than 1,000 problems; "
        "mend these first; the rest is not looked at"
    )


def test_reading_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader_module, "MAX_READ", 10)
    reader = Reader([])
    for _ in range(10):
        reader.spend(word("x"))
    with pytest.raises(GiveUpError):
        reader.spend(word("x"))
    assert list(map(str, reader.problems)) == [
        "f:3:4: the aliases of this file multiply it too much; "
        "at most 10 values are read, each as often as it is used"
    ]


def test_a_long_text_counts_for_many_values(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader_module, "MAX_READ", 10)
    with pytest.raises(GiveUpError):
        Reader([]).spend(word("x" * 1000))


def test_hints_have_an_end() -> None:
    reader = Reader([])
    hints = [reader.did_you_mean("nmae", ["name"]) for _ in range(200)]
    assert hints[0] == " (did you mean `name`?)"
    assert hints[-1] == ""
