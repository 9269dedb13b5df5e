"""The headers that tie a request to its message: W3C trace context and the correlation id."""

from __future__ import annotations

import re
from random import getrandbits

from engine.message import Message

_TRACEPARENT = re.compile(r"00-([0-9a-f]{32})-[0-9a-f]{16}-([0-9a-f]{2})")
_SPAN = len("00-") + 32 + len("-")
"""Where the span stands in a traceparent."""


def trace_of(message: Message) -> str:
    """The trace that a message belongs to, for what it causes: the one it came with, or one of its own."""
    return message.traceparent if _has_trace(message) else _own_trace(message, message.id)


def outbound_headers(message: Message) -> dict[str, str]:
    """`traceparent` (the incoming trace goes on, with a span of our own) and `x-correlation-id`."""
    span = getrandbits(64)
    given = message.traceparent
    trace = f"{given[:_SPAN]}{span:016x}{given[_SPAN + 16 :]}" if _has_trace(message) else _own_trace(message, span)
    return {"traceparent": trace, "x-correlation-id": message.correlation_id}


def _has_trace(message: Message) -> bool:
    return message.traceparent != "" and _TRACEPARENT.fullmatch(message.traceparent) is not None


def _own_trace(message: Message, span: int) -> str:
    return f"00-{message.origin or message.id:032x}-{span:016x}-01"
