"""The type of an expression's value, by the types of what it is given."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from engine.contracts.types import SchemaTypes
from engine.jsonata.resolve import parse_expression
from engine.jsonata.types.infer import Given, Inferred, infer
from engine.jsonata.types.lattice import INTEGER, List, Text, Type, described

ORDER: Mapping[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["id", "number", "state", "lines", "buyer", "total"],
    "properties": {
        "id": {"type": "integer"},
        "number": {"type": "string"},
        "note": {"type": "string"},
        "phone": {"type": ["string", "null"]},
        "state": {"enum": ["open", "paid"]},
        "mood": {"enum": ["good", "bad"]},
        "total": {"type": "number"},
        "paid": {"type": "boolean"},
        "buyer": {
            "anyOf": [
                {"type": "string"},
                {"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}}},
            ]
        },
        "lines": {
            "type": "array",
            "items": {
                "type": "object",
                "additionalProperties": False,
                "required": ["sku", "quantity"],
                "properties": {
                    "sku": {"type": "string"},
                    "quantity": {"type": "integer"},
                    "price": {"type": "number"},
                    "ids": {
                        "type": "array",
                        "items": {
                            "type": "object",
                            "required": ["scheme", "value"],
                            "properties": {"scheme": {"type": "string"}, "value": {"type": "string"}},
                        },
                    },
                },
            },
        },
    },
}


def inferred(text: str) -> Inferred:
    source = SchemaTypes(lambda address: {}[address]).type_of(ORDER, ORDER)
    return infer(parse_expression(text), Given(source, {"status": INTEGER}))


def shown(value: Type) -> str:
    """A type in words; `?` where there may be no value, `??` where a schema or a condition says so."""
    parts = []
    for atom in value.atoms:
        if isinstance(atom, List):
            kind = "several" if atom.sequence else "list"
            parts.append(f"{kind}({'/'.join(dict.fromkeys(shown(atom.item).split('/')))})")
        elif isinstance(atom, Text) and atom.values is not None and len(atom.values) < 4:
            parts.append("|".join(sorted(atom.values)))
        else:
            parts.append(described(Type((atom,))).removeprefix("a ").removeprefix("an "))
    if value.any:
        parts.append("any")
    absent = "" if value.absent is None else "??" if value.absent.certain else "?"
    return "/".join(dict.fromkeys(parts)) + absent


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("number", "text"),
        ("id", "whole number"),
        ("note", "text??"),
        ("phone", "text/null??"),
        ("state", "open|paid"),
        ("lines.sku", "text/several(text)?"),
        ("lines.sku[]", "list(text)?"),
        ("[lines.sku]", "list(text)"),
        ("lines[0].sku", "text?"),
        ("lines[quantity > 1]", "object/several(object)?"),
        ("lines.price", "number/several(number)?"),
        ("lines^(>quantity).sku", "text/several(text)?"),
        ("lines#$i.$i", "whole number/several(whole number)?"),
        ("lines@$l.$l.sku", "text/several(text)?"),
        ("lines.{'s': sku}", "object/several(object)?"),
        ("lines.%.number", "text/several(text)?"),
        ("$count(lines)", "whole number"),
        ("$sum(lines.quantity)", "whole number?"),
        ("note ?? 'none'", "text/none"),
        ("phone ?? 'none'", "text/null/none"),
        ("phone ?: 'none'", "text/none"),
        ("phone ? phone", "text??"),
        ("phone ? phone : 7", "text/number"),
        ("$exists(note) ? note : number", "text"),
        ("phone != null ? phone : 'x'", "text/x"),
        ("$not($exists(note)) ? 'x' : note", "x/text"),
        ("note = 'a' ? note : 'b'", "a/b"),
        ("state = 'open' ? 1 : state = 'paid' ? 2", "number"),
        ("mood = 'good' ? 1 : mood = 'bad' ? 2", "number??"),
        ("state in ['open'] ? state : 'x'", "open/x"),
        ("$type(buyer) = 'string' ? buyer : buyer.name", "text"),
        ("$type(buyer) = 'object' ? buyer.name : buyer", "text"),
        ("$filter(lines, function($l) { $l.price }).price", "number/several(number)?"),
        ("$map(lines, function($l) { $l.sku })", "text/several(text)?"),
        ("$map(lines, function($l) { $l.sku })[]", "list(text)?"),
        ("$reduce(lines.quantity, function($a, $b) { $a + $b })", "whole number?"),
        ("$sort(lines.sku)", "list(text)?"),
        ("$distinct(lines.sku)", "text/several(text)?"),
        ("$keys($)", "text/several(text)?"),
        ("$merge([{'a': 1}, {'a': 'x'}]).a", "x"),
        ("$append(lines, 1)", "list(object/number)"),
        ("lines{sku: $sum(quantity)}", "object"),
        ("$string(id)", "text"),
        ("$number(number)", "number"),
        ("id + 1", "whole number"),
        ("id / 2", "number"),
        ("-id", "whole number"),
        ("number & note", "text"),
        ("id > 3 and paid", "true or false"),
        ("[1..3]", "list(whole number)"),
        ("($x := note; $x)", "text??"),
        ("($f := function($x) { $x.sku }; $f(lines[0]))", "text?"),
        ("number ~> $uppercase()", "text"),
        ("$lookup({'open': 'O', 'paid': 'P'}, state)", "O/P"),
        ("$lookup({'open': 'O'}, state)", "O??"),
        ("$ ~> |lines|{'sku': 'x'}|", "any"),
        ("*", "any"),
        ("$status", "whole number"),
        ("(lines.sku)[0]", "text?"),
        ("lines.ids[scheme = 'sku'].value", "text/several(text)?"),
        ("null", "null"),
        ("function($x) { $x }", "function"),
    ],
)
def test_the_type_of_a_value(text: str, expected: str) -> None:
    assert shown(inferred(text).type) == expected


@pytest.mark.parametrize(
    ("text", "kind", "place"),
    [
        ("numbr", "field", "numbr"),
        ("number.text", "field", "text"),
        ("lines.skuu", "field", "skuu"),
        ("$substring()", "arity", "$substring"),
        ("$join(lines.sku, ',', 1)", "arity", "$join"),
        ("($f := function($x) { $x }; $f(1, 2))", "arity", "$f(1"),
        ("($f := function($x) { $x + 1 }; $f())", "arity", "$f()"),
        ("number * 2", "operand", "number"),
        ("number > 2", "operand", "2"),
        ("$sum(lines.sku)", "argument", "lines.sku"),
        ("$uppercase(id)", "argument", "id"),
        ("state = 'opened'", "never", "'opened'"),
        ("id = '7'", "never", "'7'"),
        ("state in ['open', 'shut']", "never", "'shut'"),
        ("$lookup({'open': 1, 'payd': 2}, state)", "never", "'payd'"),
        ("($unread := 1; id)", "unused", "$unread"),
        ("$strng(id)", "function", "$strng"),
        ("$nowhere", "variable", "$nowhere"),
        ("$map(lines, function($l) { $l.skus })", "field", "skus"),
    ],
)
def test_what_cannot_be_right_is_told_at_its_place(text: str, kind: str, place: str) -> None:
    problems = inferred(text).problems
    assert [(problem.kind, problem.at) for problem in problems] == [(kind, text.rindex(place))]


@pytest.mark.parametrize(
    "text",
    [
        "($f := function($x) { $x.name }; [$f(buyer), $f(lines[0])])",
        "($f := function($a, $b) { $b ? $a & $b : $a }; $f('x'))",
        "phone ? $uppercase(phone)",
        "number = ''",
        "state != 'open'",
        "$eval('$x')",
        "($x := 1; $eval('$x'))",
        "($even := function($n) { $n = 0 ? true : $odd($n - 1) }; $odd := function($n) { $even($n) }; $even(id))",
        "($sum := $sum(lines.quantity); $sum)",
        "$lookup(lines, 'sku')",
        "lines[0].$sift(function($v) { $v })",
        "lines^(sku)#$i[$i < 3]",
        "lines#$i{sku: $sum($i)}",
    ],
)
def test_what_may_be_right_is_not_told(text: str) -> None:
    assert inferred(text).problems == ()


def test_offsets_begin_at_the_base() -> None:
    source = SchemaTypes(lambda address: {}[address]).type_of(ORDER, ORDER)
    problems = infer(parse_expression("numbr"), Given(source), 1000).problems
    assert [problem.at for problem in problems] == [1000]
