"""Swapping the revision of a running workspace: on an order, on SIGHUP, and on every save."""

from __future__ import annotations

import asyncio
from typing import Any

from watchfiles import awatch

from engine.app.loading import Loader
from engine.app.options import Report
from engine.app.stand_ins import StandIns
from engine.clock import Clock
from engine.errors import ConfigurationError, CrossdockError
from engine.runtime.engine import Engine
from engine.store.protocol import MessageStore
from engine.telemetry.log import Log

_WATCHED = ("flows", "canonical")
_LOOK_MS = 500


class Reloads:
    """Loads the workspace of one engine again; one reload at a time."""

    def __init__(
        self,
        loader: Loader,
        engine: Engine,
        store: MessageStore,
        stand_ins: StandIns,
        clock: Clock,
        log: Log,
        *,
        report: Report,
    ) -> None:
        self._loader = loader
        self._engine = engine
        self._store = store
        self._stand_ins = stand_ins
        self._clock = clock
        self._log = log
        self._report = report
        self._one_at_a_time = asyncio.Lock()

    async def reload(self) -> dict[str, Any]:
        """Compile the folder again, swap, and report it. Raises ConfigurationError; the old revision then runs on.

        Raises StoreError, PluginError or SandboxRefused when something else than the files is in the way.
        """
        async with self._one_at_a_time:
            came = await self._swap()
        self._report("reloaded", came)
        return came

    async def _swap(self) -> dict[str, Any]:
        bundle, findings = await asyncio.to_thread(self._loader.read)
        before = self._engine.revisions.active.id
        if bundle.revision == before and not findings.has_errors:
            return {"revision": before, "changed": False}
        revision = await asyncio.to_thread(self._loader.compile, bundle, findings)
        await self._store.put_revision(revision.id, bundle.to_bytes(), self._clock.now())
        self._log.adopt_redaction(revision.redact)
        stand_ins = await self._stand_ins.take(bundle)
        await self._engine.reload(revision)
        await self._engine.serve_leftovers()
        return {"revision": revision.id, "changed": True, "before": before, **stand_ins}

    async def reload_or_tell(self) -> None:
        """The same where nobody waits for an answer: a refusal is reported too."""
        try:
            await self.reload()
        except ConfigurationError as error:
            self._report("reload-refused", {"findings": [str(finding) for finding in error.findings]})
        except CrossdockError as error:
            self._report("reload-failed", {"error": str(error)})

    async def on_every_save(self, ended: asyncio.Event) -> None:
        """Reload whenever a file of the workspace changes, until the process ends; and for changes before that too."""
        folder = self._loader.folder
        folders = [folder / name for name in _WATCHED if (folder / name).is_dir()]
        first = True
        async for changes in awatch(*folders, stop_event=ended, rust_timeout=_LOOK_MS, yield_on_timeout=True):
            if changes or (first and await self._is_behind()):
                await self.reload_or_tell()
            first = False

    async def _is_behind(self) -> bool:
        bundle, _ = await asyncio.to_thread(self._loader.read)
        return bundle.revision != self._engine.revisions.active.id
