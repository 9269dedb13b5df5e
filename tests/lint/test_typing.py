"""What an expression reads that is not there; where the schemas do not decide, nothing is said."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from engine.contracts.codes import CodeTables
from engine.jsonata.resolve import parse_expression
from engine.jsonata.types.infer import infer
from engine.lint.scope import Scope
from engine.lint.shapes import closed_object, shape_of
from engine.lint.typing import Typing

ORDER: Mapping[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "number": {"type": "string"},
        "customer": {"$ref": "crossdock:party/1"},
        "lines": {"type": "array", "items": {"$ref": "#/$defs/line"}},
        "party": {"oneOf": [{"$ref": "crossdock:party/1"}, {"type": "string"}]},
        "extra": {"type": "object"},
        "byName": {"type": "object", "additionalProperties": {"$ref": "#/$defs/line"}},
        "all": {"allOf": [{"$ref": "#/$defs/line"}, {"properties": {"more": {}}}]},
        "lost": {"$ref": "crossdock:gone/1"},
        "tree": {"$ref": "#/$defs/tree"},
    },
    "$defs": {
        "line": {
            "type": "object",
            "additionalProperties": False,
            "properties": {"sku": {"type": "string"}, "quantity": {"type": "integer"}},
        },
        "tree": {
            "type": "object",
            "additionalProperties": False,
            "properties": {"children": {"type": "array", "items": {"$ref": "#/$defs/tree"}}},
        },
    },
}
PARTY: Mapping[str, Any] = {
    "type": "object",
    "unevaluatedProperties": False,
    "properties": {"id": {"type": "string"}},
    "allOf": [{"properties": {"name": {"type": "string"}}}],
}


def resolve(uri: str) -> Mapping[str, Any]:
    return {"crossdock:party/1": PARTY}[uri]


TYPING = Typing(resolve, CodeTables({}))
SCOPE = Scope(
    frozenset({"headers", "saved", "parent"}),
    shape_of(ORDER),
    {"credit": closed_object("status"), "note": None},
    {"parent": shape_of(ORDER)},
)


def missing(text: str, scope: Scope = SCOPE) -> list[str]:
    problems = infer(parse_expression(text), TYPING.given(scope)).problems
    named = [problem for problem in problems if problem.kind in ("field", "variable", "function", "saved", "table")]
    assert all(
        text[each.at :].lstrip("$`'\"").startswith(each.found) for each in named if each.kind in ("field", "saved")
    )
    return [f"{problem.kind} {problem.found}" for problem in named]


@pytest.mark.parametrize(
    "text",
    [
        "number & lines.sku & customer.id & customer.name & party.id",
        "lines[quantity > 1][0].sku",
        "lines^(>quantity).sku",
        "lines{sku: $sum(quantity)}",
        "extra.anything.at.all",
        "byName.whatever.sku",
        "lost.whatever",
        "all.sku",
        "tree.children.children.children.children",
        "*.whatever",
        "**.whatever",
        "$.number & $$.number",
        "lines.{'s': sku, 'of': %.number}",
        "lines@$l.{'s': $l.sku, 'n': number}",
        "lines#$i[$i > 0].sku",
        "($a := lines; $a.sku; $a := 1; $a.other)",
        "$map(lines, function($l) { $l.sku })",
        "lines ~> $filter(function($l) { $l.sku = 'A' }) ~> $count()",
        "$reduce(lines.quantity, function($a, $b) { $a + $b })",
        "$saved.credit.status & $saved.note.anything",
        "$parent.lines.sku",
        "(number = 'x' ? lines : all).sku",
        "extra ~> | $ | {'whatever': anything} |",
        "$lookup(byName, number).anything",
        "($f := function() { $g() }; $g := function() { 1 })",
        "`number`",
    ],
)
def test_what_is_there_is_no_finding(text: str) -> None:
    assert missing(text) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("numbr", ["field numbr"]),
        ("number.text", ["field text"]),
        ("lines.skus & lines[qty = 1].sku", ["field skus", "field qty"]),
        ("lines^(price).sku", ["field price"]),
        ("lines{item: $sum(price)}", ["field item", "field price"]),
        ("customer.email", ["field email"]),
        ("party.email", ["field email"]),
        ("all.color", ["field color"]),
        ("tree.children.child", ["field child"]),
        ("$.numbr & $$.numbr", ["field numbr", "field numbr"]),
        ("($a := lines; $a.skus)", ["field skus"]),
        ("$map(lines, function($l) { $l.skus })", ["field skus"]),
        ("lines ~> $filter(function($l) { $l.skus = 'A' })", ["field skus"]),
        ("$filter(lines, function($l) { true }).skus", ["field skus"]),
        ("(number = 'x' ? lines : all).skus", ["field skus"]),
        ("$parent.numbr", ["field numbr"]),
        ("$saved.credit.state", ["field state"]),
        ("$saved.order", ["saved order"]),
        ("$group.key", ["variable group"]),
        ("(($a := 1); $a)", ["variable a"]),
        ("(function($x) { $x })(1) & $x", ["variable x"]),
        ("$strung(number)", ["function strung"]),
        ("$lookup('units', number)", ["table 'units'"]),
        ("$keys($).anything", ["field anything"]),
        ("$ ~> | lines | {'sku': skus} |", ["field skus"]),
        ("(function($x) { $x.anything })(lines)", ["field anything"]),
        ("$map(lines, $lowercas)", ["variable lowercas"]),
    ],
)
def test_what_is_not_there_is_found(text: str, expected: list[str]) -> None:
    assert missing(text) == expected


def test_nothing_is_said_of_a_document_that_is_not_known() -> None:
    assert missing("whatever.it[is].called", Scope(frozenset())) == []


def test_an_expression_nested_deeply_is_left_alone() -> None:
    assert missing("(" * 60 + "numbr" + ")" * 60) == ["field numbr"]
