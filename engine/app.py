"""The composition root: a workspace's folder becomes a running process, or an office for one command."""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import random
import re
import signal
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit

import uvloop
from watchfiles import awatch

from engine import exact_json
from engine.clock import Clock, SystemClock, iso, moment
from engine.config.environment import Environment
from engine.config.files import Bundle
from engine.config.findings import Findings
from engine.config.progress import Progress
from engine.contracts.registry import ContractRegistry
from engine.errors import CommandRefused, ConfigurationError, StoreIncompatible, StoreUnavailable
from engine.flow.compile import compile_or_refuse, compile_workspace, no_garbage
from engine.flow.compiled import Revision
from engine.plugin import (
    HEALTH_PAGE,
    MESSAGE_PAGE,
    Answer,
    Host,
    Page,
    Plugin,
    Registry,
    folder_plugins,
    installed_plugins,
)
from engine.recovery.commands import Commands
from engine.recovery.orders import ORDERS, Names, Office
from engine.runtime.commit_points import Passing, pass_by
from engine.runtime.control import ControlSocket
from engine.runtime.engine import Engine, Parts
from engine.runtime.socket_path import socket_path
from engine.sandbox.loader import load_stand_ins
from engine.sandbox.process import SandboxProcess, start_sandbox
from engine.store.protocol import MessageStore
from engine.store.sqlite import migrate_sqlite, open_sqlite
from engine.telemetry.log import Log, LogHandler
from engine.tracking.views import Views

try:
    from engine.store import postgres
except ModuleNotFoundError:  # the driver is an extra
    postgres = None  # type: ignore[assignment]

STATE_FOLDER = ".crossdock"
DRAIN_SECONDS = 30.0
_PASSWORD = re.compile(r"(://[^/@:]*:)[^/@]*@")

Report = Callable[[str, Mapping[str, Any]], None]


@dataclass(frozen=True, slots=True)
class RunOptions:
    """How to run a workspace. `port` and `store` replace what the workspace says; `passing` is for fault tests."""

    sandbox: bool = False
    watch: bool = False
    port: int | None = None
    store: str | None = None
    json_logs: bool = False
    log_level: str = "info"
    drain_seconds: float = DRAIN_SECONDS
    passing: Passing = pass_by
    clock: Clock = field(default_factory=SystemClock)
    variables: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))


def registry_for(folder: Path) -> Registry:
    """The installed plugins and those the workspace brings; its own copy of an installed one is that one."""
    installed = installed_plugins()
    names = {plugin.name for plugin in installed}
    own: Sequence[Plugin] = ()
    if (folder / "plugins").is_dir() and not (folder / "plugins" / "__init__.py").exists():
        own = folder_plugins(folder / "plugins")
    return Registry([*installed, *(plugin for plugin in own if plugin.name not in names)])


def check(
    folder: Path,
    *,
    complete: bool = True,
    sandbox: bool = False,
    variables: Mapping[str, str] | None = None,
    published: Bundle | None = None,
    clock: Clock | None = None,
    lenient: bool = False,
) -> tuple[Revision | None, Findings]:
    """Load and compile a workspace as `run` does. `complete` False takes absent variables and secrets as given.

    `published` are the files whose contracts others use already; `lenient` see `compile_workspace`.
    """
    findings = Findings()
    bundle = Bundle.from_directory(folder, findings)
    environment = Environment(
        dict(os.environ) if variables is None else variables, complete=complete, sandbox=sandbox or not complete
    )
    today = moment((clock or SystemClock()).now()).date()
    return check_files(folder, bundle, environment, findings, today=today, published=published, lenient=lenient)


def check_files(
    folder: Path,
    bundle: Bundle,
    environment: Environment,
    findings: Findings,
    *,
    today: date,
    published: Bundle | None = None,
    progress: Progress | None = None,
    lenient: bool = False,
) -> tuple[Revision | None, Findings]:
    """The same for files that are read already; `findings` holds what reading them found."""
    checks = (_check_stand_ins,)
    with no_garbage():
        return compile_workspace(
            bundle,
            registry_for(folder),
            environment,
            findings,
            checks,
            lazy=True,
            today=today,
            published=published,
            progress=progress,
            lenient=lenient,
        )


def _check_stand_ins(bundle: Bundle, environment: Environment, contracts: ContractRegistry, findings: Findings) -> None:
    load_stand_ins(bundle, environment, contracts.resolve, findings)


# -- where things are


@dataclass(frozen=True, slots=True)
class StorePlace:
    """Where a workspace's store is: `sqlite` with a file, or `postgres` with an address and a schema."""

    kind: str
    path: Path | None
    url: str
    schema: str
    workspace: str


def store_place(folder: Path, revision: Revision, override: str | None = None) -> StorePlace:
    """The store of a workspace. Raises StoreIncompatible for an address of another kind."""
    declared = revision.workspace.store
    url = override or declared.url
    scheme = urlsplit(url).scheme
    name = revision.workspace.name
    if scheme == "sqlite":
        return StorePlace("sqlite", (folder / url.removeprefix("sqlite:")).resolve(), url, "", name)
    if scheme in ("postgresql", "postgres"):
        return StorePlace("postgres", None, url, declared.schema_name, name)
    shown = _without_password(url)
    raise StoreIncompatible(f"expected a store such as 'sqlite:PATH' or 'postgresql://…', got '{shown}'")


def _without_password(url: str) -> str:
    """The address of a store as it may be shown."""
    return _PASSWORD.sub(r"\1***@", url)


def state_folder(folder: Path, place: StorePlace) -> Path:
    """Where the control socket and the stand-ins' states lie: beside the store."""
    return place.path.parent if place.path is not None else folder.resolve() / STATE_FOLDER


def _make_folder(state: Path) -> None:
    """Make the state folder where the store is not a file in it."""
    try:
        state.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreUnavailable(f"{state}: {error}") from error


async def open_store(place: StorePlace, clock: Clock) -> MessageStore:
    """Open a workspace's store. Raises StoreLocked, StoreIncompatible or StoreUnavailable."""
    if place.path is not None:
        return await open_sqlite(place.path, workspace=place.workspace, clock=clock)
    store: MessageStore = await _postgres().open_postgres(
        place.url, schema=place.schema, workspace=place.workspace, clock=clock
    )
    return store


async def migrate_store(folder: Path, *, store: str | None = None) -> tuple[int, ...]:
    """Move a workspace's store forward to this program; returns the versions added."""
    revision, findings = check(folder, complete=False)
    if revision is None:
        raise ConfigurationError(findings.errors)
    place = store_place(folder, revision, store)
    if place.path is not None:
        return await migrate_sqlite(place.path, workspace=place.workspace)
    added: tuple[int, ...] = await _postgres().migrate_postgres(
        place.url, schema=place.schema, workspace=place.workspace
    )
    return added


# -- one command without a running process


@asynccontextmanager
async def open_office(folder: Path, *, store: str | None = None) -> AsyncIterator[Office]:
    """The store for one command, under its exclusive lock. Raises StoreLocked when a process runs on it."""
    revision, findings = check(folder, complete=False)
    if revision is None:
        raise ConfigurationError(findings.errors)
    clock = SystemClock()
    opened = await open_store(store_place(folder, revision, store), clock)
    try:
        await opened.put_revision(revision.id, _bundle_of(folder).to_bytes(), clock.now())
        commands = Commands(opened, clock, active_revision=lambda: revision.id, intake=None, wake=lambda channels: None)
        yield Office(commands, _views(opened, lambda: revision, clock), opened, lambda: _names(revision))
    finally:
        await opened.close()


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


def _bundle_of(folder: Path) -> Bundle:
    return Bundle.from_directory(folder, Findings())


# -- the running process


class App:
    """A workspace that runs: engine, control socket and, in sandbox mode, the stand-ins."""

    def __init__(self, folder: Path, options: RunOptions, report: Report) -> None:
        self._folder = folder.resolve()
        self._options = options
        self._report = report
        self._registry = registry_for(self._folder)
        self._log = Log(options.clock, as_json=options.json_logs, level=options.log_level)
        self._environment = Environment(options.variables, sandbox=options.sandbox)
        self._sandbox: SandboxProcess | None = None
        self._stop = asyncio.Event()
        self._reloading = asyncio.Lock()

    async def start(self) -> None:
        """Compile, open the store, resume what was left, and listen.

        Raises ConfigurationError, StoreError or PluginError.
        """
        findings = Findings()
        bundle = Bundle.from_directory(self._folder, findings)
        revision = compile_or_refuse(bundle, self._registry, self._environment, findings, (_check_stand_ins,))
        for warning in findings.warnings:
            self._log.warning("lint", finding=str(warning))
        self._log.adopt_redaction(revision.redact)
        options = self._options
        place = store_place(self._folder, revision, options.store)
        self._state = state_folder(self._folder, place)
        self.store = await open_store(place, options.clock)
        engine: Engine | None = None
        try:
            _make_folder(self._state)
            self._control = ControlSocket(socket_path(self._state), self._order, self._log)
            await self._control.require_free()
            await self.store.put_revision(revision.id, bundle.to_bytes(), options.clock.now())
            if options.sandbox:
                self._sandbox = await asyncio.to_thread(
                    start_sandbox,
                    self._folder,
                    self._hub(revision),
                    self._state / "sandbox",
                    environment=options.variables,
                )
            engine = self.engine = Engine(self._parts(revision), revision)
            self._open_office(revision)
            await engine.start()
            await engine.serve_leftovers()
            await self._control.start()
        except BaseException:
            if engine is not None:
                await engine.drain(0.0)
            if self._sandbox is not None:
                self._sandbox.stop()
            await self.store.close()
            raise
        self._announce(revision)

    def _hub(self, revision: Revision) -> str:
        host, port = self._listen(revision)
        return f"http://{host}:{port}"

    def _listen(self, revision: Revision) -> tuple[str, int]:
        declared = revision.workspace.listen
        port = declared.port if self._options.port is None else self._options.port
        return declared.host, port

    def _parts(self, revision: Revision) -> Parts:
        options = self._options
        addresses = dict(self._sandbox.addresses) if self._sandbox is not None else {}
        logger = logging.getLogger("crossdock")
        logger.handlers = [LogHandler(self._log)]
        logger.propagate = False
        return Parts(
            store=self.store,
            registry=self._registry,
            clock=options.clock,
            log=self._log,
            host=Host(options.clock, logger, self._folder, self._listen(revision), self._pages()),
            random=random.random,
            compile_bundle=self._compile_bundle,
            folder=self._state,
            passing=options.passing,
            sandboxed=addresses,
        )

    def _compile_bundle(self, raw: bytes) -> Revision:
        return compile_or_refuse(Bundle.from_bytes(raw), self._registry, self._environment, lenient=True)

    def _open_office(self, revision: Revision) -> None:
        commands = Commands(
            self.store,
            self._options.clock,
            active_revision=lambda: self.engine.revisions.active.id,
            intake=self.engine.receiver,
            wake=self.engine.dispatcher.nudge_all,
        )
        self.office = Office(
            commands,
            _views(self.store, lambda: self.engine.revisions.active, self._options.clock),
            self.store,
            lambda: _names(self.engine.revisions.active),
            self.engine.receiver,
        )

    def _announce(self, revision: Revision) -> None:
        addresses = [f"http://{host}:{port}" for host, port in self.engine.addresses]
        if self._sandbox is not None and addresses:
            self._sandbox.control.set_hub(addresses[0])
        self._report(
            "started",
            {
                "workspace": revision.workspace.name,
                "revision": revision.id,
                "address": addresses[0] if addresses else None,
                "flows": len(revision.flows),
                "systems": len(revision.systems),
                "store": _without_password(
                    str(getattr(self.store, "path", self._options.store or revision.workspace.store.url))
                ),
                "control": str(socket_path(self._state)),
                "sandbox": dict(self._sandbox.addresses) if self._sandbox is not None else {},
                "sandboxControl": self._sandbox.control_url if self._sandbox is not None else None,
            },
        )

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
        engine = self.engine
        revision = engine.revisions.active
        refusal = engine.health.refusal()
        now = self._options.clock.now()
        counts = await ORDERS["counts"](self.office, {}, lambda done, whole: None)
        systems = []
        for name, gateway in engine.gateways.items():
            paused = gateway.paused_until(now)
            systems.append(
                {
                    "system": name,
                    "breaker": gateway.state,
                    "pausedUntil": iso(paused[0]) if paused is not None else None,
                    "why": paused[1] if paused is not None else None,
                }
            )
        return {
            "workspace": revision.workspace.name,
            "revision": revision.id,
            "accepting": refusal is None,
            "refusal": str(refusal) if refusal is not None else None,
            "running": engine.dispatcher.running,
            "inMemory": engine.dispatcher.in_memory,
            "addresses": [f"http://{host}:{port}" for host, port in engine.addresses],
            "systems": systems,
            "sandboxControl": self._sandbox.control_url if self._sandbox is not None else None,
            **counts,
        }

    async def reload(self) -> dict[str, Any]:
        """Compile the folder again and swap. Raises ConfigurationError; the old revision then runs on."""
        async with self._reloading:
            findings = Findings()
            bundle = await asyncio.to_thread(Bundle.from_directory, self._folder, findings)
            before = self.engine.revisions.active.id
            if bundle.revision == before and not findings.has_errors:
                return {"revision": before, "changed": False}
            revision = await asyncio.to_thread(compile_or_refuse, bundle, self._registry, self._environment, findings)
            await self.store.put_revision(revision.id, bundle.to_bytes(), self._options.clock.now())
            self._log.adopt_redaction(revision.redact)
            await self.engine.reload(revision)
            await self.engine.serve_leftovers()
            self._log.info("reloaded", revision=revision.id, before=before)
            return {"revision": revision.id, "changed": True, "before": before}

    # -- pages

    def _pages(self) -> dict[str, Page]:
        return {HEALTH_PAGE: self._health_page, MESSAGE_PAGE: self._message_page}

    async def _health_page(self, given: Mapping[str, str]) -> Answer:
        refusal = self.engine.health.refusal()
        body = {"status": "ok" if refusal is None else "refusing", "revision": self.engine.revisions.active.id}
        if refusal is not None:
            body["reason"] = str(refusal)
        return Answer(200 if refusal is None else 503, exact_json.encode(body))

    async def _message_page(self, given: Mapping[str, str]) -> Answer:
        """The status of a message for the caller that sent it: no payloads, no inner workings."""
        try:
            message = await self.office.commands.message(given["id"])
        except CommandRefused as refused:
            problem = {"type": "about:blank", "title": "no such message", "status": 404, "detail": str(refused)}
            return Answer(404, exact_json.encode(problem), "application/problem+json")
        body: dict[str, Any] = {
            "id": given["id"],
            "state": message.state.value,
            "correlation_id": message.correlation_id,
        }
        answer = await self.store.answer(message.id)
        if answer is not None:
            body["answer"] = exact_json.decode(answer)["body"]
        return Answer(200, exact_json.encode(body))

    # -- life

    async def run(self) -> bool:
        """Run until a signal or a drain order; returns whether everything in progress could end."""
        loop = asyncio.get_running_loop()
        for wanted in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(wanted, self._stop.set)
        loop.add_signal_handler(signal.SIGHUP, self._reload_on_signal)
        watching = loop.create_task(self._watch()) if self._options.watch else None
        await self._stop.wait()
        if watching is not None:
            watching.cancel()
        return await self.stop()

    async def stop(self) -> bool:
        """Drain and close."""
        self._report("draining", {"running": self.engine.dispatcher.running})
        finished = await self.engine.drain(self._options.drain_seconds)
        await self.store.close()
        await self._control.stop()  # last: who waits for the socket to go may then open the store
        if self._sandbox is not None:
            await asyncio.to_thread(self._sandbox.stop)
        self._report("stopped", {"finished": finished})
        return finished

    def _reload_on_signal(self) -> None:
        self._reloads = asyncio.get_running_loop().create_task(self._try_reload())

    async def _try_reload(self) -> None:
        try:
            self._report("reloaded", await self.reload())
        except ConfigurationError as error:
            for finding in error.findings:
                self._log.error("lint", finding=str(finding))
            self._report("reload-refused", {"findings": [str(finding) for finding in error.findings]})

    async def _watch(self) -> None:
        folders = [self._folder / name for name in ("flows", "canonical") if (self._folder / name).is_dir()]
        async for _ in awatch(*folders, stop_event=self._stop):
            await self._try_reload()


async def run_workspace(folder: Path, options: RunOptions, report: Report) -> int:
    """Run a workspace until it is told to stop; 0 when everything in progress could end, else 1.

    Raises ConfigurationError, StoreLocked, StoreIncompatible, StoreUnavailable, PluginError or SandboxFailed.
    """
    app = App(folder, options, report)
    await app.start()
    _settle_memory()
    return 0 if await app.run() else 1


def _settle_memory() -> None:
    """What was made at the start stays: it need not be searched for garbage while messages pass."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)


def run_blocking(folder: Path, options: RunOptions, report: Report) -> int:
    """`run_workspace` on an event loop of its own."""
    return uvloop.run(run_workspace(folder, options, report))


def _postgres() -> Any:
    """The PostgreSQL store; its driver is an extra. Raises StoreIncompatible when that is not installed."""
    if postgres is None:
        raise StoreIncompatible("the PostgreSQL store needs its driver: pip install 'crossdock[postgres]'")
    return cast(Any, postgres)
