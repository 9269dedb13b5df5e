"""No stale write: what is older than what had an effect goes no further."""

from __future__ import annotations

from pathlib import Path

from engine.message import State
from tests.workspaces import ANNA, flow, running

CALL = "- call: erp.create"


def stale(then: str = "discard") -> str:
    return f"{{lane: {{key: $string(number)}}, stale: {{version: revision, then: {then}}}}}"


async def test_an_older_version_is_discarded_with_both_versions_in_the_reason(tmp_path: Path) -> None:
    """REL-4, promise 5."""
    async with running(tmp_path, flow(CALL, identity=stale())) as run:
        await run.sent({"number": 1, "revision": 10})
        found = await run.sent({"number": 1, "revision": 9}, State.DISCARDED)
        failure = (await run.message(found)).failure or {}
        assert failure["reason"] == "stale"
        assert failure["detail"] == "version 9 is older than 10, which had an effect"
        assert len(run.peer.asked) == 1


async def test_an_older_version_is_parked_or_dead_where_the_flow_says_so(tmp_path: Path) -> None:
    for then, state in (("park", State.PARKED), ("dead", State.DEAD)):
        async with running(tmp_path / then, flow(CALL, identity=stale(then))) as run:
            await run.sent({"number": 1, "revision": 2})
            found = await run.sent({"number": 1, "revision": 1}, state)
            message = await run.message(found)
            assert (message.parked or message.failure or {})["reason"] == "stale"


async def test_an_equal_version_and_another_lane_pass(tmp_path: Path) -> None:
    """Promise 5."""
    async with running(tmp_path, flow(CALL, identity=stale())) as run:
        await run.sent({"number": 1, "revision": 2})
        await run.sent({"number": 1, "revision": 2, "again": True})
        await run.sent({"number": 2, "revision": 1})


async def test_the_same_message_always_passes(tmp_path: Path) -> None:
    """Promise 5: its own mark does not stop it on its way."""
    async with running(tmp_path, flow("- call: erp.create\n- call: erp.note", identity=stale(), retry="quick")) as run:
        run.peer.answers["/note"] = [503, 503]
        await run.sent({"number": 1, "revision": 2})


async def test_a_message_without_effect_leaves_no_mark(tmp_path: Path) -> None:
    """The mark is written with the first effect."""
    async with running(tmp_path, flow("- filter: amount > 5\n- call: erp.create", identity=stale())) as run:
        await run.sent({"number": 1, "revision": 5, "amount": 1}, State.DISCARDED)
        await run.sent({"number": 1, "revision": 4, "amount": 9})


async def test_the_mark_is_durable_with_the_first_effect_and_over_restarts(tmp_path: Path) -> None:
    files = flow("- call: erp.create\n- call: erp.note", identity=stale())
    async with running(tmp_path, files) as run:
        run.peer.answers["/note"] = [400]
        await run.sent({"number": 1, "revision": 5}, State.DEAD)
    async with running(tmp_path, files) as run:
        await run.sent({"number": 1, "revision": 4}, State.DISCARDED)


async def test_a_person_can_force_an_older_one_and_the_newer_mark_stays(tmp_path: Path) -> None:
    """Promise 5, REL-22."""
    async with running(tmp_path, flow(CALL, identity=stale())) as run:
        await run.sent({"number": 1, "revision": 5})
        found = await run.sent({"number": 1, "revision": 3}, State.DISCARDED)
        await run.commands.reprocess(found, ANNA)
        await run.is_in(found, State.DISCARDED)
        await run.commands.reprocess(found, ANNA, force=True)
        await run.is_in(found, State.COMPLETED)
        assert [body["revision"] for body in run.peer.bodies("/create")] == [5, 3]
        await run.sent({"number": 1, "revision": 4}, State.DISCARDED)


async def test_texts_compare_as_texts(tmp_path: Path) -> None:
    async with running(tmp_path, flow(CALL, identity=stale())) as run:
        await run.sent({"number": 1, "revision": "2026-01-02T00:00:00Z"})
        await run.sent({"number": 1, "revision": "2026-01-01T00:00:00Z"}, State.DISCARDED)
        await run.sent({"number": 1, "revision": "2026-01-03T00:00:00Z"})


async def test_long_numbers_and_decimals_compare_exactly(tmp_path: Path) -> None:
    """Promise 10."""
    async with running(tmp_path, flow(CALL, identity=stale())) as run:
        await run.sent('{"number": 1, "revision": 900719925474099300001}')
        await run.sent('{"number": 1, "revision": 900719925474099300000}', State.DISCARDED)
        await run.sent('{"number": 2, "revision": 0.10000000000000000000002}')
        await run.sent('{"number": 2, "revision": 0.10000000000000000000001}', State.DISCARDED)


async def test_a_version_that_finds_nothing_is_refused_at_the_door(tmp_path: Path) -> None:
    async with running(tmp_path, flow(CALL, identity=stale())) as run:
        reply = await run.post({"number": 1})
        assert (reply.status, reply.document["code"]) == (422, "no-identity")
