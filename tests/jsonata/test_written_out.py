"""What the compiler writes out in place of calls: loops for bindings, functions that are only called, conditions.

The results are those of the reference.
"""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest

from engine.jsonata import EvaluationContext, ExpressionError, Limits, compile_expression

DATA: dict[str, Any] = {
    "o": [
        {"n": 1, "l": [{"q": 1, "t": ["a", "b"]}, {"q": 2, "t": []}]},
        {"n": 2, "l": [{"q": 3, "t": ["c"]}]},
        {"n": 3},
    ],
    "currency": "EUR",
    "none": [],
    "nested": [[1, 2], [3]],
    "one": {"l": {"q": 7}},
}


def _is(source: str, expected: str) -> None:
    assert json.dumps(compile_expression(source).evaluate(DATA)) == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("o#$i.{'i': $i, 'n': n}", '[{"i": 0, "n": 1}, {"i": 1, "n": 2}, {"i": 2, "n": 3}]'),
        ("o.l#$i.[$i, q]", "[0, 1, 1, 2, 0, 3]"),
        ("o#$i.l#$j.[$i, $j, q]", "[0, 0, 1, 0, 1, 2, 1, 0, 3]"),
        ("o@$o.o@$p.[$o.n, $p.n]", "[1, 1, 1, 2, 1, 3, 2, 1, 2, 2, 2, 3, 3, 1, 3, 2, 3, 3]"),
        ("o@$x#$i.($i + $x.n)", "[1, 3, 5]"),
        ("o#$i.l.t", '["a", "b", "c"]'),
        ("one.l#$i.{'i': $i}", '{"i": 0}'),
        ("[one.l#$i.{'i': $i}]", '[{"i": 0}]'),
        ("[none#$i.{'i': $i}]", "[]"),
        ("nested#$i.[$i]", "[0, 1]"),
        ("o#$i.n", "[1, 2, 3]"),
        ("$count(o@$x)", "3"),
    ],
)
def test_bindings_of_fields(source: str, expected: str) -> None:
    _is(source, expected)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("($f := function($v) {{'v': $v, 'c': currency}}; $f(o.n))", '{"v": [1, 2, 3], "c": "EUR"}'),
        ("($f := function($v) {{'v': $v}}; [$f(o.l.q), $f(missing)])", '[{"v": [1, 2, 3]}, {}]'),
        ("($f := function($v) {{'v': $v}}; $x := $f(o.n); {'r': $x, 's': $x.v[1]})", '{"r": {"v": [1, 2, 3]}, "s": 2}'),
        ("($f := function($v) {{'v': $v}}; $map(o, function($x) {$f($x.l.q)}))", '[{"v": [1, 2]}, {"v": 3}, {}]'),
        ("($f := function($v) {$v.n}; $map(o, $f))", "[1, 2, 3]"),
        ("($f := function($v) {$v := $v.l}; $count($f(o)))", "3"),
        ("($f := function($v) {$v > 0 ? $f($v - 1) : 'end'}; $f(3))", '"end"'),
        ("($a := function($v) {$b($v)}; $b := function($v) {$v.n}; $a(o))", "[1, 2, 3]"),
        ("($g := function($v) {$v & 'x'}; $f := function($v) {$g($v)}; o.$f(n))", '["1x", "2x", "3x"]'),
        ("($f := function($v) {$v}; $eval('$f(1)'))", "1"),
        ("($f := function($v) {$v.w}; $f($map(o, function($x) {{'w': $x.l.q}})))", "[1, 2, 3]"),
    ],
)
def test_functions_that_are_only_called(source: str, expected: str) -> None:
    _is(source, expected)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("['', 0, 1, null, 'x', [0], {}, {'a': 1}][$boolean($)]", '[1, "x", {"a": 1}]'),
        ("['', 0, 1, null, 'x'][$not($)]", '["", 0, null]'),
        ("[o[$not(l)].n]", "[]"),
        ("[o[$exists(l)].n]", "[1, 2]"),
        ("[$not(missing) ? 1 : 2, $exists(missing) ? 1 : 2, $boolean(missing) ? 1 : 2]", "[2, 2, 2]"),
        ("($boolean := function($x) {'no'}; o[$boolean($) = 'no'].n)", "[1, 2, 3]"),
    ],
)
def test_questions(source: str, expected: str) -> None:
    _is(source, expected)


def test_two_arrays_of_the_same_items_stay_two() -> None:
    _is("($x := o.{'n': n}; [[$x], [$x, 1]])", '[[{"n": 1}, {"n": 2}, {"n": 3}], [{"n": 1}, {"n": 2}, {"n": 3}, 1]]')


def test_a_failure_in_a_loop_has_its_place() -> None:
    with pytest.raises(ExpressionError) as caught:
        compile_expression("o.l#$i.{'x': $i, 'sum': q + missing & 1, 'error': q = 3 ? $error('no')}").evaluate(DATA)
    assert (caught.value.code, caught.value.data_path) == ("D3137", "o[1].l[0]")
    assert caught.value.column == 65


@pytest.mark.parametrize(
    ("source", "path"),
    [
        ("o#$i.l#$j.(q = 3 ? $error('no'))", "o[1].l[0]"),
        ("o@$x.one.l.(q = 7 ? $error('no'))", "one.l"),
        ("o@$x#$i.one#$j.l.(q = 7 ? $error('no'))", "one.l"),
    ],
)
def test_what_is_bound_with_an_at_is_no_part_of_the_place_in_the_data(source: str, path: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        compile_expression(source).evaluate(DATA)
    assert caught.value.data_path == path


def test_loops_within_loops_end_as_soon_as_there_are_too_many_results() -> None:
    source = "o@$x.o@$y.($x.n * $y.n < 9 or $error('all were looked at'))"
    with pytest.raises(ExpressionError) as caught:
        compile_expression(source).evaluate(DATA, context=EvaluationContext(limits=Limits(sequence=4)))
    assert caught.value.code == "D2015"


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("$floor($power(10, 20) / 3)", "3.333333333333333e+19"),
        ("$floor(-$power(10, 20) / 3)", "-3.333333333333333e+19"),
        ("$floor(9007199254740990 / 4)", "2251799813685247"),
        ("$floor(-10 / 4)", "-3"),
    ],
)
def test_the_floor_of_a_double_shows_no_more_digits_than_it_has(source: str, expected: str) -> None:
    _is(source, expected)


@pytest.mark.parametrize("source", ["o.l#$i.{'q': q}", "o.l#$i.t", "[o.l.{'q': q}]", "[one.l, o.l.{'q': q}]"])
def test_loops_keep_to_the_length_of_sequences(source: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        compile_expression(source).evaluate(DATA, context=EvaluationContext(limits=Limits(sequence=2)))
    assert caught.value.code == "D2015"


@pytest.mark.parametrize(
    ("number", "picture", "expected"),
    [
        ("199", "0.00####", "199.00"),
        ("19.905", "0.00", "19.90"),
        ("19.915", "0.00", "19.92"),
        ("0.1234567", "0.00####", "0.123457"),
        ("-0.001", "0.00", "-0.00"),
        ("0", "00.0##", "00.0"),
        ("12", "0.", "12"),
        ("12.5", "0", "12"),
        ("-5", "0.0;(0.0)", "(5.0)"),
        ("1.5", "EUR 0.00 net", "EUR 1.50 net"),
        ("123456789012345678901234.5", "0.0", "123456789012345678901234.5"),
        ("-1234567890123456789012345678901.25", "0.00", "-1234567890123456789012345678901.25"),
        ("1234567890123456789012345678901.25", "#,##0.00", "1,234,567,890,123,456,789,012,345,678,901.25"),
    ],
)
def test_pictures_show_every_digit(number: str, picture: str, expected: str) -> None:
    assert compile_expression("$formatNumber(n, p)").evaluate({"n": Decimal(number), "p": picture}) == expected
