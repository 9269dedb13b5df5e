"""Orders of three channels are checked, booked, released, picked and shipped."""

from __future__ import annotations

import time

from tests.flows.orders import crm_order, order_file, shared_shop_order, shop_order
from tests.flows.running import Running


def test_web_shop_order_of_the_vendor_documentation_goes_all_the_way(distributor: Running) -> None:
    """ORD-1, ORD-4, ORD-5, ORD-7, ORD-9."""
    answered = distributor.shop_order(shared_shop_order(), "shared-1001")
    assert answered.status == 200
    transaction = distributor.until_shipped("1001")
    assert [passed["name"] for passed in transaction["milestones"]] == [
        "received", "validated", "booked", "released", "picked", "shipped",
    ]  # fmt: skip
    booked = distributor.erp_order("1001")
    assert booked["account"] == "shop-customer:207119551"
    assert booked["total"] == "409.94"
    assert [(p["article"], p["quantity"], p["price"], p["warehouse"]) for p in booked["positions"]] == [
        ("IPOD2008GREEN", "1", "199.00", "W01"),
        ("IPOD2008RED", "1", "199.00", "W01"),
        ("IPOD2008BLACK", "1", "199.00", "W01"),
    ]
    assert len(distributor.effects("erp", "create-order", '"1001"')) == 1
    assert len(distributor.effects("wms-east", "release", '"1001"')) == 1
    assert not distributor.effects("wms-west", "ship-order", "/1001")


def test_every_message_of_an_order_ends_and_the_original_is_kept(distributor: Running) -> None:
    """ORD-1: the source document is kept for audit."""
    order = shop_order(2101)
    receipt = distributor.shop_order(order, "kept-2101")
    transaction = distributor.until_shipped("2101")
    assert {message["state"] for message in transaction["messages"]} == {"completed"}
    kept = distributor.message(receipt.body["messages"][0])
    assert '"order_number": 2101' in kept["payload"]
    assert kept["answer"] is None


def test_crm_order_is_split_over_the_warehouses_it_names(distributor: Running) -> None:
    """ORD-1, ORD-7, ORD-13: each warehouse is told in its own words."""
    assert distributor.crm_order(crm_order("00003101")).status == 202
    transaction = distributor.until_shipped("00003101", shipments=2)
    assert {key["kind"]: key["value"] for key in transaction["businessKeys"]}["customer-po"] == "4500017733"
    east = distributor.sandbox.state("wms-east")["releases"]["00003101"]
    west = distributor.sandbox.state("wms-west")["orders"]["00003101"]
    assert east["lines"] == [{"lineNo": 1, "itemCode": "WIDGET-1", "qty": 40, "uom": "EACH"}]
    assert west["Details"] == [{"LineNbr": "00002", "Sku": "CABLE2M", "OrdQty": "5.000", "Uom": "EACH"}]
    assert distributor.erp_order("00003101")["terms"] == "N30"


def test_order_file_of_the_branches_becomes_one_order_each(distributor: Running) -> None:
    """ORD-1; ARC-8 for files: a legacy system that only writes files takes part."""
    drop = distributor.files / "ORD20261102.csv"
    drop.write_bytes(order_file("L009101", "L009102"))
    distributor.until_shipped("L009101", shipments=2)
    distributor.until_shipped("L009102")
    booked = distributor.erp_order("L009101")
    assert booked["name"] == "Müller Supply"
    assert [(p["article"], p["quantity"], p.get("price"), p["warehouse"]) for p in booked["positions"]] == [
        ("W-0001", "24", "19.90", "W01"),
        ("B-0008", "400", None, "W02"),
    ]
    assert distributor.erp_order("L009102")["positions"][0]["warehouse"] == "W02"
    assert (distributor.files / "done").is_dir()
    assert not drop.exists()


def test_pick_and_ship_events_reach_erp_crm_and_shop(distributor: Running) -> None:
    """ORD-8, ORD-9."""
    distributor.shop_order(shop_order(2102), "told-2102")
    distributor.until_shipped("2102")
    booked = distributor.erp_order("2102")
    assert booked["state"] == "SHIPPED"
    assert [step["milestone"] for step in booked["progress"]] == ["picked"]
    assert distributor.crm_statuses("2102") == ["Confirmed", "In Fulfillment", "Shipped"]
    fulfillments = distributor.sandbox.state("shop")["fulfillments"]
    mine = [fulfillment for place, fulfillment in fulfillments.items() if place.startswith("2102/")]
    assert [(f["line_items"], f["tracking_company"]) for f in mine] == [
        ([{"sku": "WIDGET-1", "quantity": 2}], "Fast Freight")
    ]


def test_who_hears_of_a_booked_order_is_no_matter_of_who_books_it(distributor: Running) -> None:
    """ORD-6: CRM and mailer subscribe to a topic; the booking flow names neither."""
    distributor.shop_order(shop_order(2103), "heard-2103")
    transaction = distributor.until_shipped("2103")
    flow = (distributor.workspace / "flows/process/order-to-erp.yaml").read_text()
    assert "crm.upsert" not in flow
    assert "mailer" not in flow
    copies = [m["channel"] for m in transaction["messages"] if m["source"] == "topic:order.booked"]
    assert sorted(copies) == ["flow:order-confirmation", "flow:order-status-to-crm", "topic:order.booked"]
    mails = distributor.sandbox.state("mailer")["messages"].values()
    assert [mail["to"] for mail in mails if mail["values"].get("order") == "2103"] == ["dana@northwind.example"]


def test_a_slow_erp_does_not_keep_the_shop_waiting(distributor: Running) -> None:
    """ORD-3: the shop is answered when the order is stored, however long the rest takes."""
    distributor.sandbox.set_faults("erp", {"fault": "latency", "delay": "2 s", "times": 1})
    began = time.monotonic()
    assert distributor.shop_order(shop_order(2104), "slow-2104").status == 200
    assert time.monotonic() - began < 1.5
    assert distributor.milestones("2104") == []
    distributor.until_shipped("2104")


def test_large_identifiers_and_prices_keep_every_digit(distributor: Running) -> None:
    """What the mapping does not compute it does not change."""
    order = shop_order(2105, id=820_982_911_946_154_508, total_price="54.80")
    order["line_items"][0] |= {"price": "19.90", "id": 9_007_199_254_740_993}
    receipt = distributor.shop_order(order, "digits-2105")
    distributor.until_shipped("2105")
    told = next(
        step for step in distributor.message(receipt.body["messages"][0])["steps"]
        if step["step"] == "call:erp.create-order" and step["kind"] == "done"
    )  # fmt: skip
    assert '"820982911946154508"' in told["request"]
    assert '"9007199254740993"' in told["request"]
    assert '"19.90"' in told["request"]
