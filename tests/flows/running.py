"""A workspace that really runs: the App in a thread, its stand-ins in their process, and words to ask both."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Coroutine, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from engine.app.options import RunOptions
from engine.app.process import App
from engine.clock import Clock, SystemClock
from engine.recovery.orders import ORDERS
from engine.sandbox.client import SandboxControl

ROOT = Path(__file__).resolve().parents[2]
WAIT = 20.0
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Answered:
    """What an HTTP request was answered."""

    status: int
    body: Any
    headers: Mapping[str, str]


class Running:
    """The running workspace as its neighbours and its operators see it."""

    def __init__(
        self, workspace: Path, app: App, loop: asyncio.AbstractEventLoop, facts: Mapping[str, Any], files: Path
    ) -> None:
        self.workspace = workspace
        self._app = app
        self._loop = loop
        self.address = str(facts["address"])
        self.stand_ins: Mapping[str, str] = facts["sandbox"]
        self.sandbox = SandboxControl(str(facts["sandboxControl"]))
        self.files = files

    # -- as a neighbour

    def post(self, path: str, body: bytes, headers: Mapping[str, str]) -> Answered:
        """Send a document."""
        return _asked(self.address + path, body, {"Content-Type": "application/json", **headers})

    def get(self, path: str, headers: Mapping[str, str]) -> Answered:
        """Ask a question."""
        return _asked(self.address + path, None, headers)

    def shop_order(self, order: Mapping[str, Any], event_id: str, path: str = "/hooks/shop/orders") -> Answered:
        """The shop's webhook, signed as the shop signs."""
        body = json.dumps(order).encode()
        digest = hmac.new(b"sandbox-SHOP_WEBHOOK", body, hashlib.sha256).digest()
        headers = {"X-Shopify-Hmac-Sha256": base64.b64encode(digest).decode(), "X-Shopify-Event-Id": event_id}
        return self.post(path, body, headers)

    def shop_cancellation(self, order: Mapping[str, Any], event_id: str) -> Answered:
        """The shop's webhook for an order that was cancelled."""
        cancelled = {**order, "cancelled_at": order["updated_at"], "cancel_reason": "customer"}
        return self.shop_order(cancelled, event_id, "/hooks/shop/cancellations")

    def crm_order(self, event: Mapping[str, Any]) -> Answered:
        """The CRM's event."""
        return self.post("/hooks/crm/orders", json.dumps(event).encode(), {"X-Crm-Token": "sandbox-CRM_HOOK"})

    def in_the_erp(self, path: str, body: Mapping[str, Any]) -> Answered:
        """What a person does in the ERP itself."""
        headers = {"Content-Type": "application/json", "X-Api-Key": "sandbox-ERP_KEY"}
        return _asked(self.stand_ins["erp"] + path, json.dumps(body).encode(), headers)

    # -- as an operator

    def order(self, name: str, **given: Any) -> Any:
        """An operator's order."""
        return self._call(ORDERS[name](self._app.office, given, lambda done, whole: None))

    def transaction(self, number: str) -> dict[str, Any]:
        """Everything that is known of a sales order; empty when nothing is."""
        found = self._call(self._app.office.views.trace(number, kind="sales-order"))
        return dict(found or {})

    def message(self, message_id: str) -> dict[str, Any]:
        """Everything that is known of a message."""
        return dict(self._call(self._app.office.views.trace(message_id)))

    def milestones(self, number: str) -> list[str]:
        """The milestones that an order has passed, in order."""
        return [passed["name"] for passed in self.transaction(number).get("milestones", ())]

    def held(self, number: str) -> dict[str, Any] | None:
        """The order's message that is parked."""
        return self.with_state(number, "parked")

    def with_state(self, number: str, state: str) -> dict[str, Any] | None:
        """The first of the order's messages in a state."""
        messages = self.transaction(number).get("messages", ())
        return next((message for message in messages if message["state"] == state), None)

    def settled(self, number: str) -> bool:
        """Whether nothing of an order is still to happen by itself."""
        found = self.transaction(number)
        over = ("completed", "discarded", "dead", "parked")
        return bool(found) and all(message["state"] in over for message in found["messages"])

    def until(self, condition: Callable[[], T], what: str, within: float = WAIT) -> T:
        """Wait until a condition of other processes holds; its value."""
        deadline = time.monotonic() + within
        while not (value := condition()):
            assert time.monotonic() < deadline, f"not within {within} s: {what}"
            time.sleep(0.05)
        return value

    def until_shipped(self, number: str, shipments: int = 1) -> dict[str, Any]:
        """Wait until an order's shipments have left and everybody was told; the transaction."""
        self.until(lambda: self.milestones(number).count("shipped") >= shipments, f"{number} is shipped")
        self.until(lambda: self.settled(number), f"{number} has settled")
        return self.transaction(number)

    def look_at_the_clock(self) -> None:
        """Make the schedules notice that the clock was set."""
        self._loop.call_soon_threadsafe(self._app.engine.scheduler.rebind)

    # -- what the stand-ins have seen

    def effects(self, system: str, operation: str, number: str) -> list[dict[str, Any]]:
        """The requests about an order that had an effect at a system."""
        lines = self.sandbox.effects(system, operation=operation)
        requests = self.sandbox.requests(system, operation=operation)
        about = {one["number"] for one in requests if number in f"{one['target']} {one['body']}"}
        return [line for line in lines if line["number"] in about]

    def erp_order(self, number: str) -> dict[str, Any]:
        """The order as it stands in the ERP's books; empty when it does not."""
        return dict(self.sandbox.state("erp")["orders"].get(number, {}))

    def crm_statuses(self, number: str) -> list[str]:
        """The statuses that the CRM has shown for an order."""
        return list(self.sandbox.state("crm")["orders"].get(number, {}).get("History", []))

    def _call(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(WAIT)


@contextmanager
def running(folder: Path, state: Path, *, clock: Clock | None = None) -> Iterator[Running]:
    """Run a workspace with its stand-ins on free ports; its store and files lie in `state`."""
    files = state / "legacy-erp"
    started: dict[str, Any] = {}

    def report(event: str, facts: Mapping[str, Any]) -> None:
        if event == "started":
            started.update(facts)

    variables = {"LEGACY_ERP_FOLDER": str(files)}
    options = RunOptions(
        sandbox=True,
        port=0,
        store=f"sqlite:{state / 'store.db'}",
        log_level="error",
        variables=variables,
        clock=clock or SystemClock(),
    )
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="workspace", daemon=True)
    thread.start()
    app = App(folder, options, report)
    try:
        asyncio.run_coroutine_threadsafe(app.start(), loop).result(60)
        app.announce()
        try:
            yield Running(folder, app, loop, started, files)
        finally:
            asyncio.run_coroutine_threadsafe(app.stop(), loop).result(60)
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()


def _asked(url: str, body: bytes | None, headers: Mapping[str, str]) -> Answered:
    try:
        with urlopen(Request(url, data=body, headers=dict(headers)), timeout=WAIT) as response:
            return _answered(response.status, response.read(), response.headers)
    except HTTPError as error:
        return _answered(error.code, error.read(), error.headers)


def _answered(status: int, raw: bytes, headers: Any) -> Answered:
    try:
        body = json.loads(raw)
    except ValueError:
        body = raw.decode()
    return Answered(status, body, {name.lower(): value for name, value in headers.items()})


def crossdock(folder: Path, *arguments: str) -> str:
    """Run the command line; what it said."""
    environment = {**os.environ, "NO_COLOR": "1", "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-m", "engine.cli", *arguments], cwd=folder, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
