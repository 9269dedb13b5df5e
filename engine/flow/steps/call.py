"""Request-Reply: asks a system, between two commits, and keeps the reply."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from engine import exact_json
from engine.flow.compiled import CompiledOperation
from engine.flow.exchange import Answered, Exchange, document_bytes
from engine.flow.mapping import Mapping
from engine.flow.steps.step import Result, Step
from engine.jsonata import MISSING
from engine.outcome import Deferred
from engine.store.records import JournalEntry, JournalKind


@dataclass(frozen=True, slots=True, eq=False)
class Undo:
    """What takes a call back: the operation and what it is given."""

    operation: CompiledOperation
    payload: Mapping | None


@dataclass(frozen=True, slots=True, eq=False)
class Call(Step):
    """Asks `operation` and waits. A call that changes something at the peer is bracketed by two commits:
    *begun* before its first byte leaves, *done* before the next step."""

    operation: CompiledOperation
    payload: Mapping | None
    save: str | None
    undo: Undo | None

    word: ClassVar[str] = "call"
    waits: ClassVar[bool] = True

    async def run(self, exchange: Exchange) -> Result:
        key = exchange.step_key(self.id)
        done = exchange.done(key)
        if done is not None:
            exchange.passed(done.at)
            self._keep(exchange, exact_json.decode(done.reply) if done.reply else None)
            return None
        document = exchange.document
        if self.payload is not None:
            document = exchange.map(self.payload, self.id, document)
        answered = await self._answer(exchange, key, document)
        if isinstance(answered, Deferred):
            return answered
        await self._done(exchange, key, document, answered)
        self._keep(exchange, answered.document)
        return None

    async def _answer(self, exchange: Exchange, key: str, document: Any) -> Answered | Deferred:
        deferred = await exchange.services.admit(exchange, self.operation)
        if deferred is not None:
            return deferred
        request_key = exchange.key_of(key)
        if self.operation.safe:
            return await exchange.services.ask(exchange, self.operation, document, request_key)
        if exchange.begun(key) and self.operation.confirm is not None:
            confirmed = await exchange.services.confirm(exchange, self.operation, document, request_key)
            if confirmed is not None:
                return confirmed
        facts = {"operation": self.operation.full_name, "key": request_key, "generation": exchange.generation(key)}
        exchange.write(JournalEntry(key, JournalKind.BEGUN, exchange.services.now(), facts=facts))
        await exchange.checkpoint()
        return await exchange.services.ask(exchange, self.operation, document, request_key)

    async def _done(self, exchange: Exchange, key: str, document: Any, answered: Answered) -> None:
        now = exchange.services.now()
        facts = {
            "operation": self.operation.full_name,
            "key": exchange.key_of(key),
            "generation": exchange.generation(key),
            "status": answered.status,
        }
        begun = exchange.entry(key, JournalKind.BEGUN)
        begun_at = begun.at if begun is not None else now
        exchange.write(
            JournalEntry(key, JournalKind.BEGUN, begun_at, request=answered.request, reply=answered.reply, facts=facts)
        )
        given = document_bytes(None if document is MISSING else document, self.id)
        reply = document_bytes(answered.document, self.id)
        exchange.write(JournalEntry(key, JournalKind.DONE, now, request=given, reply=reply, facts=facts))
        exchange.passed(now)
        if not self.operation.safe:
            await exchange.checkpoint()

    def _keep(self, exchange: Exchange, reply: Any) -> None:
        if self.save is not None:
            exchange.saved[self.save] = reply

    async def take_back(self, exchange: Exchange, key: str, done: JournalEntry) -> Result:
        """Undo a completed call, between two commits of its own. Raises StepFailed."""
        assert self.undo is not None
        operation = self.undo.operation
        document = exact_json.decode(done.request) if done.request else None
        reply = exact_json.decode(done.reply) if done.reply else None
        if self.undo.payload is not None:
            document = exchange.map(self.undo.payload, f"undo of {key}", document, {"reply": reply})
        deferred = await exchange.services.admit(exchange, operation)
        if deferred is not None:
            return deferred
        request_key = exchange.key_of(key, "undo")
        answered: Answered | Deferred | None = None
        if exchange.begun(key, JournalKind.UNDO_BEGUN) and operation.confirm is not None:
            answered = await exchange.services.confirm(exchange, operation, document, request_key)
        generation = exchange.generation(key)
        facts = {"operation": operation.full_name, "key": request_key, "generation": generation}
        if answered is None:
            exchange.write(JournalEntry(key, JournalKind.UNDO_BEGUN, exchange.services.now(), facts=facts))
            await exchange.checkpoint()
            answered = await exchange.services.ask(exchange, operation, document, request_key)
        if isinstance(answered, Deferred):
            return answered
        undone = {**facts, "generation": generation + 1, "status": answered.status}
        exchange.write(
            JournalEntry(
                key, JournalKind.UNDONE, exchange.services.now(), answered.request, answered.reply, facts=undone
            )
        )
        await exchange.checkpoint()
        return None
