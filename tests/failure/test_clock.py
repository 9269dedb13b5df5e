"""Somebody sets the machine's clock while orders come in."""

from __future__ import annotations

import asyncio
import signal
from pathlib import Path

from tests.failure.harness import Sender, assert_effects, assert_sqlite_whole, peers, running
from tests.failure.nursery import Nursery
from tests.failure.shop_workspace import write_workspace


async def test_a_clock_that_jumps_loses_nothing(nursery: Nursery, tmp_path: Path) -> None:
    """REL-24: back by an hour, forward by a day, under load with retries: every order has its effects once, in order,
    and ids stay unique."""
    write_workspace(tmp_path)
    with peers(tmp_path, drops=0.2) as both:
        async with running(nursery, tmp_path, both) as engine:
            sender = Sender(engine.url)
            for turn, jump in enumerate((signal.SIGUSR1, signal.SIGUSR2, signal.SIGUSR1, signal.SIGUSR2)):
                async with asyncio.TaskGroup() as group:
                    group.create_task(sender.load(f"C{turn}", 8, 3))
                    engine.signal(jump)
            await engine.settled()
            await engine.terminate()
        assert len(set(sender.ids.values())) == len(sender.ids)
        assert_effects(both, sender)
        assert_sqlite_whole(tmp_path)
