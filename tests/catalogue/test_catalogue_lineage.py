"""The way of a field from system to canonical to system is found in the mappings (OBS-12)."""

from __future__ import annotations

from engine.catalogue.lineage import lineage_of, made_in_flow
from tests.catalogue.workspaces import reference


def test_a_field_comes_from_every_channel_and_goes_to_the_systems_that_are_asked() -> None:
    into, out = lineage_of(reference()).of_entity("sales-order/2")["customerReference"]
    sources = {way.interface: way.outside for way in into}
    assert sources["shop.order-created"] == ("po_number",)
    assert sources["crm.order-approved"] == ("order.PoNumber",)
    targets = {way.interface: way.outside for way in out}
    assert targets["erp.create-order"] == ("customerOrder",)
    assert targets["wms-west.release"] == ("ShipOrder.CustPo",)


def test_each_way_names_the_file_of_its_mapping() -> None:
    into, _ = lineage_of(reference()).of_entity("sales-order/2")["customerReference"]
    files = {way.interface: way.file for way in into}
    assert files["shop.order-created"] == "flows/systems/shop/order-to-canonical.jsonata"
    assert all(way.file in reference().bundle for way in (*lineage_of(reference()).into, *lineage_of(reference()).out))


def test_fields_in_a_requests_address_are_ways_too() -> None:
    _, out = lineage_of(reference()).of_entity("shipment/1")["orderNumber"]
    assert {way.interface: way.outside for way in out}["shop.create-fulfilment"][0] == "(path)"


def test_replies_make_fields() -> None:
    into, _ = lineage_of(reference()).of_entity("credit-status/1")["status"]
    assert [way.interface for way in into] == ["erp.credit-status:reply"]


def test_a_fixed_value_has_no_source() -> None:
    into, _ = lineage_of(reference()).of_entity("sales-order/2")["channel"]
    assert next(way.outside for way in into if way.interface == "shop.order-created") == ()


def test_what_a_flow_makes_itself_is_told() -> None:
    made = {(step, field): sources for step, field, sources in made_in_flow(reference(), "order-to-erp")}
    assert "shipTo.address.region" in made["transform", "the payload"]
    assert "$saved.booking.ids" in made["publish order.booked", "the payload"]
