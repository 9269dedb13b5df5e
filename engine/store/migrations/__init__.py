"""The stores' schemas as numbered steps; a store's `meta` table says how far it has come."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files

from engine.errors import StoreIncompatible


@dataclass(frozen=True, slots=True)
class Migration:
    """One step: the version that it leads to, its name and its SQL."""

    version: int
    name: str
    sql: str


def migrations(dialect: str) -> tuple[Migration, ...]:
    """The steps of a dialect in their order, from `NNNN_name.sql`."""
    folder = files("engine.store") / "migrations" / dialect
    found = [entry for entry in folder.iterdir() if entry.name.endswith(".sql")]
    return tuple(
        Migration(int(entry.name[:4]), entry.name[5:-4], entry.read_text(encoding="utf-8"))
        for entry in sorted(found, key=lambda entry: entry.name)
    )


def missing_steps(dialect: str, version: int) -> tuple[Migration, ...]:
    """What a store of that version lacks."""
    return tuple(step for step in migrations(dialect) if step.version > version)


def check_meta(store: str, dialect: str, meta: Mapping[str, str], workspace: str) -> None:
    """Refuse a store that is newer, older, or another workspace's (StoreIncompatible)."""
    newest = migrations(dialect)[-1].version
    version = int(meta["schema"])
    if version > newest:
        raise StoreIncompatible(
            f"{store}: the store's schema is {version}, this program knows up to {newest}; run a newer crossdock"
        )
    if version < newest:
        raise StoreIncompatible(
            f"{store}: the store's schema is {version}, this program needs {newest}; run 'crossdock migrate' first"
        )
    if meta["workspace"] != workspace:
        raise StoreIncompatible(
            f"{store}: the store belongs to the workspace '{meta['workspace']}', not to '{workspace}'"
        )
