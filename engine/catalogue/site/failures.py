"""What can go wrong and what people do about it: error classes, the systems' rules, and runbooks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from engine.catalogue.catalogue import Catalogue
from engine.config.models.governance import RunbookModel
from engine.policy.error_classes import ERROR_CLASSES, ErrorClass


@dataclass(frozen=True, slots=True)
class ErrorRow:
    """A rule by which a system's reply becomes an error of the class."""

    system: str
    when: str
    reason: str
    owner: str


@dataclass(frozen=True, slots=True)
class ErrorPage:
    """One error class with the rules that lead to it and the runbooks for it."""

    error: ErrorClass
    rows: tuple[ErrorRow, ...]
    runbooks: tuple[tuple[str, RunbookModel], ...]


def failures_of(catalogue: Catalogue) -> Iterator[ErrorPage]:
    """Every error class, in the order in which they are declared."""
    runbooks = catalogue.revision.workspace.runbooks
    for name, error in ERROR_CLASSES.items():
        rows = tuple(
            ErrorRow(system.name, str(rule.when), rule.reason or "", rule.owner or system.model.owner or "")
            for system in catalogue.revision.systems.values()
            for rule in system.model.errors
            if rule.error_class == name
        )
        yield ErrorPage(error, rows, tuple(pair for pair in runbooks.items() if name in pair[1].classes))
