"""Retries by class: how often, when, and what uses up no attempt."""

from __future__ import annotations

from email.utils import formatdate
from pathlib import Path

import pytest

from engine.clock import ManualClock
from engine.flow.exchange import Exchange
from engine.flow.steps.set import Set
from engine.message import State
from tests.workspaces import ERP, WORKSPACE, flow, running, until

CALL = flow("- call: erp.create", retry="slow")
SEND = flow("- send: erp.note")
SLOW_NOTE = ERP.replace("path: /note, body: $}, retry: quick", "path: /note, body: $}, retry: slow")


@pytest.mark.parametrize(
    ("status", "error_class", "state"),
    [
        (503, "transient", State.WAITING),
        (408, "transient", State.WAITING),
        (429, "rate-limited", State.WAITING),
        (401, "authentication", State.WAITING),
        (404, "not-found", State.WAITING),
        (412, "conflict", State.WAITING),
        (422, "data", State.DEAD),
        (405, "permanent", State.DEAD),
        ("drop", "unknown", State.WAITING),
    ],
)
async def test_each_class_of_failure_has_its_own_policy(
    tmp_path: Path, status: object, error_class: str, state: State
) -> None:
    """REL-7, REL-8: with the standard policy."""
    async with running(tmp_path, flow("- call: erp.create")) as run:
        run.peer.answers["/create"] = [status]
        found = await run.sent({"number": 1}, state)
        assert ((await run.message(found)).failure or {})["error_class"] == error_class


async def test_a_connection_that_cannot_be_made_is_transient(tmp_path: Path) -> None:
    async with running(
        tmp_path, flow("- call: erp.create"), erp=ERP.replace("${env:PEER_URL}", "http://127.0.0.1:9")
    ) as run:
        found = await run.sent({"number": 1}, State.WAITING)
        assert ((await run.message(found)).failure or {})["error_class"] == "transient"


async def test_waits_grow_and_end_in_a_dead_letter_with_attempts_and_a_suggestion(tmp_path: Path) -> None:
    """REL-8, REL-9."""
    clock = ManualClock()
    async with running(tmp_path, CALL, clock=clock) as run:
        run.peer.always["/create"] = 503
        found = await run.sent({"number": 1}, State.WAITING)
        assert (await run.message(found)).not_before == clock.now() + 60
        await run.advance(60)
        await until(lambda: len(run.peer.asked) == 2)
        message = await run.is_in(found, State.WAITING)
        assert message.not_before == clock.now() + 120
        await run.advance(120)
        message = await run.is_in(found, State.DEAD)
        assert message.attempts == 3
        assert "check that the system is up" in (message.failure or {})["suggestion"]
        assert [one.outcome for one in (await run.trace(found)).attempts] == ["retry", "retry", "dead"]


async def test_a_policys_age_ends_it_too(tmp_path: Path) -> None:
    workspace = WORKSPACE.replace("attempts: 3, first: 60 s", "attempts: 99, max_age: 100 s, first: 60 s")
    async with running(tmp_path, CALL, clock=ManualClock(), workspace=workspace) as run:
        run.peer.always["/create"] = 503
        found = await run.sent({"number": 1}, State.WAITING)
        await run.advance(60)
        await run.is_in(found, State.DEAD)


@pytest.mark.parametrize("dated", [False, True])
async def test_retry_after_is_honoured_as_seconds_and_as_a_date(tmp_path: Path, dated: bool) -> None:
    """REL-8, REL-14: vendor hints; the whole channel waits, not only this message."""
    clock = ManualClock()
    async with running(tmp_path, CALL, clock=clock) as run:
        hint = formatdate(clock.now() + 600, usegmt=True) if dated else "600"
        run.peer.answers["/create"] = [(429, {}, {"Retry-After": hint})]
        found = await run.sent({"number": 1}, State.WAITING)
        assert (await run.message(found)).not_before == clock.now() + 600
        second = await run.sent({"number": 2}, State.WAITING)
        message = await run.message(second)
        assert (message.not_before, message.attempts) == (clock.now() + 600, 0)
        await run.advance(600.5)
        await run.is_in(found, State.COMPLETED)
        await run.is_in(second, State.COMPLETED)
        assert len(run.peer.asked) == 3


async def test_nothing_sleeps_in_the_process_between_tries(tmp_path: Path) -> None:
    async with running(tmp_path, SEND, clock=ManualClock(), erp=SLOW_NOTE) as run:
        run.peer.answers["/note"] = [503]
        await run.sent({"number": 1})
        (delivery,) = await run.all("system:erp")
        await until(lambda: run.app.engine.dispatcher.in_memory == 0)
        (delivery,) = await run.all("system:erp", State.WAITING)
        assert delivery.attempts == 1


async def test_a_maintenance_window_pauses_the_channel_and_uses_no_attempt(tmp_path: Path) -> None:
    """REL-18: traffic is held and released in order."""
    sunday_1 = 1_760_230_800.0  # 2025-10-12T01:00Z
    erp = SLOW_NOTE.replace("connector: http", 'connector: http\nmaintenance: ["Sun 00:00-02:00 UTC"]')
    files = flow("- send: erp.note", identity="{lane: {key: $string(lane)}}")
    async with running(tmp_path, files, clock=ManualClock(sunday_1), erp=erp) as run:
        for number in range(4):
            await run.sent({"lane": 1, "number": number})
        deliveries = await run.all("system:erp")
        assert [one.state for one in deliveries] == [State.READY] * 4
        assert run.peer.asked == []
        await run.advance(3601)
        await run.quiet()
        assert [body["number"] for body in run.peer.bodies("/note")] == [0, 1, 2, 3]
        assert {one.attempts for one in await run.all("system:erp")} == {1}


async def test_a_call_in_a_maintenance_window_is_deferred_to_its_end(tmp_path: Path) -> None:
    sunday_1 = 1_760_230_800.0
    erp = ERP.replace("connector: http", 'connector: http\nmaintenance: ["Sun 00:00-02:00 UTC"]')
    async with running(tmp_path, CALL, clock=ManualClock(sunday_1), erp=erp) as run:
        found = await run.sent({"number": 1}, State.WAITING)
        message = await run.message(found)
        assert (message.not_before, message.attempts) == (sunday_1 + 3600, 0)
        assert (message.failure or {})["reason"] == "erp: maintenance"
        await run.advance(3601)
        await run.is_in(found, State.COMPLETED)


async def test_an_error_of_the_engine_itself_is_a_failure_and_neither_lost_nor_tried_for_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Promise 12: it never takes the process down."""

    def broken(step: Set, exchange: Exchange) -> None:
        raise ZeroDivisionError("a bug")

    monkeypatch.setattr(Set, "run", broken)
    files = flow("- set: {a: 1}", retry="quick") | flow("- call: erp.create", name="b", source="{events: [shop.event]}")
    async with running(tmp_path, files) as run:
        found = await run.sent({"number": 1}, State.DEAD)
        message = await run.message(found)
        assert message.attempts == 5
        assert (message.failure or {})["reason"] == "internal-error"
        assert "ZeroDivisionError: a bug" in (message.failure or {})["detail"]
        await run.sent({"number": 2}, path="/events")
