"""Request-Reply: the journal around it, what is asked before a second try, and keys that stay the same."""

from __future__ import annotations

import json
from pathlib import Path

from engine.message import State
from engine.store.records import JournalKind
from tests.workspaces import ANNA, ERP, flow, running


async def test_the_reply_is_kept_and_later_steps_see_it(tmp_path: Path) -> None:
    steps = "- {call: erp.create, save: booking}\n- {call: erp.note, with: {booked: $saved.booking.number}}"
    async with running(tmp_path, flow(steps)) as run:
        run.peer.answers["/create"] = [(201, {"number": "SO-1"})]
        await run.sent({"number": 7})
        assert run.peer.bodies("/note") == [{"booked": "SO-1"}]


async def test_the_journal_holds_begun_and_done_with_key_request_and_reply(tmp_path: Path) -> None:
    """REL-12, promise 2."""
    async with running(tmp_path, flow("- call: erp.create")) as run:
        found = await run.sent({"number": 7})
        entries = {entry.kind: entry for entry in (await run.trace(found)).journal}
        begun, done = entries[JournalKind.BEGUN], entries[JournalKind.DONE]
        assert begun.facts["key"] == done.facts["key"] == run.peer.asked[0].key
        assert json.loads(begun.request or b"") == {"number": 7}
        assert json.loads(begun.reply or b"") == {"ok": True}
        assert done.facts["status"] == 200


async def test_begun_is_durable_before_the_first_byte_leaves(tmp_path: Path) -> None:
    """Promise 2."""
    async with running(tmp_path, flow("- call: erp.create")) as run:
        run.peer.gate.clear()
        reply = await run.post({"number": 7})
        while not run.peer.asked:
            await run.app.store.ping()
        assert await run.kinds(reply.id, "call:erp.create") == {JournalKind.BEGUN}
        run.peer.gate.set()
        await run.is_in(reply.id, State.COMPLETED)


async def test_a_safe_call_needs_no_begun_of_its_own(tmp_path: Path) -> None:
    async with running(
        tmp_path, flow("- {call: erp.check, save: credit}\n- {call: erp.note, with: $saved.credit}")
    ) as run:
        run.peer.gate.clear()
        reply = await run.post({"number": 7})
        while not run.peer.asked:
            await run.app.store.ping()
        assert await run.journal(reply.id) == []
        run.peer.gate.set()
        await run.is_in(reply.id, State.COMPLETED)
        assert run.peer.paths() == ["GET /check/7", "POST /note"]


async def test_a_failed_call_is_tried_again_under_the_same_key(tmp_path: Path) -> None:
    """REL-8, promise 2."""
    async with running(tmp_path, flow("- call: erp.create", retry="quick")) as run:
        run.peer.answers["/create"] = [503, "drop"]
        found = await run.sent({"number": 7})
        assert len(run.peer.of("/create")) == 3
        assert len({asked.key for asked in run.peer.asked}) == 1
        assert (await run.message(found)).attempts == 3


async def test_completed_calls_do_not_run_again_when_a_later_step_is_tried_again(tmp_path: Path) -> None:
    """REL-12, promise 3."""
    async with running(tmp_path, flow("- call: erp.create\n- call: erp.note", retry="quick")) as run:
        run.peer.answers["/note"] = [503, 503]
        await run.sent({"number": 7})
        assert run.peer.paths() == ["POST /create", *["POST /note"] * 3]


async def test_confirm_is_asked_before_a_second_try_and_what_it_finds_is_the_reply(tmp_path: Path) -> None:
    """ORD-5, promise 2: the peer carried it out and dropped its reply."""
    steps = "- {call: erp.sure, save: booking}\n- {call: erp.note, with: $saved.booking}"
    async with running(tmp_path, flow(steps, retry="quick")) as run:
        run.peer.answers["/sure"] = ["drop"]
        run.peer.answers["/sure/7"] = [(200, {"found": "SO-1"})]
        await run.sent({"number": 7})
        assert run.peer.paths() == ["POST /sure", "GET /sure/7", "POST /note"]
        assert run.peer.bodies("/note") == [{"found": "SO-1"}]


async def test_what_confirm_does_not_find_is_sent_again_under_the_same_key(tmp_path: Path) -> None:
    async with running(tmp_path, flow("- call: erp.sure", retry="quick")) as run:
        run.peer.answers["/sure"] = ["drop"]
        run.peer.answers["/sure/7"] = [404]
        await run.sent({"number": 7})
        assert run.peer.paths() == ["POST /sure", "GET /sure/7", "POST /sure"]
        assert len({asked.key for asked in run.peer.of("/sure")}) == 1


async def test_nothing_is_sent_while_confirm_itself_fails(tmp_path: Path) -> None:
    async with running(tmp_path, flow("- call: erp.sure", retry="quick")) as run:
        run.peer.answers["/sure"] = ["drop"]
        run.peer.answers["/sure/7"] = [503, "drop", 200]
        await run.sent({"number": 7})
        assert run.peer.paths() == ["POST /sure", *["GET /sure/7"] * 3]


async def test_a_first_try_asks_nothing(tmp_path: Path) -> None:
    async with running(tmp_path, flow("- call: erp.sure")) as run:
        await run.sent({"number": 7})
        assert run.peer.paths() == ["POST /sure"]


async def test_the_key_stays_the_same_when_the_message_is_reprocessed(tmp_path: Path) -> None:
    """Promise 2."""
    async with running(tmp_path, flow("- call: erp.create")) as run:
        run.peer.answers["/create"] = [400]
        found = await run.sent({"number": 7}, State.DEAD)
        await run.commands.reprocess(found, ANNA)
        await run.is_in(found, State.COMPLETED)
        assert len(run.peer.asked) == 2
        assert len({asked.key for asked in run.peer.asked}) == 1


async def test_another_message_another_step_and_another_group_have_other_keys(tmp_path: Path) -> None:
    steps = """
- call: erp.create
- {call: erp.create, id: second}
- split: {lines: lines}
  steps: [{call: erp.note}]
"""
    async with running(tmp_path, flow(steps)) as run:
        for number in (1, 2):
            await run.sent({"number": number, "lines": [1, 2]})
        assert len({asked.key for asked in run.peer.asked}) == 8


async def test_a_refusal_for_a_business_reason_parks_for_its_owner_and_a_release_asks_again(tmp_path: Path) -> None:
    """REL-7: the class decides; a declared rule with an owner waits for that owner."""
    async with running(tmp_path, flow("- send: erp.note\n- call: erp.create")) as run:
        run.peer.answers["/create"] = [409]
        found = await run.sent({"number": 7}, State.PARKED)
        parked = (await run.message(found)).parked or {}
        assert (parked["reason"], parked["owner"], parked["step"]) == ("credit-hold", "finance", "call:erp.create")
        await run.commands.release(found, ANNA)
        await run.is_in(found, State.COMPLETED)
        await run.quiet()
        assert sorted(run.peer.paths()) == ["POST /create", "POST /create", "POST /note"]


async def test_a_request_that_breaks_its_contract_never_leaves(tmp_path: Path) -> None:
    """Promise 12, CAN-10: outbound payloads are validated at the edge."""
    contract = {"flows/systems/erp/order.schema.yaml": "type: object\nrequired: [amount]\n"}
    erp = ERP.replace("path: /create, body: $}", "path: /create, body: $}, request_contract: order.schema.yaml")
    async with running(tmp_path, contract, flow("- call: erp.create"), erp=erp) as run:
        found = await run.sent({"number": 7}, State.DEAD)
        failure = (await run.message(found)).failure or {}
        assert (failure["error_class"], failure["reason"]) == ("data", "broken-contract")
        assert run.peer.asked == []


async def test_an_oversize_request_is_refused_with_its_size(tmp_path: Path) -> None:
    """REL-19."""
    erp = ERP.replace("operations:", "limits: {payload: 100 B}\noperations:", 1)
    async with running(tmp_path, flow("- call: erp.create"), erp=erp) as run:
        found = await run.sent({"text": "x" * 200}, State.DEAD)
        failure = (await run.message(found)).failure or {}
        assert failure["reason"] == "oversize-payload"
        assert "211 bytes, the system takes 100" in failure["detail"]


async def test_trace_context_and_correlation_travel_in_and_out(tmp_path: Path) -> None:
    """OBS-1: ids by the usual headers, inherited."""
    trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    async with running(tmp_path, flow("- call: erp.create\n- send: erp.note")) as run:
        reply = await run.post({"n": 1}, traceparent=f"00-{trace}-00f067aa0ba902b7-01", X_Correlation_Id="corr-1")
        await run.quiet()
        assert reply.headers["x-correlation-id"] == "corr-1"
        for asked in run.peer.asked:
            version, found, span, flags = asked.headers["traceparent"].split("-")
            assert (version, found, flags) == ("00", trace, "01")
            assert span != "00f067aa0ba902b7"
            assert asked.headers["x-correlation-id"] == "corr-1"


async def test_a_correlation_id_that_cannot_travel_is_replaced(tmp_path: Path) -> None:
    async with running(tmp_path, flow("- call: erp.create")) as run:
        reply = await run.post({"n": 1}, X_Correlation_Id="x" * 500)
        await run.quiet()
        assert reply.headers["x-correlation-id"] == run.peer.asked[0].headers["x-correlation-id"] == reply.id
