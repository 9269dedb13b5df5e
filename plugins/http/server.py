"""aiohttp's low-level server, with bounds, and problem documents for what is not even HTTP."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

from aiohttp import web
from aiohttp.web_protocol import _RequestHandler

from plugins.http import answers

HEAD_TIMEOUT = 60.0
"""Seconds within which the head of a request must be complete, counted from the connection or the last answer."""

MOST_CONNECTIONS = 4096


class Handler(web.RequestHandler):
    """One connection of a client."""

    __slots__ = ()

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """What is answered to bytes that are not HTTP; not worth a trace in the log, scanners send them all day."""
        if request.writer.output_size > 0:
            raise ConnectionError("a part of the answer is sent already")
        self.logger.debug("not a request: %s", message)
        response = answers.problem(status, "the request is not HTTP/1.1", "bad-request")
        response.force_close()
        return response


class Server(web.Server):
    """Makes a handler for each connection, and refuses connections beyond a bound."""

    def __init__(self, handler: _RequestHandler, log: logging.Logger, head_timeout: float = HEAD_TIMEOUT) -> None:
        super().__init__(handler)
        self._options: dict[str, Any] = {
            "loop": asyncio.get_running_loop(),
            "logger": log,
            "access_log": None,
            "auto_decompress": False,
            "keepalive_timeout": head_timeout,
            "lingering_time": 2.0,
        }

    def __call__(self) -> web.RequestHandler:
        return Handler(self, **self._options)

    def connection_made(self, handler: web.RequestHandler, transport: asyncio.Transport) -> None:
        super().connection_made(handler, transport)
        if len(self._connections) > MOST_CONNECTIONS:
            transport.abort()
