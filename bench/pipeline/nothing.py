# ruff: noqa: T201
"""The upper bound: an aiohttp handler that answers 202 and does nothing. Prints its port."""

from __future__ import annotations

import asyncio

import uvloop
from aiohttp import web


async def nothing(request: web.Request) -> web.Response:
    """The order is not even read."""
    return web.Response(status=202)


async def main() -> None:
    """Serve for ever."""
    app = web.Application()
    app.router.add_post("/hooks/orders", nothing)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    print(runner.addresses[0][1], flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    uvloop.run(main())
