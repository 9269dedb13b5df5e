"""The http destination: a request becomes an exchange, and failures are told apart by what they mean."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from msgspec import Struct

from engine.errors import OutcomeUnknown, PluginError, StepFailed
from engine.plugin import Destination, DestinationSetup, Host, Reply, Request
from plugins.http.auth_settings import ApiKey, BasicAuth, Bearer, ClientCredentials, RefreshToken
from plugins.http.client import HttpClient, Start, tls_context
from plugins.http.connection import Broken
from plugins.http.oauth import TokenSignIn
from plugins.http.pool import NotSent
from plugins.http.settings import HttpConnection
from plugins.http.sign_in import FixedSignIn, SignIn, fixed_sign_in
from plugins.http.urls import checked_header_value, parse_url, request_target

_CORRELATION = ("x-correlation-id", "correlation-id")
_OURS = frozenset({"content-length", "transfer-encoding", "host", "connection"})


class _Shape(Struct, frozen=True):
    """What is the same for all requests of an operation whose settings have no holes.

    `start` holds the headers that it sets itself; `hidden` are the engine's that it does not send besides. `key` and
    `correlation` name the headers of these, None where they are not sent.
    """

    settings: Mapping[str, Any]
    options: Mapping[str, Any]
    start: Start
    hidden: frozenset[str]
    key: str | None
    correlation: str | None


class HttpDestination:
    """Carries requests to one system."""

    def __init__(self, system: str, client: HttpClient, prefix: str, sign_in: SignIn) -> None:
        self._system = system
        self._client = client
        self._prefix = prefix
        self._sign_in = sign_in
        self._fixed = sign_in.lines if isinstance(sign_in, FixedSignIn) else None
        self._shapes: dict[str, _Shape] = {}

    async def send(self, request: Request) -> Reply:
        """Send once. A 401 to an access token asks for another token and sends again: the peer has not acted."""
        try:
            shape = self._shapes.get(request.operation)
            if shape is None or shape.settings is not request.settings or shape.options is not request.options:
                shape = self._shapes[request.operation] = self._shape(request)
            lines = _header_lines(shape, request)
            credentials = self._fixed if self._fixed is not None else await self._sign_in.headers()
            reply = await self._client.request(shape.start, lines + credentials, request.body, within=request.timeout)
            if reply.status == 401 and self._sign_in.refused(credentials):
                lines += await self._sign_in.headers()
                reply = await self._client.request(shape.start, lines, request.body, within=request.timeout)
            return reply
        except NotSent as error:
            raise StepFailed(
                f"{self._system}.{request.operation}: {error.detail}", error_class="transient", reason=error.reason
            ) from None
        except Broken as error:
            raise OutcomeUnknown(f"{self._system}.{request.operation}: {error.detail}", reason=error.reason) from None
        except ValueError as error:
            detail = "expected headers in Latin-1" if isinstance(error, UnicodeError) else str(error)
            raise StepFailed(
                f"{self._system}.{request.operation}: {detail}", error_class="data", reason="bad-request-field"
            ) from None

    async def close(self) -> None:
        await self._sign_in.close()
        await self._client.close()

    def _shape(self, request: Request) -> _Shape:
        """What the settings make of every request. Raises ValueError on bad texts."""
        settings, options = request.settings, request.options
        target = request_target(self._prefix, str(settings["path"]), settings.get("query"))
        if self._sign_in.query:
            target = f"{target}{'&' if '?' in target else '?'}{self._sign_in.query}"
        own: Mapping[str, Any] = settings.get("headers") or {}
        given = {
            name.lower(): f"{name}: {checked_header_value(str(value))}\r\n"
            for name, value in own.items()
            if value is not None
        }
        lines = "".join(line for name, line in given.items() if name not in _OURS)
        key = options.get("idempotency_header", "Idempotency-Key")
        correlation = options.get("correlation_header", "X-Correlation-Id")
        return _Shape(
            settings,
            options,
            self._client.start(settings.get("method") or "GET", target, lines),
            frozenset((*given, *_CORRELATION)),
            key if key and key.lower() not in given else None,
            correlation if correlation and correlation.lower() not in given else None,
        )


def _header_lines(shape: _Shape, request: Request) -> str:
    """The header lines that the engine gives; names come from checked settings or the engine."""
    headers = request.headers
    lines = [f"{name}: {value}" for name, value in headers.items() if name not in shape.hidden]
    if request.body and "content-type" not in shape.hidden:
        lines.append(f"content-type: {request.content_type}")
    if shape.key is not None:
        lines.append(f"{shape.key}: {request.key}")
    if shape.correlation is not None:
        lines += [f"{shape.correlation}: {headers[name]}" for name in _CORRELATION if name in headers]
    plain = "".join(lines)
    if not plain.isprintable():
        checked_header_value(plain)
    lines.append("")
    return "\r\n".join(lines)


def open_destination(setup: DestinationSetup, host: Host) -> Destination:
    """The destination of one system. Raises PluginError when its settings cannot be used."""
    connection = setup.connection
    if not isinstance(connection, HttpConnection):
        raise PluginError(f"system '{setup.system}': expected the settings of connector http")
    if connection.base_url is None:
        raise PluginError(f"system '{setup.system}': expected 'base_url', since it has operations")
    try:
        return _opened(setup, connection, connection.base_url, host)
    except (OSError, ValueError) as error:
        raise PluginError(f"system '{setup.system}': {error}") from None


def _opened(setup: DestinationSetup, connection: HttpConnection, base_url: str, host: Host) -> HttpDestination:
    origin, prefix = parse_url(base_url)
    ca_file = host.folder / Path(connection.tls_ca) if connection.tls_ca else None
    constant = "".join(f"{name}: {value}\r\n" for name, value in connection.headers.items())
    if "accept" not in {name.lower() for name in connection.headers}:
        constant += "accept: */*\r\n"
    client = HttpClient(
        origin,
        tls=tls_context(origin, connection.verify_tls, ca_file),
        size=setup.concurrent,
        reply_limit=setup.reply_limit,
        keep_alive=connection.keep_alive.seconds,
        connect_timeout=connection.connect_timeout.seconds,
        constant_headers=constant,
    )
    sign_in = _sign_in(connection, base_url, ca_file, host)
    return HttpDestination(setup.system, client, quote(prefix.rstrip("/"), safe="/%~-._!$&'()*+,;=:@"), sign_in)


def _sign_in(connection: HttpConnection, base_url: str, ca_file: Path | None, host: Host) -> SignIn:
    if connection.auth is None:
        return FixedSignIn()
    chosen = connection.auth.chosen
    if isinstance(chosen, ApiKey | BasicAuth | Bearer):
        return fixed_sign_in(chosen)
    assert isinstance(chosen, ClientCredentials | RefreshToken)
    origin, target = parse_url(chosen.token_url.replace("{base_url}", base_url.rstrip("/")))
    tls = tls_context(origin, connection.verify_tls, ca_file)
    client = HttpClient(origin, tls=tls, connect_timeout=connection.connect_timeout.seconds)
    return TokenSignIn(chosen, target, client, host.clock)
