"""However often something is sent, tried or interrupted, it has one effect."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from tests.flows.orders import later, shop_order
from tests.flows.running import Running


def test_webhook_sent_again_has_one_effect_and_the_first_answer(distributor: Running) -> None:
    """ORD-5, REL-2, REL-20: the shop's retries carry its event id."""
    order = shop_order(2401)
    first = distributor.shop_order(order, "again-2401")
    second = distributor.shop_order(order, "again-2401")
    assert second.status == first.status == 200
    assert second.body["messages"] == first.body["messages"]
    distributor.until_shipped("2401")
    assert len(distributor.effects("erp", "create-order", '"2401"')) == 1


def test_same_order_under_another_event_id_is_booked_once(distributor: Running) -> None:
    """ORD-5: two subscriptions of the shop, or a person who presses the button twice."""
    order = shop_order(2402)
    first = distributor.shop_order(order, "one-2402")
    second = distributor.shop_order(order, "two-2402")
    assert second.body["messages"] == first.body["messages"]
    distributor.until_shipped("2402")
    assert len(distributor.effects("erp", "create-order", '"2402"')) == 1
    assert len(distributor.effects("wms-west", "ship-order", "/2402")) == 1


def test_storm_of_duplicates_is_one_order(distributor: Running) -> None:
    """REL-2, REL-20."""
    order = shop_order(2403)
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda turn: distributor.shop_order(order, f"storm-2403-{turn % 3}"), range(24)))
    assert {answered.status for answered in answers} == {200}
    assert len({answered.body["messages"][0] for answered in answers}) == 1
    distributor.until_shipped("2403")
    assert len(distributor.effects("erp", "create-order", '"2403"')) == 1


def test_reply_that_is_lost_does_not_book_twice(distributor: Running) -> None:
    """ORD-5, REL-12: the ERP did it and the answer never came; it is asked before anything is sent again."""
    distributor.sandbox.set_faults("erp", {"fault": "apply-then-drop", "match": "create-order", "times": 1})
    distributor.shop_order(shop_order(2404), "lost-2404")
    distributor.until_shipped("2404")
    asked = distributor.sandbox.ledger("erp", operation="create-order")
    tries = [line for line in asked if line["fault"] == "apply-then-drop"]
    assert len(tries) == 1
    assert len(distributor.effects("erp", "create-order", '"2404"')) == 1
    assert distributor.effects("erp", "find-order", "/2404") == []
    assert distributor.erp_order("2404")["state"] == "SHIPPED"


def test_state_of_an_order_that_is_older_than_one_that_had_an_effect_has_none(distributor: Running) -> None:
    """REL-4, REL-20: the shop's webhooks come in any order."""
    newer = later(shop_order(2405))
    distributor.shop_order(newer, "newer-2405")
    distributor.until_shipped("2405")
    distributor.shop_order(shop_order(2405), "older-2405")
    stale = distributor.until(lambda: distributor.with_state("2405", "discarded"), "the older one is discarded")
    assert stale["failure"]["reason"] == "stale"
    assert len(distributor.effects("erp", "create-order", '"2405"')) == 1


def test_unsigned_order_is_refused_and_kept_out_of_the_flow(distributor: Running) -> None:
    """What nobody can vouch for goes nowhere."""
    answered = distributor.post(
        "/hooks/shop/orders", b"{}", {"X-Shopify-Hmac-Sha256": "bm8=", "X-Shopify-Event-Id": "u"}
    )
    assert answered.status == 401
    assert answered.headers["content-type"] == "application/problem+json"


def test_order_that_breaks_the_contract_is_answered_with_every_violation(distributor: Running) -> None:
    """CAN-10: path, rule, value and owner."""
    order = shop_order(2406, currency="usd")
    order["line_items"][0]["quantity"] = 0
    answered = distributor.shop_order(order, "broken-2406")
    assert answered.status == 422
    said = str(answered.body)
    assert "currency" in said
    assert "quantity" in said
    assert distributor.transaction("2406") == {}


def test_refused_event_stays_refused_when_it_is_sent_again(distributor: Running) -> None:
    """REL-2: the event id of a refused webhook is not taken for one that was stored."""
    distributor.shop_order(shop_order(2407), "first-2407")
    changed = shop_order(2407, note="Another text, and yet the same revision.")
    refused = distributor.shop_order(changed, "second-2407")
    assert refused.status == 422
    assert distributor.shop_order(changed, "second-2407").status == 422
