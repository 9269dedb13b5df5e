"""The chores put right what a clock that jumps, a store that fails or a fault in a handler leaves behind."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from engine.clock import ManualClock
from engine.errors import StoreUnavailable
from engine.message import Message, State
from engine.runtime.channel import Item
from engine.runtime.commit_points import pass_by
from engine.runtime.desk import Desk
from engine.runtime.dispatcher import Dispatcher
from engine.runtime.maintenance.free import free
from engine.runtime.maintenance.promote import Alarm
from engine.runtime.maintenance.rescue import rescue
from engine.store.records import Append, NewMessage
from engine.store.sqlite import SqliteStore, open_sqlite
from engine.telemetry.log import Log
from tests.workspaces import until

DAY = 86400.0


class Floor:
    """A store and a dispatcher, with a handler that does what a test says."""

    def __init__(self, store: SqliteStore, clock: ManualClock) -> None:
        self.store = store
        self.clock = clock
        self.alarm = Alarm()
        log = Log(clock, level="error")
        self.dispatcher = Dispatcher(store, capacity=4, now=clock.now, log=log, passing=pass_by)
        self.desk = Desk(store, self.dispatcher, pass_by, self.alarm)
        self.runs: list[int] = []
        self.begun = asyncio.Event()
        self.end = asyncio.Event()
        self.error: Exception | None = None

    async def handle(self, item: Item) -> None:
        self.runs.append(item.work.message.id)
        self.begun.set()
        if self.error is not None:
            raise self.error
        await self.end.wait()

    async def open(self) -> None:
        """Serve a channel, and wait until the store said that it is empty."""
        self.dispatcher.open("system:erp", self.handle, 4, lambda now: None)
        await until(lambda: self.dispatcher.reserve("system:erp"))
        self.dispatcher.decline("system:erp")

    async def append(self) -> int:
        """A delivery in the store that nobody was told of."""
        message = NewMessage("system:erp", "flow:orders", b"{}", self.clock.now())
        (appended,) = await self.store.append(Append((message,)))
        return appended.message_id

    async def message(self, message_id: int) -> Message:
        found = await self.store.get(message_id)
        assert found is not None
        return found

    async def fails(self, error: Exception) -> Message:
        """A delivery whose handler raises, after the chore that lets it go."""
        self.error = error
        message_id = await self.append()
        self.dispatcher.nudge("system:erp")
        await self.begun.wait()
        await self.dispatcher.settled()
        assert (await self.message(message_id)).state is State.RUNNING
        await free(self.desk, self.dispatcher, self.clock, lambda: 0.5).work()
        assert self.dispatcher.in_memory == 0
        return await self.message(message_id)


@pytest.fixture
async def floor(tmp_path: Path) -> AsyncIterator[Floor]:
    clock = ManualClock()
    floor = Floor(await open_sqlite(tmp_path / "store.db", workspace="test", clock=clock), clock)
    await floor.open()
    yield floor
    floor.end.set()
    await floor.dispatcher.drain(5)
    await floor.store.close()


async def test_a_clock_set_forward_runs_nothing_beside_itself(floor: Floor) -> None:
    """REL-24: a day ends every lease; what runs here keeps its own, and is not run a second time meanwhile."""
    message_id = await floor.append()
    floor.dispatcher.nudge("system:erp")
    await floor.begun.wait()
    floor.clock.advance(DAY)
    await rescue(floor.store, floor.dispatcher, pass_by).work()
    assert (await floor.message(message_id)).state is State.RUNNING
    assert floor.runs == [message_id]


async def test_what_nobody_was_told_of_is_found(floor: Floor) -> None:
    """A commit whose caller failed told nobody; the next look at the store finds what it made claimable."""
    message_id = await floor.append()
    await rescue(floor.store, floor.dispatcher, pass_by).work()
    await floor.begun.wait()
    assert floor.runs == [message_id]


async def test_what_could_not_be_settled_is_let_go_as_uncertain(floor: Floor) -> None:
    """REL-24: the store failed after the request; it is asked for before a second try, and costs no attempt."""
    message = await floor.fails(StoreUnavailable("the disk is full"))
    assert message.state is State.WAITING
    assert message.not_before == floor.clock.now()
    assert message.uncertain
    assert message.attempts == 0


async def test_a_fault_in_a_handler_counts_as_an_attempt(floor: Floor) -> None:
    """REL-9: a message that a handler cannot bear ends as a dead letter, and is not tried for ever."""
    message = await floor.fails(KeyError("a fault"))
    assert message.state is State.WAITING
    assert message.attempts == 1
    assert message.failure is not None
    assert message.failure["reason"] == "engine-fault"
