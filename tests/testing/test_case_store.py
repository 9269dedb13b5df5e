"""The store of a case knows nothing of the case before it, and keeps what any other store keeps."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from engine.clock import ManualClock
from engine.message import State
from engine.outcome import Completed
from engine.store.protocol import MessageStore
from engine.store.records import Append, AppendStatus, Claim, NewMessage, Progress, Selection, Settlement
from engine.store.sqlite import open_sqlite
from engine.testing.case_store import CaseDatabase, CaseStore

AT = 1_760_000_000.0


def order(body: bytes = b"{}", key: str = "A") -> NewMessage:
    claim = Claim("flow:orders", key, body, AT + 60)
    return NewMessage("flow:orders", "shop.order", body, AT, lane=f"orders\x1f{key}", claims=(claim,))


async def passage(store: MessageStore) -> list[object]:
    """What one store says to a message's way from its append to its end."""
    first = await store.append(Append((order(),)))
    again = await store.append(Append((order(),)))
    (work,) = await store.claim("flow:orders", 5)
    settled = await store.settle(Settlement(Progress(work.lease), Completed(), AT + 1))
    late = await store.settle(Settlement(Progress(work.lease), Completed(), AT + 2))
    (message,) = await store.find(Selection())
    return [
        first[0].status,
        again[0].status,
        first[0].message_id == again[0].message_id,
        settled.applied,
        late.applied,
        message.state,
        message.settled_at,
        await store.payload(message.payload),
    ]


async def test_it_answers_as_the_store_on_disk_does(tmp_path: Path) -> None:
    disk = await open_sqlite(tmp_path / "store.db", workspace="test", clock=ManualClock(AT))
    try:
        expected = await passage(disk)
    finally:
        await disk.close()
    assert await passage(CaseStore(CaseDatabase(), ManualClock(AT))) == expected
    assert expected[:6] == [AppendStatus.FRESH, AppendStatus.REPEAT, True, True, False, State.COMPLETED]


async def test_the_next_case_finds_it_empty() -> None:
    database = CaseDatabase()
    await passage(CaseStore(database, ManualClock(AT)))
    store = CaseStore(database, ManualClock(AT))
    assert await store.find(Selection()) == ()
    assert (await store.append(Append((order(),))))[0].status is AppendStatus.FRESH


async def test_what_fails_leaves_nothing_behind() -> None:
    store = CaseStore(CaseDatabase(), ManualClock(AT))
    broken = NewMessage("flow:orders", "shop.order", b"{}", AT, priority=None)  # type: ignore[arg-type]
    with pytest.raises((sqlite3.Error, TypeError)):
        await store.append(Append((order(), broken)))
    assert await store.find(Selection()) == ()
    await store.append(Append((order(),)))


async def test_every_payload_lies_in_its_row() -> None:
    store = CaseStore(CaseDatabase(), ManualClock(AT))
    body = b"x" * 1_000_000
    await store.append(Append((order(body),)))
    (message,) = await store.find(Selection())
    assert await store.payload(message.payload) == body
