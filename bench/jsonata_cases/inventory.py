"""An inventory batch of a thousand rows to positions: a mapping of every row and a summary."""

from __future__ import annotations

from typing import Any

MAPPING = r"""
{
  "asOf": batch.timestamp,
  "warehouse": batch.site,
  "positions": rows.{
    "item": {"scheme": "sku", "value": SKU},
    "location": WHSE & "-" & BIN,
    "onHand": QTY_ON_HAND,
    "reserved": QTY_RESERVED,
    "available": QTY_ON_HAND - QTY_RESERVED,
    "unit": UOM = "EA" ? "C62" : UOM = "CS" ? "XCS" : UOM,
    "blocked": HOLD = "Y",
    "lot": LOT
  },
  "count": $count(rows),
  "onHand": $sum(rows.QTY_ON_HAND)
}
"""


def data() -> Any:
    """The input document."""
    return {
        "batch": {"timestamp": "2026-03-31T06:00:00Z", "site": "EAST"},
        "rows": [_row(number) for number in range(1000)],
    }


def _row(number: int) -> dict[str, Any]:
    row = {
        "SKU": f"{number:08d}",
        "WHSE": "E1",
        "BIN": f"{number % 90:02d}-{number % 7}",
        "QTY_ON_HAND": number * 3 % 500,
        "QTY_RESERVED": number % 5,
        "UOM": ("EA", "CS", "PK")[number % 3],
        "HOLD": "Y" if number % 50 == 0 else "N",
    }
    if number % 4 == 0:
        row["LOT"] = f"L{number}"
    return row


_UNITS = {"EA": "C62", "CS": "XCS"}


def by_hand(document: Any) -> Any:
    """The mapping as a developer would write it."""
    rows = document["rows"]
    return {
        "asOf": document["batch"]["timestamp"],
        "warehouse": document["batch"]["site"],
        "positions": [_position(row) for row in rows],
        "count": len(rows),
        "onHand": sum(row["QTY_ON_HAND"] for row in rows),
    }


def _position(row: Any) -> dict[str, Any]:
    on_hand, reserved = row["QTY_ON_HAND"], row["QTY_RESERVED"]
    position = {
        "item": {"scheme": "sku", "value": row["SKU"]},
        "location": row["WHSE"] + "-" + row["BIN"],
        "onHand": on_hand,
        "reserved": reserved,
        "available": on_hand - reserved,
        "unit": _UNITS.get(row["UOM"], row["UOM"]),
        "blocked": row["HOLD"] == "Y",
    }
    if "LOT" in row:
        position["lot"] = row["LOT"]
    return position
