"""Where a workspace's store is, and how it is opened and moved forward."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit

from engine.app.checks import check
from engine.clock import Clock
from engine.config.redactor import without_password
from engine.errors import ConfigurationError, StoreIncompatible
from engine.flow.compiled import Revision
from engine.store.protocol import MessageStore
from engine.store.sqlite import migrate_sqlite, open_sqlite

try:
    from engine.store import postgres
except ModuleNotFoundError:  # the driver is an extra
    postgres = None  # type: ignore[assignment]

STATE_FOLDER = ".crossdock"
SEAT = "seat"


@dataclass(frozen=True, slots=True)
class StorePlace:
    """Where a workspace's store is: `sqlite` with a file, or `postgres` with an address and a schema."""

    kind: str
    path: Path | None
    url: str
    schema: str
    workspace: str


def store_place(folder: Path, revision: Revision, override: str | None = None) -> StorePlace:
    """The store of a workspace. Raises StoreIncompatible for an address of another kind."""
    declared = revision.workspace.store
    url = override or declared.url
    scheme = urlsplit(url).scheme
    name = revision.workspace.name
    if scheme == "sqlite":
        return StorePlace("sqlite", (folder / url.removeprefix("sqlite:")).resolve(), url, "", name)
    if scheme in ("postgresql", "postgres"):
        return StorePlace("postgres", None, url, declared.schema_name, name)
    shown = without_password(url)
    raise StoreIncompatible(f"expected a store such as 'sqlite:PATH' or 'postgresql://…', got '{shown}'")


def state_folder(folder: Path, place: StorePlace) -> Path:
    """Where the control socket and the stand-ins' states lie: beside the store."""
    return place.path.parent if place.path is not None else folder.resolve() / STATE_FOLDER


async def open_store(place: StorePlace, clock: Clock, *, state: Path | None = None) -> MessageStore:
    """Open a workspace's store. Raises StoreLocked, StoreIncompatible or StoreUnavailable.

    `state` is the state folder, made when it is not there, of a process that is going to run from it.
    """
    if place.path is not None:
        return await open_sqlite(place.path, workspace=place.workspace, clock=clock)
    seat = state / SEAT if state is not None else None
    store: MessageStore = await _postgres().open_postgres(
        place.url, schema=place.schema, workspace=place.workspace, clock=clock, seat=seat
    )
    return store


async def migrate_store(folder: Path, *, store: str | None = None) -> tuple[int, ...]:
    """Move a workspace's store forward to this program; returns the versions added."""
    revision, findings = check(folder, complete=False)
    if revision is None:
        raise ConfigurationError(findings.errors)
    place = store_place(folder, revision, store)
    if place.path is not None:
        return await migrate_sqlite(place.path, workspace=place.workspace)
    added: tuple[int, ...] = await _postgres().migrate_postgres(
        place.url, schema=place.schema, workspace=place.workspace
    )
    return added


def _postgres() -> Any:
    """The PostgreSQL store; its driver is an extra. Raises StoreIncompatible when that is not installed."""
    if postgres is None:
        raise StoreIncompatible("the PostgreSQL store needs its driver: pip install 'crossdock[postgres]'")
    return cast(Any, postgres)
