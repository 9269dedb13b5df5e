"""A web-shop order of five lines to a sales order of sixty fields."""

from __future__ import annotations

from typing import Any

MAPPING = r"""
order.{
  "orderNumber": name,
  "ids": [{"scheme": "shop", "value": $string(id)}],
  "channel": "shop",
  "revision": updated_at,
  "orderedAt": created_at,
  "currency": currency,
  "customerReference": po_number,
  "customer": {
    "ids": [{"scheme": "shop", "value": $string(customer.id)}],
    "name": customer.first_name & " " & customer.last_name,
    "email": $lowercase(email),
    "phone": customer.phone,
    "marketing": buyer_accepts_marketing
  },
  "billTo": {
    "name": billing_address.name,
    "company": billing_address.company,
    "street": billing_address.address1,
    "city": billing_address.city,
    "region": billing_address.province_code,
    "postalCode": billing_address.zip,
    "country": $uppercase(billing_address.country_code)
  },
  "shipTo": {
    "name": shipping_address.name,
    "company": shipping_address.company,
    "street": shipping_address.address1,
    "city": shipping_address.city,
    "region": shipping_address.province_code,
    "postalCode": shipping_address.zip,
    "country": $uppercase(shipping_address.country_code)
  },
  "paymentStatus": financial_status = "paid" ? "paid" : financial_status = "authorized" ? "authorized" : "unpaid",
  "priority": total_weight > 5000 ? "freight" : "parcel",
  "lines": line_items.{
    "lineId": $string(id),
    "sku": sku,
    "description": title & " - " & variant_title,
    "quantity": {"value": quantity, "unit": "C62"},
    "price": price,
    "taxable": taxable
  },
  "totals": {"goods": subtotal_price, "tax": total_tax, "total": total_price},
  "note": note
}
"""


def data() -> Any:
    """The input document."""
    return {
        "order": {
            "id": 820982911946154508,
            "name": "#1001",
            "po_number": None,
            "created_at": "2026-01-10T11:00:00-05:00",
            "updated_at": "2026-01-10T11:05:00-05:00",
            "currency": "USD",
            "email": "Bob.Norman@Example.com",
            "buyer_accepts_marketing": False,
            "financial_status": "authorized",
            "total_weight": 1200,
            "subtotal_price": "398.00",
            "total_tax": "11.94",
            "total_price": "409.94",
            "note": "Leave at the dock",
            "customer": {"id": 207119551, "first_name": "Bob", "last_name": "Norman", "phone": "+1 613 555 0199"},
            "billing_address": _address("123 Billing Street"),
            "shipping_address": _address("77 Dock Road"),
            "line_items": [_line(number) for number in range(5)],
        }
    }


def _address(street: str) -> dict[str, Any]:
    return {
        "name": "Bob Norman",
        "company": "Norman Supplies",
        "address1": street,
        "city": "Billtown",
        "province_code": "KY",
        "zip": "K2P0B0",
        "country_code": "us",
    }


def _line(number: int) -> dict[str, Any]:
    return {
        "id": 866550311766439020 + number,
        "sku": f"IPOD2008GREEN-{number}",
        "title": "IPod Nano",
        "variant_title": "green",
        "quantity": number + 1,
        "price": "199.00",
        "taxable": True,
    }


def by_hand(document: Any) -> Any:
    """The mapping as a developer would write it."""
    order = document["order"]
    customer, bill, ship = order["customer"], order["billing_address"], order["shipping_address"]
    status = order["financial_status"]
    return {
        "orderNumber": order["name"],
        "ids": [{"scheme": "shop", "value": str(order["id"])}],
        "channel": "shop",
        "revision": order["updated_at"],
        "orderedAt": order["created_at"],
        "currency": order["currency"],
        "customerReference": order["po_number"],
        "customer": {
            "ids": [{"scheme": "shop", "value": str(customer["id"])}],
            "name": customer["first_name"] + " " + customer["last_name"],
            "email": order["email"].lower(),
            "phone": customer["phone"],
            "marketing": order["buyer_accepts_marketing"],
        },
        "billTo": {
            "name": bill["name"],
            "company": bill["company"],
            "street": bill["address1"],
            "city": bill["city"],
            "region": bill["province_code"],
            "postalCode": bill["zip"],
            "country": bill["country_code"].upper(),
        },
        "shipTo": {
            "name": ship["name"],
            "company": ship["company"],
            "street": ship["address1"],
            "city": ship["city"],
            "region": ship["province_code"],
            "postalCode": ship["zip"],
            "country": ship["country_code"].upper(),
        },
        "paymentStatus": "paid" if status == "paid" else "authorized" if status == "authorized" else "unpaid",
        "priority": "freight" if order["total_weight"] > 5000 else "parcel",
        "lines": [
            {
                "lineId": str(line["id"]),
                "sku": line["sku"],
                "description": line["title"] + " - " + line["variant_title"],
                "quantity": {"value": line["quantity"], "unit": "C62"},
                "price": line["price"],
                "taxable": line["taxable"],
            }
            for line in order["line_items"]
        ],
        "totals": {
            "goods": order["subtotal_price"],
            "tax": order["total_tax"],
            "total": order["total_price"],
        },
        "note": order["note"],
    }
