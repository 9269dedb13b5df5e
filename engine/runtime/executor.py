"""The executor: a message passes through its flow's steps and ends in an outcome, settled in one transaction."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, TypeVar

from msgspec.structs import replace

from engine import exact_json
from engine.clock import Clock
from engine.errors import CrossdockError, InvalidInput, LeaseLost, StepFailed
from engine.flow.compiled import CompiledFlow, Revision
from engine.flow.exchange import MARK_STEP, Exchange, Known
from engine.flow.identity import version_of
from engine.flow.steps.call import Call
from engine.flow.steps.step import run_at_once, run_steps
from engine.message import Message, Phase
from engine.outcome import Completed, Dead, Deferred, Discarded, Failure, Outcome, Parked, Retry
from engine.runtime.channel import Item
from engine.runtime.desk import Desk
from engine.runtime.failures import (
    UNDO_STEP,
    decide_outcome,
    failure_of,
    internal_error,
    parked_for,
    undo_begun,
    undone_failure,
)
from engine.runtime.gateway import RequestFailed
from engine.runtime.originals import document_of
from engine.runtime.revisions import Revisions, RevisionUnavailable
from engine.runtime.services import FlowServices
from engine.runtime.waiters import Ending, Waiters
from engine.store.protocol import MessageStore
from engine.store.records import Attempt, JournalEntry, JournalKind, Mark, Progress, Settlement, Work
from engine.telemetry.log import Log

T = TypeVar("T")

Restored = tuple[Mark | None, str | None]
"""The mark to write back, or the lane whose mark to clear."""

_COMPLETED = Completed()
_NOTHING_RESTORED: Restored = (None, None)


class Executor:
    """Runs exchanges. One value, the exchange, passes through small steps; the outcome is decided, then written."""

    def __init__(
        self,
        store: MessageStore,
        revisions: Revisions,
        desk: Desk,
        services: FlowServices,
        waiters: Waiters,
        clock: Clock,
        log: Log,
        *,
        random: Callable[[], float],
    ) -> None:
        self._store = store
        self._revisions = revisions
        self._desk = desk
        self._services = services
        self._waiters = waiters
        self._clock = clock
        self._log = log
        self._random = random

    async def run(self, item: Item) -> None:
        """One passage of a message, from its lease to its settlement."""
        started = self._clock.now()
        message = item.work.message
        try:
            revision = self._revisions.held(message.revision) or await self._revisions.pinned(message.revision)
        except RevisionUnavailable as unavailable:
            await self._settle_alone(item, Parked("revision-unavailable", "integration", "", detail=str(unavailable)))
            return
        flow = revision.flows.get(message.channel.partition(":")[2])
        if flow is None:
            detail = f"revision {revision.id} has no flow '{message.channel.partition(':')[2]}'"
            await self._settle_alone(item, Parked("revision-unavailable", "integration", "", detail=detail))
            return
        exchange: Exchange | None = None
        try:
            document = item.document if item.revision == revision.id else self._document(item, revision)
            exchange = Exchange(item.work, flow, revision, document, self._services)
            outcome, failed = await self._passage(exchange)
        except LeaseLost:
            return
        except InvalidInput as invalid:
            # The stored original does not read in this revision, or has no identity in it: no step ran.
            exchange = exchange or Exchange(item.work, flow, revision, None, self._services)
            failed = StepFailed(
                invalid.detail,
                error_class="data",
                reason=invalid.code,
                details={"violations": list(invalid.violations)},
            )
            outcome = Dead(failure_of(failed, "read", flow.model.owner), flow.model.on_dead == "hold")
        await self._settle(exchange, outcome, failed, started)

    def foresee(self, work: Work, flow: CompiledFlow, revision: Revision, known: Known) -> Settlement | None:
        """What a message of an `immediate` flow comes to, to be stored with it. Its outputs have places in memory that
        have to be given back when it is not stored so.

        None when it does not go through well: then it is stored first, and run, and its failure is seen there.
        """
        exchange = Exchange(work, flow, revision, known.document, self._services)
        exchange.note(known)
        try:
            outcome = run_at_once(flow.steps, exchange) or _COMPLETED
        except Exception:
            return None
        if outcome is not _COMPLETED and not isinstance(outcome, Discarded):
            return None
        return self._settlement(exchange, outcome, None, work.message.received_at, _NOTHING_RESTORED)

    async def _passage(self, exchange: Exchange) -> tuple[Outcome, StepFailed | None]:
        """Run forward, or go on undoing; the failure is given too, for the trace."""
        if exchange.message.phase is Phase.UNDO:
            return await self._undo(exchange)
        try:
            stale = await self._guard(exchange)
            if stale is not None:
                return stale, None
            return await self._guarded(run_steps(exchange.flow.steps, exchange), exchange) or _COMPLETED, None
        except StepFailed as failed:
            outcome = self._after_failure(exchange, failed)
            if not isinstance(outcome, Dead) or not _undoable(exchange):
                return outcome, failed
            await self._begin_undo(exchange, outcome.failure)
            undone, failed_undo = await self._undo(exchange)
            return undone, failed_undo or failed

    async def _guarded(self, steps: Coroutine[Any, Any, T], exchange: Exchange) -> T:
        """Steps whose unexpected errors are failures like others: neither tried for ever nor lost."""
        try:
            return await steps
        except (CrossdockError, asyncio.CancelledError):
            raise
        except Exception as error:
            self._log.exception("exchange-failed", error, message=exchange.message.id)
            raise internal_error(error) from error

    def _document(self, item: Item, revision: Revision) -> Any:
        try:
            return document_of(item.work, revision)
        except CrossdockError:
            raise
        except Exception as error:
            self._log.exception("original-unreadable", error, message=item.work.message.id)
            raise InvalidInput(f"{type(error).__name__}: {error}", code="unreadable") from error

    async def _guard(self, exchange: Exchange) -> Outcome | None:
        """The stale guard: an older version than one that had an effect goes no further; a mark waits for ours."""
        identity = exchange.flow.identity
        lane = exchange.message.lane
        if identity.version is None or lane is None:
            return None
        version = version_of(exchange.flow, exchange.document, exchange.variables, exchange.context)
        mark = await self._store.mark(lane)
        if mark is not None and mark.message_id != exchange.message.id and _older(version, mark.version):
            if exchange.message.force:
                return None  # a person lets this one pass; the newer mark stays for the next
            detail = f"version {version.decode()} is older than {mark.version.decode()}, which had an effect"
            return _stale_outcome(identity.stale_then, exchange.flow, detail)
        exchange.mark = Mark(lane, version, exchange.message.id)
        exchange.mark_before = mark
        return None

    def _after_failure(self, exchange: Exchange, failed: StepFailed) -> Outcome:
        step = str(failed.details.get("step", ""))
        failure = failure_of(failed, step, exchange.flow.model.owner)
        parked = parked_for(failure, step)
        if parked is not None:
            return parked
        before, since = _counted_from(exchange)
        return decide_outcome(
            failure,
            exchange.message,
            exchange.flow.retry,
            now=self._clock.now(),
            random=self._random,
            holds_lane=exchange.flow.model.on_dead == "hold",
            attempts_before=before,
            since=since,
        )

    # -- undo

    async def _begin_undo(self, exchange: Exchange, failure: Failure) -> None:
        exchange.outputs.clear()  # what the failed run gathered after its last checkpoint never leaves
        exchange.milestones.clear()
        exchange.write(undo_begun(failure, exchange.message.attempts, self._clock.now()))
        await exchange.checkpoint(phase=Phase.UNDO)

    async def _undo(self, exchange: Exchange) -> tuple[Outcome, StepFailed | None]:
        """Take back completed calls, the last one first. A failed undo is tried again; then what remains is listed."""
        begun = exchange.entry(UNDO_STEP, JournalKind.UNDO_BEGUN)
        assert begun is not None
        cause = undone_failure(begun)
        holds = exchange.flow.model.on_dead == "hold"
        pending = _undoable(exchange)
        for index, (key, call, done) in enumerate(pending):
            try:
                deferred = await self._guarded(call.take_back(exchange, key, done), exchange)
            except StepFailed as failed:
                failure = failure_of(failed, f"undo of {key}", exchange.flow.model.owner)
                outcome = decide_outcome(
                    failure,
                    exchange.message,
                    exchange.flow.retry,
                    now=self._clock.now(),
                    random=self._random,
                    holds_lane=holds,
                    attempts_before=int(begun.facts.get("attempts", 0)),
                    since=begun.at,
                )
                if isinstance(outcome, Retry):
                    return outcome, failed
                remaining = tuple(
                    f"{call.undo.operation.full_name} for {key}" for key, call, _ in pending[index:] if call.undo
                )
                return Dead(_with_remaining(cause, failure, remaining), holds), failed
            if deferred is not None:
                return deferred, None
        return Dead(cause, holds), None

    # -- settling

    async def _settle(self, exchange: Exchange, outcome: Outcome, failed: StepFailed | None, started: float) -> None:
        now = self._clock.now()
        message = exchange.message
        if isinstance(outcome, Retry | Deferred | Dead):
            exchange.outputs.clear()  # outputs leave at checkpoints only: a call, a park, the end
            exchange.milestones.clear()
        if isinstance(outcome, Parked):
            facts = {"reason": outcome.reason, "attempts": message.attempts + 1}
            exchange.write(JournalEntry(outcome.step, JournalKind.PARKED, now, facts=facts))
        restored = await self._mark_to_restore(exchange, outcome)
        recorded = await self._desk.settle(self._settlement(exchange, outcome, failed, started, restored))
        went_on = isinstance(outcome, Parked) and message.channel in recorded.released  # its event had come before
        if recorded.applied and not went_on:
            self._tell(message, outcome, exchange.answer)

    def _settlement(
        self,
        exchange: Exchange,
        outcome: Outcome,
        failed: StepFailed | None,
        started: float,
        restored: Restored,
    ) -> Settlement:
        now = self._clock.now()
        progress = exchange.progress(places=self._desk.places_for)
        if restored != _NOTHING_RESTORED:
            progress = replace(progress, restore=restored[0], clear_mark=restored[1])
        return Settlement(
            progress=progress,
            outcome=outcome,
            at=now,
            attempt=_attempt(exchange.message, outcome, failed, started, now, exchange.revision.id),
            counts_attempt=not isinstance(outcome, Deferred),
            answer=exchange.answer,
        )

    async def _mark_to_restore(self, exchange: Exchange, outcome: Outcome) -> Restored:
        """A message whose every call was undone leaves the mark as it found it. A mark that is another message's
        stays."""
        lane = exchange.message.lane
        before = exchange.entry(MARK_STEP, JournalKind.BEGUN)
        undone = isinstance(outcome, Dead) and not outcome.failure.remaining
        if not undone or before is None or lane is None or exchange.entry(UNDO_STEP, JournalKind.UNDO_BEGUN) is None:
            return _NOTHING_RESTORED
        mark = await self._store.mark(lane)
        if mark is None or mark.message_id != exchange.message.id:
            return _NOTHING_RESTORED
        if "version" not in before.facts:
            return None, lane
        return Mark(lane, str(before.facts["version"]).encode(), int(before.facts["messageId"])), None

    async def _settle_alone(self, item: Item, outcome: Outcome) -> None:
        now = self._clock.now()
        attempt = _attempt(item.work.message, outcome, None, now, now, None)
        settlement = Settlement(Progress(item.work.lease), outcome, now, attempt, counts_attempt=False)
        if (await self._desk.settle(settlement)).applied:
            self._tell(item.work.message, outcome, None)

    def _tell(self, message: Message, outcome: Outcome, answer: bytes | None) -> None:
        if isinstance(outcome, Completed | Discarded | Dead | Parked):
            self._waiters.tell(message.id, Ending(outcome, answer))


def _counted_from(exchange: Exchange) -> tuple[int, float | None]:
    """The attempts and the time from which a policy counts: what was spent before the last release is forgotten, for
    days in the hands of a person are no attempts."""
    releases = [entry for (_, kind), entry in exchange.journal.items() if kind is JournalKind.RELEASED]
    if not releases:
        return 0, None
    last = max(releases, key=lambda entry: entry.at)
    parked = exchange.entry(last.step, JournalKind.PARKED)
    before = int(parked.facts.get("attempts", 0)) if parked is not None else 0
    return min(before, exchange.message.attempts), max(last.at, exchange.message.first_attempt_at or 0.0)


def _stale_outcome(then: str, flow: CompiledFlow, detail: str) -> Outcome:
    if then == "park":
        return Parked("stale", flow.model.owner, "stale", detail=detail)
    if then == "dead":
        failure = Failure("conflict", "stale", detail, owner=flow.model.owner)
        return Dead(failure, flow.model.on_dead == "hold")
    return Discarded("stale", detail)


def _older(version: bytes, than: bytes) -> bool:
    """Numbers compare as numbers, texts as texts; a number and a text do not compare, so nothing is older."""
    ours, theirs = exact_json.decode(version), exact_json.decode(than)
    return isinstance(ours, str) == isinstance(theirs, str) and bool(ours < theirs)


def _undoable(exchange: Exchange) -> list[tuple[str, Call, JournalEntry]]:
    """Completed calls with an undo that were not taken back yet, the last one first."""
    found = []
    for (key, kind), entry in reversed(exchange.journal.items()):
        step = exchange.flow.by_id.get(key.partition("#")[0])
        if kind is JournalKind.DONE and isinstance(step, Call) and step.undo is not None:
            undone = exchange.entry(key, JournalKind.UNDONE)
            if undone is None or int(entry.facts.get("generation", 0)) >= int(undone.facts.get("generation", 0)):
                found.append((key, step, entry))
    return sorted(found, key=lambda one: one[2].at, reverse=True)


def _with_remaining(cause: Failure, undo: Failure, remaining: Sequence[str]) -> Failure:
    return Failure(
        error_class=cause.error_class,
        reason=cause.reason,
        detail=f"{cause.detail}; undoing it failed too: {undo.detail}",
        step=cause.step,
        owner=cause.owner,
        suggestion=f"by hand, in this order: {'; '.join(remaining)}",
        details={**cause.details, "undo": undo.detail},
        remaining=tuple(remaining),
    )


def _attempt(
    message: Message, outcome: Outcome, failed: StepFailed | None, started: float, now: float, revision: str | None
) -> Attempt | None:
    """What the trace shows of this passage; an uneventful one needs no line."""
    if isinstance(outcome, Completed) and message.attempts == 0:
        return None
    failure = outcome.failure if isinstance(outcome, Retry | Dead) else None
    detail = failure.detail if failure is not None else getattr(outcome, "detail", "") or getattr(outcome, "reason", "")
    sent = failed if isinstance(failed, RequestFailed) else None
    return Attempt(
        number=message.attempts + 1,
        started_at=started,
        ended_at=now,
        outcome=type(outcome).__name__.lower(),
        step=(failure.step or "") if failure is not None else "",
        error_class=failure.error_class if failure is not None else None,
        reason=failure.reason if failure is not None else getattr(outcome, "reason", None),
        detail=detail,
        status=sent.status if sent is not None else None,
        request=sent.request if sent is not None else None,
        reply=sent.reply if sent is not None else None,
        revision=revision,
    )
