"""The names that a workspace has, read from its files as they are written: also while some of them are broken."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any

from engine.config.files import WORKSPACE_FILE, Bundle
from engine.config.findings import Findings
from engine.config.yaml import load_yaml
from engine.contracts.codes import CodeTables
from engine.fields.json_schema import NameKind
from engine.plugin import Registry
from engine.policy.error_classes import ERROR_CLASSES
from engine.policy.retry import BUILT_IN

_OF_SYSTEMS: tuple[NameKind, ...] = ("events", "operations", "mappings")
_MILESTONE = re.compile(r"[a-z0-9-]+")


@dataclass(frozen=True, slots=True)
class Names:
    """The names of each kind, sorted. `others` are patterns of further names, where not all can be listed."""

    by_kind: Mapping[NameKind, tuple[str, ...]]
    others: Mapping[NameKind, str] = field(default_factory=dict)

    def of(self, kind: NameKind) -> tuple[str, ...]:
        """The names of one kind."""
        return self.by_kind.get(kind, ())


def names_of(bundle: Bundle, registry: Registry) -> Names:
    """The names in a workspace's files."""
    reading = _Reading(bundle)
    workspace = reading.document(WORKSPACE_FILE)
    for file in bundle.systems:
        reading.system(file)
    for file in bundle.flows:
        reading.flow(file)
    codes, _ = CodeTables.survey(bundle.files)
    milestones = {name for file in bundle.canonical for name in _milestones(reading.document(file))}
    found: dict[NameKind, set[str]] = {
        "code tables": {table.name for table in codes},
        "codecs": set(registry.codecs),
        "connectors": set(registry.connectors),
        "entities": set(_entities(bundle)),
        "error classes": set(ERROR_CLASSES),
        "events": reading.events,
        "flows": {PurePosixPath(file).stem for file in bundle.flows},
        "mappings": reading.events | reading.operations,
        "milestones": milestones | reading.milestones,
        "operations": reading.operations,
        "operations of any system": {name.partition(".")[2] for name in reading.operations},
        "retry policies": {*_keys(workspace, "retry"), *BUILT_IN} if workspace else set(),
        "systems": {PurePosixPath(file).stem for file in bundle.systems},
        "teams": _keys(workspace, "teams"),
        "topics": reading.topics,
    }
    others: dict[NameKind, str] = {}
    if codes.aliases:
        others["code tables"] = _any_of(codes.aliases, "$")
    if reading.unread:
        others |= dict.fromkeys(_OF_SYSTEMS, _any_of(reading.unread, r"\."))
    return Names({kind: tuple(sorted(names)) for kind, names in found.items()}, others)


def _any_of(names: Iterable[str], end: str) -> str:
    return f"^({'|'.join(sorted(map(re.escape, names)))}){end}"


@dataclass(slots=True)
class _Reading:
    """Reads file by file; what cannot be read is passed over, for lint tells of it."""

    bundle: Bundle
    events: set[str] = field(default_factory=set)
    operations: set[str] = field(default_factory=set)
    topics: set[str] = field(default_factory=set)
    milestones: set[str] = field(default_factory=set)
    unread: set[str] = field(default_factory=set)

    def document(self, file: str) -> Mapping[str, Any]:
        """A file's mapping; empty when it is none, or not wholly readable."""
        findings = Findings()
        node = load_yaml(self.bundle.read(file), file, findings) if file in self.bundle else None
        readable = node is not None and not findings.has_errors and isinstance(node.value, dict)
        return node.value if node is not None and readable else {}

    def system(self, file: str) -> None:
        name, document = PurePosixPath(file).stem, self.document(file)
        if not document:
            self.unread.add(name)
        self.events |= {f"{name}.{event}" for event in _keys(document, "events")}
        self.operations |= {f"{name}.{operation}" for operation in _keys(document, "operations")}

    def flow(self, file: str) -> None:
        for key, value in _pairs(self.document(file)):
            if key in ("publish", "wire_tap", "topic") and isinstance(value, str):
                self.topics.add(str(value))
            elif key == "topics" and isinstance(value, list):
                self.topics |= {str(topic) for topic in value if isinstance(topic, str)}
            elif key == "milestone" and isinstance(value, str) and _MILESTONE.fullmatch(value):
                self.milestones.add(str(value))


def _keys(document: Mapping[str, Any], key: str) -> set[str]:
    below = document.get(key)
    return {str(name) for name in below} if isinstance(below, dict) else set()


def _pairs(value: Any) -> Iterator[tuple[str, Any]]:
    """Every key of a document with its value, however deep."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield str(key), item
            yield from _pairs(item)
    elif isinstance(value, list):
        for item in value:
            yield from _pairs(item)


def _entities(bundle: Bundle) -> Iterator[str]:
    for file in bundle.canonical:
        path = PurePosixPath(file)
        if path.stem.isdecimal():
            yield f"{path.parent.name}/{path.stem}"


def _milestones(document: Mapping[str, Any]) -> Iterator[str]:
    listed = document.get("milestones")
    for each in listed if isinstance(listed, list) else ():
        if isinstance(each, dict) and isinstance(each.get("milestone"), str):
            yield str(each["milestone"])
