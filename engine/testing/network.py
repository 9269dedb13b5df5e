"""The network is out of reach while tests run: whatever asks for a connection is refused, and named."""

from __future__ import annotations

import sys
from types import TracebackType
from typing import Any

_ASKS = frozenset(
    {"socket.connect", "socket.sendto", "socket.sendmsg", "socket.getaddrinfo", "socket.gethostbyname"},
)


class NetworkBlocked(OSError):
    """Somebody asked for a connection while tests run."""


class NetworkGuard:
    """Refuses connections between `with` and its end, in this process. Systems are stubs and need none; what else asks,
    such as a codec or a connector of the workspace, would make a test depend on the world."""

    def __init__(self) -> None:
        self._on = False
        self._asked: list[str] = []
        sys.addaudithook(self._look)

    def __enter__(self) -> NetworkGuard:
        self._on = True
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._on = False

    def take(self) -> list[str]:
        """What was asked for since the last time, a sentence each."""
        asked, self._asked = list(dict.fromkeys(self._asked)), []
        return asked

    def _look(self, event: str, arguments: tuple[Any, ...]) -> None:
        if not self._on or event not in _ASKS:
            return
        where = _shown(arguments[1] if event == "socket.connect" else arguments)
        self._asked.append(f"something asked for a connection to {where}; tests have no network")
        raise NetworkBlocked(f"no connection to {where} while tests run")


def _shown(address: Any) -> str:
    if isinstance(address, tuple):
        named = [part for part in address[:2] if isinstance(part, str | int | bytes)]
        return ":".join(part.decode() if isinstance(part, bytes) else str(part) for part in named) or "somewhere"
    return str(address)
