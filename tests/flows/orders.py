"""Orders as the channels send them, made from the workspace's examples; each with a number of its own."""

from __future__ import annotations

import copy
import json
import os
from pathlib import Path
from typing import Any

import pytest

from tests.flows.running import ROOT

EXAMPLES = ROOT / "examples"
SHARED = Path(os.environ.get("CROSSDOCK_SHARED", ROOT.parent / "shared"))


def shop_order(number: int, *, sku: str = "WIDGET-1", region: str = "CA", **fields: Any) -> dict[str, Any]:
    """A web-shop order of one line that goes to one place; other fields of the order as given."""
    order: dict[str, Any] = json.loads((EXAMPLES / "shop.order-created.json").read_bytes())
    order |= {"id": 5_800_000_000_000 + number, "order_number": number, "name": f"#{number}"}
    order["customer"] |= {"id": 6_900_000_000 + number}
    order["shipping_address"] |= {"province_code": region}
    order["line_items"] = [{**order["line_items"][0], "sku": sku, "quantity": 2, "price": "19.90"}]
    order |= {"subtotal_price": "39.80", "total_price": "54.80"}
    return order | fields


def later(order: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """The order as the shop tells it again after a change."""
    return copy.deepcopy(order) | {"updated_at": "2026-11-02T11:30:00-05:00"} | fields


def crm_order(number: str, **fields: Any) -> dict[str, Any]:
    """The CRM's example under another number."""
    event: dict[str, Any] = json.loads((EXAMPLES / "crm.order-approved.json").read_bytes())
    event["eventId"] = f"event-of-{number}"
    event["order"] |= {"OrderNumber": number} | fields
    return event


def order_file(number: str, second: str) -> bytes:
    """The branches' example file under other order numbers."""
    text = (EXAMPLES / "legacy-erp.order-file.csv").read_bytes()
    return text.replace(b"L000417", number.encode()).replace(b"L000418", second.encode())


def shared_shop_order() -> dict[str, Any]:
    """The order of the vendor's documentation, as a webhook sends it."""
    file = SHARED / "data" / "samples" / "shopify" / "order.json"
    if not file.exists():
        pytest.skip(f"the shared sample {file} is not here")
    order: dict[str, Any] = json.loads(file.read_bytes())["order"]
    return order
