"""Does a request prove who sends it, by the `auth` of the system file? And the token endpoint that OAuth 2 asks."""

from __future__ import annotations

import binascii
import hashlib
import hmac
import secrets
from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from engine import exact_json
from engine.clock import Clock
from engine.sandbox.entries import Outgoing
from engine.sandbox.settings import kind_of, revealed, setting

_KINDS = ("oauth2_client_credentials", "oauth2_refresh", "api_key", "basic", "bearer")
_TOKEN_PATH = "/token"


@dataclass(frozen=True, slots=True)
class Tokens:
    """Access tokens that prove themselves: their end of life, signed; they outlive a restart of the stand-in."""

    key: bytes
    lifetime: float
    clock: Clock

    def issue(self) -> str:
        text = f"{int((self.clock.now() + self.lifetime) * 1000)}.{secrets.token_urlsafe(12)}"
        return f"{text}.{self._seal(text)}"

    def holds(self, token: str) -> bool:
        text, _, seal = token.rpartition(".")
        if not hmac.compare_digest(self._seal(text).encode(), seal.encode()):
            return False
        return int(text.partition(".")[0]) / 1000 > self.clock.now()

    def _seal(self, text: str) -> str:
        return hmac.new(self.key, text.encode(), hashlib.sha256).hexdigest()[:40]


class Gatekeeper:
    """Checks requests against the credentials of the system file."""

    def __init__(self, auth: Any, tokens: Tokens) -> None:
        self.tokens = tokens
        kind, settings = kind_of(auth, _KINDS) or ("none", None)
        self._kind: str = kind
        self._settings: Any = settings

    @property
    def token_paths(self) -> frozenset[str]:
        """Where tokens are given out; empty when the system uses none."""
        if not self._kind.startswith("oauth2"):
            return frozenset()
        url = str(setting(self._settings, "token_url", default=_TOKEN_PATH)).replace("{base_url}", "")
        return frozenset({_TOKEN_PATH, urlsplit(url).path or _TOKEN_PATH})

    def refusal(self, headers: Mapping[str, str], query: Mapping[str, Any]) -> str | None:
        """Why a request is not let in; None when it is. Header names are in lower case."""
        scheme, _, value = headers.get("authorization", "").partition(" ")
        if self._kind.startswith("oauth2"):
            good = scheme.lower() == "bearer" and self.tokens.holds(value.strip())
            return None if good else "expected a bearer token of /token that has not expired"
        if self._kind == "bearer":
            good = scheme.lower() == "bearer" and _equal(value.strip(), revealed(self._settings_field("token")))
            return None if good else "expected the bearer token of the system file"
        if self._kind == "basic":
            wanted = (str(self._settings_field("username")), revealed(self._settings_field("password")))
            good = scheme.lower() == "basic" and _basic(value) == wanted
            return None if good else "expected the name and password of the system file"
        if self._kind == "api_key":
            return self._api_key_refusal(headers, query)
        return None

    def give_token(self, headers: Mapping[str, str], body: bytes) -> Outgoing:
        """Answer a request for a token: client credentials or a refresh token, in the form or as basic auth."""
        form = {name: values[0] for name, values in parse_qs(body.decode("latin-1")).items()}
        grant = form.get("grant_type")
        wanted = "client_credentials" if self._kind == "oauth2_client_credentials" else "refresh_token"
        if grant != wanted:
            return _token_error(400, "unsupported_grant_type", f"expected grant_type '{wanted}', got '{grant}'")
        if not self._is_client(headers, form):
            return _token_error(401, "invalid_client", "the client's id or secret is not the right one")
        if wanted == "refresh_token":
            given = form.get("refresh_token", "")
            if not _equal(given, revealed(self._settings_field("refresh_token"))):
                return _token_error(400, "invalid_grant", "the refresh token is not the right one")
        answer = {
            "access_token": self.tokens.issue(),
            "token_type": "Bearer",
            "expires_in": max(1, int(self.tokens.lifetime)),
        }
        return Outgoing(200, exact_json.encode(answer), headers={"Cache-Control": "no-store"})

    def _is_client(self, headers: Mapping[str, str], form: Mapping[str, str]) -> bool:
        given: tuple[str, str] | None = (form.get("client_id", ""), form.get("client_secret", ""))
        scheme, _, value = headers.get("authorization", "").partition(" ")
        if scheme.lower() == "basic":
            offered = _basic(value)
            given = None if offered is None else (unquote(offered[0]), unquote(offered[1]))
        secret = self._settings_field("client_secret")
        wanted = (str(self._settings_field("client_id")), "" if secret is None else revealed(secret))
        return given is not None and _equal("\n".join(given), "\n".join(wanted))

    def _api_key_refusal(self, headers: Mapping[str, str], query: Mapping[str, Any]) -> str | None:
        header, parameter = self._settings_field("header"), self._settings_field("query")
        value = headers.get(str(header).lower(), "") if header is not None else str(query.get(str(parameter), ""))
        if _equal(value, revealed(self._settings_field("value"))):
            return None
        place = f"the header '{header}'" if header is not None else f"the query parameter '{parameter}'"
        return f"expected the api key of the system file in {place}"

    def _settings_field(self, name: str) -> Any:
        return setting(self._settings, name)


def basic_credentials(username: str, password: str) -> str:
    """The value of an Authorization header."""
    return "Basic " + b64encode(f"{username}:{password}".encode()).decode()


def _basic(value: str) -> tuple[str, str] | None:
    try:
        name, _, password = b64decode(value.strip(), validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None
    return name, password


def _equal(given: str, wanted: str) -> bool:
    return hmac.compare_digest(given.encode(), wanted.encode())


def _token_error(status: int, code: str, description: str) -> Outgoing:
    return Outgoing(status, exact_json.encode({"error": code, "error_description": description}))
