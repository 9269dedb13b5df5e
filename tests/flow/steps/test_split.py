"""Splitter."""

from __future__ import annotations

from pathlib import Path

from engine.message import State
from tests.workspaces import ANNA, flow, running, until

ORDER = {
    "number": "1",
    "lines": [
        {"sku": "a", "from": "east"},
        {"sku": "b", "from": "west"},
        {"sku": "c", "from": "east"},
    ],
}
NOTE = "{skus: lines.sku, group: $group, whole: $count($parent.lines)}"


async def test_steps_run_once_for_each_group_in_order_with_the_document_cut_to_it(tmp_path: Path) -> None:
    steps = f"- split: {{lines: lines, group_by: from}}\n  steps:\n    - call: erp.note\n      with: {NOTE}"
    async with running(tmp_path, flow(steps)) as run:
        found = await run.sent(ORDER)
        assert run.peer.bodies("/note") == [
            {"skus": ["a", "c"], "group": {"key": "east", "index": 0, "count": 2}, "whole": 3},
            {"skus": "b", "group": {"key": "west", "index": 1, "count": 2}, "whole": 3},
        ]
        assert ("call:erp.note#east", "done") in await run.journal(found)
        assert len({asked.key for asked in run.peer.of("/note")}) == 2


async def test_each_line_is_a_group_where_nothing_groups_them(tmp_path: Path) -> None:
    steps = "- split: {lines: lines}\n  steps:\n    - {call: erp.note, with: {sku: 'lines[0].sku', key: $group.key}}"
    async with running(tmp_path, flow(steps)) as run:
        await run.sent(ORDER)
        assert run.peer.bodies("/note") == [{"sku": sku, "key": str(at)} for at, sku in enumerate("abc", 1)]


async def test_nested_groups_have_keys_of_their_own_whatever_characters_they_hold(tmp_path: Path) -> None:
    """Promise 2: the key holds the split group; `a/b` within `c` is not `a` within `b/c`."""
    steps = """
- split: {lines: lines, group_by: x}
  steps:
    - split: {lines: lines, group_by: y}
      id: inner
      steps:
        - {call: erp.note, with: {sku: 'lines[0].sku'}}
"""
    lines = [{"x": "a/b", "y": "c", "sku": 1}, {"x": "a", "y": "b/c", "sku": 2}, {"x": "a%2Fb", "y": "c", "sku": 3}]
    async with running(tmp_path, flow(steps)) as run:
        await run.sent({"lines": lines})
        assert run.peer.bodies("/note") == [{"sku": 1}, {"sku": 2}, {"sku": 3}]
        assert len({asked.key for asked in run.peer.asked}) == 3


async def test_a_group_that_parks_goes_on_there_and_the_groups_before_it_do_not_run_again(tmp_path: Path) -> None:
    """Promise 3."""
    steps = """
- split: {lines: lines, group_by: from}
  steps:
    - park: {when: '$group.key = "west"', reason: look, owner: sales}
    - {call: erp.note, with: {key: $group.key}}
"""
    async with running(tmp_path, flow(steps)) as run:
        found = await run.sent(ORDER, State.PARKED)
        assert ((await run.message(found)).parked or {})["step"] == "park:look#west"
        await run.commands.release(found, ANNA)
        await run.is_in(found, State.COMPLETED)
        assert run.peer.bodies("/note") == [{"key": "east"}, {"key": "west"}]


async def test_saved_values_and_the_whole_document_are_there_after_the_split(tmp_path: Path) -> None:
    steps = """
- split: {lines: lines, group_by: from}
  steps:
    - set: {last: $group.key}
- {call: erp.note, with: {last: $saved.last, count: $count(lines)}}
"""
    async with running(tmp_path, flow(steps)) as run:
        await run.sent(ORDER)
        assert run.peer.bodies("/note") == [{"last": "west", "count": 3}]


async def test_a_missing_list_and_a_line_without_group_are_dead_letters(tmp_path: Path) -> None:
    steps = "- split: {lines: lines, group_by: from}\n  steps:\n    - send: erp.note"
    async with running(tmp_path, flow(steps)) as run:
        found = await run.sent({"number": 1}, State.DEAD)
        assert "expected the list 'lines' in the document, found nothing" in str((await run.message(found)).failure)
        found = await run.sent({"lines": [{"from": "x"}, {}]}, State.DEAD)
        assert "line 2 has none" in str((await run.message(found)).failure)
        await until(lambda: not run.peer.asked)


async def test_a_failure_in_a_group_names_the_group(tmp_path: Path) -> None:
    steps = "- split: {lines: lines, group_by: from}\n  steps:\n    - {call: erp.note, with: {key: $group.key}}"
    async with running(tmp_path, flow(steps)) as run:
        run.peer.answers["/note"] = [200, 400]
        found = await run.sent(ORDER, State.DEAD)
        assert ((await run.message(found)).failure or {})["step"] == "call:erp.note#west"
