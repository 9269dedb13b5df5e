"""Who owns which field of an entity: the one system whose word counts, and the people who answer for it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

Foreign = Literal["refuse", "park", "propose"]
"""What becomes of a change by somebody who may not write the field: refused, parked for the steward, or sent to the
owner as a proposal."""

FATES: tuple[Foreign, ...] = ("refuse", "park", "propose")
"""The strictest first."""

EVERYTHING = "*"
"""The path that owns every field without an owner of its own."""

_INDEX = re.compile(r"\[[0-9]+\]")
_LAST_STEP = re.compile(r"(\[\]|\[\"(?:[^\"\\]|\\.)*\"\]|\.?[^.\[\]]+)$")


@dataclass(frozen=True, slots=True)
class Owner:
    """`owner` is a system, or a role of the workspace such as `channel`; `steward` the team behind it.

    `writers` may change the field, the owner always among them; `subscribers` want to hear of changes; `foreign` says
    what becomes of a change by anybody else.
    """

    owner: str
    steward: str
    writers: tuple[str, ...] = ()
    subscribers: tuple[str, ...] = ()
    foreign: Foreign = "refuse"


@dataclass(frozen=True, slots=True)
class ForeignField:
    """A field of a document that its sender may not write."""

    path: str
    owner: Owner


@dataclass(frozen=True, slots=True)
class Ownership:
    """The owners of one entity's fields, by path: `lines[].shipFrom`; an owner of `lines` owns all below it too."""

    by_path: Mapping[str, Owner]

    def of(self, path: str) -> Owner | None:
        """The owner of `lines[0].quantity.value`: of that path, else of the nearest path above it, else None."""
        general = _INDEX.sub("[]", path)
        while general:
            if general in self.by_path:
                return self.by_path[general]
            general = _LAST_STEP.sub("", general)
        return self.by_path.get(EVERYTHING)

    def own(self, path: str) -> Owner | None:
        """The owner that is named for this very path; `*` names one for every field of the document itself."""
        found = self.by_path.get(path)
        if found is None and "." not in path and "[" not in path:
            found = self.by_path.get(EVERYTHING)
        return found

    def owner_of(self, path: str) -> str | None:
        """The steward and the system of a field, as a violation names them: `order-desk (shop)`."""
        owner = self.of(path)
        return f"{owner.steward} ({owner.owner})" if owner is not None else None

    def may_write(self, system: str, path: str, roles: frozenset[str] = frozenset()) -> bool:
        """Whether a change of the field may come from `system`, which plays `roles`; of an unowned field it may not."""
        owner = self.of(path)
        return owner is not None and not roles.union((system,)).isdisjoint((owner.owner, *owner.writers))

    def foreign_fields(self, document: Any, system: str, roles: frozenset[str]) -> Iterator[ForeignField]:
        """The owned fields of a document that its sender may not write, each path once, outermost first."""
        told: set[str] = set()
        for path in _paths(document):
            owner = self.own(path)
            if owner is not None and path not in told and not self.may_write(system, path, roles):
                told.add(path)
                yield ForeignField(path, owner)


def _paths(value: Any, above: str = "") -> Iterator[str]:
    """The paths of a document's fields, as owners are named: `lines`, `lines[].shipFrom`."""
    if isinstance(value, Mapping):
        for name, inner in value.items():
            path = f"{above}.{name}" if above else str(name)
            yield path
            yield from _paths(inner, path)
    elif isinstance(value, list):
        for inner in value:
            yield from _paths(inner, f"{above}[]")


@dataclass(frozen=True, slots=True)
class Writer:
    """Somebody who writes documents of an entity: a system, which plays `roles`. What an entity is named by, its
    `identifying` fields, everybody says."""

    system: str
    entity: str
    roles: frozenset[str]
    ownership: Ownership
    identifying: frozenset[str]

    @property
    def fates(self) -> frozenset[Foreign]:
        """What may become of this system's documents; nothing where it may write every field."""
        return frozenset(
            owner.foreign
            for path, owner in self.ownership.by_path.items()
            if path not in self.identifying and not self.ownership.may_write(self.system, path, self.roles)
        )

    def foreign(self, document: Any) -> tuple[ForeignField, ...]:
        """The fields of a document that the system may not write."""
        found = self.ownership.foreign_fields(document, self.system, self.roles)
        return tuple(field for field in found if field.path not in self.identifying)


def fate_of(fields: Iterable[ForeignField]) -> Foreign | None:
    """What becomes of a document with these fields: it is refused if one of them is, else parked, else proposed."""
    fates = {field.owner.foreign for field in fields}
    return next((fate for fate in FATES if fate in fates), None)
