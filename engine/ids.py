"""Message ids: 63-bit integers that grow with time, written for people as 13 characters.

An id is 41 bits of milliseconds since 2020, 10 bits of node and 12 bits of count, so ids of one process always grow,
sort by age, and serve as primary key without a second index. The text form is Crockford's base 32 in lower case.
"""

from __future__ import annotations

import hashlib
import secrets
import threading

from engine.clock import Clock

EPOCH_MS = 1_577_836_800_000
_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_VALUES = {char: index for index, char in enumerate(_ALPHABET)} | {"o": 0, "i": 1, "l": 1}
TEXT_LENGTH = 13
_PAIRS = tuple(high + low for high in _ALPHABET for low in _ALPHABET)


class IdGenerator:
    """Gives growing ids, to any thread.

    `after` is the largest id in the store, so that a clock that was set back never gives a smaller one.
    """

    def __init__(self, clock: Clock, *, node: int | None = None, after: int = 0) -> None:
        self._clock = clock
        self._node = (secrets.randbelow(1024) if node is None else node & 1023) << 12
        self._last_ms = after >> 22
        self._count = 0 if not after else 4095
        self._lock = threading.Lock()

    def next(self) -> int:
        now_ms = int(self._clock.now() * 1000) - EPOCH_MS
        with self._lock:
            if now_ms > self._last_ms:
                self._last_ms = now_ms
                self._count = 0
            elif self._count < 4095:
                self._count += 1
            else:
                self._last_ms += 1
                self._count = 0
            return (self._last_ms << 22) | self._node | self._count


def id_text(value: int) -> str:
    """The 13 characters that people and headers see."""
    pairs = _PAIRS
    return (
        pairs[value >> 55 & 1023]
        + pairs[value >> 45 & 1023]
        + pairs[value >> 35 & 1023]
        + pairs[value >> 25 & 1023]
        + pairs[value >> 15 & 1023]
        + pairs[value >> 5 & 1023]
        + _ALPHABET[value & 31]
    )


def id_value(text: str) -> int | None:
    """The integer behind an id's text, or None when it is not one; case and the letters i, l, o are forgiven."""
    if len(text) != TEXT_LENGTH:
        return None
    value = 0
    for char in text.lower():
        digit = _VALUES.get(char)
        if digit is None:
            return None
        value = value << 5 | digit
    return value


def request_key(origin: int, step: str, group: str = "") -> str:
    """The key that every try of one request carries: a hash of the original message, the step and the split group."""
    return hashlib.sha256(f"{origin:016x}\x1f{step}\x1f{group}".encode()).hexdigest()[:32]
