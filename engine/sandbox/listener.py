"""A port that can be closed and opened again: while it is closed, connections to it are refused."""

from __future__ import annotations

import socket
from collections.abc import Awaitable, Callable

from aiohttp import web

Handler = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]

_BACKLOG = 512


class Listener:
    """Serves HTTP on one local port, which stays ours while it is closed."""

    def __init__(self, handler: Handler, host: str, port: int) -> None:
        # A bound socket that never listens keeps the port; the kernel refuses connections while no other one listens.
        self._holder = _bound(host, port)
        self.host = host
        self.port = int(self._holder.getsockname()[1])
        self._server = web.Server(handler, handler_cancellation=True, access_log=None)
        self._runner = web.ServerRunner(self._server, shutdown_timeout=0.5)
        self._site: web.SockSite | None = None

    @property
    def url(self) -> str:
        return f"http://{self.host}:{self.port}"

    async def start(self) -> None:
        """Get ready and listen."""
        await self._runner.setup()
        await self.open()

    async def open(self) -> None:
        """Listen, if it does not already."""
        if self._site is None:
            site = web.SockSite(self._runner, _bound(self.host, self.port), backlog=_BACKLOG)
            await site.start()
            self._site = site

    async def close(self) -> None:
        """Stop listening and break every connection."""
        if self._site is not None:
            site, self._site = self._site, None
            await site.stop()
            for connection in self._server.connections:
                if connection.transport is not None:
                    connection.transport.abort()

    async def stop(self) -> None:
        """Give the port up."""
        await self._runner.cleanup()
        self._holder.close()


def _bound(host: str, port: int) -> socket.socket:
    bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    bound.setblocking(False)
    bound.bind((host, port))
    return bound
