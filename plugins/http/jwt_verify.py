"""Verifies JSON Web Tokens, with keys from the configuration, a file, or an address that is asked when a key is new."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet, OctKey, import_key

from engine.errors import Unauthentic
from engine.plugin import Clock, Host
from plugins.http.client import HttpClient, tls_context
from plugins.http.connection import Broken
from plugins.http.pool import NotSent
from plugins.http.urls import parse_url
from plugins.http.verify import Incoming
from plugins.http.verify_settings import JwtSettings

_REFRESH_PAUSE = 30.0
_KEYS_LIMIT = 1_000_000
_TIMEOUT = 5.0


class UnknownKey(Unauthentic):
    """The token names a key that is not among those known; another look at the issuer's keys may help."""


class RemoteKeys:
    """The keys at an address: asked at most every half minute, once however many requests wait."""

    def __init__(self, url: str, host: Host) -> None:
        self._origin, self._target = parse_url(url)
        self._clock = host.clock
        self._log = host.log
        self._asked_at = float("-inf")
        self._asking: asyncio.Task[KeySet | None] | None = None
        self._client: HttpClient | None = None

    async def ask(self) -> KeySet | None:
        """The keys as they are now; None when they cannot be had or were asked for a moment ago."""
        if self._asking is None:
            if self._clock.monotonic() - self._asked_at < _REFRESH_PAUSE:
                return None
            self._asked_at = self._clock.monotonic()
            self._asking = asyncio.create_task(self._ask())
        try:
            return await asyncio.shield(self._asking)
        finally:
            self._asking = None

    async def _ask(self) -> KeySet | None:
        if self._client is None:
            self._client = HttpClient(self._origin, tls=tls_context(self._origin), size=1, reply_limit=_KEYS_LIMIT)
        try:
            start = self._client.start("GET", self._target)
            reply = await self._client.request(start, "accept: application/json\r\n", None, within=_TIMEOUT)
            if reply.status != 200:
                raise ValueError(f"it answered {reply.status}")
            return key_set(reply.body)
        except (NotSent, Broken, ValueError) as error:
            self._log.warning("no keys from %s: %s", self._origin, error)
            return None

    async def close(self) -> None:
        """Give up the connection."""
        if self._client is not None:
            await self._client.close()


def key_set(document: bytes) -> KeySet:
    """The keys of a JWKS document. Raises ValueError."""
    try:
        return KeySet.import_key_set(json.loads(document))
    except (JoseError, KeyError, TypeError, ValueError, RecursionError) as error:
        raise ValueError(f"expected a JWKS document, found {type(error).__name__}") from None


class JwtVerifier:
    """A signed token in a header; signature, times, issuer and audience must hold."""

    challenge = "Bearer"
    secret_query: frozenset[str] = frozenset()

    def __init__(self, settings: JwtSettings, host: Host) -> None:
        self._settings = settings
        self._clock: Clock = host.clock
        self.secret_headers = frozenset({settings.header.lower()})
        self.remote: RemoteKeys | None = None
        self._keys: list[Any] = self._configured(settings, host)

    def _configured(self, settings: JwtSettings, host: Host) -> list[Any]:
        if settings.secret is not None:
            return [OctKey.import_key(secret.reveal()) for secret in settings.secret]
        if settings.public_key is not None:
            return [import_key(settings.public_key, "EC" if settings.algorithms[0].startswith("ES") else "RSA")]
        source = settings.jwks or ""
        if source.startswith(("https://", "http://")):
            self.remote = RemoteKeys(source, host)
            return []
        return [key_set((host.folder / Path(source)).read_bytes())]

    async def renew(self) -> bool:
        """Ask for the issuer's keys again; true when there are new ones to try."""
        keys = None if self.remote is None else await self.remote.ask()
        if keys is not None:
            self._keys = [keys]
        return keys is not None

    def check(self, incoming: Incoming) -> None:
        text = incoming.headers.get(self._settings.header.lower(), "")
        text = text[7:] if text[:7].lower() == "bearer " else text
        if not text:
            raise Unauthentic("the bearer token is missing", code="token-missing")
        self._check_claims(self._claims(text.strip()))

    def _claims(self, text: str) -> dict[str, Any]:
        for key in self._keys:
            try:
                return dict(jwt.decode(text, key, algorithms=list(self._settings.algorithms)).claims)
            except (JoseError, ValueError, TypeError, KeyError, RecursionError):
                continue
        raise UnknownKey("the token's signature, key or algorithm is not a good one", code="token-wrong")

    def _check_claims(self, claims: dict[str, Any]) -> None:
        settings, now, leeway = self._settings, self._clock.now(), self._settings.leeway.seconds
        expires, begins = claims.get("exp"), claims.get("nbf")
        if not isinstance(expires, int | float) or now > expires + leeway:
            raise Unauthentic("the token has expired, or says no end", code="token-expired")
        if begins is not None and (not isinstance(begins, int | float) or now < begins - leeway):
            raise Unauthentic("the token is not valid yet", code="token-early")
        if settings.issuer is not None and claims.get("iss") != settings.issuer:
            raise Unauthentic("the token comes from another issuer", code="token-issuer")
        audience = claims.get("aud")
        if settings.audience is not None and settings.audience not in (
            audience if isinstance(audience, list) else [audience]
        ):
            raise Unauthentic("the token is meant for another audience", code="token-audience")
