"""One connection to a peer: writes a request, parses its reply with httptools, and knows what a failure means."""

from __future__ import annotations

import asyncio
import select
from collections.abc import Callable
from typing import cast

import httptools

HEAD_LIMIT = 65_536
"""The most bytes of a status line and headers."""


class Broken(Exception):
    """No usable reply came; the request may have been carried out. `reason` is a short stable name."""

    def __init__(self, detail: str, reason: str) -> None:
        super().__init__(detail)
        self.detail = detail
        self.reason = reason


class RawReply:
    """A reply as it came: `body` is still encoded, header names are lower-case bytes in order of arrival."""

    __slots__ = ("body", "headers", "status")

    def __init__(self) -> None:
        self.status = 0
        self.headers: list[tuple[bytes, bytes]] = []
        self.body = b""


class Connection(asyncio.Protocol):
    """A connection that carries one request at a time. `usable()` tells whether it can take another."""

    __slots__ = (
        "_chunks",
        "_deadline",
        "_has_length",
        "_head_only",
        "_head_size",
        "_in_head",
        "_limit",
        "_loop",
        "_on_closed",
        "_parser",
        "_poll",
        "_received",
        "_reply",
        "_reusable",
        "_timer",
        "_transport",
        "_waiter",
        "closed",
        "idle_limit",
        "idle_since",
    )

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        reply_limit: int,
        idle_limit: float,
        on_closed: Callable[[Connection], None],
    ) -> None:
        self._loop = loop
        self._limit = reply_limit
        self._on_closed = on_closed
        self._parser = httptools.HttpResponseParser(self)
        self._transport: asyncio.Transport | None = None
        self._poll: select.poll | None = None
        self._waiter: asyncio.Future[RawReply] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._deadline = 0.0
        self._reply = RawReply()
        self._chunks: list[bytes] = []
        self._received = 0
        self._head_size = 0
        self._in_head = True
        self._has_length = False
        self._head_only = False
        self._reusable = True
        self.closed = False
        self.idle_since = 0.0
        self.idle_limit = idle_limit

    # What the pool and the destination ask.

    def usable(self, now: float) -> bool:
        """Whether a request may be written: open, not idle for too long, and nothing (a FIN, say) waits to be read."""
        if self.closed or now - self.idle_since > self.idle_limit:
            return False
        return self._poll is None or not self._poll.poll(0)

    def ask(self, data: bytes, head_only: bool, deadline: float) -> asyncio.Future[RawReply]:
        """Write a request; its reply comes until `deadline` (the loop's time), or Broken.

        Who gives up waiting closes the connection: a late reply must meet nobody.
        """
        transport = self._transport
        assert transport is not None
        assert self._waiter is None
        self._head_only = head_only
        self._deadline = deadline
        self._arm(deadline)
        waiter = self._waiter = self._loop.create_future()
        transport.write(data)
        return waiter

    def close(self) -> None:
        """Drop the connection; nothing more is read from it."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if not self.closed:
            self.closed = True
            if self._waiter is not None and not self._waiter.done():
                self._waiter.set_exception(Broken("the connection was given up before a reply came", "no-answer"))
            if self._transport is not None:
                self._transport.abort()
            self._on_closed(self)

    # The timer moves lazily: a request only notes its deadline, unless the timer would come too late for it.

    def _arm(self, deadline: float) -> None:
        if self._timer is None:
            self._timer = self._loop.call_at(deadline, self._on_timer)
        elif self._timer.when() > deadline:
            self._timer.cancel()
            self._timer = self._loop.call_at(deadline, self._on_timer)

    def _on_timer(self) -> None:
        self._timer = None
        if self._waiter is None or self._waiter.done():
            return
        if self._loop.time() >= self._deadline:
            self._fail("no reply came in time", "timeout")
        else:
            self._arm(self._deadline)

    # What asyncio tells us.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        sock = transport.get_extra_info("socket")
        if sock is not None and hasattr(select, "poll"):
            self._poll = select.poll()
            self._poll.register(sock.fileno(), select.POLLIN | select.POLLHUP | select.POLLERR)

    def data_received(self, data: bytes) -> None:
        if self._waiter is None or self._waiter.done():
            self.close()  # a peer that speaks unasked
            return
        self._received += len(data)
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            self._fail("the peer changed the protocol", "broken-reply")
        except Broken as error:
            self._fail(error.detail, error.reason)
        except httptools.HttpParserError as error:
            cause = error.__context__
            known = cause if isinstance(cause, Broken) else Broken("the reply is not HTTP", "broken-reply")
            self._fail(known.detail, known.reason)
        if self._in_head and self._received > HEAD_LIMIT:
            long = _long_head()
            self._fail(long.detail, long.reason)

    def eof_received(self) -> bool | None:
        self._ended(None)
        return None

    def connection_lost(self, exc: Exception | None) -> None:
        self._ended(exc)

    def _ended(self, exc: Exception | None) -> None:
        waiter = self._waiter
        if waiter is not None and not waiter.done():
            if exc is None and not self._in_head and not self._has_length:
                self._reusable = False
                self._complete()  # a body that lasts until the peer closes
            elif self._received:
                self._fail("the reply ended in the middle", "truncated-reply")
            else:
                self._fail("the peer closed the connection without a reply", "no-answer")
        self.close()

    def _fail(self, detail: str, reason: str) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_exception(Broken(detail, reason))
        self.close()

    # What httptools tells us.

    def on_message_begin(self) -> None:
        if self._waiter is None or self._waiter.done():
            self.close()  # a second reply to one request: what follows could be taken for the next one's

    def on_header(self, name: bytes, value: bytes) -> None:
        if not self._in_head:
            return  # a trailer
        self._head_size += len(name) + len(value)
        if self._head_size > HEAD_LIMIT:
            raise _long_head()
        name = name.lower()
        self._reply.headers.append((name, value))
        if name == b"content-length" or name == b"transfer-encoding":
            self._has_length = True
        elif name == b"keep-alive":
            self._limit_idle(value)

    def on_headers_complete(self) -> None:
        self._reply.status = status = self._parser.get_status_code()
        if status >= 200:
            self._in_head = False
            if self._head_only:
                self._reusable = False
                self._complete()

    def on_body(self, body: bytes) -> None:
        self._chunks.append(body)
        if self._received > self._limit + HEAD_LIMIT:
            raise Broken(f"the reply is larger than {self._limit} bytes", "reply-too-large")

    def on_message_complete(self) -> None:
        if self._in_head:
            self._reply.headers.clear()  # 100 Continue, 103 Early Hints: the reply itself follows
            self._received = 0
        elif self._waiter is not None and not self._waiter.done():
            self._reusable = self._reusable and self._parser.should_keep_alive()
            self._complete()

    def _complete(self) -> None:
        """Hand over the reply; keep the connection only if it is clean in both directions."""
        reply, chunks, waiter = self._reply, self._chunks, self._waiter
        self._waiter = None
        reply.body = chunks[0] if len(chunks) == 1 else b"".join(chunks)
        self._reply, self._chunks = RawReply(), []
        self._received = 0
        self._head_size = 0
        self._in_head = True
        self._has_length = False
        assert waiter is not None
        assert self._transport is not None
        waiter.set_result(reply)
        if self._reusable and not self._transport.get_write_buffer_size():
            self.idle_since = self._loop.time()
        else:
            self.close()

    def _limit_idle(self, value: bytes) -> None:
        """Honour `Keep-Alive: timeout=5`, a second early."""
        for part in value.split(b","):
            name, _, seconds = part.strip().partition(b"=")
            if name.lower() == b"timeout" and seconds.isdigit() and len(seconds) < 7:
                self.idle_limit = min(self.idle_limit, max(int(seconds) - 1.0, 0.0))


def _long_head() -> Broken:
    return Broken(f"the reply's headers are longer than {HEAD_LIMIT} bytes", "broken-reply")
