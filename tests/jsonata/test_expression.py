"""Evaluation: exact values, unchanged input, errors with their places."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from engine.jsonata import MISSING, STANDARD, EvaluationContext, ExpressionError, Function, compile_expression

ORDER = {
    "id": 820982911946154508,
    "total": Decimal("19.90"),
    "lines": [{"sku": "A", "qty": 2, "price": Decimal("0.10")}, {"sku": "B", "qty": 1, "price": Decimal("0.20")}],
}


def _value(source: str, data: Any = None, **variables: Any) -> Any:
    return compile_expression(source).evaluate(data, variables)


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("id", "820982911946154508"),
        ("$string(id)", "820982911946154508"),
        ('"" & id', "820982911946154508"),
        ("id + 1", "820982911946154509"),
        ("total", "19.90"),
        ("$string(total)", "19.90"),
        ("$string({'t': total})", '{"t":19.90}'),
        ("0.1 + 0.2", "0.3"),
        ("$sum(lines.price)", "0.3"),
        ("$sum(lines.(qty * price))", "0.4"),
        ("$round(2.675, 2)", "2.68"),
        ("total * 2", "39.8"),
        ("$string(total * 10)", "199"),
        ("$max([total, 19.9000001])", "19.9000001"),
        ("1 / 3", str(1 / 3)),
        ("10 / 4", "2.5"),
        ("6 / 2", "3"),
        ("820982911946154508 * 1000000000000", "820982911946154508000000000000"),
    ],
)
def test_no_digit_is_lost(source: str, text: str) -> None:
    """MAP-2: identifiers and amounts leave with the digits that they came with."""
    assert str(_value(source, ORDER)) == text


def test_decimals_compare_by_value() -> None:
    assert _value("[total = 19.9, total > 19.89, 0.1 + 0.2 = 0.3, total in [19.9]]", ORDER) == [True] * 4
    assert _value("price = 0.1", {"price": 0.1}) is True


def test_missing_and_null_are_told_apart() -> None:
    assert _value("a", {}) is MISSING
    assert _value("a", {"a": None}) is None
    assert _value('{"x": a, "y": b}', {"b": None}) == {"y": None}


def test_variables_are_given_without_the_dollar_sign() -> None:
    assert _value("$saved.credit.status", None, saved={"credit": {"status": "hold"}}) == "hold"
    assert _value("$nothing") is MISSING


def test_a_variable_hides_the_function_of_its_name() -> None:
    assert _value("$sum", None, sum=5) == 5
    assert _value("$sum([1, 2])", None, max=5) == 3


def test_one_selected_item_is_the_item_and_brackets_keep_the_array() -> None:
    assert _value("lines.sku", {"lines": [{"sku": "A"}]}) == "A"
    assert _value("lines[].sku", {"lines": [{"sku": "A"}]}) == ["A"]
    assert _value("lines[].sku", {"lines": []}) is MISSING


def test_results_hold_plain_lists_only() -> None:
    result = _value('($x := {"a": lines.sku}; {"b": $x, "c": [$x.a], "d": $map([1, 2], function($i) {[$i]})})', ORDER)
    assert result == {"b": {"a": ["A", "B"]}, "c": ["A", "B"], "d": [[1], [2]]}
    for part in (result["b"]["a"], result["c"], result["d"], *result["d"]):
        assert type(part) is list


@pytest.mark.parametrize(
    "source",
    ["$ ~> |lines|{'qty': 0}, 'sku'|", "$append(lines, 1)", "lines^(sku)", "$sort(lines.sku)", "$reverse(lines)"],
)
def test_the_input_is_never_changed(source: str) -> None:
    before = json.dumps(ORDER, default=str)
    assert _value(source, ORDER) is not MISSING
    assert json.dumps(ORDER, default=str) == before


def test_the_clock_is_that_of_the_context() -> None:
    context = EvaluationContext(now=datetime(2026, 3, 31, 6, 0, tzinfo=UTC))
    expression = compile_expression('[$now(), $millis(), $now("[Y0001]")]')
    assert expression.evaluate(None, context=context) == ["2026-03-31T06:00:00.000Z", 1774936800000, "2026"]


def test_code_tables_are_read_through_the_context() -> None:
    context = EvaluationContext(lookup=lambda table, key: {"units": {"EA": "C62"}}[table].get(key, MISSING))
    assert compile_expression('$lookup("units", "EA")').evaluate(None, context=context) == "C62"
    assert compile_expression('$lookup("units", "XX")').evaluate(None, context=context) is MISSING
    assert compile_expression('$lookup({"EA": 1}, "EA")').evaluate(None, context=context) == 1
    with pytest.raises(ExpressionError) as caught:
        compile_expression('$lookup("nosuch", "EA")').evaluate(None, context=context)
    assert caught.value.code == "D3150"


def test_host_functions_are_checked_by_their_signature() -> None:
    functions = STANDARD.with_functions(Function("twice", "<s-:s>", lambda text: text if text is MISSING else text * 2))
    assert compile_expression("$twice(a)", functions=functions).evaluate({"a": "x"}) == "xx"
    assert compile_expression("a.$twice()", functions=functions).evaluate({"a": "x"}) == "xx"
    with pytest.raises(ExpressionError) as caught:
        compile_expression("$twice(a)", functions=functions).evaluate({"a": 1})
    assert (caught.value.code, caught.value.token) == ("T0410", "twice")
    assert "twice" not in STANDARD


@pytest.mark.parametrize(
    ("source", "code", "offset", "path"),
    [
        ('{"n": lines.{"net":\n qty * price}}', "T2001", 25, "lines[1]"),
        ("lines.(qty * price)", "T2001", 11, "lines[1]"),
        ("$map(lines, function($l) { $l.qty * 2 })", "T2001", 34, "lines[1]"),
        ("lines[qty > 1].price", "T2009", 10, "lines[1]"),
        ("$uppercase(lines[0].qty)", "T0410", 10, None),
    ],
)
def test_errors_tell_the_place_in_the_expression_and_in_the_data(
    source: str, code: str, offset: int, path: str | None
) -> None:
    """MAP-6: the code, the place in the mapping, the path in the data and the value found."""
    data = {"lines": [{"qty": 1, "price": 2}, {"qty": "two", "price": 3}]}
    with pytest.raises(ExpressionError) as caught:
        _value(source, data)
    error = caught.value
    assert (error.code, error.offset, error.data_path) == (code, offset, path)
    assert error.line == source.count("\n", 0, offset) + 1


def test_eval_sees_the_variables_and_the_context() -> None:
    assert _value('($x := 2; $eval("$x + a"))', {"a": 3}) == 5
    assert _value("$eval('a.b', {'a': {'b': 7}})") == 7


def test_an_array_document_is_one_item() -> None:
    assert _value("a.$", [{"a": 2}, {"a": [[]]}]) == 2
    assert _value("a.$", [{"b": True}, {"a": [[]]}]) is MISSING
    assert _value("$count($)", [1, 2]) == 2
    assert _value("$[1]", [1, 2]) == 2


def test_arrays_of_arrays_meet_nested_constructors() -> None:
    assert _value('$.{"a": {"b": $}}', [[[1], [2]], [[3]]]) == [{"a": {"b": [1, 2]}}, {"a": {"b": 3}}]


@pytest.mark.parametrize(
    ("source", "value"),
    [("[[1, 2][$ > 5]]", []), ("[[1, 2][$ > 5], 3]", [3]), ("[[1, 2][$ > 0]]", [[1, 2]]), ("[[1, 2][$ > 1]]", [2])],
)
def test_a_filter_that_finds_nothing_leaves_no_hole_in_a_list(source: str, value: Any) -> None:
    assert _value(source, ORDER) == value
