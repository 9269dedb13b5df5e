"""A change by somebody who is not its owner (OWN-2): refused, parked or proposed, never written through."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from engine.message import State
from tests.workspaces import ANNA, WORKSPACE, Running, flow, running

ENTITY = """
$schema: https://json-schema.org/draft/2020-12/schema
$id: crossdock:order/1
type: object
additionalProperties: false
properties:
  number: {type: string}
  revision: {type: integer}
  price: {type: string}
  note: {type: string}
"""
SHOP = """
system: shop
connector: http
owner: integration
events:
  order:
    receive: {path: /orders}
    verify: {none: {reason: only the tests can reach it here}}
    map: {to: order/1, with: {number: number, revision: revision, price: price, note: note}}
"""
STEPS = "- {call: erp.note, with: $}"
PRICED = {"number": "1", "revision": 1, "price": "19.90"}
PLAIN = {"number": "2", "revision": 1, "note": "soon"}


def workspace(foreign: str, *, writers: str = "[]", roles: bool = False) -> dict[str, str]:
    lifecycle = f"""
entity: order
summary: What becomes of an order.
key: number
revision: revision
foreign: {foreign}
owners:
  "*": {{owner: {"channel" if roles else "shop"}, steward: sales}}
  number: {{owner: erp, steward: sales}}
  revision: {{owner: erp, steward: sales}}
  price: {{owner: erp, steward: finance, writers: {writers}}}
"""
    listener = flow("- {call: erp.create, with: $}", name="proposals", source="{topics: [order.proposed]}")
    return {
        **flow(STEPS),
        **listener,
        "flows/systems/shop.yaml": SHOP,
        "canonical/order/1.yaml": ENTITY,
        "canonical/order/lifecycle.yaml": lifecycle,
    }


async def notes(run: Running) -> list[Any]:
    await run.quiet()
    return run.peer.bodies("/note")


async def test_it_is_refused_where_it_comes_in_with_the_field_and_its_owner(tmp_path: Path) -> None:
    async with running(tmp_path, workspace("refuse")) as run:
        reply = await run.post(PRICED)
        assert reply.status == 422
        assert reply.document["code"] == "not-the-owner"
        assert reply.document["violations"] == [
            {
                "path": "price",
                "rule": "owner",
                "expected": "a value from erp",
                "found": "one from shop",
                "owner": "finance",
            }
        ]
        await run.sent(PLAIN)
        assert await notes(run) == [PLAIN]


async def test_it_is_parked_for_the_steward_and_goes_on_when_released(tmp_path: Path) -> None:
    async with running(tmp_path, workspace("park")) as run:
        found = await run.sent(PRICED, State.PARKED)
        parked = (await run.message(found)).parked or {}
        assert (parked["reason"], parked["owner"]) == ("not-the-owner", "finance")
        assert "'shop' may not write 'price' of order" in str(parked)
        assert await notes(run) == []
        await run.commands.release(found, ANNA)
        await run.is_in(found, State.COMPLETED)
        assert await notes(run) == [PRICED]


async def test_it_goes_to_the_owner_as_a_proposal_and_no_further(tmp_path: Path) -> None:
    async with running(tmp_path, workspace("propose")) as run:
        await run.sent(PRICED, State.DISCARDED)
        await run.sent(PLAIN)
        assert await notes(run) == [PLAIN]
        assert run.peer.bodies("/create") == [
            {
                "entity": "order",
                "from": "shop",
                "fields": [{"path": "price", "owner": "erp", "steward": "finance"}],
                "document": PRICED,
            }
        ]


@pytest.mark.parametrize("foreign", ["refuse", "park", "propose"])
async def test_a_writer_may(tmp_path: Path, foreign: str) -> None:
    async with running(tmp_path, workspace(foreign, writers="[shop]")) as run:
        await run.sent(PRICED)
        assert await notes(run) == [PRICED]


@pytest.mark.parametrize(("plays", "refused"), [("[]", True), ("[channel]", False)])
async def test_a_role_is_as_good_as_a_name(tmp_path: Path, plays: str, refused: bool) -> None:
    files = workspace("refuse", writers="[channel]", roles=True)
    files["flows/systems/shop.yaml"] = f"{SHOP}roles: {plays}\n"
    async with running(
        tmp_path, files, workspace=f"{WORKSPACE}roles: {{channel: Whoever orders come in by.}}\n"
    ) as run:
        reply = await run.post(PRICED)
        assert (reply.status == 422) is refused
        assert await notes(run) == ([] if refused else [PRICED])
