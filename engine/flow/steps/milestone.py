"""A point that the business transaction has passed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from engine.flow.exchange import Exchange
from engine.flow.mapping import Mapping
from engine.flow.steps.step import Result, Step
from engine.store.records import Milestone as Passed


@dataclass(frozen=True, slots=True, eq=False)
class Milestone(Step):
    """Notes that `name` was reached; it is durable with the next checkpoint."""

    name: str
    note: Mapping | None

    word: ClassVar[str] = "milestone"

    def run(self, exchange: Exchange) -> Result:
        note = str(exchange.map(self.note, self.id, exchange.document)) if self.note is not None else ""
        exchange.milestones.append(Passed(self.name, exchange.services.now(), note))
        return None
