"""The topics of a workspace as AsyncAPI 3: what is published where, by which flow, and which flows take it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from engine.catalogue.apis.components import Components
from engine.catalogue.catalogue import Catalogue
from engine.catalogue.uses import TELLS, Use

_WORDS: Mapping[str, str] = MappingProxyType(
    {"publish": "publishes", "wire tap": "taps", "topic": "takes", "wait": "waits"}
)


def asyncapi(catalogue: Catalogue) -> dict[str, Any]:
    """The description."""
    components = Components(catalogue.contracts)
    workspace = catalogue.revision.workspace
    channels = {_id(topic): _channel(catalogue, topic) for topic in catalogue.topics}
    operations: dict[str, Any] = {}
    for use in catalogue.uses:
        operation = _operation(catalogue, use)
        if operation is not None:
            operations.setdefault(f"{use.flow}_{_WORDS[use.kind]}_{_id(use.target)}", operation)
    messages = {_id(topic): _message(catalogue, topic, components) for topic in catalogue.topics}
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": workspace.name,
            "version": catalogue.revision.id,
            "description": str(workspace.summary or f"The topics of the workspace {workspace.name}."),
        },
        "defaultContentType": "application/json",
        "channels": channels,
        "operations": operations,
        "components": {"messages": messages, "schemas": components.schemas},
    }


def _id(topic: str) -> str:
    return re.sub(r"[^A-Za-z0-9_-]", "_", topic)


def _channel(catalogue: Catalogue, topic: str) -> dict[str, Any]:
    entities = catalogue.topics[topic]
    carries = f"Carries {' or '.join(sorted(entities))}." if entities else "What it carries is made by a mapping."
    return {
        "address": topic,
        "title": topic,
        "description": carries,
        "messages": {_id(topic): {"$ref": f"#/components/messages/{_id(topic)}"}},
    }


def _operation(catalogue: Catalogue, use: Use) -> dict[str, Any] | None:
    if use.kind not in _WORDS:
        return None
    model = catalogue.revision.flows[use.flow].model
    return {
        "action": "send" if use.kind in TELLS else "receive",
        "channel": {"$ref": f"#/channels/{_id(use.target)}"},
        "title": f"{use.flow} {_WORDS[use.kind]} {use.target}",
        "summary": model.summary,
        "tags": [{"name": use.flow}, {"name": model.owner}],
    }


def _message(catalogue: Catalogue, topic: str, components: Components) -> dict[str, Any]:
    entities = sorted(catalogue.topics[topic] or ())
    message: dict[str, Any] = {"name": topic, "title": topic, "contentType": "application/json"}
    if entities:
        references = [components.entity(name) for name in entities]
        message["payload"] = references[0] if len(references) == 1 else {"anyOf": references}
    return message
