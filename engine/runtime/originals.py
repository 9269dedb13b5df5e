"""From a stored original back to the canonical document its flow works on, in any revision."""

from __future__ import annotations

from typing import Any

from engine import exact_json
from engine.errors import InvalidInput
from engine.flow.compiled import Revision
from engine.flow.exchange import message_facts
from engine.flow.reading import event_variables, raw_documents, to_canonical
from engine.jsonata import EvaluationContext
from engine.runtime.arrivals import ATTRIBUTES_HEADER, ITEM_HEADER
from engine.store.records import Work


def document_of(work: Work, revision: Revision) -> Any:
    """The document of a message. Raises InvalidInput when its original does not read in this revision."""
    message = work.message
    event = revision.event(message.source)
    if message.source.startswith(("topic:", "schedule:", "flow:")):
        return exact_json.decode(work.body)
    if event is None:
        raise InvalidInput(f"revision {revision.id} has no event '{message.source}'", code="unknown-event")
    context = EvaluationContext(now=message.received_at, limits=revision.limits, lookup=revision.table_lookup)
    stored = message.headers.get(ATTRIBUTES_HEADER)
    attributes = exact_json.decode(stored.encode()) if stored else {}
    facts = message_facts(message) if "message" in revision.mentioned else {}
    variables = event_variables(message.headers, attributes, facts)
    raws = raw_documents(event, work.body, variables, context)
    item = int(message.headers.get(ITEM_HEADER, "0"))
    if item >= len(raws):
        raise InvalidInput(f"the original has {len(raws)} items, number {item + 1} was this message", code="unreadable")
    return to_canonical(event, raws[item], variables, context)
