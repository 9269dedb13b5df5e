"""Who owns which field of which entity, as a matrix: a row for each field, a column for each system or role."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from engine.catalogue.catalogue import Catalogue
from engine.contracts.lifecycle import Lifecycle


@dataclass(frozen=True, slots=True)
class OwnershipRow:
    """A field, the team behind it, and what each system is to it: `owns`, `writes`, `is told`."""

    field: str
    steward: str
    cells: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class OwnershipMatrix:
    """The matrix of one entity."""

    entity: str
    columns: tuple[str, ...]
    rows: tuple[OwnershipRow, ...]


def ownership_of(catalogue: Catalogue) -> tuple[OwnershipMatrix, ...]:
    """The matrices of the entities that have a life cycle."""
    found = ((entity, catalogue.contracts.lifecycle(entity)) for entity in catalogue.contracts.entities)
    return tuple(_matrix(entity, lifecycle) for entity, lifecycle in found if lifecycle is not None)


def _matrix(entity: str, lifecycle: Lifecycle) -> OwnershipMatrix:
    columns: dict[str, None] = {}
    rows = []
    for field, owner in lifecycle.owners.items():
        cells = dict.fromkeys(owner.subscribers, "is told")
        cells |= dict.fromkeys(owner.writers, "writes")
        cells[owner.owner] = "owns"
        columns |= dict.fromkeys(cells)
        rows.append(OwnershipRow(field, owner.steward, cells))
    return OwnershipMatrix(entity, tuple(sorted(columns)), tuple(rows))
