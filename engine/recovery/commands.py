"""The operator's verbs. Each names who and why, changes messages only through the store's one requeue, and is audited.

retry is automatic; *resend* tries one delivery again, same bytes; *reprocess* runs a message's flow from the stored
original; *replay* reprocesses a range; *release* lets a parked message go on; *discard* ends one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from msgspec import structs

from engine.clock import Clock
from engine.errors import CommandRefused, Overloaded, Refused
from engine.ids import id_text, id_value
from engine.message import INVALID_CHANNEL, Message, State
from engine.outcome import Discarded
from engine.plugin import Receipt
from engine.store.protocol import MessageStore
from engine.store.records import AuditRecord, JournalEntry, JournalKind, Requeue, Selection

PAGE = 200
UNVERIFIED = "authentication"


@dataclass(frozen=True, slots=True)
class Person:
    """Who gives an order, and why; the reason is required where something is ended or forced."""

    who: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Done:
    """What a command did to one message."""

    message_id: str
    verb: str
    state: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Replay:
    """What a replay would touch, or has touched. `counted` is the whole range, `by_state` the same by state; `refused`
    are those whose state did not allow it."""

    counted: int
    by_state: dict[str, int]
    ordered: int = 0
    refused: int = 0
    dry_run: bool = True


class Rereading(Protocol):
    """Who reads invalid input once more."""

    async def accept_again(self, source: str, body: bytes, headers: Mapping[str, str]) -> Receipt:
        """Store what can be read by now; keeps nothing a second time. Raises Refused or StoreUnavailable."""
        ...


class Commands:
    """Carries out orders. `wake` is told the channels in which something became claimable."""

    def __init__(
        self,
        store: MessageStore,
        clock: Clock,
        *,
        active_revision: Callable[[], str],
        intake: Rereading | None,
        wake: Callable[[Sequence[str]], None],
    ) -> None:
        self._store = store
        self._clock = clock
        self._active_revision = active_revision
        self._intake = intake
        self._wake = wake

    @property
    def active_revision(self) -> str:
        """The revision that new messages run in."""
        return self._active_revision()

    def now(self) -> float:
        """Epoch seconds."""
        return self._clock.now()

    # -- one message

    async def resend(self, message_id: str, person: Person) -> Done:
        """Try one delivery again: the same bytes under the same key, after asking whether it was carried out."""
        message = await self.message(message_id)
        if not message.channel.startswith("system:"):
            raise CommandRefused(
                f"{message_id} is no delivery but in channel {message.channel}; "
                "'reprocess' runs its flow again, and completed steps stay done"
            )
        allowed = (State.DEAD, State.WAITING, State.DISCARDED, State.COMPLETED, State.PARKED)
        journal = (*_released(message, person, self._now()), _sent_again(person, self._now()))
        return await self._order(message, person, "resend", allowed, journal=journal)

    async def reprocess(
        self,
        message_id: str,
        person: Person,
        *,
        revision: str | None = None,
        again: Sequence[str] = (),
        force: bool = False,
    ) -> Done:
        """Run a message again from its stored original, in the current revision or a chosen one.

        Completed steps stay done, unless `again` names them. `force` passes the stale guard.
        """
        message = await self.message(message_id)
        if message.channel == INVALID_CHANNEL:
            return await self._accept_again(message, person, force)
        chosen = revision or self._active_revision()
        if await self._store.revision(chosen) is None:
            raise CommandRefused(f"there is no revision '{chosen}'; 'crossdock status' lists those that are stored")
        steps = await self._steps(message, again)
        allowed = (State.DEAD, State.COMPLETED, State.DISCARDED, State.PARKED, State.WAITING)
        journal = (_sent_again(person, self._now()),) if message.channel.startswith("system:") else ()
        return await self._order(
            message, person, "reprocess", allowed, revision=chosen, again=steps, force=force, journal=journal
        )

    async def release(self, message_id: str, person: Person) -> Done:
        """Let a parked message go on where it stopped."""
        message = await self.message(message_id)
        if message.state is not State.PARKED:
            raise CommandRefused(f"{message_id} is {message.state}, not parked{_what_fits(message)}")
        journal = _released(message, person, self._now())
        # a flow's attempts are counted from its release; a delivery has no journal to count by
        keep = not message.channel.startswith("system:")
        return await self._order(message, person, "release", (State.PARKED,), journal=journal, keep_attempts=keep)

    async def discard(self, message_id: str, person: Person) -> Done:
        """End a message without further effect; the reason is required."""
        if not person.reason.strip():
            raise CommandRefused("a discard needs a reason; give one with --reason")
        message = await self.message(message_id)
        allowed = (State.DEAD, State.PARKED, State.WAITING, State.READY)
        return await self._order(message, person, "discard", allowed, outcome=Discarded("discarded", person.reason))

    # -- a range

    async def replay(
        self,
        selection: Selection,
        person: Person,
        *,
        dry_run: bool,
        per_second: float,
        again: Sequence[str] = (),
        force: bool = False,
        progress: Callable[[int, int], None] = lambda done, whole: None,
    ) -> Replay:
        """Reprocess every message of a range, oldest first, at most `per_second`. It is counted first."""
        states = selection.states or tuple(State)
        now = self._now() + 0.001  # what comes in from now on is not meant
        selection = structs.replace(selection, until=min(selection.until or now, now))
        counts = [(state, await self._store.count(structs.replace(selection, states=(state,)))) for state in states]
        by_state = {state.value: count for state, count in counts if count}
        counted = sum(by_state.values())
        if dry_run:
            return Replay(counted, by_state)
        ordered = refused = 0
        start = self._now()
        after: int | None = None
        while True:
            page = await self._store.find(structs.replace(selection, after_id=after, limit=PAGE))
            if not page:
                break
            for message in page:
                at = start + ordered / per_second
                if await self._replay_one(message, person, at, again, force):
                    ordered += 1
                else:
                    refused += 1
                progress(ordered + refused, counted)
            after = page[-1].id
        facts = {"counted": counted, "ordered": ordered, "refused": refused, "perSecond": per_second}
        await self._store.audit(AuditRecord(self._now(), person.who, "replay", None, person.reason, facts))
        return Replay(counted, by_state, ordered, refused, dry_run=False)

    async def _replay_one(self, message: Message, person: Person, at: float, again: Sequence[str], force: bool) -> bool:
        if not message.channel.startswith(("flow:", "system:")):
            return False
        order = Requeue(
            message_id=message.id,
            allowed=(State.DEAD, State.COMPLETED, State.DISCARDED),
            who=person.who,
            verb="replay",
            reason=person.reason,
            at=self._now(),
            revision=self._active_revision(),
            again=await self._steps(message, again, strict=False),
            force=force,
            not_before=at if at > self._now() + 0.05 else None,
            journal=(_sent_again(person, self._now()),) if message.channel.startswith("system:") else (),
        )
        try:
            requeued = await self._store.requeue(order)
        except CommandRefused:
            return False  # its payload was erased
        if requeued.applied:
            self._wake([message.channel])
        return requeued.applied

    # -- looking up

    async def message(self, message_id: str) -> Message:
        """A message by its text id. Raises CommandRefused when there is none."""
        value = id_value(message_id)
        found = await self._store.get(value) if value is not None else None
        if found is None:
            raise CommandRefused(
                f"there is no message '{message_id}'; 'crossdock trace KEY' finds messages by business key"
            )
        return found

    # -- inside

    def _now(self) -> float:
        return self._clock.now()

    async def _order(
        self,
        message: Message,
        person: Person,
        verb: str,
        allowed: tuple[State, ...],
        *,
        revision: str | None = None,
        again: tuple[str, ...] = (),
        force: bool = False,
        journal: tuple[JournalEntry, ...] = (),
        outcome: Discarded | None = None,
        keep_attempts: bool = False,
    ) -> Done:
        requeued = await self._store.requeue(
            Requeue(
                message_id=message.id,
                allowed=allowed,
                who=person.who,
                verb=verb,
                reason=person.reason,
                at=self._now(),
                revision=revision,
                again=again,
                force=force,
                journal=journal,
                outcome=outcome,
                reset_attempts=not keep_attempts,
            )
        )
        if not requeued.applied or requeued.message is None:
            state = requeued.message or message
            raise CommandRefused(
                f"{id_text(message.id)} is {state.state}, so it cannot be {_past(verb)}{_what_fits(state)}"
            )
        self._wake([message.channel, *([requeued.unblocked] if requeued.unblocked else [])])
        return Done(id_text(message.id), verb, requeued.message.state.value)

    async def _accept_again(self, message: Message, person: Person, force: bool) -> Done:
        """Read invalid input once more, now that the mapping, contract or table may be mended."""
        failure = message.failure or {}
        if failure.get("error_class") == UNVERIFIED and not force:
            raise CommandRefused(
                f"{id_text(message.id)} came from a sender that could not be verified; --force takes it all the same"
            )
        if message.state is not State.DEAD:
            raise CommandRefused(f"{id_text(message.id)} is {message.state}; it was dealt with before")
        if self._intake is None:
            raise CommandRefused("invalid input can only be reprocessed while 'crossdock run' is up")
        body = await self._store.payload(message.payload)
        if body is None:
            raise CommandRefused(f"the payload of {id_text(message.id)} was erased")
        try:
            receipt = await self._intake.accept_again(message.source, body, message.headers)
        except Overloaded:
            raise
        except Refused as refused:
            raise CommandRefused(f"{id_text(message.id)} still cannot be read: {refused.detail}") from refused
        accepted = ", ".join(receipt.message_ids)
        ended = replace(person, reason=f"accepted as {accepted}. {person.reason}".strip())
        done = await self._order(
            message, ended, "reprocess", (State.DEAD,), outcome=Discarded("accepted-later", f"accepted as {accepted}")
        )
        return replace(done, detail=f"accepted as {accepted}")

    async def _steps(self, message: Message, again: Sequence[str], *, strict: bool = True) -> tuple[str, ...]:
        """The steps that are to run again, each group of a split by its own name, so that each runs once.

        A step that is to run again must be one that ran; `strict` False leaves out those that did not.
        """
        if not again:
            return ()
        trace = await self._store.trace(message.id)
        entries = trace.journal if trace is not None else ()
        ran = dict.fromkeys(entry.step for entry in entries if not entry.step.startswith("@"))
        found: dict[str, None] = {}
        for step in again:
            groups = [name for name in ran if name == step or name.partition("#")[0] == step]
            if not groups and strict:
                listed = ", ".join(sorted(ran)) or "none"
                raise CommandRefused(f"step '{step}' has not run in {id_text(message.id)}; steps that have: {listed}")
            found.update(dict.fromkeys(groups))
        return tuple(found)


def _sent_again(person: Person, now: float) -> JournalEntry:
    """The line that tells the sender to ask first: this delivery may have been carried out."""
    return JournalEntry("@again", JournalKind.BEGUN, now, facts={"by": person.who})


def _released(message: Message, person: Person, now: float) -> tuple[JournalEntry, ...]:
    """The journal's line that lets a parked step pass."""
    if message.state is not State.PARKED:
        return ()
    step = str((message.parked or {}).get("step", ""))
    return (JournalEntry(step, JournalKind.RELEASED, now, facts={"by": person.who, "reason": person.reason}),)


def _past(verb: str) -> str:
    return {"resend": "resent", "reprocess": "reprocessed", "release": "released", "discard": "discarded"}.get(
        verb, verb
    )


def _what_fits(message: Message) -> str:
    """Which verbs do fit the state."""
    fits = {
        State.PARKED: "; 'release' lets it go on, 'discard' ends it",
        State.DEAD: "; 'reprocess' or 'resend' tries again, 'discard' ends it",
        State.RUNNING: "; wait until it has ended",
        State.READY: "; it runs by itself",
        State.WAITING: "; it is tried again by itself, 'resend' or 'reprocess' does it now",
        State.COMPLETED: "; 'reprocess' runs it again",
        State.DISCARDED: "; 'reprocess' runs it again",
    }
    return fits.get(message.state, "")
