from __future__ import annotations

import json
import logging
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from http_peers import Peer, Served, answering, binding, make_host
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey, RSAKey

from engine.clock import ManualClock
from engine.errors import Unauthentic
from engine.plugin import Host
from plugins.http.jwt_verify import JwtVerifier
from plugins.http.routes import make_verifier
from plugins.http.verify import Incoming
from plugins.http.verify_settings import VerifySettings

NOW = 1_760_000_000
RSA = RSAKey.generate_key(2048, {"kid": "one"})
OTHER = RSAKey.generate_key(2048, {"kid": "two"})
EC = ECKey.generate_key("P-256", {"kid": "ec"})
CLAIMS = {"iss": "https://id.example.com", "aud": "crossdock", "exp": NOW + 300}


def token(key: Any = RSA, algorithm: str = "RS256", **claims: Any) -> str:
    header = {"alg": algorithm} | ({"kid": key.kid} if key.kid else {})
    return jwt.encode(header, {**CLAIMS, **claims}, key, algorithms=[algorithm])


def jwks(*keys: Any) -> bytes:
    return json.dumps({"keys": [key.as_dict(private=False) for key in keys]}).encode()


def verifier(folder: Path, **settings: Any) -> JwtVerifier:
    host = Host(ManualClock(NOW), logging.getLogger("tests.http"), folder)
    made = make_verifier(VerifySettings.model_validate({"jwt": settings}), host)
    assert isinstance(made, JwtVerifier)
    return made


def check(verifier: JwtVerifier, text: str) -> None:
    verifier.check(Incoming("POST", "/hooks", {"authorization": f"Bearer {text}"}, {}, b"{}"))


def code_of(verifier: JwtVerifier, text: str) -> str:
    with pytest.raises(Unauthentic) as refusal:
        check(verifier, text)
    return refusal.value.code


def test_token_signed_by_a_key_of_the_file_is_good(tmp_path: Path) -> None:
    (tmp_path / "keys.json").write_bytes(jwks(RSA))
    checked = verifier(tmp_path, jwks="keys.json", issuer="https://id.example.com", audience="crossdock")
    check(checked, token())
    check(checked, token(aud=["other", "crossdock"]))
    assert code_of(checked, token(OTHER)) == "token-wrong"
    assert code_of(checked, token(iss="https://evil.example.com")) == "token-issuer"
    assert code_of(checked, token(aud="other")) == "token-audience"
    assert code_of(checked, token(aud=["other"])) == "token-audience"


def test_times_are_held_with_leeway(tmp_path: Path) -> None:
    (tmp_path / "keys.json").write_bytes(jwks(RSA))
    checked = verifier(tmp_path, jwks="keys.json", leeway="30 s")
    check(checked, token(exp=NOW - 29))
    check(checked, token(nbf=NOW + 29))
    assert code_of(checked, token(exp=NOW - 31)) == "token-expired"
    assert code_of(checked, token(exp="soon")) == "token-expired"
    assert code_of(checked, token(exp=None)) == "token-expired"
    assert code_of(checked, token(nbf=NOW + 31)) == "token-early"


def test_shared_secret_and_public_key(tmp_path: Path) -> None:
    new, old = OctKey.import_key("n" * 40), OctKey.import_key("o" * 40)
    shared = verifier(tmp_path, secret=["n" * 40, "o" * 40], algorithms=["HS256"])
    check(shared, token(new, "HS256"))
    check(shared, token(old, "HS256"))
    pem = RSA.as_pem(private=False).decode()
    public = verifier(tmp_path, public_key=pem)
    check(public, token())
    elliptic = verifier(tmp_path, public_key=EC.as_pem(private=False).decode(), algorithms=["ES256"])
    check(elliptic, token(EC, "ES256"))


@pytest.mark.parametrize("text", ["", "x", "a.b.c", "." * 9, "é.é.é", "eyJhbGciOiJub25lIn0.e30.", "A" * 100_000])
def test_rubbish_and_unsigned_tokens_are_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "keys.json").write_bytes(jwks(RSA))
    checked = verifier(tmp_path, jwks="keys.json")
    assert code_of(checked, text) in ("token-wrong", "token-missing")


def test_public_key_is_not_taken_for_a_shared_secret(tmp_path: Path) -> None:
    """The classic confusion of algorithms: a token signed by HS256 with the public key as its secret."""
    pem = RSA.as_pem(private=False)
    forged = jwt.encode({"alg": "HS256"}, CLAIMS, OctKey.import_key(b"x" * 32), algorithms=["HS256"])
    assert code_of(verifier(tmp_path, public_key=pem.decode()), forged) == "token-wrong"
    with pytest.raises(ValueError, match="HS algorithm"):
        verifier(tmp_path, public_key=pem.decode(), algorithms=["RS256", "HS256"])


async def test_new_key_at_the_issuer_is_fetched_when_it_is_first_used(
    peer: Callable[..., Awaitable[Peer]], serving: Callable[..., Awaitable[Served]]
) -> None:
    first, second = (
        b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body) for body in (jwks(RSA), jwks(RSA, OTHER))
    )
    issuer = await peer(answering(first, second))
    host = make_host()
    assert isinstance(host.clock, ManualClock)
    verify = {"jwt": {"jwks": issuer.url + "/keys", "issuer": "https://id.example.com"}}
    served = await serving(binding(verify=verify), host=host)
    later = int(host.clock.now()) + 300

    async def status(text: str) -> int:
        headers = {"Authorization": f"Bearer {text}"}
        async with (
            aiohttp.ClientSession() as session,
            session.post(served.url + "/hooks/orders", data=b"{}", headers=headers) as response,
        ):
            return response.status

    assert await status(token(exp=later)) == 202
    assert await status(token(exp=later)) == 202
    assert len(issuer.heard) == 1
    assert await status(token(OTHER, exp=later)) == 401
    assert len(issuer.heard) == 1, "a flood of unknown keys must not become a flood of questions"
    host.clock.advance(31)
    assert await status(token(OTHER, exp=later)) == 202
    assert len(issuer.heard) == 2
    assert "authorization" not in served.intake.accepted[0].headers


async def test_issuer_that_is_down_refuses_and_does_not_fail(serving: Callable[..., Awaitable[Served]]) -> None:
    served = await serving(binding(verify={"jwt": {"jwks": "http://127.0.0.1:1/keys"}}))
    async with (
        aiohttp.ClientSession() as session,
        session.post(served.url + "/hooks/orders", headers={"Authorization": f"Bearer {token()}"}) as response,
    ):
        assert response.status == 401
        assert response.headers["WWW-Authenticate"] == "Bearer"
