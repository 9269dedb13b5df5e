"""Whatever happens in whatever order: one message of a lane at a time, in order, and nobody forgotten."""

from __future__ import annotations

import asyncio
import random
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from store_harness import (
    T0,
    Harness,
    dead,
    event,
    new,
    order,
    parked,
    postgres_is_missing,
    put,
    retry,
    settle,
    wait_for,
)

from engine.message import Lease, State
from engine.outcome import Completed, Deferred, Discarded, Outcome
from engine.store.store import OperationStore

LANES = ("a\x1f1", "a\x1f2")
HELD_AND_RESENT = [(0, 0)] * 12 + [(4, 29), (9, 3), (9, 2)]
"""A head dies and holds its lane, a later message of the lane is discarded, and the head is resent."""
MOVES = st.lists(st.tuples(st.integers(0, 10), st.integers(0, 10_000)), min_size=15, max_size=60)


@dataclass(frozen=True)
class Row:
    """A message as the database holds it."""

    id: int
    lane: str
    state: str
    position: int
    blocks: bool
    eligible: bool
    overtakes: bool


def expected_eligible(lane: list[Row]) -> set[int]:
    """The rule of docs/state-machine.md, said once more and simply."""
    blocking = sorted((row for row in lane if row.blocks), key=lambda row: row.position)
    running = {row.id for row in blocking if row.state == "running"}
    assert len(running) <= 1, "two messages of a lane run at once"
    if running or not blocking:
        return running
    wanted = {blocking[0].id}
    if blocking[0].state == "parked":
        wanted |= {row.id for row in [row for row in blocking if row.overtakes and row.state != "parked"][:1]}
    return wanted


class World:
    """A store, the leases that are held, and random moves."""

    def __init__(self, harness: Harness, store: OperationStore) -> None:
        self.harness = harness
        self.store = store
        self.held: list[Lease] = []
        self.now = T0

    async def move(self, kind: int, seed: int) -> None:
        pick = random.Random(seed)
        if kind <= 2:
            await self.append(pick)
        elif kind == 3:
            works = await self.store.claim(pick.choice(("flow:a", "flow:b")), pick.randrange(1, 4))
            self.held += [work.lease for work in works]
        elif kind <= 6:
            if not self.held:
                return
            await self.settle(self.held.pop(pick.randrange(len(self.held))), pick)
        elif kind == 7:
            self.now += 5
            await self.store.promote(self.now)
        elif kind == 8:
            await put(self.store, event(f"K{pick.randrange(2)}"))
        else:
            await self.order(pick)

    async def append(self, pick: random.Random) -> None:
        messages = [
            new(
                pick.choice(("flow:a", "flow:b")),
                lane=pick.choice(LANES),
                overtakes=pick.random() < 0.3,
                not_before=T0 if pick.random() < 0.1 else None,
            )
            for _ in range(pick.randrange(1, 3))
        ]
        results = await put(self.store, *messages, lease=tuple(pick.random() < 0.5 for _ in messages))
        self.held += [result.lease for result in results if result.lease is not None]

    async def settle(self, lease: Lease, pick: random.Random) -> None:
        key = f"K{pick.randrange(2)}"
        outcomes: list[Outcome | None] = [
            Completed(),
            Completed(),
            retry(self.now + 5),
            Deferred(self.now + 5, "breaker"),
            parked(),
            parked(wait=wait_for(key, lease.message_id)),
            parked(frees_lane=True),
            parked(frees_lane=True, wait=wait_for(key, lease.message_id)),
            dead(),
            dead(holds_lane=True),
            Discarded("r"),
            None,
        ]
        outcome = pick.choice(outcomes)
        if outcome is None:
            await self.store.give_back((lease,))
            return
        outputs = (new("flow:b", lane=pick.choice(LANES), step="s"),) if pick.random() < 0.2 else ()
        await settle(self.store, lease, outcome, outputs=outputs)

    async def order(self, pick: random.Random) -> None:
        rows = await self.rows()
        if not rows:
            return
        outcome = Discarded("r") if pick.random() < 0.3 else None
        target = pick.choice(rows)
        allowed = [state for state in State if state is not State.RUNNING and state is not State.COMPLETED]
        if outcome is not None:
            allowed.remove(State.DISCARDED)
        await order(self.store, target.id, *allowed, outcome=outcome)

    async def rows(self) -> list[Row]:
        found = await self.harness.execute(
            "SELECT id, lane, state, position, blocks, eligible, overtakes FROM message "
            "WHERE lane IS NOT NULL ORDER BY id"
        )
        return [Row(row[0], row[1], row[2], row[3], *map(bool, row[4:])) for row in found]

    async def check(self) -> None:
        lanes: dict[str, list[Row]] = defaultdict(list)
        for row in await self.rows():
            lanes[row.lane].append(row)
        for lane in lanes.values():
            assert {row.id for row in lane if row.eligible and row.state != "parked"} == {
                row.id for row in lane if row.id in expected_eligible(lane) and row.state != "parked"
            }

    async def finish(self) -> None:
        """Let everything go: nobody is forgotten in a lane."""
        for _ in range(200):
            for lease in self.held:
                await settle(self.store, lease)
            self.now += 10
            await self.store.promote(self.now)
            works = [work for channel in ("flow:a", "flow:b") for work in await self.store.claim(channel, 10)]
            self.held = [work.lease for work in works]
            stuck = [row for row in await self.rows() if row.state == "parked" or (row.state == "dead" and row.blocks)]
            if not works and not stuck:
                break
            for row in stuck:
                await order(self.store, row.id, outcome=Discarded("end"))
        assert {row.state for row in await self.rows()} <= {"completed", "discarded", "dead"}


async def live(harness: Harness, moves: list[tuple[int, int]]) -> None:
    try:
        world = World(harness, await harness.open())
        for kind, seed in moves:
            await world.move(kind, seed)
            await world.check()
        await world.finish()
    finally:
        await harness.close()


QUIET: dict[str, Any] = {
    "deadline": None,
    "suppress_health_check": [HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
}


@given(moves=MOVES)
@example(moves=HELD_AND_RESENT)
@settings(max_examples=40, **QUIET)
def test_lane_rules_hold_on_sqlite(tmp_path_factory: pytest.TempPathFactory, moves: list[tuple[int, int]]) -> None:
    """REL-8, REL-9."""
    asyncio.run(live(Harness("sqlite", Path(tmp_path_factory.mktemp("lanes"))), moves))


@given(moves=MOVES)
@example(moves=HELD_AND_RESENT)
@settings(max_examples=8, **QUIET)
def test_lane_rules_hold_on_postgres(tmp_path_factory: pytest.TempPathFactory, moves: list[tuple[int, int]]) -> None:
    """REL-8, REL-9."""
    missing = asyncio.run(postgres_is_missing())
    if missing is not None:
        pytest.skip(missing)
    asyncio.run(live(Harness("postgres", Path(tmp_path_factory.mktemp("lanes"))), moves))
