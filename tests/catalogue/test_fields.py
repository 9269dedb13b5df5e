"""The fields of entities, with what other standards call them."""

from __future__ import annotations

import pytest

from engine.catalogue.fields import counterparts_of, fields_of
from tests.catalogue.workspaces import reference

DOCUMENTS = ("customer", "inventory-movement", "inventory-position", "invoice", "item", "price", "return-authorization",
             "sales-order", "shipment")  # fmt: skip
"""The entities that have counterparts elsewhere; the others are words between our own flows."""


def newest(entity: str) -> str:
    return f"{entity}/{reference().contracts.versions(entity)[-1]}"


def test_fields_are_told_with_their_place_kind_and_counterparts() -> None:
    contract = reference().contracts.get("sales-order/2")
    rows = {row.path: row for row in fields_of(contract, reference().contracts)}
    assert rows["orderNumber"].required
    assert rows["orderNumber"].maps["ubl"] == "Order/SalesOrderID"
    assert rows["customerReference"].maps["x12"] == "BEG03"
    assert rows["lines[]"].kind == "list of object"
    assert not rows["lines[]"].inherited
    assert "lines[].quantity.value" in rows
    assert rows["paymentStatus"].kind.startswith("unpaid, ")


def test_a_field_without_counterparts_of_its_own_has_those_of_its_definition() -> None:
    contract = reference().contracts.get("sales-order/2")
    rows = {row.path: row for row in fields_of(contract, reference().contracts)}
    assert rows["ids[]"].inherited
    assert rows["ids[]"].maps["x12"] == "REF01 and REF02"


@pytest.mark.parametrize("entity", DOCUMENTS)
def test_every_document_says_what_ubl_or_x12_call_it(entity: str) -> None:
    maps = counterparts_of(reference().contracts.get(newest(entity)))
    assert {"ubl", "x12"} & set(maps)


@pytest.mark.parametrize("entity", DOCUMENTS)
def test_most_top_level_fields_have_a_counterpart(entity: str) -> None:
    contract = reference().contracts.get(newest(entity))
    top = [row for row in fields_of(contract, reference().contracts) if "." not in row.path]
    with_counterpart = [row.path for row in top if row.maps]
    assert len(with_counterpart) >= len(top) * 0.6, sorted({row.path for row in top} - set(with_counterpart))
