"""What must happen next with a message, in one sentence for a person."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.clock import iso
from engine.ids import id_text
from engine.message import Message, Phase, State


def next_step(message: Message) -> str | None:
    """The sentence, or None when the message has ended well."""
    where = _where(message)
    if message.state is State.READY:
        return f"{where} waits for its turn"
    if message.state is State.RUNNING:
        return f"{where} is taking back what it did" if message.phase is Phase.UNDO else f"{where} is running"
    if message.state is State.WAITING:
        return f"{where} is tried again {_at(message.not_before)}{_because(message.failure)}"
    if message.state is State.PARKED:
        return _parked(message, where)
    if message.state is State.DEAD:
        return _dead(message, where)
    return None


def _where(message: Message) -> str:
    kind, _, name = message.channel.partition(":")
    if kind == "system":
        return f"the delivery {id_text(message.id)} to {name} ({message.operation})"
    if kind == "flow":
        return f"message {id_text(message.id)} in flow {name}"
    return f"message {id_text(message.id)} in {message.channel}"


def _at(moment: float | None) -> str:
    return f"at {iso(moment)}" if moment is not None else "soon"


def _because(failure: Mapping[str, Any] | None) -> str:
    return f"; the last try failed: {failure['detail']}" if failure and failure.get("detail") else ""


def _parked(message: Message, where: str) -> str:
    parked = message.parked or {}
    who = parked.get("owner") or "somebody"
    due = f", due {iso(float(parked['due']))}" if parked.get("due") is not None else ""
    wait = parked.get("wait")
    event = f"or an event on {wait['topic']} releases it" if isinstance(wait, Mapping) else ""
    detail = f" ({parked['detail']})" if parked.get("detail") else ""
    return (
        f"{where} is held for '{parked.get('reason')}'{detail}: {who} decides{due}; "
        f"'crossdock release {id_text(message.id)}' {event}".rstrip()
    )


def _dead(message: Message, where: str) -> str:
    failure = message.failure or {}
    who = failure.get("owner") or "integration"
    suggestion = failure.get("suggestion") or "find the cause, then reprocess or discard"
    return f"{where} has failed ({failure.get('reason')}): {failure.get('detail')}; {who}: {suggestion}"
