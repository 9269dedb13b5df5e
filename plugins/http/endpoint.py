"""How an event's address is told to those who shall send to it: method, path, and how they prove who they are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel

from engine.plugin import Endpoint
from plugins.http.settings import HttpEvent
from plugins.http.verify_settings import HmacSettings, JwtSettings, TokenSettings, VerifySettings


def endpoint(settings: BaseModel) -> Endpoint | None:
    """The address of an event; None for one that does not come as a request."""
    assert isinstance(settings, HttpEvent)
    receive, verify = settings.receive, settings.verify
    if receive is None or verify is None:
        return None
    note = (
        f"The address is asked with the query parameter `{settings.handshake.query}` first."
        if settings.handshake
        else ""
    )
    if verify.token is not None and verify.token.body is not None:
        note = f"The field `{verify.token.body}` of the body holds a shared token."
    return Endpoint(receive.method, receive.path, settings.reply.accepted, _security(verify), note)


def _security(verify: VerifySettings) -> Mapping[str, Mapping[str, Any]]:
    if verify.hmac is not None:
        return {"signature": _signature(verify.hmac)}
    if verify.token is not None:
        return _token(verify.token)
    if verify.basic is not None:
        return {"basic": {"type": "http", "scheme": "basic"}}
    if verify.jwt is not None:
        return {"jwt": _jwt(verify.jwt)}
    if verify.standard_webhooks is not None:
        return {
            "standard-webhooks": _in("header", "webhook-signature", "a signature as standardwebhooks.com describes it")
        }
    return {}


def _signature(hmac: HmacSettings) -> Mapping[str, Any]:
    names = " or ".join(f"`{name}`" for name in hmac.header)
    prefix = f", after `{hmac.prefix}`" if hmac.prefix else ""
    signed = f"HMAC-{hmac.algorithm.upper()} of `{hmac.signed}` with the shared secret"
    stamp = f"; the time stands in `{hmac.timestamp.header}`" if hmac.timestamp is not None else ""
    return _in("header", hmac.header[0], f"{signed}, as {hmac.encoding}{prefix}, in {names}{stamp}")


def _token(token: TokenSettings) -> Mapping[str, Mapping[str, Any]]:
    places = {"header": token.header, "query": token.query}
    given = [(place, name) for place, name in places.items() if name is not None]
    return {"token": _in(*given[0], "a shared token")} if given else {}


def _jwt(jwt: JwtSettings) -> Mapping[str, Any]:
    expected = [f"{claim} `{value}`" for claim, value in (("iss", jwt.issuer), ("aud", jwt.audience)) if value]
    told = f"signed by {', '.join(jwt.algorithms)}" + (f", with {' and '.join(expected)}" if expected else "")
    if jwt.header != "Authorization":
        return _in("header", jwt.header, f"a JSON Web Token, {told}")
    return {"type": "http", "scheme": "bearer", "bearerFormat": "JWT", "description": told}


def _in(place: str, name: str, description: str) -> Mapping[str, Any]:
    return {"type": "apiKey", "in": place, "name": name, "description": description}
