"""Return Address: what a waiting caller, and every repeat, is told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from engine import exact_json
from engine.flow.exchange import Exchange, document_bytes
from engine.flow.mapping import Mapping
from engine.flow.steps.step import Result, Step
from engine.jsonata import MISSING


@dataclass(frozen=True, slots=True, eq=False)
class Reply(Step):
    """Makes the answer; the exchange goes on, and the answer is given when it ends."""

    status: int
    body: Mapping | None

    word: ClassVar[str] = "reply"

    def run(self, exchange: Exchange) -> Result:
        document = exchange.document
        if self.body is not None:
            document = exchange.map(self.body, self.id, document)
        body = document_bytes(None if document is MISSING else document, self.id)
        exchange.answer = exact_json.encode({"status": self.status, "body": exact_json.decode(body)})
        return None
