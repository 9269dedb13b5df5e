"""Verifiers of incoming requests: each looks at the raw bytes, compares in constant time, and raises Unauthentic."""

from __future__ import annotations

import hashlib
import hmac
import json
import unicodedata
from base64 import b64decode, b64encode
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from msgspec import Struct

from engine.errors import Unauthentic
from engine.plugin import Clock
from engine.plugin.fields import SecretText
from plugins.http.signed_text import SignedText
from plugins.http.verify_settings import BasicSettings, HmacSettings, NoVerification, StandardWebhooks, TokenSettings


class Incoming(Struct, frozen=True):
    """A request before it is believed. `body` is as it came over the wire; header names are in lower case."""

    method: str
    path: str
    headers: Mapping[str, str]
    query: Mapping[str, str]
    body: bytes


class Verifier(Protocol):
    """Decides whether a request comes from whom it should."""

    @property
    def challenge(self) -> str:
        """The `WWW-Authenticate` header of a 401."""
        ...

    @property
    def secret_headers(self) -> frozenset[str]:
        """Headers that hold a credential, in lower case; they are not stored."""
        ...

    @property
    def secret_query(self) -> frozenset[str]:
        """Query parameters that hold a credential; they are not stored."""
        ...

    def check(self, incoming: Incoming) -> None:
        """Return when it does; raises Unauthentic."""
        ...


@dataclass(frozen=True, slots=True)
class Anybody:
    """Every request is taken; the configuration says why."""

    settings: NoVerification
    challenge: str = ""
    secret_headers: frozenset[str] = frozenset()
    secret_query: frozenset[str] = frozenset()

    def check(self, incoming: Incoming) -> None:
        return None


@dataclass(slots=True)
class HmacVerifier:
    """A keyed hash over the raw body or a text around it."""

    settings: HmacSettings
    clock: Clock
    challenge: str = "Signature"
    secret_headers: frozenset[str] = frozenset()
    secret_query: frozenset[str] = frozenset()
    _keys: tuple[bytes, ...] = field(default=(), repr=False)
    _names: tuple[str, ...] = ()
    _signed: SignedText = field(init=False)

    def __post_init__(self) -> None:
        self._keys = tuple(_key(secret, self.settings.secret_encoding) for secret in self.settings.secret)
        self._names = tuple(name.lower() for name in self.settings.header)
        self._signed = SignedText(self.settings.signed)

    def check(self, incoming: Incoming) -> None:
        settings = self.settings
        given = next((incoming.headers[name] for name in self._names if name in incoming.headers), None)
        if given is None:
            raise Unauthentic(f"the signature header '{settings.header[0]}' is missing", code="signature-missing")
        signed = incoming.body if self._signed.only_body else self._signed.bytes(self._values(incoming))
        signature = given.strip().encode()
        prefix = settings.prefix.encode()
        for key in self._keys:
            digest = hmac.digest(key, signed, settings.algorithm)
            written = digest.hex().encode() if settings.encoding == "hex" else b64encode(digest)
            offered = signature.lower() if settings.encoding == "hex" else signature
            expected = prefix.lower() + written if settings.encoding == "hex" else prefix + written
            if hmac.compare_digest(expected, offered):
                return
        raise Unauthentic("the signature does not match the body", code="signature-wrong")

    def _values(self, incoming: Incoming) -> Mapping[str, bytes]:
        values = {"body": incoming.body, "method": incoming.method.encode(), "path": incoming.path.encode()}
        if self.settings.timestamp is not None:
            written = incoming.headers.get(self.settings.timestamp.header.lower(), "")
            check_time(written, self.clock.now(), self.settings.timestamp.tolerance.seconds)
            values["timestamp"] = written.encode()
        return values


def check_time(written: str, now: float, tolerance: float) -> None:
    """Raise Unauthentic unless a time in epoch seconds or milliseconds lies within `tolerance` seconds of `now`."""
    if not written.isascii() or not written.isdigit() or len(written) > 16:
        raise Unauthentic("the signed time is missing or is not a number of seconds", code="time-unreadable")
    at = int(written)
    seconds = at / 1000 if at > 100_000_000_000 else at
    if abs(now - seconds) > tolerance:
        raise Unauthentic(
            f"the signed time is {abs(now - seconds):.0f} s away from our clock", code="time-out-of-range"
        )


def _key(secret: SecretText, encoding: str) -> bytes:
    text = secret.reveal()
    if encoding == "base64":
        return b64decode(text, validate=True)
    if encoding == "hex":
        return bytes.fromhex(text)
    return (unicodedata.normalize("NFKD", text) if encoding == "nfkd" else text).encode()


@dataclass(slots=True)
class TokenVerifier:
    """A shared token in a header, the query or the body."""

    settings: TokenSettings
    challenge: str = "Token"
    secret_headers: frozenset[str] = frozenset()
    secret_query: frozenset[str] = frozenset()
    _digests: tuple[bytes, ...] = field(default=(), repr=False)

    def __post_init__(self) -> None:
        self._digests = _digests(self.settings.value)
        self.secret_headers = frozenset({self.settings.header.lower()} if self.settings.header else ())
        self.secret_query = frozenset({self.settings.query} if self.settings.query else ())

    def check(self, incoming: Incoming) -> None:
        offered = self._offered(incoming)
        if not offered:
            raise Unauthentic("the token is missing", code="token-missing")
        if sum(_matches(self._digests, token) for token in offered) != len(offered):
            raise Unauthentic("the token is not the right one", code="token-wrong")

    def _offered(self, incoming: Incoming) -> Sequence[str]:
        settings = self.settings
        if settings.body is not None:
            return _in_body(incoming.body, settings.body)
        if settings.header is not None:
            found = incoming.headers.get(settings.header.lower())
            found = found[7:] if found is not None and found[:7].lower() == "bearer " else found
        else:
            found = incoming.query.get(settings.query or "")
        return () if found is None else (found,)


def _in_body(body: bytes, path: str) -> Sequence[str]:
    """The texts that a dotted path finds in a JSON body; every item of a list must have one."""
    try:
        found = [json.loads(body)]
    except (ValueError, RecursionError):
        raise Unauthentic("the token cannot be looked for, since the body is not JSON", code="token-missing") from None
    for name in path.split("."):
        found = [_field(item, name) for node in found for item in (node if isinstance(node, list) else (node,))]
    return [value if isinstance(value, str) else "" for value in found]


def _field(node: Any, name: str) -> Any:
    return node.get(name) if isinstance(node, dict) else None


@dataclass(slots=True)
class BasicVerifier:
    """A user's name and password, RFC 7617."""

    settings: BasicSettings
    challenge: str = 'Basic realm="crossdock", charset="UTF-8"'
    secret_headers: frozenset[str] = frozenset({"authorization"})
    secret_query: frozenset[str] = frozenset()
    _digests: tuple[bytes, ...] = field(default=(), repr=False)

    def __post_init__(self) -> None:
        name = self.settings.username
        self._digests = tuple(
            hashlib.sha256(f"{name}:{password.reveal()}".encode()).digest() for password in self.settings.password
        )

    def check(self, incoming: Incoming) -> None:
        scheme, _, value = incoming.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "basic":
            raise Unauthentic("name and password are missing", code="credentials-missing")
        try:
            offered = b64decode(value.strip(), validate=True)
        except ValueError:
            raise Unauthentic("name and password cannot be read", code="credentials-unreadable") from None
        if not _equals_one(self._digests, hashlib.sha256(offered).digest()):
            raise Unauthentic("name or password is not the right one", code="credentials-wrong")


@dataclass(slots=True)
class StandardWebhooksVerifier:
    """Signatures by the Standard Webhooks convention; the `svix-` names are read, too."""

    settings: StandardWebhooks
    clock: Clock
    challenge: str = "Signature"
    secret_headers: frozenset[str] = frozenset()
    secret_query: frozenset[str] = frozenset()
    _keys: tuple[bytes, ...] = field(default=(), repr=False)

    def __post_init__(self) -> None:
        texts = (secret.reveal().removeprefix("whsec_") for secret in self.settings.secret)
        self._keys = tuple(b64decode(text, validate=True) for text in texts)

    def check(self, incoming: Incoming) -> None:
        headers = incoming.headers
        family = "webhook" if "webhook-signature" in headers else "svix"
        name, signatures = headers.get(f"{family}-id"), headers.get(f"{family}-signature")
        if not name or not signatures:
            raise Unauthentic("webhook-id or webhook-signature is missing", code="signature-missing")
        written = headers.get(f"{family}-timestamp", "")
        check_time(written, self.clock.now(), self.settings.tolerance.seconds)
        signed = f"{name}.{written}.".encode() + incoming.body
        offered = [part[3:].encode() for part in signatures.split() if part.startswith("v1,")]
        if not _any_signed(self._keys, signed, offered[:16]):
            raise Unauthentic("the signature does not match the body", code="signature-wrong")


def _any_signed(keys: Iterable[bytes], signed: bytes, offered: Sequence[bytes]) -> bool:
    expected = [b64encode(hmac.digest(key, signed, "sha256")) for key in keys]
    return sum(_equals_one(expected, given) for given in offered) > 0


def _digests(secrets: Iterable[SecretText]) -> tuple[bytes, ...]:
    return tuple(hashlib.sha256(secret.reveal().encode()).digest() for secret in secrets)


def _matches(digests: Iterable[bytes], offered: str) -> bool:
    digest = hashlib.sha256(offered.encode(errors="surrogateescape")).digest()
    return _equals_one(digests, digest)


def _equals_one(known: Iterable[bytes], offered: bytes) -> bool:
    """Compare with all of them, whichever is the right one, so that time tells nothing."""
    return sum(hmac.compare_digest(one, offered) for one in known) > 0
