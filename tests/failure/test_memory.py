"""With the receiving system down, what piles up lies in the store, not in memory."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Callable
from pathlib import Path

import aiohttp
import pytest

from tests.failure.harness import Engine, peers, running
from tests.failure.nursery import Nursery
from tests.failure.shop_workspace import BREAKING, write_workspace

SENT = """
flow: orders
layer: process
summary: Orders are told on.
owner: desk
source: {events: [shop.batch]}
identity: {idempotency: {key: number & "/" & $string(revision)}, lane: {key: number}}
steps:
  - send: crm.announce
"""

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="memory of another process is read from /proc")

STEPS = 10
SENDERS = 4
BATCH = 10
MB = 1024 * 1024
PAGE_CACHE = 64
"""Megabytes that the store's writing connection may keep of its file."""


async def _curve(engine: Engine, messages: int) -> list[float]:
    """Resident megabytes after each tenth of the messages."""
    curve = []
    posts = messages // STEPS // SENDERS // BATCH

    async def send(session: aiohttp.ClientSession, prefix: str) -> None:
        for post in range(posts):
            orders = [{"number": f"{prefix}-{post}-{index}", "revision": 1} for index in range(BATCH)]
            async with session.post("/hooks/batch", json={"orders": orders}) as answer:
                assert answer.status == 202, await answer.text()

    async with aiohttp.ClientSession(engine.url) as session:
        for step in range(STEPS):
            await asyncio.gather(*(send(session, f"{step}-{index}") for index in range(SENDERS)))
            curve.append(engine.rss() / MB)
    return curve


async def _stays_flat(
    nursery: Nursery, folder: Path, messages: int, since: int, allowed: float, show: Callable[[str], None]
) -> None:
    """After the tenth number `since`, memory grows by no more than `allowed` megabytes."""
    write_workspace(folder, flows__orders=SENT, flows__systems__crm=BREAKING)
    with peers(folder) as both:
        both.crm.steer(down=1)
        async with running(nursery, folder, both) as engine:
            curve = await _curve(engine, messages)
            waiting = await engine.unfinished()
    show(f"{messages} messages, sink down: {json.dumps([round(value) for value in curve])} MB; {waiting} wait")
    assert waiting > 0.9 * messages
    assert max(curve[since:]) - curve[since] < allowed


async def test_memory_stays_flat_while_a_system_is_down(
    nursery: Nursery, tmp_path: Path, show: Callable[[str], None]
) -> None:
    """REL-15: 20,000 messages that nobody takes cost no more than SQLite's page cache, which has a limit."""
    await _stays_flat(nursery, tmp_path, 20_000, since=0, allowed=PAGE_CACHE, show=show)


@pytest.mark.long
@pytest.mark.timeout(900)
async def test_memory_stays_flat_over_two_hundred_thousand(
    nursery: Nursery, tmp_path: Path, show: Callable[[str], None]
) -> None:
    """REL-15: once the page cache is full, another 140,000 messages cost nothing."""
    await _stays_flat(nursery, tmp_path, 200_000, since=2, allowed=12, show=show)
