"""What goes into the message store and comes out of it. Times are epoch seconds; payloads are bytes."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from msgspec import UNSET, Struct, UnsetType, field

from engine.message import Lease, Message, Phase, State
from engine.outcome import Outcome


class Claim(Struct, frozen=True):
    """An idempotency claim: `key` within `scope`, made by a body with `digest`, good until `expires_at`.

    Where one of two claims has no digest, the key says it all: so have the claims of polled items in older stores.
    """

    scope: str
    key: str
    digest: bytes
    expires_at: float


class Wake(Struct, frozen=True):
    """An event's key under one selector: parked messages that wait on (topic, selector, key) are released by it."""

    topic: str
    selector: str
    key: str


class NewMessage(Struct, frozen=True):
    """A message to be appended; the store gives id, position, state and lease.

    `business_keys` are (kind, value), the identifying one first: when a transaction has it already, its correlation id
    is inherited unless `correlation_id` is given. `origin` 0 means the message is its own original. `final` appends it
    settled in that state (a topic's log entry, an invalid message). `wakes` are matched in the same commit. `digest` is
    the payload's SHA-256 where the caller has made it already.
    """

    channel: str
    source: str
    payload: bytes
    received_at: float
    content_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)
    correlation_id: str | None = None
    causation_id: int | None = None
    origin: int = 0
    key: str = ""
    step: str = ""
    operation: str = ""
    lane: str | None = None
    overtakes: bool = False
    priority: int = 2
    not_before: float | None = None
    revision: str | None = None
    business_keys: tuple[tuple[str, str], ...] = ()
    claims: tuple[Claim, ...] = ()
    final: State | None = None
    failure: Mapping[str, Any] | None = None
    wakes: tuple[Wake, ...] = ()
    traceparent: str = ""
    digest: bytes = b""


class AppendStatus(StrEnum):
    """What became of one appended message."""

    FRESH = "fresh"
    REPEAT = "repeat"
    CONFLICT = "conflict"


class Appended(Struct, frozen=True):
    """The result for one NewMessage. For a repeat or a conflict, `message_id` is the first message's.

    `lease` is set when the message was leased to this process in the same commit (it was asked for, and its lane was
    empty); otherwise `eligible` says whether it can be claimed from the store right away. `released` lists the channels
    of parked messages that this one, an event, released. `ended` is set when the ending that came with the message was
    written with it, and lists what became of its outputs.
    """

    status: AppendStatus
    message_id: int
    correlation_id: str
    position: int = 0
    lease: Lease | None = None
    eligible: bool = False
    released: tuple[str, ...] = ()
    ended: tuple[Appended, ...] | None = None


class Watermark(Struct, frozen=True):
    """How far a poll has read; `value` is JSON."""

    name: str
    value: bytes


class Append(Struct, frozen=True):
    """One atomic append: all of `messages`, or none.

    `claims` guard the whole group (an event's own id): when one is taken, every message is a repeat (or a conflict,
    when the first body differed). `lease` asks for the messages to be leased at once, one flag a message.
    `watermark` is written in the same commit. `ids`, drawn from `MessageStore.new_id`, are the messages' own where a
    caller has to know them before. `endings` are how their exchanges have ended already, one a message: each is written
    with its message when that is fresh and its lane empty, and else left out, for the message has to run then.
    """

    messages: tuple[NewMessage, ...]
    claims: tuple[Claim, ...] = ()
    lease: tuple[bool, ...] = ()
    watermark: Watermark | None = None
    ids: tuple[int, ...] = ()
    endings: tuple[Settlement | None, ...] = ()


class JournalKind(StrEnum):
    """What a journal entry says of a step."""

    BEGUN = "begun"
    DONE = "done"
    OUTPUT = "output"
    PARKED = "parked"
    RELEASED = "released"
    UNDO_BEGUN = "undo-begun"
    UNDONE = "undone"


class JournalEntry(Struct, frozen=True):
    """One line of an exchange's journal; unique by (message, step, kind), a later one replaces it.

    `request` and `reply` are documents' bytes (stored as payloads); `facts` is small JSON without personal data.
    """

    step: str
    kind: JournalKind
    at: float
    request: bytes | None = None
    reply: bytes | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)


class Attempt(Struct, frozen=True):
    """One try, as the trace shows it. `outcome` is a word such as `completed`, `retry`, `deferred` or `dead`."""

    number: int
    started_at: float
    ended_at: float
    outcome: str
    step: str = ""
    error_class: str | None = None
    reason: str | None = None
    detail: str = ""
    status: int | None = None
    request: bytes | None = None
    reply: bytes | None = None
    revision: str | None = None


class Milestone(Struct, frozen=True):
    """A point that the business transaction has passed."""

    name: str
    at: float
    note: str = ""


class Mark(Struct, frozen=True):
    """The stale guard's mark: the newest version of a lane that had an effect, and the message that had it.

    `version` is the JSON of a number or text, compared by the caller; `restore` writes back what stood before.
    """

    lane: str
    version: bytes
    message_id: int


class Progress(Struct, frozen=True):
    """A commit in the middle of an exchange (begun, done, a checkpoint); the lease is kept.

    `mark` is written with the first effect. `phase` changes when undo begins. `outputs` are appended once: a step
    key that the message's journal already holds as OUTPUT is skipped. `lane` is the message's own, where the caller
    knows it: an end without anything else to write then takes one statement.
    """

    lease: Lease
    journal: tuple[JournalEntry, ...] = ()
    outputs: tuple[NewMessage, ...] = ()
    output_lease: tuple[bool, ...] = ()
    milestones: tuple[Milestone, ...] = ()
    mark: Mark | None = None
    restore: Mark | None = None
    clear_mark: str | None = None
    phase: Phase | None = None
    revision: str | None = None
    lane: str | UnsetType | None = UNSET


class Settlement(Struct, frozen=True):
    """The end of an exchange or a delivery, in ONE transaction: state, outputs, journal, milestones, attempt.

    `counts_attempt` is False for Deferred. `answer` is the flow's reply, kept so that a repeat gets it. `uncertain`
    says that the try may have been carried out. `progress` carries everything that a checkpoint carries. `body` is the
    message's own, where the caller has it: an attempt that sent these bytes names them and stores nothing twice.
    """

    progress: Progress
    outcome: Outcome
    at: float
    attempt: Attempt | None = None
    counts_attempt: bool = True
    uncertain: bool = False
    answer: bytes | None = None
    watermark: Watermark | None = None
    body: bytes | None = None


class Recorded(Struct, frozen=True):
    """What a Progress or Settlement did. `applied` is False when the lease was lost: then nothing was written.

    `appended` matches `outputs`. `unblocked` is the channel of the lane's next message, now claimable, or None.
    `released` lists (channel) of parked messages that an appended event released.
    """

    applied: bool
    appended: tuple[Appended, ...] = ()
    unblocked: str | None = None
    released: tuple[str, ...] = ()


class Work(Struct, frozen=True):
    """A claimed message with its bytes, its business keys and its journal, ready to run."""

    message: Message
    lease: Lease
    body: bytes
    journal: tuple[JournalEntry, ...] = ()
    business_keys: tuple[tuple[str, str], ...] = ()


class MilestoneRecord(Struct, frozen=True):
    """A milestone as the trace shows it."""

    name: str
    at: float
    message_id: int
    note: str


class AuditRecord(Struct, frozen=True):
    """Who did what, when and why."""

    at: float
    who: str
    verb: str
    message_id: int | None
    reason: str
    facts: Mapping[str, Any]


class Trace(Struct, frozen=True):
    """Everything about one message."""

    message: Message
    business_keys: tuple[tuple[str, str], ...]
    journal: tuple[JournalEntry, ...]
    attempts: tuple[Attempt, ...]
    milestones: tuple[MilestoneRecord, ...]
    audit: tuple[AuditRecord, ...]
    answer: bytes | None


class Selection(Struct, frozen=True):
    """Which messages an operator means. Empty fields do not restrict; `until` is exclusive; newest last."""

    ids: tuple[int, ...] = ()
    channel: str | None = None
    states: tuple[State, ...] = ()
    business_key: tuple[str | None, str] | None = None
    correlation_id: str | None = None
    revision: str | None = None
    error_class: str | None = None
    reason: str | None = None
    operation: str | None = None
    source: str | None = None
    since: float | None = None
    until: float | None = None
    after_id: int | None = None
    limit: int = 100


class Requeue(Struct, frozen=True):
    """An operator's order to run a message again (resend, reprocess, replay, release), or to end it.

    `allowed` are the states it may be in. `revision` None keeps the pinned one; `again` are steps to run again although
    done; `force` passes the stale guard; `body` replaces nothing: the stored original stays. `outcome` is None to make
    it ready, or a final state's outcome (Discarded or Dead). `phase` None keeps an unfinished message's phase, and
    begins a settled one forward.
    """

    message_id: int
    allowed: tuple[State, ...]
    who: str
    verb: str
    reason: str
    at: float
    revision: str | None = None
    again: tuple[str, ...] = ()
    force: bool = False
    reset_attempts: bool = True
    not_before: float | None = None
    journal: tuple[JournalEntry, ...] = ()
    outcome: Outcome | None = None
    phase: Phase | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)


class Requeued(Struct, frozen=True):
    """What a Requeue did: `applied`, else the state that was in the way (None: no such message)."""

    applied: bool
    message: Message | None
    unblocked: str | None = None


class ChannelCount(Struct, frozen=True):
    """How many messages of a channel are in a state, and when the oldest of them came."""

    channel: str
    state: State
    count: int
    oldest_at: float
