"""IdempotentReceiver: a key is claimed in the commit of the append, so a repeat can never be taken for a first."""

from __future__ import annotations

from collections.abc import Sequence

from engine.store.operations.base import FLUSH, Batch, Steps
from engine.store.records import Appended, AppendStatus, Claim


def find_taken(batch: Batch, claims: Sequence[Claim], at: float) -> Steps[Appended | None]:
    """The answer to a repeat when one of the claims is taken; an expired one is not."""
    for claim in claims:
        if (claim.scope, claim.key) in batch.claims:
            yield FLUSH
        rows = yield ("find_claim", (claim.scope, claim.key, at))
        if rows:
            return (yield from _first(claim, rows[0][0], rows[0][1]))
    return None


def put_claims(batch: Batch, claims: Sequence[Claim], message_id: int) -> None:
    """Note that the claims are a message's; expired ones are replaced."""
    for claim in claims:
        batch.claims.add((claim.scope, claim.key))
        batch.add("put_claim", (claim.scope, claim.key, claim.digest, message_id, claim.expires_at))


def _first(claim: Claim, first_id: int, digest: bytes) -> Steps[Appended]:
    """The answer to a repeat: who came first, and whether it said the same."""
    yield FLUSH
    rows = yield ("find_correlation", (first_id,))
    is_same = digest == claim.digest or not (digest and claim.digest)
    status = AppendStatus.REPEAT if is_same else AppendStatus.CONFLICT
    return Appended(status, first_id, rows[0][0] if rows else "")
