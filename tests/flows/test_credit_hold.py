"""An order over its customer's limit waits for finance, and only that order."""

from __future__ import annotations

from tests.flows.orders import crm_order, shop_order
from tests.flows.running import Running

OVER_THE_LIMIT = {"Id": "0015g00000Xy1ZzAAK", "Name": "Harbor Tools", "AccountNumber": "C-2002"}


def held(distributor: Running, number: str) -> str:
    """An order of a customer over the limit, waiting for finance; the id of its message."""
    assert distributor.crm_order(crm_order(number, Account=OVER_THE_LIMIT)).status == 202
    message = distributor.until(lambda: distributor.held(number), f"{number} is held")
    assert message["parked"]["reason"] == "credit-hold"
    assert message["parked"]["owner"] == "finance"
    assert message["parked"]["due"]
    assert not distributor.erp_order(number)
    return str(message["id"])


def test_decision_in_the_erp_lets_the_order_go_on_where_it_stopped(distributor: Running) -> None:
    """ORD-10: finance decides in its own system."""
    message = held(distributor, "00003201")
    decided = distributor.in_the_erp("/api/holds/00003201/decision", {"decision": "RELEASE", "user": "Morgan Lee"})
    assert decided.status == 200
    distributor.until_shipped("00003201", shipments=2)
    steps = [(step["step"], step["kind"]) for step in distributor.message(message)["steps"]]
    assert steps.count(("call:erp.credit-status", "done")) == 1
    assert ("park:credit-hold", "released") in steps
    assert len(distributor.effects("erp", "credit-status", "00003201")) == 1


def test_refusal_in_the_erp_ends_the_order_and_the_crm_shows_it(distributor: Running) -> None:
    """ORD-10."""
    held(distributor, "00003202")
    distributor.in_the_erp("/api/holds/00003202/decision", {"decision": "REJECT", "user": "Morgan Lee"})
    distributor.until(lambda: "rejected" in distributor.milestones("00003202"), "the order is refused")
    distributor.until(lambda: distributor.crm_statuses("00003202"), "the CRM is told")
    assert distributor.crm_statuses("00003202") == ["Refused"]
    assert not distributor.erp_order("00003202")


def test_person_releases_with_a_reason_that_is_kept(distributor: Running) -> None:
    """ORD-10, REL-22: an authorised person may, and is named."""
    message = held(distributor, "00003203")
    distributor.order("release", id=message, who="morgan", reason="paid by wire")
    distributor.until_shipped("00003203", shipments=2)
    audit = distributor.message(message)["audit"]
    assert [(line["verb"], line["who"], line["reason"]) for line in audit] == [("release", "morgan", "paid by wire")]


def test_customer_who_is_refused_outright_gets_no_booking(distributor: Running) -> None:
    """ORD-2: the checks of the answer are kept one by one."""
    refused = {"Id": "0015g00000Xy1ZzAAK", "Name": "Closed Account", "AccountNumber": "C-2003"}
    receipt = distributor.crm_order(crm_order("00003204", Account=refused))
    distributor.until(lambda: "rejected" in distributor.milestones("00003204"), "the order is refused")
    asked = next(
        step
        for step in distributor.message(receipt.body["messages"][0])["steps"]
        if step["step"] == "call:erp.credit-status" and step["kind"] == "done"
    )
    assert '"customer-active","result":"failed"' in asked["reply"].replace(" ", "")
    assert not distributor.erp_order("00003204")


def test_other_orders_pass_while_one_is_held(distributor: Running) -> None:
    """ORD-19: a hold stops its own order only."""
    held(distributor, "00003205")
    distributor.shop_order(shop_order(2201), "passes-2201")
    distributor.until_shipped("2201")
    assert distributor.held("00003205") is not None


def test_price_that_is_not_ours_waits_for_pricing(distributor: Running) -> None:
    """ORD-2: prices are checked before the order is booked."""
    order = shop_order(2202)
    order["line_items"][0]["price"] = "1.00"
    distributor.shop_order(order, "price-2202")
    message = distributor.until(lambda: distributor.held("2202"), "2202 is held")
    assert message["parked"]["reason"] == "price-difference"
    assert message["parked"]["owner"] == "pricing"
    distributor.order("release", id=message["id"], who="pat", reason="agreed by phone")
    distributor.until_shipped("2202")
