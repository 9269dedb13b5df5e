"""The canonical entities that the project ships."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

import jsonata
import pytest

from engine.contracts.codes import CodeTables
from engine.contracts.registry import Contract, ContractRegistry
from engine.contracts.walk import subschemas
from tests.contracts.workspace_files import workspace_files

REGISTRY = ContractRegistry.load(workspace_files())
CODES = CodeTables.load(workspace_files())
ENTITIES = [contract for contract in REGISTRY if contract.entity != "common"]
CAN_1 = {"customer", "item", "price", "inventory-position", "inventory-movement", "sales-order", "shipment", "invoice",
         "return-authorization"}  # fmt: skip

each_contract = pytest.mark.parametrize("contract", list(REGISTRY), ids=lambda contract: contract.name)
each_entity = pytest.mark.parametrize("contract", ENTITIES, ids=lambda contract: contract.name)
each_lifecycle = pytest.mark.parametrize("entity", [name for name in REGISTRY.entities if REGISTRY.lifecycle(name)])


def properties(contract: Contract) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for sub in subschemas(contract.schema.document):
        for name, schema in sub.schema.get("properties", {}).items():
            yield "/".join(map(str, (*sub.place, name))), schema


def test_every_entity_of_the_order_to_cash_process_exists() -> None:
    """CAN-1."""
    assert set(REGISTRY.entities) >= CAN_1
    assert REGISTRY.versions("sales-order") == (1, 2)


def test_no_schema_is_odd() -> None:
    assert REGISTRY.warnings == ()


@each_contract
def test_every_property_has_a_description_of_its_own(contract: Contract) -> None:
    undescribed = [place for place, schema in properties(contract) if len(schema.get("description", "")) < 15]
    assert undescribed == []
    words = [schema["description"] for _, schema in properties(contract)]
    assert all(text.endswith(".") for text in words)


@each_contract
def test_every_object_is_closed_or_bounded(contract: Contract) -> None:
    for sub in subschemas(contract.schema.document):
        if sub.schema.get("type") == "object":
            assert sub.schema.get("additionalProperties") is False or "maxProperties" in sub.schema, sub.place


@each_contract
def test_every_list_and_free_text_is_bounded(contract: Contract) -> None:
    for sub in subschemas(contract.schema.document):
        if sub.schema.get("type") == "array":
            assert "maxItems" in sub.schema, sub.place
        if sub.schema.get("type") == "string":
            assert {"maxLength", "enum", "format", "pattern"} & set(sub.schema), sub.place


@each_contract
def test_every_value_says_its_type(contract: Contract) -> None:
    for sub in subschemas(contract.schema.document):
        assert contract.entity == "common" or sub.place or sub.schema["type"] == "object"
        assert {"type", "$ref", "anyOf", "$defs"} & set(sub.schema), sub.place


@each_contract
def test_no_number_with_decimals_is_asked_for(contract: Contract) -> None:
    """Amounts, prices and quantities are text, so that no reader rounds them."""
    assert all(sub.schema.get("type") != "number" for sub in subschemas(contract.schema.document))


@each_entity
def test_every_entity_has_an_example_that_holds_it(contract: Contract) -> None:
    examples = contract.schema.document["examples"]
    assert [violation.message for example in examples for violation in contract.schema.validate(example)] == []


@each_entity
def test_every_entity_can_be_extended_within_bounds(contract: Contract) -> None:
    """CAN-4: extensions are namespaced, few and flat."""
    example = contract.schema.document["examples"][0]
    fits = {"shop:gift": "yes", "west:count": 3, "west:tags": ["a"], "west:ok": True}
    assert contract.schema.is_valid({**example, "extensions": fits})
    for bad in (
        {"gift": "no namespace"},
        {"shop:gift": {"nested": 1}},
        {"shop:gift": Decimal("1.5")},
        {"shop:gift": "x" * 501},
        {f"shop:n{number}": 1 for number in range(21)},
    ):
        assert not contract.schema.is_valid({**example, "extensions": bad}), bad


@each_entity
def test_unknown_fields_are_refused_by_name(contract: Contract) -> None:
    example = contract.schema.document["examples"][0]
    violation = contract.schema.validate({**example, "somethingElse": 1})[0]
    assert (violation.path, violation.rule) == ("somethingElse", "additionalProperties")


@pytest.mark.parametrize("name", list(REGISTRY.get("common/1").schema.document["$defs"]))
def test_every_common_definition_has_examples_that_hold_it(name: str) -> None:
    schema = REGISTRY.compile({"$ref": f"crossdock:common/1#/$defs/{name}"}, name=f"common-{name}")
    examples = REGISTRY.get("common/1").schema.document["$defs"][name]["examples"]
    assert examples
    assert [violation.message for example in examples for violation in schema.validate(example)] == []


@pytest.mark.parametrize(
    ("definition", "values"),
    [
        ("amount", [{"value": 19.9, "currency": "USD"}, {"value": "19,90", "currency": "USD"}, {"value": "19.90"}]),
        ("decimal", ["01", "1.", ".5", "1e3", "+1", "", "1\n", "\u0661"]),
        ("quantity", [{"value": "1", "unit": "EA"}, {"value": "1", "unit": {"code": "EA", "list": "ansi"}}]),
        ("unitCode", [{"code": "EA"}, {"code": "", "list": "rec20"}, {"code": "X", "list": "system:"}]),
        ("identifier", [{"scheme": "sku", "value": 7}, {"scheme": "SKU", "value": "7"}, {"value": "7"}]),
        ("instant", ["2026-03-14", "2026-03-14T09:26:53", "2026-02-30T09:26:53Z", "2026-03-14 09:26"]),
        ("localDate", ["2026-3-14", "14.03.2026", "2026-03-14T00:00:00Z", "2026-02-30"]),
        ("currency", ["usd", "US", "$"]),
    ],
)  # fmt: skip
def test_common_definitions_refuse_what_is_nearly_right(definition: str, values: list[Any]) -> None:
    schema = REGISTRY.compile({"$ref": f"crossdock:common/1#/$defs/{definition}"}, name="nearly")
    assert [value for value in values if schema.is_valid(value)] == []


def test_revision_is_what_the_second_order_version_adds() -> None:
    first, second = (REGISTRY.get(f"sales-order/{version}").schema for version in (1, 2))
    example = second.document["examples"][0]
    assert not first.is_valid(example)
    assert first.is_valid({name: value for name, value in example.items() if name != "revision"})
    assert second.validate({**example, "revision": "1"})[0].expected == "a whole number"


def test_a_blended_stock_quantity_is_no_inventory_position() -> None:
    """INV-1."""
    example = dict(REGISTRY.get("inventory-position/1").schema.document["examples"][0])
    del example["allocated"]
    assert [violation.path for violation in REGISTRY.get("inventory-position/1").schema.validate(example)] == [
        "allocated"
    ]


@each_lifecycle
def test_every_field_has_one_owner_and_every_owner_a_field(entity: str) -> None:
    """OWN-1, OWN-7."""
    newest = REGISTRY.get(f"{entity}/{REGISTRY.versions(entity)[-1]}").schema.document
    lifecycle = REGISTRY.lifecycle(entity)
    assert lifecycle is not None
    assert {path for path in newest["properties"] if lifecycle.ownership.of(path) is None} == set()
    lines = newest.get("$defs", {}).get("line", newest["properties"].get("lines", {}).get("items", {}))
    known = {"*", *newest["properties"], *(f"lines[].{name}" for name in lines.get("properties", {}))}
    assert set(lifecycle.owners) - known == set()


def test_every_entity_has_owners_and_every_status_field_one_of_its_own() -> None:
    """OWN-1."""
    for contract in ENTITIES:
        lifecycle = REGISTRY.lifecycle(contract.entity)
        assert lifecycle is not None, contract.entity
        fields = contract.schema.document["properties"]
        assert [name for name in fields if name.lower().endswith("status") and name not in lifecycle.owners] == []


@pytest.mark.parametrize(
    ("entity", "field", "owner"),
    [
        ("item", "baseUnit", "erp"),
        ("item", "description", "pim"),
        ("price", "breaks", "erp"),
        ("invoice", "totals", "erp"),
        ("credit-status", "status", "erp"),
        ("customer", "contacts", "crm"),
        ("customer", "hierarchy", "crm"),
        ("customer", "credit", "erp"),
        ("inventory-position", "onHand", "wms"),
        ("inventory-position", "available", "erp"),
        ("order-status", "milestone", "wms"),
        ("sales-order", "status", "erp"),
        ("sales-order", "promisedShipDate", "erp"),
    ],
)
def test_the_matrix_that_is_shipped(entity: str, field: str, owner: str) -> None:
    """OWN-3, OWN-4, OWN-5."""
    lifecycle = REGISTRY.lifecycle(entity)
    assert lifecycle is not None
    found = lifecycle.ownership.of(field)
    assert found is not None
    assert found.owner == owner


@each_lifecycle
def test_invariants_hold_of_the_examples(entity: str) -> None:
    lifecycle = REGISTRY.lifecycle(entity)
    assert lifecycle is not None
    documents = [contract.schema.document for contract in REGISTRY if contract.entity == entity]
    for invariant, document in itertools.product(lifecycle.invariants, documents):
        expression = jsonata.Jsonata(invariant.holds)
        assert [expression.evaluate(example) for example in document["examples"]] == [True], invariant.invariant


def test_statuses_and_milestones_have_a_row_in_their_tables() -> None:
    """CAN-7."""
    statuses = REGISTRY.get("common/1").schema.document["$defs"]["orderStatus"]["enum"]
    assert set(CODES.table("order-statuses").rows) == set(statuses)
    milestones = REGISTRY.get("order-status/1").schema.document["properties"]["milestone"]["enum"]
    assert set(CODES.table("milestones").rows) == set(milestones)
    shipment = REGISTRY.get("shipment/1").schema.document["properties"]["status"]["enum"]
    for row in CODES.table("milestones").rows.values():
        assert row[1] in (*statuses, "")
        assert row[2] in shipment


def test_units_hold_the_shared_definition_and_map_both_ways() -> None:
    unit = REGISTRY.compile({"$ref": "crossdock:common/1#/$defs/unitCode"}, name="unit")
    table = CODES.table("units")
    for key in table.rows:
        assert unit.is_valid({"code": table.lookup(key, "code"), "list": table.lookup(key, "list")})
    assert all(table.ambiguous(column) == {} for column in ("erp", "wms", "shop", "x12"))
    assert CODES.lookup("units", "CA", "code", by="x12") == "CS"  # the X12 case is no Recommendation 20 can


def test_each_warehouse_names_the_system_that_serves_it() -> None:
    """ORD-7: which system gets a release is one line of a table."""
    assert CODES.lookup("warehouses", "EAST", "system") == CODES.lookup("warehouse-system", "EAST") == "wms-east"
    assert CODES.lookup("warehouse-system", "NOWHERE") is None


def test_identifiers_in_tables_keep_their_leading_zeros() -> None:
    assert CODES.lookup("skus", "WIDGET-1", "gtin") == "00012345678905"
