"""Swapping the revision while orders come in."""

from __future__ import annotations

import asyncio
import json
import signal
import sqlite3
from pathlib import Path

from tests.failure.harness import Sender, assert_effects, assert_sqlite_whole, peers, running, until
from tests.failure.nursery import Nursery
from tests.failure.shop_workspace import write_workspace

OLD = "request: {method: POST, path: /book, body: {number: number, revision: revision}}"
NEW = "request: {method: POST, path: /book, body: {number: number, revision: revision, shape: '2'}}"

CALLS = """
SELECT m.revision, json_extract(j.facts, '$.key') FROM message m JOIN journal j ON j.message_id = m.id
WHERE m.channel = 'flow:orders' AND j.kind = 'begun' AND j.step LIKE 'call%'
"""


async def test_a_reload_under_load_drops_nothing_and_ends_work_where_it_began(nursery: Nursery, tmp_path: Path) -> None:
    """MIG-5: no order is lost or refused, and each call has the shape of the revision its message began in."""
    write_workspace(tmp_path)
    erp = tmp_path / "flows/systems/erp.yaml"
    with peers(tmp_path) as both:
        both.erp.steer(delay=0.05)
        async with running(nursery, tmp_path, both) as engine:
            sender = Sender(engine.url)
            ended = asyncio.Event()
            old = (await engine.order("status"))["revision"]
            async with asyncio.TaskGroup() as group:
                group.create_task(sender.load_until("L", 8, 20, ended))

                async def acknowledged(count: int) -> None:
                    async def holds() -> bool:
                        return len(sender.ids) >= count

                    await until(holds, 20, f"{count} orders are acknowledged")

                async def said(event: str) -> None:
                    async def holds() -> bool:
                        return engine.said(event)

                    await until(holds, 20, event)

                await acknowledged(40)
                erp.write_text(erp.read_text().replace(OLD, NEW))
                engine.signal(signal.SIGHUP)
                await said("reloaded")
                await acknowledged(len(sender.ids) + 40)
                new = (await engine.order("status"))["revision"]
                erp.write_text(erp.read_text().replace("path: /book,", "pat: /book,"))
                engine.signal(signal.SIGHUP)
                await said("reload-refused")
                await acknowledged(len(sender.ids) + 20)
                assert (await engine.order("status"))["revision"] == new
                ended.set()
            await engine.settled()
            await engine.terminate()
        assert set(sender.statuses) == {202}
        assert sender.broken == 0
        assert_effects(both, sender)
        assert_sqlite_whole(tmp_path)
        shapes = {effect.key: json.loads(effect.body).get("shape", 1) for effect in both.erp.ledger().of("/book")}
        connection = sqlite3.connect(tmp_path / ".crossdock/store.db")
        wanted = {key: 2 if revision == new else 1 for revision, key in connection.execute(CALLS)}
        connection.close()
        assert old != new
        assert set(wanted.values()) == {1, 2}
        assert shapes == wanted
