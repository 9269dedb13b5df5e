"""OAuth 2 access tokens: asked for once however many requests wait, renewed before they expire."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Callable
from typing import Any
from urllib.parse import quote, urlencode

from engine.errors import StepFailed
from engine.plugin import Clock
from plugins.http.auth_settings import ClientCredentials, RefreshToken
from plugins.http.client import HttpClient
from plugins.http.connection import Broken
from plugins.http.pool import NotSent
from plugins.http.sign_in import basic_credentials

_TIMEOUT = 15.0
_DEFAULT_LIFE = 3600.0
_JITTER = 0.5


class TokenSignIn:
    """Signs in with an access token of an authorization server.

    Concurrent requests share one question. A token is renewed `early` seconds before its end, and by chance up to
    half of that sooner. `token_url` is absolute.
    """

    query = ""

    def __init__(
        self,
        settings: ClientCredentials | RefreshToken,
        token_url: str,
        client: HttpClient,
        clock: Clock,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._settings = settings
        self._url = token_url
        self._client = client
        self._clock = clock
        self._chance = chance
        self._refresh_token = settings.refresh_token if isinstance(settings, RefreshToken) else None
        self._headers = ""
        self._renew_at = 0.0
        self._asking: asyncio.Task[str] | None = None

    async def headers(self) -> str:
        if self._headers and self._clock.monotonic() < self._renew_at:
            return self._headers
        if self._asking is None:
            self._asking = asyncio.create_task(self._ask())
            self._asking.add_done_callback(self._asked)
        return await asyncio.shield(self._asking)

    def refused(self, headers: str) -> bool:
        if headers == self._headers:
            self._headers = ""
        return True

    async def close(self) -> None:
        if self._asking is not None:
            self._asking.cancel()
        await self._client.close()

    def _asked(self, task: asyncio.Task[str]) -> None:
        self._asking = None
        if not task.cancelled():
            task.exception()  # looked at, so that a failure nobody waits for any more is not reported as lost

    async def _ask(self) -> str:
        try:
            start = self._client.start("POST", self._url)
            form = self._form().encode()
            reply = await self._client.request(start, self._request_headers(), form, within=_TIMEOUT)
        except (NotSent, Broken) as error:
            raise StepFailed(
                f"no token from {self._client.origin}: {error.detail}",
                error_class="transient",
                reason="token-endpoint-down",
            ) from None
        if reply.status == 429 or reply.status >= 500:
            raise StepFailed(
                f"no token from {self._client.origin}: it answered {reply.status}",
                error_class="transient",
                reason="token-endpoint-down",
                retry_after=_seconds(reply.headers.get("retry-after")),
            )
        return self._take(reply.status, _document(reply.body))

    def _take(self, status: int, document: dict[str, Any]) -> str:
        token = document.get("access_token")
        if status >= 300 or not isinstance(token, str) or not token.isascii() or not token.isprintable() or not token:
            error = document.get("error")
            said = f" and '{error}'" if isinstance(error, str) and error.isprintable() and len(error) < 80 else ""
            raise StepFailed(
                f"no token from {self._client.origin}: it answered {status}{said}",
                error_class="authentication",
                reason="token-refused",
            )
        if self._refresh_token is not None and isinstance(document.get("refresh_token"), str):
            self._refresh_token = type(self._refresh_token).parse(document["refresh_token"])
        life = _life(document.get("expires_in"))
        early = min(self._settings.early.seconds, life / 2) * (1 + _JITTER * self._chance())
        self._renew_at = self._clock.monotonic() + max(life - early, 0.0)
        self._headers = f"authorization: Bearer {token}\r\n"
        return self._headers

    def _form(self) -> str:
        settings = self._settings
        if self._refresh_token is not None:
            fields = {"grant_type": "refresh_token", "refresh_token": self._refresh_token.reveal()}
        else:
            fields = {"grant_type": "client_credentials"}
        if settings.scope:
            fields["scope"] = settings.scope
        if settings.audience:
            fields["audience"] = settings.audience
        if settings.send_in == "body" or settings.client_secret is None:
            fields["client_id"] = settings.client_id
            if settings.client_secret is not None:
                fields["client_secret"] = settings.client_secret.reveal()
        return urlencode(fields)

    def _request_headers(self) -> str:
        lines = "content-type: application/x-www-form-urlencoded\r\naccept: application/json\r\n"
        settings = self._settings
        if settings.send_in == "basic" and settings.client_secret is not None:
            name, secret = quote(settings.client_id, safe=""), quote(settings.client_secret.reveal(), safe="")
            lines += f"authorization: {basic_credentials(name, secret)}\r\n"
        return lines


def _document(body: bytes) -> dict[str, Any]:
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return document if isinstance(document, dict) else {}


def _life(value: Any) -> float:
    """Seconds a token lives; some servers write them as text."""
    try:
        life = float(value)
    except (TypeError, ValueError):
        return _DEFAULT_LIFE
    return life if 0 < life < 10**9 else _DEFAULT_LIFE


def _seconds(value: str | None) -> float | None:
    return float(value) if value is not None and value.isdigit() and len(value) < 7 else None
