"""What nothing refers to: mapping files, vendors' schemas and events."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel

from engine.config.files import CANONICAL_FOLDER
from engine.config.findings import Findings
from engine.config.models.steps import ValidateStep
from engine.config.yaml import load_yaml
from engine.fields.expressions import MappingRef
from engine.fields.marks import Mark
from engine.lint.context import Context
from engine.lint.sites import mapping_path

_SCHEMA_FIELDS = ("contract", "request_contract", "reply_contract")


def check_unused(context: Context) -> None:
    """XD204; silent while some file cannot be read, for that one may be the user."""
    if not context.complete:
        return
    used = set(_used_files(context))
    bundle = context.loaded.bundle
    for path in (*bundle.mappings, *bundle.schemas):
        if path not in used and not path.startswith(f"{CANONICAL_FOLDER}/"):
            context.findings.add(
                "XD204", Mark(path, 1, 1), expected="a file that something refers to", found=f"'{path}'"
            )
    taken = {name for flow in context.flows.values() for name in flow.model.source.events}
    for event in context.events():
        if event.name not in taken:
            context.findings.add(
                "XD204",
                event.system.places.key("events", event.key),
                expected="an event that some flow takes",
                found=f"'{event.name}'",
            )

    ran = {each.operation for each in context.facts.ran}
    for name, flow in context.flows.items():
        source = flow.model.source
        if source.called and name not in ran and not source.events and not source.topics and source.schedule is None:
            mark = flow.places.value("source", "called")
            context.findings.add("XD204", mark, expected="a flow that some step runs", found=f"'{name}'")


def _used_files(context: Context) -> Iterator[str]:
    bundle = context.loaded.bundle
    for system in context.systems.values():
        yield from _named(context, system.model, f"{system.folder()}/{system.model.system}")
    for flow in context.flows.values():
        yield from _named(context, flow.model, flow.folder())
    for path in bundle.sandboxes:
        node = load_yaml(bundle.read(path), path, Findings())
        folder = path.removesuffix(".sandbox.yaml")
        for text in _texts(node.value if node is not None else None):
            yield posixpath.normpath(f"{folder}/{text}")


def _named(context: Context, value: Any, folder: str) -> Iterator[str]:
    """The files that a model names, with their paths."""
    for name in _names(value):
        path = mapping_path(context.loaded.bundle, folder, name)
        if path is not None:
            yield path


def _names(value: Any) -> Iterator[str]:
    if isinstance(value, MappingRef):
        yield from [value.file] if value.file is not None else []
    elif isinstance(value, BaseModel):
        if isinstance(value, ValidateStep):
            yield str(value.validate_)
        for name in type(value).model_fields:
            inner = getattr(value, name)
            if name in _SCHEMA_FIELDS and isinstance(inner, str):
                yield inner
            yield from _names(inner)
    elif isinstance(value, dict):
        for inner in value.values():
            yield from _names(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _names(inner)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield str(value)
    elif isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _texts(inner)
