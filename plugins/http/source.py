"""The http source: one server for all events of the workspace and for the engine's own pages."""

from __future__ import annotations

import asyncio
import os
import zlib
from collections.abc import Mapping, Sequence
from typing import Any, cast
from urllib.parse import parse_qsl

from aiohttp import web
from aiohttp.client_exceptions import ClientError

from engine.errors import InvalidInput, PluginError, Refused, StoreError, TooLarge, Unauthentic
from engine.plugin import Arrival, EventBinding, Host, Intake, Source
from plugins.http import answers
from plugins.http.jwt_verify import JwtVerifier, UnknownKey
from plugins.http.routes import Entry, Route, Routes
from plugins.http.server import Server
from plugins.http.verify import Incoming

_EMPTY: Mapping[str, Any] = {}
_BODY_TIMEOUT = 30.0
_LONGEST_ECHO = 2048
_DRAIN_TIMEOUT = 60.0


class HttpSource:
    """Takes in webhooks. A request is answered 2xx only after `intake.accept` has returned."""

    def __init__(self, host: Host, body_timeout: float = _BODY_TIMEOUT) -> None:
        self._host = host
        self._body_timeout = body_timeout
        self._routes = Routes((), host)
        self._intake: Intake | None = None
        self._web: Server | None = None
        self._listener: asyncio.Server | None = None
        self._in_flight = 0
        self._stopping = False
        self._drained = asyncio.Event()

    @property
    def addresses(self) -> tuple[tuple[str, int], ...]:
        """The addresses listened on, with the ports that the system chose for 0."""
        sockets = () if self._listener is None else self._listener.sockets
        return tuple(sock.getsockname()[:2] for sock in sockets)

    async def start(self, bindings: Sequence[EventBinding], intake: Intake) -> None:
        self._routes = Routes(bindings, self._host)
        self._intake = intake
        host, port = self._host.listen
        self._web = Server(self._handle, self._host.log)
        try:
            loop = asyncio.get_running_loop()
            self._listener = await loop.create_server(self._web, host or None, port, backlog=1024)
        except OSError as error:
            why = os.strerror(error.errno) if error.errno is not None and error.errno > 0 else str(error)
            advice = "'listen' in flows/workspace.yaml or 'run --port' names another port"
            raise PluginError(f"cannot listen on {host}:{port}: {why}; {advice}") from None

    async def rebind(self, bindings: Sequence[EventBinding]) -> None:
        old, self._routes = self._routes, Routes(bindings, self._host)
        await old.close()

    async def stop(self) -> None:
        self._stopping = True
        if self._listener is not None:
            self._listener.close()
        if self._web is not None:
            self._web.pre_shutdown()
            if self._in_flight:
                try:
                    await asyncio.wait_for(self._drained.wait(), _DRAIN_TIMEOUT)
                except TimeoutError:
                    self._host.log.warning("stopped with %d requests unanswered", self._in_flight)
            await self._web.shutdown(1.0)
        await self._routes.close()

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        self._in_flight += 1
        try:
            response = await self._answer(request)
        except Refused as error:
            response = answers.refused_answer(error)
        except StoreError as error:
            self._host.log.warning("nothing stored for %s: %s", request.raw_path.partition("?")[0], error)
            response = answers.unavailable_answer()
        except (ConnectionError, ClientError):
            raise
        except Exception:
            self._host.log.exception("an error while answering %s", request.raw_path.partition("?")[0])
            response = answers.internal_answer()
        finally:
            self._in_flight -= 1
            if self._stopping and not self._in_flight:
                self._drained.set()
        if self._stopping:
            response.force_close()
        return response

    async def _answer(self, request: web.BaseRequest) -> web.StreamResponse:
        path, _, query = request.raw_path.partition("?")
        if not path.startswith("/"):
            path = request.rel_url.raw_path  # a proxy's absolute form
        entry, parameters = self._routes.find(path)
        if entry is None:
            return _unread(answers.problem(404, "nothing is received at this path", "no-such-path", path))
        route = entry.events.get(request.method)
        if entry.handshake is not None and query:
            text = dict(parse_qsl(query)).get(entry.handshake.query)
            if text is not None and len(text) <= _LONGEST_ECHO:
                return answers.handshake_answer(text)
        if route is None:
            return await _page(request, entry, parameters, query)
        return await self._receive(request, route, path, parameters, query)

    async def _receive(
        self, request: web.BaseRequest, route: Route, path: str, parameters: Mapping[str, str], query: str
    ) -> web.StreamResponse:
        try:
            raw = await self._body(request, route.limit)
        except TooLarge as error:
            return _unread(answers.refused_answer(error))
        except TimeoutError:
            return _unread(answers.problem(408, "the body did not arrive in time", "body-timeout"))
        incoming = Incoming(
            request.method,
            path,
            _headers(request),
            dict(parse_qsl(query, keep_blank_values=True)) if query else {},
            raw,
        )
        try:
            route.verifier.check(incoming)
        except Unauthentic as error:
            found = await _with_new_keys(route, incoming, error)
            if found is not None:
                return await self._reject(route, incoming, found)
        assert self._intake is not None
        receipt = await self._intake.accept(_arrival(route, incoming, parameters))
        return answers.receipt_answer(receipt, route.reply)

    async def _reject(self, route: Route, incoming: Incoming, error: Unauthentic) -> web.Response:
        assert self._intake is not None
        try:
            arrival = Arrival(route.event, incoming.body, _storable(route, incoming))
            error.kept_as = await self._intake.reject(arrival, error)
        except (Refused, StoreError) as unkept:
            self._host.log.warning("a refused request for %s could not be kept: %s", route.event, unkept)
        return answers.refused_answer(error, route.verifier.challenge)

    async def _body(self, request: web.BaseRequest, limit: int) -> bytes:
        """The body as it came over the wire. Raises TooLarge before more than `limit` bytes are held."""
        stream = request.content
        if stream.is_eof():
            body = stream.read_nowait()
            if len(body) > limit:
                raise TooLarge(f"expected at most {limit} bytes, found {len(body)}", code="too-large")
            return body
        length = request.content_length
        if length is not None and length > limit:
            raise TooLarge(f"expected at most {limit} bytes, found {length}", code="too-large")
        if request.headers.get("Expect", "").lower() == "100-continue":
            await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            request.writer.output_size = 0
        chunks, size = [], 0
        async with asyncio.timeout(self._body_timeout):
            while chunk := await stream.readany():
                size += len(chunk)
                if size > limit:
                    raise TooLarge(f"expected at most {limit} bytes, found more", code="too-large")
                chunks.append(chunk)
        return b"".join(chunks)


async def _page(request: web.BaseRequest, entry: Entry, parameters: Mapping[str, str], query: str) -> web.Response:
    if entry.page is None or request.method not in ("GET", "HEAD"):
        allow = {"Allow": entry.methods}
        title = f"{request.method} is not taken at this path"
        return _unread(answers.problem(405, title, "method-not-allowed", headers=allow))
    return answers.page_answer(await entry.page({**dict(parse_qsl(query)), **parameters}))


async def _with_new_keys(route: Route, incoming: Incoming, error: Unauthentic) -> Unauthentic | None:
    """What is wrong with a request once unknown keys have been fetched; None when nothing is."""
    if not isinstance(error, UnknownKey) or not await cast(JwtVerifier, route.verifier).renew():
        return error
    try:
        route.verifier.check(incoming)
    except Unauthentic as still:
        return still
    return None


def _arrival(route: Route, incoming: Incoming, parameters: Mapping[str, str]) -> Arrival:
    attributes = _EMPTY
    if parameters or incoming.query:
        secret = route.verifier.secret_query
        query = {name: value for name, value in incoming.query.items() if name not in secret}
        attributes = {"path": parameters, "query": query}
    headers = incoming.headers
    encoding = headers.get("content-encoding")
    body = incoming.body if encoding is None else _decoded(incoming.body, encoding, route.limit)
    return Arrival(route.event, body, _storable(route, incoming), attributes, headers.get("idempotency-key"))


def _headers(request: web.BaseRequest) -> Mapping[str, str]:
    """The headers with names in lower case; repeated ones are joined by a comma."""
    given = request.headers
    headers = {name.lower(): value if value.isascii() else _clean(value) for name, value in given.items()}
    if len(headers) != len(given):
        for name in headers:
            headers[name] = _clean(", ".join(given.getall(name)))
    return headers


def _clean(text: str) -> str:
    """A text from the wire without what is not UTF-8, which could neither be compared nor stored."""
    return text.encode(errors="surrogateescape").decode(errors="replace")


def _storable(route: Route, incoming: Incoming) -> Mapping[str, str]:
    """The headers without credentials."""
    headers, secret = incoming.headers, route.secret_headers
    if secret.isdisjoint(headers):
        return headers
    return {name: value for name, value in headers.items() if name not in secret}


def _decoded(body: bytes, encoding: str, limit: int) -> bytes:
    """A compressed body in the clear; it was verified as it came."""
    name = encoding.strip().lower()
    if name == "identity":
        return body
    if name not in ("gzip", "deflate"):
        raise InvalidInput(f"expected the content encoding gzip or deflate, found '{encoding[:40]}'", code="encoding")
    inflater = zlib.decompressobj(47)
    try:
        plain = inflater.decompress(body, limit + 1)
    except zlib.error:
        raise InvalidInput(f"the body is not {name}, as its content encoding says", code="encoding") from None
    if len(plain) > limit:
        raise TooLarge(f"expected at most {limit} bytes once decompressed, found more", code="too-large")
    if not inflater.eof:
        raise InvalidInput("the compressed body ends in the middle", code="encoding")
    return plain


def _unread(response: web.Response) -> web.Response:
    """Close after an answer that was given without reading the body."""
    response.force_close()
    return response


def open_source(host: Host) -> Source:
    """The source of all http events."""
    return HttpSource(host)
