"""How the address of a webhook is told to those who shall send to it."""

from __future__ import annotations

from typing import Any

import pytest

from plugins.http.endpoint import endpoint
from plugins.http.settings import HttpEvent

SECRET = "a-secret-of-the-tests"
WAYS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "a signature": (
        {"hmac": {"header": ["X-Sign", "Sign"], "encoding": "hex", "prefix": "sha256=", "secret": SECRET}},
        {
            "signature": {
                "type": "apiKey",
                "in": "header",
                "name": "X-Sign",
                "description": "HMAC-SHA256 of `{body}` with the shared secret, as hex, "
                "after `sha256=`, in `X-Sign` or `Sign`",
            }
        },
    ),
    "a token in the query": (
        {"token": {"query": "key", "value": SECRET}},
        {"token": {"type": "apiKey", "in": "query", "name": "key", "description": "a shared token"}},
    ),
    "name and password": (
        {"basic": {"username": "edi", "password": SECRET}},
        {"basic": {"type": "http", "scheme": "basic"}},
    ),
    "a signed token": (
        {"jwt": {"jwks": "https://sso.example.com/keys", "issuer": "sso"}},
        {
            "jwt": {
                "type": "http",
                "scheme": "bearer",
                "bearerFormat": "JWT",
                "description": "signed by RS256, with iss `sso`",
            }
        },
    ),
    "nothing": ({"none": {"reason": "only the tests can reach it"}}, {}),
}


def event(verify: dict[str, Any], **more: Any) -> HttpEvent:
    return HttpEvent.model_validate({"receive": {"path": "/hooks/{shop}"}, "verify": verify, **more})


@pytest.mark.parametrize("way", WAYS)
def test_each_way_of_proving_who_one_is_becomes_a_security_scheme(way: str) -> None:
    verify, scheme = WAYS[way]
    told = endpoint(event(verify, reply={"accepted": 201}))
    assert told is not None
    assert (told.method, told.path, told.accepted) == ("POST", "/hooks/{shop}", 201)
    assert told.security == scheme
    assert SECRET not in str(told)


def test_a_token_in_the_body_is_told_in_words() -> None:
    told = endpoint(event({"token": {"body": "value.clientState", "value": SECRET}}))
    assert told is not None
    assert told.security == {}
    assert told.note == "The field `value.clientState` of the body holds a shared token."


def test_a_handshake_is_told() -> None:
    told = endpoint(event({"none": {"reason": "only the tests can reach it"}}, handshake={"query": "challenge"}))
    assert told is not None
    assert "`challenge`" in told.note


def test_an_event_that_is_asked_for_has_no_address() -> None:
    assert endpoint(HttpEvent()) is None
