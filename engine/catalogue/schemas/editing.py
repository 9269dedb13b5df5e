"""From the JSON Schema of a model to one that helps in an editor: names to choose from, `${env:…}`, no clutter."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from engine.catalogue.names import Names
from engine.fields.json_schema import NAMES

Schema = dict[str, Any]
DEFINITIONS: Final = "#/definitions/"

_OPEN = frozenset({"milestones", "topics"})
"""Names that a file brings into being by using them: others are taken too."""

_ABOUT = ("description", "default", "examples")
_TYPED = frozenset({"integer", "number", "boolean"})
_MAPS_OF_SCHEMAS = ("properties", "patternProperties")
_LISTS_OF_SCHEMAS = ("allOf", "anyOf", "oneOf")
_SCHEMAS = ("additionalProperties", "items", "propertyNames", "not", "if", "then", "else")
_TEXT: Mapping[str, Any] = {"type": "string", "pattern": r"\S"}
_FIELDS = "fields"
_FROM_ENVIRONMENT = "from-environment"


@dataclass(frozen=True, slots=True)
class Editing:
    """Edits the schemas of one kind of file.

    `filled`: the environment fills values in. `codecs` are the settings of each. What several places share is put
    among the `definitions`.
    """

    names: Names
    filled: bool = True
    codecs: Mapping[str, Schema] = field(default_factory=dict)
    definitions: Schema = field(default_factory=dict)

    def schema(self, node: Any) -> Any:
        """The same schema, with all below it."""
        if not isinstance(node, dict):
            return node
        edited = self._below({key: value for key, value in node.items() if key not in ("title", "x-type", NAMES)})
        _without_useless_default(edited)
        spoken = [str(choice["description"]) for choice in edited.get("anyOf", ()) if "description" in choice]
        if spoken:
            edited.setdefault("description", spoken[0])
        if "patternProperties" in edited:
            edited.setdefault("additionalProperties", False)
        if "oneOf" in edited and any("$ref" in choice for choice in edited["oneOf"]):
            edited["anyOf"] = edited.pop("oneOf")  # of the one variant that was meant an editor tells what is wrong
        if NAMES in node:
            return self._named(edited, node[NAMES])
        if "x-type" in node:
            return self._typed(edited, str(node["x-type"]))
        return self._filled(edited)

    def _below(self, node: Schema) -> Schema:
        below: Schema = {}
        for key, value in node.items():
            if key in _MAPS_OF_SCHEMAS:
                below[key] = {name: self.schema(part) for name, part in value.items()}
            elif key in _LISTS_OF_SCHEMAS:
                below[key] = [self.schema(part) for part in value]
            else:
                below[key] = self.schema(value) if key in _SCHEMAS else value
        return below

    def _shared(self, name: str, schema: Schema, node: Schema) -> Schema:
        """A reference to a definition of this name; what the node says of itself stays with it."""
        name = name.replace(" ", "-")
        self.definitions.setdefault(name, schema)
        reference = {"$ref": DEFINITIONS + name}
        about: Schema = {key: node[key] for key in ("description", "default") if key in node}
        return {**about, "allOf": [reference]} if about else reference

    def _typed(self, node: Schema, kind: str) -> Schema:
        """A value of one of our own types."""
        if kind == "document":
            return node
        own = {key: value for key, value in node.items() if key != "default"}
        if kind == "mapping":
            own = {**own, "anyOf": [dict(_TEXT), self._fields()]}
            del own["type"]
        return self._shared(kind, self._filled(own), node)

    def _fields(self) -> Schema:
        self.definitions[_FIELDS] = {
            "type": "object",
            "additionalProperties": {
                "anyOf": [
                    dict(_TEXT),
                    {"type": ["number", "boolean"]},
                    {"$ref": DEFINITIONS + _FIELDS},
                    {"type": "array", "items": {"anyOf": [dict(_TEXT), {"$ref": DEFINITIONS + _FIELDS}]}},
                ]
            },
        }
        return {"$ref": DEFINITIONS + _FIELDS}

    def _named(self, node: Schema, kind: Any) -> Schema:
        """A text that is one of the workspace's names."""
        if kind == "codecs":
            return self._codec(node)
        names, others = list(self.names.of(kind)), self.names.others.get(kind)
        own = {key: value for key, value in node.items() if key not in _ABOUT}
        choices: list[Schema] = [{"type": "string", "enum": names}] if names else [own]
        if names and kind in _OPEN:
            choices.append(own)
        elif names and others is not None:
            choices.append({"type": "string", "pattern": others})
        if self.filled:
            choices.append(self._environment())
        return self._shared(f"one of the {kind}", choices[0] if len(choices) == 1 else {"anyOf": choices}, node)

    def _codec(self, node: Schema) -> Schema:
        settings = {name: self.schema(schema) for name, schema in self.codecs.items()}
        own = {"type": "object", "properties": settings, "additionalProperties": False, "maxProperties": 1}
        choices = [{"type": "string", "enum": sorted(settings)}, {**own, "minProperties": 1}]
        return self._shared("a codec", {"anyOf": choices}, node)

    def _environment(self) -> Schema:
        self.definitions[_FROM_ENVIRONMENT] = {
            "description": "a value that the environment fills in: `${env:NAME}`, `${env:NAME:-default}`",
            "type": "string",
            "pattern": r"\$\{(env|secret):",
        }
        return {"$ref": DEFINITIONS + _FROM_ENVIRONMENT}

    def _filled(self, node: Schema) -> Schema:
        """Let the environment fill in a value of which not every text is right."""
        constrained = str(node.get("type")) in _TYPED or {"pattern", "enum", "const"} & set(node)
        if not self.filled or not constrained or node.get("pattern") == r"\S":
            return node
        about = {key: node[key] for key in _ABOUT if key in node}
        own = {key: value for key, value in node.items() if key not in _ABOUT}
        return {**about, "anyOf": [own, self._environment()]}


def _without_useless_default(node: Schema) -> None:
    if "default" in node and (node["default"] in (None, "") or isinstance(node["default"], dict | list)):
        del node["default"]
