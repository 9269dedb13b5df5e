"""The MessageStore's calls, each named once as an operation; a driver adds how operations are run."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Sequence
from typing import TypeVar

from engine.message import Lease, Message
from engine.store.operations import (
    arrive,
    chores,
    claim,
    prune,
    reads,
    requeue,
    revisions,
    settle,
)
from engine.store.operations import progress as checkpoints
from engine.store.operations.base import Operation
from engine.store.records import (
    Append,
    Appended,
    AuditRecord,
    ChannelCount,
    Mark,
    Progress,
    Recorded,
    Requeue,
    Requeued,
    Selection,
    Settlement,
    Trace,
    Work,
)

T = TypeVar("T")


class OperationStore(ABC):
    """A MessageStore over `_write` (in a shared, committed transaction) and `_read` (from a snapshot)."""

    @abstractmethod
    async def _write(self, operation: Operation[T]) -> T: ...

    @abstractmethod
    async def _read(self, operation: Operation[T]) -> T: ...

    @abstractmethod
    async def close(self) -> None: ...

    @abstractmethod
    def new_id(self) -> int: ...

    async def append(self, entry: Append) -> tuple[Appended, ...]:
        return await self._write(arrive.append(entry))

    async def record(self, progress: Progress) -> Recorded:
        return await self._write(checkpoints.record(progress))

    async def settle(self, settlement: Settlement) -> Recorded:
        return await self._write(settle.settle(settlement))

    async def claim(self, channel: str, limit: int) -> tuple[Work, ...]:
        return await self._write(claim.claim(channel, limit))

    async def renew(self, leases: Sequence[Lease]) -> frozenset[int]:
        return await self._write(claim.renew(leases))

    async def give_back(self, leases: Sequence[Lease]) -> None:
        await self._write(claim.give_back(leases))

    async def load(self, lease: Lease) -> Work | None:
        return await self._read(claim.load(lease))

    async def promote(self, now: float) -> tuple[str, ...]:
        return await self._write(chores.promote(now))

    async def next_due(self) -> float | None:
        return await self._read(chores.next_due())

    async def overdue_parked(self, now: float, limit: int) -> tuple[Message, ...]:
        return await self._read(chores.overdue_parked(now, limit))

    async def escalated(self, message_ids: Sequence[int]) -> None:
        await self._write(chores.escalated(message_ids))

    async def rescue(self) -> tuple[str, ...]:
        return await self._write(claim.rescue())

    async def prune(
        self, before: float, limit: int, *, channel: str | None = None, spared: Collection[str] = ()
    ) -> int:
        return await self._write(prune.prune(before, limit, channel, spared))

    async def requeue(self, order: Requeue) -> Requeued:
        return await self._write(requeue.requeue(order))

    async def get(self, message_id: int) -> Message | None:
        return await self._read(reads.get(message_id))

    async def find(self, selection: Selection) -> tuple[Message, ...]:
        return await self._read(reads.find(selection))

    async def count(self, selection: Selection) -> int:
        return await self._read(reads.count(selection))

    async def trace(self, message_id: int) -> Trace | None:
        return await self._read(reads.trace(message_id))

    async def payload(self, address: bytes) -> bytes | None:
        return await self._read(reads.payload(address))

    async def answer(self, message_id: int) -> bytes | None:
        return await self._read(reads.answer(message_id))

    async def counts(self) -> tuple[ChannelCount, ...]:
        return await self._read(reads.counts())

    async def audit(self, entry: AuditRecord) -> None:
        await self._write(requeue.audit(entry))

    async def erase(self, address: bytes) -> bool:
        return await self._write(prune.erase(address))

    async def put_revision(self, revision: str, bundle: bytes, at: float) -> None:
        await self._write(revisions.put_revision(revision, bundle, at))

    async def revision(self, revision: str) -> bytes | None:
        return await self._read(revisions.get_revision(revision))

    async def revisions(self) -> tuple[tuple[str, float, int], ...]:
        return await self._read(revisions.list_revisions())

    async def mark(self, lane: str) -> Mark | None:
        return await self._read(reads.mark(lane))

    async def watermark(self, name: str) -> bytes | None:
        return await self._read(reads.watermark(name))

    async def ping(self) -> None:
        await self._write(chores.ping())
