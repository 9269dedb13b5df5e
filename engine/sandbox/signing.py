"""How a stand-in proves to the hub that an event is its own: the other side of an event's `verify`."""

from __future__ import annotations

import hmac
import re
import unicodedata
from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlencode

from joserfc import jwt
from joserfc.jwk import OctKey

from engine import exact_json
from engine.errors import CrossdockError
from engine.sandbox.auth import basic_credentials
from engine.sandbox.entries import Emission
from engine.sandbox.settings import first, kind_of, revealed, setting

_KINDS = ("hmac", "token", "basic", "jwt", "standard_webhooks", "none")
_HOLE = re.compile(r"\{([a-z]+)\}")
_TOKEN_SECONDS = 300


class CannotSign(CrossdockError):
    """The stand-in cannot do what the event's `verify` asks for."""


Signed = tuple[str, Mapping[str, str], bytes]
"""The target at the hub, headers and body of a signed event."""


def signed(emission: Emission, verify: Any, now: float, method: str = "POST") -> Signed:
    """Sign an event as its `verify` asks; `now` is in epoch seconds. Raises CannotSign."""
    found = kind_of(verify, _KINDS)
    if found is None:
        return emission.path, emission.headers, emission.body
    kind, settings = found
    target, headers, body = _SIGNERS[kind](emission, settings, now, method)
    return target, {**emission.headers, **headers}, body


def refusal_to_sign(verify: Any) -> str | None:
    """Why a stand-in could never sign for this `verify`; None when it can."""
    settings = setting(verify, "jwt")
    if settings is not None and setting(settings, "secret") is None:
        return "'verify: {jwt: {secret: …}}', for a stand-in has no private key of the vendor"
    return None


def _hmac(emission: Emission, settings: Any, now: float, method: str) -> Signed:
    written = str(int(now))
    values = {
        "body": emission.body,
        "timestamp": written.encode(),
        "method": method.encode(),
        "path": emission.path.partition("?")[0].encode(),
    }
    pieces = _HOLE.split(str(setting(settings, "signed", default="{body}")))
    text = b"".join(values[piece] if index % 2 else piece.encode() for index, piece in enumerate(pieces))
    key = _key(revealed(setting(settings, "secret")), str(setting(settings, "secret_encoding", default="text")))
    digest = hmac.digest(key, text, str(setting(settings, "algorithm", default="sha256")))
    encoded = digest.hex() if setting(settings, "encoding", default="base64") == "hex" else b64encode(digest).decode()
    headers = {first(setting(settings, "header")): str(setting(settings, "prefix", default="")) + encoded}
    header = setting(settings, "timestamp", "header")
    return emission.path, {**headers, **({str(header): written} if header is not None else {})}, emission.body


def _key(secret: str, encoding: str) -> bytes:
    try:
        if encoding == "base64":
            return b64decode(secret, validate=True)
        if encoding == "hex":
            return bytes.fromhex(secret)
    except ValueError:
        raise CannotSign(f"expected a secret that is {encoding}, found one that is not") from None
    return (unicodedata.normalize("NFKD", secret) if encoding == "nfkd" else secret).encode()


def _token(emission: Emission, settings: Any, now: float, method: str) -> Signed:
    value = revealed(setting(settings, "value"))
    header, query, field = (setting(settings, name) for name in ("header", "query", "body"))
    if header is not None:
        return emission.path, {str(header): value}, emission.body
    if query is not None:
        joint = "&" if "?" in emission.path else "?"
        return f"{emission.path}{joint}{urlencode({str(query): value})}", {}, emission.body
    document = exact_json.decode(emission.body)
    _put(document, str(field).split("."), value)
    return emission.path, {}, exact_json.encode(document)


def _put(document: Any, path: list[str], value: str) -> None:
    """Write the token into a field, in every item of a list on the way."""
    if isinstance(document, list):
        for item in document:
            _put(item, path, value)
    elif isinstance(document, dict) and len(path) > 1:
        _put(document.setdefault(path[0], {}), path[1:], value)
    elif isinstance(document, dict):
        document[path[0]] = value


def _basic(emission: Emission, settings: Any, now: float, method: str) -> Signed:
    credentials = basic_credentials(str(setting(settings, "username")), revealed(setting(settings, "password")))
    return emission.path, {"Authorization": credentials}, emission.body


def _jwt(emission: Emission, settings: Any, now: float, method: str) -> Signed:
    secret = setting(settings, "secret")
    if secret is None:
        raise CannotSign(f"expected {refusal_to_sign({'jwt': settings})}")
    algorithms = [name for name in setting(settings, "algorithms", default=("HS256",)) if name.startswith("HS")]
    algorithm = algorithms[0] if algorithms else "HS256"
    claims: dict[str, Any] = {"iat": int(now), "exp": int(now) + _TOKEN_SECONDS, "jti": emission.event_id}
    for claim, name in (("iss", "issuer"), ("aud", "audience")):
        wanted = setting(settings, name)
        if wanted is not None:
            claims[claim] = str(wanted)
    token = jwt.encode({"alg": algorithm}, claims, OctKey.import_key(revealed(secret)), algorithms=[algorithm])
    return emission.path, {"Authorization": f"Bearer {token}"}, emission.body


def _standard_webhooks(emission: Emission, settings: Any, now: float, method: str) -> Signed:
    written = str(int(now))
    key = _key(revealed(setting(settings, "secret")).removeprefix("whsec_"), "base64")
    text = f"{emission.event_id}.{written}.".encode() + emission.body
    signature = "v1," + b64encode(hmac.digest(key, text, "sha256")).decode()
    headers = {"webhook-id": emission.event_id, "webhook-timestamp": written, "webhook-signature": signature}
    return emission.path, headers, emission.body


def _nothing(emission: Emission, settings: Any, now: float, method: str) -> Signed:
    return emission.path, {}, emission.body


_SIGNERS: Mapping[str, Callable[[Emission, Any, float, str], Signed]] = {
    "hmac": _hmac,
    "token": _token,
    "basic": _basic,
    "jwt": _jwt,
    "standard_webhooks": _standard_webhooks,
    "none": _nothing,
}
