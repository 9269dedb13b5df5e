"""Process call: a flow's steps run inside the exchange of another (ARC-2, ARC-7)."""

from __future__ import annotations

from pathlib import Path

from engine.message import State
from tests.workspaces import ANNA, flow, running

LOOKUP = """
- call: erp.check
  save: found
- set: {inner: number}
- transform: {with: {ok: $saved.found.ok, of: number, saw: '[$keys($saved)]'}}
"""


def called(steps: str, name: str = "lookup") -> dict[str, str]:
    return flow(steps, name=name, source="{called: true}")


async def test_the_answer_is_saved_and_the_payload_is_as_it_was(tmp_path: Path) -> None:
    steps = """
- set: {outer: 1}
- run: lookup
  with: {number: number}
  save: answer
- {call: erp.note, with: {answer: $saved.answer, number: number, saw: '[$keys($saved)]'}}
"""
    async with running(tmp_path, {**flow(steps), **called(LOOKUP)}) as run:
        await run.sent({"number": "7"})
        assert run.peer.bodies("/note") == [
            {
                "answer": {"ok": True, "of": "7", "saw": ["found", "inner"]},
                "number": "7",
                "saw": ["outer", "answer"],
            }
        ]


async def test_steps_that_are_run_twice_have_keys_of_their_own(tmp_path: Path) -> None:
    steps = "- {run: book, id: first}\n- {run: book, id: second}"
    async with running(tmp_path, {**flow(steps), **called("- call: erp.create", "book")}) as run:
        found = await run.sent({"number": "7"})
        assert len({asked.key for asked in run.peer.of("/create")}) == 2
        done = [step for step, kind in await run.journal(found) if kind == "done"]
        assert done == ["first/call:erp.create", "second/call:erp.create"]


async def test_what_it_did_is_taken_back_when_a_later_step_fails(tmp_path: Path) -> None:
    """REL-11."""
    steps = "- run: book\n- raise: {reason: no}"
    inner = "- call: erp.create\n  undo: erp.cancel"
    async with running(tmp_path, {**flow(steps), **called(inner, "book")}) as run:
        await run.sent({"number": "7"}, State.DEAD)
        assert run.peer.paths() == ["POST /create", "POST /cancel"]


async def test_a_park_inside_goes_on_where_it_stood(tmp_path: Path) -> None:
    """Promise 3: what ran before does not run again."""
    steps = "- call: erp.create\n- run: look\n- call: erp.note"
    inner = "- park: {reason: look, owner: sales}\n- set: {x: 1}"
    async with running(tmp_path, {**flow(steps), **called(inner, "look")}) as run:
        found = await run.sent({"number": "7"}, State.PARKED)
        assert ((await run.message(found)).parked or {})["step"] == "run:look/park:look"
        await run.commands.release(found, ANNA)
        await run.is_in(found, State.COMPLETED)
        assert run.peer.paths() == ["POST /create", "POST /note"]


async def test_an_outcome_inside_ends_the_exchange(tmp_path: Path) -> None:
    steps = "- run: sieve\n- call: erp.note"
    async with running(tmp_path, {**flow(steps), **called("- filter: number = '8'", "sieve")}) as run:
        await run.sent({"number": "7"}, State.DISCARDED)
        await run.sent({"number": "8"})
        assert run.peer.paths() == ["POST /note"]


async def test_groups_of_a_split_run_it_each_for_themselves(tmp_path: Path) -> None:
    steps = "- split: {lines: lines}\n  steps:\n    - {run: book, with: {sku: 'lines[0].sku'}}"
    inner = "- {call: erp.create, with: {sku: sku}}"
    async with running(tmp_path, {**flow(steps), **called(inner, "book")}) as run:
        found = await run.sent({"lines": [{"sku": "a"}, {"sku": "b"}]})
        assert run.peer.bodies("/create") == [{"sku": "a"}, {"sku": "b"}]
        assert ("run:book/call:erp.create#2", "done") in await run.journal(found)
