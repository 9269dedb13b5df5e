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
    assert fields["id"].sources == (("order.id", 1),)


def test_a_source_that_is_not_there_is_told_from_one_that_is_null() -> None:
    expression = compile_expression('{"city": $string(town ? town) & $string(village ? village)}')
    (field,) = explain(expression, {"town": None})
    assert field.sources == (("town", None), ("village", MISSING))


def test_a_function_of_the_mapping_hides_one_of_the_language() -> None:
    expression = compile_expression('($sum := function($v) { $v & "!" }; {"lines": lines.{"id": $sum(id)}})')
    assert expression.evaluate({"lines": [{"id": "a"}]}) == {"lines": {"id": "a!"}}
    assert [field.value for field in explain(expression, {"lines": [{"id": "a"}]})] == ["a!"]


SHOP = """(
  $order := $;
  $amount := function($value) { {"value": $value, "currency": $order.currency} };
  $buyer := customer ? {"scheme": "id", "value": customer.id} : {"scheme": "mail", "value": mail};
  {
    "buyers": [$buyer],
    "lines": [items[quantity > 0]#$i.(
      $item := $;
      {"number": $i + 1, "net": $amount(price * quantity), "sku": $item.sku, "seller": $$.seller}
    )],
    "parties": [billing ? $amount(billing.sum), delivery ? $amount(delivery.sum)],
    "fees": [fees.{"sum": $}],
    "codes": [$lookup(table, items[1].sku).{"code": $}],
    "none": [],
    "nothing": {}
  }
)"""
SHOP_ORDER = {
    "currency": "USD",
    "seller": "ACME",
    "customer": {"id": 7},
    "billing": {"sum": 1},
    "items": [{"quantity": 0, "sku": "X"}, {"quantity": 2, "price": 3, "sku": "A"}],
    "table": {"A": "a"},
}


def _shop(target: str) -> Any:
    expression = compile_expression(SHOP)
    return next(field for field in explain(expression, SHOP_ORDER) if field.target == target)


def test_every_value_of_the_output_is_explained_once() -> None:
    fields = explain(compile_expression(SHOP), SHOP_ORDER)
    assert {field.target: field.value for field in fields} == {
        "buyers[0].scheme": "id",
        "buyers[0].value": 7,
        "lines[0].number": 1,
        "lines[0].net.value": 6,
        "lines[0].net.currency": "USD",
        "lines[0].sku": "A",
        "lines[0].seller": "ACME",
        "parties[0].value": 1,
        "parties[0].currency": "USD",
        "fees": [],
        "codes[0].code": "a",
        "none": [],
        "nothing": {},
    }


def test_a_value_from_a_function_is_traced_to_its_argument() -> None:
    net = _shop("lines[0].net.value")
    assert (net.expression, net.line) == ("price * quantity", 9)
    assert net.sources == (("items[1].price", 3), ("items[1].quantity", 2))
    assert _shop("lines[0].net.currency").sources == (("currency", "USD"),)


def test_an_item_is_named_by_its_index_in_the_source_though_others_are_filtered_out() -> None:
    assert _shop("lines[0].sku").sources == (("items[1].sku", "A"),)
    assert _shop("lines[0].number").sources == (("$i", 0),)


def test_the_whole_document_and_what_is_looked_up_are_traced_to_the_source() -> None:
    assert _shop("lines[0].seller").sources == (("seller", "ACME"),)
    assert _shop("codes[0].code").sources == (("items.sku", ["X", "A"]), ("table", {"A": "a"}))


def test_a_variable_is_explained_by_what_it_was_bound_to() -> None:
    assert (_shop("buyers[0].value").expression, _shop("buyers[0].value").sources) == (
        "customer.id",
        (("customer.id", 7),),
    )
    rebound = compile_expression('($n := a; $n := $n + 1; {"x": $n})')
    (field,) = explain(rebound, {"a": 1})
    assert (field.value, field.expression, field.sources) == (2, "$n + 1", (("a", 1),))
