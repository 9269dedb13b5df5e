"""The workspace of the failure tests: an order is booked by a call, told on by a send, and published to a subscriber
that sends again.

`erp` ignores idempotency keys, so only `confirm` keeps it from booking twice; `crm` has no `confirm` and honours keys.
"""

from __future__ import annotations

from pathlib import Path

SECRET = "whsec-failure"

ANNOUNCE = """
system: crm
connector: http
owner: desk
base_url: "${env:CRM_URL}"
limits: {concurrent: 8}
breaker: {failures: 1000}
operations:
  announce:
    accepts: order/1
    request: {method: POST, path: /announce, body: {number: number, revision: revision}}
    timeout: 5 s
"""

BREAKING = ANNOUNCE.replace("{failures: 1000}", "{failures: 5, within: 5 s, cooldown: 300 ms}")
"""The same system behind a breaker that opens."""

_FILES = {
    "flows/workspace.yaml": """
crossdock: 1
name: failure
teams: {desk: {summary: the desk}}
listen: {port: 0}
limits: {disk_free: DISK_FREE, backlog: BACKLOG}
retry:
  standard:
    rules:
      - on: [transient, rate-limited, timeout, unknown]
        attempts: ATTEMPTS
        first: 20 ms
        factor: 1.5
        ceiling: 300 ms
""",
    "flows/systems/shop.yaml": """
system: shop
connector: http
owner: desk
events:
  order:
    receive: {path: /hooks/open}
    verify: {none: {reason: only the test reaches it}}
    contract: order.schema.yaml
    map: {to: order/1, with: {number: number, revision: revision, refused: refused ?? false}}
  batch:
    receive: {path: /hooks/batch}
    verify: {none: {reason: only the test reaches it}}
    items: orders
    map: {to: order/1, with: {number: number, revision: revision, refused: "false"}}
  signed-order:
    receive: {path: /hooks/signed}
    verify: {hmac: {header: X-Signature, encoding: hex, secret: "${secret:SHOP}"}}
    contract: order.schema.yaml
    map: {to: order/1, with: {number: number, revision: revision, refused: refused ?? false}}
""",
    "flows/systems/shop/order.schema.yaml": """
$schema: https://json-schema.org/draft/2020-12/schema
type: object
required: [number, revision]
properties:
  number: {type: string}
  revision: {type: integer}
  refused: {type: boolean}
  note: {type: string}
""",
    "canonical/order/1.yaml": """
$schema: https://json-schema.org/draft/2020-12/schema
$id: crossdock:order/1
title: Order
description: An order of the failure tests.
type: object
additionalProperties: false
required: [number, revision, refused]
properties:
  number: {type: string, description: The order's number.}
  revision: {type: integer, description: The order's revision.}
  refused: {type: boolean, description: Whether the flow refuses it after it was booked.}
""",
    "flows/systems/erp.yaml": """
system: erp
connector: http
owner: desk
base_url: "${env:ERP_URL}"
limits: {concurrent: 8}
breaker: {failures: 1000}
operations:
  book:
    accepts: order/1
    request: {method: POST, path: /book, body: {number: number, revision: revision}}
    confirm: {method: GET, path: /book}
    timeout: 5 s
  unbook:
    accepts: order/1
    request: {method: POST, path: /unbook, body: {number: number, revision: revision}}
    confirm: {method: GET, path: /unbook}
    timeout: 5 s
  notify:
    accepts: order/1
    request: {method: POST, path: /notify, body: {number: number, revision: revision}}
    confirm: {method: GET, path: /notify}
    timeout: 5 s
""",
    "flows/systems/crm.yaml": ANNOUNCE,
    "flows/orders.yaml": """
flow: orders
layer: process
summary: Orders are booked, told on and published.
owner: desk
source: {events: [shop.order, shop.signed-order]}
identity:
  business_keys: {order: number}
  idempotency: {key: number & "/" & $string(revision)}
  lane: {key: number}
steps:
  - call: erp.book
    save: booking
    undo: erp.unbook
  - raise: {reason: refused, class: data}
    when: refused
  - send: erp.notify
  - milestone: booked
  - publish: order.booked
""",
    "flows/announcements.yaml": """
flow: announcements
layer: process
summary: Booked orders are announced.
owner: desk
source: {topics: [order.booked], accepts: order/1}
identity:
  business_keys: {order: number}
  lane: {key: number}
steps:
  - send: crm.announce
""",
}


def write_workspace(
    folder: Path, *, disk_free: str = "1 MB", backlog: int = 1_000_000, attempts: int = 1000, **changed: str
) -> Path:
    """The workspace in a folder. `changed` replaces files: `flows_orders` stands for `flows/orders.yaml`."""
    texts = dict(_FILES)
    for name, text in changed.items():
        texts[name.replace("__", "/").replace("_", "-") + ".yaml"] = text
    for name, text in texts.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        for hole, value in (("DISK_FREE", disk_free), ("BACKLOG", str(backlog)), ("ATTEMPTS", str(attempts))):
            text = text.replace(hole, value)
        path.write_text(text)
    return folder
