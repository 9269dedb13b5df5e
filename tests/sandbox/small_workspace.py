"""A small workspace with three stand-ins, a client of one of them, and a hub that hears what they tell."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
from aiohttp import web

from engine.sandbox.process import SandboxProcess

ENVIRONMENT = {"PATH": "", "CROSSDOCK_SECRET_WMS_STANDARD": "whsec_c2FuZGJveC1zZWNyZXQ="}

WORKSPACE = """
crossdock: 1
name: small
"""

ERP = """
system: erp
connector: http
base_url: "${env:ERP_URL}"
auth: {basic: {username: crossdock, password: "${secret:ERP}"}}
sandbox: erp.sandbox.yaml
"""

ERP_SANDBOX = """
sandbox: erp
summary: Books orders.
state:
  orders: {}
  customers: {C-100: {status: ok, creditLimit: 50000.00}}
answers:
  - on: POST /orders
    name: create-order
    expects: order.schema.yaml
    idempotency_header: Idempotency-Key
    when: $not($exists($lookup($state.orders, body.orderNumber)))
    state: '{"orders": {body.orderNumber: $merge([body, {"number": "SO-" & $sequence}])}}'
    status: 201
    headers: {Location: "/orders/{body.orderNumber}"}
    reply:
      number: $lookup($after.orders, body.orderNumber).number
      count: $count($keys($after.orders))
      at: $now()
  - on: POST /orders
    name: order-exists
    status: 409
    reply:
      code: '"EXISTS"'
      number: $lookup($state.orders, body.orderNumber).number
  - on: GET /orders/{number}
    name: read-order
    when: $exists($lookup($state.orders, $path.number))
    reply: $lookup($state.orders, $path.number)
  - on: DELETE /orders/{number}
    name: cancel-order
    state: '{"orders": {$path.number: null}}'
    status: 204
  - on: GET /customers/{id}
    name: read-customer
    reply: $lookup($state.customers, $path.id)
  - on: POST /broken
    name: broken
    reply: body.amount + "x"
"""

ORDER_SCHEMA = """
$schema: https://json-schema.org/draft/2020-12/schema
type: object
required: [orderNumber]
properties:
  orderNumber: {type: string, minLength: 1}
  amount: {type: number}
"""

CRM = """
system: crm
connector: http
base_url: https://crm.example.com
auth: {oauth2_client_credentials: {token_url: "{base_url}/oauth/token", client_id: hub, client_secret: "${secret:CRM}"}}
sandbox: crm.sandbox.yaml
"""

CRM_SANDBOX = """
sandbox: crm
token_lifetime: 1 h
answers:
  - {on: GET /ping, name: ping, reply: {pong: "true"}}
"""

WMS = """
system: wms
connector: http
base_url: https://wms.example.com
auth: {api_key: {header: X-Api-Key, value: "${secret:WMS}"}}
events:
  order-picked:
    receive: {path: /hooks/wms/picked}
    verify:
      hmac:
        header: X-Signature
        encoding: hex
        prefix: sha256=
        secret: "${secret:WMS_HOOK}"
        signed: "{timestamp}.{body}"
        timestamp: {header: X-Timestamp}
  shipped:
    receive: {path: "/hooks/wms/{warehouse}/shipped"}
    verify: {standard_webhooks: {secret: "${secret:WMS_STANDARD}"}}
sandbox: wms.sandbox.yaml
"""

WMS_SANDBOX = """
sandbox: wms
answers:
  - on: POST /releases
    name: release
    idempotency_header: Idempotency-Key
    status: 202
    reply: {accepted: "true"}
    emits:
      - {event: wms.order-picked, body: {order: body.order, amount: body.amount}, headers: {X-Event-Id: "{$id}"}}
      - {event: wms.shipped, after: 50 ms, path: "/hooks/wms/{body.warehouse}/shipped", body: {order: body.order}}
"""


def write_workspace(folder: Path) -> Path:
    """The workspace of these tests in a folder."""
    files = {
        "workspace.yaml": WORKSPACE,
        "systems/erp.yaml": ERP,
        "systems/erp.sandbox.yaml": ERP_SANDBOX,
        "systems/erp/order.schema.yaml": ORDER_SCHEMA,
        "systems/crm.yaml": CRM,
        "systems/crm.sandbox.yaml": CRM_SANDBOX,
        "systems/wms.yaml": WMS,
        "systems/wms.sandbox.yaml": WMS_SANDBOX,
    }
    for name, text in files.items():
        path = folder / "flows" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


@dataclass(frozen=True, slots=True)
class Told:
    """A request that the hub received."""

    path: str
    headers: dict[str, str]
    body: bytes


@dataclass(slots=True)
class HearingHub:
    """A hub that keeps what it is told; `answers` are the statuses of the next requests, then 202."""

    url: str = ""
    told: list[Told] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)
    changed: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def handle(self, request: web.BaseRequest) -> web.Response:
        headers = {name.lower(): value for name, value in request.headers.items()}
        self.told.append(Told(request.path, headers, await request.read()))
        async with self.changed:
            self.changed.notify_all()
        return web.Response(status=self.answers.pop(0) if self.answers else 202)


def erp_client(sandbox: SandboxProcess, timeout: float = 5.0) -> aiohttp.ClientSession:
    headers = {"Authorization": aiohttp.encode_basic_auth("crossdock", "sandbox-ERP")}
    limit = aiohttp.ClientTimeout(total=timeout)
    return aiohttp.ClientSession(sandbox.addresses["erp"], headers=headers, timeout=limit)
