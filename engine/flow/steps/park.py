"""Holds the exchange for a business reason, until an event, a person or the due time releases it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

from engine import exact_json
from engine.errors import StepFailed
from engine.flow.exchange import Exchange
from engine.flow.steps.step import Result, Step
from engine.jsonata import MISSING, Expression
from engine.outcome import Parked, WaitFor
from engine.store.records import JournalKind

_LONGEST_KEY = 1000
"""Bytes of a key that stands in an index as it is."""


@dataclass(frozen=True, slots=True, eq=False)
class Park(Step):
    """Parks the message unless it was released already. The releasing event is `$saved.release`.

    `due` turns the time of parking into the due time, by the workspace's calendar.
    """

    condition: Expression | None
    reason: str
    owner: str
    due: Callable[[float], float] | None
    topic: str | None
    selector: str | None
    equals: Expression | None
    on_due: str
    frees_lane: bool

    word: ClassVar[str] = "park"

    def run(self, exchange: Exchange) -> Result:
        key = exchange.step_key(self.id)
        if released(exchange, key):
            return None
        if self.condition is not None and exchange.evaluate(self.condition, self.id) is not True:
            return None
        now = exchange.services.now()
        return Parked(
            self.reason,
            self.owner,
            key,
            due=self.due(now) if self.due is not None else None,
            on_due=self.on_due,
            wait=self._wait(exchange),
            frees_lane=self.frees_lane,
        )

    def _wait(self, exchange: Exchange) -> WaitFor | None:
        if self.topic is None or self.selector is None or self.equals is None:
            return None
        key = exchange.evaluate(self.equals, self.id)
        if key is MISSING or key is None or isinstance(key, dict | list):
            raise StepFailed(
                f"{self.id}: expected '{self.equals.source}' to give the key of the releasing event, it gave none",
                error_class="data",
                reason="failed-transformation",
            )
        return WaitFor(self.topic, self.selector, selector_key(key), exchange.message.id)


def selector_key(value: object) -> str:
    """A key as waits are matched by: its JSON text, so that 1 and "1" differ; of a very long one its digest."""
    encoded = exact_json.encode(value)
    return encoded.decode() if len(encoded) <= _LONGEST_KEY else f"sha256:{exact_json.digest(encoded).hex()}"


def released(exchange: Exchange, key: str) -> bool:
    """Whether the park at `key` was released; keeps the releasing event as `$saved.release`."""
    entry = exchange.entry(key, JournalKind.RELEASED)
    if entry is None:
        return False
    exchange.passed(entry.at)
    exchange.saved["release"] = exact_json.decode(entry.reply) if entry.reply else dict(entry.facts)
    return True
