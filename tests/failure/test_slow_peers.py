"""A system that hangs, or is down for a while: the others do not notice, and afterwards everything is delivered."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from pathlib import Path

from tests.failure.harness import Engine, Sender, assert_each_once, assert_sqlite_whole, effects, peers, running, until
from tests.failure.nursery import Nursery
from tests.failure.shop_workspace import BREAKING, write_workspace

BOOKED = """
flow: orders
layer: process
summary: Open orders are booked by a call, which hangs here.
owner: desk
source: {events: [shop.order]}
identity: {idempotency: {key: number & "/" & $string(revision)}, lane: {key: number}}
steps:
  - call: erp.book
"""

SENT = """
flow: announcements
layer: process
summary: Signed orders are announced, which has nothing to do with the ERP.
owner: desk
source: {events: [shop.signed-order]}
identity: {idempotency: {key: number & "/" & $string(revision)}, lane: {key: number}}
steps:
  - send: crm.announce
"""


async def test_a_system_that_hangs_slows_no_other(
    nursery: Nursery, tmp_path: Path, show: Callable[[str], None]
) -> None:
    """REL-15, REL-16: beside hundreds of calls to a system that hangs, another system's deliveries go on as before."""
    write_workspace(tmp_path, flows__orders=BOOKED, flows__announcements=SENT)
    with peers(tmp_path) as both:
        async with running(nursery, tmp_path, both) as engine:
            alone = await _signed(engine, both.crm, "quiet")
            both.erp.steer(delay=4)
            stuck = Sender(engine.url)
            await stuck.load("stuck", 300, 1)
            beside = await _signed(engine, both.crm, "beside")
            waiting = await engine.unfinished()
            both.erp.steer(delay=0)
            await engine.settled(60)
            show(f"60 deliveries: {alone:.2f} s alone, {beside:.2f} s beside {waiting} that hang")
            assert waiting > 200
            assert beside < 3 * alone + 1
            assert_each_once(effects(both.erp, "/book"), set(stuck.ids), "/book")


async def _signed(engine: Engine, crm: object, prefix: str) -> float:
    """Seconds until 60 signed orders have arrived at the other system; even revisions are posted as signed ones."""
    sender = Sender(engine.url)
    begun = time.monotonic()
    async with sender.session() as session, asyncio.TaskGroup() as group:
        for index in range(60):
            group.create_task(sender.post(session, f"{prefix}-{index}", 2))

    async def arrived() -> bool:
        wanted = [f"{prefix}-{index}" for index in range(60)]
        found = {number for number, _ in effects(crm, "/announce")}  # type: ignore[arg-type]
        return found.issuperset(wanted)

    await until(arrived, 30, "the other system's deliveries arrive")
    return time.monotonic() - begun


async def test_a_breaker_opens_and_everything_is_delivered_in_order_afterwards(
    nursery: Nursery, tmp_path: Path
) -> None:
    """REL-13, ORD-5: while a system is down its channel pauses and uses up no attempts; then all comes, in order."""
    write_workspace(tmp_path, attempts=12, flows__systems__crm=BREAKING)
    with peers(tmp_path) as both:
        both.crm.steer(down=1)
        async with running(nursery, tmp_path, both) as engine:
            sender = Sender(engine.url)
            await sender.load("B", 30, 4)

            async def is_open() -> bool:
                systems = (await engine.order("status"))["systems"]
                return any(system["system"] == "crm" and system["breaker"] != "closed" for system in systems)

            await until(is_open, 20, "the breaker opens")
            drops = both.crm.counts()["drops"]

            async def probed() -> bool:
                return both.crm.counts()["drops"] >= drops + 5

            await until(probed, 20, "the breaker sends its probes")
            both.crm.steer(down=0)
            await engine.settled()
            await engine.terminate()
        assert_each_once(effects(both.crm, "/announce"), set(sender.ids), "/announce")
        assert_sqlite_whole(tmp_path)
