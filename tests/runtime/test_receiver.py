"""The idempotent receiver: what is the same, what is refused, and what is kept of it."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from engine.clock import ManualClock
from engine.ids import id_text
from engine.message import State
from tests.workspaces import SHOP, flow, running, write_files

IDENTITY = "{idempotency: {key: $string(number), window: 1 h}}"
CALL = "- call: erp.create"


def shop(*lines: str) -> dict[str, str]:
    """The shop's file with more settings of its order event."""
    more = "".join(f", {line}" for line in lines)
    return {
        "flows/systems/shop.yaml": SHOP.replace(
            "reason: only the tests can reach it here}}", f"reason: only the tests can reach it here}}}}{more}", 1
        )
    }


async def test_a_repeat_is_the_first_message_and_has_no_second_effect(tmp_path: Path) -> None:
    """REL-2, REL-20."""
    async with running(tmp_path, flow(CALL, identity=IDENTITY)) as run:
        first, second = await run.post({"number": 1}), await run.post({"number": 1})
        await run.quiet()
        assert first.id == second.id
        assert second.headers["idempotent-replay"] == "true"
        assert len(run.peer.asked) == 1


async def test_a_storm_of_duplicates_has_one_effect(tmp_path: Path) -> None:
    """REL-2, ORD-5."""
    async with running(tmp_path, flow(CALL, identity=IDENTITY)) as run:
        replies = await asyncio.gather(*(run.post({"number": 1}) for _ in range(40)))
        await run.quiet()
        assert len({reply.id for reply in replies}) == 1
        assert len(run.peer.asked) == 1


async def test_a_used_key_with_another_body_is_422_and_kept_in_the_invalid_channel(tmp_path: Path) -> None:
    """Promises 8 and 12."""
    async with running(tmp_path, flow(CALL, identity=IDENTITY)) as run:
        first = await run.post({"number": 1})
        reply = await run.post({"number": 1, "more": True})
        assert (reply.status, reply.document["code"]) == (422, "key-conflict")
        assert first.id in reply.document["detail"]
        (kept,) = await run.all("invalid")
        assert (kept.failure or {})["reason"] == "key-conflict"
        await run.quiet()
        assert len(run.peer.asked) == 1


async def test_the_same_bytes_are_a_repeat_even_where_the_mapping_asks_the_clock(tmp_path: Path) -> None:
    """REL-20: the vendor's own retry."""
    clock = ManualClock()
    entity = {
        "canonical/note/1.yaml": "$schema: https://json-schema.org/draft/2020-12/schema\n$id: crossdock:note/1\n"
        "title: Note\ndescription: A note.\ntype: object\nrequired: [number]\n"
        "properties:\n  number: {type: integer, description: Its number.}\n  seen: {type: string, description: When.}\n"
    }
    files = entity | flow(CALL, identity=IDENTITY)
    write_files(tmp_path, {})
    more = shop("map: {to: note/1, with: {number: number, seen: $now()}}")
    async with running(tmp_path, files, more, clock=clock) as run:
        first = await run.post({"number": 1})
        await run.advance(5)
        second = await run.post({"number": 1})
        assert (second.status, second.id) == (202, first.id)


async def test_a_key_is_free_again_after_its_window(tmp_path: Path) -> None:
    async with running(tmp_path, flow(CALL, identity=IDENTITY), clock=ManualClock()) as run:
        first = await run.sent({"number": 1})
        await run.advance(3599)
        assert (await run.post({"number": 1})).id == first
        await run.advance(2)
        assert await run.sent({"number": 1}) != first
        assert len(run.peer.asked) == 2


async def test_the_senders_key_counts_where_it_gives_one(tmp_path: Path) -> None:
    """REL-3."""
    async with running(tmp_path, flow(CALL)) as run:
        first = await run.post({"number": 1}, Idempotency_Key="k")
        again = await run.post({"number": 1}, Idempotency_Key="k")
        other = await run.post({"number": 1}, Idempotency_Key="l")
        wrong = await run.post({"number": 2}, Idempotency_Key="k")
        assert (again.id, wrong.status) == (first.id, 422)
        assert other.id != first.id


async def test_the_events_own_id_counts_where_it_declares_one(tmp_path: Path) -> None:
    """REL-3: `dedupe`."""
    more = shop("dedupe: {key: '$headers.\"x-event\"', window: 1 h}")
    async with running(tmp_path, flow(CALL), more) as run:
        first = await run.post({"number": 1}, X_Event="a")
        assert (await run.post({"number": 1}, X_Event="a")).id == first.id
        assert (await run.post({"number": 1}, X_Event="b")).id != first.id
        assert (await run.post({"number": 2}, X_Event="a")).status == 422
        missing = await run.post({"number": 2})
        assert (missing.status, missing.document["code"]) == (422, "no-identity")


async def test_no_key_means_a_digest_of_the_body(tmp_path: Path) -> None:
    """Promise 8."""
    async with running(tmp_path, flow(CALL)) as run:
        first = await run.post({"number": 1})
        assert (await run.post({"number": 1})).id == first.id
        assert (await run.post({"number": 2})).id != first.id


async def test_a_flow_without_a_key_is_not_run_twice_beside_one_with_a_key(tmp_path: Path) -> None:
    """REL-2: every message has a key."""
    files = flow(CALL, name="a", identity=IDENTITY) | flow("- call: erp.note", name="b")
    async with running(tmp_path, files) as run:
        await run.post({"number": 1})
        again = await run.post({"number": 1})
        await run.quiet()
        assert again.headers["idempotent-replay"] == "true"
        assert sorted(run.peer.paths()) == ["POST /create", "POST /note"]


async def test_several_items_of_one_payload_are_messages_of_their_own(tmp_path: Path) -> None:
    async with running(tmp_path, flow(CALL), shop("items: orders", "when: active = true")) as run:
        orders = [{"n": 1, "active": True}, {"n": 2, "active": False}, {"n": 1, "active": True}]
        reply = await run.post({"orders": orders})
        await run.quiet()
        assert len(reply.document["messages"]) == 2
        assert [body["n"] for body in run.peer.bodies("/create")] == [1, 1]
        assert (await run.post({"orders": orders})).headers["idempotent-replay"] == "true"


async def test_an_item_is_read_again_from_the_stored_original(tmp_path: Path) -> None:
    """Promise 11: what is stored is the original; the canonical form is made again from it."""
    async with running(tmp_path, flow(CALL, retry="quick"), shop("items: orders")) as run:
        run.peer.answers["/create"] = [503, 503]
        await run.post({"orders": [{"n": 1}, {"n": 2}]})
        await run.quiet()
        assert sorted({body["n"] for body in run.peer.bodies("/create")}) == [1, 2]
        (first, _) = await run.all("flow:orders")
        assert await run.app.store.payload(first.payload) == b'{"orders": [{"n": 1}, {"n": 2}]}'


async def test_what_is_not_wanted_is_kept_as_discarded(tmp_path: Path) -> None:
    async with running(tmp_path, flow(CALL), shop("when: active = true")) as run:
        reply = await run.post({"active": False})
        message = await run.message(reply.id)
        assert (message.channel, message.state) == ("topic:shop.order", State.DISCARDED)
        assert (message.failure or {})["reason"] == "filtered"
        assert (await run.post({"active": False})).id == reply.id


async def test_what_no_flow_takes_is_kept(tmp_path: Path) -> None:
    async with running(tmp_path, flow(CALL)) as run:
        reply = await run.post({"a": 1}, "/events")
        assert reply.status == 202
        assert (await run.message(reply.id)).state is State.COMPLETED


async def test_what_cannot_be_read_is_a_problem_and_lies_in_the_invalid_channel(tmp_path: Path) -> None:
    """Promise 12."""
    async with running(tmp_path, flow(CALL)) as run:
        reply = await run.post('{"number": ')
        assert reply.status == 422
        assert reply.headers["content-type"].startswith("application/problem+json")
        (kept,) = await run.all("invalid")
        assert kept.state is State.DEAD
        assert (kept.failure or {})["error_class"] == "data"
        assert await run.app.store.payload(kept.payload) == b'{"number": '


async def test_a_flood_from_unverified_senders_is_refused_and_not_all_kept(tmp_path: Path) -> None:
    """Promise 9: nobody may fill the disk without a name."""
    unverified = "verify: {none: {reason: only the tests can reach it here}}"
    token = 'verify: {token: {header: X-Token, value: "${secret:SHOP}"}}'
    files = {"flows/systems/shop.yaml": SHOP.replace(unverified, token, 1)}
    variables = {"CROSSDOCK_SECRET_SHOP": "s3cr3t-token"}
    async with running(tmp_path, flow(CALL), files, variables=variables, clock=ManualClock()) as run:
        statuses = {(await run.post({"number": number}, X_Token="wrong")).status for number in range(120)}
        assert statuses == {401}
        assert len(await run.all("invalid")) == 100
        await run.advance(61)
        await run.post({"number": 1}, X_Token="wrong")
        assert len(await run.all("invalid")) == 101


async def test_a_missing_lane_key_is_refused_at_the_door(tmp_path: Path) -> None:
    """Without it no promise of order could be kept."""
    async with running(tmp_path, flow(CALL, identity="{lane: {key: number}}")) as run:
        reply = await run.post({"other": 1})
        assert (reply.status, reply.document["code"]) == (422, "no-identity")
        assert "lane key of flow 'orders'" in reply.document["detail"]
        (kept,) = await run.all("invalid")
        assert reply.document["message"] == id_text(kept.id)


async def test_messages_of_one_business_key_share_a_correlation_id(tmp_path: Path) -> None:
    """OBS-1: inherited, never regenerated."""
    files = flow(CALL, name="a", identity="{business_keys: {order: number}}")
    files |= flow(
        "- call: erp.note", name="b", source="{events: [shop.event]}", identity="{business_keys: {order: order}}"
    )
    async with running(tmp_path, files) as run:
        first = await run.post({"number": "SO-1"})
        second = await run.post({"order": "SO-1"}, "/events")
        assert first.document["correlation_id"] == second.document["correlation_id"]


async def test_credentials_are_not_stored(tmp_path: Path) -> None:
    """SEC-5."""
    async with running(tmp_path, flow(CALL)) as run:
        found = await run.sent({"n": 1}, Authorization="Bearer abc", Cookie="x=y", X_Kind="z")
        headers = (await run.message(found)).headers
        assert headers["x-kind"] == "z"
        assert not {"authorization", "cookie"} & set(headers)


@pytest.mark.parametrize(
    ("key", "told"), [("a\x00b", "holds the character NUL"), ("x" * 513, "has 513 characters; at most 512 are taken")]
)
@pytest.mark.parametrize(
    "place", ["business_keys: {order: number}", "lane: {key: number}", "idempotency: {key: number}"]
)
async def test_a_key_that_no_store_can_hold_is_refused(tmp_path: Path, place: str, key: str, told: str) -> None:
    """Promise 12: PostgreSQL holds no NUL, and no index holds a text of any length."""
    async with running(tmp_path, flow(CALL, identity=f"{{{place}}}")) as run:
        reply = await run.post({"number": key})
        assert (reply.status, reply.document["code"]) == (422, "unusable-key")
        assert reply.document["detail"] == f"the key 'number' of flow 'orders' {told}" + (
            " (U+0000), which no key may" if "NUL" in told else ""
        )
        (kept,) = await run.all("invalid")
        assert (kept.failure or {})["reason"] == "unusable-key"


async def test_a_senders_key_and_an_events_id_are_held_to_the_same(tmp_path: Path) -> None:
    async with running(tmp_path, flow(CALL), shop("dedupe: {key: number, window: 1 h}")) as run:
        sent = await run.post({"number": 1}, Idempotency_Key="k" * 513)
        assert (sent.status, sent.document["code"]) == (422, "unusable-key")
        assert sent.document["detail"].startswith("the sender's key for shop.order has 513 characters")
        told = await run.post({"number": "a\x00b"})
        assert (told.status, told.document["code"]) == (422, "unusable-key")
        assert told.document["detail"].startswith("the dedupe key of shop.order holds the character NUL")
