"""From an arrival to the message that is stored: its headers, claims and identity."""

from __future__ import annotations

from engine import exact_json
from engine.flow.compiled import CompiledEvent, CompiledFlow
from engine.flow.identity import Identity
from engine.message import Message, State, flow_channel
from engine.plugin import Arrival
from engine.store.records import Appended, Claim, NewMessage

ITEM_HEADER = "x-crossdock-item"
ATTRIBUTES_HEADER = "x-crossdock-attributes"
BODY_WINDOW = 7 * 86400.0
_CORRELATION_LENGTH = 128
_KEPT_HEADERS = 40
_HEADER_LENGTH = 2000


def inbound(
    arrival: Arrival,
    event: CompiledEvent,
    flow: CompiledFlow,
    identity: Identity,
    encoded: bytes | None,
    now: float,
    item: int | None,
    spare: tuple[Claim, ...] = (),
) -> NewMessage:
    """An arrival's message for one flow; the original is what is stored. `encoded` are the canonical document's bytes,
    which tell a repeat from a conflict; `spare` are its claims where the flow names no idempotency key."""
    headers = stored_headers(arrival)
    if item is not None:
        headers[ITEM_HEADER] = str(item)
    claims = spare
    if identity.idempotency_key is not None and encoded is not None:
        digest = exact_json.digest(encoded)
        claims = (Claim(f"flow:{flow.name}", identity.idempotency_key, digest, now + flow.identity.window),)
    return NewMessage(
        channel=flow_channel(flow.name),
        source=event.name,
        payload=arrival.body,
        received_at=now,
        content_type=arrival.headers.get("content-type", event.codec.media_type),
        headers=headers,
        correlation_id=_correlation(arrival),
        key=identity.idempotency_key or "",
        lane=identity.lane,
        overtakes=flow.model.overtakes == "parked",
        priority=flow.rank,
        business_keys=identity.business_keys,
        claims=claims,
        traceparent=arrival.headers.get("traceparent", ""),
    )


def as_message(new: NewMessage, result: Appended) -> Message:
    """The message that an append leased, as the store holds it."""
    assert result.lease is not None
    return Message(
        id=result.message_id,
        channel=new.channel,
        state=State.RUNNING,
        source=new.source,
        payload=b"",
        received_at=new.received_at,
        content_type=new.content_type,
        headers=new.headers,
        correlation_id=result.correlation_id,
        causation_id=new.causation_id,
        origin=new.origin or result.message_id,
        key=new.key,
        step=new.step,
        operation=new.operation,
        lane=new.lane,
        position=result.position,
        overtakes=new.overtakes,
        priority=new.priority,
        revision=new.revision,
        lease=result.lease.token,
        traceparent=new.traceparent,
    )


def body_claims(arrival: Arrival, flow: CompiledFlow | None, item: int | None, now: float) -> tuple[Claim, ...]:
    """What makes an arrival without any key the same as another: its bytes, for one flow and item."""
    digest = exact_json.digest(arrival.body)
    scope = f"body:{arrival.event}" if flow is None else f"body:{arrival.event}>{flow.name}"
    key = digest.hex() if item is None else f"{digest.hex()}#{item}"
    return (Claim(scope, key, digest, now + BODY_WINDOW),)


def _correlation(arrival: Arrival) -> str | None:
    """The caller's correlation id, where it can travel on in a header."""
    given = arrival.headers.get("x-correlation-id")
    return given if given and len(given) <= _CORRELATION_LENGTH and given.isascii() and given.isprintable() else None


def stored_headers(arrival: Arrival) -> dict[str, str]:
    """The headers that are stored, with the transport's attributes among them."""
    headers = kept(arrival)
    if arrival.attributes:
        headers[ATTRIBUTES_HEADER] = exact_json.encode(arrival.attributes).decode()
    return headers


def kept(arrival: Arrival) -> dict[str, str]:
    """The headers that are stored: no credentials, and no more than is reasonable."""
    kept: dict[str, str] = {}
    for name, value in arrival.headers.items():
        if name not in ("authorization", "proxy-authorization", "cookie") and len(kept) < _KEPT_HEADERS:
            kept[name] = value[:_HEADER_LENGTH]
    return kept
