"""Functions of our own: exact, documented, and plain about what they refuse."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.contracts.codes import CodeTables
from engine.jsonata import LIBRARY, MISSING, STANDARD, EvaluationContext, ExpressionError, compile_expression
from engine.jsonata.host import OWN
from engine.jsonata.reference import reference

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "reference" / "functions.md"
_EXAMPLE = re.compile(r"- `([^`]+)`\s+gives `([^`]+)`")
ITEM = {
    "baseUnit": {"code": "H87", "list": "rec20"},
    "units": [
        {"unit": {"code": "CS", "list": "rec21"}, "factor": {"num": 24, "den": 1}},
        {"unit": {"code": "KGM", "list": "rec20"}, "factor": {"num": 1000, "den": 7}},
        {"unit": {"code": "PX", "list": "rec21"}, "factor": {"num": 960, "den": 1}},
    ],
}


def _tables() -> CodeTables:
    return CodeTables.load({"canonical/codes/units.csv": (ROOT / "canonical/codes/units.csv").read_bytes()})


def _context(tables: CodeTables | None = None) -> EvaluationContext:
    known = tables or _tables()

    def lookup(table: str, key: Any) -> Any:
        found = known.lookup(table, key)
        return MISSING if found is None else found

    return EvaluationContext(now=datetime(2026, 3, 1, 14, tzinfo=UTC), lookup=lookup)


def value(source: str, data: Any = None, **variables: Any) -> Any:
    return compile_expression(source, functions=LIBRARY).evaluate(data, variables, _context())


def refusal(source: str, data: Any = None) -> str:
    with pytest.raises(ExpressionError) as caught:
        value(source, data)
    return str(caught.value)


def examples() -> Iterator[Any]:
    for function in OWN:
        for found in _EXAMPLE.finditer(function.doc):
            yield pytest.param(" ".join(found[1].split()), found[2], id=f"{function.name}-{found.start()}")


def test_the_reference_page_is_current() -> None:
    """`python -m engine.jsonata.reference > docs/reference/functions.md` makes it so."""
    assert PAGE.read_text(encoding="utf-8") == reference()


@pytest.mark.parametrize(("source", "result"), list(examples()))
def test_the_examples_of_the_page_are_true(source: str, result: str) -> None:
    assert value(source) == json.loads(result, parse_float=Decimal)


def test_every_function_is_documented_with_an_example() -> None:
    assert [function.name for function in OWN if not _EXAMPLE.search(function.doc)] == []
    assert [name for name, function in LIBRARY.items() if not function.doc or not function.signature] == []
    assert not {function.name for function in OWN} & set(STANDARD)


@pytest.mark.parametrize(
    ("given_value", "currency", "text"),
    [
        ("19.90", "USD", "19.90"),
        ("0.03550", "USD", "0.03550"),
        (Decimal("19.90"), "USD", "19.90"),
        (Decimal("19.9"), "USD", "19.90"),
        (Decimal("0.0355"), "USD", "0.0355"),
        (5, "USD", "5.00"),
        (5, "JPY", "5"),
        (Decimal("1.5"), "KWD", "1.500"),
        (0.1, "USD", "0.10"),
        ("1e3", "USD", "1000"),
        ("+007.50", "USD", "7.50"),
        ("-0.00", "USD", "-0.00"),
        (Decimal("-0.0"), "USD", "0.00"),
        (820982911946154508123, "USD", "820982911946154508123.00"),
        ("9" * 60 + ".99", "EUR", "9" * 60 + ".99"),
    ],
)
def test_an_amount_keeps_every_digit(given_value: Any, currency: str, text: str) -> None:
    """MAP-2: money is never rounded and never passes through binary numbers."""
    assert value("$amount($v, $c)", None, v=given_value, c=currency) == {"value": text, "currency": currency}


@pytest.mark.parametrize("source", ["$amount(none, 'USD')", "$amount(null, 'USD')", "$amount('', 'USD')"])
def test_an_amount_of_nothing_is_nothing(source: str) -> None:
    assert value(source, {}) is MISSING
    assert value(f"{{'price': {source}}}", {}) == {}


@pytest.mark.parametrize(
    ("source", "said"),
    [
        (
            "$amount('1,299.00', 'USD')",
            "1:8 D3160 $amount() expected a number, or digits such as 1299.00 as text",
        ),
        ("$amount(true, 'USD')", "D3160"),
        ("$amount('0x10', 'USD')", "D3160"),
        ("$amount({'value': 1}, 'USD')", "got an object with value"),
        ("$amount(10/3, 'USD')", "D3161 $amount() expected an exact number, got 3.33"),
        ("$amount(5, 'usd')", 'D3162 $amount() expected a currency of ISO 4217 such as USD, got "usd"'),
        ("$amount(5, currency)", "D3162 $amount() expected a currency of ISO 4217 such as USD, got null"),
        ("$amount(5, 7)", "T0410"),
        ("$minorUnits('19.905', 'USD')", 'D3163 $minorUnits() expected at most 2 decimal places in USD, got "19.905"'),
        ("$minorUnits('1.5', 'JPY')", "expected no decimal places in JPY"),
        ("$fromMinorUnits(19.9, 'USD')", "D3163 $fromMinorUnits() expected a whole number of minor units, got 19.9"),
        ("$identifier(['x'], 'sku')", "D3164 $identifier() expected a list of objects with a scheme and a value"),
    ],
)
def test_what_is_no_amount_is_refused_with_what_was_expected(source: str, said: str) -> None:
    assert said in refusal(source, {})


@given(st.decimals(allow_nan=False, allow_infinity=False, places=2, min_value=-(10**30), max_value=10**30))
def test_minor_units_lead_back_to_the_amount(amount: Decimal) -> None:
    text = format(amount.copy_abs() if amount.is_zero() else amount, "f")
    source = "$fromMinorUnits($minorUnits($v, 'USD'), 'USD')"
    assert value(source, None, v=text) == {"value": text, "currency": "USD"}


def test_an_identifier_is_found_by_its_scheme() -> None:
    ids = [{"scheme": "sku", "value": "W-1"}, {"scheme": "gtin", "value": "00012345678905"}]
    assert value("$identifier(ids, 'gtin')", {"ids": ids}) == "00012345678905"
    assert value("$identifier(ids, ['mpn', 'gtin', 'sku'])", {"ids": ids}) == "00012345678905"
    assert value("$identifier(ids, 'mpn')", {"ids": ids}) is MISSING
    assert value("$identifier(ids, 'mpn')", {}) is MISSING
    assert value("lines.$identifier(item.ids, 'sku')", {"lines": [{"item": {"ids": ids}}, {"item": {}}]}) == "W-1"


@pytest.mark.parametrize("system", ["erp", "wms", "shop", "x12"])
def test_every_unit_goes_to_a_system_and_back(system: str) -> None:
    for row in _tables().table("units").rows.values():
        unit = {"code": row[2], "list": row[3]}
        word = value("$unitCode($u, $s)", None, u=unit, s=system)
        assert value("$unit($w, $s)", None, w=word, s=system) == unit


def test_the_list_decides_what_a_code_means() -> None:
    """`CA` is a can in Recommendation 20 of old, a case in X12, and nothing to the ERP."""
    assert value("$unitCode({'code': 'CA', 'list': 'rec20'}, 'wms')") is MISSING
    assert value("$unitCode({'code': 'CA', 'list': 'x12-355'}, 'wms')") == "CASE"
    assert value("$unitCode({'code': 'CA', 'list': 'system:erp'}, 'wms')") is MISSING
    assert value("$unitCode({'code': 'CS', 'list': 'system:erp'}, 'wms')") == "CASE"
    assert value("$unitCode({'code': 'CASE24', 'list': 'system:erp'}, 'erp')") == "CASE24"
    assert value("$unitCode({'code': 'H87', 'list': 'rec21'}, 'wms')") is MISSING


def test_an_unknown_word_is_nothing_and_an_unknown_system_is_an_error() -> None:
    assert value("$unit('FURLONG', 'wms') ?? 'none'") == "none"
    assert value("$exists($unit(null, 'wms'))") is False
    assert "D3151 no code table 'wsm-unit'; did you mean 'wms-unit'" in refusal("$unit('EACH', 'wsm')")


def test_a_word_that_stands_for_two_units_is_an_error() -> None:
    tables = CodeTables.load({"canonical/codes/units.csv": b"unit,code,list,erp\neach,H87,rec20,X\ncase,CS,rec21,X\n"})
    with pytest.raises(ExpressionError, match="expected one 'erp' for 'X', got one of each, case"):
        compile_expression("$unit('X', 'erp')", functions=LIBRARY).evaluate(None, None, _context(tables))


def converted(amount: Any, source: str, target: str, digits: int | None = None) -> Any:
    lists = {"H87": "rec20", "KGM": "rec20", "CS": "rec21", "PX": "rec21", "EA": "x12-355"}
    quantity = {"value": amount, "unit": {"code": source, "list": lists[source]}}
    unit = {"code": target, "list": lists[target]}
    rest = "" if digits is None else f", {digits}"
    return value(f"$convert($q, $u, $i{rest})", None, q=quantity, u=unit, i=ITEM)["value"]


@pytest.mark.parametrize(
    ("amount", "source", "target", "result"),
    [
        ("3", "CS", "H87", "72"),
        ("72", "H87", "CS", "3"),
        ("6", "H87", "CS", "0.25"),
        ("0.5", "PX", "CS", "20"),
        ("7", "KGM", "H87", "1000"),
        ("1000", "H87", "KGM", "7"),
        (Decimal("1.50"), "CS", "H87", "36"),
        ("1.50", "CS", "CS", "1.50"),
        ("123456789012345678901234567890", "CS", "H87", "2962962936296296293629629629360"),
    ],
)
def test_conversion_is_exact(amount: Any, source: str, target: str, result: str) -> None:
    assert converted(amount, source, target) == result


def test_conversion_rounds_only_where_it_is_told_to() -> None:
    assert "D3167 $convert() has no exact result" in refusal(
        "$convert({'value': '10', 'unit': baseUnit}, units[0].unit, $)", ITEM
    )
    assert converted("10", "H87", "CS", 3) == "0.417"
    assert converted("6", "H87", "CS", 3) == "0.25"
    assert converted("36", "H87", "CS", 0) == "2"


@given(st.decimals(allow_nan=False, allow_infinity=False, places=4, min_value=0, max_value=10**12))
def test_a_conversion_leads_back(amount: Decimal) -> None:
    assert Decimal(converted(converted(str(amount), "PX", "CS"), "CS", "PX")) == amount


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("$convert({'value': '1', 'unit': baseUnit}, {'code': 'DZN', 'list': 'rec20'}, $)",
         "D3166 $convert() expected a unit that the item has (H87 of rec20, CS of rec21, KGM of rec20, PX of rec21), "
         "got DZN of rec20"),
        ("$convert(7, baseUnit, $)", 'D3165 $convert() expected a quantity {"value", "unit"}, got 7'),
        ("$convert({'value': '1', 'unit': 'EA'}, baseUnit, $)", 'expected a unit {"code", "list"}, got "EA"'),
        ("$convert({'value': '1', 'unit': baseUnit}, units[0].unit, none)", 'an item with a "baseUnit", got null'),
        ("$convert({'value': 'x', 'unit': baseUnit}, units[0].unit, $)", 'D3160 $convert() expected a number'),
        ("$convert({'value': '1', 'unit': baseUnit}, units[0].unit, $merge([$, {'units': [{'factor': {'num': 0}}]}]))",
         "D3166 $convert() expected a factor with num and den"),
    ],
)  # fmt: skip
def test_what_cannot_be_converted_is_refused_with_what_was_expected(source: str, said: str) -> None:
    assert said in refusal(source, ITEM)


def test_an_item_with_one_unit_that_was_unwrapped_converts() -> None:
    item = {"baseUnit": ITEM["baseUnit"], "units": ITEM["units"][0]}
    assert value("$convert({'value': '2', 'unit': units.unit}, baseUnit, $)", item)["value"] == "48"


def test_time_is_that_of_the_evaluation() -> None:
    """`$now` and `$millis` read the clock that is handed in, as often as they are called."""
    assert value("[$now(), $fromMillis($millis()), $now('[Y]-[M01]-[D01]')]") == [
        "2026-03-01T14:00:00.000Z",
        "2026-03-01T14:00:00.000Z",
        "2026-03-01",
    ]


def test_a_name_bound_in_the_mapping_comes_before_a_function() -> None:
    assert value("($amount := function($v) {$v * 2}; $amount(21))") == 42
