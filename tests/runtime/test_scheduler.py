"""Schedules: a message for each firing, however late and however many would fire it."""

from __future__ import annotations

import asyncio
import json
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from engine.clock import ManualClock
from engine.runtime.scheduler import Scheduler
from engine.telemetry.log import Log
from tests.workspaces import Running, flow, running

DAILY = flow("- send: erp.note", source='{schedule: {cron: "30 2 * * *", zone: America/New_York}}')
OFTEN = flow("- send: erp.note", source="{schedule: {every: 5 min}}")


def at(text: str, zone: str = "UTC") -> float:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp()


async def fired(run: Running) -> list[str]:
    """Make the schedules look now; the times at which they have fired so far."""
    await run.app.engine.scheduler.fire_due()
    documents = [await run.app.store.payload(one.payload) for one in await run.all("flow:orders")]
    return [json.loads(one or b"")["firedAt"] for one in documents]


async def test_an_interval_fires_at_its_times(tmp_path: Path) -> None:
    """ARC-8."""
    clock = ManualClock(at("2026-01-01T10:01:00"))
    async with running(tmp_path, OFTEN, clock=clock) as run:
        assert await fired(run) == []
        await run.advance(240)
        assert await fired(run) == ["2026-01-01T10:05:00.000Z"]
        assert await fired(run) == ["2026-01-01T10:05:00.000Z"]
        await run.advance(300)
        assert await fired(run) == ["2026-01-01T10:05:00.000Z", "2026-01-01T10:10:00.000Z"]
        await run.quiet()
        assert run.peer.bodies("/note")[0]["schedule"] == "orders"


async def test_firings_that_were_missed_while_the_process_was_down_are_made_up_for_once(tmp_path: Path) -> None:
    clock = ManualClock(at("2026-01-01T10:04:00"))
    async with running(tmp_path, OFTEN, clock=clock) as run:
        await run.advance(61)
        assert len(await fired(run)) == 1
    clock.advance(3600)
    async with running(tmp_path, OFTEN, clock=clock) as run:
        assert (await fired(run))[1:] == ["2026-01-01T11:05:00.000Z"]


async def test_a_first_firing_that_was_missed_is_made_up_for_too(tmp_path: Path) -> None:
    clock = ManualClock(at("2026-01-01T10:01:00"))
    async with running(tmp_path, OFTEN, clock=clock) as run:
        assert await fired(run) == []
    clock.advance(600)
    async with running(tmp_path, OFTEN, clock=clock) as run:
        assert await fired(run) == ["2026-01-01T10:10:00.000Z"]


async def test_a_day_without_the_hour_fires_once_and_a_day_with_it_twice_fires_once(tmp_path: Path) -> None:
    """REL-6: daylight saving time in New York, 2026-03-08 and 2026-11-01."""
    for start, days in (("2026-03-06T12:00:00", 4), ("2026-10-30T12:00:00", 4)):
        folder = tmp_path / start[:10]
        clock = ManualClock(at(start, "America/New_York"))
        async with running(folder, DAILY, clock=clock) as run:
            times: list[str] = []
            for _ in range(days * 24):
                await run.advance(3600)
                times = await fired(run)
            assert len(times) == days
            assert len({time[:10] for time in times}) == days


async def test_two_schedulers_on_one_store_fire_once(tmp_path: Path) -> None:
    """REL-17: keyed by schedule and fire time."""
    clock = ManualClock(at("2026-01-01T10:04:00"))
    async with running(tmp_path, OFTEN, clock=clock) as run:
        engine = run.app.engine
        others = [
            Scheduler(run.app.store, engine.dispatcher, clock, Log(clock), lambda: engine.revisions.active)
            for _ in range(3)
        ]
        await asyncio.gather(*(other.fire_due() for other in others))
        await run.advance(61)
        await asyncio.gather(*(other.fire_due() for other in others))
        assert await fired(run) == ["2026-01-01T10:05:00.000Z"]
        await run.quiet()
        assert len(run.peer.asked) == 1


async def test_firings_of_one_schedule_run_one_after_another(tmp_path: Path) -> None:
    clock = ManualClock(at("2026-01-01T10:04:00"))
    async with running(tmp_path, flow("- call: erp.note", source="{schedule: {every: 5 min}}"), clock=clock) as run:
        run.peer.gate.clear()
        for _ in range(3):
            await run.advance(300)
            await fired(run)
        run.peer.gate.set()
        await run.quiet()
        assert [body["firedAt"][11:16] for body in run.peer.bodies("/note")] == ["10:05", "10:10", "10:15"]
        assert run.peer.most == 1


async def test_a_flow_that_is_not_active_does_not_fire(tmp_path: Path) -> None:
    clock = ManualClock(at("2026-01-01T10:04:00"))
    files = flow("- send: erp.note", source="{schedule: {every: 5 min}}", active="false")
    async with running(tmp_path, files, clock=clock) as run:
        await run.advance(600)
        assert await fired(run) == []
