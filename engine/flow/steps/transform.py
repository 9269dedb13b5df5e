"""Message Translator: the document becomes what a mapping yields."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from engine.contracts.schema import CompiledSchema
from engine.errors import StepFailed
from engine.flow.exchange import Exchange, Known
from engine.flow.mapping import Mapping
from engine.flow.steps.step import Result, Step
from engine.flow.steps.validate import require_valid
from engine.jsonata import MISSING


@dataclass(frozen=True, slots=True, eq=False)
class Transform(Step):
    """The document becomes what `mapping` yields, which must hold to `schema` where there is one."""

    mapping: Mapping
    schema: CompiledSchema | None

    word: ClassVar[str] = "transform"

    def run(self, exchange: Exchange) -> Result:
        document = exchange.map(self.mapping, self.id, exchange.document)
        if document is MISSING:
            raise StepFailed(
                f"{self.id}: the mapping yielded nothing", error_class="data", reason="failed-transformation"
            )
        if self.schema is not None:
            require_valid(self.schema, document, self.id)
            exchange.note(Known(document, self.schema))
        exchange.document = document
        return None
