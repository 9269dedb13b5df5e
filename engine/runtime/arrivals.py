"""From an arrival to the messages that are stored: their documents, headers, claims and identity."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice
from typing import Any

from engine import exact_json
from engine.clock import iso
from engine.flow.compiled import CompiledEvent, CompiledFlow, Revision
from engine.flow.exchange import Known
from engine.flow.identity import Identity, identify
from engine.flow.reading import event_variables, is_wanted, to_canonical
from engine.jsonata import EvaluationContext
from engine.message import Lease, Message, State, flow_channel
from engine.plugin import Arrival
from engine.store.records import Claim, NewMessage

ITEM_HEADER = "x-crossdock-item"
ATTRIBUTES_HEADER = "x-crossdock-attributes"
BODY_WINDOW = 7 * 86400.0
_CORRELATION_LENGTH = 128
_KEPT_HEADERS = 40
_HEADER_LENGTH = 2000
_NO_FACTS: Mapping[str, Any] = {}
_SECRET_HEADERS = frozenset({"authorization", "proxy-authorization", "cookie"})


class Entry(Known, frozen=True, kw_only=True):
    """A message about to be appended, what is known of its canonical document, and the flow it is for."""

    message: NewMessage
    flow: CompiledFlow | None


class Scope:
    """An arrival, the digest of its body, and what the expressions over it see."""

    __slots__ = ("arrival", "context", "digest", "now", "revision", "variables")

    def __init__(self, revision: Revision, arrival: Arrival, now: float) -> None:
        self.revision = revision
        self.arrival = arrival
        self.digest = exact_json.digest(arrival.body)
        self.now = now
        self.context = EvaluationContext(now=now, limits=revision.limits, lookup=revision.table_lookup)
        message = _facts(arrival.event, now) if "message" in revision.mentioned else _NO_FACTS
        self.variables = event_variables(arrival.headers, arrival.attributes, message)


def entries_of(
    scope: Scope, event: CompiledEvent, raw: Any, *, item: int | None = None, claimed: bool = False
) -> list[Entry] | None:
    """The messages that a vendor's document becomes: one for each listening flow; None where it is not wanted.

    A flow without an idempotency key is guarded by the arrival's bytes, unless the arrival is `claimed` as a whole.
    Raises InvalidInput.
    """
    variables, context = scope.variables, scope.context
    if not is_wanted(event, raw, variables, context):
        return None
    document = to_canonical(event, raw, variables, context)
    schema = event.target.schema if event.target.mapping is not None else None
    entries = []
    for flow in scope.revision.listeners.get(event.name, ()):
        identity = identify(flow, document, variables, context)
        key = identity.idempotency_key
        encoded, digest = None, b""
        claims: tuple[Claim, ...] = ()
        if key is not None:  # the canonical document's bytes tell a repeat from a conflict
            encoded = exact_json.encode(document)
            digest = exact_json.digest(encoded)
            claims = (Claim(f"flow:{flow.name}", key, digest, scope.now + flow.identity.window),)
        elif not claimed:
            claims = body_claims(scope, flow.name, item)
        message = _inbound(scope, event, flow, identity, claims, item)
        entries.append(Entry(document, schema, encoded, digest, message=message, flow=flow))
    return entries


def _inbound(
    scope: Scope,
    event: CompiledEvent,
    flow: CompiledFlow,
    identity: Identity,
    claims: tuple[Claim, ...],
    item: int | None,
) -> NewMessage:
    """An arrival's message for one flow; the original is what is stored."""
    arrival = scope.arrival
    headers = stored_headers(arrival)
    if item is not None:
        headers[ITEM_HEADER] = str(item)
    return NewMessage(
        channel=flow_channel(flow.name),
        source=event.name,
        payload=arrival.body,
        received_at=scope.now,
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
        digest=scope.digest,
    )


def as_message(new: NewMessage, lease: Lease, correlation_id: str, position: int) -> Message:
    """The message that an append leased, as the store holds it."""
    return Message(
        id=lease.message_id,
        channel=new.channel,
        state=State.RUNNING,
        source=new.source,
        payload=b"",
        received_at=new.received_at,
        content_type=new.content_type,
        headers=new.headers,
        correlation_id=correlation_id,
        causation_id=new.causation_id,
        origin=new.origin or lease.message_id,
        key=new.key,
        step=new.step,
        operation=new.operation,
        lane=new.lane,
        position=position,
        overtakes=new.overtakes,
        priority=new.priority,
        revision=new.revision,
        lease=lease.token,
        traceparent=new.traceparent,
    )


def body_claims(scope: Scope, taker: str | None, item: int | None) -> tuple[Claim, ...]:
    """What makes an arrival without any key the same as another: its bytes, for one taker (a flow) and item."""
    event, body = scope.arrival.event, scope.digest.hex()
    name = f"body:{event}" if taker is None else f"body:{event}>{taker}"
    return (Claim(name, body if item is None else f"{body}#{item}", scope.digest, scope.now + BODY_WINDOW),)


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
    kept = {name: value[:_HEADER_LENGTH] for name, value in arrival.headers.items() if name not in _SECRET_HEADERS}
    return kept if len(kept) <= _KEPT_HEADERS else dict(islice(kept.items(), _KEPT_HEADERS))


def _facts(source: str, now: float) -> dict[str, Any]:
    """What expressions see as `$message` before there is one."""
    return {"id": "", "source": source, "receivedAt": iso(now), "correlationId": "", "attempt": 1}
