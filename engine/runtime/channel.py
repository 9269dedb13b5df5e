"""A channel as the dispatcher holds it: bounded queues of work, by priority."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from msgspec import Struct

from engine.message import Message
from engine.policy.priorities import PRIORITIES
from engine.store.records import Work

_LOWEST = len(PRIORITIES) - 1


class Item(Struct, frozen=True):
    """Work to run; `document` is its canonical form when it is still in memory, with the revision that read it.

    `accepted_in` is the revision whose send step has just checked a delivery against what its operation accepts.
    """

    work: Work
    document: Any = None
    revision: str | None = None
    accepted_in: str | None = None


class Stranded(Struct, frozen=True):
    """Work whose end could not be written, and why."""

    work: Work
    error: Exception


Handler = Callable[[Item], Awaitable[None]]


@dataclass(slots=True, eq=False)
class Channel:
    """A channel's queues by rank, and how much of it runs, is reserved, or lies in the store."""

    name: str
    handler: Handler
    concurrent: int
    paused_until: Callable[[float], float | None]
    queues: dict[int, deque[Item]] = field(default_factory=dict)
    queued: int = 0
    running: int = 0
    reserved: int = 0
    signals: int = 0
    filling: bool = False
    urgent: int | None = None
    arriving: deque[asyncio.Future[None]] = field(default_factory=deque)


def is_urgent(channel: Channel) -> bool:
    """Whether the store holds a message that is more urgent than everything queued: it must not wait behind them."""
    if channel.urgent is None:
        return False
    return not any(queue for rank, queue in channel.queues.items() if rank <= channel.urgent)


def rank_of(message: Message) -> int:
    """The rank of a message's priority, 0 for the highest."""
    return message.priority if message.priority < _LOWEST else _LOWEST


def let_in(turn: asyncio.Future[None]) -> None:
    """End an arrival's wait for a crowded channel."""
    if not turn.done():
        turn.set_result(None)
