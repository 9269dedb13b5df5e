"""The http destination: a request becomes an exchange, and failures are told apart by what they mean."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from engine.errors import OutcomeUnknown, PluginError, StepFailed
from engine.plugin import Destination, DestinationSetup, Host, Reply, Request
from plugins.http.auth_settings import ApiKey, BasicAuth, Bearer, ClientCredentials, RefreshToken
from plugins.http.client import HttpClient, tls_context
from plugins.http.connection import Broken
from plugins.http.oauth import TokenSignIn
from plugins.http.pool import NotSent
from plugins.http.settings import HttpConnection
from plugins.http.sign_in import FixedSignIn, SignIn, fixed_sign_in
from plugins.http.urls import checked_header_name, checked_header_value, parse_url, request_target

_CORRELATION = frozenset({"x-correlation-id", "correlation-id"})
_OURS = frozenset({"content-length", "transfer-encoding", "host", "connection"})


class HttpDestination:
    """Carries requests to one system."""

    def __init__(self, system: str, client: HttpClient, prefix: str, sign_in: SignIn) -> None:
        self._system = system
        self._client = client
        self._prefix = prefix
        self._sign_in = sign_in

    async def send(self, request: Request) -> Reply:
        """Send once. A 401 to an access token asks for another token and sends again: the peer has not acted."""
        try:
            method, target, lines = self._head(request)
        except ValueError as error:
            raise StepFailed(
                f"{self._system}.{request.operation}: {error}", error_class="data", reason="bad-request-field"
            ) from None
        credentials = await self._sign_in.headers()
        reply = await self._once(request, method, target, lines + credentials)
        if reply.status == 401 and self._sign_in.refused(credentials):
            credentials = await self._sign_in.headers()
            reply = await self._once(request, method, target, lines + credentials)
        return reply

    async def close(self) -> None:
        await self._sign_in.close()
        await self._client.close()

    async def _once(self, request: Request, method: str, target: str, lines: str) -> Reply:
        try:
            return await self._client.request(method, target, lines, request.body, timeout=request.timeout)
        except NotSent as error:
            raise StepFailed(
                f"{self._system}.{request.operation}: {error.detail}", error_class="transient", reason=error.reason
            ) from None
        except Broken as error:
            raise OutcomeUnknown(f"{self._system}.{request.operation}: {error.detail}", reason=error.reason) from None

    def _head(self, request: Request) -> tuple[str, str, str]:
        """The method, the target and the header lines without credentials. Raises ValueError on bad texts."""
        settings = request.settings
        target = request_target(self._prefix, str(settings["path"]), settings.get("query"))
        if self._sign_in.query:
            target = f"{target}{'&' if '?' in target else '?'}{self._sign_in.query}"
        lines = _header_lines(request)
        return str(settings.get("method") or "GET"), target, lines


def _header_lines(request: Request) -> str:
    own: Mapping[str, Any] = request.settings.get("headers") or {}
    named = {name.lower() for name in own}
    lines = [
        f"{name}: {checked_header_value(str(value))}\r\n"
        for name, value in own.items()
        if value is not None and name.lower() not in _OURS
    ]
    if request.body and request.content_type and "content-type" not in named:
        lines.append(f"content-type: {checked_header_value(request.content_type)}\r\n")
    key_header = request.options.get("idempotency_header", "Idempotency-Key")
    if key_header and request.key and key_header.lower() not in named:
        lines.append(f"{key_header}: {checked_header_value(request.key)}\r\n")
    correlation = request.options.get("correlation_header", "X-Correlation-Id")
    for name, value in request.headers.items():
        if name.lower() in _CORRELATION:
            name = correlation
        if name and name.lower() not in named and name.lower() not in _OURS:
            lines.append(f"{checked_header_name(name)}: {checked_header_value(str(value))}\r\n")
    return "".join(lines)


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
