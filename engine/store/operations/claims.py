"""IdempotentReceiver: a key is claimed in the commit of the append, so a repeat can never be taken for a first."""

from __future__ import annotations

from collections.abc import Sequence

from engine.store.operations.base import FLUSH, Batch, Steps
from engine.store.records import Appended, AppendStatus, Claim


def take_claims(batch: Batch, claims: Sequence[Claim], message_id: int, at: float) -> Steps[Appended | None]:
    """Take all claims for a message, or none: then the answer names the first message. An expired claim is replaced."""
    for index, claim in enumerate(claims):
        taken = yield ("take_claim", (claim.scope, claim.key, claim.digest, message_id, claim.expires_at, at))
        if taken:
            continue
        for earlier in claims[:index]:
            yield ("drop_claim", (earlier.scope, earlier.key, message_id))
        return (yield from _first(claim))
    return None


def _first(claim: Claim) -> Steps[Appended]:
    yield FLUSH
    rows = yield ("find_claim", (claim.scope, claim.key))
    first_id, digest, correlation_id = rows[0]
    status = AppendStatus.REPEAT if digest == claim.digest else AppendStatus.CONFLICT
    return Appended(status, first_id, correlation_id or "")
