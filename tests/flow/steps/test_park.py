"""Park: held for a business reason, until an event, a person or the due time releases it."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from engine.clock import ManualClock
from engine.errors import CommandRefused
from engine.message import State
from tests.workspaces import ANNA, WORKSPACE, flow, running, until

PARK = """
- call: erp.note
- park: {when: held = true, reason: credit-hold, owner: finance,
         release_on: {topic: credit.released, event: order, equals: number}}
- {call: erp.create, with: {number: number, by: $saved.release.by}}
"""
RELEASE = flow("- publish: credit.released", name="release", source="{events: [shop.event]}")
LANE = "{lane: {key: lane}}"


def park(settings: str, after: str = "- call: erp.create", **more: str) -> dict[str, str]:
    return flow(f"- call: erp.note\n- park: {{reason: look, owner: finance, {settings}}}\n{after}", **more)


async def test_a_condition_that_does_not_hold_parks_nothing(tmp_path: Path) -> None:
    async with running(tmp_path, flow(PARK), RELEASE) as run:
        await run.sent({"number": 7, "held": False})


async def test_it_shows_reason_owner_step_and_what_releases_it(tmp_path: Path) -> None:
    """ORD-10."""
    async with running(tmp_path, flow(PARK), RELEASE) as run:
        found = await run.sent({"number": 7, "held": True}, State.PARKED)
        parked = (await run.message(found)).parked or {}
        assert (parked["reason"], parked["owner"], parked["step"]) == ("credit-hold", "finance", "park:credit-hold")
        assert (parked["wait"]["topic"], parked["wait"]["key"]) == ("credit.released", "7")


async def test_an_event_that_comes_while_parked_releases_it_where_it_stopped(tmp_path: Path) -> None:
    """ORD-10, promise 7: the event is `$saved.release`, completed steps do not run again."""
    async with running(tmp_path, flow(PARK), RELEASE) as run:
        found = await run.sent({"number": 7, "held": True}, State.PARKED)
        other = await run.sent({"number": 8, "held": True}, State.PARKED)
        await run.sent({"order": 7, "by": "erp"}, path="/events")
        await run.is_in(found, State.COMPLETED)
        assert run.peer.bodies("/create") == [{"number": 7, "by": "erp"}]
        assert len(run.peer.of("/note")) == 2
        assert (await run.message(other)).state is State.PARKED


async def test_an_event_that_came_before_the_park_releases_it(tmp_path: Path) -> None:
    """Promise 7: the park's commit looks back over the topic to the start of the exchange."""
    async with running(tmp_path, flow(PARK), RELEASE) as run:
        run.peer.gate.clear()
        reply = await run.post({"number": 7, "held": True})
        await until(lambda: len(run.peer.asked) == 1)
        await run.sent({"order": 7, "by": "early"}, path="/events")
        run.peer.gate.set()
        await run.is_in(reply.id, State.COMPLETED)
        assert run.peer.bodies("/create") == [{"number": 7, "by": "early"}]


async def test_an_event_from_before_the_message_releases_nothing(tmp_path: Path) -> None:
    async with running(tmp_path, flow(PARK), RELEASE) as run:
        await run.sent({"order": 7, "by": "long ago"}, path="/events")
        await run.sent({"number": 7, "held": True}, State.PARKED)


async def test_no_wake_up_is_lost_when_events_and_parks_race(tmp_path: Path) -> None:
    """Promise 7: whichever of the two commits comes first."""
    async with running(tmp_path, flow(PARK), RELEASE) as run:

        async def held_and_released(number: int) -> None:
            reply = await run.post({"number": number, "held": True})
            await run.post({"order": number, "by": "race"}, "/events")
            await run.is_in(reply.id, State.COMPLETED)

        await asyncio.gather(*(held_and_released(number) for number in range(60)))
        assert sorted(body["number"] for body in run.peer.bodies("/create")) == list(range(60))


async def test_a_number_and_its_text_are_different_keys(tmp_path: Path) -> None:
    async with running(tmp_path, flow(PARK), RELEASE) as run:
        found = await run.sent({"number": 7, "held": True}, State.PARKED)
        await run.sent({"order": "7"}, path="/events")
        assert (await run.message(found)).state is State.PARKED


async def test_a_release_survives_a_restart_between_park_and_event(tmp_path: Path) -> None:
    """Promise 7: across restarts, also when the running revision has another selector."""
    async with running(tmp_path, flow(PARK), RELEASE) as run:
        found = await run.sent({"number": 7, "held": True}, State.PARKED)
    changed = PARK.replace("event: order", "event: '$string(order)'").replace(
        "equals: number", "equals: $string(number)"
    )
    async with running(tmp_path, flow(changed), RELEASE) as run:
        await run.sent({"order": 7, "by": "erp"}, path="/events")
        await run.is_in(found, State.COMPLETED)
        assert run.peer.bodies("/create") == [{"number": 7, "by": "erp"}]


async def test_a_person_releases_it_with_an_audit_record(tmp_path: Path) -> None:
    """ORD-10, REL-22."""
    async with running(tmp_path, flow(PARK), RELEASE) as run:
        found = await run.sent({"number": 7, "held": True}, State.PARKED)
        await run.commands.release(found, ANNA)
        await run.is_in(found, State.COMPLETED)
        assert run.peer.bodies("/create") == [{"number": 7, "by": "anna"}]
        (record,) = (await run.trace(found)).audit
        assert (record.who, record.verb, record.reason) == ("anna", "release", ANNA.reason)


async def test_a_message_that_is_not_parked_cannot_be_released(tmp_path: Path) -> None:
    async with running(tmp_path, flow("- call: erp.note")) as run:
        found = await run.sent({"number": 7})
        with pytest.raises(CommandRefused, match=r"is completed, not parked; 'reprocess' runs it again"):
            await run.commands.release(found, ANNA)


async def test_an_event_whose_key_is_missing_is_a_dead_letter(tmp_path: Path) -> None:
    async with running(tmp_path, flow(PARK), RELEASE) as run:
        found = await run.sent({"held": True}, State.DEAD)
        assert "expected 'number' to give the key of the releasing event" in str((await run.message(found)).failure)


async def test_escalation_leaves_it_parked_and_is_audited_once(tmp_path: Path) -> None:
    """ORD-10: the due time."""
    clock = ManualClock()
    async with running(tmp_path, park("due: 4 h"), clock=clock) as run:
        found = await run.sent({"number": 7}, State.PARKED)
        assert ((await run.message(found)).parked or {})["due"] == clock.now() + 4 * 3600
        await run.advance(4 * 3600 + 1)
        await run.look_for_due()
        await run.look_for_due()
        assert (await run.message(found)).state is State.PARKED
        assert [record.verb for record in (await run.trace(found)).audit] == ["due-escalate"]
        await run.commands.release(found, ANNA)
        await run.is_in(found, State.COMPLETED)


async def test_a_due_time_can_release(tmp_path: Path) -> None:
    async with running(tmp_path, park("due: 4 h, on_due: release"), clock=ManualClock()) as run:
        found = await run.sent({"number": 7}, State.PARKED)
        await run.advance(4 * 3600 + 1)
        await run.look_for_due()
        await run.is_in(found, State.COMPLETED)
        assert run.peer.paths() == ["POST /note", "POST /create"]


async def test_a_due_time_can_discard(tmp_path: Path) -> None:
    async with running(tmp_path, park("due: 4 h, on_due: discard"), clock=ManualClock()) as run:
        found = await run.sent({"number": 7}, State.PARKED)
        await run.advance(4 * 3600 + 1)
        await run.look_for_due()
        assert ((await run.is_in(found, State.DISCARDED)).failure or {})["reason"] == "look"


async def test_a_due_time_that_gives_up_undoes_what_was_done(tmp_path: Path) -> None:
    """Promise 4: dead comes when undo has ended."""
    steps = "- {call: erp.create, undo: erp.cancel}\n- park: {reason: look, owner: finance, due: 4 h, on_due: dead}"
    async with running(tmp_path, flow(steps), clock=ManualClock()) as run:
        found = await run.sent({"number": 7}, State.PARKED)
        await run.advance(4 * 3600 + 1)
        await run.look_for_due()
        failure = (await run.is_in(found, State.DEAD)).failure or {}
        assert (failure["reason"], failure["owner"]) == ("look", "finance")
        assert run.peer.paths() == ["POST /create", "POST /cancel"]


async def test_business_hours_count_only_the_working_hours_of_the_calendar(tmp_path: Path) -> None:
    workspace = WORKSPACE + "calendars: {default: {zone: UTC}}\n"
    friday_16 = 1_760_112_000.0  # 2025-10-10T16:00Z
    async with running(
        tmp_path, park("due: 2 business hours"), clock=ManualClock(friday_16), workspace=workspace
    ) as run:
        found = await run.sent({"number": 7}, State.PARKED)
        assert ((await run.message(found)).parked or {})["due"] == 1_760_112_000.0 + 66 * 3600  # Monday 10:00


async def test_a_parked_head_holds_its_lane_only(tmp_path: Path) -> None:
    """Promise 4."""
    steps = "- park: {when: held = true, reason: look, owner: finance}\n- call: erp.create"
    async with running(tmp_path, flow(steps, identity=LANE)) as run:
        first = await run.sent({"lane": "a", "held": True}, State.PARKED)
        second = (await run.post({"lane": "a", "held": False})).id
        await run.sent({"lane": "b", "held": False})
        assert (await run.message(second)).state is State.READY
        await run.commands.release(first, ANNA)
        await run.is_in(second, State.COMPLETED)
        assert [(body["lane"], body["held"]) for body in run.peer.bodies("/create")] == [
            ("b", False),
            ("a", True),
            ("a", False),
        ]


async def test_a_head_that_frees_its_lane_lets_the_next_pass(tmp_path: Path) -> None:
    """Promise 4."""
    steps = "- park: {when: held = true, reason: look, owner: finance, lane: free}\n- call: erp.create"
    async with running(tmp_path, flow(steps, identity=LANE)) as run:
        first = await run.sent({"lane": "a", "held": True}, State.PARKED)
        await run.sent({"lane": "a", "held": False})
        await run.commands.release(first, ANNA)
        await run.is_in(first, State.COMPLETED)
        assert [body["held"] for body in run.peer.bodies("/create")] == [False, True]


async def test_the_short_form_names_a_reason_and_the_flows_owner_decides(tmp_path: Path) -> None:
    async with running(tmp_path, flow("- park: look\n- call: erp.create")) as run:
        found = await run.sent({"number": 7}, State.PARKED)
        parked = (await run.message(found)).parked or {}
        assert (parked["reason"], parked["owner"]) == ("look", "sales")


async def test_days_in_the_hands_of_a_person_are_no_attempts(tmp_path: Path) -> None:
    """REL-8: a policy's age and attempts count from the release."""
    workspace = WORKSPACE.replace("attempts: 3, first: 60 s", "attempts: 3, max_age: 1 h, first: 60 s")
    async with running(tmp_path, park("lane: hold", retry="slow"), clock=ManualClock(), workspace=workspace) as run:
        found = await run.sent({"number": 7}, State.PARKED)
        await run.advance(3 * 86400)
        run.peer.answers["/create"] = [503, 503]
        await run.commands.release(found, ANNA)
        await run.is_in(found, State.WAITING)
        await run.advance(61)
        await until(lambda: len(run.peer.of("/create")) == 2)
        await run.is_in(found, State.WAITING)
        await run.advance(121)
        await run.is_in(found, State.COMPLETED)


async def test_a_very_long_key_is_matched_whole(tmp_path: Path) -> None:
    """What waits for it is found by its digest: no index holds a text of any length."""
    long = "x" * 5000
    async with running(tmp_path, flow(PARK), RELEASE) as run:
        found = await run.sent({"number": long, "held": True}, State.PARKED)
        other = await run.sent({"number": f"{long}y", "held": True}, State.PARKED)
        await run.sent({"order": long, "by": "erp"}, path="/events")
        await run.is_in(found, State.COMPLETED)
        assert (await run.message(other)).state is State.PARKED
