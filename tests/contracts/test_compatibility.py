"""What a change of a contract means for readers and writers (CAN-3)."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.contracts.compatibility import changes, is_compatible

ORDER: Mapping[str, Any] = {
    "$id": "crossdock:order/1",
    "type": "object",
    "additionalProperties": False,
    "required": ["number", "lines"],
    "properties": {
        "number": {"type": "string", "maxLength": 20},
        "description": {"type": "string"},
        "status": {"enum": ["new", "booked"]},
        "amount": {"$ref": "crossdock:common/1#/$defs/amount"},
        "lines": {"type": "array", "minItems": 1, "items": {"$ref": "#/$defs/line"}},
        "party": {"anyOf": [{"type": "string"}, {"type": "object"}]},
        "extra": {"type": "object", "additionalProperties": {"type": "string"}},
    },
    "$defs": {
        "line": {
            "type": "object",
            "additionalProperties": False,
            "required": ["sku"],
            "properties": {
                "sku": {"type": "string", "pattern": "^[A-Z]+$"},
                "pieces": {"type": ["integer", "null"]},
                "parts": {"type": "array", "items": {"$ref": "#/$defs/line"}},
            },
        }
    },
}
COMMON = {
    "$defs": {"amount": {"type": "object", "properties": {"value": {"type": "string"}}}, "day": {"type": "string"}}
}


def resolve(uri: str) -> Mapping[str, Any]:
    return {"crossdock:common/1": COMMON}[uri]


def after(*path: str, to: Any = None, remove: bool = False) -> dict[str, Any]:
    """The order's schema with one place changed."""
    new = deepcopy(dict(ORDER))
    place: Any = new
    for key in path[:-1]:
        place = place[key]
    if remove:
        del place[path[-1]]
    else:
        place[path[-1]] = to
    return new


def found(new: Mapping[str, Any]) -> list[tuple[str, str]]:
    changed = changes(ORDER, new, old_resolve=resolve, new_resolve=resolve)
    return [(str(change), " and ".join(sorted(change.breaks))) for change in changed]


LINE = ("$defs", "line", "properties")


@pytest.mark.parametrize(
    ("new", "expected"),
    [
        (after("title", to="Order"), []),
        (after("properties", "number", "description", to="Its number."), []),
        (after("properties", "number", "x-maps", to={"ubl": "ID"}), []),
        (after("properties", "note", to={"type": "string"}), [("'note' is new", "")]),
        (after(*LINE, "color", to={"type": "string"}), [("'lines[].color' is new", "")]),
        (after("properties", "number", remove=True), [("'number' is gone", "readers and writers")]),
        (after("properties", "description", remove=True), [("'description' is gone", "readers and writers")]),
        (after("required", to=["number"]), [("'lines' is no longer required", "readers")]),
        (after("required", to=["number", "lines", "status"]), [("'status' is required now", "writers")]),
        (
            after(*LINE, "pieces", "type", to="integer"),
            [("'lines[].pieces' was integer or null and is integer", "writers")],
        ),
        (
            after(*LINE, "pieces", "type", to=["number", "null"]),
            [("'lines[].pieces' was integer or null and is null or number", "readers")],
        ),
        (
            after("properties", "number", "type", to="integer"),
            [("'number' was string and is integer", "readers and writers")],
        ),
        (
            after("properties", "status", "enum", to=["new", "booked", "paid"]),
            [("'status' was one of 'new', 'booked' and is one of 'new', 'booked', 'paid'", "readers")],
        ),
        (
            after("properties", "status", "enum", to=["new"]),
            [("'status' was one of 'new', 'booked' and is one of 'new'", "writers")],
        ),
        (
            after("properties", "status", to={}),
            [("'status' was one of 'new', 'booked' and is one of any value", "readers")],
        ),
        (
            after("properties", "number", "maxLength", to=10),
            [("'number' was of maxLength 20 and is of maxLength 10", "writers")],
        ),
        (
            after("properties", "number", "maxLength", remove=True),
            [("'number' was of maxLength 20 and is without maxLength", "readers")],
        ),
        (
            after("properties", "lines", "minItems", to=0),
            [("'lines' was of minItems 1 and is of minItems 0", "readers")],
        ),
        (
            after(*LINE, "sku", "pattern", to="^[a-z]+$"),
            [
                (
                    "'lines[].sku' was of pattern '^[A-Z]+$' and is of pattern '^[a-z]+$'",
                    "readers and writers",
                )
            ],
        ),
        (after("additionalProperties", to=True), [("the document was closed and is open", "readers")]),
        (
            after("properties", "extra", "additionalProperties", to=False),
            [("'extra' was open to fields of one kind and is closed", "writers")],
        ),
        (
            after("properties", "extra", "additionalProperties", "type", to="integer"),
            [("'extra.*' was string and is integer", "readers and writers")],
        ),
        (
            after("properties", "party", "anyOf", to=[{"type": "string"}]),
            [("'party' was 2 schemas of anyOf and is 1 schemas of anyOf", "writers")],
        ),
        (
            after("properties", "party", "anyOf", to=[{"type": "string"}, {"type": "object"}, {"type": "null"}]),
            [("'party' was 2 schemas of anyOf and is 3 schemas of anyOf", "readers")],
        ),
        (after("properties", "description", to=False), [("'description' was something and is nothing", "writers")]),
        (after("properties", "amount", to={"type": "object", "properties": {"value": {"type": "string"}}}), []),
        (
            after("properties", "amount", "$ref", to="crossdock:common/1#/$defs/day"),
            [
                ("'amount' was object and is string", "readers and writers"),
                ("'amount.value' is gone", "readers"),
            ],
        ),
    ],
)
def test_who_breaks_by_a_change(new: Mapping[str, Any], expected: list[tuple[str, str]]) -> None:
    assert found(new) == expected
    changed = changes(ORDER, new, old_resolve=resolve, new_resolve=resolve)
    assert is_compatible(changed) == all(not breaks for _, breaks in expected)


def test_a_change_stands_where_the_schema_has_it() -> None:
    new = after(*LINE, "pieces", "type", to="integer")
    (change,) = changes(ORDER, new, old_resolve=resolve, new_resolve=resolve)
    assert change.place == ("$defs", "line", "properties", "pieces")


def test_shared_definitions_are_compared_by_name() -> None:
    new = deepcopy(COMMON)
    new["$defs"]["amount"]["properties"]["value"] = {"type": "number"}
    del new["$defs"]["day"]
    changed = changes(COMMON, new, old_resolve=resolve, new_resolve=resolve)
    assert [str(change) for change in changed] == ["'amount.value' was string and is number", "'day' is gone"]


def test_a_reference_that_leads_nowhere_is_compared_as_it_is() -> None:
    old = {"properties": {"a": {"$ref": "crossdock:gone/1"}}}
    new = {"properties": {"a": {"$ref": "crossdock:lost/1", "type": "string"}}}
    assert changes(old, old, old_resolve=resolve, new_resolve=resolve) == ()
    assert not is_compatible(changes(old, new, old_resolve=resolve, new_resolve=resolve))


scalars = st.sampled_from(["a", "b", "", 1, 2, 30, None, True, "abc"])
schemas = st.recursive(
    st.one_of(
        st.builds(lambda kind: {"type": kind}, st.sampled_from(["string", "integer", "number", "null", "boolean"])),
        st.builds(lambda values: {"enum": values}, st.lists(scalars, min_size=1, max_size=3, unique_by=repr)),
        st.builds(lambda low: {"type": "integer", "minimum": low}, st.integers(0, 3)),
        st.builds(lambda most: {"type": "string", "maxLength": most}, st.integers(0, 3)),
    ),
    lambda inner: st.one_of(
        st.builds(
            lambda fields, needed, closed: {
                "type": "object",
                "properties": fields,
                "required": sorted(set(fields) & needed),
                "additionalProperties": not closed,
            },
            st.dictionaries(st.sampled_from("xyz"), inner, max_size=2),
            st.sets(st.sampled_from("xyz")),
            st.booleans(),
        ),
        st.builds(lambda items: {"type": "array", "items": items}, inner),
    ),
    max_leaves=4,
)
documents = st.recursive(
    scalars,
    lambda inner: st.one_of(st.dictionaries(st.sampled_from("xyz"), inner, max_size=2), st.lists(inner, max_size=2)),
    max_leaves=4,
)


@given(schemas, schemas, documents)
@settings(max_examples=400, deadline=None)
def test_what_old_writers_send_is_taken_where_no_writer_breaks(old: Any, new: Any, document: Any) -> None:
    """CAN-3: an old producer with a new consumer."""
    changed = changes(old, new, old_resolve=resolve, new_resolve=resolve)
    if jsonschema_rs.is_valid(old, document) and not any("writers" in change.breaks for change in changed):
        gained = [change for change in changed if change.kind == "added"]
        assert gained or jsonschema_rs.is_valid(new, document), changed


@given(schemas, schemas, documents)
@settings(max_examples=400, deadline=None)
def test_what_new_writers_send_is_taken_by_old_readers_where_no_reader_breaks(
    old: Any, new: Any, document: Any
) -> None:
    """CAN-3: an old consumer with a new producer; a field more is what it passes over."""
    changed = changes(old, new, old_resolve=resolve, new_resolve=resolve)
    if jsonschema_rs.is_valid(new, document) and not any("readers" in change.breaks for change in changed):
        gained = [change for change in changed if change.kind == "added"]
        assert gained or jsonschema_rs.is_valid(old, document), changed
