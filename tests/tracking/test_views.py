"""The trace: for every message what came in, each request and reply, the revision, each attempt, and why."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from engine.message import State
from tests.workspaces import ANNA, ERP, IDENTITY, Running, flow, running


async def view(run: Running, key: str) -> dict[str, Any]:
    found = await run.app.office.views.trace(key)
    assert found is not None
    json.dumps(found)
    return found


async def test_a_message_shows_what_came_in_each_request_and_reply_the_revision_and_why(tmp_path: Path) -> None:
    """Promise 11, OBS-5."""
    steps = "- {call: erp.create, save: made}\n- milestone: booked\n- send: erp.note"
    async with running(tmp_path, flow(steps, identity=IDENTITY, retry="quick")) as run:
        run.peer.answers["/create"] = [503, (201, {"number": "SO-1"})]
        found = await run.sent({"number": "A"}, X_Kind="k")
        await run.quiet()
        seen = await view(run, found)
        assert (seen["kind"], seen["state"], seen["source"]) == ("message", "completed", "shop.order")
        assert json.loads(seen["payload"]) == {"number": "A"}
        assert seen["headers"]["x-kind"] == "k"
        assert seen["revision"] == run.app.engine.revisions.active.id
        assert seen["businessKeys"] == [{"kind": "order", "value": "A"}]
        (begun,) = [one for one in seen["steps"] if one["kind"] == "begun"]
        assert (json.loads(begun["request"]), json.loads(begun["reply"])) == ({"number": "A"}, {"number": "SO-1"})
        first, last = seen["attempts_made"]
        assert (first["outcome"], first["errorClass"], first["status"]) == ("retry", "transient", 503)
        assert "answered 503" in first["detail"]
        assert (first["step"], last["outcome"]) == ("call:erp.create", "completed")
        assert [one["name"] for one in seen["milestones"]] == ["booked"]
        (caused,) = seen["caused"]
        assert (caused["channel"], caused["operation"], caused["state"]) == ("system:erp", "note", "completed")
        assert seen["next"] is None
        sent = await view(run, caused["id"])
        (attempt,) = sent["attempts_made"]
        assert (attempt["status"], json.loads(attempt["request"])) == (200, {"number": "A"})


async def test_a_business_key_shows_the_whole_transaction_and_what_must_happen_next(tmp_path: Path) -> None:
    """OBS-2, OBS-3: where is order X?"""
    steps = "- milestone: received\n- park: {reason: credit-hold, owner: finance, due: 4 h}\n- send: erp.note"
    async with running(tmp_path, flow(steps, identity=IDENTITY)) as run:
        found = await run.sent({"number": "A"}, State.PARKED)
        seen = await view(run, "A")
        assert seen["kind"] == "transaction"
        assert [one["name"] for one in seen["milestones"]] == ["received"]
        (step,) = seen["next"]
        assert "is held for 'credit-hold': finance decides, due" in step
        assert f"'crossdock release {found}'" in step
        await run.commands.release(found, ANNA)
        await run.quiet()
        seen = await view(run, "A")
        assert [one["channel"] for one in seen["messages"]] == ["flow:orders", "system:erp"]
        assert seen["next"] == ["nothing: everything of this transaction has ended"]


async def test_what_happens_next_is_said_for_each_state(tmp_path: Path) -> None:
    """OBS-2."""
    async with running(tmp_path, flow("- call: erp.create", identity=IDENTITY, retry="slow")) as run:
        run.peer.answers["/create"] = [503]
        waiting = await run.sent({"number": "W"}, State.WAITING)
        behind = await run.sent({"number": "W", "revision": 2}, State.READY)
        run.peer.answers["/create"] = [422]
        dead = await run.sent({"number": "D"}, State.DEAD)
        assert "is tried again at" in (await view(run, waiting))["next"]
        assert "answered 503" in (await view(run, waiting))["next"]
        assert (await view(run, behind))["next"].endswith("waits for its turn")
        told = (await view(run, dead))["next"]
        assert "has failed (status-422)" in told
        assert "correct the data at its source" in told


async def test_a_correlation_id_finds_its_messages(tmp_path: Path) -> None:
    """OBS-1."""
    async with running(tmp_path, flow("- call: erp.create")) as run:
        await run.sent({"number": 1}, X_Correlation_Id="corr-1")
        assert (await view(run, "corr-1"))["correlationId"] == "corr-1"
        assert await run.app.office.views.trace("nothing") is None


async def test_a_dead_letter_shows_class_owner_suggestion_and_violations(tmp_path: Path) -> None:
    """REL-9."""
    async with running(tmp_path, flow("- call: erp.create")) as run:
        run.peer.answers["/create"] = [(422, {"message": "no such article"})]
        found = await run.sent({"number": 1}, State.DEAD)
        failure = (await view(run, found))["failure"]
        assert (failure["errorClass"], failure["owner"], failure["step"]) == ("data", "integration", "call:erp.create")
        assert "no such article" in failure["detail"]
        assert failure["suggestion"]


async def test_secrets_are_hidden_in_what_was_sent_and_received(tmp_path: Path) -> None:
    """SEC-5."""
    erp = ERP.replace("base_url:", 'auth: {api_key: {header: X-Key, value: "${secret:ERP}"}}\nbase_url:')
    async with running(
        tmp_path, flow("- call: erp.create"), erp=erp, variables={"CROSSDOCK_SECRET_ERP": "hush-hush-1"}
    ) as run:
        run.peer.answers["/create"] = [(400, {"got": "key hush-hush-1"})]
        found = await run.sent({"number": 1}, State.DEAD)
        assert run.peer.asked[0].headers["x-key"] == "hush-hush-1"
        assert "hush-hush-1" not in json.dumps(await view(run, found))


async def test_the_status_page_shows_the_caller_no_inner_workings(tmp_path: Path) -> None:
    async with running(tmp_path, flow("- call: erp.create")) as run:
        found = await run.sent({"number": 1})
        page = await run.get(f"/messages/{found}")
        assert set(page.document) == {"id", "state", "correlation_id"}
        assert (await run.get("/messages/0000000000000")).status == 404


async def test_an_audit_shows_who_did_what_when_and_why(tmp_path: Path) -> None:
    """OBS-4, REL-22."""
    async with running(tmp_path, flow("- park: look")) as run:
        found = await run.sent({"number": 1}, State.PARKED)
        await run.commands.release(found, ANNA)
        await run.is_in(found, State.COMPLETED)
        (record,) = (await view(run, found))["audit"]
        assert (record["who"], record["verb"], record["reason"]) == ("anna", "release", ANNA.reason)
