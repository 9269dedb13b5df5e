"""The system files of a workspace, as far as stand-ins need them: who has one, how it is signed and where events go."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from engine.config.environment import Environment, fill_in
from engine.config.files import Bundle
from engine.config.findings import Findings
from engine.config.redactor import Redactor
from engine.config.yaml import load_yaml
from engine.fields.marks import Mark
from engine.sandbox.compiled import HubEvent
from engine.sandbox.settings import setting

_CONTENT_TYPES = {"json": "application/json", "xml": "application/xml", "csv": "text/csv"}


@dataclass(frozen=True, slots=True)
class SystemFile:
    """What a system file says about its stand-in. `events` are those that arrive over HTTP, by full name."""

    name: str
    file: str
    sandbox: str
    place: Mark
    auth: Any
    events: Mapping[str, HubEvent]
    all_events: tuple[str, ...]


def system_files(bundle: Bundle, environment: Environment) -> Iterator[SystemFile]:
    """The systems that name a stand-in. What is wrong in a system file is found by those who load it as a system."""
    for path in bundle.systems:
        unheard = Findings()
        node = load_yaml(bundle.read(path), path, unheard)
        if node is None or not isinstance(node.value, Mapping) or not isinstance(node.value.get("sandbox"), str):
            continue
        value = fill_in(node, environment, Redactor(), unheard).value
        name = PurePosixPath(path).stem
        declared = value.get("events")
        events = declared if isinstance(declared, Mapping) else {}
        yield SystemFile(
            name,
            path,
            str(value["sandbox"]),
            node.marks.value(("sandbox",)),
            value.get("auth"),
            {event.name: event for event in _hub_events(name, events)},
            tuple(f"{name}.{event}" for event in events),
        )


def _hub_events(system: str, events: Mapping[str, Any]) -> Iterator[HubEvent]:
    for name, event in events.items():
        path = setting(event, "receive", "path")
        if isinstance(path, str):
            codec = setting(event, "codec", default="json")
            kind = codec if isinstance(codec, str) else next(iter(codec), "json")
            yield HubEvent(
                f"{system}.{name}",
                str(path),
                setting(event, "verify"),
                str(setting(event, "receive", "method", default="POST")),
                _CONTENT_TYPES.get(str(kind), "text/plain"),
            )
