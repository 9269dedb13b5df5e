"""What a system file may say when its connector is `http`; each field is declared here and nowhere else."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal, Self

from pydantic import ConfigDict, Field, field_validator, model_validator

from engine.plugin import Settings
from engine.plugin.fields import Duration, Expr, Flag, MappingRef, Template, Whole, needs, rules
from plugins.http.auth_settings import AuthSettings
from plugins.http.urls import checked_base_url, checked_header_name, checked_header_value, quote_segment
from plugins.http.verify_settings import VerifySettings

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_PARAMETER = re.compile(r"\{([A-Za-z_][A-Za-z0-9_]*)\}")
_PATH = re.compile(r"/[A-Za-z0-9._~!$&'()*+,;=:@%/{}-]*")

Method = Annotated[
    Literal["GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"], Field(description="the HTTP method")
]


class UrlTemplate(Template):
    """A template whose holes are percent-encoded, so that no value can leave its place in the address."""

    __slots__ = ()

    def written(self, value: str) -> str:
        """A hole's value as it stands in the address."""
        return quote_segment(value)


class HttpConnection(Settings):
    """How the system is reached. All of it may be left out by a system that only sends us events."""

    base_url: str | None = Field(
        default=None,
        description="the address below which all operations lie",
        examples=["https://erp.example.com/api/v2"],
    )
    auth: AuthSettings | None = Field(default=None, description="how our requests prove who we are")
    headers: dict[str, str] = Field(default_factory=dict, description="headers of every request; never credentials")
    verify_tls: Flag = Field(default=True, description="whether the peer's certificate is checked; false only in tests")
    tls_ca: str | None = Field(default=None, description="a PEM file in the workspace: the authorities to trust")
    keep_alive: Duration = Field(
        default=Duration(15.0, text="15 s"), description="how long an idle connection is kept for the next request"
    )
    connect_timeout: Duration = Field(
        default=Duration(5.0, text="5 s"), description="how long to wait for a connection"
    )

    @field_validator("base_url")
    @classmethod
    def _base_url(cls, value: str | None) -> str | None:
        return None if value is None else checked_base_url(value)

    @field_validator("headers")
    @classmethod
    def _headers(cls, value: dict[str, str]) -> dict[str, str]:
        for name, text in value.items():
            checked_header_name(name)
            checked_header_value(text)
            if name.lower() in ("content-length", "transfer-encoding", "host", "connection"):
                raise ValueError(f"expected headers that the connector does not write itself, found '{name}'")
        return value


class ReceiveSettings(Settings):
    """Where the event arrives."""

    path: str = Field(
        description="the path; `{name}` takes one segment, given on as an attribute",
        examples=["/hooks/shop/orders"],
        json_schema_extra={"pattern": "^/"},
    )
    method: Method = Field(default="POST", description="the method that the sender uses")

    @field_validator("path")
    @classmethod
    def _path(cls, value: str) -> str:
        literal = _PARAMETER.sub("", value)
        if not _PATH.fullmatch(value) or "{" in literal or "}" in literal:
            raise ValueError(f"expected a path such as '/hooks/shop/orders' or '/hooks/{{shop}}', found '{value}'")
        names = _PARAMETER.findall(value)
        if len(names) != len(set(names)):
            raise ValueError(f"expected every parameter once, found '{value}'")
        return value


class HandshakeSettings(Settings):
    """A sender that checks the address first: it sends a text in the query and wants it back with 200."""

    query: str = Field(
        description="the query parameter that holds the text", examples=["validationToken", "hub.challenge"]
    )


class ReplySettings(Settings):
    """What the sender is told once its request is stored."""

    accepted: Whole = Field(default=202, ge=200, le=299, description="the status of an accepted request")
    body: str | None = Field(
        default=None,
        description="a body that the sender insists on, in place of ours",
        examples=['{"Status": "Success"}'],
    )
    content_type: str = Field(default="application/json", description="the content type of `body`")


class HttpEvent(Settings):
    """An event that arrives as an HTTP request."""

    model_config = ConfigDict(
        json_schema_extra=rules(needs("receive", "verify"), needs("verify", "receive"), needs("handshake", "receive"))
    )

    receive: ReceiveSettings | None = Field(default=None, description="where it arrives")
    verify: VerifySettings | None = Field(default=None, description="how the sender is known; must be said")
    handshake: HandshakeSettings | None = Field(default=None, description="a text that the sender wants back first")
    reply: ReplySettings = Field(default=ReplySettings(), description="what an accepted request is answered")

    @model_validator(mode="after")
    def _verified(self) -> Self:
        if self.receive is not None and self.verify is None:
            raise ValueError("expected 'verify' beside 'receive'; 'verify: {none: {reason: …}}' lets anybody send")
        if self.receive is None and (self.verify is not None or self.handshake is not None):
            raise ValueError("expected 'receive' with the path of the event, found none")
        return self


class HttpRequest(Settings):
    """A request."""

    method: Method = Field(default="GET", description="the method")
    path: UrlTemplate = Field(description="the path below `base_url`; holes are percent-encoded")
    query: dict[str, Expr] = Field(
        default_factory=dict, description="query parameters; one without a value is left out"
    )
    headers: dict[str, Template] = Field(default_factory=dict, description="headers of this request")
    body: MappingRef | None = Field(default=None, description="the mapping from canonical to the request's body")

    @field_validator("headers")
    @classmethod
    def _headers(cls, value: dict[str, Any]) -> dict[str, Any]:
        for name in value:
            checked_header_name(name)
        return value


class HttpOperation(Settings):
    """What an operation over HTTP may say besides."""

    idempotency_header: str | None = Field(
        default="Idempotency-Key", description="the header that carries the request's key; null sends none"
    )
    correlation_header: str | None = Field(
        default="X-Correlation-Id", description="the header that carries the correlation id; null sends none"
    )

    @field_validator("idempotency_header", "correlation_header")
    @classmethod
    def _header(cls, value: str | None) -> str | None:
        return None if value is None else checked_header_name(value)
