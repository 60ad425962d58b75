from __future__ import annotations

from typing import Any

import jsonschema
import pytest
from graphs import read_as, said
from iguazioig.api.fields import Entry, Field, ListOf, MapOf, Record, find_homes
from iguazioig.api.kinds import INVALID, Integer, Text, words
from iguazioig.api.reader import Reader
from iguazioig.document import Mapping, parse

WORD = words("[a-z]+", "a lower-case word")
ENGINE = Record(
    "an engine",
    {
        "power": Field(Integer(1), "Horse power.", 75),
        "fuel": Field(WORD, "What it burns.", nullable=True),
        "carburettor": Field(WORD, "Nobody has these any more.", legacy=True),
    },
    null_is_empty=True,
)
CAR = Record(
    "a car",
    {
        "maker": Field(WORD, "Who made it.", required=True),
        "wheels": Field(ListOf(WORD, "wheels, such as `[left]`"), "Its wheels.", (), required=True),
        "engine": Field(ENGINE, "What drives it."),
        "owners": Field(MapOf(WORD, Integer(), "a mapping"), "How many years each.", nullable=True),
        "crank": Field(Text(), "Nobody has these any more.", legacy=True),
    },
)


def read(text: str) -> tuple[Any, list[str]]:
    """What the record makes of a document, and the problems that it has with it."""
    parsed = parse(text.encode(), "graph.yaml")
    assert parsed.root is not None
    reader = Reader(parsed.problems, find_homes(CAR))
    entry = CAR.read(parsed.root, reader, "car")
    return entry, said(reader.problems)


def test_what_is_given_and_what_is_left_out() -> None:
    entry, problems = read("maker: benz\nwheels: [left]\nengine: {fuel: gas}\n")
    assert problems == []
    assert entry["maker"] == "benz"
    assert entry["engine"]["power"] == 75
    assert entry["owners"] is None
    assert entry.given("maker")
    assert not entry.given("owners")
    assert entry.silent("owners")
    assert entry.flawed == set()


def test_null_where_it_may_stand() -> None:
    entry, problems = read("maker: benz\nwheels: []\nengine:\nowners: ~\n")
    assert problems == []
    assert entry["engine"]["power"] == 75
    assert not entry.given("owners")
    assert not entry.silent("owners")


def test_places_are_those_of_values_and_of_keys_that_hold_more() -> None:
    entry, _ = read("maker: benz\nwheels: [left, 1, right]\nengine: {power: 9}\nowners: {ann: 1}\n")
    assert str(entry.location) == "graph.yaml:1:1"
    places = {key: f"{place.line}:{place.column}" for key, place in entry.places.items()}
    assert places == {
        "maker": "1:8",
        "wheels": "2:1",
        "wheels[0]": "2:10",
        "wheels[1]": "2:19",
        "engine": "3:1",
        "engine.power": "3:10",
        "owners": "4:1",
        "owners.ann": "4:10",
    }
    assert str(entry.at("wheels[1]")) == "graph.yaml:2:19"
    assert str(entry.at("crank")) == "graph.yaml:1:1"
    assert str(entry["engine"].at("power")) == "graph.yaml:3:17"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("colour: red", "3:1: `colour` is not a key of a car; known are engine, maker, owners, wheels"),
        (
            "weels: [left]",
            "3:1: `weels` is not a key of a car (did you mean `wheels`?); known are engine, maker, owners, wheels",
        ),
        ("Maker: benz", "3:1: `Maker` is not a key of a car (did you mean `maker`?); known are engine, maker, owners, wheels"),
        ("fuel: gas", "3:1: `fuel` is not a key of a car; it is one of an engine: check the indentation"),
        ('"a\\nb": 9', "3:1: `a\\nb` is not a key of a car; known are engine, maker, owners, wheels"),
        ("engine: {maker: x}", "3:10: `maker` is not a key of an engine; it is one of a car: check the indentation"),
        ("engine: {carburetor: x}", "3:10: `carburetor` is not a key of an engine (did you mean `carburettor`?); known are fuel, power"),
        ("engine: []", "3:9: `engine` is a list; expected a mapping with `power`, `fuel`"),
        ("engine: x", "3:9: `engine` is `x`; expected a mapping with `power`, `fuel`"),
        ("engine: {power: }", "3:17: `power` has no value; expected a whole number, 1 or more"),
    ],
)  # fmt: skip
def test_keys_and_values_that_are_wrong(text: str, problem: str) -> None:
    assert read(f"maker: benz\nwheels: [left]\n{text}\n")[1] == [problem]


def test_keys_that_are_missing() -> None:
    assert read("engine:\n")[1] == [
        "1:1: a car has no `maker`; expected a lower-case word",
        "1:1: a car has no `wheels`; expected a list of wheels, such as `[left]`",
    ]


def test_a_key_that_is_misspelt_is_not_missing_as_well() -> None:
    assert [problem.split(";")[0] for problem in read("makr: benz\nwheel: [left]\n")[1]] == [
        "1:1: `makr` is not a key of a car (did you mean `maker`?)",
        "2:1: `wheel` is not a key of a car (did you mean `wheels`?)",
    ]


def test_a_key_that_is_misspelt_is_unclear_and_others_are_not() -> None:
    entry, _ = read("maker: benz\nwheel: [left]\n")
    assert entry.flawed == {"wheels"}
    assert entry.unclear("wheels")
    assert not entry.unclear("engine")


def test_a_key_that_may_come_from_what_could_not_be_merged_is_not_missing() -> None:
    entry, problems = read("<<: *nowhere\nmaker: benz\n")
    assert problems == ["1:5: `*nowhere` names no anchor; define `&nowhere` before it is used"]
    assert entry.flawed == {"<<"}
    assert entry.unclear("wheels")
    assert not entry.unclear("maker")


def test_a_value_that_yaml_could_not_give_is_neither_missing_nor_wrong() -> None:
    entry, problems = read("maker: *nowhere\nwheels: [*nobody, left]\n")
    assert [problem.split(";")[0] for problem in problems] == [
        "1:8: `*nowhere` names no anchor",
        "2:10: `*nobody` names no anchor",
    ]
    assert entry["maker"] is None
    assert entry["wheels"] == ["left"]
    assert entry.flawed == {"maker", "wheels"}


def test_what_is_flawed_is_known_by_its_key() -> None:
    entry, _ = read("maker: 1\nwheels: [left]\nengine: {power: x}\nowners: {ann: 0}\ncolour: red\n")
    assert entry.flawed == {"maker", "engine", "owners", "colour"}
    assert entry.unclear("maker")
    assert entry.unclear("crank")
    assert not entry.unclear("wheels")
    assert not entry.given("maker")
    assert entry["engine"].flawed == {"power"}
    assert entry["engine"]["power"] == 75


def test_the_same_mistake_in_a_shared_mapping_is_said_once_and_flaws_both() -> None:
    text = "a: &shared {maker: 1, wheels: [x]}\nb: *shared\n"
    root = parse(text.encode(), "graph.yaml").root
    assert isinstance(root, Mapping)
    reader = Reader([])
    entries = [CAR.read(value, reader, "car") for _, value in root.entries.values()]
    assert said(reader.problems) == ["1:20: `maker` is `1`; expected a lower-case word"]
    assert [entry.flawed for entry in entries] == [{"maker"}, {"maker"}]


def test_what_is_no_mapping_at_all() -> None:
    wanted = "expected a mapping with `maker`, `wheels`"
    assert read_as(CAR, "[]") == (INVALID, [f"6: `key` is a list; {wanted}"])
    assert read_as(CAR, "") == (INVALID, [f"5: `key` has no value; {wanted}"])


def test_null_may_stand_for_an_empty_record() -> None:
    entry, problems = read_as(ENGINE, "")
    assert isinstance(entry, Entry)
    assert problems == []


def test_a_key_has_a_home_if_only_one_kind_of_mapping_has_it() -> None:
    assert find_homes(CAR) == {
        "maker": "a car",
        "wheels": "a car",
        "engine": "a car",
        "owners": "a car",
        "power": "an engine",
        "fuel": "an engine",
    }
    both = Record("a garage", {"car": Field(CAR, ""), "power": Field(Integer(), "")})
    assert "power" not in find_homes(both)


def test_the_schema() -> None:
    schema = CAR.schema()
    assert schema["required"] == ["maker", "wheels"]
    assert schema["properties"]["maker"]["description"] == "Who made it."
    validator = jsonschema.Draft202012Validator(schema)
    good: list[Any] = [
        {"maker": "benz", "wheels": []},
        {"maker": "benz", "wheels": ["left"], "engine": None, "owners": None},
        {"maker": "benz", "wheels": [], "engine": {"power": 1, "fuel": None}},
    ]
    bad: list[Any] = [
        {},
        {"maker": "benz"},
        {"maker": "benz", "wheels": [], "colour": "red"},
        {"maker": "benz", "wheels": [], "engine": {"power": None}},
        [],
        None,
    ]
    assert [value for value in good if not validator.is_valid(value)] == []
    assert [value for value in bad if validator.is_valid(value)] == []
