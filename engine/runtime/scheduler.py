"""The scheduler: appends a message for each firing, keyed by schedule and fire time.

APScheduler's triggers tell when; nothing of it runs. A firing that was missed while the process was down is made up for
once, and neither a misfire nor a second replica can double one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.interval import IntervalTrigger

from engine import exact_json
from engine.clock import Clock, iso, moment
from engine.config.models.base import TimedModel
from engine.errors import StepFailed, StoreError
from engine.flow.compiled import CompiledEvent, CompiledFlow, Revision
from engine.flow.identity import Identity
from engine.message import flow_channel
from engine.runtime.dispatcher import Dispatcher
from engine.runtime.polls import POLL_SOURCE, is_under_way, poll_message
from engine.store.protocol import MessageStore
from engine.store.records import Append, Claim, NewMessage, Watermark
from engine.telemetry.log import Log

LONGEST_SLEEP = 60.0
_EPOCH = datetime(2020, 1, 1, tzinfo=ZoneInfo("UTC"))


@dataclass(frozen=True, slots=True)
class Schedule:
    """When something fires: a cron line or an interval, and what it is for."""

    name: str
    trigger: CronTrigger | IntervalTrigger
    flow: CompiledFlow | None = None
    event: CompiledEvent | None = None


def schedules_of(revision: Revision) -> tuple[Schedule, ...]:
    """Every schedule and poll of a revision."""
    found = []
    for flow in revision.flows.values():
        declared = flow.model.source.schedule
        if declared is not None and flow.model.active:
            found.append(Schedule(f"schedule:{flow.name}", trigger_of(declared), flow=flow))
    for system in revision.systems.values():
        for event in system.events.values():
            if event.poll is not None and event.name in revision.listeners:
                trigger = trigger_of(event.poll.model)
                found.append(Schedule(f"{POLL_SOURCE}{event.name}@", trigger, event=event))
    return tuple(found)


def trigger_of(timed: TimedModel) -> CronTrigger | IntervalTrigger:
    """APScheduler's trigger; intervals count from a fixed moment, so that all replicas fire at the same times."""
    if timed.cron is not None:
        return CronTrigger.from_crontab(timed.cron.with_named_days, timezone=ZoneInfo(timed.zone))
    assert timed.every is not None
    return IntervalTrigger(seconds=timed.every.seconds, start_date=_EPOCH, timezone=ZoneInfo("UTC"))


class Scheduler:
    """Fires the schedules of the active revision."""

    def __init__(
        self,
        store: MessageStore,
        dispatcher: Dispatcher,
        clock: Clock,
        log: Log,
        revision: Callable[[], Revision],
    ) -> None:
        self._store = store
        self._dispatcher = dispatcher
        self._clock = clock
        self._log = log
        self._revision = revision
        self._next: dict[str, float] = {}
        self._changed = asyncio.Event()
        self._firing = asyncio.Lock()

    def rebind(self) -> None:
        """Look at the schedules again after a change of revision."""
        self._next.clear()
        self._changed.set()

    async def run(self) -> None:
        """Fire for ever; cancel it to stop."""
        while True:
            self._changed.clear()
            due = await self.fire_due()
            wait = min(LONGEST_SLEEP, max(0.0, due - self._clock.now())) if due is not None else LONGEST_SLEEP
            try:
                async with asyncio.timeout(wait):
                    await self._changed.wait()
            except TimeoutError:
                continue

    async def fire_due(self) -> float | None:
        """Fire what is due and return when the next one is."""
        async with self._firing:
            return await self._fire_all()

    async def _fire_all(self) -> float | None:
        now = self._clock.now()
        for schedule in schedules_of(self._revision()):
            try:
                await self._fire_if_due(schedule, now)
            except StoreError as error:
                self._log.warning("schedule-not-stored", schedule=schedule.name, detail=str(error))
            except StepFailed as failed:
                self._log.error("schedule-failed", schedule=schedule.name, detail=failed.detail)
                self._next[schedule.name] = fires_after(schedule, now) or now + LONGEST_SLEEP
        return min(self._next.values(), default=None)

    async def _fire_if_due(self, schedule: Schedule, now: float) -> None:
        due = self._next.get(schedule.name)
        if due is None:
            due = await self._resume(schedule, now)
        if due is None:
            return
        if due <= now:
            await self._fire(schedule, _latest(schedule, due, now), now)
            due = fires_after(schedule, now)
        if due is not None:
            self._next[schedule.name] = due

    async def _resume(self, schedule: Schedule, now: float) -> float | None:
        """The first fire time since the last one that was stored; a new schedule starts from now."""
        stored = await self._store.watermark(schedule.name)
        if stored is None:
            # a first firing that is missed while the process is down shall be made up for too
            await self._store.append(Append((), watermark=Watermark(schedule.name, exact_json.encode(now))))
        last = float(exact_json.decode(stored)) if stored is not None else now
        return fires_after(schedule, min(last, now))

    async def _fire(self, schedule: Schedule, fire_at: float, now: float) -> None:
        revision = self._revision()
        watermark = Watermark(schedule.name, exact_json.encode(fire_at))
        if schedule.event is not None:
            if await is_under_way(self._store, schedule.event):
                await self._store.append(Append((), watermark=watermark))
                return
            message = await poll_message(self._store, revision, schedule.event, fire_at, now)
        else:
            assert schedule.flow is not None
            message = _firing(schedule.flow, fire_at, now)
        (appended,) = await self._store.append(Append((message,), lease=(False,), watermark=watermark))
        if appended.eligible:
            self._dispatcher.nudge(message.channel)


def _firing(flow: CompiledFlow, fire_at: float, now: float) -> NewMessage:
    identity = Identity(lane=f"{flow.identity.lane_name}\x1f")
    source = f"schedule:{flow.name}"
    return NewMessage(
        channel=flow_channel(flow.name),
        source=source,
        payload=exact_json.encode({"schedule": flow.name, "firedAt": iso(fire_at)}),
        received_at=now,
        key=f"{source}@{fire_at:.3f}",
        lane=identity.lane,
        priority=flow.rank,
        claims=(Claim(source, f"{fire_at:.3f}", b"", now + 30 * 86400.0),),
    )


def fires_after(schedule: Schedule, at: float) -> float | None:
    """The first fire time after `at`."""
    # With a previous fire time an interval would count from that, and each replica and reload have one of its own.
    found = schedule.trigger.get_next_fire_time(None, moment(at + 0.000_001))
    return float(found.timestamp()) if found is not None else None


def _latest(schedule: Schedule, first: float, now: float) -> float:
    """The last of the fire times from `first` to now: missed ones are made up for by one."""
    latest = first
    for _ in range(10_000):
        following = fires_after(schedule, latest)
        if following is None or following > now:
            break
        latest = following
    return latest
