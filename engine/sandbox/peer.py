"""A stand-in as an HTTP peer: requests in, answers or faults out."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress

from aiohttp import web

from engine import exact_json
from engine.clock import Clock
from engine.config.models.sandbox import FaultModel
from engine.sandbox.compiled import CompiledStandIn
from engine.sandbox.entries import Outgoing, problem
from engine.sandbox.incoming import Incoming
from engine.sandbox.listener import Listener
from engine.sandbox.stand_in import Chosen, NoEffect, StandIn

_LARGEST_BODY = 64 * 1024 * 1024
_NOT_APPLIED = ("drop-before-apply", "status", "rate-limit")


class Peer:
    """Serves one stand-in on a port of its own. `emitted` is called after each effect that may have made events."""

    def __init__(self, stand_in: StandIn, clock: Clock, host: str, port: int, emitted: Callable[[], None]) -> None:
        self.stand_in = stand_in
        self._clock = clock
        self._emitted = emitted
        self._listener = Listener(self._handle, host, port)
        self._reopening: asyncio.Task[None] | None = None

    @property
    def url(self) -> str:
        """Where it is reached."""
        return self._listener.url

    async def start(self) -> None:
        """Listen, unless the file says that it is down."""
        await self._listener.start()
        await self.follow_faults()

    async def adopt(self, compiled: CompiledStandIn) -> None:
        """Serve by another file from now on, on the same port; answers under way are still the old file's."""
        self.stand_in.adopt(compiled)
        await self.follow_faults()

    async def stop(self) -> None:
        """Stop listening."""
        if self._reopening is not None:
            self._reopening.cancel()
        await self._listener.stop()

    async def follow_faults(self) -> None:
        """Be down or up as the faults say; to be called when they were changed."""
        if self._reopening is not None:
            self._reopening.cancel()
            self._reopening = None
        down = self.stand_in.faults.down
        if down is None:
            await self._listener.open()
            return
        down.happened = 1
        await self._listener.close()
        if down.ends is not None:
            self._reopening = asyncio.create_task(self._reopen(down.ends - self._clock.monotonic()))

    async def _reopen(self, seconds: float) -> None:
        await asyncio.sleep(max(0.0, seconds))
        self._reopening = None
        await self.follow_faults()

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        incoming = await _incoming(request)
        if incoming is None:
            return _response(_plain_problem(413, "the body is too large"))
        chosen = self.stand_in.choose(incoming)
        operation = chosen.operation if isinstance(chosen, NoEffect) else chosen.answer.name
        fault = self.stand_in.faults.next(operation)
        if fault is not None and fault.fault in _NOT_APPLIED:
            return self._not_applied(request, incoming, operation, fault)
        if fault is not None and fault.fault == "hang" and not fault.apply:
            self.stand_in.record(incoming, NoEffect(operation, Outgoing(0)), fault.fault)
            return await _hang()
        outgoing = self._outgoing(incoming, chosen, fault)
        return await self._send(request, outgoing, chosen, fault)

    def _not_applied(
        self, request: web.BaseRequest, incoming: Incoming, operation: str, fault: FaultModel
    ) -> web.StreamResponse:
        """A fault before anything was done."""
        status = 0 if fault.fault == "drop-before-apply" else fault.status or 429
        self.stand_in.record(incoming, NoEffect(operation, Outgoing(status)), fault.fault)
        if fault.fault == "drop-before-apply":
            return _dropped(request)
        outgoing = _plain_problem(status, f"a fault of the sandbox: {fault.fault}")
        response = _response(outgoing)
        if fault.retry_after is not None:
            response.headers["Retry-After"] = str(max(1, round(fault.retry_after.seconds)))
        return response

    def _outgoing(self, incoming: Incoming, chosen: Chosen | NoEffect, fault: FaultModel | None) -> Outgoing:
        """What is answered; effects are committed when this returns."""
        name = fault.fault if fault is not None else None
        if isinstance(chosen, NoEffect):
            self.stand_in.record(incoming, chosen, name)
            return chosen.outgoing
        refusal = self.stand_in.refusal(chosen, incoming)
        if refusal is not None:
            self.stand_in.record(incoming, refusal, name, chosen.key)
            return refusal.outgoing
        outgoing = self.stand_in.carry_out(chosen, incoming, name)
        if chosen.answer.emits:
            self._emitted()
        return outgoing

    async def _send(
        self, request: web.BaseRequest, outgoing: Outgoing, chosen: Chosen | NoEffect, fault: FaultModel | None
    ) -> web.StreamResponse:
        """Send the answer, or fail to."""
        kind = fault.fault if fault is not None else None
        wait = 0.0 if isinstance(chosen, NoEffect) else chosen.answer.latency
        if fault is not None and fault.delay is not None:
            wait += fault.delay.seconds
        if wait:
            await asyncio.sleep(wait)
        if kind == "apply-then-drop":
            return _dropped(request)
        if kind == "hang":
            return await _hang()
        if kind == "truncate":
            return await _truncated(request, outgoing)
        return _response(outgoing)


async def _incoming(request: web.BaseRequest) -> Incoming | None:
    if (request.content_length or 0) > _LARGEST_BODY:
        return None
    raw = await request.content.read()
    headers = {name.lower(): value for name, value in request.headers.items()}
    return Incoming(request.method, request.rel_url.raw_path, request.path_qs, dict(request.query), headers, raw)


def _response(outgoing: Outgoing) -> web.Response:
    response = web.Response(status=outgoing.status, body=outgoing.body, headers=dict(outgoing.headers))
    if outgoing.body:
        response.headers["Content-Type"] = outgoing.content_type
    return response


def _dropped(request: web.BaseRequest) -> web.StreamResponse:
    """Close the connection; what is returned goes nowhere."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response()


async def _hang() -> web.StreamResponse:
    """Wait until the client goes away, which cancels the handler."""
    await asyncio.Event().wait()
    return web.Response()


async def _truncated(request: web.BaseRequest, outgoing: Outgoing) -> web.StreamResponse:
    """Promise the whole body and send half of it."""
    response = web.StreamResponse(status=outgoing.status, headers=dict(outgoing.headers))
    response.headers["Content-Type"] = outgoing.content_type
    response.content_length = max(2, len(outgoing.body))
    with suppress(ConnectionError):
        await response.prepare(request)
        await response.write(outgoing.body[: len(outgoing.body) // 2])
    if request.transport is not None:
        request.transport.close()
    return response


def _plain_problem(status: int, detail: str) -> Outgoing:
    document = problem(status, "the stand-in refuses this", detail)
    return Outgoing(status, exact_json.encode(document), "application/problem+json")
