"""The running workspace: how it starts, what it is ordered to do while it runs, and how it ends."""

from __future__ import annotations

import asyncio
import gc
import logging
import random
import signal
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import uvloop

from engine.app import facts
from engine.app.checks import registry_for
from engine.app.hangups import Hangups
from engine.app.loading import Loader
from engine.app.offices import office_of
from engine.app.options import Report, RunOptions
from engine.app.pages import Pages
from engine.app.reloading import Reloads
from engine.app.stand_ins import StandIns
from engine.app.stores import open_store, state_folder, store_place
from engine.config.environment import Environment
from engine.config.redactor import without_password
from engine.errors import CommandRefused
from engine.flow.compiled import Revision
from engine.plugin import Host
from engine.recovery.orders import ORDERS
from engine.runtime.control import ControlSocket
from engine.runtime.engine import Engine, Parts
from engine.runtime.socket_path import socket_path
from engine.telemetry.log import Log, LogHandler


class App:
    """A workspace that runs: engine, control socket and, in sandbox mode, the stand-ins."""

    def __init__(self, folder: Path, options: RunOptions, report: Report) -> None:
        self._folder = folder.resolve()
        self._options = options
        self._report = report
        self._log = Log(options.clock, as_json=options.json_logs, level=options.log_level)
        self._loader = Loader(
            self._folder, registry_for(self._folder), Environment(options.variables, sandbox=options.sandbox)
        )
        self._stand_ins = StandIns()
        self._stop = asyncio.Event()

    # -- start

    async def start(self) -> None:
        """Compile, open the store, resume what was left, and listen.

        Raises ConfigurationError, StoreError or PluginError.
        """
        bundle, findings = self._loader.read()
        revision = self._loader.compile(bundle, findings)
        for warning in findings.warnings:
            self._log.warning("lint", finding=str(warning))
        self._log.adopt_redaction(revision.redact)
        options = self._options
        place = store_place(self._folder, revision, options.store)
        self._state = state_folder(self._folder, place)
        self.store = await open_store(place, options.clock, state=self._state)
        engine: Engine | None = None
        try:
            self._control = ControlSocket(socket_path(self._state), self._order, self._log)
            await self._control.require_free()
            await self.store.put_revision(revision.id, bundle.to_bytes(), options.clock.now())
            if options.sandbox:
                await self._start_stand_ins(revision)
            engine = self.engine = Engine(self._parts(revision), revision)
            self.office = office_of(engine, self.store, options.clock)
            self._reloads = self._reloads_of(engine)
            await engine.start()
            await engine.serve_leftovers()
            await self._control.start()
            for address in facts.addresses_of(engine)[:1]:
                await self._stand_ins.tell(address)
        except BaseException:
            if engine is not None:
                await engine.drain(0.0)
            self._stand_ins.stop()
            await self.store.close()
            raise

    async def _start_stand_ins(self, revision: Revision) -> None:
        host, port = self._listen(revision)
        state = self._state / "sandbox"
        await self._stand_ins.start(self._folder, f"http://{host}:{port}", state, self._options.variables)

    def _reloads_of(self, engine: Engine) -> Reloads:
        return Reloads(
            self._loader, engine, self.store, self._stand_ins, self._options.clock, self._log, report=self._report
        )

    def _listen(self, revision: Revision) -> tuple[str, int]:
        declared = revision.workspace.listen
        port = declared.port if self._options.port is None else self._options.port
        return declared.host, port

    def _parts(self, revision: Revision) -> Parts:
        options = self._options
        logger = logging.getLogger("crossdock")
        logger.handlers = [LogHandler(self._log)]
        logger.propagate = False
        return Parts(
            store=self.store,
            registry=self._loader.registry,
            clock=options.clock,
            log=self._log,
            host=Host(options.clock, logger, self._folder, self._listen(revision), Pages(self).by_name()),
            random=random.random,
            compile_bundle=self._loader.compile_stored,
            folder=self._state,
            passing=options.passing,
            sandboxed=self._stand_ins.addresses,
        )

    def announce(self) -> None:
        """Report that it runs, and where."""
        revision = self.engine.revisions.active
        path = getattr(self.store, "path", self._options.store or revision.workspace.store.url)
        where = {"store": without_password(str(path)), "control": str(socket_path(self._state))}
        self._report("started", {**facts.started(revision, self.engine, self._stand_ins), **where})

    # -- orders

    async def _order(self, name: str, given: Mapping[str, Any], progress: Callable[[int, int], None]) -> Any:
        if name == "status":
            return await self.status()
        if name == "drain":
            self._stop.set()
            return {"draining": True, "running": self.engine.dispatcher.running}
        if name == "reload":
            return await self.reload()
        order = ORDERS.get(name)
        if order is None:
            raise CommandRefused(f"there is no order '{name}'")
        return await order(self.office, given, progress)

    async def status(self) -> dict[str, Any]:
        """What runs, what waits, what is broken."""
        return await facts.status(self.engine, self.office, self._options.clock.now(), self._stand_ins)

    async def reload(self) -> dict[str, Any]:
        """Compile the folder again and swap. Raises ConfigurationError; the old revision then runs on."""
        return await self._reloads.reload()

    # -- life

    async def run(self, hangups: Hangups) -> bool:
        """Announce it and run until a signal or a drain order; returns whether everything in progress could end."""
        loop = asyncio.get_running_loop()
        for wanted in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(wanted, self._stop.set)
        self.announce()
        hangups.obey(loop, self._reload_on_signal)
        watching = loop.create_task(self._reloads.on_every_save(self._stop)) if self._options.watch else None
        await self._stop.wait()
        if watching is not None:
            watching.cancel()
        return await self.stop()

    def _reload_on_signal(self) -> None:
        if not self._stop.is_set():
            self._reloading = asyncio.get_running_loop().create_task(self._reloads.reload_or_tell())

    async def stop(self) -> bool:
        """Drain and close."""
        self._report("draining", {"running": self.engine.dispatcher.running})
        finished = await self.engine.drain(self._options.drain_seconds)
        await self.store.close()
        await self._control.stop()  # last: who waits for the socket to go may then open the store
        await asyncio.to_thread(self._stand_ins.stop)
        self._report("stopped", {"finished": finished})
        return finished


async def run_workspace(folder: Path, options: RunOptions, report: Report, hangups: Hangups) -> int:
    """Run a workspace until it is told to stop; 0 when everything in progress could end, else 1.

    Raises ConfigurationError, StoreLocked, StoreIncompatible, StoreUnavailable, PluginError or SandboxFailed.
    """
    app = App(folder, options, report)
    await app.start()
    _settle_memory()
    return 0 if await app.run(hangups) else 1


def _settle_memory() -> None:
    """What was made at the start stays: it need not be searched for garbage while messages pass."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)


def run_blocking(folder: Path, options: RunOptions, report: Report) -> int:
    """`run_workspace` on an event loop of its own."""
    return uvloop.run(run_workspace(folder, options, report, Hangups()))
