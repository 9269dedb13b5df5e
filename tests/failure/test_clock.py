"""Somebody sets the machine's clock while orders come in."""

from __future__ import annotations

import asyncio
import signal
from pathlib import Path

from engine.clock import ManualClock
from engine.message import State
from engine.runtime.commit_points import pass_by
from engine.runtime.dispatcher import Dispatcher, Item
from engine.runtime.maintenance.rescue import rescue
from engine.store.records import Append, NewMessage
from engine.store.sqlite import open_sqlite
from engine.telemetry.log import Log
from tests.failure.harness import Sender, assert_effects, assert_sqlite_whole, peers, running
from tests.failure.nursery import Nursery
from tests.failure.shop_workspace import write_workspace

DAY = 86400.0


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


async def test_a_clock_set_forward_runs_nothing_beside_itself(tmp_path: Path) -> None:
    """A day ends every lease; what runs here keeps its own, and is not run a second time meanwhile."""
    clock = ManualClock()
    store = await open_sqlite(tmp_path / "store.db", workspace="test", clock=clock)
    dispatcher = Dispatcher(store, capacity=4, now=clock.now, log=Log(clock, level="error"), passing=pass_by)
    begun, end = asyncio.Event(), asyncio.Event()
    runs: list[int] = []

    async def handle(item: Item) -> None:
        runs.append(item.work.message.id)
        begun.set()
        await end.wait()

    dispatcher.open("flow:orders", handle, 4, lambda now: None)
    message = NewMessage("flow:orders", "shop.order", b"{}", clock.now())
    (appended,) = await store.append(Append((message,)))
    dispatcher.nudge("flow:orders")
    await begun.wait()
    clock.advance(DAY)
    await rescue(store, dispatcher, pass_by).work()
    stored = await store.get(appended.message_id)
    assert stored is not None
    assert stored.state is State.RUNNING
    assert runs == [appended.message_id]
    end.set()
    await dispatcher.drain(5)
    await store.close()
