"""The http connector: webhooks come in, requests go out."""

from __future__ import annotations

from pydantic import BaseModel

from engine.plugin import Connector, Features, Plugin
from plugins.http.destination import open_destination
from plugins.http.endpoint import endpoint
from plugins.http.settings import SAFE_METHODS, HttpConnection, HttpEvent, HttpOperation, HttpRequest
from plugins.http.source import open_source

__all__ = ["plugin"]


def _addresses(settings: BaseModel) -> tuple[str, ...]:
    assert isinstance(settings, HttpEvent)
    return () if settings.receive is None else (f"{settings.receive.method} {settings.receive.path}",)


def _verifies(settings: BaseModel) -> bool:
    assert isinstance(settings, HttpEvent)
    return settings.receive is None or (settings.verify is not None and settings.verify.none is None)


def _changes_nothing(request: BaseModel) -> bool:
    return getattr(request, "method", None) in SAFE_METHODS


def _aimed_at(connection: BaseModel, address: str) -> BaseModel:
    """The same connection to a stand-in: its address, and its token endpoint by the path of the real one."""
    assert isinstance(connection, HttpConnection)
    changed: dict[str, object] = {"base_url": address}
    if connection.auth is not None:
        changed["auth"] = connection.auth.aimed_at_base_url()
    return connection.model_copy(update=changed)


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
            aimed_at=_aimed_at,
            verifies=_verifies,
            endpoint=endpoint,
            changes_nothing=_changes_nothing,
            features=Features(replies=True, redelivers=True, carries_key=True),
        ),
    ),
)
