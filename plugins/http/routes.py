"""Which event or page a request is for: a dictionary of paths, and patterns for those with parameters."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import unquote

from engine.errors import PluginError
from engine.plugin import EventBinding, Host, Page
from plugins.http.jwt_verify import JwtVerifier
from plugins.http.settings import HandshakeSettings, HttpEvent, ReplySettings
from plugins.http.verify import (
    Anybody,
    BasicVerifier,
    HmacVerifier,
    StandardWebhooksVerifier,
    TokenVerifier,
    Verifier,
)
from plugins.http.verify_settings import (
    BasicSettings,
    HmacSettings,
    JwtSettings,
    NoVerification,
    StandardWebhooks,
    TokenSettings,
    VerifySettings,
)

_NO_PARAMETERS: Mapping[str, str] = {}
_PARAMETER = re.compile(r"\{([A-Za-z_][A-Za-z0-9_]*)\}")
_ALWAYS_SECRET = frozenset({"authorization", "proxy-authorization", "cookie"})


@dataclass(frozen=True, slots=True)
class Route:
    """What is done with a request for one event."""

    event: str
    limit: int
    reply: ReplySettings
    handshake: HandshakeSettings | None
    verifier: Verifier
    secret_headers: frozenset[str]


@dataclass(slots=True)
class Entry:
    """Everything that lies on one path."""

    events: dict[str, Route] = field(default_factory=dict)
    page: Page | None = None
    handshake: HandshakeSettings | None = None

    @property
    def methods(self) -> str:
        """The `Allow` header."""
        return ", ".join([*self.events, *(("GET", "HEAD") if self.page is not None or self.handshake else ())])


class Routes:
    """A finished table; a rebind makes another and puts it in place of this one."""

    def __init__(self, bindings: Sequence[EventBinding], host: Host) -> None:
        self._exact: dict[str, Entry] = {}
        self._patterns: dict[re.Pattern[str], Entry] = {}
        self.jwt_verifiers: list[JwtVerifier] = []
        for binding in bindings:
            self._add(binding, host)
        for path, page in host.pages.items():
            self._entry(path).page = page

    def find(self, path: str) -> tuple[Entry | None, Mapping[str, str]]:
        """The entry of a path (without the query) and its parameters, decoded."""
        entry = self._exact.get(path)
        if entry is not None:
            return entry, _NO_PARAMETERS
        for pattern, candidate in self._patterns.items():
            match = pattern.fullmatch(path)
            if match is not None:
                return candidate, {name: unquote(value) for name, value in match.groupdict().items()}
        decoded = unquote(path) if "%" in path else path
        return (self._exact.get(decoded) if decoded != path else None), _NO_PARAMETERS

    async def close(self) -> None:
        """Give up the connections over which keys were fetched."""
        for verifier in self.jwt_verifiers:
            if verifier.remote is not None:
                await verifier.remote.close()

    def _add(self, binding: EventBinding, host: Host) -> None:
        settings = binding.settings
        if not isinstance(settings, HttpEvent) or settings.receive is None or settings.verify is None:
            raise PluginError(f"event '{binding.event}': expected 'receive' and 'verify' of connector http")
        verifier = self._verifier(binding.event, settings.verify, host)
        entry = self._entry(settings.receive.path)
        taken = entry.events.get(settings.receive.method)
        if taken is not None:
            place = f"{settings.receive.method} {settings.receive.path}"
            raise PluginError(f"event '{binding.event}': {place} is taken by '{taken.event}'")
        entry.handshake = settings.handshake or entry.handshake
        entry.events[settings.receive.method] = Route(
            event=binding.event,
            limit=binding.payload_limit,
            reply=settings.reply,
            handshake=settings.handshake,
            verifier=verifier,
            secret_headers=verifier.secret_headers | _ALWAYS_SECRET,
        )

    def _entry(self, path: str) -> Entry:
        if "{" not in path:
            return self._exact.setdefault(path, Entry())
        pieces = _PARAMETER.split(path)
        written = "".join(
            f"(?P<{piece}>[^/]+)" if index % 2 else re.escape(piece) for index, piece in enumerate(pieces)
        )
        return self._patterns.setdefault(re.compile(written), Entry())

    def _verifier(self, event: str, settings: VerifySettings, host: Host) -> Verifier:
        try:
            verifier = make_verifier(settings, host)
        except (OSError, ValueError) as error:
            raise PluginError(f"event '{event}': its verification cannot be set up ({error})") from None
        if isinstance(verifier, JwtVerifier):
            self.jwt_verifiers.append(verifier)
        return verifier


def make_verifier(settings: VerifySettings, host: Host) -> Verifier:
    """The verifier that the settings choose. Raises ValueError or OSError when a key cannot be read."""
    chosen = settings.chosen
    if isinstance(chosen, HmacSettings):
        return HmacVerifier(chosen, host.clock)
    if isinstance(chosen, TokenSettings):
        return TokenVerifier(chosen)
    if isinstance(chosen, BasicSettings):
        return BasicVerifier(chosen)
    if isinstance(chosen, JwtSettings):
        return JwtVerifier(chosen, host)
    if isinstance(chosen, StandardWebhooks):
        return StandardWebhooksVerifier(chosen, host.clock)
    assert isinstance(chosen, NoVerification)
    return Anybody(chosen)
