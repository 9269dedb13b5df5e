"""The files connector: files are picked up when they are complete, and written whole."""

from __future__ import annotations

from pydantic import BaseModel

from engine.plugin import Connector, Features, Plugin
from plugins.files.destination import open_destination
from plugins.files.settings import FilesConnection, FilesEvent, FilesRequest
from plugins.files.source import open_source

__all__ = ["plugin"]


def _addresses(settings: BaseModel) -> tuple[str, ...]:
    assert isinstance(settings, FilesEvent)
    receive = settings.receive
    return () if receive is None else (f"{receive.folder.rstrip('/')}/{receive.pattern}",)


def _changes_nothing(request: BaseModel) -> bool:
    return getattr(request, "action", None) == "read"


plugin = Plugin(
    name="files",
    summary="files in folders",
    connectors=(
        Connector(
            name="files",
            summary="a system that exchanges files through folders",
            connection=FilesConnection,
            event=FilesEvent,
            request=FilesRequest,
            open_source=open_source,
            open_destination=open_destination,
            addresses=_addresses,
            changes_nothing=_changes_nothing,
            features=Features(replies=True, redelivers=True, carries_key=False),
        ),
    ),
)
