"""The offices in which operators' orders are carried out: on the store alone, or in the running process."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from engine.app.checks import check
from engine.app.stores import open_store, store_place
from engine.clock import Clock, SystemClock
from engine.config.files import Bundle
from engine.config.findings import Findings
from engine.errors import ConfigurationError
from engine.flow.compiled import Revision
from engine.recovery.commands import Commands
from engine.recovery.orders import Names, Office
from engine.runtime.engine import Engine
from engine.store.protocol import MessageStore
from engine.tracking.views import Views


@asynccontextmanager
async def open_office(folder: Path, *, store: str | None = None) -> AsyncIterator[Office]:
    """The store for one command, under its exclusive lock. Raises StoreLocked when a process runs on it."""
    revision, findings = check(folder, complete=False)
    if revision is None:
        raise ConfigurationError(findings.errors)
    clock = SystemClock()
    opened = await open_store(store_place(folder, revision, store), clock)
    try:
        bundle = Bundle.from_directory(folder, Findings())
        await opened.put_revision(revision.id, bundle.to_bytes(), clock.now())
        commands = Commands(opened, clock, active_revision=lambda: revision.id, intake=None, wake=lambda channels: None)
        yield Office(commands, _views(opened, lambda: revision, clock), opened, lambda: _names(revision))
    finally:
        await opened.close()


def office_of(engine: Engine, store: MessageStore, clock: Clock) -> Office:
    """The office of a running engine, by whatever revision is active."""

    def active() -> Revision:
        return engine.revisions.active

    commands = Commands(
        store,
        clock,
        active_revision=lambda: active().id,
        intake=engine.receiver,
        wake=engine.dispatcher.nudge_all,
    )
    return Office(commands, _views(store, active, clock), store, lambda: _names(active()), engine.receiver)


def _names(revision: Revision) -> Names:
    """What a person may name in an order."""
    return Names(
        [event.name for system in revision.systems.values() for event in system.events.values()],
        [*(f"flow:{name}" for name in revision.flows), *(f"system:{name}" for name in revision.systems)],
    )


def _views(store: MessageStore, active: Callable[[], Revision], clock: Clock) -> Views:
    """The views of a store, by the expectations and secrets of the active revision."""

    def expected(name: str) -> Sequence[tuple[str, float]]:
        flow = active().flows.get(name)
        declared = flow.model.expect if flow is not None else ()
        each = declared if isinstance(declared, tuple) else (declared,)
        return [(one.milestone, one.within.seconds) for one in each]

    return Views(store, lambda text: active().redact(text), expected=expected, now=clock.now)
