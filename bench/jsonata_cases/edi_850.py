"""An X12 850 purchase order, parsed to JSON, to a sales order: qualifiers by filter, dates and codes turned."""

from __future__ import annotations

from typing import Any

MAPPING = r"""
(
  $date := function($text) { $substring($text, 0, 4) & "-" & $substring($text, 4, 2) & "-" & $substring($text, 6, 2) };
  $buyer := N1_loop[N1.N101 = "BY"];
  $ship := N1_loop[N1.N101 = "ST"];
  {
    "orderNumber": BEG.BEG03,
    "purpose": BEG.BEG01 = "00" ? "original" : BEG.BEG01 = "05" ? "replace" : "other",
    "kind": BEG.BEG02 = "DS" ? "drop-ship" : "stand-alone",
    "orderedOn": $date(BEG.BEG05),
    "requestedDeliveryDate": $date(DTM[DTM01 = "002"].DTM02),
    "currency": CUR.CUR02,
    "department": REF[REF01 = "DP"].REF02,
    "vendor": REF[REF01 = "VR"].REF02,
    "customer": {"ids": [{"scheme": "gln", "value": $buyer.N1.N104}], "name": $buyer.N1.N102},
    "shipTo": {
      "ids": [{"scheme": "gln", "value": $ship.N1.N104}],
      "name": $ship.N1.N102,
      "street": $ship.N3.N301,
      "city": $ship.N4.N401,
      "region": $ship.N4.N402,
      "postalCode": $ship.N4.N403,
      "country": $ship.N4.N404
    },
    "lines": PO1_loop.{
      "lineNumber": $number(PO1.PO101),
      "quantity": {"value": $number(PO1.PO102), "unit": PO1.PO103 = "EA" ? "C62" : "XCS"},
      "price": PO1.PO104,
      "ids": [
        {"scheme": "gtin", "value": PO1.PO106 = "UP" ? PO1.PO107},
        {"scheme": "buyer", "value": PO1.PO108 = "IN" ? PO1.PO109}
      ],
      "description": PID[PID01 = "F"].PID05,
      "pack": PO4.PO401 ? $number(PO4.PO401) : 1
    },
    "lineCount": $number(CTT.CTT01)
  }
)
"""


def data() -> Any:
    """The input document."""
    return {
        "BEG": {"BEG01": "00", "BEG02": "SA", "BEG03": "PO-0099123", "BEG05": "20260331"},
        "CUR": {"CUR01": "BY", "CUR02": "USD"},
        "REF": [{"REF01": "DP", "REF02": "038"}, {"REF01": "VR", "REF02": "V-4410"}],
        "DTM": [{"DTM01": "002", "DTM02": "20260407"}, {"DTM01": "010", "DTM02": "20260404"}],
        "N1_loop": [
            {"N1": {"N101": "BY", "N102": "BIG RETAIL", "N103": "UL", "N104": "0614141000012"}},
            {
                "N1": {"N101": "ST", "N102": "BIG RETAIL DC 7", "N103": "UL", "N104": "0614141000098"},
                "N3": {"N301": "77 DOCK ROAD"},
                "N4": {"N401": "MEMPHIS", "N402": "TN", "N403": "38118", "N404": "US"},
            },
        ],
        "PO1_loop": [_line(number) for number in range(1, 13)],
        "CTT": {"CTT01": "12"},
    }


def _line(number: int) -> dict[str, Any]:
    line: dict[str, Any] = {
        "PO1": {
            "PO101": str(number),
            "PO102": str(number * 4),
            "PO103": "EA" if number % 2 else "CS",
            "PO104": f"{number}.95",
            "PO106": "UP",
            "PO107": f"0614141{number:05d}",
            "PO108": "IN",
            "PO109": f"B-{number}",
        },
        "PID": [{"PID01": "F", "PID05": f"WIDGET {number}"}],
    }
    if number % 3 == 0:
        line["PO4"] = {"PO401": "6"}
    return line


def by_hand(document: Any) -> Any:
    """The mapping as a developer would write it."""
    beg = document["BEG"]
    references = {ref["REF01"]: ref["REF02"] for ref in document["REF"]}
    dates = {date["DTM01"]: date["DTM02"] for date in document["DTM"]}
    parties = {loop["N1"]["N101"]: loop for loop in document["N1_loop"]}
    buyer, ship = parties["BY"]["N1"], parties["ST"]
    return {
        "orderNumber": beg["BEG03"],
        "purpose": {"00": "original", "05": "replace"}.get(beg["BEG01"], "other"),
        "kind": "drop-ship" if beg["BEG02"] == "DS" else "stand-alone",
        "orderedOn": _date(beg["BEG05"]),
        "requestedDeliveryDate": _date(dates["002"]),
        "currency": document["CUR"]["CUR02"],
        "department": references["DP"],
        "vendor": references["VR"],
        "customer": {"ids": [{"scheme": "gln", "value": buyer["N104"]}], "name": buyer["N102"]},
        "shipTo": {
            "ids": [{"scheme": "gln", "value": ship["N1"]["N104"]}],
            "name": ship["N1"]["N102"],
            "street": ship["N3"]["N301"],
            "city": ship["N4"]["N401"],
            "region": ship["N4"]["N402"],
            "postalCode": ship["N4"]["N403"],
            "country": ship["N4"]["N404"],
        },
        "lines": [_mapped(loop) for loop in document["PO1_loop"]],
        "lineCount": int(document["CTT"]["CTT01"]),
    }


def _date(text: str) -> str:
    return f"{text[:4]}-{text[4:6]}-{text[6:8]}"


def _mapped(loop: Any) -> dict[str, Any]:
    line = loop["PO1"]
    pack = loop.get("PO4")
    gtin: dict[str, Any] = {"scheme": "gtin"}
    if line["PO106"] == "UP":
        gtin["value"] = line["PO107"]
    buyer: dict[str, Any] = {"scheme": "buyer"}
    if line["PO108"] == "IN":
        buyer["value"] = line["PO109"]
    return {
        "lineNumber": int(line["PO101"]),
        "quantity": {"value": int(line["PO102"]), "unit": "C62" if line["PO103"] == "EA" else "XCS"},
        "price": line["PO104"],
        "ids": [gtin, buyer],
        "description": next(pid["PID05"] for pid in loop["PID"] if pid["PID01"] == "F"),
        "pack": int(pack["PO401"]) if pack else 1,
    }
