"""The newest messages of a selection, and records that hide secrets."""

from __future__ import annotations

import pytest

from engine.clock import ManualClock
from engine.store.records import Append, NewMessage, Selection
from engine.testing.case_store import CaseDatabase, CaseStore
from engine.tracking import record
from engine.tracking.record import newest, record_of

HOUR = 3600.0
NOW = 1_760_000_000.0


async def store_with(*hours_ago: float) -> CaseStore:
    store = CaseStore(CaseDatabase(), ManualClock(NOW))
    for ago in hours_ago:
        body = str(ago).encode()
        await store.append(Append((NewMessage("flow:orders", "shop.order", body, NOW - ago * HOUR),)))
    return store


@pytest.mark.parametrize("few", [True, False])
async def test_the_newest_messages_come_oldest_first(few: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where there are many, longer and longer times back are looked at until there are enough."""
    monkeypatch.setattr(record, "_WITHOUT_WINDOW", 100 if few else 2)
    store = await store_with(9000, 200, 30, 20, 0.5)
    found = await newest(store, Selection(channel="flow:orders"), 3, NOW)
    assert [round((NOW - message.received_at) / HOUR, 1) for message in found] == [30, 20, 0.5]
    assert len(await newest(store, Selection(), 99, NOW)) == 5
    assert await newest(store, Selection(channel="flow:none"), 3, NOW) == ()
    lately = await newest(store, Selection(since=NOW - 100 * HOUR), 4, NOW)
    assert [round((NOW - message.received_at) / HOUR, 1) for message in lately] == [30, 20, 0.5]
    assert await newest(store, Selection(since=NOW), 3, NOW) == ()


async def test_secrets_are_hidden_and_what_is_no_text_is_left_out() -> None:
    store = CaseStore(CaseDatabase(), ManualClock(NOW))
    texts = (b'{"token": "s3cret"}', b"\xff\xfe")
    for body in texts:
        message = NewMessage("flow:orders", "shop.order", body, NOW, headers={"x-key": "s3cret"})
        await store.append(Append((message,)))
    payloads = []
    for message in await store.find(Selection()):
        trace = await store.trace(message.id)
        assert trace is not None
        told = await record_of(store, trace, lambda text: text.replace("s3cret", "***"))
        assert told["headers"] == {"x-key": "***"}
        payloads.append(told["payload"])
    assert payloads == ['{"token": "***"}', None]
