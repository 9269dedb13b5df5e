"""Due: parked messages whose due time has passed are escalated, released, discarded or given up, as they declare."""

from __future__ import annotations

from engine.clock import Clock
from engine.message import Message, State
from engine.outcome import Dead, Discarded, Failure, Outcome
from engine.runtime.dispatcher import Dispatcher
from engine.runtime.maintenance.chore import Chore
from engine.store.protocol import MessageStore
from engine.store.records import JournalEntry, JournalKind, Requeue
from engine.telemetry.log import Log

BATCH = 100


def due(store: MessageStore, dispatcher: Dispatcher, clock: Clock, log: Log) -> Chore:
    """Looks every second; it is woken earlier by nothing, for due times are minutes and hours."""

    async def work() -> float | None:
        now = clock.now()
        for message in await store.overdue_parked(now, BATCH):
            requeued = await store.requeue(due_order(message, now))
            if requeued.applied:
                parked = message.parked or {}
                log.warning(
                    "parked-overdue", message=message.id, reason=parked.get("reason"), owner=parked.get("owner")
                )
                dispatcher.nudge(message.channel)
                if requeued.unblocked is not None:
                    dispatcher.nudge(requeued.unblocked)
        return None

    return Chore("due", 1.0, work)


def due_order(message: Message, now: float) -> Requeue:
    """What the passing of its due time does to a parked message."""
    parked = message.parked or {}
    what = str(parked.get("on_due", "escalate"))
    reason = f"due time of '{parked.get('reason', '')}' passed"
    journal: tuple[JournalEntry, ...] = ()
    outcome: Outcome | None = None
    if what == "release":
        step = str(parked.get("step", ""))
        journal = (JournalEntry(step, JournalKind.RELEASED, now, facts={"by": "due time"}),)
    elif what == "discard":
        outcome = Discarded(str(parked.get("reason", "due")), reason)
    elif what == "dead":
        failure = Failure(
            "business", str(parked.get("reason", "due")), reason, owner=str(parked.get("owner") or "") or None
        )
        outcome = Dead(failure)
    return Requeue(
        message_id=message.id,
        allowed=(State.PARKED,),
        who="crossdock",
        verb=f"due-{what}",
        reason=reason,
        at=now,
        journal=journal,
        outcome=outcome,
        reset_attempts=False,
    )
