"""The sender: one outbound message is delivered to its system and settled."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from typing import Any

from msgspec import UNSET

from engine.clock import Clock
from engine.errors import StepFailed, StoreError
from engine.flow.compiled import CompiledOperation, Revision
from engine.flow.exchange import Answered, message_scope
from engine.jsonata import EvaluationContext
from engine.message import Message
from engine.outcome import Completed, Deferred, Outcome, Parked
from engine.policy.error_classes import ERROR_CLASSES
from engine.policy.retry import RetryPolicy
from engine.runtime import requests
from engine.runtime.channel import Item
from engine.runtime.commit_points import Passing
from engine.runtime.desk import Desk
from engine.runtime.dispatcher import Dispatcher
from engine.runtime.failures import decide_outcome, failure_of, internal_error, parked_for
from engine.runtime.gateway import Gateway, NotNow, RequestFailed
from engine.runtime.headers import outbound_headers
from engine.runtime.polls import PollReplies
from engine.runtime.requests import Errand, Scope
from engine.runtime.revisions import Revisions, RevisionUnavailable
from engine.store.records import Attempt, JournalEntry, JournalKind, Progress, Recorded, Settlement, Work
from engine.telemetry.log import Log


class Sender:
    """Delivers. The append was this delivery's *begun*: a try that may have been carried out is confirmed first."""

    def __init__(
        self,
        revisions: Revisions,
        gateways: Mapping[str, Gateway],
        dispatcher: Dispatcher,
        desk: Desk,
        polls: PollReplies,
        clock: Clock,
        log: Log,
        *,
        random: Callable[[], float],
        passing: Passing,
    ) -> None:
        self._revisions = revisions
        self._gateways = gateways
        self._dispatcher = dispatcher
        self._desk = desk
        self._polls = polls
        self._clock = clock
        self._log = log
        self._random = random
        self._passing = passing

    async def run(self, item: Item) -> None:
        """One try to deliver a message."""
        work = item.work
        message = work.message
        started = self._clock.now()
        system = message.channel.partition(":")[2]
        try:
            revision = self._revisions.held(message.revision) or await self._revisions.pinned(message.revision)
        except RevisionUnavailable as unavailable:
            await self._end(work, Parked("revision-unavailable", "integration", "", detail=str(unavailable)), started)
            return
        operation = revision.operation(system, message.operation)
        gateway = self._gateways.get(system)
        if operation is None or gateway is None:
            detail = f"no operation '{system}.{message.operation}' in revision {revision.id}"
            await self._end(work, Parked("revision-unavailable", "integration", "", detail=detail), started)
            return
        slot = gateway.slot(message.id)
        if isinstance(slot, float):
            with self._dispatcher.aside(message):
                await asyncio.sleep(slot)
        elif slot is not None:
            await self._end(work, slot, started, counts=False)
            return
        await self._deliver(item, operation, gateway, revision, started)

    async def _deliver(
        self, item: Item, operation: CompiledOperation, gateway: Gateway, revision: Revision, started: float
    ) -> None:
        work = item.work
        message = work.message
        errand = self._errand(item, operation, revision)
        try:
            with self._dispatcher.aside(message):
                answered: Answered | Deferred | None = None
                if (message.uncertain or message.attempts > 0 or work.journal) and not operation.safe:
                    # tried before, or sent again by a person
                    answered = await requests.ask_first(errand, gateway, self._passing, message.id)
                if answered is None:
                    answered = await requests.perform(errand, gateway, self._passing)
            if isinstance(answered, Deferred):
                await self._end(work, answered, started, counts=False)
                return
            if message.source.startswith("poll:"):
                await self._polls.settle(work, revision, answered, started)
                return
        except NotNow as paused:
            await self._end(work, paused.deferred, started, counts=False)
            return
        except StepFailed as failed:
            await self._failed(work, operation, failed, started)
            return
        except StoreError:
            raise
        except Exception as error:  # an error of ours must neither be tried for ever nor be lost
            self._log.exception("delivery-failed", error, message=message.id)
            await self._failed(work, operation, internal_error(error), started)
            return
        await self._end(work, Completed(), started, answered=answered)

    def _errand(self, item: Item, operation: CompiledOperation, revision: Revision) -> Errand:
        """A delivery that this revision's own send step has just made was checked there."""
        work = item.work
        message = work.message
        polled = message.source.startswith("poll:")
        return Errand(
            operation,
            UNSET,
            lambda: _scope(work, revision),
            message.key,
            outbound_headers(message),
            wants_reply=polled,
            accepted=item.accepted_in == revision.id,
            stored=work.body,
        )

    async def _failed(self, work: Work, operation: CompiledOperation, failed: StepFailed, started: float) -> None:
        owner = operation.owner or "integration"
        failure = failure_of(failed, operation.full_name, owner)
        outcome: Outcome | None = parked_for(failure, operation.full_name)
        if outcome is None:
            outcome = decide_outcome(
                failure,
                work.message,
                self._policy(operation),
                now=self._clock.now(),
                random=self._random,
                holds_lane=False,
            )
        declared = ERROR_CLASSES.get(failed.error_class)
        uncertain = declared is not None and declared.outcome_unknown
        await self._end(work, outcome, started, failed=failed, uncertain=uncertain or work.message.uncertain)

    def _policy(self, operation: CompiledOperation) -> RetryPolicy:
        return operation.retry or self._revisions.active.policies["standard"]

    def _end(
        self,
        work: Work,
        outcome: Outcome,
        started: float,
        *,
        answered: Answered | None = None,
        failed: StepFailed | None = None,
        counts: bool = True,
        uncertain: bool = False,
    ) -> Coroutine[Any, Any, Recorded]:
        now = self._clock.now()
        journal: tuple[JournalEntry, ...] = ()
        if isinstance(outcome, Parked):
            journal = (JournalEntry(outcome.step, JournalKind.PARKED, now, facts={"reason": outcome.reason}),)
        return self._desk.settle(
            Settlement(
                Progress(work.lease, journal=journal, lane=work.message.lane),
                outcome,
                now,
                delivery_attempt(work.message, outcome, started, now, answered=answered, failed=failed),
                counts_attempt=counts,
                uncertain=uncertain,
                body=work.body,
            )
        )


def _scope(work: Work, revision: Revision) -> Scope:
    """What the expressions of a delivery see besides its document."""
    message = work.message
    variables = {"headers": message.headers, "saved": {}} | message_scope(revision, work)
    return variables, EvaluationContext(now=message.received_at, limits=revision.limits, lookup=revision.table_lookup)


def delivery_attempt(
    message: Message,
    outcome: Outcome,
    started: float,
    now: float,
    *,
    answered: Answered | None = None,
    failed: StepFailed | None = None,
) -> Attempt:
    """What the trace shows of one try to deliver: the request and the reply as they were on the wire."""
    sent = failed if isinstance(failed, RequestFailed) else answered
    reason = failed.reason if failed is not None else getattr(outcome, "reason", None)
    return Attempt(
        number=message.attempts + (0 if isinstance(outcome, Deferred) else 1),
        started_at=started,
        ended_at=now,
        outcome=type(outcome).__name__.lower(),
        step=message.operation,
        error_class=failed.error_class if failed is not None else None,
        reason=reason,
        detail=failed.detail if failed is not None else getattr(outcome, "detail", ""),
        status=sent.status if sent is not None else None,
        request=sent.request if sent is not None else None,
        reply=sent.reply if sent is not None else None,
        revision=message.revision,
    )
