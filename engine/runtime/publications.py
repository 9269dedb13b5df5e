"""A topic's event as messages: its own log entry, which releases parked messages, and a copy for each subscriber."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from engine import exact_json
from engine.errors import InvalidInput, StepFailed
from engine.flow.compiled import CompiledFlow, ReleaseSelector, Revision
from engine.flow.exchange import Exchange, document_bytes
from engine.flow.identity import identify
from engine.flow.steps.park import selector_key
from engine.jsonata import MISSING, ExpressionError
from engine.message import State, flow_channel, topic_channel
from engine.runtime.headers import trace_of
from engine.store.records import Claim, NewMessage, Wake


def publication(
    exchange: Exchange,
    current: Revision,
    selectors: Iterable[ReleaseSelector],
    topic: str,
    document: Any,
    step: str,
) -> tuple[NewMessage, ...]:
    """What a publish step appends. Subscribers are those of the current revision, who will run it; `selectors` are
    those under which anybody may be parked.

    Raises StepFailed when a subscriber cannot identify the event.
    """
    payload = document_bytes(None if document is MISSING else document, step)
    entry = _message(
        exchange,
        topic,
        payload,
        step,
        topic_channel(topic),
        final=True,
        wakes=_wakes(exchange, selectors, topic, document),
    )
    copies = [_copy(exchange, flow, topic, document, payload, step) for flow in current.subscribers.get(topic, ())]
    return (entry, *copies)


def _copy(exchange: Exchange, flow: CompiledFlow, topic: str, document: Any, payload: bytes, step: str) -> NewMessage:
    try:
        identity = identify(flow, document, exchange.variables, exchange.context)
    except InvalidInput as error:
        raise StepFailed(
            f"{step}: subscriber '{flow.name}': {error}", error_class="data", reason="no-identity"
        ) from error
    claims: tuple[Claim, ...] = ()
    if identity.idempotency_key is not None:
        until = exchange.services.now() + flow.identity.window
        digest = exact_json.digest(payload)
        claims = (Claim(f"flow:{flow.name}", identity.idempotency_key, digest, until),)
    return _message(
        exchange,
        topic,
        payload,
        f"{step}>{flow.name}",
        flow_channel(flow.name),
        lane=identity.lane,
        overtakes=flow.model.overtakes == "parked",
        priority=flow.rank,
        business_keys=identity.business_keys or exchange.work.business_keys,
        claims=claims,
        key=identity.idempotency_key or "",
    )


def _message(
    exchange: Exchange, topic: str, payload: bytes, step: str, channel: str, *, final: bool = False, **fields: Any
) -> NewMessage:
    message = exchange.message
    fields.setdefault("business_keys", exchange.work.business_keys)
    return NewMessage(
        channel=channel,
        source=f"topic:{topic}",
        payload=payload,
        received_at=exchange.services.now(),
        correlation_id=message.correlation_id or None,
        causation_id=message.id,
        step=step,
        final=State.COMPLETED if final else None,
        traceparent=trace_of(message),
        **fields,
    )


def _wakes(exchange: Exchange, selectors: Iterable[ReleaseSelector], topic: str, document: Any) -> tuple[Wake, ...]:
    """The event's key under every selector that a park step uses on this topic."""
    wakes = []
    for selector in selectors:
        try:
            key = selector.expression.evaluate(document, exchange.variables, exchange.context)
        except ExpressionError:
            continue  # an event that the selector cannot read releases nobody
        if key is not MISSING and key is not None and not isinstance(key, dict | list):
            wakes.append(Wake(topic, selector.text, selector_key(key)))
    return tuple(wakes)
