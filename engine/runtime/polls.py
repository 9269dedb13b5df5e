"""Polls: an event that is asked for. A poll is a delivery whose reply becomes messages.

The items of the reply, the new watermark and the delivery's end are written in one commit, so a crash in between asks
again from the old watermark and loses nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from msgspec.structs import replace

from engine import exact_json
from engine.clock import Clock
from engine.errors import Refused, StepFailed
from engine.flow.compiled import CompiledEvent, CompiledPoll, Revision
from engine.flow.exchange import Answered, mapping_failed
from engine.flow.reading import raw_documents
from engine.jsonata import MISSING, EvaluationContext, ExpressionError
from engine.message import INVALID_CHANNEL, UNFINISHED, State, system_channel
from engine.outcome import Completed
from engine.plugin import Arrival
from engine.runtime.arrivals import Scope, body_claims, entries_of
from engine.runtime.desk import Desk
from engine.store.protocol import MessageStore
from engine.store.records import Attempt, Claim, NewMessage, Progress, Selection, Settlement, Watermark, Work

POLL_SOURCE = "poll:"


async def poll_message(
    store: MessageStore, revision: Revision, event: CompiledEvent, fire_at: float, now: float
) -> NewMessage:
    """The delivery that asks for an event, keyed by its fire time, with the stored watermark filled in.

    Raises StepFailed when its parameters cannot be made.
    """
    poll = event.poll
    assert poll is not None
    stored = await store.watermark(f"{POLL_SOURCE}{event.name}")
    watermark = exact_json.decode(stored) if stored is not None else None
    context = EvaluationContext(now=now, limits=revision.limits, lookup=revision.table_lookup)
    try:
        document = poll.parameters({}, {"watermark": watermark}, context)
    except ExpressionError as error:
        raise mapping_failed(error, event.name) from error
    key = f"{fire_at:.3f}"
    source = f"{POLL_SOURCE}{event.name}"
    return NewMessage(
        channel=system_channel(event.system),
        source=source,
        payload=exact_json.encode({"parameters": document, "watermark": watermark}),
        received_at=now,
        key=f"{source}@{key}",
        operation=poll.operation,
        lane=f"{source}\x1f",
        revision=revision.id,
        claims=(Claim(source, key, b"", now + 7 * 86400.0),),
    )


async def is_under_way(store: MessageStore, event: CompiledEvent) -> bool:
    """Whether an earlier poll of the event has not ended: another one would ask for the same once more."""
    assert event.poll is not None
    unfinished = Selection(
        channel=system_channel(event.system), operation=event.poll.operation, states=tuple(UNFINISHED), limit=100
    )
    source = f"{POLL_SOURCE}{event.name}"
    return any(message.source == source for message in await store.find(unfinished))


class PollReplies:
    """Turns the reply of a poll into messages and settles its delivery with them."""

    def __init__(self, desk: Callable[[], Desk], clock: Clock) -> None:
        self._desk = desk
        self._clock = clock

    async def settle(self, work: Work, revision: Revision, answered: Answered, started: float) -> None:
        """One commit: the items' messages, the watermark, the end of the delivery. Raises StepFailed."""
        event = revision.event(work.message.source.removeprefix(POLL_SOURCE))
        if event is None or event.poll is None:
            raise StepFailed(
                f"revision {revision.id} polls no event '{work.message.source.removeprefix(POLL_SOURCE)}'",
                error_class="permanent",
                reason="event-gone",
            )
        now = self._clock.now()
        context = EvaluationContext(now=now, limits=revision.limits, lookup=revision.table_lookup)
        before = exact_json.decode(work.body)["watermark"]
        items = _value(event.poll.items.evaluate, answered.document, before, context, event)
        raws = [] if items is MISSING or items is None else items if isinstance(items, list) else [items]
        messages = [
            message for index, raw in enumerate(raws) for message in _messages(revision, event, raw, index, work, now)
        ]
        watermark = _watermark(event, event.poll, answered.document, before, context)
        desk = self._desk()
        outputs = tuple(messages)
        attempt = Attempt(
            number=work.message.attempts + 1,
            started_at=started,
            ended_at=now,
            outcome="completed",
            step=work.message.operation,
            detail=f"{len(raws)} items",
            status=answered.status,
            request=answered.request,
            reply=answered.reply,
            revision=revision.id,
        )
        await desk.settle(
            Settlement(
                Progress(work.lease, outputs=outputs, output_lease=desk.places_for(outputs)),
                Completed(f"{len(raws)} items"),
                now,
                attempt,
                watermark=watermark,
            )
        )


def _messages(
    revision: Revision, event: CompiledEvent, raw: Any, index: int, work: Work, now: float
) -> list[NewMessage]:
    """The messages of one item, read as what arrives is; one that does not read goes to the invalid channel and the
    others go on."""
    arrival = Arrival(event.name, exact_json.encode(raw), headers={"content-type": "application/json"})
    scope = Scope(revision, arrival, now)
    cause = work.message.id
    try:
        raws = raw_documents(event, arrival.body, scope.variables, scope.context)
        return [
            replace(entry.message, causation_id=cause, step=f"item:{index}>{entry.message.channel.partition(':')[2]}")
            for number, one in enumerate(raws)
            for entry in entries_of(scope, event, one, item=number if event.items is not None else None) or ()
        ]
    except Refused as refused:
        failure = {
            "error_class": "data",
            "reason": refused.code,
            "detail": refused.detail,
            "owner": next((v["owner"] for v in refused.violations if v.get("owner")), None),
            "details": {"violations": list(refused.violations)},
            "suggestion": "correct the data at its source, or the mapping, and reprocess",
        }
        return [
            NewMessage(
                channel=INVALID_CHANNEL,
                source=event.name,
                payload=arrival.body,
                received_at=now,
                step=f"item:{index}>invalid",
                claims=body_claims(scope, "invalid", None),
                causation_id=cause,
                final=State.DEAD,
                failure=failure,
                digest=scope.digest,
            )
        ]


def _watermark(
    event: CompiledEvent, poll: CompiledPoll, reply: Any, before: Any, context: EvaluationContext
) -> Watermark | None:
    """The next watermark; a reply that gives none (an empty one) leaves it as it is."""
    if poll.watermark is None:
        return None
    value = _value(poll.watermark.evaluate, reply, before, context, event)
    if value is MISSING or value is None:
        return None
    return Watermark(f"{POLL_SOURCE}{event.name}", exact_json.encode(value))


def _value(evaluate: Any, reply: Any, watermark: Any, context: EvaluationContext, event: CompiledEvent) -> Any:
    try:
        return evaluate(reply, {"watermark": watermark}, context)
    except ExpressionError as error:
        raise mapping_failed(error, event.name) from error
