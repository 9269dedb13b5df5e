"""The pages of canonical entities: fields, their counterparts in other standards, and their ways through systems."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from engine.catalogue.catalogue import Catalogue
from engine.catalogue.fields import counterparts_of, fields_of
from engine.catalogue.lineage import Lineage
from engine.contracts.registry import Contract

STANDARDS = ("ubl", "x12", "schema.org")


def entity_page(catalogue: Catalogue, entity: str, lineage: Lineage) -> Mapping[str, Any]:
    """What the page of an entity shows: the newest version first."""
    versions = [catalogue.contracts.get(f"{entity}/{number}") for number in catalogue.contracts.versions(entity)]
    newest = versions[-1]
    document = newest.schema.document
    lifecycle = catalogue.contracts.lifecycle(entity)
    return {
        "name": entity,
        "title": document.get("title", entity),
        "summary": document.get("description", ""),
        "maps": counterparts_of(newest),
        "versions": [_version(catalogue, contract, lineage) for contract in reversed(versions)],
        "lifecycle": lifecycle,
        "ownership": lifecycle.ownership if lifecycle is not None else None,
    }


def _version(catalogue: Catalogue, contract: Contract, lineage: Lineage) -> Mapping[str, Any]:
    return {
        "name": contract.name,
        "file": contract.file,
        "fields": list(fields_of(contract, catalogue.contracts)),
        "lineage": lineage.of_entity(contract.name),
        "made_by": sorted({flow.interface for flow in lineage.into if flow.entity == contract.name}),
        "given_to": sorted({flow.interface for flow in lineage.out if flow.entity == contract.name}),
    }


def entity_rows(catalogue: Catalogue) -> Iterator[Mapping[str, Any]]:
    """The entities with what they are called elsewhere."""
    for entity in catalogue.contracts.entities:
        newest = catalogue.contracts.get(f"{entity}/{catalogue.contracts.versions(entity)[-1]}")
        yield {
            "name": entity,
            "versions": catalogue.contracts.versions(entity),
            "summary": newest.schema.document.get("description", ""),
            "maps": counterparts_of(newest),
        }
