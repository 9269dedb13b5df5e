"""Due: parked messages whose due time has passed are escalated, released, discarded or given up, as they declare."""

from __future__ import annotations

from engine.clock import Clock
from engine.message import Message, Phase, State
from engine.outcome import Discarded, Failure, Outcome
from engine.runtime.dispatcher import Dispatcher
from engine.runtime.failures import undo_begun
from engine.runtime.maintenance.chore import Chore
from engine.store.protocol import MessageStore
from engine.store.records import AuditRecord, JournalEntry, JournalKind, Requeue
from engine.telemetry.log import Log

BATCH = 100
WHO = "crossdock"


def due(store: MessageStore, dispatcher: Dispatcher, clock: Clock, log: Log) -> Chore:
    """Looks every second; it is woken earlier by nothing, for due times are minutes and hours."""

    async def work() -> float | None:
        now = clock.now()
        for message in await store.overdue_parked(now, BATCH):
            parked = message.parked or {}
            log.warning("parked-overdue", message=message.id, reason=parked.get("reason"), owner=parked.get("owner"))
            order = due_order(message, now)
            if order is None:
                await store.audit(AuditRecord(now, WHO, "due-escalate", message.id, _reason(message), {}))
                await store.escalated([message.id])
                continue
            requeued = await store.requeue(order)
            if requeued.applied:
                dispatcher.nudge(message.channel)
                if requeued.unblocked is not None:
                    dispatcher.nudge(requeued.unblocked)
        return None

    return Chore("due", 1.0, work)


def due_order(message: Message, now: float) -> Requeue | None:
    """What the passing of its due time does to a parked message; None leaves it parked (it is escalated)."""
    parked = message.parked or {}
    what = str(parked.get("on_due", "escalate"))
    journal: tuple[JournalEntry, ...] = ()
    outcome: Outcome | None = None
    phase: Phase | None = None
    if what == "escalate":
        return None
    if what == "release":
        step = str(parked.get("step", ""))
        journal = (JournalEntry(step, JournalKind.RELEASED, now, facts={"by": "due time"}),)
    elif what == "discard":
        outcome = Discarded(str(parked.get("reason", "due")), _reason(message))
    else:
        journal, phase = (_given_up(message, now),), Phase.UNDO  # dead comes when undo has ended
    return Requeue(
        message_id=message.id,
        allowed=(State.PARKED,),
        who=WHO,
        verb=f"due-{what}",
        reason=_reason(message),
        at=now,
        journal=journal,
        outcome=outcome,
        phase=phase,
        reset_attempts=False,
    )


def _reason(message: Message) -> str:
    return f"due time of '{(message.parked or {}).get('reason', '')}' passed"


def _given_up(message: Message, now: float) -> JournalEntry:
    """The line with which the exchange's undo begins."""
    parked = message.parked or {}
    failure = Failure(
        "business",
        str(parked.get("reason", "due")),
        _reason(message),
        step=str(parked.get("step", "")),
        owner=str(parked.get("owner") or "") or None,
    )
    return undo_begun(failure, message.attempts, now)
