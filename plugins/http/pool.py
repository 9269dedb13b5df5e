"""The connections to one origin: opened when needed, kept while they are good, never more than the system allows."""

from __future__ import annotations

import asyncio
import ssl
from collections import deque
from socket import IPPROTO_TCP, TCP_NODELAY

import aiohappyeyeballs

from plugins.http.connection import Connection, RawReply
from plugins.http.urls import Origin


class NotSent(Exception):
    """No byte of the request left. `reason` is a short stable name."""

    def __init__(self, detail: str, reason: str) -> None:
        super().__init__(detail)
        self.detail = detail
        self.reason = reason


class Pool:
    """Connections to one origin, at most `size`; the one used last is used first, so that the others may go idle.

    `connect_timeout` and `keep_alive` are in seconds, `reply_limit` in bytes.
    """

    def __init__(
        self,
        origin: Origin,
        *,
        tls: ssl.SSLContext | None,
        size: int,
        reply_limit: int,
        keep_alive: float,
        connect_timeout: float,
    ) -> None:
        self._origin = origin
        self._tls = tls
        self._free = size
        self._reply_limit = reply_limit
        self._keep_alive = keep_alive
        self._connect_timeout = connect_timeout
        self._idle: list[Connection] = []
        self._open: set[Connection] = set()
        self._queue: deque[asyncio.Future[None]] = deque()
        self._loop = asyncio.get_running_loop()

    async def exchange(self, data: bytes, head_only: bool, within: float) -> RawReply:
        """Send a request on a good connection and return the reply, `within` seconds. Raises NotSent or Broken."""
        deadline = self._loop.time() + within
        if self._free:
            self._free -= 1
        else:
            await self._slot(deadline)
        try:
            connection = self._reused() or await self._connect(deadline)
            try:
                reply = await connection.ask(data, head_only, deadline)
            except asyncio.CancelledError:
                connection.close()
                raise
            if not connection.closed:
                self._idle.append(connection)
            return reply
        finally:
            self._give_back()

    async def close(self) -> None:
        """Close every connection; requests under way fail as unknown."""
        for connection in list(self._open):
            connection.close()
        self._idle.clear()

    def _reused(self) -> Connection | None:
        idle, now = self._idle, self._loop.time()
        while idle:
            connection = idle.pop()
            if connection.usable(now):
                return connection
            connection.close()
        return None

    async def _slot(self, deadline: float) -> None:
        waiter = self._loop.create_future()
        self._queue.append(waiter)
        try:
            async with asyncio.timeout_at(deadline):
                await waiter
        except BaseException as error:
            if waiter.done() and not waiter.cancelled():
                self._give_back()  # it was ours for a moment
            if isinstance(error, TimeoutError):
                raise NotSent(f"no connection to {self._origin} became free in time", "pool-timeout") from None
            raise

    def _give_back(self) -> None:
        while self._queue:
            waiter = self._queue.popleft()
            if not waiter.done():
                waiter.set_result(None)
                return
        self._free += 1

    async def _connect(self, deadline: float) -> Connection:
        origin, loop = self._origin, self._loop
        try:
            async with asyncio.timeout_at(min(deadline, loop.time() + self._connect_timeout)):
                addresses = await loop.getaddrinfo(origin.host, origin.port, type=1)
                sock = await aiohappyeyeballs.start_connection(addresses, happy_eyeballs_delay=0.25, loop=loop)
                sock.setsockopt(IPPROTO_TCP, TCP_NODELAY, 1)
                _, connection = await loop.create_connection(
                    self._new, sock=sock, ssl=self._tls, server_hostname=origin.host if self._tls else None
                )
        except TimeoutError:
            raise NotSent(f"no connection to {origin} in time", "connect-timeout") from None
        except ssl.SSLError as error:
            raise NotSent(f"no TLS with {origin}: {_tls_reason(error)}", "tls-failed") from None
        except OSError as error:
            raise NotSent(f"no connection to {origin}: {error.strerror or error}", _reason(error)) from None
        connection.idle_since = loop.time()
        self._open.add(connection)
        return connection

    def _new(self) -> Connection:
        return Connection(self._loop, self._reply_limit, self._keep_alive, self._forget)

    def _forget(self, connection: Connection) -> None:
        self._open.discard(connection)


def _tls_reason(error: ssl.SSLError) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted ({error.verify_message})"
    return (error.reason or "handshake failed").lower().replace("_", " ")


def _reason(error: OSError) -> str:
    if isinstance(error, ConnectionRefusedError):
        return "connection-refused"
    return "dns-failed" if type(error).__name__ == "gaierror" else "connect-failed"
