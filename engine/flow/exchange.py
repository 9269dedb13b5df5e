"""The exchange: one passage of a message through a flow, as the value the steps work on."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from msgspec import Struct

from engine import exact_json
from engine.clock import iso
from engine.contracts.schema import CompiledSchema
from engine.errors import StepFailed
from engine.flow.compiled import CompiledFlow, CompiledOperation, Revision
from engine.flow.mapping import EmptyHole
from engine.flow.mapping import Mapping as CompiledMapping
from engine.ids import id_text, request_key
from engine.jsonata import EvaluationContext, Expression, ExpressionError
from engine.message import Message, Phase
from engine.outcome import Deferred
from engine.store.records import JournalEntry, JournalKind, Mark, Milestone, NewMessage, Progress, Recorded, Work

Places = Callable[[Sequence[NewMessage]], tuple[bool, ...]]
"""Says for each output whether there is room in memory to run it at once."""

GROUP_SEPARATOR = "#"
MARK_STEP = "@mark"
"""The journal's line that remembers the stale guard's mark from before this exchange."""


class Answered(Struct, frozen=True):
    """A system's answer: the canonical reply, and the bytes that went and came, for the trace."""

    document: Any
    status: int
    request: bytes | None
    reply: bytes | None


class Known(Struct, frozen=True):
    """What was found out about a document: a schema that it holds to, its bytes, and their digest."""

    document: Any
    schema: CompiledSchema | None = None
    encoded: bytes | None = None
    digest: bytes = b""


class Services(Protocol):
    """What the runtime does for the steps."""

    def now(self) -> float:
        """Epoch seconds."""
        ...

    async def commit(self, progress: Progress) -> Recorded:
        """Write a checkpoint. Raises LeaseLost when the message is no longer ours."""
        ...

    async def admit(self, exchange: Exchange, operation: CompiledOperation) -> Deferred | None:
        """Get a slot from the system's limiter, breaker and calendar; None when the request may go now."""
        ...

    async def confirm(
        self, exchange: Exchange, operation: CompiledOperation, document: Any, key: str
    ) -> Answered | Deferred | None:
        """Ask whether an earlier try was carried out; None when it was not, or cannot be asked."""
        ...

    async def ask(
        self, exchange: Exchange, operation: CompiledOperation, document: Any, key: str
    ) -> Answered | Deferred:
        """Send the request and wait. Raises StepFailed, or OutcomeUnknown when it may have been carried out. Deferred
        when it was not sent: another request has opened the breaker meanwhile."""
        ...

    def current_value(self, table: str, key: Any, column: str | None) -> Any:
        """A code table's value in the running revision, for who was parked because the pinned one has none."""
        ...

    def current_scope(self, exchange: Exchange) -> EvaluationContext:
        """The exchange's context with the code tables of the running revision."""
        ...

    def publication(self, exchange: Exchange, topic: str, document: Any, step: str) -> Sequence[NewMessage]:
        """A topic's event and the copies of its subscribers, to be appended."""
        ...


class Exchange:
    """What is known of one passage: the document, what is saved, and what the next commit will write."""

    __slots__ = (
        "_context",
        "_known",
        "answer",
        "at",
        "document",
        "flow",
        "group",
        "groups",
        "journal",
        "journal_out",
        "mark",
        "mark_before",
        "milestones",
        "outputs",
        "parents",
        "revision",
        "saved",
        "served",
        "services",
        "variables",
        "work",
    )

    def __init__(self, work: Work, flow: CompiledFlow, revision: Revision, document: Any, services: Services) -> None:
        message = work.message
        self.work = work
        self.flow = flow
        self.revision = revision
        self.document = document
        self.services = services
        self.saved: dict[str, Any] = {}
        self.journal = {(entry.step, entry.kind): entry for entry in work.journal} if work.journal else {}
        self.journal_out: list[JournalEntry] = []
        self.outputs: list[NewMessage] = []
        self.milestones: list[Milestone] = []
        self.mark: Mark | None = None
        self.mark_before: Mark | None = None
        self.answer: bytes | None = None
        self.served: set[str] = set()
        self.group = ""
        self.groups: list[Mapping[str, Any]] = []
        self.parents: list[Any] = []
        self.at = message.received_at
        self._context: EvaluationContext | None = None
        self._known: Known | None = None
        self.variables: dict[str, Any] = {"saved": self.saved, "headers": message.headers}
        if revision.mentioned:
            self.variables |= message_scope(revision, work)

    @property
    def message(self) -> Message:
        return self.work.message

    @property
    def context(self) -> EvaluationContext:
        """The clock and code tables of the next expression. The clock stands at the last durable event, so that
        running the same steps again gives the same values."""
        if self._context is None:
            self._context = EvaluationContext(
                now=self.at, limits=self.revision.limits, lookup=self.revision.table_lookup
            )
        return self._context

    def note(self, known: Known) -> None:
        """Remember what was found out about a document; documents are never changed."""
        self._known = known

    def holds(self, document: Any, schema: CompiledSchema) -> bool:
        """Whether this very document was found to hold to the schema."""
        known = self._known
        return known is not None and known.document is document and known.schema is schema

    def encoded(self, document: Any, step: str) -> tuple[bytes, bytes]:
        """The document's bytes and, where it is known, their digest. Raises StepFailed with class `data`."""
        known = self._known
        if known is not None and known.encoded is not None and known.document is document:
            return known.encoded, known.digest
        return document_bytes(document, step), b""

    def passed(self, at: float) -> None:
        """Move the clock of the expressions to a durable event."""
        if at > self.at:
            self.at = at
            self._context = None

    def step_key(self, step: str) -> str:
        """The step's id, with the split group it runs in."""
        return f"{step}{GROUP_SEPARATOR}{self.group}" if self.group else step

    def evaluate(self, expression: Expression, step: str, context: EvaluationContext | None = None) -> Any:
        """An expression over the document. Raises StepFailed with class `data`."""
        try:
            return expression.evaluate(self.document, self.variables, context or self.context)
        except ExpressionError as error:
            raise mapping_failed(error, step) from error

    def map(self, mapping: CompiledMapping, step: str, document: Any, extra: Mapping[str, Any] | None = None) -> Any:
        """A mapping over a document. Raises StepFailed with class `data`."""
        variables = self.variables if extra is None else {**self.variables, **extra}
        try:
            return mapping(document, variables, self.context)
        except (ExpressionError, EmptyHole) as error:
            raise mapping_failed(error, step) from error

    def entry(self, step: str, kind: JournalKind) -> JournalEntry | None:
        """A line of the journal."""
        return self.journal.get((step, kind))

    def write(self, entry: JournalEntry) -> None:
        """Put a line into the journal; it is durable with the next commit."""
        self.journal.pop((entry.step, entry.kind), None)
        self.journal[entry.step, entry.kind] = entry
        self.journal_out.append(entry)
        if entry.kind is JournalKind.DONE:
            self.served.add(entry.step)

    def generation(self, step: str) -> int:
        """Which run of the step counts now: a step that was taken back, or that a person ordered to run again, runs
        under a new key, for a peer that knows the old key would not act on it."""
        done, undone = self._generation_of(step, JournalKind.DONE), self._generation_of(step, JournalKind.UNDONE)
        if done is not None and done >= (undone or 0) and self.ordered_again(step):
            return done + 1
        return max(done or 0, undone or 0)

    def _generation_of(self, step: str, kind: JournalKind) -> int | None:
        entry = self.entry(step, kind)
        return int(entry.facts.get("generation", 0)) if entry is not None else None

    def done(self, step: str) -> JournalEntry | None:
        """The journal's line of a step that is done and stands: not undone, and not ordered to run again."""
        entry = self.entry(step, JournalKind.DONE)
        return entry if entry is not None and int(entry.facts.get("generation", 0)) >= self.generation(step) else None

    def begun(self, step: str, kind: JournalKind = JournalKind.BEGUN) -> bool:
        """Whether an earlier run began the step (or its undo), in the generation that counts now."""
        generation = self._generation_of(step, kind)
        return generation is not None and generation >= self.generation(step)

    def key_of(self, step: str, purpose: str = "") -> str:
        """The idempotency key of a step's request; equal over retries, reprocessing and crashes."""
        generation: object = 0
        if self.journal:
            generation = self.generation(step)
            output = self.entry(step, JournalKind.OUTPUT)
            if output is not None and self.ordered_again(step):
                generation = output.facts["messages"][0]
        name = step if not generation else f"{step}~{generation}"
        return request_key(self.message.origin or self.message.id, name, purpose)

    def output_taken(self, step: str) -> bool:
        """Whether the step's output was appended by an earlier run."""
        return (step, JournalKind.OUTPUT) in self.journal and not self.ordered_again(step)

    def ordered_again(self, step: str) -> bool:
        """Whether a person ordered this step to run once more although it is done."""
        return step in self.message.again and step not in self.served

    def progress(self, *, phase: Phase | None = None, places: Places | None = None) -> Progress:
        """Everything that waits for a commit, taken out of the exchange. `places` finds room in memory for outputs."""
        effective = bool(self.outputs) or any(entry.kind is JournalKind.BEGUN for entry in self.journal_out)
        if effective and self.mark is not None and not self._marked_before():
            self.write(
                JournalEntry(MARK_STEP, JournalKind.BEGUN, self.services.now(), facts=_mark_facts(self.mark_before))
            )
        outputs = tuple(self.outputs)
        progress = Progress(
            lease=self.work.lease,
            journal=tuple(self.journal_out),
            outputs=outputs,
            output_lease=places(outputs) if places is not None and outputs else (),
            milestones=tuple(self.milestones),
            mark=self.mark if effective else None,
            phase=phase,
            revision=self.revision.id if self.message.revision is None else None,
        )
        self.journal_out, self.outputs, self.milestones = [], [], []
        if effective:
            self.mark = None
        return progress

    def _marked_before(self) -> bool:
        """Whether the mark that stands is this message's own, so that what stood before it is noted already."""
        return self.mark_before is not None and self.mark_before.message_id == self.message.id

    async def checkpoint(self, *, phase: Phase | None = None) -> None:
        """Commit what has gathered."""
        await self.services.commit(self.progress(phase=phase))


def _mark_facts(mark: Mark | None) -> dict[str, Any]:
    return {} if mark is None else {"version": mark.version.decode(), "messageId": mark.message_id}


def message_scope(revision: Revision, work: Work) -> dict[str, Any]:
    """`$message` and `$transaction`, made only where some expression of the revision reads them."""
    scope: dict[str, Any] = {}
    if "message" in revision.mentioned:
        scope["message"] = message_facts(work.message)
    if "transaction" in revision.mentioned:
        keys = dict(work.business_keys)
        scope["transaction"] = {"correlationId": work.message.correlation_id, "keys": keys}
    return scope


def message_facts(message: Message) -> dict[str, Any]:
    """What expressions see as `$message`."""
    return {
        "id": id_text(message.id) if message.id else "",
        "source": message.source,
        "receivedAt": iso(message.received_at),
        "correlationId": message.correlation_id,
        "attempt": message.attempts + 1,
    }


def mapping_failed(error: Exception, step: str) -> StepFailed:
    """The failure of an expression: its code, place and value, class `data`."""
    details: dict[str, Any] = {}
    if isinstance(error, ExpressionError):
        details = {"code": error.code, "line": error.line, "column": error.column, "path": error.data_path}
    return StepFailed(
        f"{step}: {error}", error_class="data", reason="failed-transformation", details={"step": step, **details}
    )


def document_bytes(document: Any, step: str) -> bytes:
    """A canonical document's bytes. Raises StepFailed with class `data`."""
    try:
        return exact_json.encode(document)
    except (TypeError, ValueError) as error:
        raise StepFailed(f"{step}: {error}", error_class="data", reason="failed-transformation") from error
