"""What a connector or codec sees of the engine. Plugins import from here, `engine.message` and `engine.errors` only."""

from engine.clock import Clock
from engine.plugin.registry import Registry, folder_plugins, installed_plugins
from engine.plugin.roles import (
    HEALTH_PAGE,
    MESSAGE_PAGE,
    PAGES,
    Answer,
    Arrival,
    Codec,
    Destination,
    DestinationSetup,
    EventBinding,
    Host,
    Intake,
    Page,
    Receipt,
    Reply,
    Request,
    Source,
)
from engine.plugin.spec import API, CodecKind, Connector, Endpoint, Features, NoSettings, Plugin, Settings

__all__ = [
    "API",
    "HEALTH_PAGE",
    "MESSAGE_PAGE",
    "PAGES",
    "Answer",
    "Arrival",
    "Clock",
    "Codec",
    "CodecKind",
    "Connector",
    "Destination",
    "DestinationSetup",
    "Endpoint",
    "EventBinding",
    "Features",
    "Host",
    "Intake",
    "NoSettings",
    "Page",
    "Plugin",
    "Receipt",
    "Registry",
    "Reply",
    "Request",
    "Settings",
    "Source",
    "folder_plugins",
    "installed_plugins",
]
