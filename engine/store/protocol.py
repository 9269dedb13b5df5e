"""MessageStore: the one protocol in front of SQLite and PostgreSQL; one contract suite runs on both."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Protocol

from engine.message import Lease, Message
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


class MessageStore(Protocol):
    """Durable messages, journals and lanes.

    Every writing call returns after its commit is on disk; concurrent calls share commits. A call that raises
    StoreUnavailable wrote nothing. Calls may be cancelled; the write then either happened whole or not at all.
    """

    # -- the path of a message

    def new_id(self) -> int:
        """An id for a message to be appended, higher than all that were given before. Any thread may ask."""
        ...

    async def append(self, entry: Append) -> tuple[Appended, ...]:
        """Append a group atomically; claims are taken in the same commit. One result a message, in order."""
        ...

    async def record(self, progress: Progress) -> Recorded:
        """Write a checkpoint, a begun or a done; the lease is kept and renewed."""
        ...

    async def settle(self, settlement: Settlement) -> Recorded:
        """End an exchange or a delivery: state, outputs, journal, milestones and attempt in one transaction."""
        ...

    async def claim(self, channel: str, limit: int) -> tuple[Work, ...]:
        """Lease up to `limit` eligible ready messages of a channel, by priority and then position."""
        ...

    async def renew(self, leases: Sequence[Lease]) -> frozenset[int]:
        """Extend leases by the store's lease time; returns the message ids that are still ours."""
        ...

    async def give_back(self, leases: Sequence[Lease]) -> None:
        """Make leased messages that were not begun ready again, unchanged (drain, overload)."""
        ...

    async def load(self, lease: Lease) -> Work | None:
        """The work behind a lease: for a message that was leased at append and whose body is no longer in memory."""
        ...

    # -- chores (each returns what changed, so the caller can wake the right channels)

    async def promote(self, now: float) -> tuple[str, ...]:
        """Make waiting messages ready whose time has come; returns their channels."""
        ...

    async def next_due(self) -> float | None:
        """When the next waiting message or parked due time comes up."""
        ...

    async def overdue_parked(self, now: float, limit: int) -> tuple[Message, ...]:
        """Parked messages whose due time has passed and which were not yet escalated."""
        ...

    async def escalated(self, message_ids: Sequence[int]) -> None:
        """Note that these parked messages' due times were acted on, so that they are not overdue again."""
        ...

    async def rescue(self) -> tuple[str, ...]:
        """Return running messages whose lease ended to ready, outbound ones as uncertain; returns their channels."""
        ...

    async def prune(
        self, before: float, limit: int, *, channel: str | None = None, spared: Collection[str] = ()
    ) -> int:
        """Delete settled messages older than `before`, with journal, attempts and unused payloads.

        Of one channel, or of all but the `spared` ones. Dead messages stay, but for those of the invalid channel.
        """
        ...

    # -- the operator

    async def requeue(self, order: Requeue) -> Requeued:
        """Carry out an operator's order on one message, with its audit record, in one transaction.

        CommandRefused when the message's payload was erased, so that it cannot run again.
        """
        ...

    async def get(self, message_id: int) -> Message | None:
        """One message, or None."""
        ...

    async def find(self, selection: Selection) -> tuple[Message, ...]:
        """Messages by selection, oldest first."""
        ...

    async def count(self, selection: Selection) -> int:
        """How many `find` would give without its limit."""
        ...

    async def trace(self, message_id: int) -> Trace | None:
        """Everything about a message; None when there is none."""
        ...

    async def payload(self, address: bytes) -> bytes | None:
        """The bytes behind a address; None when they were erased."""
        ...

    async def answer(self, message_id: int) -> bytes | None:
        """The stored answer of a settled message."""
        ...

    async def counts(self) -> tuple[ChannelCount, ...]:
        """Unfinished and dead messages by channel and state."""
        ...

    async def audit(self, entry: AuditRecord) -> None:
        """Write an audit record that belongs to no requeue (a forced undo, a paused channel)."""
        ...

    async def erase(self, address: bytes) -> bool:
        """Erase the bytes at an address, leaving message, journal and audit as they are; False when there were none.

        CommandRefused while an unfinished message needs them.
        """
        ...

    # -- revisions, marks, watermarks

    async def put_revision(self, revision: str, bundle: bytes, at: float) -> None:
        """Keep a revision's bundle; the same revision twice is one."""
        ...

    async def revision(self, revision: str) -> bytes | None:
        """A bundle, or None."""
        ...

    async def revisions(self) -> tuple[tuple[str, float, int], ...]:
        """(revision, stored at, unfinished messages pinned to it), newest first."""
        ...

    async def mark(self, lane: str) -> Mark | None:
        """The stale guard's mark of a lane."""
        ...

    async def watermark(self, name: str) -> bytes | None:
        """A poll's watermark as JSON bytes."""
        ...

    async def ping(self) -> None:
        """Raise StoreUnavailable unless a commit would work now (disk, connection)."""
        ...

    async def close(self) -> None:
        """Finish the commits under way and let go of the store."""
        ...
