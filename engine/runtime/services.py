"""What the runtime does for a flow's steps: commits, requests to systems, publications."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from msgspec.structs import replace

from engine.clock import Clock
from engine.errors import StepFailed
from engine.flow.compiled import CompiledOperation
from engine.flow.exchange import Answered, Exchange
from engine.jsonata import EvaluationContext
from engine.outcome import Deferred
from engine.runtime import requests
from engine.runtime.commit_points import Passing
from engine.runtime.desk import Desk
from engine.runtime.dispatcher import Dispatcher
from engine.runtime.gateway import Gateway, NotNow
from engine.runtime.headers import outbound_headers
from engine.runtime.publications import publication
from engine.runtime.requests import Errand
from engine.runtime.revisions import Revisions
from engine.store.records import NewMessage, Progress, Recorded


class FlowServices:
    """The services of `engine.flow.exchange`, on the real store and the real systems."""

    def __init__(
        self,
        desk: Desk,
        dispatcher: Dispatcher,
        gateways: Mapping[str, Gateway],
        revisions: Revisions,
        clock: Clock,
        passing: Passing,
    ) -> None:
        self._desk = desk
        self._dispatcher = dispatcher
        self._gateways = gateways
        self._revisions = revisions
        self._clock = clock
        self._passing = passing

    def now(self) -> float:
        return self._clock.now()

    async def commit(self, progress: Progress) -> Recorded:
        return await self._desk.checkpoint(progress)

    async def admit(self, exchange: Exchange, operation: CompiledOperation) -> Deferred | None:
        with self._dispatcher.aside(exchange.message):
            return await self._gateway(operation).admit(exchange.message.id)

    async def confirm(
        self, exchange: Exchange, operation: CompiledOperation, document: Any, key: str
    ) -> Answered | Deferred | None:
        errand, gateway = _errand(exchange, operation, document, key), self._gateway(operation)
        with self._dispatcher.aside(exchange.message):
            try:
                return await requests.ask_first(errand, gateway, self._passing, exchange.message.id)
            except NotNow as paused:
                return paused.deferred

    async def ask(
        self, exchange: Exchange, operation: CompiledOperation, document: Any, key: str
    ) -> Answered | Deferred:
        errand, gateway = _errand(exchange, operation, document, key), self._gateway(operation)
        with self._dispatcher.aside(exchange.message):
            try:
                return await requests.perform(errand, gateway, self._passing)
            except NotNow as paused:
                return paused.deferred

    def publication(self, exchange: Exchange, topic: str, document: Any, step: str) -> Sequence[NewMessage]:
        selectors = self._revisions.selectors(topic)
        return publication(exchange, self._revisions.active, selectors, topic, document, step)

    def current_value(self, table: str, key: Any, column: str | None) -> Any:
        return self._revisions.active.codes.lookup(table, key, column)

    def current_scope(self, exchange: Exchange) -> EvaluationContext:
        return replace(exchange.context, lookup=self._revisions.active.table_lookup)

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
        lambda: (exchange.variables, exchange.context),
        key,
        outbound_headers(exchange.message),
    )
