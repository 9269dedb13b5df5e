"""The HTTP addresses of a workspace as OpenAPI 3.1: what senders may send where, and what they are answered."""

from __future__ import annotations

import re
from typing import Any

from engine.catalogue.apis.components import Components
from engine.catalogue.catalogue import Catalogue
from engine.flow.compiled import CompiledEvent, CompiledSystem
from engine.plugin import Endpoint

_PARAMETER = re.compile(r"\{([A-Za-z_][A-Za-z0-9_]*)\}")
_RECEIPT: dict[str, Any] = {
    "type": "object",
    "description": "The request is stored and will be carried out.",
    "required": ["status", "messages", "correlation_id"],
    "properties": {
        "status": {"type": "string", "description": "accepted, or how it has ended already", "examples": ["accepted"]},
        "messages": {"type": "array", "items": {"type": "string"}, "description": "the ids of the messages it became"},
        "correlation_id": {"type": "string", "description": "what all that follows from it has in common"},
        "location": {"type": "string", "description": "where its status can be asked"},
    },
}
_PROBLEM_SCHEMA: dict[str, Any] = {
    "type": "object",
    "description": "Problem details as in RFC 9457.",
    "required": ["type", "title", "status"],
    "properties": {
        "type": {"type": "string", "format": "uri-reference"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"type": "string", "description": "a short name that does not change"},
        "detail": {"type": "string"},
        "message": {"type": "string", "description": "the id under which what was refused is kept"},
        "violations": {
            "type": "array",
            "items": {"type": "object"},
            "description": "what breaks the contract, and where",
        },
    },
}
_WITHOUT_BODY = frozenset({"GET", "HEAD", "OPTIONS", "DELETE"})
_REFUSALS = {
    "400": "It cannot be read.",
    "401": "The sender has not proved who it is.",
    "413": "It is larger than is taken.",
    "422": "It breaks the contract, or comes with a key that was used with another body.",
    "503": "Nothing was stored; `Retry-After` says when to try again.",
}


def openapi(catalogue: Catalogue) -> dict[str, Any]:
    """The description. A workspace without HTTP sources has the pages of the engine only."""
    components = Components(catalogue.contracts)
    components.add("Receipt", _RECEIPT)
    components.add("Problem", _PROBLEM_SCHEMA)
    security: dict[str, Any] = {}
    paths: dict[str, Any] = {}
    systems: list[CompiledSystem] = []
    for system in catalogue.revision.systems.values():
        for event in system.events.values():
            endpoint = system.connector.endpoint(event.settings)
            if endpoint is not None:
                named = {f"{event.name}.{name}": dict(scheme) for name, scheme in endpoint.security.items()}
                security |= named
                operation = _operation(catalogue, event, endpoint, components, list(named))
                paths.setdefault(endpoint.path, {})[endpoint.method.lower()] = operation
                systems = [*systems, system] if system not in systems else systems
    paths["/messages/{id}"] = _status_page()
    workspace = catalogue.revision.workspace
    return {
        "openapi": "3.1.0",
        "info": {
            "title": workspace.name,
            "version": catalogue.revision.id,
            "description": str(workspace.summary or f"What the workspace {workspace.name} takes in over HTTP."),
        },
        "servers": [{"url": f"http://{workspace.listen.host}:{workspace.listen.port}"}],
        "tags": [_tag(system) for system in systems] + [{"name": "crossdock", "description": "pages of the engine"}],
        "paths": paths,
        "components": {"schemas": components.schemas, "securitySchemes": security},
    }


def _tag(system: CompiledSystem) -> dict[str, Any]:
    return {"name": system.name, "description": str(system.model.summary or f"the system {system.name}")}


def _operation(
    catalogue: Catalogue, event: CompiledEvent, endpoint: Endpoint, components: Components, security: list[str]
) -> dict[str, Any]:
    revision = catalogue.revision
    model = getattr(revision.systems[event.system].model, "events", {})[event.name.partition(".")[2]]
    flows = [flow.name for flow in revision.listeners.get(event.name, ())]
    told = [f"Taken by {', '.join(flows)}."] if flows else []
    told += [f"Becomes {event.target.entity}."] if event.target.entity else []
    schema = components.add(event.name, event.contract.document) if event.contract is not None else {}
    operation: dict[str, Any] = {
        "operationId": event.name,
        "tags": [event.system],
        "summary": str(model.summary or event.name),
        "description": " ".join(filter(None, [*told, endpoint.note])),
        "responses": _responses(catalogue, event, endpoint),
        "security": [{name: []} for name in security],
    }
    if endpoint.method not in _WITHOUT_BODY:
        operation["requestBody"] = {"required": True, "content": {event.codec.media_type: {"schema": schema}}}
    parameters = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in _PARAMETER.findall(endpoint.path)
    ]
    return {**operation, "parameters": parameters} if parameters else operation


def _responses(catalogue: Catalogue, event: CompiledEvent, endpoint: Endpoint) -> dict[str, Any]:
    waited = any(flow.reply_within is not None for flow in catalogue.revision.listeners.get(event.name, ()))
    responses = {
        str(endpoint.accepted): {
            "description": "It is stored" + (", and goes on." if waited else "."),
            "headers": {"Location": {"description": "its status", "schema": {"type": "string"}}},
            "content": _content("application/json", "Receipt"),
        }
    }
    if waited:
        result = {"description": "What the flow answers.", "content": {"application/json": {"schema": {}}}}
        responses["200" if endpoint.accepted != 200 else "default"] = result
    for status, why in _REFUSALS.items():
        responses[status] = {"description": why, "content": _content("application/problem+json", "Problem")}
    return responses


def _content(media: str, schema: str) -> dict[str, Any]:
    return {media: {"schema": {"$ref": f"#/components/schemas/{schema}"}}}


def _status_page() -> dict[str, Any]:
    return {
        "get": {
            "operationId": "message-status",
            "tags": ["crossdock"],
            "summary": "What has become of a message.",
            "parameters": [{"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}],
            "security": [],
            "responses": {
                "200": {"description": "Its state.", "content": {"application/json": {"schema": {"type": "object"}}}},
                "404": {"description": "No such message.", "content": _content("application/problem+json", "Problem")},
            },
        }
    }
