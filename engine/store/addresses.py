"""Where a payload lies: an address of its time and of what it says."""

from __future__ import annotations

from engine.exact_json import digest

REMEMBERED = 2048
_TIME_BYTES = 6
_DIGEST_BYTES = 26


class Addresses:
    """Gives payloads their addresses; bytes that were among the last few thousand lie where they lay.

    An address is 6 bytes of milliseconds and 26 of the SHA-256, so that new entries lie together at the index's end: an
    index of bare digests is written at a place of its own for each payload, which costs a page of the log each time.
    """

    def __init__(self) -> None:
        self._known: dict[bytes, bytes] = {}
        self._earlier: dict[bytes, bytes] = {}

    def of(self, body: bytes, now: float, content: bytes = b"") -> bytes:
        """The address of bytes that are stored now, in epoch seconds; `content` is their SHA-256 where it is known."""
        content = content or digest(body)
        address = self._known.get(content)
        if address is None:
            address = (
                self._earlier.get(content) or int(now * 1000).to_bytes(_TIME_BYTES, "big") + content[:_DIGEST_BYTES]
            )
            if len(self._known) >= REMEMBERED:
                self._earlier, self._known = self._known, {}
            self._known[content] = address
        return address


def is_address_of(address: bytes, body: bytes) -> bool:
    """Whether these very bytes lie at the address."""
    return address[_TIME_BYTES:] == digest(body)[:_DIGEST_BYTES]
