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
    given = message.traceparent
    if given and _TRACEPARENT.fullmatch(given):
        return given
    return f"00-{message.origin or message.id:032x}-{message.id:016x}-01"


def outbound_headers(message: Message) -> dict[str, str]:
    """`traceparent` (the incoming trace goes on, with a span of our own) and `x-correlation-id`."""
    trace = trace_of(message)
    return {
        "traceparent": f"{trace[:_SPAN]}{getrandbits(64):016x}{trace[_SPAN + 16 :]}",
        "x-correlation-id": message.correlation_id,
    }
