"""How a request to a system proves who we are: the spelling of `auth` in a system file."""

from __future__ import annotations

from typing import Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, field_validator

from engine.plugin import Settings
from engine.plugin.fields import Duration, SecretText
from plugins.http.exactly_one import ExactlyOne
from plugins.http.urls import checked_header_name, checked_token_url

_TOKEN_URL = Field(
    description="where tokens are asked for; `{base_url}` stands for the system's own address",
    examples=["{base_url}/oauth/token", "https://login.example.com/oauth2/token"],
)
_EARLY = Field(
    default=Duration(60.0, text="60 s"),
    description="a token is renewed this long before it expires, or by chance a little sooner",
)


class _Token(Settings):
    """What both OAuth 2 grants say."""

    token_url: str = _TOKEN_URL
    client_id: str = Field(description="the client's id at the authorization server")
    scope: str | None = Field(default=None, description="the scopes asked for, separated by blanks")
    audience: str | None = Field(default=None, description="the audience asked for, where the server wants one")
    send_in: Literal["body", "basic"] = Field(
        default="body", alias="in", description="where the client's credentials stand: the form's body or basic auth"
    )
    early: Duration = _EARLY

    @field_validator("token_url")
    @classmethod
    def _token_url(cls, value: str) -> str:
        return checked_token_url(value)


class ClientCredentials(_Token):
    """The OAuth 2 grant by which a program signs in as itself."""

    client_secret: SecretText = Field(description="the client's secret")


class RefreshToken(_Token):
    """The OAuth 2 grant that exchanges a long-lived refresh token for access tokens.

    A server that rotates refresh tokens is followed while the process runs; after a restart the configured one is used.
    """

    client_secret: SecretText | None = Field(default=None, description="the client's secret, where it has one")
    refresh_token: SecretText = Field(description="the refresh token")


class ApiKey(Settings):
    """A key in a header of its own or, where the vendor insists, in the query."""

    header: str | None = Field(default=None, description="the header that carries the key", examples=["X-Api-Key"])
    query: str | None = Field(default=None, description="or the query parameter that carries it")
    value: SecretText = Field(description="the key")

    @field_validator("header")
    @classmethod
    def _header(cls, value: str | None) -> str | None:
        return None if value is None else checked_header_name(value)


class BasicAuth(Settings):
    """A user's name and password."""

    username: str = Field(description="the user's name; it holds no colon", pattern="^[^:]*$")
    password: SecretText = Field(description="the password")


class Bearer(Settings):
    """A token that does not expire."""

    token: SecretText = Field(description="the token")


class AuthSettings(ExactlyOne):
    """How requests to the system prove who we are; exactly one way."""

    oauth2_client_credentials: ClientCredentials | None = Field(
        default=None, description="OAuth 2, the client as itself"
    )
    oauth2_refresh: RefreshToken | None = Field(default=None, description="OAuth 2 with a refresh token")
    api_key: ApiKey | None = Field(default=None, description="a key in a header or the query")
    basic: BasicAuth | None = Field(default=None, description="name and password")
    bearer: Bearer | None = Field(default=None, description="a fixed bearer token")

    def aimed_at_base_url(self) -> Self:
        """The same credentials, with tokens asked for at the system's own address, by the path of the real endpoint."""
        changed = {}
        for name in ("oauth2_client_credentials", "oauth2_refresh"):
            grant = getattr(self, name)
            if grant is not None and not grant.token_url.startswith("{base_url}"):
                path = urlsplit(grant.token_url).path
                changed[name] = grant.model_copy(update={"token_url": "{base_url}" + path})
        return self.model_copy(update=changed)
