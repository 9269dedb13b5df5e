"""The fields of a mapping's target, and which of them a run has set."""

from __future__ import annotations

from typing import Any

from engine.flow.mapping import Constant, ExpressionMapping, FieldsMapping, ItemsMapping, Mapping
from engine.jsonata import EvaluationContext, compile_expression
from engine.testing.points import Point
from engine.testing.target_fields import WatchedMapping, target_fields


def made_by(text: str) -> Mapping:
    return ExpressionMapping(compile_expression(text))


def reached(mapping: Mapping, data: Any) -> set[str]:
    seen: list[Point] = []
    points = {path: Point("fields", "system:x", "m", ".".join(path)) for path in target_fields(mapping)}
    watched = WatchedMapping(mapping, points, seen.append)
    assert watched(data, {}, EvaluationContext()) == mapping(data, {}, EvaluationContext())
    return {point.name for point in seen}


def test_objects_have_the_fields_that_they_write() -> None:
    mapping = made_by('{"a": x, "lines": items.{"sku": s, "qty": q}[], "by": {code: n}}')
    assert target_fields(mapping) == [("a",), ("lines", "sku"), ("lines", "qty"), ("by", "*")]
    assert target_fields(made_by("items")) == []


def test_trees_of_fields_are_followed() -> None:
    mapping = FieldsMapping(
        (("kind", Constant("x")), ("to", made_by('{"name": n}')), ("ids", ItemsMapping((made_by('{"id": i}'),))))
    )
    assert target_fields(mapping) == [("kind",), ("to", "name"), ("ids", "id")]


def test_fields_are_reached_by_what_is_set() -> None:
    mapping = made_by('{"a": x, "b": y, "lines": items.{"sku": s, "qty": q}[]}')
    assert reached(mapping, {"x": None}) == {"a"}
    assert reached(mapping, {"y": 1, "items": [{"s": "A"}, {"q": 2}]}) == {"b", "lines.sku", "lines.qty"}
    assert reached(mapping, {"items": []}) == set()


def test_a_name_that_only_the_data_knows_is_reached_by_any() -> None:
    mapping = made_by("{code: n}")
    assert reached(mapping, {"code": "EA", "n": 1}) == {"*"}
