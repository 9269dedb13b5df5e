"""Owners: a change by somebody who may not make it is parked for the steward, or goes to the owner as a proposal.

What the owners refuse does not come this far: it is refused where it comes in.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from engine.contracts.ownership import ForeignField, Writer, fate_of
from engine.flow.exchange import Exchange
from engine.flow.steps.park import released
from engine.flow.steps.step import Result, Step
from engine.outcome import Discarded, Parked

OWNERS_STEP = "@owners"


@dataclass(frozen=True, slots=True, eq=False)
class Owners(Step):
    """Stands before the steps of a flow that takes events from somebody who may not write every field. `writers` are
    those of the events, by the events' names."""

    writers: Mapping[str, Writer]

    word: ClassVar[str] = "owners"

    def run(self, exchange: Exchange) -> Result:
        writer = self.writers.get(exchange.message.source)
        fields = writer.foreign(exchange.document) if writer is not None else ()
        if writer is None or not fields:
            return None
        steward = fields[0].owner.steward
        detail = f"'{writer.system}' may not write {', '.join(repr(field.path) for field in fields)}"
        if fate_of(fields) == "propose":
            self._propose(exchange, writer, fields)
            return Discarded("proposed-to-owner", detail)
        if released(exchange, self.id):
            return None
        return Parked("not-the-owner", steward, self.id, detail=f"{detail} of {writer.entity}")

    def _propose(self, exchange: Exchange, writer: Writer, fields: tuple[ForeignField, ...]) -> None:
        if exchange.output_taken(self.id):
            return
        proposal = {
            "entity": writer.entity,
            "from": writer.system,
            "fields": [
                {"path": field.path, "owner": field.owner.owner, "steward": field.owner.steward} for field in fields
            ],
            "document": exchange.document,
        }
        exchange.outputs.extend(exchange.services.publication(exchange, f"{writer.entity}.proposed", proposal, self.id))
