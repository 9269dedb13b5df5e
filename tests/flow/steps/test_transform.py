"""Message Translator."""

from __future__ import annotations

from pathlib import Path

from engine.message import State
from tests.workspaces import flow, running

ENTITY = {
    "canonical/note/1.yaml": """
$schema: https://json-schema.org/draft/2020-12/schema
$id: crossdock:note/1
title: Note
description: A note.
type: object
required: [text]
properties:
  text: {type: string, description: What it says.}
"""
}


async def test_document_becomes_what_the_mapping_yields(tmp_path: Path) -> None:
    steps = """
- transform: {with: {text: '"order " & $string(number)', amount: amount}}
- send: erp.note
"""
    async with running(tmp_path, flow(steps)) as run:
        await run.post('{"number": 7, "amount": 19.90}')
        await run.quiet()
        assert run.peer.bodies("/note") == [{"text": "order 7", "amount": 19.9}]


async def test_numbers_leave_as_they_came(tmp_path: Path) -> None:
    async with running(tmp_path, flow("- transform: {with: {id: id, amount: amount}}\n- send: erp.note")) as run:
        await run.post('{"id": 820982911946154508123, "amount": 19.90}')
        await run.quiet()
        (delivery,) = await run.all("system:erp")
        assert await run.app.store.payload(delivery.payload) == b'{"id":820982911946154508123,"amount":19.90}'


async def test_result_that_breaks_its_entity_dies_with_class_data(tmp_path: Path) -> None:
    files = ENTITY | flow("- transform: {to: note/1, with: {text: number}}\n- send: erp.note")
    async with running(tmp_path, files) as run:
        found = await run.sent({"number": 7}, State.DEAD)
        failure = (await run.message(found)).failure or {}
        assert (failure["error_class"], failure["reason"], failure["step"]) == (
            "data",
            "broken-contract",
            "transform:note/1",
        )
        assert failure["details"]["violations"][0]["path"] == "text"
        assert run.peer.asked == []


async def test_mapping_that_yields_nothing_fails(tmp_path: Path) -> None:
    async with running(tmp_path, flow("- transform: {with: missing.field}")) as run:
        found = await run.sent({"number": 7}, State.DEAD)
        assert (await run.message(found)).failure["reason"] == "failed-transformation"  # type: ignore[index]
