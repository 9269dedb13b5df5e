from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.policy.priorities import PRIORITIES, Places, reserved

CRITICAL, HIGH, NORMAL, LOW = range(4)


def flood(capacity: int, rank: int) -> tuple[Places, int]:
    places, started = Places(capacity), 0
    while places.may_start(rank):
        places.enter(rank)
        started += 1
    return places, started


def test_a_flood_of_low_work_leaves_places_for_every_other_priority() -> None:
    """REL-16"""
    places, started = flood(64, LOW)
    assert started == 64 - 4 - 8 - 2
    assert [rank for rank in range(4) if places.may_start(rank)] == [CRITICAL, HIGH, NORMAL]


def test_a_flood_of_high_work_leaves_places_for_low() -> None:
    """REL-16"""
    assert flood(64, HIGH)[0].may_start(LOW)


def test_one_place_is_common() -> None:
    assert reserved(1) == dict.fromkeys(PRIORITIES, 0)
    assert all(Places(1).may_start(rank) for rank in range(4))


def test_scarce_places_are_kept_for_high_first() -> None:
    assert [name for name, places in reserved(4).items() if places] == ["critical", "high"]
    assert [name for name, places in reserved(2).items() if places] == ["high"]


def test_the_highest_that_waits_starts_first() -> None:
    assert Places(16).choose([HIGH, NORMAL, LOW]) == HIGH


def test_one_turn_in_sixteen_goes_to_the_lowest() -> None:
    places = Places(4)
    turns = []
    for _ in range(32):
        rank = places.choose([HIGH, LOW])
        assert rank is not None
        turns.append(rank)
        places.enter(rank)
        places.leave(rank)
    assert turns.count(LOW) == 2


def test_nothing_starts_when_nothing_waits_or_all_is_taken() -> None:
    places = Places(4)
    assert places.choose([]) is None
    for _ in range(4):
        places.enter(NORMAL)
    assert places.choose([CRITICAL]) is None


def test_a_capacity_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="capacity"):
        reserved(0)


@given(st.integers(1, 300), st.lists(st.tuples(st.integers(0, 3), st.booleans()), max_size=400))
def test_capacity_holds_and_kept_places_stay_free_for_their_owner(
    capacity: int, wishes: list[tuple[int, bool]]
) -> None:
    places, running = Places(capacity), [0] * 4
    kept = list(reserved(capacity).values())
    for rank, starts in wishes:
        if starts and places.may_start(rank):
            places.enter(rank)
            running[rank] += 1
        elif not starts and running[rank]:
            places.leave(rank)
            running[rank] -= 1
        assert places.used == sum(running) <= capacity
        if places.used < capacity:
            assert all(places.may_start(owner) for owner in range(4) if running[owner] < kept[owner])
