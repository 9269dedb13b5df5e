"""The schema of the files that are JSON Schemas themselves: canonical entities and vendors' contracts.

Made of the meta-schemas of JSON Schema 2020-12, in one piece that needs no network and that every editor can read.
"""

from __future__ import annotations

from typing import Any

from jsonschema_specifications import REGISTRY  # type: ignore[import-untyped]

from engine.catalogue.schemas.editing import DEFINITIONS, Schema
from engine.contracts.checking import DIALECT

_VOCABULARIES = ("core", "applicator", "unevaluated", "validation", "meta-data", "format-annotation", "content")
_ENTITY_ID = r"^crossdock:[a-z][a-z0-9]*(-[a-z0-9]+)*/[1-9][0-9]{0,3}$"
_MAPS = {
    "description": "what other standards call it, such as `{ubl: Order/ID, x12: BEG03}`",
    "type": "object",
    "additionalProperties": {"type": "string", "minLength": 1},
    "examples": [{"ubl": "Order/SalesOrderID", "x12": "BEG03", "schema.org": "orderNumber"}],
}
_MEANINGS = {
    "$id": "the name of the schema; of an entity `crossdock:ENTITY/VERSION`",
    "$ref": "the schema it is like, such as `crossdock:common/1#/$defs/amount`",
    "$defs": "schemas that others here refer to",
    "title": "a short name for people",
    "description": "what it means, in a sentence",
    "type": "the kind of value",
    "properties": "the fields",
    "required": "the fields that must be there",
    "additionalProperties": "false: no other fields",
    "items": "what is in a list",
    "enum": "the values it may have",
    "const": "the one value it may have",
    "pattern": "a regular expression that a text matches",
    "examples": "values as they may come",
}


def contract_schema() -> Schema:
    """The schema of a vendor's contract."""
    return {"allOf": [{"$ref": f"{DEFINITIONS}schema"}], "definitions": _definitions()}


def entity_schema() -> Schema:
    """The schema of a version of a canonical entity."""
    return {
        "allOf": [
            {"$ref": f"{DEFINITIONS}schema"},
            {"type": "object", "required": ["$id"], "properties": {"$id": {"pattern": _ENTITY_ID}}},
        ],
        "definitions": _definitions(),
    }


def _definitions() -> Schema:
    definitions: Schema = {}
    properties: Schema = {}
    for name in _VOCABULARIES:
        meta = REGISTRY.contents(f"https://json-schema.org/draft/2020-12/meta/{name}")
        definitions |= {key: _local(value) for key, value in meta.get("$defs", {}).items()}
        properties |= {key: _local(value) for key, value in meta["properties"].items()}
    properties["definitions"] = properties["$defs"]
    properties["$schema"] = {"enum": [DIALECT, f"{DIALECT}#"]}
    properties["x-maps"] = dict(_MAPS)
    for key, meaning in _MEANINGS.items():
        own = properties[key]
        plain = isinstance(own, dict) and "$ref" not in own
        properties[key] = {"description": meaning, **(own if plain else {"allOf": [own]})}
    definitions["schema"] = {
        "type": ["object", "boolean"],
        "properties": properties,
        "patternProperties": {"^x-": True},
        "additionalProperties": False,
    }
    return definitions


def _local(node: Any) -> Any:
    """The same part of a meta-schema, with references that stay in one file and mean the same in older drafts."""
    if isinstance(node, list):
        return [_local(item) for item in node]
    if not isinstance(node, dict):
        return node
    if "$dynamicRef" in node:
        return {"$ref": f"{DEFINITIONS}schema"}
    own = {key: _local(value) for key, value in node.items() if key not in ("$comment", "default")}
    if "$ref" not in own:
        return own
    reference = {"$ref": own.pop("$ref").replace("#/$defs/", DEFINITIONS)}
    return {"allOf": [reference, own]} if own else reference
