"""Explanations of a result, field by field."""

from __future__ import annotations

from typing import Any

from engine.jsonata import MISSING, Origin, compile_expression, explain

MAPPING = """{
  "id": order.id,
  "customer": {"name": first & " " & last},
  "lines": order.lines[qty > 0].{"sku": sku, "net": qty * price, "note": note},
  "kind": order.rush ? "rush" : "normal",
  "tags": [{"t": order.id}, "x"]
}"""
DATA = {
    "first": "Bob",
    "last": "Norman",
    "order": {"id": 7, "rush": True, "lines": [{"sku": "A", "qty": 2, "price": 3}, {"sku": "B", "qty": 1, "price": 5}]},
}


def _explained() -> dict[str, Any]:
    expression = compile_expression(MAPPING, origin=Origin("order.jsonata"))
    return {field.target: field for field in explain(expression, DATA)}


def test_every_field_of_the_result_is_explained() -> None:
    fields = _explained()
    assert {target: field.value for target, field in fields.items()} == {
        "id": 7,
        "customer.name": "Bob Norman",
        "lines[0].sku": "A",
        "lines[0].net": 6,
        "lines[1].sku": "B",
        "lines[1].net": 5,
        "kind": "rush",
        "tags[0].t": 7,
        "tags[1]": "x",
    }


def test_a_field_names_its_expression_its_place_and_what_it_read() -> None:
    fields = _explained()
    net = fields["lines[1].net"]
    assert (net.expression, net.line, net.column) == ("qty * price", 4, 53)
    assert dict(net.sources) == {"order.lines[1].qty": 1, "order.lines[1].price": 5}
    assert fields["customer.name"].sources == (("first", "Bob"), ("last", "Norman"))
    assert fields["kind"].sources == (("order.rush", True),)


def test_one_item_is_explained_without_an_index() -> None:
    expression = compile_expression('{"line": lines.{"sku": sku}}')
    (field,) = explain(expression, {"lines": [{"sku": "A"}]})
    assert (field.target, field.value, field.sources) == ("line.sku", "A", (("lines[0].sku", "A"),))


def test_variables_are_followed() -> None:
    expression = compile_expression('($o := order; {"id": $o.id, "shop": $saved.shop})')
    fields = {field.target: field for field in explain(expression, {"order": {"id": 1}}, {"saved": {"shop": "s"}})}
    assert fields["shop"].sources == (("$saved.shop", "s"),)
    assert fields["id"].sources == (("$o.id", 1),)


def test_a_source_that_is_not_there_is_told_from_one_that_is_null() -> None:
    expression = compile_expression('{"city": $string(town ? town) & $string(village ? village)}')
    (field,) = explain(expression, {"town": None})
    assert field.sources == (("town", None), ("village", MISSING))


def test_a_function_of_the_mapping_hides_one_of_the_language() -> None:
    expression = compile_expression('($sum := function($v) { $v & "!" }; {"lines": lines.{"id": $sum(id)}})')
    assert expression.evaluate({"lines": [{"id": "a"}]}) == {"lines": {"id": "a!"}}
    assert [field.value for field in explain(expression, {"lines": [{"id": "a"}]})] == ["a!"]
