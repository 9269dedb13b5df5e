"""What a caller who waited is told."""

from __future__ import annotations

from engine import exact_json
from engine.outcome import Completed, Dead, Discarded
from engine.plugin import Answer, Receipt
from engine.runtime.waiters import Ending


def told(receipt: Receipt, ending: Ending) -> Receipt:
    """The receipt with the outcome in it."""
    outcome = ending.outcome
    answer = None
    if ending.answer is not None:
        stored = exact_json.decode(ending.answer)
        answer = Answer(int(stored["status"]), exact_json.encode(stored["body"]))
    if isinstance(outcome, Completed):
        return Receipt(receipt.message_ids, receipt.correlation_id, receipt.repeat, "completed", answer)
    if isinstance(outcome, Discarded):
        detail = outcome.detail or outcome.reason
        return Receipt(receipt.message_ids, receipt.correlation_id, receipt.repeat, "discarded", answer, detail)
    if isinstance(outcome, Dead):
        detail = outcome.failure.detail
        return Receipt(receipt.message_ids, receipt.correlation_id, receipt.repeat, "dead", None, detail)
    return receipt
