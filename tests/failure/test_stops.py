"""Told to stop under load, an engine finishes what it began or leaves it to the next one."""

from __future__ import annotations

import asyncio
import sqlite3
from pathlib import Path

from tests.failure.harness import Engine, Sender, assert_effects, assert_sqlite_whole, peers, until
from tests.failure.nursery import Nursery
from tests.failure.shop_workspace import write_workspace


def _running(folder: Path) -> int:
    connection = sqlite3.connect(folder / ".crossdock/store.db")
    try:
        return int(connection.execute("SELECT count(*) FROM message WHERE lease IS NOT NULL").fetchone()[0])
    finally:
        connection.close()


async def _acknowledged(sender: Sender, count: int) -> None:
    async def holds() -> bool:
        return len(sender.ids) >= count

    await until(holds, 20, f"{count} orders are acknowledged")


async def test_a_drain_leaves_nothing_leased(nursery: Nursery, tmp_path: Path) -> None:
    """REL-12: stopped under load, what runs ends and what waits is given back; the next start goes on from there."""
    write_workspace(tmp_path)
    with peers(tmp_path, drops=0.1) as both:
        both.erp.steer(delay=0.1)
        engine = Engine(nursery, tmp_path, both)
        sender, ended = Sender(engine.url), asyncio.Event()
        await engine.start()
        async with asyncio.TaskGroup() as group:
            group.create_task(sender.load_until("D", 8, 20, ended))
            await _acknowledged(sender, 60)
            assert await engine.terminate() == 0
            assert engine.said("stopped")
            assert _running(tmp_path) == 0
            await engine.start()
            await _acknowledged(sender, 80)
            ended.set()
        both.erp.steer(delay=0)
        await engine.settled()
        await engine.terminate()
        assert_effects(both, sender)
        assert_sqlite_whole(tmp_path)


async def test_what_outlasts_the_drain_is_resumed(nursery: Nursery, tmp_path: Path) -> None:
    """REL-12: a request that outlasts the drain has its effect once: the next start asks before it sends."""
    write_workspace(tmp_path)
    with peers(tmp_path) as both:
        both.erp.steer(delay=3)
        engine = Engine(nursery, tmp_path, both)
        sender = Sender(engine.url)
        await engine.start(drain=0.2)
        await sender.load("O", 6, 2)

        async def reached() -> bool:
            return both.erp.counts()["effects"] >= 6

        await until(reached, 20, "the requests have reached the peer")
        assert await engine.terminate() == 1
        both.erp.steer(delay=0)
        await engine.start()
        await engine.settled()
        await engine.terminate()
        assert_effects(both, sender)
        assert_sqlite_whole(tmp_path)
