"""What every chore is: something done again and again, whose failure is logged and never ends the process."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from engine.errors import StoreError
from engine.telemetry.log import Log


@dataclass(frozen=True, slots=True)
class Chore:
    """`work` returns the seconds until it wants to run again, or None for its usual `pace`; `wake` ends its pause."""

    name: str
    pace: float
    work: Callable[[], Awaitable[float | None]]
    wake: asyncio.Event | None = None


async def keep_doing(chore: Chore, log: Log) -> None:
    """Do a chore for ever; cancel it to stop."""
    while True:
        pause = chore.pace
        try:
            wanted = await chore.work()
            pause = min(chore.pace, max(0.001, wanted)) if wanted is not None else chore.pace
        except StoreError as error:
            log.warning("chore-failed", chore=chore.name, detail=str(error))
        except Exception as error:  # a chore that fails is seen in the log and done again
            log.exception("chore-failed", error, chore=chore.name)
        await _pause(pause, chore.wake)


async def _pause(seconds: float, wake: asyncio.Event | None) -> None:
    if wake is None:
        await asyncio.sleep(seconds)
        return
    try:
        async with asyncio.timeout(seconds):
            await wake.wait()
    except TimeoutError:
        return
    finally:
        wake.clear()
