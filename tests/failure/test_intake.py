"""What senders do: the same order many times at once, and revisions in any order."""

from __future__ import annotations

import asyncio
import json
import random
from pathlib import Path

import aiohttp
import pytest

from engine.runtime.commit_points import CommitPoint
from tests.failure.harness import Engine, Sender, assert_each_once, assert_sqlite_whole, effects, peers, running
from tests.failure.nursery import Nursery
from tests.failure.shop_workspace import write_workspace

STORM = 200

NEWEST_WINS = """
flow: orders
layer: process
summary: Only what is newer than what had an effect is booked.
owner: desk
source: {events: [shop.order, shop.signed-order]}
identity:
  business_keys: {order: number}
  idempotency: {key: number & "/" & $string(revision)}
  lane: {key: number}
  stale: {version: revision, then: discard}
steps:
  - call: erp.book
  - send: erp.notify
  - publish: order.booked
"""


async def test_a_storm_of_one_order_is_one_effect_and_one_answer(nursery: Nursery, tmp_path: Path) -> None:
    """REL-2, REL-20, ORD-5: the same order 200 times at once is answered 2xx with one id, and has its effects once."""
    write_workspace(tmp_path)
    body = json.dumps({"number": "S-1", "revision": 1}).encode()
    with peers(tmp_path) as both:
        async with running(nursery, tmp_path, both) as engine:
            connector = aiohttp.TCPConnector(limit=STORM)
            async with aiohttp.ClientSession(engine.url, connector=connector) as session:

                async def post() -> tuple[int, str]:
                    async with session.post("/hooks/open", data=body) as answer:
                        return answer.status, answer.headers["Location"]

                answers = await asyncio.gather(*(post() for _ in range(STORM)))
            await engine.settled()
        assert {status // 100 for status, _ in answers} == {2}
        assert len({location for _, location in answers}) == 1
        for peer, path in ((both.erp, "/book"), (both.erp, "/notify"), (both.crm, "/announce")):
            assert effects(peer, path) == [("S-1", 1)]


async def _shuffled(engine: Engine, sender: Sender, numbers: int, revisions: int, seed: int) -> None:
    """Every revision of every number, in no order, many at once."""
    orders = [(f"R-{number}", revision) for number in range(numbers) for revision in range(1, revisions + 1)]
    random.Random(seed).shuffle(orders)
    async with aiohttp.ClientSession() as session, asyncio.TaskGroup() as group:
        for number, revision in orders:
            group.create_task(sender.post(session, number, revision))


def _assert_newest_won(found: list[tuple[str, int]], newest: dict[str, int], path: str) -> None:
    assert_each_once(found, set(found), path)  # no revision twice, and none after a newer one
    assert dict(found) == newest, path


async def test_revisions_out_of_order_never_overwrite_a_newer_one(nursery: Nursery, tmp_path: Path) -> None:
    """REL-4: with a stale guard the newest revision wins, whatever the order they come in."""
    write_workspace(tmp_path, flows__orders=NEWEST_WINS)
    with peers(tmp_path, seed=3, drops=0.1) as both:
        async with running(nursery, tmp_path, both) as engine:
            sender = Sender(engine.url)
            await _shuffled(engine, sender, numbers=10, revisions=8, seed=3)
            await engine.settled()
        newest = {f"R-{number}": 8 for number in range(10)}
        for peer, path in ((both.erp, "/book"), (both.erp, "/notify"), (both.crm, "/announce")):
            _assert_newest_won(effects(peer, path), newest, path)
        assert_sqlite_whole(tmp_path)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(6))
async def test_the_newest_wins_through_kills_too(nursery: Nursery, tmp_path: Path, seed: int) -> None:
    """REL-4, REL-24: as above, killed somewhere in the middle."""
    chance = random.Random(seed)
    write_workspace(tmp_path, flows__orders=NEWEST_WINS)
    with peers(tmp_path, seed=seed, drops=0.1) as both:
        engine = Engine(nursery, tmp_path, both)
        sender = Sender(engine.url)
        point = chance.choice([point for point in CommitPoint if not point.value.endswith("rescue")])
        await engine.start(kill=f"{point.value}:{chance.randint(1, 30)}")
        async with asyncio.TaskGroup() as group:
            group.create_task(_shuffled(engine, sender, numbers=10, revisions=8, seed=seed))
            await engine.died()
            await engine.start()
        await engine.settled()
        await engine.kill()
        newest = {f"R-{number}": 8 for number in range(10)}
        for peer, path in ((both.erp, "/book"), (both.erp, "/notify"), (both.crm, "/announce")):
            _assert_newest_won(effects(peer, path), newest, path)
