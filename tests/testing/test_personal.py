"""Personal data is found by what schemas declare and by usual names, and gets the same pseudonym everywhere."""

from __future__ import annotations

from typing import Any

from engine.contracts.schema import CompiledSchema
from engine.testing.personal import Pseudonyms


def no_other(uri: str) -> Any:
    raise LookupError(uri)


def masked(document: Any, schema: Any = None, *, keep: tuple[str, ...] = ()) -> Any:
    pseudonyms = Pseudonyms(frozenset(keep))
    compiled = CompiledSchema.compile(schema, name="it", resolve=no_other) if schema is not None else None
    pseudonyms.learn(document, compiled)
    return pseudonyms.masked(document)


def test_fields_with_usual_names_are_masked() -> None:
    order = {
        "orderNumber": "4711",
        "email": "ann@shop.example",
        "customer": {"first_name": "Annabel", "name": "Smith & Sons", "phone": "+1 (510) 555-7788", "id": 6940551201},
        "shipTo": {"address1": "1200 Harbor Way", "city": "Oakland", "zip": "94607-1", "country": "US"},
        "lines": [{"sku": "W-1", "name": "Widget, blue", "quantity": 2}],
    }
    assert masked(order) == {
        "orderNumber": "4711",
        "email": "person1@example.com",
        "customer": {"first_name": "Name 1", "name": "Name 2", "phone": "+5 (555) 555-5501", "id": 6940551201},
        "shipTo": {"address1": "1 Example Street", "city": "Town 1", "zip": "55550-1", "country": "US"},
        "lines": [{"sku": "W-1", "name": "Widget, blue", "quantity": 2}],
    }


def test_a_value_has_one_pseudonym_wherever_it_stands() -> None:
    pseudonyms = Pseudonyms()
    pseudonyms.learn({"customer": {"name": "Northwind Supply"}, "contact": {"email": "dana@example.org"}})
    assert pseudonyms.masked("Deliver to NORTHWIND SUPPLY, write to dana@example.org") == (
        "Deliver to NAME 1, write to person1@example.com"
    )
    assert pseudonyms.masked({"ShipToName": "northwind supply"}) == {"ShipToName": "Name 1"}
    assert pseudonyms.masked(["Northwind Supplying", 12, None]) == ["Northwind Supplying", 12, None]
    assert pseudonyms.count == 2


def test_mail_addresses_are_masked_under_any_name() -> None:
    assert masked({"note": "ask ann@shop.example or bob@shop.example"}) == {
        "note": "ask person1@example.com or person2@example.com"
    }


def test_schemas_declare_what_is_personal_and_what_is_not() -> None:
    schema = {
        "type": "object",
        "properties": {
            "buyer": {
                "type": "object",
                "properties": {"name": {"x-personal": "none"}, "taxId": {"x-personal": "text"}},
            },
            "signers": {"type": "array", "items": {"$ref": "#/$defs/signer"}},
        },
        "$defs": {"signer": {"type": "object", "properties": {"alias": {"x-personal": "name"}}}},
    }
    document = {"buyer": {"name": "ACME Corporation", "taxId": "DE-55-1234"}, "signers": [{"alias": "Big Joe"}]}
    assert masked(document, schema) == {
        "buyer": {"name": "ACME Corporation", "taxId": "TEXT 1"},
        "signers": [{"alias": "Name 1"}],
    }


def test_a_field_can_be_kept() -> None:
    assert masked({"shipTo": {"city": "Oakland"}}, keep=("city",)) == {"shipTo": {"city": "Oakland"}}
