"""Functions in results, and calls of what is no function."""

from __future__ import annotations

import json
from typing import Any

import pytest

from engine.jsonata import MISSING, ExpressionError, Origin, compile_expression
from engine.jsonata.compiler.escapes import escaping
from engine.jsonata.library import STANDARD
from engine.jsonata.resolve import parse_expression


@pytest.mark.parametrize(
    ("expression", "column", "message"),
    [
        ("$sum", 1, "a function stands in the result, which is a document"),
        ('{"a": $sum}', 7, "a function stands in the result in a, which is a document"),
        ('{"a": [1, {"b": function($x) { $x }}]}', 25, "in a[1].b"),
        ("($f := function($x) { $x })", 16, "in the result"),
        ("$eval('$sum')", 1, "in the result"),
        ("a.|b|{}|", 3, "in the result"),
    ],
)
def test_a_function_in_the_result_is_refused_where_it_stands(expression: str, column: int, message: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        compile_expression(expression, origin=Origin("m.jsonata")).evaluate({"a": 1})
    assert caught.value.code == "D3169"
    assert (caught.value.line, caught.value.column) == (1, column)
    assert message in caught.value.message


@pytest.mark.parametrize(
    ("expression", "result"),
    [
        ("/b/('ab')", {"match": "b", "start": 1, "end": 2, "groups": []}),
        ("($r := /b/; {'m': [1, $r]})", {"m": [1, None]}),
        ("/b/", MISSING),
        ("$append([1], $count)", [1, None]),
        ("(function($x) { {'x': $x, 'y': 1} })($sum)", {"y": 1}),
        ("$map([1, 2], /1/).match", "1"),
    ],
)
def test_matchers_are_left_out(expression: str, result: Any) -> None:
    assert compile_expression(expression).evaluate(None) == result


@pytest.mark.parametrize(
    "expression",
    [
        "$map(lines, function($l) { $l.price * 2 })",
        "($f := function($x) { $x }; lines.$f(price))",
        "lines ~> $map($string) ~> $join('-')",
        "$replace(a, /x/, $uppercase) & $contains(a, /y/)",
        "$ ~> |lines|{'x': 1}|",
        "lines[$exists(price)]^(price){sku: $sum(price)}",
        "(function($x) { $x })(1)",
    ],
)
def test_functions_that_are_only_called_are_seen_to_stay_inside(expression: str) -> None:
    assert escaping(parse_expression(expression), STANDARD) is None


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        (
            "$uppercse('a')",
            "attempted to call something that is not a function: $uppercse is nothing; did you mean $uppercase",
        ),
        ("($f := 3; $f(1))", "attempted to call something that is not a function: $f is 3"),
        ("'a'()", 'attempted to call something that is not a function: "a"'),
        (
            "($f := function($x) { $zzzzzz($x) }; $f(1))",
            "attempted to call something that is not a function: $zzzzzz is nothing",
        ),
    ],
)
def test_what_is_called_is_named(expression: str, message: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        compile_expression(expression).evaluate(None)
    assert caught.value.message == message


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("lines.{'a': $.[q, 1]}", "$.a"),
        ("($f := function($x) { $x.[q, 1] }; {'a': $f(lines[0])})", "$.a"),
        ("lines#$i.((q).[$, 1][])", "$.$"),
    ],
)
def test_a_result_is_read_by_another_expression_as_its_json_is(first: str, second: str) -> None:
    result = compile_expression(first).evaluate({"lines": [{"q": 1}, {"q": 2}], "one": 1})
    read = compile_expression(second).evaluate
    assert read(result) == read(json.loads(json.dumps(result)))
    assert _kinds(result) <= {list, dict, int}


def _kinds(value: Any) -> set[type]:
    """The types of a value and of what is in it."""
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return {type(value)}.union(*map(_kinds, parts))
