"""Who owns which field of an entity: the one system whose word counts, and the people who answer for it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

Foreign = Literal["refuse", "park", "propose"]
"""What becomes of a change by somebody who may not write the field: refused, parked for the steward, or sent to the
owner as a proposal."""

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
