"""Wire Tap: a copy for onlookers, which never disturbs the exchange."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from engine.errors import StepFailed
from engine.flow.exchange import Exchange
from engine.flow.mapping import Mapping
from engine.flow.steps.step import Result, Step
from engine.store.records import JournalEntry, JournalKind


@dataclass(frozen=True, slots=True, eq=False)
class WireTap(Step):
    """Publishes a copy to `topic`; a copy that cannot be made is noted in the journal and nothing else."""

    topic: str
    payload: Mapping | None

    word: ClassVar[str] = "wire_tap"

    def run(self, exchange: Exchange) -> Result:
        key = exchange.step_key(self.id)
        if exchange.output_taken(key):
            return None
        try:
            document = exchange.document
            if self.payload is not None:
                document = exchange.map(self.payload, self.id, document)
            exchange.outputs.extend(exchange.services.publication(exchange, self.topic, document, key))
        except StepFailed as failed:
            facts = {"tapped": False, "detail": failed.detail}
            exchange.write(JournalEntry(key, JournalKind.DONE, exchange.services.now(), facts=facts))
        return None
