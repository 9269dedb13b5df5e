"""Expressions, templates and mapping references keep their text and its place."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.config.findings import Findings
from engine.config.yaml import load_yaml
from engine.fields.expressions import Expr, MappingRef, Template
from engine.fields.marks import Mark, Text
from engine.fields.scalar import BadScalar


def test_yaml_literals_are_the_same_in_jsonata() -> None:
    assert [Expr.parse(value).text for value in (True, False, 5, Decimal("19.90"))] == ["true", "false", "5", "19.90"]


@pytest.mark.parametrize("value", ["", "  \n", None, [], {}])
def test_an_expression_is_not_empty(value: object) -> None:
    with pytest.raises(BadScalar) as raised:
        Expr.parse(value)
    assert raised.value.type == "XD301"


def test_template_is_literal_texts_and_holes() -> None:
    template = Template.parse("/orders/{orderId}/{{x}}/{ $lookup('a}', {'b': 1}) }")
    assert template.parts == ("/orders/", Expr("orderId"), "/{x}/", Expr(" $lookup('a}', {'b': 1}) "))
    assert template.literal is None
    assert Template.parse("a{{b").literal == "a{b"


@pytest.mark.parametrize("text", ["{a", "a}", "{}", "{ }", "{'a}", 5])
def test_broken_templates_are_refused(text: object) -> None:
    with pytest.raises(BadScalar) as raised:
        Template.parse(text)
    assert raised.value.type == "XD302"


def test_what_the_environment_filled_in_is_literal() -> None:
    """A secret that holds a brace is no hole."""
    template = Template.parse(Text("k={p{q}/{x}", filled=((2, 7),)))
    assert template.parts == ("k={p{q}/", Expr("x"))


def test_mapping_is_a_file_fields_or_an_expression() -> None:
    assert MappingRef.parse("order-to-canonical.jsonata").file == "order-to-canonical.jsonata"
    assert MappingRef.parse("lines[0]").expr == Expr("lines[0]")
    fields = MappingRef.parse({"customer": {"id": "customer.id"}, "tags": ["a", 5]})
    assert dict(fields.expressions()) == {
        ("customer", "id"): Expr("customer.id"),
        ("tags", 0): Expr("a"),
        ("tags", 1): Expr("5"),
    }
    for wrong in (5, None, ["a"], {"a": None}):
        with pytest.raises(BadScalar):
            MappingRef.parse(wrong)


def test_position_in_a_block_is_a_position_in_the_file() -> None:
    source = "a:\n  when: |\n    status = 1\n      and nme\n  path: '/x/{ wrong }'\n"
    node = load_yaml(source, "f.yaml", Findings())
    assert node is not None
    when, path = Expr.parse(node.value["a"]["when"]), Template.parse(node.value["a"]["path"])
    assert when.origin is not None
    assert when.origin.at_line(2, 7) == Mark("f.yaml", 4, 11)
    assert when.origin.at(when.text.index("nme")) == Mark("f.yaml", 4, 11)
    hole = path.expressions[0]
    assert hole.origin is not None
    assert hole.origin.at(1) == Mark("f.yaml", 5, 15)


@given(st.text(alphabet="{}'\"`\\ a"))
def test_any_text_is_a_template_or_refused(text: str) -> None:
    try:
        template = Template.parse(text)
    except BadScalar:
        return
    assert all(template.parts)
