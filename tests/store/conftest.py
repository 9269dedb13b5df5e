"""Every contract test runs on SQLite and on PostgreSQL."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from store_harness import Harness, postgres_is_missing

from engine.store.store import OperationStore


@pytest.fixture(params=["sqlite", "postgres"])
async def harness(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Harness]:
    if request.param == "postgres":
        missing = await postgres_is_missing()
        if missing is not None:
            pytest.skip(missing)
    harness = Harness(request.param, tmp_path)
    yield harness
    await harness.close()


@pytest.fixture
async def store(harness: Harness) -> OperationStore:
    return await harness.open()


@pytest.fixture
async def sqlite(tmp_path: Path) -> AsyncIterator[Harness]:
    harness = Harness("sqlite", tmp_path)
    yield harness
    await harness.close()


@pytest.fixture
async def postgres(tmp_path: Path) -> AsyncIterator[Harness]:
    missing = await postgres_is_missing()
    if missing is not None:
        pytest.skip(missing)
    harness = Harness("postgres", tmp_path)
    yield harness
    await harness.close()
