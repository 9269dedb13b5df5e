"""Customers and partners ask and wait; the answer is soon, or it is where they can fetch it."""

from __future__ import annotations

import json

from tests.flows.orders import shop_order
from tests.flows.running import Answered, Running

KEY = {"X-Portal-Key": "sandbox-PORTAL_KEY"}


def question(distributor: Running, number: str) -> Answered:
    return distributor.get(f"/api/orders/{number}", KEY)


def test_customer_is_told_where_the_order_is(distributor: Running) -> None:
    """ARC-7: request and reply over the experience layer."""
    distributor.shop_order(shop_order(2501), "asked-2501")
    distributor.until_shipped("2501")
    answered = question(distributor, "2501")
    assert answered.status == 200
    assert (answered.body["status"], answered.body["warehouses"]) == ("shipped", ["WEST"])


def test_order_that_nobody_has_is_a_404_at_once(distributor: Running) -> None:
    answered = question(distributor, "nobody-has-it")
    assert answered.status == 404
    assert answered.body["title"] == "no such order"


def test_same_question_later_gets_the_answer_of_then(distributor: Running) -> None:
    """A question is no order: it is asked anew each time."""
    assert question(distributor, "2502").status == 404
    distributor.shop_order(shop_order(2502), "later-2502")
    distributor.until(lambda: "booked" in distributor.milestones("2502"), "2502 is booked")
    assert question(distributor, "2502").status == 200


def test_caller_is_not_kept_longer_than_was_promised(distributor: Running) -> None:
    """ARC-7: 202 with an address where the answer will be."""
    distributor.sandbox.set_faults("erp", {"fault": "latency", "match": "find-order", "delay": "2500 ms", "times": 1})
    answered = question(distributor, "nobody-had-it")
    assert answered.status == 202
    place = answered.headers["location"]
    later = distributor.until(lambda: distributor.get(place, KEY).body.get("answer"), "the answer is there")
    assert later["title"] == "no such order"


def test_prices_are_told_line_by_line(distributor: Running) -> None:
    asked = {
        "customer": "C-2001",
        "items": [{"sku": "WIDGET-1", "quantity": 3}, {"sku": "NONE-OF-OURS", "quantity": 1}],
    }
    answered = distributor.post("/api/prices", json.dumps(asked).encode(), KEY)
    assert answered.status == 200
    assert [line["status"] for line in answered.body["lines"]] == ["confirmed", "unpriced"]
    assert answered.body["lines"][0]["unitPrice"] == {"value": "19.90", "currency": "USD"}


def test_stranger_gets_no_answer(distributor: Running) -> None:
    """Only who has the key is answered."""
    assert distributor.get("/api/orders/2501", {"X-Portal-Key": "guess"}).status == 401
