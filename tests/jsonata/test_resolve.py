"""The tree: typed nodes with children and places."""

from __future__ import annotations

import pytest

from engine.jsonata import ExpressionSyntaxError, Origin, ast, compile_expression
from engine.jsonata.resolve import parse_expression


def test_a_path_is_flat_and_its_filters_are_stages_of_steps() -> None:
    tree = parse_expression("order.lines[qty > 1][0].sku")
    assert isinstance(tree, ast.Path)
    assert [step.expression.type for step in tree.steps] == ["Name", "Name", "Name"]
    assert [len(step.stages) for step in tree.steps] == [0, 2, 0]


def test_every_node_has_a_type_children_and_a_place() -> None:
    source = '($f := function($x)<n:n>{ $x + 1 }; lines^(>price){sku: $sum(qty)} ~> |a|{"b": 1}, "c"|)'
    for node in parse_expression(source).walk():
        assert node.type
        assert 0 <= node.start <= node.at <= len(source)
        assert node.start <= node.end <= len(source)
        for child in node.children():
            assert isinstance(child, ast.Node)


def test_nodes_cannot_be_changed() -> None:
    tree = parse_expression("a.b")
    with pytest.raises(AttributeError):
        tree.start = 5  # type: ignore[misc]


def test_the_parent_names_the_step_that_it_stands_for() -> None:
    tree = parse_expression("orders.lines.{'order': %.id}")
    assert isinstance(tree, ast.Path)
    (parent,) = [node for node in tree.walk() if isinstance(node, ast.Parent)]
    assert [step.ancestor for step in tree.steps] == [None, parent.label, None]


def test_mistakes_are_placed_in_the_file_of_the_expression() -> None:
    with pytest.raises(ExpressionSyntaxError) as caught:
        compile_expression('{\n  "a": 1 +\n}', origin=Origin("flows/order.yaml", 14, 9, indent=6))
    error = caught.value
    assert (error.code, error.line, error.column) == ("S0211", 16, 7)
    assert str(error).startswith("flows/order.yaml:16:7 S0211 ")


@pytest.mark.parametrize("depth", [400, 20_000])
def test_absurd_nesting_is_a_mistake_and_no_crash(depth: int) -> None:
    for opening, closing in (("(", ")"), ("[", "]"), ("-", "")):
        with pytest.raises(ExpressionSyntaxError) as caught:
            compile_expression(opening * depth + "1" + closing * depth)
        assert caught.value.code == "S0501"
