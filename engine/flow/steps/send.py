"""Message Endpoint: appends a delivery to a system's channel."""

from __future__ import annotations

from collections.abc import Mapping as TableOf
from dataclasses import dataclass
from typing import Any, ClassVar

from engine.errors import StepFailed
from engine.flow.compiled import CompiledOperation
from engine.flow.exchange import Exchange
from engine.flow.mapping import Mapping
from engine.flow.steps.fallback import Fallback
from engine.flow.steps.step import Result, Step
from engine.flow.steps.validate import require_valid
from engine.jsonata import MISSING, Expression
from engine.message import lane_of, system_channel
from engine.store.records import JournalKind, NewMessage


@dataclass(frozen=True, slots=True, eq=False)
class Send(Step):
    """Appends a delivery of an operation. `targets` are the operations by system; `system` chooses among them, or there
    is just one. A delivery keeps the order of the exchange's lane at its system."""

    targets: TableOf[str, CompiledOperation]
    system: Expression | None
    payload: Mapping | None
    fallback: Fallback | None

    word: ClassVar[str] = "send"

    def run(self, exchange: Exchange) -> Result:
        key = exchange.step_key(self.id)
        if exchange.output_taken(key):
            return None
        operation = self._operation(exchange, key)
        if operation is None:
            return self._missing(exchange, key)
        document = exchange.document
        if self.payload is not None:
            document = exchange.map(self.payload, self.id, document)
        if operation.accepts is not None and not exchange.holds(document, operation.accepts):
            require_valid(operation.accepts, document, self.id)
        exchange.outputs.append(self._delivery(exchange, operation, key, document))
        return None

    def _operation(self, exchange: Exchange, key: str) -> CompiledOperation | None:
        """The target; who was released here is looked up once more in the running revision's code tables."""
        if self.system is None:
            return next(iter(self.targets.values()))
        name = exchange.evaluate(self.system, self.id)
        if (name is MISSING or name not in self.targets) and exchange.entry(key, JournalKind.RELEASED) is not None:
            name = exchange.evaluate(self.system, self.id, exchange.services.current_scope(exchange))
        return self.targets.get(name) if isinstance(name, str) else None

    def _missing(self, exchange: Exchange, key: str) -> Result:
        if self.fallback is not None:
            return self.fallback.apply(exchange, key, "no system was found for it")
        assert self.system is not None
        raise StepFailed(
            f"{self.id}: expected '{self.system.source}' to name one of {', '.join(sorted(self.targets))}",
            error_class="data",
            reason="unknown-system",
        )

    def _delivery(self, exchange: Exchange, operation: CompiledOperation, key: str, document: Any) -> NewMessage:
        message = exchange.message
        payload, digest = exchange.encoded(document, self.id)
        lane = message.lane.partition("\x1f")[2] if message.lane else None
        return NewMessage(
            channel=system_channel(operation.system),
            source=f"flow:{exchange.flow.name}",
            payload=payload,
            received_at=exchange.services.now(),
            headers={},
            correlation_id=message.correlation_id or None,
            causation_id=message.id,
            origin=message.origin or message.id,
            key=exchange.key_of(key),
            step=key,
            operation=operation.name,
            lane=lane_of(system_channel(operation.system), lane) if lane is not None else None,
            priority=message.priority,
            revision=exchange.revision.id,
            business_keys=exchange.work.business_keys,
            traceparent=message.traceparent,
            digest=digest,
        )
