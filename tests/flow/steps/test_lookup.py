"""Content Enricher: a code table."""

from __future__ import annotations

from pathlib import Path

from engine.message import State
from tests.workspaces import ANNA, flow, running

TABLE = {"canonical/codes/units.csv": "ours,theirs,name\nEA,PCE,piece\nKG,KGM,kilo\n"}
SEND = "\n- send: erp.note\n  with: {unit: $saved.unit}"


async def test_the_value_of_the_asked_column_is_kept(tmp_path: Path) -> None:
    steps = "- {lookup: {table: units, key: unit}, save: unit}" + SEND
    by_name = "- {lookup: {table: units, key: unit, column: name}, save: unit}" + SEND
    other = flow(by_name, name="named", source="{events: [shop.event]}")
    async with running(tmp_path, TABLE, flow(steps), other) as run:
        await run.sent({"unit": "EA"})
        await run.sent({"unit": "KG"}, path="/events")
        await run.quiet()
        assert run.peer.bodies("/note") == [{"unit": "PCE"}, {"unit": "kilo"}]


async def test_an_unmapped_code_is_a_dead_letter(tmp_path: Path) -> None:
    steps = "- {lookup: {table: units, key: unit}, save: unit}" + SEND
    async with running(tmp_path, TABLE, flow(steps)) as run:
        found = await run.sent({"unit": "BOX"}, State.DEAD)
        failure = (await run.message(found)).failure or {}
        assert (failure["error_class"], failure["reason"]) == ("data", "unmapped-code")
        assert "'units' has no entry for 'BOX'" in failure["detail"]


async def test_otherwise_skips_raises_or_parks(tmp_path: Path) -> None:
    table = "- lookup: {table: units, key: unit}\n  save: unit\n  otherwise: "
    files = flow(table + "{skip: true}" + SEND)
    files |= flow(table + "{raise: no-such-unit, owner: finance}" + SEND, name="b", source="{events: [shop.event]}")
    async with running(tmp_path, TABLE, files) as run:
        await run.sent({"unit": "BOX"})
        found = await run.sent({"unit": "BOX"}, State.DEAD, path="/events")
        await run.quiet()
        assert run.peer.bodies("/note") == [{}]
        failure = (await run.message(found)).failure or {}
        assert (failure["reason"], failure["owner"]) == ("no-such-unit", "finance")


async def test_who_was_parked_for_an_unmapped_code_is_released_by_the_running_revisions_table(tmp_path: Path) -> None:
    """A released message tries its lookup once more; the entry was made in a later revision than its own."""
    steps = "- lookup: {table: units, key: unit}\n  save: unit\n  otherwise: {park: unmapped, owner: finance}" + SEND
    async with running(tmp_path, TABLE, flow(steps)) as run:
        found = await run.sent({"unit": "BOX"}, State.PARKED)
        pinned = (await run.message(found)).revision
        await run.commands.release(found, ANNA)
        again = await run.is_in(found, State.PARKED)
        while "released before" not in str(again.parked):
            again = await run.is_in(found, State.PARKED)
        run.write({"canonical/codes/units.csv": "ours,theirs,name\nBOX,BX,box\n"})
        assert (await run.app.reload())["changed"]
        await run.commands.release(found, ANNA)
        await run.is_in(found, State.COMPLETED)
        await run.quiet()
        assert run.peer.bodies("/note") == [{"unit": "BX"}]
        assert (await run.message(found)).revision == pinned
