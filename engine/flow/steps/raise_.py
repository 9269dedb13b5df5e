"""Ends the exchange in failure, on the flow's own judgement."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from engine.errors import StepFailed
from engine.flow.exchange import Exchange
from engine.flow.mapping import Mapping
from engine.flow.steps.step import Result, Step


@dataclass(frozen=True, slots=True, eq=False)
class Raise(Step):
    """Fails with the declared class; completed calls are undone when the class is not tried again."""

    error_class: str
    reason: str
    owner: str
    message: Mapping | None

    word: ClassVar[str] = "raise"

    def run(self, exchange: Exchange) -> Result:
        detail = self.reason
        if self.message is not None:
            detail = str(exchange.map(self.message, self.id, exchange.document))
        raise StepFailed(detail, error_class=self.error_class, reason=self.reason, owner=self.owner)
