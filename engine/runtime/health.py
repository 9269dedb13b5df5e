"""Whether the process can take in more: backlog, disk and drain, known before any limit is passed."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

from engine.errors import Overloaded, StoreError
from engine.flow.compiled import Revision
from engine.message import UNFINISHED
from engine.runtime.maintenance.chore import Chore
from engine.store.protocol import MessageStore
from engine.telemetry.log import Log


class Health:
    """Keeps the last known reasons to refuse; intake asks for each message, so the answer is at hand."""

    def __init__(self, store: MessageStore, folder: Path | None, log: Log) -> None:
        self._store = store
        self._folder = folder
        self._log = log
        self._reason: str | None = None
        self._draining = False
        self.backlog = 0
        self._limit = 2**63

    def refusal(self) -> Overloaded | None:
        """Why intake refuses now, or None."""
        if self._draining:
            return Overloaded("the process is stopping", retry_after=5.0)
        if self._reason is None and self.backlog >= self._limit:
            return Overloaded(f"{self.backlog} messages wait, the limit is {self._limit}", retry_after=10.0)
        return Overloaded(self._reason, retry_after=10.0) if self._reason is not None else None

    def took_in(self, messages: int) -> None:
        """Count what came since the last look, so that the limit is not passed between two looks."""
        self.backlog += messages

    def drain(self) -> None:
        """Refuse everything from now on."""
        self._draining = True

    @property
    def draining(self) -> bool:
        return self._draining

    def chore(self, revision: Callable[[], Revision]) -> Chore:
        """Looks every second."""

        async def work() -> float | None:
            await self.look(revision())
            return None

        return Chore("health", 1.0, work)

    async def look(self, revision: Revision) -> None:
        """Measure backlog and disk, and try the store."""
        limits = revision.workspace.limits
        self._limit = limits.backlog
        reason = None
        try:
            counts = await self._store.counts()
            self.backlog = sum(count.count for count in counts if count.state in UNFINISHED)
            if self.backlog >= limits.backlog:
                reason = f"{self.backlog} messages wait, the limit is {limits.backlog}"
        except StoreError as error:
            reason = f"the store cannot be used: {error}"
        if reason is None and self._folder is not None:
            free = shutil.disk_usage(self._folder).free
            if free < limits.disk_free.bytes:
                reason = f"{free // 1024**2} MB of disk are free, {limits.disk_free} are required"
        if reason != self._reason:
            if reason is not None:
                self._log.warning("intake-refuses", reason=reason)
            else:
                self._log.info("intake-accepts-again")
        self._reason = reason
