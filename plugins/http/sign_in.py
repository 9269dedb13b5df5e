"""Ways to prove who we are: each gives the headers and query parameters that a request carries."""

from __future__ import annotations

from base64 import b64encode
from typing import Protocol
from urllib.parse import quote, urlencode

from plugins.http.auth_settings import ApiKey, BasicAuth, Bearer
from plugins.http.urls import checked_header_value


class SignIn(Protocol):
    """Credentials for requests to one system."""

    query: str
    """What is added to every target's query, ready encoded."""

    async def headers(self) -> str:
        """Header lines, each ended by CRLF. Raises StepFailed when no credentials can be had."""
        ...

    def refused(self, headers: str) -> bool:
        """The peer answered 401 to these headers; true when others can be had by asking `headers` again."""
        ...

    async def close(self) -> None:
        """Give up connections of its own."""
        ...


class FixedSignIn:
    """Credentials that never change: an API key, name and password, a bearer token, or none."""

    def __init__(self, headers: str = "", query: str = "") -> None:
        self.lines = headers
        self.query = query

    async def headers(self) -> str:
        return self.lines

    def refused(self, headers: str) -> bool:
        return False

    async def close(self) -> None:
        return None


def basic_credentials(username: str, password: str) -> str:
    """The value of an `Authorization` header, RFC 7617."""
    return "Basic " + b64encode(f"{username}:{password}".encode()).decode()


def fixed_sign_in(chosen: ApiKey | BasicAuth | Bearer) -> FixedSignIn:
    """The header lines or query of credentials that stand in the configuration. Raises ValueError when they cannot."""
    if isinstance(chosen, BasicAuth):
        return FixedSignIn(f"authorization: {basic_credentials(chosen.username, chosen.password.reveal())}\r\n")
    if isinstance(chosen, Bearer):
        return FixedSignIn(f"authorization: Bearer {_one_line(chosen.token.reveal())}\r\n")
    if chosen.header is not None:
        return FixedSignIn(f"{chosen.header}: {_one_line(chosen.value.reveal())}\r\n")
    return FixedSignIn(query=query_pair(chosen.query or "", chosen.value.reveal()))


def query_pair(name: str, value: str) -> str:
    """One encoded query parameter."""
    return urlencode({name: value}, quote_via=quote)


def _one_line(secret: str) -> str:
    try:
        return checked_header_value(secret)
    except ValueError:
        raise ValueError("expected a credential of one line in Latin-1; a line end after it is a usual cause") from None
