"""The http connector: webhooks come in, requests go out."""

from __future__ import annotations

from pydantic import BaseModel

from engine.plugin import Connector, Features, Plugin
from plugins.http.destination import open_destination
from plugins.http.settings import SAFE_METHODS, HttpConnection, HttpEvent, HttpOperation, HttpRequest
from plugins.http.source import open_source

__all__ = ["plugin"]


def _addresses(settings: BaseModel) -> tuple[str, ...]:
    assert isinstance(settings, HttpEvent)
    return () if settings.receive is None else (f"{settings.receive.method} {settings.receive.path}",)


def _changes_nothing(request: BaseModel) -> bool:
    return getattr(request, "method", None) in SAFE_METHODS


plugin = Plugin(
    name="http",
    summary="webhooks and HTTP APIs",
    connectors=(
        Connector(
            name="http",
            summary="a system that speaks HTTP: it sends webhooks, or has an API, or both",
            connection=HttpConnection,
            event=HttpEvent,
            request=HttpRequest,
            operation=HttpOperation,
            open_source=open_source,
            open_destination=open_destination,
            addresses=_addresses,
            changes_nothing=_changes_nothing,
            features=Features(replies=True, redelivers=True, carries_key=True),
        ),
    ),
)
