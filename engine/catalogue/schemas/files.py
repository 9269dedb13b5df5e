"""Every kind of file of a workspace and its JSON Schema."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from pydantic import BaseModel

from engine.catalogue.names import Names
from engine.catalogue.schemas.contracts import contract_schema, entity_schema
from engine.catalogue.schemas.editing import DEFINITIONS, Editing, Schema
from engine.catalogue.schemas.systems import system_schema
from engine.config.files import WORKSPACE_FILE, Bundle
from engine.config.models.flow import FlowModel
from engine.config.models.sandbox import SandboxModel
from engine.config.models.tests import CasesModel
from engine.config.models.workspace import WorkspaceModel
from engine.contracts.lifecycle import Lifecycle
from engine.plugin import Registry

DRAFT: Final = "http://json-schema.org/draft-07/schema#"
"""The draft that all editors read."""


@dataclass(frozen=True, slots=True)
class FileKind:
    """A kind of file. `globs` are those of an editor: one that begins with `!` takes away.

    A code table is CSV: its schema is that of its rows, as objects by the names of the columns.
    """

    name: str
    title: str
    globs: tuple[str, ...]
    make: Callable[[Names, Registry], Schema]

    @property
    def file(self) -> str:
        """The name of the schema's file."""
        return f"{self.name}.schema.json"

    def schema(self, names: Names, registry: Registry) -> Schema:
        """The whole schema."""
        made = self.make(names, registry)
        definitions = made.pop("definitions", {})
        used = _used(made, definitions)
        head = {"$schema": DRAFT, "title": self.title}
        return {**head, **made, "definitions": {name: definitions[name] for name in sorted(used)}}


def kind_of(path: str) -> FileKind | None:
    """The kind of a workspace's file, None for what has none: mappings, and files of others."""
    bundle = Bundle({path: b""})
    if path.startswith("flows/") and path.endswith(".test.yaml"):
        name = "test"
    elif path in bundle.canonical:
        name = "lifecycle" if path.endswith("/lifecycle.yaml") else "entity"
    else:
        among = {
            "workspace": [WORKSPACE_FILE],
            "contract": bundle.schemas,
            "sandbox": bundle.sandboxes,
            "system": bundle.systems,
            "flow": bundle.flows,
            "code-table": bundle.codes,
        }
        name = next((name for name, paths in among.items() if path in paths), "")
    return next((kind for kind in KINDS if kind.name == name), None)


def schema_files(names: Names, registry: Registry) -> Mapping[str, bytes]:
    """The schemas of all kinds by file name."""
    made = {kind.file: kind.schema(names, registry) for kind in KINDS}
    return {name: (json.dumps(schema, indent=1, ensure_ascii=False) + "\n").encode() for name, schema in made.items()}


def _of_model(model: type[BaseModel], *, filled: bool = True) -> Callable[[Names, Registry], Schema]:
    def make(names: Names, registry: Registry) -> Schema:
        schema = model.model_json_schema(ref_template=f"{DEFINITIONS}{{model}}")
        definitions = schema.pop("$defs", {})
        editing = Editing(names, filled)
        edited: Schema = editing.schema(schema)
        inner = {name: editing.schema(part) for name, part in definitions.items()}
        return {**edited, "definitions": {**inner, **editing.definitions}}

    return make


def _code_table(names: Names, registry: Registry) -> Schema:
    return {
        "description": "The rows of a code table; the first column is the key.",
        "type": "array",
        "items": {
            "type": "object",
            "minProperties": 1,
            "propertyNames": {"pattern": r"\S"},
            "additionalProperties": {"type": "string"},
        },
        "examples": [[{"code": "EAST", "name": "Newark distribution center", "system": "wms-east"}]],
    }


def _used(schema: object, definitions: Mapping[str, object]) -> set[str]:
    """The definitions that a schema needs, directly or not."""
    used: set[str] = set()
    waiting: list[object] = [schema]
    while waiting:
        node = waiting.pop()
        if isinstance(node, list):
            waiting.extend(node)
        elif isinstance(node, dict):
            reference = node.get("$ref")
            name = reference.removeprefix(DEFINITIONS) if isinstance(reference, str) else ""
            if name in definitions and name not in used:
                used.add(name)
                waiting.append(definitions[name])
            waiting.extend(node.values())
    return used


KINDS: Final = (
    FileKind("workspace", "The workspace", (WORKSPACE_FILE,), _of_model(WorkspaceModel)),
    FileKind(
        "system",
        "A system",
        ("flows/systems/*.yaml", "!*.sandbox.yaml", "!*.test.yaml", "!*.schema.yaml"),
        system_schema,
    ),
    FileKind("sandbox", "The stand-in of a system", ("flows/**/*.sandbox.yaml",), _of_model(SandboxModel)),
    FileKind("test", "Tests", ("flows/**/*.test.yaml",), _of_model(CasesModel, filled=False)),
    FileKind(
        "contract",
        "A vendor's schema",
        ("flows/**/*.schema.yaml", "flows/**/*.schema.json"),
        lambda names, registry: contract_schema(),
    ),
    FileKind(
        "flow",
        "A flow",
        (
            "flows/**/*.yaml",
            f"!{WORKSPACE_FILE}",
            "!flows/systems/**",
            "!*.sandbox.yaml",
            "!*.test.yaml",
            "!*.schema.yaml",
        ),
        _of_model(FlowModel),
    ),
    FileKind(
        "lifecycle", "The life cycle of an entity", ("canonical/*/lifecycle.yaml",), _of_model(Lifecycle, filled=False)
    ),
    FileKind(
        "entity",
        "A version of a canonical entity",
        ("canonical/*/*.yaml", "!lifecycle.yaml"),
        lambda names, registry: entity_schema(),
    ),
    FileKind("code-table", "A code table", ("canonical/codes/*.csv",), _code_table),
)
"""Every kind of file, each matched by its own globs only."""
