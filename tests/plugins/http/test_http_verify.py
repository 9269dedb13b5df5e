from __future__ import annotations

import hashlib
import hmac
import json
import logging
import os
from base64 import b64encode
from pathlib import Path
from typing import Any

import pytest

from engine.clock import ManualClock
from engine.errors import PluginError, Unauthentic
from engine.plugin import EventBinding, Host
from plugins.http.routes import Routes, make_verifier
from plugins.http.settings import HttpConnection, HttpEvent
from plugins.http.verify import Incoming, Verifier
from plugins.http.verify_settings import VerifySettings

SHARED = Path(os.environ.get("CROSSDOCK_SHARED", "../shared"))
NOW = 1_760_000_000
BODY = b'{"id":820982911946154508,"total":"19.90"}'


def verifier(**settings: Any) -> Verifier:
    host = Host(ManualClock(NOW), logging.getLogger("tests.http"), Path("."))
    return make_verifier(VerifySettings.model_validate(settings), host)


def incoming(body: bytes = BODY, query: dict[str, str] | None = None, /, **headers: str) -> Incoming:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Incoming("POST", "/hooks/orders", named, query or {}, body)


def code_of(verifier: Verifier, request: Incoming) -> str:
    with pytest.raises(Unauthentic) as refusal:
        verifier.check(request)
    assert "s3cret" not in str(refusal.value)
    return refusal.value.code


def signature(key: bytes, signed: bytes = BODY, algorithm: str = "sha256") -> bytes:
    return hmac.digest(key, signed, algorithm)


def test_shop_signature_in_base64_holds_for_the_raw_body_only() -> None:
    check = verifier(hmac={"header": "X-Shopify-Hmac-Sha256", "secret": "s3cret"})
    good = b64encode(signature(b"s3cret")).decode()
    check.check(incoming(x_shopify_hmac_sha256=good))
    assert code_of(check, incoming(BODY + b" ", x_shopify_hmac_sha256=good)) == "signature-wrong"
    assert code_of(check, incoming(x_shopify_hmac_sha256=good.lower())) == "signature-wrong"
    assert code_of(check, incoming(x_shopify_hmac_sha256="ünsigned")) == "signature-wrong"
    assert code_of(check, incoming(x_shopify_hmac_sha256="")) == "signature-wrong"
    assert code_of(check, incoming()) == "signature-missing"


def test_any_of_the_named_headers_is_good() -> None:
    check = verifier(hmac={"header": ["X-Shopify-Hmac-Sha256", "Shopify-Hmac-Sha256"], "secret": "s3cret"})
    check.check(incoming(shopify_hmac_sha256=b64encode(signature(b"s3cret")).decode()))


def test_both_secrets_are_good_while_they_are_exchanged() -> None:
    check = verifier(hmac={"header": "X-Signature", "secret": ["new-s3cret", "old-s3cret"], "encoding": "hex"})
    for key in (b"new-s3cret", b"old-s3cret"):
        check.check(incoming(x_signature=signature(key).hex()))
    assert code_of(check, incoming(x_signature=signature(b"other").hex())) == "signature-wrong"


@pytest.mark.parametrize("algorithm", ["sha1", "sha256", "sha512"])
def test_hex_signature_with_prefix_in_either_case(algorithm: str) -> None:
    check = verifier(
        hmac={
            "header": "X-Hub-Signature",
            "secret": "s3cret",
            "encoding": "hex",
            "prefix": f"{algorithm}=",
            "algorithm": algorithm,
        }
    )
    good = signature(b"s3cret", algorithm=algorithm).hex()
    check.check(incoming(x_hub_signature=f"{algorithm}={good}"))
    check.check(incoming(x_hub_signature=f"{algorithm}={good.upper()}"))
    assert code_of(check, incoming(x_hub_signature=good)) == "signature-wrong"


def test_secret_is_decoded_as_the_vendor_gives_it() -> None:
    key = bytes(range(32))
    for encoding, secret in (("hex", key.hex()), ("base64", b64encode(key).decode())):
        check = verifier(hmac={"header": "X-Signature", "secret": secret, "secret_encoding": encoding})
        check.check(incoming(x_signature=b64encode(signature(key)).decode()))


def test_easypost_vector_holds() -> None:
    """The vendor's own fixture: an NFKD secret, and a body that must not be written anew."""
    folder = SHARED / "data/samples/easypost"
    if not folder.is_dir():
        pytest.skip(f"the samples are not at {folder}")
    vector = json.loads((folder / "webhook_signature_vector.json").read_bytes())
    body = (folder / "tracker_updated_event.json").read_bytes()
    check = verifier(
        hmac={
            "header": "X-Hmac-Signature",
            "prefix": "hmac-sha256-hex=",
            "encoding": "hex",
            "secret": vector["secret"],
            "secret_encoding": "nfkd",
        }
    )
    check.check(incoming(body.strip(), x_hmac_signature=vector["hmac_signature"]))
    assert code_of(check, incoming(body + b"\n\n", x_hmac_signature=vector["hmac_signature"])) == "signature-wrong"


def test_signed_time_is_part_of_the_signature_and_must_be_near() -> None:
    check = verifier(
        hmac={
            "header": "X-Slack-Signature",
            "secret": "s3cret",
            "encoding": "hex",
            "prefix": "v0=",
            "signed": "v0:{timestamp}:{method}:{path}:{body}",
            "timestamp": {"header": "X-Slack-Request-Timestamp", "tolerance": "5 min"},
        }
    )

    def at(written: str) -> Incoming:
        signed = b"v0:%s:POST:/hooks/orders:%s" % (written.encode(), BODY)
        return incoming(x_slack_signature="v0=" + signature(b"s3cret", signed).hex(), x_slack_request_timestamp=written)

    check.check(at(str(NOW)))
    check.check(at(str(NOW + 299)))
    check.check(at(str((NOW - 299) * 1000)))
    assert code_of(check, at(str(NOW - 301))) == "time-out-of-range"
    assert code_of(check, at(str(NOW + 301))) == "time-out-of-range"
    assert code_of(check, at("")) == "time-unreadable"
    assert code_of(check, at("9" * 5000)) == "time-unreadable"
    assert code_of(check, at("١٢٣")) == "time-unreadable"
    moved = Incoming("POST", "/hooks/other", at(str(NOW)).headers, {}, BODY)
    assert code_of(check, moved) == "signature-wrong"


def test_standard_webhooks_signature_of_the_specification() -> None:
    """The convention's own example, and its ways to fail."""
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    example = b'{"test": 2432232314}'
    host = Host(ManualClock(1_614_265_330), logging.getLogger("tests.http"), Path("."))
    check = make_verifier(VerifySettings.model_validate({"standard_webhooks": {"secret": [secret]}}), host)
    headers = {
        "webhook_id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook_timestamp": "1614265330",
        "webhook_signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }
    check.check(incoming(example, **headers))
    check.check(incoming(example, **{name.replace("webhook", "svix"): value for name, value in headers.items()}))
    several = headers | {"webhook_signature": "v1,AAAA v1a,xyz " + headers["webhook_signature"]}
    check.check(incoming(example, **several))
    assert code_of(check, incoming(example + b" ", **headers)) == "signature-wrong"
    assert code_of(check, incoming(example, **(headers | {"webhook_id": "msg_2"}))) == "signature-wrong"
    assert code_of(check, incoming(example, **(headers | {"webhook_timestamp": "1614265999"}))) == "time-out-of-range"
    assert code_of(check, incoming(example)) == "signature-missing"


def test_token_in_header_query_or_body() -> None:
    header = verifier(token={"header": "X-Token", "value": ["s3cret", "older"]})
    header.check(incoming(x_token="older"))
    header.check(incoming(x_token="Bearer s3cret"))
    assert code_of(header, incoming(x_token="s3cre")) == "token-wrong"
    assert code_of(header, incoming(x_token="\udcff")) == "token-wrong"
    assert code_of(header, incoming()) == "token-missing"
    query = verifier(token={"query": "token", "value": "s3cret"})
    query.check(incoming(BODY, {"token": "s3cret"}))
    assert code_of(query, incoming(BODY, {"token": ""})) == "token-wrong"


def test_token_in_the_body_must_be_in_every_item() -> None:
    """Business Central's clientState: one wrong notification among many is not let through."""
    check = verifier(token={"body": "value.clientState", "value": "s3cret"})

    def body(*states: Any) -> Incoming:
        return incoming(json.dumps({"value": [{"clientState": state} for state in states]}).encode())

    check.check(body("s3cret", "s3cret"))
    assert code_of(check, body("s3cret", "other")) == "token-wrong"
    assert code_of(check, body("s3cret", None)) == "token-wrong"
    assert code_of(check, body()) == "token-missing"
    assert code_of(check, incoming(b"[1,2]")) == "token-wrong"
    assert code_of(check, incoming(b"<xml/>")) == "token-missing"
    assert code_of(check, incoming(b"[" * 200_000)) == "token-missing"


def test_name_and_password() -> None:
    check = verifier(basic={"username": "shop", "password": "s3crét:x"})
    check.check(incoming(authorization="Basic " + b64encode("shop:s3crét:x".encode()).decode()))
    assert code_of(check, incoming(authorization="Basic " + b64encode(b"shop:other").decode())) == "credentials-wrong"
    assert code_of(check, incoming(authorization="Basic ***")) == "credentials-unreadable"
    assert code_of(check, incoming(authorization="Bearer x")) == "credentials-missing"


def test_secrets_do_not_show_in_a_verifier() -> None:
    for check in (
        verifier(hmac={"header": "X-Signature", "secret": "s3cret"}),
        verifier(token={"header": "X-Token", "value": "s3cret"}),
        verifier(basic={"username": "shop", "password": "s3cret"}),
    ):
        assert "s3cret" not in repr(check)


def test_key_that_cannot_be_read_is_refused_at_start() -> None:
    verify = {"hmac": {"header": "X-Signature", "secret": "not hex", "secret_encoding": "hex"}}
    settings = HttpEvent.model_validate({"receive": {"path": "/hooks/a"}, "verify": verify})
    with pytest.raises(PluginError, match=r"shop\.orders"):
        Routes(
            [EventBinding("shop.orders", settings, HttpConnection(), 100)], Host(ManualClock(), logging.root, Path("."))
        )


def test_hash_is_the_one_that_was_chosen() -> None:
    check = verifier(hmac={"header": "X-Signature", "secret": "s3cret", "algorithm": "sha512", "encoding": "hex"})
    assert len(signature(b"s3cret", algorithm="sha512")) == hashlib.sha512().digest_size
    assert code_of(check, incoming(x_signature=signature(b"s3cret").hex())) == "signature-wrong"
