"""How an incoming request proves where it comes from: the spelling of `verify` in a system file."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, ConfigDict, Field, model_validator

from engine.plugin import Settings
from engine.plugin.fields import Duration, SecretText, exactly_one, rules
from plugins.http.exactly_one import ExactlyOne
from plugins.http.signed_text import checked_signed_text


def _as_list(value: Any) -> Any:
    return value if isinstance(value, list | tuple) else (value,)


Names = Annotated[
    tuple[str, ...], BeforeValidator(_as_list, json_schema_input_type=str | tuple[str, ...]), Field(min_length=1)
]
"""One name or a list of alternatives."""

Secrets = Annotated[
    tuple[SecretText, ...],
    BeforeValidator(_as_list, json_schema_input_type=SecretText | tuple[SecretText, ...]),
    Field(min_length=1),
]
"""One secret, or a list while secrets are being exchanged; any of them is good."""


class SignedTime(Settings):
    """The time a signature covers, so that an old request cannot be sent again."""

    header: str = Field(description="the header that holds the time, in seconds or milliseconds since 1970")
    tolerance: Duration = Field(default=Duration(300.0, text="5 min"), description="how far it may be from our clock")


class HmacSettings(Settings):
    """A keyed hash over the raw body, in a header."""

    header: Names = Field(description="the header that holds the signature; a list names alternatives")
    algorithm: Literal["sha256", "sha1", "sha512"] = Field(default="sha256", description="the hash")
    encoding: Literal["base64", "hex"] = Field(default="base64", description="how the signature is written")
    prefix: str = Field(default="", description="what stands before it", examples=["sha256=", "hmac-sha256-hex="])
    secret: Secrets = Field(description="the shared secret; a list while it is being exchanged")
    secret_encoding: Literal["text", "nfkd", "base64", "hex"] = Field(
        default="text", description="how the secret becomes a key: its UTF-8 bytes, the same after NFKD, or decoded"
    )
    signed: Annotated[str, BeforeValidator(checked_signed_text, json_schema_input_type=str)] = Field(
        default="{body}",
        description="what is signed, with the holes {body}, {timestamp}, {method} and {path}",
        examples=["{body}", "v0:{timestamp}:{body}"],
    )
    timestamp: SignedTime | None = Field(default=None, description="the time that is signed too")

    @model_validator(mode="after")
    def _timestamp_is_signed(self) -> Self:
        if ("{timestamp}" in self.signed) != (self.timestamp is not None):
            raise ValueError("expected 'timestamp' together with a '{timestamp}' hole in 'signed', found only one")
        return self


class TokenSettings(Settings):
    """A shared token in a header, in the query or in a field of the body."""

    model_config = ConfigDict(json_schema_extra=rules(exactly_one("header", "query", "body")))

    header: str | None = Field(default=None, description="the header that holds it")
    query: str | None = Field(default=None, description="or the query parameter that holds it")
    body: str | None = Field(
        default=None,
        description="or the field of a JSON body that holds it; `value.clientState` looks into every item of a list",
    )
    value: Secrets = Field(description="the token; a list while it is being exchanged")

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        if sum(place is not None for place in (self.header, self.query, self.body)) != 1:
            raise ValueError("expected exactly one of header, query, body, which says where the token stands")
        return self


class BasicSettings(Settings):
    """A user's name and password."""

    username: str = Field(description="the user's name; it holds no colon", pattern="^[^:]*$")
    password: Secrets = Field(description="the password; a list while it is being exchanged")


class JwtSettings(Settings):
    """A signed JSON Web Token as bearer token."""

    model_config = ConfigDict(json_schema_extra=rules(exactly_one("jwks", "secret", "public_key")))

    jwks: str | None = Field(
        default=None, description="the keys: an https address or a workspace file", examples=["keys/shop.jwks.json"]
    )
    secret: Secrets | None = Field(default=None, description="or a shared secret, for the HS algorithms")
    public_key: str | None = Field(default=None, description="or a public key in PEM form")
    algorithms: tuple[str, ...] = Field(
        default=("RS256",), min_length=1, description="the algorithms that are good; `none` never is"
    )
    issuer: str | None = Field(default=None, description="what `iss` must be")
    audience: str | None = Field(default=None, description="what `aud` must hold")
    leeway: Duration = Field(default=Duration(30.0, text="30 s"), description="how far clocks may differ")
    header: str = Field(
        default="Authorization", description="the header that holds the token, with or without `Bearer`"
    )

    @model_validator(mode="after")
    def _keys_fit(self) -> Self:
        if sum(source is not None for source in (self.jwks, self.secret, self.public_key)) != 1:
            raise ValueError("expected exactly one of jwks, secret, public_key")
        symmetric = [name for name in self.algorithms if name.startswith("HS")]
        if symmetric and (self.secret is None or len(symmetric) != len(self.algorithms)):
            raise ValueError("expected HS algorithms by themselves and with 'secret', found them beside public keys")
        if self.secret is not None and not symmetric:
            raise ValueError(f"expected an HS algorithm with 'secret', found {', '.join(self.algorithms)}")
        return self


class StandardWebhooks(Settings):
    """Signatures as standardwebhooks.com describes them: `webhook-id`, `webhook-timestamp`, `webhook-signature`."""

    secret: Secrets = Field(description="the secret, with or without `whsec_`; a list while it is being exchanged")
    tolerance: Duration = Field(
        default=Duration(300.0, text="5 min"), description="how far the time may be from our clock"
    )


class NoVerification(Settings):
    """Anybody may send. Say why that is good enough."""

    reason: str = Field(
        min_length=8, description="why nothing needs to be verified", examples=["only reachable in our own net"]
    )


class VerifySettings(ExactlyOne):
    """How a request proves where it comes from; exactly one way."""

    hmac: HmacSettings | None = Field(default=None, description="a keyed hash over the raw body")
    token: TokenSettings | None = Field(default=None, description="a shared token")
    basic: BasicSettings | None = Field(default=None, description="name and password")
    jwt: JwtSettings | None = Field(default=None, description="a signed JSON Web Token")
    standard_webhooks: StandardWebhooks | None = Field(default=None, description="Standard Webhooks signatures")
    none: NoVerification | None = Field(default=None, description="nothing is verified; the reason must be given")
