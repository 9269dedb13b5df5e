"""The state machine: what the documentation draws, the database enforces and the operations use are one."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Awaitable, Callable
from itertools import product
from pathlib import Path

import asyncpg
import pytest
from store_harness import T0, Harness, dead, leased, new, order, parked, put_one, retry, settle, state_of, take

from engine.message import State
from engine.outcome import Completed, Discarded
from engine.store.store import OperationStore

DOCUMENT = Path(__file__).parents[2] / "docs" / "state-machine.md"
ROW = re.compile(r"^\| (\w+) \| (\w+) \|", re.MULTILINE)
ARROW = re.compile(r"^    (\w+) --> (\w+):", re.MULTILINE)
STATES = {state.value for state in State}
DOCUMENTED = {pair for pair in ROW.findall(DOCUMENT.read_text()) if set(pair) <= STATES}
ILLEGAL = sorted(set(product(STATES, STATES)) - DOCUMENTED - {(state, state) for state in STATES})


async def message_in(store: OperationStore, state: str) -> int:
    """A message that came into the state by the store's own calls."""
    match state:
        case "ready":
            return (await put_one(store)).message_id
        case "waiting":
            return (await put_one(store, new(not_before=T0 + 50))).message_id
        case "running":
            return (await leased(store)).message_id
    lease = await leased(store)
    outcomes = {"completed": Completed(), "discarded": Discarded("r"), "dead": dead(), "parked": parked()}
    await settle(store, lease, outcomes[state])
    return lease.message_id


async def run_own(store: OperationStore, message_id: int, state: str) -> None:
    """Running to somewhere, by the holder of the lease."""
    work = await store.get(message_id)
    assert work is not None
    lease = (await store.claim("flow:orders", 1))[0].lease
    outcomes = {
        "completed": Completed(),
        "waiting": retry(),
        "parked": parked(),
        "discarded": Discarded("r"),
        "dead": dead(),
    }
    if state == "ready":
        await store.give_back((lease,))
    else:
        await settle(store, lease, outcomes[state])


def step_of(before: str, after: str) -> Callable[[OperationStore, int], Awaitable[object]]:
    """The store's call that makes a documented transition."""
    if (before, after) == ("ready", "running"):
        return lambda store, _: take(store)
    if (before, after) == ("waiting", "ready"):
        return lambda store, _: store.promote(T0 + 50)
    extra: dict[str, object] = {
        "ready": {},
        "waiting": {"not_before": T0 + 9},
        "discarded": {"outcome": Discarded("r")},
        "dead": {"outcome": dead()},
    }
    fields = extra[after]
    assert isinstance(fields, dict)
    return lambda store, message_id: order(store, message_id, State(before), **fields)


def test_diagram_and_table_say_the_same() -> None:
    assert {pair for pair in ARROW.findall(DOCUMENT.read_text()) if "[*]" not in pair} == DOCUMENTED


@pytest.mark.parametrize(("before", "after"), sorted(DOCUMENTED))
async def test_documented_transition_is_made_by_the_store(store: OperationStore, before: str, after: str) -> None:
    if before == "running":
        message_id = await message_in(store, "ready")
        await run_own(store, message_id, after)
    else:
        message_id = await message_in(store, before)
        await step_of(before, after)(store, message_id)
    assert await state_of(store, message_id) is State(after)


async def test_database_knows_exactly_the_documented_transitions(harness: Harness) -> None:
    await harness.open()
    assert {tuple(row) for row in await harness.execute("SELECT before, after FROM transition")} == DOCUMENTED


# what a row needs so that only the transition itself can be refused
FACTS = {
    "ready": "",
    "waiting": ", not_before = 1",
    "running": ", lease = 1, lease_until = 1",
    "parked": ", parked = '{}'",
    "completed": ", settled_at = 1",
    "discarded": ", settled_at = 1",
    "dead": ", settled_at = 1, failure = '{}'",
}
NONE = "not_before = NULL, lease = NULL, lease_until = NULL, parked = NULL, settled_at = NULL"


async def test_database_refuses_every_other_transition(harness: Harness) -> None:
    store = await harness.open()
    ids = {state: await message_in(store, state) for state in STATES}
    for before, after in ILLEGAL:
        facts = dict(part.split(" = ") for part in NONE.split(", "))
        facts |= dict(part.split(" = ") for part in FACTS[after].split(", ") if part)
        changes = ", ".join(f"{name} = {value}" for name, value in facts.items())
        with pytest.raises((sqlite3.IntegrityError, asyncpg.CheckViolationError), match="illegal transition"):
            await harness.execute(f"UPDATE message SET state = '{after}', {changes} WHERE id = {ids[before]}")


@pytest.mark.parametrize(
    ("change", "constraint"),
    [
        ("lease = NULL, lease_until = NULL", "running_is_leased"),
        ("lease_until = NULL", "lease_has_an_end"),
        ("not_before = 1", "waiting_has_a_time"),
        ("parked = '{}'", "parked_says_why"),
        ("settled_at = 1", "final_is_settled"),
        ("state = 'dead', lease = NULL, lease_until = NULL, settled_at = 1", "dead_says_why"),
        ("state = 'completed', lease = NULL, lease_until = NULL, settled_at = 1", "final_frees_its_lane"),
        ("lane = NULL", "only_lanes_are_blocked"),
        ("phase = 'sideways'", "known_phase"),
    ],
)
async def test_database_keeps_each_states_facts(harness: Harness, change: str, constraint: str) -> None:
    store = await harness.open()
    lease = await leased(store, lane="a\x1f1")
    with pytest.raises((sqlite3.IntegrityError, asyncpg.CheckViolationError), match=constraint):
        await harness.execute(f"UPDATE message SET {change} WHERE id = {lease.message_id}")
