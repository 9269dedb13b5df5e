"""The control socket: the CLI's way into the running process. A Unix socket, for its owner only.

One JSON object a line: `{"order": "trace", "given": {"key": "1001"}}`; answered by any number of
`{"progress": [3, 10]}` and then `{"result": …}` or `{"error": …, "refused": true}`.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

from engine.errors import ConfigurationError, CrossdockError, Refused, StoreLocked
from engine.runtime.socket_path import make_folder
from engine.telemetry.log import Log

LINE_LIMIT = 64 * 1024 * 1024
Handler = Callable[[str, Mapping[str, Any], Callable[[int, int], None]], Awaitable[Any]]


class ControlSocket:
    """Serves orders on a socket with mode 0600."""

    def __init__(self, path: Path, handler: Handler, log: Log) -> None:
        self._path = path
        self._handler = handler
        self._log = log
        self._server: asyncio.Server | None = None

    async def require_free(self) -> None:
        """Raises StoreLocked when a process answers here: stores on a server, or two files side by side, let both run,
        but commands would reach only one of them."""
        with contextlib.suppress(OSError):
            _, writer = await asyncio.open_unix_connection(str(self._path))
            writer.close()
            raise StoreLocked(
                f"{self._path}: a process that runs from here answers there already; stop it first, or start this one "
                "from a copy of the workspace in a folder of its own"
            )

    async def start(self) -> None:
        """Listen; a socket that a dead process left behind is replaced (see `require_free`)."""
        make_folder(self._path)
        with contextlib.suppress(FileNotFoundError):
            self._path.unlink()
        mask = os.umask(0o177)
        try:
            self._server = await asyncio.start_unix_server(self._serve, path=str(self._path), limit=LINE_LIMIT)
        finally:
            os.umask(mask)

    async def stop(self) -> None:
        """Stop listening and remove the socket."""
        if self._server is not None:
            self._server.close()
        with contextlib.suppress(FileNotFoundError):
            self._path.unlink()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while line := await reader.readline():
                answer = await self._answer(line, writer)
                writer.write(json.dumps(answer, default=str).encode() + b"\n")
                await writer.drain()
        except (ConnectionError, ValueError, asyncio.LimitOverrunError):
            return  # the caller went away, or sent no line; nobody is left to tell
        finally:
            writer.close()

    async def _answer(self, line: bytes, writer: asyncio.StreamWriter) -> dict[str, Any]:
        def progress(done: int, whole: int) -> None:
            writer.write(json.dumps({"progress": [done, whole]}).encode() + b"\n")

        try:
            asked = json.loads(line)
            return {"result": await self._handler(str(asked["order"]), asked.get("given") or {}, progress)}
        except Refused as refused:
            return {"error": refused.detail, "code": refused.code, "violations": refused.violations, "refused": True}
        except ConfigurationError as error:
            return {"error": "the workspace has errors", "findings": [str(finding) for finding in error.findings]}
        except CrossdockError as error:
            return {"error": str(error), "refused": True}
        except (KeyError, TypeError, json.JSONDecodeError) as error:
            return {"error": f"the order cannot be read: {error}"}
        except Exception as error:  # an order must never take the process down
            self._log.exception("order-failed", error)
            return {"error": f"{type(error).__name__}: {error}"}
