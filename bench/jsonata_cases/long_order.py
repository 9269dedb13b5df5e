"""An order of two hundred lines to a pick list: a filter, a join against the items, a group-by, sums."""

from __future__ import annotations

from typing import Any

MAPPING = r"""
(
  $items := $merge(items.{sku: $});
  {
    "order": orderNumber,
    "customer": customer.name,
    "count": $count(lines),
    "weight": $sum(lines.(quantity * weight)),
    "lines": lines[status != "cancelled"].{
      "line": lineNumber,
      "sku": sku,
      "name": $lookup($items, sku).name,
      "bin": $lookup($items, sku).bin,
      "quantity": quantity,
      "cases": $floor(quantity / 12),
      "loose": quantity % 12,
      "hazardous": $lookup($items, sku).hazard = "Y",
      "label": sku & "/" & $string(lineNumber)
    },
    "byWarehouse": lines{warehouse: {"lines": $count($), "quantity": $sum(quantity)}}
  }
)
"""


def data() -> Any:
    """The input document."""
    return {
        "orderNumber": "SO-2026-004711",
        "customer": {"name": "Norman Supplies"},
        "items": [
            {
                "sku": f"SKU-{number:04d}",
                "name": f"Item {number}",
                "bin": f"A-{number}",
                "hazard": "Y" if number % 9 == 0 else "N",
            }
            for number in range(50)
        ],
        "lines": [
            {
                "lineNumber": number,
                "sku": f"SKU-{number % 50:04d}",
                "quantity": number % 40 + 1,
                "weight": number % 7 + 1,
                "status": "cancelled" if number % 20 == 19 else "open",
                "warehouse": ("EAST", "WEST", "MID")[number % 3],
            }
            for number in range(200)
        ],
    }


def by_hand(order: Any) -> Any:
    """The mapping as a developer would write it."""
    items = {item["sku"]: item for item in order["items"]}
    warehouses: dict[str, dict[str, int]] = {}
    for line in order["lines"]:
        sums = warehouses.setdefault(line["warehouse"], {"lines": 0, "quantity": 0})
        sums["lines"] += 1
        sums["quantity"] += line["quantity"]
    lines = []
    for line in order["lines"]:
        if line["status"] == "cancelled":
            continue
        item, quantity = items[line["sku"]], line["quantity"]
        lines.append(
            {
                "line": line["lineNumber"],
                "sku": line["sku"],
                "name": item["name"],
                "bin": item["bin"],
                "quantity": quantity,
                "cases": quantity // 12,
                "loose": quantity % 12,
                "hazardous": item["hazard"] == "Y",
                "label": f"{line['sku']}/{line['lineNumber']}",
            }
        )
    return {
        "order": order["orderNumber"],
        "customer": order["customer"]["name"],
        "count": len(order["lines"]),
        "weight": sum(line["quantity"] * line["weight"] for line in order["lines"]),
        "lines": lines,
        "byWarehouse": warehouses,
    }
