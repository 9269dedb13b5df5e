"""Free: messages whose end could not be written are let go as soon as the store works again.

Without it they would wait until their lease runs out, and hold their lanes meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable

from engine.clock import Clock
from engine.errors import StoreError
from engine.outcome import Deferred, Failure, Outcome
from engine.policy.retry import STANDARD
from engine.runtime.channel import Stranded
from engine.runtime.desk import Desk
from engine.runtime.dispatcher import Dispatcher
from engine.runtime.failures import decide_outcome
from engine.runtime.maintenance.chore import Chore
from engine.store.records import Progress, Settlement


def free(desk: Desk, dispatcher: Dispatcher, clock: Clock, random: Callable[[], float]) -> Chore:
    """Looks every half second. What was sent before the store failed is uncertain: a second try asks first."""

    async def work() -> float | None:
        for stranded in dispatcher.stranded():
            message = stranded.work.message
            outcome = outcome_of(stranded, clock.now(), random)
            settlement = Settlement(
                Progress(stranded.work.lease),
                outcome,
                clock.now(),
                counts_attempt=not isinstance(outcome, Deferred),
                uncertain=message.channel.startswith("system:"),
            )
            await desk.settle(settlement)
            dispatcher.freed(message.id)
        return None

    return Chore("free", 0.5, work)


def outcome_of(stranded: Stranded, now: float, random: Callable[[], float]) -> Outcome:
    """Again at once when the store failed; a fault of ours or of a plugin's counts as an attempt, so that it ends."""
    error = stranded.error
    if isinstance(error, StoreError):
        return Deferred(now, "the store failed")
    failure = Failure(
        "unknown",
        "engine-fault",
        f"{type(error).__name__}: {error}",
        suggestion="look for handler-failed in the log; resend when the engine or the plugin is repaired",
    )
    return decide_outcome(failure, stranded.work.message, STANDARD, now=now, random=random, holds_lane=False)
