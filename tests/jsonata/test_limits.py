"""Bounds: whatever an expression does, it ends with a coded error within twice its limit.

Measured in the thread's processor time, so that a busy machine cannot fail the tests.
"""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from time import thread_time
from typing import Any

import pytest

from engine.jsonata import EvaluationContext, ExpressionError, ExpressionLimitError, Limits, compile_expression

SECONDS = 0.3


@pytest.fixture(autouse=True)
def _collector_passes_over_what_is_there() -> Iterator[None]:
    """As in the running process: what thousands of other tests have left is not searched while time is measured."""
    gc.freeze()
    yield
    gc.unfreeze()


def _ends_with(source: str, data: Any = None, limits: Limits | None = None) -> str:
    expression = compile_expression(source)
    start = thread_time()
    with pytest.raises(ExpressionLimitError) as caught:
        expression.evaluate(data, context=EvaluationContext(limits=limits or Limits(seconds=SECONDS)))
    assert thread_time() - start < 2 * SECONDS
    assert caught.value.line == 1
    return caught.value.code


@pytest.mark.parametrize(
    ("source", "codes"),
    [
        ("($f := function() { $f() }; $f())", {"D1012"}),
        ("($f := function($n) { 1 + $f($n + 1) }; $f(0))", {"D1011"}),
        ("($f := function($n) { $map([1, 2], $f) }; $f(0))", {"D1011"}),
        ("[1..900000].($ * $ * $).($ + 1)", {"D1012"}),
        ("$map([1..900000], function($i) { $string($i * $i * $i) & $i })", {"D1012"}),
        ("[1..9000].([1..9000])", {"D1012", "D2015"}),
        ("[1..20000000]", {"D2014", "D2015"}),
        ("[1..2000000]", {"D2015"}),
        ("$reduce([1..60], function($a, $b) { $a & $a }, 'xxxxxxxx')", {"D2016"}),
        ("$reduce([1..40], function($a, $b) { $append($a, $a) }, [1, 2, 3])", {"D2015"}),
        ("$reduce([1..990000], function($a, $b) { $length($string($a)) + $b * $b - $a % 7 * $b })", {"D1012"}),
        ("[1..3000][[1..3000].($) = 5]", {"D1012", "D2015"}),
        ("($x := [1..2000]; $x@$a.$x@$b.($a + $b))", {"D1012", "D2015"}),
        ("$pad('x', 100000000)", {"D2016"}),
        ("($f := function($s) { $f($join([$s, $s])) }; $f('x'))", {"D2016"}),
        ("($f := function($s) { $f($replace($s, 'x', 'xx')) }; $f('x'))", {"D2016"}),
        ("($f := function($s) { $f($replace($s, /x/, 'xx')) }; $f('x'))", {"D2016", "D1012", "D3142"}),
        ("($f := function($s) { $f($encodeUrl($s)) }; $f('%'))", {"D2016", "D1012"}),
        ("($f := function($i) { $f($eval('$i + 1')) }; $f(1))", {"D1012"}),
        ("($s := '$eval($s)'; $eval($s))", {"D1011"}),
        ("$string([1..900].($pad('x', 100000)))", {"D2016"}),
        ("$join([1..900].($pad('x', 100000)))", {"D2016"}),
        ("$split($pad('', 9999999, 'ab'), 'a')", {"D2015"}),
        ("$match($pad('', 9999999, 'ab'), /a/)", {"D2015", "D1012", "D3142"}),
        ("$distinct([1..999999].{'a': $})", {"D1012"}),
        ("$formatInteger(1, $pad('', 9999999, '0'))", {"D2016"}),
        ("$fromMillis(0, $pad('', 9999999, '[Y]'))", {"D2016"}),
        ("$parseInteger($pad('', 900000, 'z'), 'a')", {"D2016"}),
    ],
)
def test_runaway_expressions_end_with_a_limit(source: str, codes: set[str]) -> None:
    """MAP-5: time, depth, sequences and strings are bounded."""
    assert _ends_with(source) in codes


@pytest.mark.parametrize("pattern", ["(a|a)*b", "(a+)+c", "(a*)*b", "(.*a){25}b", "^(([a-z])+.)+[A-Z]([a-z])+$"])
def test_evil_regular_expressions_end_in_time(pattern: str) -> None:
    expression = compile_expression(f"$contains(text, /{pattern}/)")
    start = thread_time()
    try:
        expression.evaluate({"text": "a" * 5000 + "!"}, context=EvaluationContext(limits=Limits(seconds=SECONDS)))
    except ExpressionLimitError as error:
        assert error.code == "D3142"  # noqa: PT017 - some patterns are quick: then no error is the right answer
    assert thread_time() - start < 2 * SECONDS


def test_integers_are_bounded_too() -> None:
    with pytest.raises(ExpressionError) as caught:
        compile_expression("$reduce([1..60], function($a, $b) { $a * $a }, 12345)").evaluate(None)
    assert caught.value.code == "D1001"


def test_tail_calls_do_not_use_the_stack() -> None:
    count = compile_expression("($f := function($n, $s) { $n = 0 ? $s : $f($n - 1, $s + $n) }; $f(20000, 0))")
    assert count.evaluate(None) == 200010000
    even = compile_expression(
        "($even := function($n) { $n = 0 ? true : $odd($n - 1) };"
        " $odd := function($n) { $n = 0 ? false : $even($n - 1) }; $even(5000))"
    )
    assert even.evaluate(None) is True


def test_recursion_goes_as_deep_as_its_limit() -> None:
    total = compile_expression("($sum := function($n) { $n = 0 ? 0 : $n + $sum($n - 1) }; $sum(n))")
    assert total.evaluate({"n": 250}) == 31375
    with pytest.raises(ExpressionLimitError) as caught:
        total.evaluate({"n": 250}, context=EvaluationContext(limits=Limits(depth=100)))
    assert (caught.value.code, caught.value.value) == ("D1011", 100)


@pytest.mark.parametrize("source", ["$string($)", "$count(**)", "$ = $$", "*.*.*", "$keys($)", "$ ~> |a|{'x': 1}|"])
def test_deep_data_gives_a_value_or_a_coded_error(source: str) -> None:
    data: Any = {}
    for _ in range(20_000):
        data = {"a": data}
    try:
        compile_expression(source).evaluate(data)
    except ExpressionError as error:
        assert error.code == "D1011"  # noqa: PT017 - not every expression goes down
    while data:
        data = data["a"]


def test_two_hundred_threads_share_one_expression() -> None:
    """MAP-4: no thread ever sees another's data."""
    expression = compile_expression(
        "($id := id; $f := function($l) { $l.qty * $id }; {'id': $id, 'lines': lines.{'n': $f($), 'of': $$.id},"
        " 'sum': $sum($map(lines, function($l) { $l.qty + $id })), 'eval': $eval('id'), 'sorted': lines^(>qty).qty})"
    )
    barrier = threading.Barrier(200)

    def run(number: int) -> bool:
        data = {"id": number, "lines": [{"qty": quantity} for quantity in range(1, 4)]}
        barrier.wait()
        for _ in range(20):
            result = expression.evaluate(data)
            wanted = {
                "id": number,
                "lines": [{"n": quantity * number, "of": number} for quantity in range(1, 4)],
                "sum": 6 + 3 * number,
                "eval": number,
                "sorted": [3, 2, 1],
            }
            if result != wanted:
                return False
        return True

    with ThreadPoolExecutor(200) as pool:
        assert all(pool.map(run, range(200)))
