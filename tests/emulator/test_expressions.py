from __future__ import annotations

import base64
from typing import Any

import pytest
from hostile import NASTY, quick
from hypothesis import given
from hypothesis import strategies as st
from iguazioig.emulator.expressions import ExpressionError, holds, update
from v3io.dataplane import kv_array, kv_timestamp
from v3io.dataplane.output import Output


def n(value: float) -> dict[str, str]:
    return {"N": str(value)}


def s(value: str) -> dict[str, str]:
    return {"S": value}


def array(*values: float) -> dict[str, str]:
    """An array attribute as v3io's own client writes it."""
    return {"B": kv_array.encode_list(list(values)).decode()}


def read(attributes: Any) -> dict[str, Any]:
    """An item as v3io's own client reads it."""
    return Output()._decode_typed_attributes(attributes)


def after(expression: str, **attributes: Any) -> dict[str, Any]:
    return read(update(expression, attributes))


def wrong(expression: str, **attributes: Any) -> str:
    with pytest.raises(ExpressionError) as raised:
        update(expression, attributes)
    return str(raised.value)


PERSON = {
    "age": n(40),
    "height": n(1.85),
    "name": s("Jon Snow"),
    "state": s("NV"),
    "alive": {"BOOL": True},
    "born": {"TS": "1000:5"},
    "scores": array(7, 13, 5, 1),
    "photo": {"B": base64.b64encode(b"\xff\xd8").decode()},
    "exists": {"BOOL": True},
    "first-name": s("Jon"),
}


# What the real clients send (v3io-protocol 3.8)


STATE = {"__mtime_secs": n(1795355458), "__mtime_nsecs": n(952813206), "__obj_type": n(3)}


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("(__mtime_nsecs == 952813206) AND (__mtime_secs == 1795355458)", True),
        ("(__mtime_nsecs == 952813207) AND (__mtime_secs == 1795355458)", False),
        ("__mtime_secs==1795355458 and __mtime_nsecs==952813206", True),
        ("__mtime_secs==1795355457 and __mtime_nsecs==952813206", False),
        ("not(exists(state))", True),
        ("__obj_type == 3", True),
        ("__obj_type == 2", False),
    ],
)
def test_the_consumer_groups_conditions(condition: str, expected: bool) -> None:
    assert holds(condition, STATE) is expected


def test_the_consumer_group_finds_that_a_state_exists() -> None:
    assert not holds("not(exists(state))", {"state": s("{}")})


def test_the_python_clients_updates() -> None:
    assert after("age = age + 1", age=n(42)) == {"age": 43}
    assert after("xs[1]=xs[1]*2", xs=array(1, 2, 3)) == {"xs": [1, 4, 3]}
    assert after("xs[1]=xs[1]*2", xs=array(1.0, 2.5, 3.0)) == {"xs": [1.0, 5.0, 3.0]}


def test_the_python_clients_filters() -> None:
    assert holds("age > 15", {"age": n(16)})
    assert not holds("age > 15", {"name": s("no age")})
    assert holds("feature == 'singing'", {"feature": s("singing")})


def test_mlruns_filters() -> None:
    assert holds('__name==".#schema"', {"__name": s(".#schema")})
    assert not holds('__name!=".#schema"', {"__name": s(".#schema")})


def test_storeys_probe_of_parallel_functions() -> None:
    probe = "a=init_array(2,'double',0.0);a[0..1]=pmax(a[0..1], a[0..1]);delete(a);"
    assert update(probe, {"b": n(1)}) == {"b": n(1)}


def storeys_aggregation(window: str, value: str) -> str:
    stored = "if_not_exists(_clicks_a,0:0)"
    return (
        f"aggr_clicks_sum_a=if_else(({stored}<{window}),init_array(3,'double',0),aggr_clicks_sum_a);"
        f"aggr_clicks_sum_a[1]=if_else(({stored}>{window}),aggr_clicks_sum_a[1],aggr_clicks_sum_a[1]+{value});"
        f"aggr_clicks_max_a=if_else(({stored}<{window}),init_array(3,'double',-inf),aggr_clicks_max_a);"
        f"aggr_clicks_max_a[1]=if_else(({stored}>{window}),aggr_clicks_max_a[1],max(aggr_clicks_max_a[1],{value}));"
        f"_clicks_a=if_else(({stored}<{window}),{window},_clicks_a)"
    )


def test_storeys_aggregations() -> None:
    first = update(storeys_aggregation("1795355400:0", "5"), {})
    second = update(storeys_aggregation("1795355400:0", "2.5"), first)
    late = update(storeys_aggregation("1795351800:0", "100"), second)
    low = float("-inf")
    expected = {"aggr_clicks_sum_a": [0.0, 7.5, 0.0], "aggr_clicks_max_a": [low, 5.0, low]}
    assert {name: read(late)[name] for name in expected} == expected
    assert late["_clicks_a"] == {"TS": "1795355400:0"}


def test_storeys_parallel_aggregations() -> None:
    more = kv_array.encode_list([1.0, 2.0]).decode()
    assert after(f"a[1..2]=psum(a[1..2], blob('{more}'))", a=array(1.0, 1.0, 1.0, 1.0)) == {
        "a": [1.0, 2.0, 3.0, 1.0]
    }
    assert after("a=pmin(a,b)", a=array(3, 1), b=array(2, 2))["a"] == [2, 1]


def test_storeys_values() -> None:
    blob = base64.b64encode(b"\x00\x01").decode()
    expression = (
        f"s='it said \"hi\" \\n';`min`=3;t=True;x=1e-07;b=blob('{blob}');ts=-5:0;REMOVE gone"
    )
    result = update(expression, {"gone": n(1)})
    assert result["ts"] == {"TS": "-5:0"}
    assert read(result) | {"ts": None} == {
        "s": 'it said "hi" \\n',
        "min": 3,
        "t": True,
        "x": 1e-07,
        "b": b"\x00\x01",
        "ts": None,
    }


# Conditions


@pytest.mark.parametrize(
    "condition",
    [
        "age == 40", "age != 41", "age < 41", "age > 39", "age <= 40", "age >= 40", "age == 40.0", "height < 1.9",
        "name == 'Jon Snow'", 'name == "Jon Snow"', "name < 'Jona'", "name > 'Jon'", "state == 'NV'",
        "alive == true", "alive != FALSE", "alive", "born == 1000:5", "born > 0:0", "born < 1000:6",
        "photo == blob('/9g=')", "scores[1] == 13", "scores[0] == scores[2] + 2", "scores[0..1] == scores[0..1]",
        "scores[0..1] != scores[1..2]", "max(scores[0..1]) > max(scores[2..3])", "age IN (39, 40)", "state in ('NV')",
        "NOT age IN (1, 2)", "not age == 41", "NOT NOT age == 40", "(age == 40) and (name == 'Jon Snow')",
        "age == 1 or age == 40", "age == 40 or age == 1 and age == 2", "not age == 1 and alive", "exists(age)",
        "NOT exists(wings)", "`exists` == true", "`first-name` == 'Jon'", "starts(name, 'Jo')", "ends(name, 'now')",
        "contains(name, 'n S')", "length(name) == 8", "age + 2 * 3 == 46", "(age + 2) * 3 == 126", "age - 1 - 1 == 38",
        "age / 3 == 13", "age & 8 == 8", "age | 7 == 47", "age ^ 8 == 32", "age << 1 == 80", "age >> 3 == 5",
        "~age == -41", "-age == -40", "- -age == +40", "height * 2 == 3.7", "age > height", "if_else(alive, 1, 2) == 1",
        "if_not_exists(wings, 2) == 2", "min(age, 3) == 3", "  \t\n age\n==\n40  ", "AGE == 1 OR age == 40", "1 == 1",
        "(((((age)))) == (((40))))", "'' == ''", "length('') == 0", "nan != nan", "inf > 1e308", "", "   ",
    ],
)  # fmt: skip
def test_a_condition_that_is_true(condition: str) -> None:
    assert holds(condition, PERSON) is True


@pytest.mark.parametrize(
    "condition",
    [
        "age == 41", "age != 40", "name == 'jon snow'", "alive == false", "not alive", "born == 1000:4",
        "age IN (1, 2)", "age == 40 and age == 41", "not (age == 40 or age == 1)", "contains(name, 'x')", "exists(wings)",
    ],
)  # fmt: skip
def test_a_condition_that_is_false(condition: str) -> None:
    assert holds(condition, PERSON) is False


@pytest.mark.parametrize(
    "condition",
    [
        "wings == 2", "wings != 2", "wings < 2", "wings == wings", "wings", "wings + 1 == 1", "wings[0] == 0",
        "age == '40'", "age != '40'", "age == true", "alive == 1", "born > 5", "name == 5", "name > 5", "age",
        "name", "5", "name + 1 == 2", "age + name == 1", "starts(age, '4')", "scores[4] == 0", "scores[-1] == 1",
        "scores[2..1] == scores", "scores['0'] == 7", "age[0] == 4", "scores < scores", "scores == 7", "name & 1 == 1",
        "height & 1 == 1", "-name == 1", "wings in (1)", "age in ('40', wings)", "length(age) == 2", "max(age) == 40",
        "pmax(scores, scores[0..1]) == scores",
    ],
)  # fmt: skip
def test_a_missing_attribute_or_another_type_makes_a_comparison_false(condition: str) -> None:
    assert holds(condition, PERSON) is False


def test_what_is_false_for_its_type_is_true_when_negated() -> None:
    assert holds("not(wings == 2)", PERSON)
    assert holds("wings == 2 or age == 40", PERSON)


def test_conditions_after_the_one_that_decides_are_not_computed() -> None:
    assert holds("age == 40 or 1/0 == 1", PERSON)
    assert not holds("age == 41 and 1/0 == 1", PERSON)


@pytest.mark.parametrize(
    "attribute",
    [
        {},
        {"N": "forty"},
        {"N": 40},
        {"S": 40},
        {"BOOL": "true"},
        {"B": "*"},
        {"TS": "5"},
        {"X": "40"},
    ],
    ids=str,
)
def test_an_attribute_that_is_not_of_its_type_compares_as_false(attribute: Any) -> None:
    assert not holds("a == a", {"a": attribute})


def test_a_number_too_large_for_64_bits_is_read_as_a_double() -> None:
    assert holds("a > 9223372036854775807", {"a": {"N": "18446744073709551615"}})
    assert holds("a == inf", {"a": {"N": "9" * 5000}})


def test_numbers_are_read_as_both_clients_write_them() -> None:
    assert holds("a == 1.5 and b == 15", {"a": {"N": "1.5E+00"}, "b": {"N": "15"}})


# Updates


@pytest.mark.parametrize(
    ("expression", "before", "expected"),
    [
        ("SET miles = miles + 1000", {"miles": n(5)}, {"miles": 1005}),
        ("REMOVE miles", {"miles": n(5), "a": n(1)}, {"a": 1}),
        ("remove miles", {}, {}),
        ("delete(miles); DELETE(a)", {"miles": n(5)}, {}),
        ("produce=20000; dairy=15000; total = produce + dairy", {}, {"produce": 20000, "dairy": 15000, "total": 35000}),
        ("SET name='Bell'; isMarried=true; n=4;", {}, {"name": "Bell", "isMarried": True, "n": 4}),
        ("SET ctr = if_not_exists(ctr,0) + 1;", {}, {"ctr": 1}),
        ("SET ctr = if_not_exists(ctr,0) + 1;", {"ctr": n(1)}, {"ctr": 2}),
        ("temp=b; b=a; a=temp; REMOVE temp", {"a": n(1), "b": s("x")}, {"a": "x", "b": 1}),
        ("c = init_array(5, 'int')", {}, {"c": [0, 0, 0, 0, 0]}),
        ("c = init_array(2, 'DOUBLE', 1)", {}, {"c": [1.0, 1.0]}),
        ("small = a[0..1]; a[0]=9", {"a": array(1, 2, 3)}, {"small": [1, 2], "a": [9, 2, 3]}),
        ("a[2]=-1; a[0]=6; a[1]=7; a[3]=a[0]+a[2]*a[1]", {"a": array(0, 0, 0, 0)}, {"a": [6, 7, -1, -1]}),
        ("i=i+1; a[i]=a[i-1]+a[i-2]", {"i": n(2), "a": array(0, 1, 1, 0)}, {"i": 3, "a": [0, 1, 1, 2]}),
        ("a[0..1]=b[1..2]", {"a": array(0.5, 0.5), "b": array(1, 2, 3)}, {"a": [2.0, 3.0], "b": [1, 2, 3]}),
        ("x=length(a); y=length(a[2..3]); z=length('abc' + 'efg')", {"a": array(7, 13, 5, 1)}, {"x": 4, "y": 2, "z": 6}),
        ("x=max(a); y=max(a[2..3]); z=min(a[1..2])", {"a": array(7, 13, 5, 1)}, {"x": 13, "y": 5, "z": 5}),
        ("x=max(1==1, 1==2); y=max(1==1, 0); z=max(1==1, 3)", {}, {"x": True, "y": True, "z": 3}),
        ("x=min(1==1, 1==2); y=min(1==2, 1); z=min(1==1, 0)", {}, {"x": False, "y": False, "z": 0}),
        ("x=max(1.0, 9); y=min(1, 9.0); z=max('a', 'b')", {}, {"x": 9.0, "y": 1.0, "z": "b"}),
        ("x=(1 in (1,2))*10 + (starts('abc','xx'))*100 + (ends('abc','bc'))*1000", {}, {"x": 1010}),
        ("c = (a==5)*4 + b;", {"a": n(5), "b": {"BOOL": False}}, {"c": 4}),
        ("x = 7/2; y = -7/2; z = 7/-2; w = 7/2.0", {}, {"x": 3, "y": -3, "z": -3, "w": 3.5}),
        ("x = 1 << 63; y = -1 >> 63; z = 3 << 63", {}, {"x": -(2**63), "y": -1, "z": -(2**63)}),
        ("x = true + true; y = -true; z = ~false", {}, {"x": 2, "y": -1, "z": -1}),
        ("x = -9223372036854775808; y = 9223372036854775807", {}, {"x": -(2**63), "y": 2**63 - 1}),
        (";; a=1 ;", {}, {"a": 1}),
        ("", {}, {}),
    ],
)  # fmt: skip
def test_an_update(expression: str, before: dict[str, Any], expected: dict[str, Any]) -> None:
    result = after(expression, **before)
    kept = {name: value for name, value in result.items() if name in expected or name not in before}
    assert kept == expected
    assert list(map(type, kept.values())) == [type(expected[name]) for name in kept]


def test_whole_numbers_stay_whole_and_doubles_stay_doubles() -> None:
    result = update("a = a + 1; b = b + 1; c = 4 / 2.0; d = 2 * 1e300", {"a": n(42), "b": n(0.5)})
    assert result == {"a": n(43), "b": n(1.5), "c": {"N": "2.0"}, "d": {"N": "2e+300"}}


def test_what_an_update_does_not_touch_is_echoed_as_it_was() -> None:
    before = {"a": {"N": "1.5E+00"}, "b": {"B": "AA=="}, "c": {"TS": "1:2"}, "d": {"N": "1"}}
    result = update("d = d + 1", before)
    assert {name: result[name] is before[name] for name in before} == {
        "a": True, "b": True, "c": True, "d": False,
    }  # fmt: skip
    assert before["d"] == {"N": "1"}


def test_timestamps_are_what_v3ios_client_writes() -> None:
    moment = kv_timestamp.decode("1795355458:952813206")
    written = kv_timestamp.encode(moment)
    assert update(f"t = {written}", {}) == {"t": {"TS": written}}
    assert holds(f"t == {written}", {"t": {"TS": written}})


def test_an_update_that_fails_leaves_the_attributes_alone() -> None:
    before = {"a": n(1), "xs": array(1, 2)}
    wrong("a = 2; xs[0] = 9; b = missing", **before)
    assert before == {"a": n(1), "xs": array(1, 2)}


# What is wrong, and where


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("age +", "character 6: the expression ends too early"),
        ("age = 40", "character 5: `=` is not expected here"),
        ("age == 40 40", "character 11: `40` is not expected here"),
        ("name == 'Jon", "character 9: the text has no end"),
        ("age == 4é", "character 9: 'é' is not expected here"),
        ("(age == 40", "character 11: the expression ends too early"),
        ("age == 1 == 1", "character 10: `==` is not expected here"),
        ("a == 9223372036854775809", "character 6: `9223372036854775809` does not fit 64 bits"),
        ("a == 1e999", "character 6: `1e999` does not fit a double"),
        ("a == 99999999999999999999:0", "character 6: `99999999999999999999:0` does not fit 64 bits"),
        ("exists('a')", "character 8: `exists` takes the name of an attribute first"),
        ("exists(a, b)", "character 1: `exists` takes 1 argument"),
        ("age in ()", "character 9: `)` is not expected here"),
        ("1 == 2 or 1/0 == 1", "character 12: division by zero"),
        ("1.5/0.0 == 1", "character 4: division by zero"),
        ("9223372036854775807 + 1 > 0", "character 21: a whole number does not fit 64 bits"),
        ("-9223372036854775808 / -1 > 0", "character 22: a whole number does not fit 64 bits"),
        ("1 << 64 > 0", "character 3: a shift by 64 places; 0 to 63 are possible"),
        ("blob('*') == a", "character 1: the text is not base64"),
    ],
)  # fmt: skip
def test_a_condition_that_is_none_says_where(expression: str, message: str) -> None:
    with pytest.raises(ExpressionError) as raised:
        holds(expression, PERSON)
    assert str(raised.value) == message


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("x = missing + 1", "character 5: the attribute `missing` is missing"),
        ("x = name + 1", "character 10: text is given where a number is expected"),
        ("age == 1", "character 6: `=` is not expected here"),
        ("exists(age)", "character 1: `exists(…)` is no statement; `delete(attribute)` is"),
        ("x = age; y", "character 11: the expression ends too early"),
        ("scores[4] = 1", "character 1: the array `scores` ends before element 4"),
        ("scores[0] = 0.5", "character 1: a number is given where a whole number is expected"),
        ("scores[0] = true", "character 1: a boolean is given where a number is expected"),
        ("scores[0..1] = scores", "character 1: 4 elements are given for 2"),
        ("scores[0..1] = 1", "character 1: a number is given where an array is expected"),
        ("age[0] = 1", "character 1: a number is given where an array is expected"),
        ("x = 9223372036854775808", "character 1: a whole number does not fit 64 bits"),
        ("x = init_array(1000000000000, 'int')", "character 5: an array has 0 to 131,072 elements"),
        ("x = init_array(-1, 'int')", "character 5: an array has 0 to 131,072 elements"),
        ("x = init_array(1, 'text')", "character 5: an array is of 'int' or 'double'"),
        ("x = max(init_array(0, 'int'))", "character 5: the array is empty"),
        ("x = 9223372036854775807 * 2", "character 25: a whole number does not fit 64 bits"),
    ],
)  # fmt: skip
def test_an_update_that_cannot_be_done_says_where(expression: str, message: str) -> None:
    assert wrong(expression, **PERSON) == message


def test_an_unknown_function_is_answered_with_those_that_there_are() -> None:
    assert wrong("x = sqrt(2)").startswith(
        "character 5: there is no function `sqrt`; there are blob, "
    )


# Hostile input


def test_a_long_chain_is_no_deep_one() -> None:
    assert holds("1" + "+1" * 10_000 + " == 10001", {})
    assert holds("-" * 10_000 + "1 == 1", {})
    assert holds("not " * 10_000 + "1 == 1", {})
    assert holds("a == 1 or " * 5_000 + "1 == 1", {})
    assert holds("(" * 10_000 + "1 == 1" + ")" * 10_000, {})


@pytest.mark.parametrize(
    "expression",
    [
        "-(" * 5000 + "a" + ")" * 5000 + " == 1",
        "not (" * 5000 + "a == 1" + ")" * 5000,
        "max(1, " * 5000 + "1" + ")" * 5000 + " == 1",
        "a[" * 5000 + "0" + "]" * 5000 + " == 1",
        "(" * 5000 + "a" + " or b and c)" * 5000,
        "if_else(true," * 2000 + "1" + ", 1)" * 2000 + " == 1",
    ],
    ids=lambda text: text[:8],
)
def test_what_nests_too_deeply_is_an_error(expression: str) -> None:
    with pytest.raises(ExpressionError, match="nested more than 100 levels deep"):
        holds(expression, {})


def test_nesting_that_is_allowed_can_be_computed() -> None:
    assert holds("max(1, " * 97 + "1" + ")" * 97 + " == 1", {})
    assert holds("not (" * 96 + "a == 1" + ")" * 96 + " or 1 == 1", {})


@pytest.mark.parametrize(
    "expression", ["1+" * 500_000 + "1 == 1", "''" * 500_000, "(" * 1_000_000, "9" * 1_000_000]
)
def test_a_megabyte_is_refused(expression: str) -> None:
    with pytest.raises(ExpressionError, match="longer than 65,536 characters"):
        holds(expression, {})


def test_a_megabyte_of_quoted_text_is_none_too_much() -> None:
    assert not holds(f"a == '{'x' * 1_000_000}'", {"a": s("x")})


def test_text_and_items_do_not_grow_without_bounds() -> None:
    double = "a = 'x';" + "a = a + a;" * 40
    assert "text grows past 1,048,576 characters" in wrong(double)
    arrays = "".join(f"a{number} = init_array(131072, 'int');" for number in range(3))
    assert "the item grows past 1,572,864 bytes" in wrong(arrays)


def test_values_that_are_replaced_and_removed_do_not_count() -> None:
    assert "a" in update("a = init_array(131072, 'int');" * 5, {})
    assert update("a = init_array(131072, 'int'); delete(a);" * 5, {}) == {}


PIECES = [
    "a", "b", "c", "d", "e", "f", "missing", "`a`", "0", "1", "2", "63", "-1", "9223372036854775807", "1.5", "1e308", "inf",
    "nan", "'x'", '"y"', "true", "false", "0:0", "-5:7", "(", ")", "[", "]", "..", ",", ";", "=", "==", "!=", "<", ">",
    "<=", ">=", "+", "-", "*", "/", "&", "|", "^", "~", "<<", ">>", "and", "OR", "not", "in", "SET", "REMOVE", "delete(a)",
    "exists(", "if_else(", "if_not_exists(", "min(", "max(", "pmin(", "pmax(", "psum(", "length(", "starts(", "ends(",
    "contains(", "init_array(", "'int'", "'double'", "blob(", "'AAAA'",
]  # fmt: skip

ITEM = {
    "a": n(3),
    "b": n(-0.5),
    "c": s("text"),
    "d": {"BOOL": True},
    "e": array(1, 2, 3),
    "f": {"TS": "5:5"},
}


def computed(expression: str, attributes: dict[str, Any]) -> None:
    """Compute an expression in both ways: whatever else comes out than a value or an ExpressionError fails the test."""
    errors = []
    try:
        assert isinstance(holds(expression, attributes), bool)
    except ExpressionError as error:
        errors.append(error)
    try:
        read(update(expression, attributes))
    except ExpressionError as error:
        errors.append(error)
    assert all(str(error).startswith(("character ", "longer than ")) for error in errors)


@quick(1500)
@given(st.lists(st.sampled_from(PIECES), max_size=14).map(" ".join))
def test_words_in_any_order_give_a_value_or_an_error(expression: str) -> None:
    computed(expression, ITEM)


@quick(400)
@given(st.lists(st.sampled_from([*PIECES, *NASTY]) | st.text(max_size=5), max_size=6).map("".join))
def test_any_text_gives_a_value_or_an_error(expression: str) -> None:
    computed(expression, ITEM)


def operations(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    binary = st.sampled_from(
        ["+", "-", "*", "/", "&", "|", "^", "<<", ">>", "==", "<", ">=", "and", "or"]
    )
    return st.one_of(
        st.tuples(inner, binary, inner).map(lambda parts: "({} {} {})".format(*parts)),
        st.tuples(st.sampled_from(["-", "~", "not "]), inner).map(lambda parts: "({}({}))".format(*parts)),
        st.tuples(st.sampled_from(["min", "max", "pmax", "psum", "contains"]), inner, inner).map(
            lambda parts: "{}({}, {})".format(*parts)
        ),
        st.tuples(inner, inner, inner).map(lambda parts: "if_else({}, {}, {})".format(*parts)),
        st.tuples(inner, inner).map(lambda parts: "({} in ({}, 1))".format(*parts)),
        st.tuples(st.sampled_from("abcdef"), inner).map(lambda parts: "{}[{}]".format(*parts)),
        inner.map(lambda part: f"length({part})"),
    )  # fmt: skip


LEAVES = st.sampled_from(
    [*"abcdef", "missing", "0", "1", "2.5", "-1", "64", "'x'", "true", "1:1", "inf"]
)


@quick(800)
@given(st.recursive(LEAVES, operations, max_leaves=12))
def test_any_operation_on_any_values_gives_a_value_or_an_error(expression: str) -> None:
    computed(expression, ITEM)
    computed(f"x = {expression}; e[0] = x; y = x", ITEM)


@quick(300)
@given(st.dictionaries(st.sampled_from("abcdef"), st.dictionaries(st.sampled_from(["N", "S", "B", "BOOL", "TS", "?"]), st.none() | st.text(max_size=6) | st.integers() | st.booleans(), max_size=2)))  # fmt: skip
def test_attributes_of_any_content_give_a_value_or_an_error(attributes: dict[str, Any]) -> None:
    assert holds("a == b or c < d or e[0] == f + 1", attributes) in (True, False)


@quick(300)
@given(st.integers(-(2**63), 2**63 - 1), st.integers(-(2**63), 2**63 - 1))
def test_whole_numbers_are_reckoned_exactly(left: int, right: int) -> None:
    for sign, exact in (("+", left + right), ("-", left - right), ("*", left * right)):
        if -(2**63) <= exact < 2**63:
            assert after(f"x = a {sign} b", a=n(left), b=n(right))["x"] == exact
        else:
            assert "does not fit 64 bits" in wrong(f"x = a {sign} b", a=n(left), b=n(right))
    assert holds("a < b", {"a": n(left), "b": n(right)}) is (left < right)
    assert after(f"x = {left}") == {"x": left}


@quick(300)
@given(st.floats(allow_nan=False))
def test_a_double_is_written_so_that_it_is_read_back(value: float) -> None:
    result = update("x = a[0] + 0", {"a": array(value)})
    assert read(result)["x"] == value
    assert isinstance(read(result)["x"], float)


@quick(300)
@given(
    st.text(
        st.characters(exclude_categories=["Cs"], exclude_characters="'"),
    )
)
def test_any_text_without_a_quote_is_kept_as_it_is(text: str) -> None:
    assert update(f"x = '{text}'", {}) == {"x": {"S": text}}
    assert holds(f"x == '{text}'", {"x": {"S": text}})
