"""Validate."""

from __future__ import annotations

from pathlib import Path

from engine.message import State
from tests.workspaces import flow, running

SCHEMA = {
    "flows/small.schema.yaml": """
$schema: https://json-schema.org/draft/2020-12/schema
type: object
required: [number]
properties: {number: {type: integer, minimum: 1}}
"""
}


async def test_document_that_holds_goes_on_and_one_that_does_not_dies_with_its_violation(tmp_path: Path) -> None:
    steps = "- validate: small.schema.yaml\n- send: erp.note"
    async with running(tmp_path, SCHEMA, flow(steps)) as run:
        await run.sent({"number": 7})
        found = await run.sent({"number": 0}, State.DEAD)
        failure = (await run.message(found)).failure or {}
        assert (failure["error_class"], failure["reason"]) == ("data", "broken-contract")
        assert failure["step"] == "validate:small.schema.yaml"
        assert [one["path"] for one in failure["details"]["violations"]] == ["number"]
        await run.quiet()
        assert run.peer.bodies("/note") == [{"number": 7}]
