"""The headers that tie a request to its message: W3C trace context and the correlation id."""

from __future__ import annotations

import re
import secrets

from engine.message import Message

_TRACEPARENT = re.compile(r"00-([0-9a-f]{32})-[0-9a-f]{16}-([0-9a-f]{2})")


def outbound_headers(message: Message) -> dict[str, str]:
    """`traceparent` (the incoming trace goes on, with a span of our own) and `x-correlation-id`."""
    match = _TRACEPARENT.fullmatch(message.traceparent)
    trace, flags = (match[1], match[2]) if match is not None else (f"{message.origin or message.id:032x}", "01")
    return {
        "traceparent": f"00-{trace}-{secrets.token_hex(8)}-{flags}",
        "x-correlation-id": message.correlation_id,
    }
