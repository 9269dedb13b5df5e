"""An intake for tests: it records what is handed in, and answers by script."""

from __future__ import annotations

import asyncio
from collections import deque

from engine.plugin import Arrival, Receipt


class RecordingIntake:
    """Records arrivals; `script` holds exceptions or receipts to answer with, one an arrival, then all are accepted.

    While `gate` is cleared, `accept` waits for it after recording: the arrival is in flight and not yet committed.
    """

    def __init__(self) -> None:
        self.accepted: list[Arrival] = []
        self.rejected: list[tuple[Arrival, Exception]] = []
        self.script: deque[Exception | Receipt] = deque()
        self.gate = asyncio.Event()
        self.gate.set()
        self._changed = asyncio.Condition()
        self.calls = 0

    async def accept(self, arrival: Arrival) -> Receipt:
        self.calls += 1
        answer = self.script.popleft() if self.script else None
        await self._notify()
        await self.gate.wait()
        if isinstance(answer, Exception):
            raise answer
        self.accepted.append(arrival)
        await self._notify()
        return answer or Receipt((f"{len(self.accepted):013d}",), f"correlation-{len(self.accepted)}")

    async def reject(self, arrival: Arrival, problem: Exception) -> str:
        self.rejected.append((arrival, problem))
        await self._notify()
        return f"r{len(self.rejected):012d}"

    async def called(self, times: int, within: float = 10.0) -> None:
        """Wait until `accept` was called so many times, at most `within` seconds."""
        async with asyncio.timeout(within), self._changed:
            await self._changed.wait_for(lambda: self.calls >= times)

    async def _notify(self) -> None:
        async with self._changed:
            self._changed.notify_all()
