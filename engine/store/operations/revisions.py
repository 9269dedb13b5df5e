"""Revisions' bundles: kept while a message names them."""

from __future__ import annotations

from engine.store.operations.base import Batch, Operation, Steps


def pin(batch: Batch, revision: str) -> None:
    """Note that the revision is in use now; pruning goes by the time of the last note."""
    if revision not in batch.pinned:
        batch.pinned.add(revision)
        batch.add("touch_revision", (batch.now, revision))


def put_revision(revision: str, bundle: bytes, at: float) -> Operation[None]:
    """See MessageStore.put_revision."""

    def steps(batch: Batch) -> Steps[None]:
        yield ("put_revision", (revision, bundle, at, max(at, batch.now)))

    return Operation("put_revision", steps)


def get_revision(revision: str) -> Operation[bytes | None]:
    """See MessageStore.revision."""

    def steps(batch: Batch) -> Steps[bytes | None]:
        rows = yield ("find_revision", (revision,))
        return rows[0][0] if rows else None

    return Operation("revision", steps)


def list_revisions() -> Operation[tuple[tuple[str, float, int], ...]]:
    """See MessageStore.revisions."""

    def steps(batch: Batch) -> Steps[tuple[tuple[str, float, int], ...]]:
        rows = yield ("list_revisions", ())
        return tuple((row[0], row[1], row[2]) for row in rows)

    return Operation("revisions", steps)
