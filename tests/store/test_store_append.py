"""Append: stored whole or not at all, identified once, claimed once."""

from __future__ import annotations

import asyncio
import random

import pytest
from store_harness import T0, Harness, claim, event, known, new, put, put_one, settle, state_of, take

from engine.errors import StoreUnavailable
from engine.exact_json import digest
from engine.flow.identity import KEY_LENGTH
from engine.ids import id_text
from engine.message import State, lane_of
from engine.outcome import Dead, Failure
from engine.store.addresses import is_address_of
from engine.store.records import Append, AppendStatus, Claim, Selection, Watermark
from engine.store.store import OperationStore


async def test_appended_message_comes_back_as_it_was(store: OperationStore) -> None:
    """REL-1: bytes, headers and every field survive."""
    body = '{"amount": 19.90, "id": 820982911946154508, "name": "Łódź"}'.encode()
    fresh = await put_one(
        store,
        new(
            body=body,
            headers={"x-event": "é"},
            content_type="application/json; charset=utf-8",
            key="k" * 32,
            operation="create-order",
            priority=1,
            revision="abc",
            business_keys=(("sales-order", "SO1"), ("customer-po", "PO9")),
            traceparent="00-1-2-01",
            lane="orders\x1fSO1",
            overtakes=True,
        ),
    )
    (work,) = await store.claim("flow:orders", 5)
    message = work.message
    assert work.body == body
    assert work.business_keys == (("sales-order", "SO1"), ("customer-po", "PO9"))
    assert message.headers == {"x-event": "é"}
    assert (message.priority, message.revision, message.traceparent, message.overtakes) == (1, "abc", "00-1-2-01", True)
    assert (message.origin, message.correlation_id) == (message.id, id_text(message.id))
    assert message.id == fresh.message_id
    assert await store.payload(message.payload) == body


async def test_payload_lies_at_the_address_of_its_digest_whoever_made_it(store: OperationStore) -> None:
    body = b'{"number": 1}'
    first = await put_one(store, new(body=body, key="a" * 32))
    second = await put_one(store, new(body=body, key="b" * 32, digest=digest(body)))
    address = (await known(store, first.message_id)).payload
    assert is_address_of(address, body)
    assert (await known(store, second.message_id)).payload == address


async def test_fresh_message_is_leased_in_the_commit_of_its_append(store: OperationStore) -> None:
    result = await put_one(store, lease=True)
    assert result.lease is not None
    assert await state_of(store, result.message_id) is State.RUNNING
    assert await take(store) == []


async def test_message_behind_another_of_its_lane_is_not_leased(store: OperationStore) -> None:
    first = await put_one(store, new(lane="orders\x1fSO1"), lease=True)
    second = await put_one(store, new(lane="orders\x1fSO1"), lease=True)
    assert first.lease is not None
    assert (second.lease, second.eligible) == (None, False)
    assert second.position > first.position


async def test_two_messages_of_a_lane_in_one_append_keep_their_order(store: OperationStore) -> None:
    first, second = await put(store, new(lane="a\x1f1"), new(lane="a\x1f1"), lease=(True, True))
    assert first.lease is not None
    assert second.lease is None


async def test_repeat_of_a_claimed_key_names_the_first_message(store: OperationStore) -> None:
    """REL-2: nothing of the repeat is stored."""
    first = await put_one(store, new(claims=(claim("E1"),)))
    again = await put_one(store, new(claims=(claim("E1"),)))
    assert (again.status, again.message_id) == (AppendStatus.REPEAT, first.message_id)
    assert again.correlation_id == first.correlation_id
    assert await store.count(Selection()) == 1


async def test_same_key_with_another_body_is_a_conflict(store: OperationStore) -> None:
    first = await put_one(store, new(claims=(claim("E1"),)))
    other = await put_one(store, new(claims=(claim("E1", b"other"),)))
    assert (other.status, other.message_id) == (AppendStatus.CONFLICT, first.message_id)


async def test_claim_without_a_digest_is_of_its_key_alone(store: OperationStore) -> None:
    """REL-2: items of polls that an older program has stored are recognised when they come again."""
    first = await put_one(store, new(claims=(claim("E1", b""),)))
    again = await put_one(store, new(claims=(claim("E1"),)))
    assert (again.status, again.message_id) == (AppendStatus.REPEAT, first.message_id)


async def test_concurrent_repeats_store_one_message(store: OperationStore) -> None:
    """REL-2: a storm of duplicates, most of them in the same commit."""
    results = await asyncio.gather(*(put_one(store, new(claims=(claim("E1"),))) for _ in range(40)))
    fresh = [result for result in results if result.status is AppendStatus.FRESH]
    assert len(fresh) == 1
    assert {result.message_id for result in results} == {fresh[0].message_id}
    assert {result.correlation_id for result in results} == {fresh[0].correlation_id}


async def test_expired_claim_is_taken_again(store: OperationStore) -> None:
    await put_one(store, new(claims=(claim("E1", expires_at=T0 + 10),)))
    later = await put_one(store, new(at=T0 + 10, claims=(claim("E1", b"other", T0 + 99),)))
    assert later.status is AppendStatus.FRESH
    again = await put_one(store, new(at=T0 + 20, claims=(claim("E1", b"other"),)))
    assert (again.status, again.message_id) == (AppendStatus.REPEAT, later.message_id)


async def test_one_taken_claim_leaves_a_messages_other_claims_free(store: OperationStore) -> None:
    await put_one(store, new(claims=(claim("E1"),)))
    refused = await put_one(store, new(claims=(claim("E2"), claim("E1"))))
    assert refused.status is AppendStatus.REPEAT
    assert (await put_one(store, new(claims=(claim("E2"),)))).status is AppendStatus.FRESH


async def test_repeat_within_a_group_leaves_the_others(store: OperationStore) -> None:
    await put_one(store, new(claims=(claim("E1"),)))
    repeat, fresh = await put(store, new(claims=(claim("E1"),)), new("flow:other"))
    assert (repeat.status, fresh.status) == (AppendStatus.REPEAT, AppendStatus.FRESH)


async def test_taken_claim_of_a_group_refuses_the_whole_group(store: OperationStore) -> None:
    first, _ = await put(store, new(), new("flow:other"), claims=(claim("E1"),))
    results = await put(store, new(), new("flow:other"), claims=(claim("E1"),))
    assert [result.status for result in results] == [AppendStatus.REPEAT] * 2
    assert {result.message_id for result in results} == {first.message_id}
    assert await store.count(Selection()) == 2


async def test_second_message_with_a_known_key_joins_its_transaction(store: OperationStore) -> None:
    order_keys = (("sales-order", "SO1"),)
    first = await put_one(store, new(business_keys=order_keys))
    shipped = await put_one(store, new("flow:shipments", business_keys=order_keys))
    assert shipped.correlation_id == first.correlation_id
    other = await put_one(store, new(business_keys=(("customer-po", "SO1"),)))
    assert other.correlation_id != first.correlation_id


async def test_given_correlation_id_is_never_regenerated(store: OperationStore) -> None:
    await put_one(store, new(business_keys=(("sales-order", "SO1"),)))
    result = await put_one(store, new(business_keys=(("sales-order", "SO1"),), correlation_id="theirs"))
    assert result.correlation_id == "theirs"


async def test_group_claim_of_a_repeat_names_the_message_that_is_stored(store: OperationStore) -> None:
    (first,) = await put(store, new(claims=(claim("K1"),)), claims=(claim("E1"),))
    (repeat,) = await put(store, new(claims=(claim("K1"),)), claims=(claim("E2"),))
    (again,) = await put(store, new(claims=(claim("K1"),)), claims=(claim("E2"),))
    assert (repeat.status, repeat.message_id) == (AppendStatus.REPEAT, first.message_id)
    assert (again.status, again.message_id, again.correlation_id) == (
        AppendStatus.REPEAT,
        first.message_id,
        first.correlation_id,
    )


async def test_group_that_is_refused_leaves_no_claim(store: OperationStore) -> None:
    """ORD-5: what was refused is refused again, and never taken for something stored."""
    await put(store, new(claims=(claim("K1"),)), claims=(claim("E1"),))
    for _ in range(2):
        (refused,) = await put(store, new(claims=(claim("K1", b"other"),)), claims=(claim("E2"),))
        assert refused.status is AppendStatus.CONFLICT


async def test_message_appended_final_is_never_claimed(store: OperationStore) -> None:
    (invalid,) = await put(
        store, new("invalid", final=State.DEAD, failure={"error_class": "invalid", "reason": "not-json", "detail": "x"})
    )
    (logged,) = await put(store, event())
    assert await take(store, "invalid") == []
    assert await state_of(store, logged.message_id) is State.COMPLETED
    message = await known(store, invalid.message_id)
    assert (message.state, message.settled_at) == (State.DEAD, T0)
    assert message.failure is not None
    assert message.failure["reason"] == "not-json"


async def test_message_for_later_waits(store: OperationStore) -> None:
    result = await put_one(store, new(not_before=T0 + 60), lease=True)
    assert (result.lease, result.eligible) == (None, False)
    assert await store.next_due() == T0 + 60
    assert await store.promote(T0 + 59) == ()
    assert await store.promote(T0 + 60) == ("flow:orders",)
    assert await take(store) == [result.message_id]


async def test_polls_watermark_moves_with_its_messages(store: OperationStore) -> None:
    await store.append(Append((new(),), watermark=Watermark("erp.orders", b'"2026-01-01"')))
    assert await store.watermark("erp.orders") == b'"2026-01-01"'
    assert await store.watermark("unknown") is None


async def test_failing_append_fails_alone(store: OperationStore) -> None:
    """One bad operation in a shared commit does not take the others with it."""
    bad = new(final=State.READY)
    results = await asyncio.gather(*(put_one(store) for _ in range(5)), put_one(store, bad), return_exceptions=True)
    assert isinstance(results.pop(), ValueError)
    assert all(not isinstance(result, BaseException) for result in results)
    assert await store.count(Selection()) == 5


async def test_cancelled_append_happened_whole_or_not_at_all(store: OperationStore) -> None:
    task = asyncio.create_task(put_one(store, new(claims=(claim("E1"),))))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    again = await put_one(store, new(claims=(claim("E1"),)))
    assert await store.count(Selection()) == 1
    assert await known(store, again.message_id)


async def test_closed_store_says_so(harness: Harness) -> None:
    store = await harness.open()
    await store.close()
    with pytest.raises(StoreUnavailable):
        await put_one(store)


async def test_exact_numbers_in_failures_survive(store: OperationStore) -> None:
    lease = (await put_one(store, lease=True)).lease
    assert lease is not None
    details = {"order": 820982911946154508123456789}
    await settle(store, lease, Dead(Failure("rejected", "unknown-item", "no such item", details=details)))
    message = await known(store, lease.message_id)
    assert message.failure is not None
    assert message.failure["details"] == details


async def test_the_longest_key_fits_every_index(store: OperationStore) -> None:
    """The bound of `engine.flow.identity` is one that both stores keep, in characters of four bytes each."""
    key = "".join(random.Random(1).choices([chr(code) for code in range(0x20000, 0x2A000)], k=KEY_LENGTH))
    claims = (Claim("flow:" + "o" * 100, key, b"first", T0 + 3600),)
    await put_one(
        store, new(claims=claims, key=key, lane=lane_of("o" * 100, key), business_keys=(("sales-order", key),))
    )
    (work,) = await store.claim("flow:orders", 5)
    assert (work.message.key, work.business_keys) == (key, (("sales-order", key),))
