"""The schema of a system file: one shape for each connector, with that connector's own fields and all codecs."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from engine.catalogue.names import Names
from engine.catalogue.schemas.editing import DEFINITIONS, Editing, Schema
from engine.config.models.system import SystemFields, composed_system
from engine.plugin import Registry


def system_schema(names: Names, registry: Registry) -> Schema:
    """The schema of a system file; which connector it names decides what else it may say."""
    definitions: Schema = {}
    codecs = {name: _parts(kind.settings, f"codec-{name}", definitions) for name, kind in registry.codecs.items()}
    editing = Editing(names, codecs=codecs)
    branches = []
    for name, connector in sorted(registry.connectors.items()):
        whole = _parts(composed_system(connector), name, definitions)
        definitions[f"{name}.System"] = whole
        chosen = {"required": ["connector"], "properties": {"connector": {"const": name}}}
        branches.append({"if": chosen, "then": {"$ref": f"{DEFINITIONS}{name}.System"}})
    shared = SystemFields.model_json_schema()["properties"]
    head = {key: editing.schema(shared[key]) for key in ("system", "connector")}
    return {
        "description": (SystemFields.__doc__ or "").strip(),
        "type": "object",
        "required": ["system", "connector"],
        "properties": head,
        "allOf": branches,
        "definitions": {**{key: editing.schema(part) for key, part in definitions.items()}, **editing.definitions},
    }


def _parts(model: type[BaseModel], prefix: str, definitions: Schema) -> Schema:
    """A model's schema, with its inner models among the definitions under names that begin with the prefix."""
    schema: dict[str, Any] = model.model_json_schema(ref_template=f"{DEFINITIONS}{prefix}.{{model}}")
    definitions |= {f"{prefix}.{name}": part for name, part in schema.pop("$defs", {}).items()}
    return schema
