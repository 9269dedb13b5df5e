from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.policy.priorities import PRIORITIES, may_start, next_priority, reserved


def flood(capacity: int, name: str) -> dict[str, int]:
    running = dict.fromkeys(PRIORITIES, 0)
    while name in may_start(capacity, running):
        running[name] += 1
    return running


def test_a_flood_of_low_work_leaves_places_for_every_other_priority() -> None:
    """REL-16"""
    running = flood(64, "low")
    assert running["low"] == 64 - 4 - 8 - 2
    assert may_start(64, running) == ("critical", "high", "normal")


def test_a_flood_of_high_work_leaves_places_for_low() -> None:
    """REL-16"""
    assert "low" in may_start(64, flood(64, "high"))


def test_one_place_is_common() -> None:
    assert reserved(1) == dict.fromkeys(PRIORITIES, 0)
    assert may_start(1, {}) == PRIORITIES


def test_scarce_places_are_kept_for_high_first() -> None:
    assert [name for name, places in reserved(4).items() if places] == ["critical", "high"]
    assert [name for name, places in reserved(2).items() if places] == ["high"]


def test_the_highest_that_waits_starts_first() -> None:
    assert next_priority(16, {}, {"low", "high", "normal"}, turn=0) == "high"


def test_one_turn_in_sixteen_goes_to_the_lowest() -> None:
    turns = [next_priority(4, {}, {"high", "low"}, turn) for turn in range(32)]
    assert turns.count("low") == 2


def test_nothing_starts_when_nothing_waits_or_all_is_taken() -> None:
    assert next_priority(4, {}, (), turn=0) is None
    assert next_priority(4, {"normal": 4}, {"critical"}, turn=0) is None


def test_a_capacity_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="capacity"):
        reserved(0)


@given(st.integers(1, 300), st.lists(st.sampled_from(PRIORITIES), max_size=400))
def test_capacity_holds_and_kept_places_stay_free_for_their_owner(capacity: int, wishes: list[str]) -> None:
    running = dict.fromkeys(PRIORITIES, 0)
    for name in wishes:
        if name in may_start(capacity, running):
            running[name] += 1
    assert sum(running.values()) <= capacity
    startable = may_start(capacity, running)
    assert all(name in startable for name, places in reserved(capacity).items() if running[name] < places)
    assert sum(reserved(capacity).values()) <= capacity / 2
