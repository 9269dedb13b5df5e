"""Publish-Subscribe Channel: an event that every subscriber gets a copy of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from engine.flow.exchange import Exchange
from engine.flow.mapping import Mapping
from engine.flow.steps.step import Result, Step


@dataclass(frozen=True, slots=True, eq=False)
class Publish(Step):
    """Appends an event to `topic`; it is stored even when nobody subscribes."""

    topic: str
    payload: Mapping | None

    word: ClassVar[str] = "publish"

    def run(self, exchange: Exchange) -> Result:
        key = exchange.step_key(self.id)
        if not exchange.output_taken(key):
            document = exchange.document
            if self.payload is not None:
                document = exchange.map(self.payload, self.id, document)
            exchange.outputs.extend(exchange.services.publication(exchange, self.topic, document, key))
        return None
