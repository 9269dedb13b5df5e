"""A cancellation reaches an order wherever it is, or is refused with a reason."""

from __future__ import annotations

from tests.flows.orders import later, shop_order
from tests.flows.running import Running


def test_cancellation_overtakes_the_order_that_is_held(distributor: Running) -> None:
    """ORD-14: the lane's parked head does not hold its own cancellation."""
    order = shop_order(2301, total_price="20000.00")
    distributor.shop_order(order, "held-2301")
    distributor.until(lambda: distributor.held("2301"), "2301 is held for credit")
    distributor.shop_cancellation(later(order), "cancel-2301")
    distributor.until(lambda: "cancelled" in distributor.milestones("2301"), "2301 is cancelled")
    distributor.until(lambda: distributor.settled("2301") and not distributor.held("2301"), "nothing of it waits")
    assert not distributor.erp_order("2301")
    discarded = distributor.with_state("2301", "discarded")
    assert discarded is not None
    assert discarded["channel"] == "flow:order-to-erp"
    assert distributor.crm_statuses("2301") == ["Cancelled"]


def test_booked_order_is_taken_out_of_the_books_and_called_back(distributor: Running) -> None:
    """ORD-14: while nothing is picked."""
    distributor.sandbox.set_faults("wms-west", {"fault": "status", "status": 503, "times": 1})
    order = shop_order(2302)
    distributor.shop_order(order, "booked-2302")
    distributor.until(lambda: "released" in distributor.milestones("2302"), "2302 is released")
    distributor.shop_cancellation(later(order), "cancel-2302")
    distributor.until(lambda: "cancelled" in distributor.milestones("2302"), "2302 is cancelled")
    assert distributor.erp_order("2302")["state"] == "CANCELLED"
    west = distributor.sandbox
    distributor.until(
        lambda: west.state("wms-west")["orders"].get("2302", {}).get("Cancelled") == "Y", "the warehouse knows"
    )


def test_order_that_has_left_is_not_cancelled_but_decided_by_a_person(distributor: Running) -> None:
    """ORD-14: refused with a reason."""
    order = shop_order(2303)
    distributor.shop_order(order, "left-2303")
    distributor.until_shipped("2303")
    distributor.shop_cancellation(later(order), "cancel-2303")
    message = distributor.until(lambda: distributor.held("2303"), "the cancellation is held")
    assert message["parked"]["reason"] == "too-late-to-cancel"
    assert message["parked"]["owner"] == "order-desk"
    assert "shipped already" in message["parked"]["detail"]
    distributor.order("discard", id=message["id"], who="olga", reason="the customer keeps the goods")
    assert distributor.held("2303") is None
    assert distributor.erp_order("2303")["state"] == "SHIPPED"


def test_order_that_comes_after_its_own_cancellation_is_not_booked(distributor: Running) -> None:
    """ORD-14: webhooks overtake each other; the lane remembers that the order had gone further."""
    order = shop_order(2304)
    distributor.shop_cancellation(later(order), "cancel-2304")
    distributor.until(lambda: "cancelled" in distributor.milestones("2304"), "2304 is cancelled")
    distributor.shop_order(order, "late-2304")
    discarded = distributor.until(lambda: distributor.with_state("2304", "discarded"), "the order is discarded")
    assert discarded["channel"] == "flow:order-to-erp"
    assert not distributor.erp_order("2304")
