"""The operator's verbs: what each does, what it refuses and why, and that it is audited."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.clock import ManualClock
from engine.errors import CommandRefused
from engine.ids import id_text
from engine.message import State
from engine.recovery.commands import Person
from engine.store.records import Selection
from tests.workspaces import ANNA, ERP, IDENTITY, SHOP, Running, flow, running, until

CALL = flow("- call: erp.create")
NOTE_FAILS = ERP.replace("path: /note, body: $}, retry: quick", "path: /note, body: $}, retry: none")
SURE_FAILS = ERP.replace(
    'confirm: {method: GET, path: "/sure/{number}"}\n    retry: quick',
    'confirm: {method: GET, path: "/sure/{number}"}\n    retry: none',
)


async def audited(run: Running, message_id: str) -> list[tuple[str, str, str]]:
    return [(one.who, one.verb, one.reason) for one in (await run.trace(message_id)).audit]


async def delivery(run: Running, state: State) -> str:
    """The one delivery, once it is in a state."""

    async def holds() -> bool:
        return len(await run.all("system:erp", state)) == 1

    await until(holds)
    return id_text((await run.all("system:erp", state))[0].id)


# -- resend


async def test_resend_sends_the_same_bytes_under_the_same_key(tmp_path: Path) -> None:
    """REL-9, REL-10, REL-22."""
    async with running(tmp_path, flow("- send: erp.note"), erp=NOTE_FAILS) as run:
        run.peer.answers["/note"] = [400]
        await run.sent({"number": 1, "amount": 1})
        found = await delivery(run, State.DEAD)
        done = await run.commands.resend(found, ANNA)
        assert (done.verb, done.message_id) == ("resend", found)
        await run.is_in(found, State.COMPLETED)
        first, second = run.peer.asked
        assert (first.body, first.key) == (second.body, second.key)
        assert await audited(run, found) == [("anna", "resend", ANNA.reason)]


async def test_resend_asks_first_whether_it_was_carried_out(tmp_path: Path) -> None:
    """REL-10: safe by construction, also for one that was delivered."""
    async with running(tmp_path, flow("- send: erp.sure"), erp=SURE_FAILS) as run:
        run.peer.answers["/sure"] = [503]
        await run.sent({"number": 7})
        found = await delivery(run, State.DEAD)
        for _ in range(2):
            await run.commands.resend(found, ANNA)
            await run.is_in(found, State.COMPLETED)
        assert run.peer.paths() == ["POST /sure", "GET /sure/7", "GET /sure/7"]


async def test_resend_of_what_is_no_delivery_is_refused_with_the_verb_that_fits(tmp_path: Path) -> None:
    async with running(tmp_path, CALL) as run:
        found = await run.sent({"number": 1})
        with pytest.raises(
            CommandRefused, match="is no delivery but in channel flow:orders; 'reprocess' runs its flow"
        ):
            await run.commands.resend(found, ANNA)


# -- reprocess


async def test_reprocess_runs_the_flow_from_the_stored_original_in_the_current_revision(tmp_path: Path) -> None:
    """REL-9: the mapping was mended."""
    async with running(tmp_path, flow("- transform: {with: {n: a + b}}\n- call: erp.create")) as run:
        found = await run.sent({"a": 1, "b": "x"}, State.DEAD)
        run.write(flow("- transform: {with: {n: a & b}}\n- call: erp.create"))
        revision = (await run.app.reload())["revision"]
        await run.commands.reprocess(found, ANNA)
        message = await run.is_in(found, State.COMPLETED)
        assert message.revision == revision
        assert run.peer.bodies("/create") == [{"n": "1x"}]
        assert await audited(run, found) == [("anna", "reprocess", ANNA.reason)]


async def test_reprocess_runs_in_a_chosen_revision(tmp_path: Path) -> None:
    async with running(tmp_path, flow("- transform: {with: {v: 1}}\n- call: erp.create")) as run:
        run.peer.answers["/create"] = [400]
        found = await run.sent({"a": 1}, State.DEAD)
        first = (await run.message(found)).revision or ""
        run.write(flow("- transform: {with: {v: 2}}\n- call: erp.create"))
        await run.app.reload()
        await run.commands.reprocess(found, ANNA, revision=first)
        await run.is_in(found, State.COMPLETED)
        assert run.peer.bodies("/create") == [{"v": 1}, {"v": 1}]
        with pytest.raises(CommandRefused, match="there is no revision 'r-0'; 'crossdock status' lists"):
            await run.commands.reprocess(found, ANNA, revision="r-0")


async def test_completed_steps_stay_done_when_a_message_is_reprocessed(tmp_path: Path) -> None:
    """Promise 3: also of a completed message."""
    async with running(tmp_path, flow("- call: erp.create\n- send: erp.note\n- publish: seen")) as run:
        found = await run.sent({"number": 1})
        await run.quiet()
        await run.commands.reprocess(found, ANNA)
        await run.quiet()
        assert len(run.peer.asked) == 2
        assert len(await run.all("topic:seen")) == 1


async def test_a_step_that_is_ordered_again_runs_once_more_under_a_new_key(tmp_path: Path) -> None:
    """Promise 3: `--again STEP`; a peer that knows the old key would not act on it."""
    async with running(tmp_path, flow("- call: erp.create\n- call: erp.note\n- send: erp.cancel")) as run:
        found = await run.sent({"number": 1})
        await run.quiet()
        await run.commands.reprocess(found, ANNA, again=["call:erp.create", "send:erp.cancel"])
        await run.is_in(found, State.COMPLETED)
        await run.quiet()
        assert sorted(run.peer.paths()) == ["POST /cancel"] * 2 + ["POST /create"] * 2 + ["POST /note"]
        assert len({asked.key for asked in run.peer.asked}) == 5


async def test_a_step_is_ordered_again_once_and_not_on_every_later_try(tmp_path: Path) -> None:
    steps = "- split: {lines: lines}\n  steps: [{call: erp.create}]\n- call: erp.note"
    async with running(tmp_path, flow(steps, retry="quick")) as run:
        run.peer.answers["/note"] = [400, 503, 503]
        found = await run.sent({"lines": [1, 2]}, State.DEAD)
        await run.commands.reprocess(found, ANNA, again=["call:erp.create"])
        await run.is_in(found, State.COMPLETED)
        assert len(run.peer.of("/create")) == 4
        assert len({asked.key for asked in run.peer.of("/create")}) == 4
        await run.commands.reprocess(found, ANNA)
        await run.quiet()
        assert len(run.peer.of("/create")) == 4


async def test_one_group_of_a_split_can_be_ordered_again(tmp_path: Path) -> None:
    steps = "- split: {lines: lines, group_by: $}\n  steps: [{call: erp.create, with: {key: $group.key}}]"
    async with running(tmp_path, flow(steps)) as run:
        found = await run.sent({"lines": ["a", "b"]})
        await run.commands.reprocess(found, ANNA, again=["call:erp.create#b"])
        await run.is_in(found, State.COMPLETED)
        assert [body["key"] for body in run.peer.bodies("/create")] == ["a", "b", "b"]


async def test_a_second_try_of_a_step_ordered_again_keeps_its_new_key(tmp_path: Path) -> None:
    """Promise 2."""
    async with running(tmp_path, flow("- call: erp.sure", retry="quick")) as run:
        found = await run.sent({"number": 7})
        run.peer.answers["/sure"] = ["drop"]
        run.peer.answers["/sure/7"] = [404]
        await run.commands.reprocess(found, ANNA, again=["call:erp.sure"])
        await until(lambda: len(run.peer.of("/sure")) == 3)
        await run.is_in(found, State.COMPLETED)
        first, second, third = run.peer.of("/sure")
        assert first.key != second.key == third.key
        assert run.peer.paths() == ["POST /sure", "POST /sure", "GET /sure/7", "POST /sure"]


async def test_a_step_that_has_not_run_cannot_be_ordered_again(tmp_path: Path) -> None:
    async with running(tmp_path, CALL) as run:
        found = await run.sent({"number": 1})
        with pytest.raises(CommandRefused, match=r"step 'call:erp.note' has not run in .*that have: call:erp.create$"):
            await run.commands.reprocess(found, ANNA, again=["call:erp.note"])


async def test_a_running_message_cannot_be_reprocessed(tmp_path: Path) -> None:
    async with running(tmp_path, CALL) as run:
        run.peer.gate.clear()
        reply = await run.post({"number": 1})
        await until(lambda: len(run.peer.asked) == 1)
        with pytest.raises(CommandRefused, match="is running, so it cannot be reprocessed; wait until it has ended"):
            await run.commands.reprocess(reply.id, ANNA)
        with pytest.raises(CommandRefused, match="is running, so it cannot be discarded"):
            await run.commands.discard(reply.id, ANNA)
        run.peer.gate.set()


async def test_a_waiting_message_can_be_reprocessed_now(tmp_path: Path) -> None:
    async with running(tmp_path, flow("- call: erp.create", retry="slow")) as run:
        run.peer.answers["/create"] = [503]
        found = await run.sent({"number": 1}, State.WAITING)
        await run.commands.reprocess(found, ANNA)
        await run.is_in(found, State.COMPLETED)


async def test_a_message_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    async with running(tmp_path, CALL) as run:
        with pytest.raises(
            CommandRefused, match="there is no message 'nonsense'; 'crossdock trace KEY' finds messages"
        ):
            await run.commands.reprocess("nonsense", ANNA)


# -- discard


async def test_a_discard_needs_a_reason_and_keeps_it(tmp_path: Path) -> None:
    """REL-9, REL-22."""
    async with running(tmp_path, CALL) as run:
        run.peer.answers["/create"] = [400]
        found = await run.sent({"number": 1}, State.DEAD)
        with pytest.raises(CommandRefused, match="a discard needs a reason"):
            await run.commands.discard(found, Person("anna", " "))
        await run.commands.discard(found, Person("anna", "sent by mistake"))
        message = await run.is_in(found, State.DISCARDED)
        assert (message.failure or {})["detail"] == "sent by mistake"
        assert await audited(run, found) == [("anna", "discard", "sent by mistake")]


async def test_what_has_completed_cannot_be_discarded(tmp_path: Path) -> None:
    async with running(tmp_path, CALL) as run:
        found = await run.sent({"number": 1})
        with pytest.raises(CommandRefused, match="is completed, so it cannot be discarded; 'reprocess' runs it again"):
            await run.commands.discard(found, ANNA)


# -- the invalid channel


async def test_invalid_input_is_accepted_after_the_mapping_is_mended(tmp_path: Path) -> None:
    """Promise 12: with its headers and path parameters."""
    shop = SHOP.replace("path: /orders", "path: '/{area}/orders'").replace(
        "reason: only the tests can reach it here}}", "reason: only the tests can reach it here}}, items: WRONG", 1
    )
    files = {"flows/systems/shop.yaml": shop.replace("WRONG", "'$append(a + b, $attributes.path.area)'")}
    async with running(tmp_path, CALL, files) as run:
        reply = await run.post({"a": 1, "b": "x"}, "/north/orders", X_Kind="k")
        assert reply.status == 422
        (kept,) = await run.all("invalid")
        found = id_text(kept.id)
        with pytest.raises(CommandRefused, match="still cannot be read"):
            await run.commands.reprocess(found, ANNA)
        assert len(await run.all("invalid")) == 1
        mended = shop.replace("WRONG", '\'[{"n": a & b, "area": $attributes.path.area, "k": $headers."x-kind"}]\'')
        run.write({"flows/systems/shop.yaml": mended})
        await run.app.reload()
        done = await run.commands.reprocess(found, ANNA)
        assert done.detail.startswith("accepted as ")
        await run.quiet()
        assert run.peer.bodies("/create") == [{"n": "1x", "area": "north", "k": "k"}]
        message = await run.is_in(found, State.DISCARDED)
        assert (message.failure or {})["reason"] == "accepted-later"
        with pytest.raises(CommandRefused, match="it was dealt with before"):
            await run.commands.reprocess(found, ANNA)


async def test_what_an_unverified_sender_sent_is_not_taken_unless_forced(tmp_path: Path) -> None:
    shop = SHOP.replace(
        "verify: {none: {reason: only the tests can reach it here}}",
        "verify: {token: {header: X-Token, value: secret-token}}",
        1,
    )
    async with running(
        tmp_path,
        CALL,
        {"flows/systems/shop.yaml": shop.replace("value: secret-token", 'value: "${secret:SHOP}"')},
        variables={"CROSSDOCK_SECRET_SHOP": "s3cr3t-token"},
    ) as run:
        assert (await run.post({"number": 1}, X_Token="wrong")).status == 401
        (kept,) = await run.all("invalid")
        with pytest.raises(CommandRefused, match="a sender that could not be verified; --force takes it"):
            await run.commands.reprocess(id_text(kept.id), ANNA)
        await run.commands.reprocess(id_text(kept.id), ANNA, force=True)
        await run.quiet()
        assert len(run.peer.asked) == 1


# -- replay


async def test_a_replay_is_counted_first_and_a_dry_run_touches_nothing(tmp_path: Path) -> None:
    """REL-10."""
    async with running(tmp_path, CALL) as run:
        run.peer.answers["/create"] = [200, 400, 400]
        for number, state in ((1, State.COMPLETED), (2, State.DEAD), (3, State.DEAD)):
            await run.sent({"number": number}, state)
        counted = await run.commands.replay(Selection(channel="flow:orders"), ANNA, dry_run=True, per_second=10)
        assert (counted.counted, counted.by_state, counted.ordered) == (3, {"completed": 1, "dead": 2}, 0)
        assert len(run.peer.asked) == 3


async def test_a_replay_of_a_range_repeats_no_effect_and_is_audited(tmp_path: Path) -> None:
    """REL-10: safe by construction, who and why recorded."""
    async with running(tmp_path, CALL) as run:
        run.peer.answers["/create"] = [200, 400, 400]
        ids = []
        for number, state in ((1, State.COMPLETED), (2, State.DEAD), (3, State.DEAD)):
            ids.append(await run.sent({"number": number}, state))
        seen: list[tuple[int, int]] = []
        done = await run.commands.replay(
            Selection(channel="flow:orders"), ANNA, dry_run=False, per_second=1000, progress=lambda *p: seen.append(p)
        )
        assert (done.counted, done.ordered, done.refused) == (3, 3, 0)
        assert seen == [(1, 3), (2, 3), (3, 3)]
        await run.quiet()
        assert [body["number"] for body in run.peer.bodies("/create")] == [1, 2, 3, 2, 3]
        assert await audited(run, ids[1]) == [("anna", "replay", ANNA.reason)]


async def test_a_replay_can_be_chosen_by_key_by_time_by_state_and_by_revision(tmp_path: Path) -> None:
    """REL-10."""
    clock = ManualClock()
    async with running(tmp_path, flow("- call: erp.create", identity=IDENTITY), clock=clock) as run:
        await run.sent({"number": "A"})
        await run.advance(100)
        middle = clock.now()
        run.peer.answers["/create"] = [400]
        await run.sent({"number": "B"}, State.DEAD)
        revision = run.app.engine.revisions.active.id
        await run.advance(100)

        async def counted(selection: Selection) -> int:
            return (await run.commands.replay(selection, ANNA, dry_run=True, per_second=1)).counted

        assert await counted(Selection(business_key=("order", "A"))) == 1
        assert await counted(Selection(since=middle)) == 1
        assert await counted(Selection(until=middle)) == 1
        assert await counted(Selection(states=(State.DEAD,))) == 1
        assert await counted(Selection(revision=revision)) == 2
        assert await counted(Selection(reason="status-400")) == 1


async def test_a_replay_is_spread_over_time(tmp_path: Path) -> None:
    """REL-10: rate-limited."""
    clock = ManualClock()
    async with running(tmp_path, flow("- call: erp.create"), clock=clock) as run:
        run.peer.answers["/create"] = [400] * 6
        for number in range(6):
            await run.sent({"number": number}, State.DEAD)
        await run.advance(1)
        await run.commands.replay(Selection(channel="flow:orders"), ANNA, dry_run=False, per_second=2)
        await until(lambda: len(run.peer.asked) == 7)
        waiting = await run.all("flow:orders", State.WAITING)
        assert [round((one.not_before or 0) - clock.now(), 1) for one in waiting] == [0.5, 1.0, 1.5, 2.0, 2.5]
        await run.advance(3)
        await run.quiet()
        assert len(run.peer.asked) == 12


async def test_a_replay_counts_what_its_state_does_not_allow(tmp_path: Path) -> None:
    async with running(tmp_path, flow("- {park: look, when: held = true}")) as run:
        await run.sent({"number": 1, "held": True}, State.PARKED)
        await run.sent({"number": 2, "held": False})
        done = await run.commands.replay(Selection(channel="flow:orders"), ANNA, dry_run=False, per_second=100)
        assert (done.ordered, done.refused) == (1, 1)


async def test_an_old_message_in_a_replay_is_still_stopped_by_the_stale_guard(tmp_path: Path) -> None:
    """REL-10, promise 5."""
    identity = "{lane: {key: $string(number)}, stale: {version: revision}}"
    async with running(tmp_path, flow("- call: erp.create", identity=identity)) as run:
        run.peer.answers["/create"] = [400]
        old = await run.sent({"number": 1, "revision": 1}, State.DEAD)
        await run.sent({"number": 1, "revision": 2})
        await run.commands.replay(Selection(states=(State.DEAD,)), ANNA, dry_run=False, per_second=100)
        await run.is_in(old, State.DISCARDED)
        assert [body["revision"] for body in run.peer.bodies("/create")] == [1, 2]
