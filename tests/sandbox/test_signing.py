"""What a stand-in signs, the http connector believes: each way of `verify` against the connector's own verifier."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from engine.clock import ManualClock
from engine.errors import Unauthentic
from engine.plugin import Host
from engine.sandbox.entries import Emission
from engine.sandbox.signing import CannotSign, signed
from plugins.http.routes import make_verifier
from plugins.http.verify import Incoming
from plugins.http.verify_settings import VerifySettings

STANDARD = "whsec_c2FuZGJveC1zZWNyZXQ="
WAYS: list[dict[str, Any]] = [
    {"hmac": {"header": "X-Sign", "secret": "s"}},
    {"hmac": {"header": ["X-A", "X-B"], "secret": ["s", "t"], "encoding": "hex", "prefix": "sha256="}},
    {"hmac": {"header": "X-Sign", "secret": "ab", "secret_encoding": "hex", "algorithm": "sha512"}},
    {
        "hmac": {
            "header": "X-Sign",
            "secret": "s",
            "signed": "{method}{path}:{timestamp}:{body}",
            "timestamp": {"header": "X-Time"},
        }
    },
    {"token": {"header": "X-Token", "value": "t"}},
    {"token": {"query": "token", "value": "t&u"}},
    {"token": {"body": "value.clientState", "value": "t"}},
    {"basic": {"username": "u", "password": "p:q"}},
    {"jwt": {"secret": "a-long-enough-secret-for-hs256-0123456789", "algorithms": ["HS256"], "issuer": "i"}},
    {"standard_webhooks": {"secret": STANDARD}},
    {"none": {"reason": "only for this test"}},
]


@pytest.mark.parametrize("way", WAYS, ids=lambda way: next(iter(way)))
@pytest.mark.parametrize("typed", [True, False])
def test_the_connector_believes_the_signature(way: dict[str, Any], typed: bool, tmp_path: Path) -> None:
    clock = ManualClock()
    settings = VerifySettings.model_validate(way)
    emission = Emission("wms.picked", "e-1", 0.0, "/hooks/x", {}, b'{"value":[{"a":1}]}')
    target, headers, body = signed(emission, settings if typed else way, clock.now())
    parts = urlsplit(target)
    lower = {name.lower(): value for name, value in headers.items()}
    incoming = Incoming("POST", parts.path, lower, dict(parse_qsl(parts.query)), body)
    verifier = make_verifier(settings, Host(clock, logging.getLogger("test"), tmp_path))
    verifier.check(incoming)
    if "none" not in way:
        with pytest.raises(Unauthentic):
            verifier.check(Incoming("POST", "/hooks/x", {}, {}, emission.body))


def test_a_secret_that_is_not_what_its_encoding_says_cannot_sign() -> None:
    emission = Emission("wms.picked", "e-1", 0.0, "/", {}, b"{}")
    with pytest.raises(CannotSign, match="expected a secret that is hex"):
        signed(emission, {"hmac": {"header": "X", "secret": "zz", "secret_encoding": "hex"}}, 0.0)
    with pytest.raises(CannotSign, match="no private key"):
        signed(emission, {"jwt": {"jwks": "keys.json"}}, 0.0)
