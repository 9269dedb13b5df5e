"""Killed at every commit point, and again while it recovers, an engine loses nothing and does nothing twice.

The peers' ledgers are the proof: they count effects, whatever the engine believes.
"""

from __future__ import annotations

import asyncio
import random
from pathlib import Path

import pytest

from engine.runtime.commit_points import CommitPoint
from tests.failure.harness import Engine, Peers, Sender, assert_effects, assert_sqlite_whole, peers
from tests.failure.nursery import Nursery
from tests.failure.shop_workspace import write_workspace

RECOVERY = (
    CommitPoint.BEFORE_RESCUE,
    CommitPoint.AFTER_RESCUE,
    CommitPoint.BEFORE_CLAIM,
    CommitPoint.AFTER_CLAIM,
    CommitPoint.BEFORE_SETTLE,
    CommitPoint.AFTER_SETTLE,
    CommitPoint.BEFORE_REQUEST,
    CommitPoint.AFTER_REPLY,
)
"""Where a start that takes up what a killed process left can be killed too."""

ONCE = frozenset({CommitPoint.BEFORE_RESCUE, CommitPoint.AFTER_RESCUE})
"""Points that a young process passes once."""


class Kills:
    """Rounds of kills on one store, under load."""

    def __init__(self, engine: Engine, chance: random.Random) -> None:
        self._engine = engine
        self._chance = chance
        self.good = Sender(engine.url)
        self.refused = Sender(engine.url)
        self._rounds = 0

    async def round(self, point: CommitPoint, *again: CommitPoint, numbers: int = 6, revisions: int = 3) -> None:
        """Start to die at `point` under load, die again at each of `again` while recovering, then run on to the end."""
        self._rounds += 1
        prefix = f"K{self._rounds}"
        await self._engine.start(kill=self._nth(point, 12))
        async with asyncio.TaskGroup() as group:
            ended = asyncio.Event()
            group.create_task(self.good.load_until(prefix, numbers, revisions, ended))
            group.create_task(self.refused.load(f"{prefix}U", 1, 2, refused=True))
            await self._engine.died()
            for other in again:
                await self._engine.start(kill=self._nth(other, 2))
                await self._engine.died()
            ended.set()
            await self._engine.start()
        await self._engine.settled()
        await self._engine.kill()

    def _nth(self, point: CommitPoint, most: int) -> str:
        return f"{point.value}:{1 if point in ONCE else self._chance.randint(1, most)}"

    def check(self, both: Peers) -> None:
        assert_effects(both, self.good, self.refused)
        assert_sqlite_whole(self._engine.folder, dead=len(self.refused.ids))


async def test_killed_at_every_commit_point_each_order_has_its_effects_once(nursery: Nursery, tmp_path: Path) -> None:
    """REL-2, REL-12, REL-24, ORD-5, ORD-6: one store is killed at every point in turn, and each time in recovery."""
    chance = random.Random(1)
    write_workspace(tmp_path)
    with peers(tmp_path, seed=1, drops=0.1) as both:
        kills = Kills(Engine(nursery, tmp_path, both), chance)
        for index, point in enumerate(CommitPoint):
            await kills.round(point, RECOVERY[index % len(RECOVERY)], numbers=4, revisions=2)
        kills.check(both)


@pytest.mark.long
@pytest.mark.timeout(300)
@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("point", CommitPoint)
async def test_killed_under_load_and_twice_in_recovery(
    nursery: Nursery, tmp_path: Path, point: CommitPoint, seed: int
) -> None:
    """REL-24: sixty rounds, each on a store of its own, killed under load and twice more while it recovers."""
    chance = random.Random(f"{point}/{seed}")
    write_workspace(tmp_path)
    with peers(tmp_path, seed=seed, drops=0.2) as both:
        kills = Kills(Engine(nursery, tmp_path, both), chance)
        await kills.round(point, chance.choice(RECOVERY), chance.choice(RECOVERY), numbers=12, revisions=4)
        kills.check(both)
