"""Ends the exchange on purpose."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from engine.flow.exchange import Exchange
from engine.flow.steps.step import Result, Step
from engine.outcome import Discarded


@dataclass(frozen=True, slots=True, eq=False)
class Discard(Step):
    """The message has no further effect."""

    reason: str

    word: ClassVar[str] = "discard"

    def run(self, exchange: Exchange) -> Result:
        return Discarded(self.reason)
