"""The kills on PostgreSQL. Each start ends the leases of the process that died before it: no round waits a minute."""

from __future__ import annotations

import asyncio
import os
import random
import uuid
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest

from engine.runtime.commit_points import CommitPoint
from tests.failure.harness import Engine, Peers, Sender, assert_effects, assert_postgres_whole, peers
from tests.failure.nursery import Nursery
from tests.failure.shop_workspace import write_workspace

DSN = os.environ.get("CROSSDOCK_TEST_POSTGRES", "postgresql://postgres@127.0.0.1:5432/test")
POINTS = tuple(point for point in CommitPoint if not point.value.endswith("rescue"))


@pytest.fixture
async def schema() -> AsyncIterator[str]:
    """A schema of its own, gone afterwards."""
    try:
        connection = await asyncpg.connect(DSN, timeout=5)
    except (OSError, asyncpg.PostgresError, TimeoutError) as error:
        pytest.skip(f"no PostgreSQL at {DSN}: {error}")
    name = f"failure-{uuid.uuid4().hex[:12]}"
    yield name
    await connection.execute(f'DROP SCHEMA IF EXISTS "{name}" CASCADE')
    await connection.close()


async def _round(engine: Engine, schema: str, both: Peers, point: CommitPoint, chance: random.Random) -> None:
    good, refused = Sender(engine.url), Sender(engine.url)
    await engine.start(kill=f"{point.value}:{chance.randint(1, 8)}")
    async with asyncio.TaskGroup() as group:
        ended = asyncio.Event()
        group.create_task(good.load_until("P", 6, 2, ended))
        group.create_task(refused.load("PU", 1, 2, refused=True))
        await engine.died()
        await engine.start(kill=f"{chance.choice(POINTS).value}:{chance.randint(1, 3)}")
        await engine.died()
        ended.set()
        await engine.start()
    await engine.settled()
    await engine.terminate()
    assert_effects(both, good, refused)
    await assert_postgres_whole(DSN, schema, dead=len(refused.ids))


async def _killed(nursery: Nursery, folder: Path, schema: str, point: CommitPoint, seed: int) -> None:
    text = (write_workspace(folder) / "flows/workspace.yaml").read_text()
    (folder / "flows/workspace.yaml").write_text(f'{text}store: {{url: "{DSN}", schema: {schema}}}\n')
    with peers(folder, seed=seed, drops=0.1) as both:
        await _round(Engine(nursery, folder, both), schema, both, point, random.Random(f"{point}/{seed}"))


@pytest.mark.parametrize("point", [CommitPoint.AFTER_APPEND, CommitPoint.AFTER_REPLY])
async def test_killed_on_postgres(nursery: Nursery, tmp_path: Path, schema: str, point: CommitPoint) -> None:
    """REL-2, REL-24: the other store holds what it was given too."""
    await _killed(nursery, tmp_path, schema, point, 1)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("point", POINTS)
async def test_killed_on_postgres_at_every_point(
    nursery: Nursery, tmp_path: Path, schema: str, point: CommitPoint, seed: int
) -> None:
    """REL-24: twenty rounds on PostgreSQL."""
    await _killed(nursery, tmp_path, schema, point, seed)
