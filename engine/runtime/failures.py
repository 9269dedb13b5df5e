"""From a failure to an outcome: the retry policy decides, and the words for a person are put together."""

from __future__ import annotations

from collections.abc import Callable

from engine.errors import StepFailed
from engine.message import Message
from engine.outcome import Dead, Failure, Outcome, Parked, Retry
from engine.policy.error_classes import ERROR_CLASSES
from engine.policy.retry import GiveUp, RetryPolicy, decide
from engine.store.records import JournalEntry, JournalKind

UNDO_STEP = "@undo"


def failure_of(failed: StepFailed, step: str, owner: str) -> Failure:
    """The failure as it is stored: class, reason, owner and what to do next."""
    declared = ERROR_CLASSES.get(failed.error_class)
    return Failure(
        error_class=failed.error_class,
        reason=failed.reason,
        detail=failed.detail,
        step=step or None,
        owner=failed.owner or owner,
        suggestion=declared.suggested_action if declared is not None else None,
        retry_after=failed.retry_after,
        details=failed.details,
    )


def internal_error(error: Exception) -> StepFailed:
    """An error of the engine or of a plugin, as a failure of which nobody knows what it left behind."""
    return StepFailed(f"{type(error).__name__}: {error}", error_class="unknown", reason="internal-error")


def decide_outcome(
    failure: Failure,
    message: Message,
    policy: RetryPolicy,
    *,
    now: float,
    random: Callable[[], float],
    holds_lane: bool,
    attempts_before: int = 0,
    since: float | None = None,
) -> Outcome:
    """Try again, or end: `attempts_before` and `since` restart the count for an undo."""
    first = since if since is not None else message.first_attempt_at
    decision = decide(
        policy,
        failure.error_class,
        message.attempts + 1 - attempts_before,
        first if first is not None else now,
        now,
        failure.retry_after,
        random,
    )
    if isinstance(decision, GiveUp):
        return Dead(failure, holds_lane)
    return Retry(decision.at, failure)


def undo_begun(failure: Failure, attempts: int, at: float) -> JournalEntry:
    """The line with which an exchange turns to undoing: why, and how many attempts were spent before."""
    facts = {
        "errorClass": failure.error_class,
        "reason": failure.reason,
        "detail": failure.detail,
        "step": failure.step,
        "owner": failure.owner,
        "suggestion": failure.suggestion,
        "details": dict(failure.details),
        "attempts": attempts,
    }
    return JournalEntry(UNDO_STEP, JournalKind.UNDO_BEGUN, at, facts=facts)


def undone_failure(begun: JournalEntry) -> Failure:
    """The failure of that line."""
    facts = begun.facts
    return Failure(
        error_class=str(facts.get("errorClass", "unknown")),
        reason=str(facts.get("reason", "")),
        detail=str(facts.get("detail", "")),
        step=facts.get("step"),
        owner=facts.get("owner"),
        suggestion=facts.get("suggestion"),
        details=facts.get("details") or {},
    )


def parked_for(failure: Failure, step: str) -> Parked | None:
    """A system's refusal for a business reason waits for its owner instead of dying."""
    if failure.error_class != "business" or failure.owner is None or "rule" not in failure.details:
        return None
    return Parked(failure.reason, failure.owner, step, detail=failure.detail)
