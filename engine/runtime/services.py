"""What the runtime does for a flow's steps: commits, requests to systems, publications."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from engine.clock import Clock
from engine.errors import StepFailed
from engine.flow.compiled import CompiledOperation
from engine.flow.exchange import Answered, Exchange
from engine.outcome import Deferred
from engine.runtime import requests
from engine.runtime.commit_points import Passing
from engine.runtime.desk import Desk
from engine.runtime.gateway import Gateway
from engine.runtime.headers import outbound_headers
from engine.runtime.publications import publication
from engine.runtime.requests import Errand
from engine.runtime.revisions import Revisions
from engine.store.records import NewMessage, Progress, Recorded


class FlowServices:
    """The services of `engine.flow.exchange`, on the real store and the real systems."""

    def __init__(
        self, desk: Desk, gateways: Mapping[str, Gateway], revisions: Revisions, clock: Clock, passing: Passing
    ) -> None:
        self._desk = desk
        self._gateways = gateways
        self._revisions = revisions
        self._clock = clock
        self._passing = passing

    def now(self) -> float:
        return self._clock.now()

    async def commit(self, progress: Progress) -> Recorded:
        return await self._desk.checkpoint(progress)

    async def admit(self, exchange: Exchange, operation: CompiledOperation) -> Deferred | None:
        return await self._gateway(operation).admit(exchange.message.id)

    async def confirm(
        self, exchange: Exchange, operation: CompiledOperation, document: Any, key: str
    ) -> Answered | None:
        return await requests.confirm(
            _errand(exchange, operation, document, key), self._gateway(operation), self._passing
        )

    async def ask(self, exchange: Exchange, operation: CompiledOperation, document: Any, key: str) -> Answered:
        return await requests.perform(
            _errand(exchange, operation, document, key), self._gateway(operation), self._passing
        )

    def publication(self, exchange: Exchange, topic: str, document: Any, step: str) -> Sequence[NewMessage]:
        return publication(exchange, self._revisions.active, topic, document, step)

    def _gateway(self, operation: CompiledOperation) -> Gateway:
        gateway = self._gateways.get(operation.system)
        if gateway is None:
            raise StepFailed(
                f"{operation.full_name}: the running revision has no system '{operation.system}'",
                error_class="permanent",
                reason="system-gone",
            )
        return gateway


def _errand(exchange: Exchange, operation: CompiledOperation, document: Any, key: str) -> Errand:
    return Errand(
        operation,
        document,
        exchange.variables,
        exchange.context,
        key,
        outbound_headers(exchange.message),
    )
