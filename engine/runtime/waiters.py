"""Callers that wait for the outcome of a message: a repeat joins the first, and all are told the same."""

from __future__ import annotations

import asyncio

from msgspec import Struct

from engine.outcome import Outcome


class Ending(Struct, frozen=True):
    """How a message's exchange ended, and the answer the flow made."""

    outcome: Outcome
    answer: bytes | None


class Waiters:
    """Futures by message id; only messages that somebody waits for are held."""

    def __init__(self) -> None:
        self._waiting: dict[int, set[asyncio.Future[Ending]]] = {}

    def join(self, message_id: int) -> asyncio.Future[Ending]:
        """A future of the message's ending; leave it with `leave`."""
        future: asyncio.Future[Ending] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(message_id, set()).add(future)
        return future

    def leave(self, message_id: int, future: asyncio.Future[Ending]) -> None:
        """Stop waiting."""
        waiting = self._waiting.get(message_id)
        if waiting is not None:
            waiting.discard(future)
            if not waiting:
                del self._waiting[message_id]

    def tell(self, message_id: int, ending: Ending) -> None:
        """Tell everybody who waits."""
        for future in self._waiting.pop(message_id, ()):
            if not future.done():
                future.set_result(ending)
