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
    """What the expressions over one arrival see."""

    __slots__ = ("context", "now", "revision", "variables")

    def __init__(self, revision: Revision, arrival: Arrival, now: float) -> None:
        self.revision = revision
        self.now = now
        self.context = EvaluationContext(now=now, limits=revision.limits, lookup=revision.table_lookup)
        message = _facts(arrival.event, now) if "message" in revision.mentioned else _NO_FACTS
        self.variables = event_variables(arrival.headers, arrival.attributes, message)


def entries_of(
    scope: Scope, event: CompiledEvent, arrival: Arrival, raw: Any, *, item: int | None = None, claimed: bool = False
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
        encoded: bytes | None = None
        claims: tuple[Claim, ...] = ()
        if identity.idempotency_key is not None:
            encoded = exact_json.encode(document)
            claims = (_key_claim(flow, identity.idempotency_key, encoded, scope.now),)
        elif not claimed:
            claims = body_claims(arrival, flow.name, item, scope.now)
        message = _inbound(arrival, event, flow, identity, claims, scope.now, item)
        entries.append(Entry(document, schema, encoded, message=message, flow=flow))
    return entries


def _key_claim(flow: CompiledFlow, key: str, encoded: bytes, now: float) -> Claim:
    """The claim on a flow's idempotency key; the canonical document's bytes tell a repeat from a conflict."""
    return Claim(f"flow:{flow.name}", key, exact_json.digest(encoded), now + flow.identity.window)


def _inbound(
    arrival: Arrival,
    event: CompiledEvent,
    flow: CompiledFlow,
    identity: Identity,
    claims: tuple[Claim, ...],
    now: float,
    item: int | None,
) -> NewMessage:
    """An arrival's message for one flow; the original is what is stored."""
    headers = stored_headers(arrival)
    if item is not None:
        headers[ITEM_HEADER] = str(item)
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


def body_claims(arrival: Arrival, taker: str | None, item: int | None, now: float) -> tuple[Claim, ...]:
    """What makes an arrival without any key the same as another: its bytes, for one taker (a flow) and item."""
    digest = exact_json.digest(arrival.body)
    scope = f"body:{arrival.event}" if taker is None else f"body:{arrival.event}>{taker}"
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
    kept = {name: value[:_HEADER_LENGTH] for name, value in arrival.headers.items() if name not in _SECRET_HEADERS}
    return kept if len(kept) <= _KEPT_HEADERS else dict(islice(kept.items(), _KEPT_HEADERS))


def _facts(source: str, now: float) -> dict[str, Any]:
    """What expressions see as `$message` before there is one."""
    return {"id": "", "source": source, "receivedAt": iso(now), "correlationId": "", "attempt": 1}
