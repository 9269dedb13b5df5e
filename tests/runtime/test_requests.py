"""One request: what it is made of, and how its reply is judged."""

from __future__ import annotations

from pathlib import Path
from shutil import rmtree

import pytest

from engine.clock import ManualClock
from engine.message import Message, State
from engine.store.records import Selection
from tests.workspaces import ERP, Running, flow, running, until

PICKY = ERP.replace(
    "path: /note, body: $}, retry: quick}",
    "path: /note, body: $}, retry: quick, success: 'status = 200 and $not(body.refused)'}",
)
DOCUMENT = '{"a": 19.90, "id": 820982911946154508, "empty": [], "text": "é NaN", "none": null}'


@pytest.mark.parametrize(
    ("codec", "wire"),
    [
        ("json", '{"a":19.90,"id":820982911946154508,"empty":[],"text":"é NaN","none":null}'),
        ("{json: {indent: 1}}", DOCUMENT.replace("{", "{\n ").replace(", ", ",\n ").replace("}", "\n}")),
    ],
)
async def test_a_document_that_is_not_mapped_arrives_as_its_codec_writes_it(
    tmp_path: Path, codec: str, wire: str
) -> None:
    """Promise 10; from memory, and read from the store for a further try."""
    erp = ERP.replace("create: {request", f"create: {{codec: {codec}, request")
    async with running(tmp_path, flow("- send: erp.create"), erp=erp) as run:
        run.peer.answers["/create"] = [503]
        await run.sent(DOCUMENT)
        await run.quiet()
        (delivery,) = await run.app.store.find(Selection(channel="system:erp"))
        trace = await run.app.store.trace(delivery.id)
        assert trace is not None
        assert [attempt.status for attempt in trace.attempts] == [503, 200]
        assert {attempt.request for attempt in trace.attempts} == {wire.encode()}


async def test_a_reply_is_judged_by_its_body_where_success_reads_it(tmp_path: Path) -> None:
    async with running(tmp_path, flow("- send: erp.note"), erp=PICKY) as run:
        run.peer.answers["/note"] = [(200, {"refused": number in (1, 4)}) for number in range(6)]
        for number in range(4):
            await run.sent({"number": number})
            await run.quiet()
        assert [asked.body["number"] for asked in run.peer.asked] == [0, 1, 1, 2, 3, 3]


async def test_each_status_is_judged_where_success_reads_nothing_else(tmp_path: Path) -> None:
    erp = ERP.replace("path: /note, body: $}, retry", "path: /note, body: $}, success: 'status in [200, 404]', retry")
    async with running(tmp_path, flow("- send: erp.note"), erp=erp) as run:
        run.peer.answers["/note"] = [200, 503, 200, 404, 503, 404]
        for number in range(4):
            await run.sent({"number": number})
            await run.quiet()
        assert [asked.body["number"] for asked in run.peer.asked] == [0, 1, 1, 2, 3, 3]


async def test_a_delivery_whose_bytes_are_lost_is_not_sent_without_them(tmp_path: Path) -> None:
    """A store that was brought back without the folder of its large payloads."""
    erp = ERP.replace("path: /create, body: $}, retry: quick", "path: /create, body: $}, retry: slow")
    clock = ManualClock(1_760_000_000.0)

    async def tried(run: Running, times: int) -> Message:
        async def holds() -> bool:
            (delivery,) = await run.all("system:erp")
            return delivery.state is State.WAITING and delivery.attempts == times

        await until(holds)
        return (await run.all("system:erp"))[0]

    async with running(tmp_path, flow("- send: erp.create"), clock=clock, erp=erp) as run:
        run.peer.always["/create"] = 503
        await run.sent({"text": "x" * 300_000})
        await tried(run, 1)
    rmtree(tmp_path / ".crossdock" / "store.db.payloads")
    async with running(tmp_path, flow("- send: erp.create"), clock=clock, erp=erp) as run:
        await run.advance(60)
        delivery = await tried(run, 2)
        assert run.peer.asked == []
        assert (delivery.failure or {})["reason"] == "internal-error"
