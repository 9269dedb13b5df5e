"""What the reference does where one would not expect it, and what its accidents are turned into."""

from __future__ import annotations

import json
from typing import Any

import pytest

from engine.jsonata import MISSING, ExpressionError, compile_expression

DATA = {
    "a": [{"b": 1}, {"c": 2}],
    "o": {"b": 1, "10": 2, "9": 3},
    "x": [{"k": "p", "v": 1}, {"k": "q", "v": 2}],
    "n": None,
}


def run(expression: str, data: Any = DATA) -> Any:
    return compile_expression(expression).evaluate(data)


@pytest.mark.parametrize(
    ("expression", "result"),
    [
        ("a.b[true]", [1, None]),
        ("$count(a.z[true])", 2),
        ("a.z[true].{'y': 1}", [{"y": 1}, {"y": 1}]),
        ("missing[[0, 0]]", [None, None]),
        ("{'x': a.b[1 = 1]}", {"x": [1, None]}),
        ("$string(a.b[true])", "[1,null]"),
    ],
)
def test_a_filter_that_holds_for_nothing_selects_nothing_as_an_item(expression: str, result: Any) -> None:
    assert run(expression) == result


@pytest.mark.parametrize(
    ("expression", "result"),
    [
        ("$keys(o)", ["9", "10", "b"]),
        ("o.*", [3, 2, 1]),
        ("$string(o)", '{"9":3,"10":2,"b":1}'),
        ("$each(o, function($v, $k) { $k })", ["9", "10", "b"]),
        ("$spread(o).$keys($)", ["9", "10", "b"]),
        ("$string({'z': 1, '2': 2, '1': 3})", '{"1":3,"2":2,"z":1}'),
    ],
)
def test_keys_that_look_like_indexes_come_first(expression: str, result: Any) -> None:
    assert run(expression) == result


@pytest.mark.parametrize(
    "expression", ["{'z': 1, '2': 2, '1': 3}", "x{$string(3 - v): v, 'z': 1}", "$merge([{'z': 1}, {'1': 2}])"]
)
def test_objects_that_are_made_have_their_keys_in_that_order(expression: str) -> None:
    assert list(run(expression))[-1] == "z"


def test_copied_objects_leave_in_their_own_order() -> None:
    assert json.dumps(run("o")) == '{"b": 1, "10": 2, "9": 3}'


@pytest.mark.parametrize(
    ("expression", "result"),
    [
        ("[1, 2]@$v.$v", MISSING),
        ("[1, 2]#$i.{'i': $i}", [{}, {}]),
        ("[1, 2]#$i.$", [1, 2]),
        ("[*].$", [DATA, True]),
        ("[$string()].$", json.dumps([DATA["o"]], separators=(",", ":")).replace(" ", "")),
    ],
)
def test_an_array_constructor_at_the_start_of_a_path(expression: str, result: Any) -> None:
    data = {"9": 3, "b": 1} if "$string" in expression else DATA
    expected = '[{"9":3,"b":1}]' if "$string" in expression else result
    assert run(expression, data) == expected


@pytest.mark.parametrize(
    ("expression", "result"),
    [
        ("x#$i^(>v)[$i = 0]", MISSING),
        ("x#$i^(>v)[0].k", "q"),
        ("x@$q^(v)^(>$q.v).$q.v", [1, 2]),
        ("x#$i^(>v){$string($i): v}", {}),
        ("x^(>v)[0][].k", ["q"]),
    ],
)
def test_a_sorted_stream_no_longer_binds(expression: str, result: Any) -> None:
    assert run(expression) == result


def test_a_grouping_after_a_call_at_the_end_of_a_function_is_ignored() -> None:
    assert run("($f := function() { $keys({'a': 1, 'b': 2}){$: 1} }; $f())") == ["a", "b"]
    assert run("$map([1], function($v) { $string($v){'x': $} })") == "1"


@pytest.mark.parametrize(
    ("expression", "result"),
    [
        ("$map(['a', 'ba', 'b'], /[a-z]/).match", ["a", "a"]),
        ("$filter([1, 22, 'x'], /2/)", 22),
        ("12 ~> /2/ ~> $type", "object"),
        ("/b/()", MISSING),
        ("$reduce(['x'], /b/)", "x"),
        ("[true, null] ~> /e,$/ ~> $exists", True),
    ],
)
def test_a_regular_expression_is_a_function_of_any_value_and_a_position(expression: str, result: Any) -> None:
    assert run(expression) == result


@pytest.mark.parametrize(
    ("expression", "result"),
    [
        ("$sum = $sum", True),
        ("$sum != $count", True),
        ("$sum in [$count, $sum]", True),
        ("(0/0) <= 1", False),
        ("1 >= (0/0)", False),
        ("(0/0) < 1.5", False),
        ("$pad('a', missing)", "a"),
        ("$substring('abc', missing)", "abc"),
        ("$replace('abc', 'x', $uppercase)", "abc"),
        ("$sift({})", MISSING),
        ("[3, 1, 0/0]^($) ~> $count", 3),
    ],
)
def test_functions_nan_and_missing_arguments(expression: str, result: Any) -> None:
    assert run(expression) == result


@pytest.mark.parametrize(
    ("expression", "code"),
    [
        ("$substring(missing, 'x')", "T0410"),
        ("$eval()", "T0410"),
        ("$split('a', missing)", "T0410"),
        ("$replace('a', missing, 'b')", "T0410"),
        ("$replace('a', /a/, missing)", "T0410"),
        ("$sift(o)", "T0410"),
        ("$formatNumber(1, missing)", "T0410"),
        ("$ ~> |a.b|{'q': 1}|", "D3168"),
        ("$ ~> |n|{'q': 1}|", "D3168"),
        ("x.*^($)", "T2007"),
        ("[n, 1]^($)", "T2008"),
    ],
)
def test_where_the_reference_crashes_there_is_a_code(expression: str, code: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        run(expression)
    assert caught.value.code == code
    assert caught.value.line == 1


def test_a_flag_may_not_be_repeated() -> None:
    with pytest.raises(ExpressionError) as caught:
        compile_expression("/a/ii")
    assert caught.value.code == "S0303"


@pytest.mark.parametrize(
    ("expression", "result"),
    [
        ("[1, 2, 3] ~> $join(?, '-')", "1-2-3"),
        ("($zip(?, [1, 2]))([3, 4])", [[3], [4]]),
        ("($not)(?, 1)(true)", False),
        ("($keys ~> $string)('')", MISSING),
        ("($round)(?, 2)(missing)", MISSING),
        ("($append)(?)([1])", [1]),
    ],
)
def test_functions_given_in_part_take_what_the_reference_passes_on(expression: str, result: Any) -> None:
    assert run(expression) == result


@pytest.mark.parametrize(
    "expression",
    [
        "($substring(?, 1))(5)",
        "($sum)(?)([{}])",
        "($formatNumber(?, '0'))('a')",
        "{} ~> $join(?, '-')",
        "$toMillis(?, '[Y]')(5)",
    ],
)
def test_functions_given_in_part_refuse_what_they_can_do_nothing_with(expression: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        run(expression)
    assert caught.value.code == "T0410"


@pytest.mark.parametrize(
    ("expression", "code"), [("$number(?)([1])", "D3030"), ("$number(?)({})", "D3030"), ("$toMillis(?)(5)", "D3110")]
)
def test_functions_given_in_part_refuse_in_their_own_words(expression: str, code: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        run(expression)
    assert caught.value.code == code


@pytest.mark.parametrize("expression", ["$string(?)", "$string(5, ?)(true)", "($s := $string; 5 ~> $s(?))"])
def test_string_cannot_be_given_in_part(expression: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        run(expression)
    assert caught.value.code == "S0208"
    assert run("($string := $uppercase; $string(?)('a'))") == "A"
