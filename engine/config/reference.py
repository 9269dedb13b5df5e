"""The reference pages, made from the models: every field of every file, so that what is documented is what is read.

`python -m engine.config.reference docs/reference` writes the pages; a test keeps them current.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType, NoneType
from typing import Any, get_args

from pydantic import BaseModel

from engine.config.codes import reference_page
from engine.config.models.flow import FlowModel
from engine.config.models.sandbox import SandboxModel
from engine.config.models.steps import STEP_MODELS, StepFields
from engine.config.models.system import ConfirmFields, EventModel, OperationFields, SystemFields
from engine.config.models.tests import CasesModel
from engine.config.models.workspace import WorkspaceModel
from engine.fields.scalar import Scalar
from engine.fields.scalars import CronText, Duration, Expr, MappingRef, Rate, SecretText, Size, Template
from engine.plugin import Registry, installed_plugins

_MADE = "This page is made from the models by `make docs`; a change belongs there."
_VALUES = (Duration, Size, Rate, CronText, Expr, Template, MappingRef, SecretText)
_USUAL = [*(list(kind.examples) for kind in _VALUES), ["order-to-erp"]]
_SUFFIXES = ("Model", "Settings", "Fields")
_STEP_CLASSES = frozenset(model.__name__ for model in STEP_MODELS.values())
_COMPOSED: Mapping[type[BaseModel], tuple[str, ...]] = MappingProxyType(
    {
        SystemFields: (
            "| `events` | mapping of name to [event](#event) |  | what it tells us |  |",
            "| `operations` | mapping of name to [operation](#operation) |  | what we ask of it |  |",
        ),
        OperationFields: (
            "| `request` | [the connector's](connectors.md) | required | the request |  |",
            "| `confirm` | [confirm](#confirm) |  | asked before any second try |  |",
        ),
    }
)
"""Fields that are only known with their connector (see `composed_system`)."""

_HEAD = ("| field | type | default | what it says | example |", "|---|---|---|---|---|")


def reference_pages(registry: Registry) -> dict[str, str]:
    """Every page by its file's name; the connectors and codecs are those of the registry."""
    pages = {
        "findings.md": reference_page(),
        "workspace.md": _model_page("The workspace file", "`flows/workspace.yaml`", [WorkspaceModel]),
        "flow.md": _model_page("The flow file", "`flows/**/NAME.yaml`", [FlowModel]),
        "steps.md": _text(_steps_page()),
        "system.md": _text(_system_page()),
        "sandbox.md": _model_page("The stand-in file", "`flows/systems/NAME.sandbox.yaml`", [SandboxModel]),
        "test.md": _model_page("The test file", "`flows/**/NAME.test.yaml`", [CasesModel]),
        "connectors.md": _text(_connectors_page(registry)),
        "values.md": _text(_values_page()),
    }
    return dict(sorted(pages.items()))


def undocumented(model: type[BaseModel]) -> list[str]:
    """The fields, of a model and of all models in it, that say nothing of themselves."""
    return [
        f"{each.__name__}.{name}"
        for each in _models([model])
        for name, part in _properties(each).items()
        if not _description(part)
    ]


# -- pages


def _model_page(title: str, file: str, roots: list[type[BaseModel]]) -> str:
    return _text(_page(title, file, roots))


def _page(title: str, file: str, roots: list[type[BaseModel]]) -> Iterator[str]:
    yield from (f"# {title}", "", file, "", _MADE)
    for model in _models(roots):
        if model.__name__ not in _STEP_CLASSES:
            yield from _section(model)


def _steps_page() -> Iterator[str]:
    yield from ("# Steps", "", "What a flow does, in order; each step is a mapping whose one word names it.", "", _MADE)
    yield from ("", "Every step can have these fields besides its own:", "", *_table(StepFields))
    shared = frozenset(StepFields.model_fields)
    for word, step in STEP_MODELS.items():
        yield from ("", f"## {word}", "", _doc(step), "", *_table(step, leave_out=shared))
    inner = [model for model in _models(STEP_MODELS.values()) if model.__name__ not in _STEP_CLASSES]
    for model in inner:
        yield from _section(model)


def _system_page() -> Iterator[str]:
    yield from ("# The system file", "", "`flows/systems/NAME.yaml`", "")
    yield "The connector that the file names adds fields of its own: see [connectors](connectors.md)."
    yield from ("", _MADE)
    for model in _models([SystemFields, EventModel, OperationFields, ConfirmFields]):
        yield from _section(model)
        yield from _COMPOSED.get(model, ())


def _connectors_page(registry: Registry) -> Iterator[str]:
    yield from ("# Connectors and codecs", "", "What each adds to the [system file](system.md).", "", _MADE)
    for name, connector in sorted(registry.connectors.items()):
        yield from ("", f"## Connector {name}", "", _sentence(connector.summary))
        parts = {
            "Beside `connector`": connector.connection,
            "In an event": connector.event,
            "In an operation": connector.operation,
            "In an operation's `request` and `confirm`": connector.request,
        }
        roots = [model for model in parts.values() if model is not None]
        for title, model in parts.items():
            if model is not None and model.model_fields:
                yield from ("", f"### {title}", "", _doc(model), "", *_table(model, name))
        for model in _models(roots):
            if model not in roots:
                yield from _section(model, name)
    for name, codec in sorted(registry.codecs.items()):
        yield from ("", f"## Codec {name}", "", f"{_sentence(codec.summary)} Media type `{codec.media_type}`.")
        if codec.settings.model_fields:
            yield from ("", *_table(codec.settings, name))
        for model in _models([codec.settings]):
            if model is not codec.settings:
                yield from _section(model, name)


def _values_page() -> Iterator[str]:
    yield from ("# Values", "", "Each has one spelling, wherever it stands.", "", _MADE)
    for kind in _VALUES:
        yield from ("", f"## {kind.noun.capitalize()}", "", _sentence(kind.description))
        yield from ("", "Examples: " + ", ".join(f"`{example}`" for example in kind.examples) + ".")


def _section(model: type[BaseModel], owner: str = "") -> Iterator[str]:
    yield from ("", f"{'###' if owner else '##'} {_title(model, owner)}", "", _doc(model), "", *_table(model, owner))


# -- tables


def _table(model: type[BaseModel], owner: str = "", leave_out: frozenset[str] = frozenset()) -> Iterator[str]:
    yield from _HEAD
    defaults = {_alias(name, field): field for name, field in model.model_fields.items()}
    for name, part in _properties(model).items():
        if name in leave_out:
            continue
        field = defaults[name]
        default = "required" if field.is_required() else _default(field.get_default(call_default_factory=True))
        cells = (f"`{name}`", _type(part, owner), default, _description(part), _example(part))
        yield "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"


def _properties(model: type[BaseModel]) -> Mapping[str, Any]:
    """The fields' JSON Schemas by their names in the file."""
    schema = model.model_json_schema(by_alias=True)
    definition = schema.get("$defs", {}).get(model.__name__, schema) if "$ref" in schema else schema
    properties: Mapping[str, Any] = definition.get("properties", {})
    return {name: _with_kinds(part, schema.get("$defs", {})) for name, part in properties.items()}


def _with_kinds(part: Any, definitions: Mapping[str, Any]) -> Any:
    """The same schema with enumerations in the place of references to them."""
    if isinstance(part, dict):
        target = definitions.get(str(part.get("$ref", "")).rpartition("/")[2], {})
        if "enum" in target:
            return {**target, **{key: value for key, value in part.items() if key != "$ref"}, "title": ""}
        return {key: _with_kinds(value, definitions) for key, value in part.items()}
    return [_with_kinds(each, definitions) for each in part] if isinstance(part, list) else part


def _type(part: Mapping[str, Any], owner: str) -> str:
    """The type in words, with links to what is explained elsewhere."""
    if "$ref" in part:
        return _link(str(part["$ref"]).rpartition("/")[2], owner)
    choices = part.get("anyOf") or part.get("oneOf")
    if choices:
        if any(str(each.get("$ref", "")).endswith("CallStep") for each in choices):
            return "[step](steps.md)"
        words = [_type(each, owner) for each in choices if each.get("type") != "null"]
        return " or ".join(dict.fromkeys(words))
    if "enum" in part or "const" in part:
        return " or ".join(f"`{value}`" for value in part.get("enum", [part.get("const")]))
    if "x-type" in part:
        return _noun(str(part["x-type"]))
    kind = part.get("type")
    if kind == "array":
        return f"list of {_type(part.get('items', {}), owner)}"
    if kind == "object":
        return f"mapping of name to {_type(part['additionalProperties'], owner)}" if _maps(part) else "mapping"
    return {"boolean": "`true` or `false`", "integer": "integer", "number": "number"}.get(str(kind), "text") + _bounds(
        part
    )


def _maps(part: Mapping[str, Any]) -> bool:
    return isinstance(part.get("additionalProperties"), dict)


def _bounds(part: Mapping[str, Any]) -> str:
    low, high = part.get("minimum"), part.get("maximum")
    if low is not None and high is not None:
        return f" from {low} to {high}"
    return f", {low} or more" if low is not None else f", at most {high}" if high is not None else ""


def _noun(noun: str) -> str:
    named = {kind.noun for kind in _VALUES}
    return f"[{noun}](values.md#{noun.replace(' ', '-')})" if noun in named else noun


def _link(name: str, owner: str) -> str:
    heading = f"{_words(name)} of {owner}" if owner else _words(name)
    return f"[{_words(name).lower()}](#{heading.lower().replace(' ', '-')})"


def _description(part: Mapping[str, Any]) -> str:
    """What the field says of itself, or what its type does."""
    inner = part.get("anyOf") or ()
    found = [part.get("description", ""), *(each.get("description", "") for each in inner)]
    return str(next(filter(None, found), ""))


def _example(part: Mapping[str, Any]) -> str:
    """An example of the field's own; those of its type stand on the page of values."""
    found = [part.get("examples"), *(each.get("examples") for each in part.get("anyOf") or ())]
    own = [examples[0] for examples in found if examples and examples not in _USUAL]
    if not own:
        return ""
    return f"`{own[0]}`" if isinstance(own[0], str) else f"`{json.dumps(own[0])}`"


def _default(value: Any) -> str:
    if value is None or isinstance(value, BaseModel) or value in ((), {}, ""):
        return ""
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    if isinstance(value, tuple | list):
        return "`[" + ", ".join(map(str, value)) + "]`"
    return f"`{getattr(value, 'value', value)}`"


# -- models


def _models(roots: Iterable[type[BaseModel]]) -> list[type[BaseModel]]:
    """The models and those in their fields, each once, in the order in which they are met."""
    found: dict[type[BaseModel], None] = {}

    def visit(model: type[BaseModel]) -> None:
        if model in found:
            return
        found[model] = None
        for field in model.model_fields.values():
            for inner in _in_annotation(field.annotation):
                visit(inner)

    for root in roots:
        visit(root)
    return list(found)


def _in_annotation(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    elif not (isinstance(annotation, type) and issubclass(annotation, Scalar | NoneType)):
        for inner in get_args(annotation):
            yield from _in_annotation(inner)


def _alias(name: str, field: Any) -> str:
    return field.validation_alias if isinstance(field.validation_alias, str) else name


def _heading(model: type[BaseModel]) -> str:
    return _words(model.__name__)


def _title(model: type[BaseModel], owner: str) -> str:
    return f"{_heading(model)} of {owner}" if owner else _heading(model)


def _words(name: str) -> str:
    """`RetryRuleModel` as `Retry rule`."""
    for suffix in _SUFFIXES:
        name = name.removesuffix(suffix) or name
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).capitalize()


def _doc(model: type[BaseModel]) -> str:
    lines = (model.__doc__ or "").strip().splitlines()
    return "\n".join(line.strip() for line in lines)


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:] + ("" if text.endswith(".") else ".")


def _text(lines: Iterable[str]) -> str:
    return "\n".join(lines) + "\n"


def main(folder: Path) -> None:
    """Write every page into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, page in reference_pages(Registry(installed_plugins())).items():
        (folder / name).write_text(page, encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "docs/reference"))
