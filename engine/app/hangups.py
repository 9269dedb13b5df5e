"""SIGHUP asks for a reload, and must not end a process that is still on its way."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable


class Hangups:
    """Remembers a SIGHUP until the process can obey it. Made in the main thread, before the loop runs.

    It does not use the loop's own handlers: a loop may hand those a signal that had come before they were added.
    """

    def __init__(self) -> None:
        self._came = False
        self._obey: Callable[[], object] | None = None
        signal.signal(signal.SIGHUP, self._heard)

    def obey(self, loop: asyncio.AbstractEventLoop, reload: Callable[[], None]) -> None:
        """Call `reload` for each that comes from now on, and once for those that came before."""
        self._obey = lambda: None if loop.is_closed() else loop.call_soon_threadsafe(reload)
        if self._came:
            reload()

    def _heard(self, _number: int, _frame: object) -> None:
        if self._obey is None:
            self._came = True
        else:
            self._obey()
