"""A Business Central sales order with lines to a canonical sales order: conditions, code tables, joins by variable."""

from __future__ import annotations

from typing import Any

MAPPING = r"""
(
  $units := {"STK": "C62", "BOX": "XBX", "PAL": "XPX"};
  $country := function($code) { $code = "" ? "US" : $code };
  {
    "orderNumber": number,
    "ids": [{"scheme": "bc", "value": id}],
    "customerReference": externalDocumentNumber != "" ? externalDocumentNumber,
    "channel": "erp",
    "status": status = "Open" ? "received" : status = "Released" ? "confirmed" : "draft",
    "orderedAt": orderDate & "T00:00:00Z",
    "requestedDeliveryDate": requestedDeliveryDate != "0001-01-01" ? requestedDeliveryDate,
    "currency": currencyCode != "" ? currencyCode : "USD",
    "customer": {
      "ids": [{"scheme": "bc", "value": customerNumber}],
      "name": customerName,
      "email": email != "" ? $lowercase(email)
    },
    "billTo": {
      "name": billToName,
      "address": {
        "street": [billToAddressLine1, billToAddressLine2][$ != ""],
        "city": billToCity,
        "region": billToState,
        "postalCode": billToPostCode,
        "country": $country(billToCountry)
      }
    },
    "shipTo": {
      "name": shipToName,
      "contact": shipToContact,
      "address": {
        "street": [shipToAddressLine1, shipToAddressLine2][$ != ""],
        "city": shipToCity,
        "region": shipToState,
        "postalCode": shipToPostCode,
        "country": $country(shipToCountry)
      }
    },
    "lines": salesOrderLines[lineType = "Item"].{
      "lineNumber": sequence,
      "item": {"ids": [{"scheme": "bc", "value": lineObjectNumber}], "description": description},
      "quantity": {"value": quantity, "unit": {"code": $lookup($units, unitOfMeasureCode), "list": "rec20"}},
      "unitPrice": $string(unitPrice),
      "discount": discountPercent > 0 ? discountPercent,
      "netAmount": $string($round(quantity * unitPrice * (100 - discountPercent) / 100, 2)),
      "shipFrom": $uppercase(locationCode)
    },
    "charges": salesOrderLines[lineType != "Item"].{"code": lineObjectNumber, "amount": $string(unitPrice)},
    "totals": {
      "goods": $string($sum(salesOrderLines[lineType = "Item"].(quantity * unitPrice))),
      "tax": $string(totalTaxAmount),
      "total": $string(totalAmountIncludingTax)
    }
  }
)
"""


def data() -> Any:
    """The input document."""
    return {
        "id": "b6f4017a-b749-ee11-ad0b-a1422c0f7f1f",
        "number": "101005",
        "externalDocumentNumber": "PO-77120",
        "orderDate": "2026-03-31",
        "requestedDeliveryDate": "2026-04-07",
        "status": "Released",
        "customerNumber": "10000",
        "customerName": "Adatum Corporation",
        "billToName": "Adatum Corporation",
        "billToAddressLine1": "Station Road, 21",
        "billToAddressLine2": "",
        "billToCity": "Cambridge",
        "billToState": "MA",
        "billToPostCode": "02139",
        "billToCountry": "US",
        "shipToName": "Adatum Warehouse",
        "shipToContact": "Robert Townes",
        "shipToAddressLine1": "Dock Street, 4",
        "shipToAddressLine2": "Gate B",
        "shipToCity": "Boston",
        "shipToState": "MA",
        "shipToPostCode": "02210",
        "shipToCountry": "",
        "currencyCode": "USD",
        "email": "Robert.Townes@contoso.com",
        "totalTaxAmount": 87,
        "totalAmountIncludingTax": 1537,
        "salesOrderLines": [_line(number) for number in range(1, 9)]
        + [{"sequence": 90000, "lineType": "Charge", "lineObjectNumber": "FREIGHT", "unitPrice": 45}],
    }


def _line(number: int) -> dict[str, Any]:
    return {
        "sequence": number * 10000,
        "lineType": "Item",
        "lineObjectNumber": f"19{number:02d}-S",
        "description": f"CONFERENCE CHAIR {number}",
        "unitOfMeasureCode": "STK" if number % 3 else "BOX",
        "unitPrice": 12 * number,
        "quantity": number,
        "discountPercent": 0,
        "locationCode": "east",
    }


_UNITS = {"STK": "C62", "BOX": "XBX", "PAL": "XPX"}


def by_hand(order: Any) -> Any:
    """The mapping as a developer would write it."""
    result: dict[str, Any] = {"orderNumber": order["number"], "ids": [{"scheme": "bc", "value": order["id"]}]}
    if order["externalDocumentNumber"]:
        result["customerReference"] = order["externalDocumentNumber"]
    result["channel"] = "erp"
    status = order["status"]
    result["status"] = "received" if status == "Open" else "confirmed" if status == "Released" else "draft"
    result["orderedAt"] = order["orderDate"] + "T00:00:00Z"
    if order["requestedDeliveryDate"] != "0001-01-01":
        result["requestedDeliveryDate"] = order["requestedDeliveryDate"]
    result["currency"] = order["currencyCode"] or "USD"
    result["customer"] = {"ids": [{"scheme": "bc", "value": order["customerNumber"]}], "name": order["customerName"]}
    if order["email"]:
        result["customer"]["email"] = order["email"].lower()
    result["billTo"] = {"name": order["billToName"], "address": _address(order, "billTo")}
    result["shipTo"] = {
        "name": order["shipToName"],
        "contact": order["shipToContact"],
        "address": _address(order, "shipTo"),
    }
    items = [line for line in order["salesOrderLines"] if line["lineType"] == "Item"]
    result["lines"] = [_mapped(line) for line in items]
    charges = [
        {"code": line["lineObjectNumber"], "amount": str(line["unitPrice"])}
        for line in order["salesOrderLines"]
        if line["lineType"] != "Item"
    ]
    result["charges"] = charges[0] if len(charges) == 1 else charges
    result["totals"] = {
        "goods": str(sum(line["quantity"] * line["unitPrice"] for line in items)),
        "tax": str(order["totalTaxAmount"]),
        "total": str(order["totalAmountIncludingTax"]),
    }
    return result


def _address(order: Any, role: str) -> dict[str, Any]:
    street = [line for line in (order[role + "AddressLine1"], order[role + "AddressLine2"]) if line]
    return {
        "street": street[0] if len(street) == 1 else street,
        "city": order[role + "City"],
        "region": order[role + "State"],
        "postalCode": order[role + "PostCode"],
        "country": order[role + "Country"] or "US",
    }


def _mapped(line: Any) -> dict[str, Any]:
    quantity, price, discount = line["quantity"], line["unitPrice"], line["discountPercent"]
    result = {
        "lineNumber": line["sequence"],
        "item": {"ids": [{"scheme": "bc", "value": line["lineObjectNumber"]}], "description": line["description"]},
        "quantity": {"value": quantity, "unit": {"code": _UNITS[line["unitOfMeasureCode"]], "list": "rec20"}},
        "unitPrice": str(price),
    }
    if discount > 0:
        result["discount"] = discount
    amount = round(quantity * price * (100 - discount) / 100, 2)
    result["netAmount"] = str(int(amount) if amount.is_integer() else amount)
    result["shipFrom"] = line["locationCode"].upper()
    return result
