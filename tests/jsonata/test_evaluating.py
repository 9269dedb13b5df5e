"""`$eval`: what it sees, and that what it binds is bound where it was called."""

from __future__ import annotations

from typing import Any

import pytest

from engine.jsonata import MISSING, compile_expression

DATA = {"a": [{"b": 1, "c": "x"}, {"b": 2}]}


@pytest.mark.parametrize(
    ("expression", "result"),
    [
        ('($eval("$x := 5"); $x)', 5),
        ('($x := 1; $eval("$x := 5"); $x)', 5),
        ('($eval("$x := 5"); $x := 1; $x)', 1),
        ('($x := 1; ($eval("$x := 5")); $x)', 1),
        ('($x := 1; $eval("($x := 2; $x)") & $x)', "21"),
        ("($eval(\"$eval('$x := 7')\"); $x)", 7),
        ('($f := function($a) { $eval("$a := 5") + $a }; $f(1))', 10),
        ('($f := function($a) { ($eval("$a := 5"); $a) }; $f(1))', 5),
        ('(a.$eval("$k := b"); $k)', 2),
        ('(a#$i.$eval("$w := $i"); $w)', MISSING),
        ('($h := $eval; $h("$z := 9"); $z)', 9),
        ('($map(["$q := 1", "$q"], $eval); $q)', 1),
        ('($c := 3; $eval("$f := function() { $c }"); $c := 4; $f())', 4),
        ('($f := function($x) { $x = 0 ? "end" : ($eval("1"); $f($x - 1)) }; $f(3))', "end"),
    ],
)
def test_what_it_binds_is_bound_where_it_is_called(expression: str, result: Any) -> None:
    assert compile_expression(expression).evaluate(DATA) == result


@pytest.mark.parametrize(
    ("expression", "result"),
    [
        ('($x := 2; $eval("$x + 1"))', 3),
        ('a#$i.$eval("$i")', [0, 1]),
        ('a.$eval("b & $v")', ["110", "210"]),
        ('$eval("$$.a.b", {"q": 1})', [1, 2]),
        ('$eval("$", [1, 2])', [1, 2]),
        ('($sum := 5; $eval("$sum"))', 5),
        ('($sum := function($x) { 9 }; $eval("$sum([1])"))', 9),
        ('($eval("$sum := function($x) { 9 }"); $sum([1]))', 9),
        ('($eval("$y := 1"); $sum([$y, 2]))', 3),
    ],
)
def test_it_sees_the_context_the_document_and_the_variables(expression: str, result: Any) -> None:
    assert compile_expression(expression).evaluate(DATA, {"v": 10}) == result


def test_variables_of_the_caller_are_not_changed() -> None:
    variables = {"v": 10}
    expression = compile_expression('($eval("$v := 11"); $v)')
    assert [expression.evaluate(DATA, variables) for _ in range(2)] == [11, 11]
    assert variables == {"v": 10}
