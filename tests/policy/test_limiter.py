from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.policy.limiter import Bulkhead, LimiterState, Rate, give_back, is_void, penalise, reserve

NOW = 1_790_000_000.0
rates = st.builds(
    lambda count, per, burst: Rate(count, per, min(burst, count)),
    st.integers(1, 40),
    st.sampled_from([0.5, 1.0, 10.0, 60.0]),
    st.integers(0, 40),
)


def most_in_a_window(slots: list[float], per: float) -> int:
    return max(sum(start <= slot < start + per - 1e-3 * per for slot in slots) for start in slots)


def test_a_burst_goes_at_once_and_the_rest_is_spread() -> None:
    """REL-14"""
    rate = Rate(count=12, per=10, burst=3)
    state, slots = LimiterState(), []
    for _ in range(6):
        state, slot = reserve(rate, state, NOW)
        slots.append(slot - NOW)
    assert slots == [0, 0, 0, 1, 2, 3]


def test_a_rate_without_burst_reaches_its_whole_count() -> None:
    rate = Rate(count=10, per=1, burst=1)
    state, slot = LimiterState(), NOW
    for _ in range(101):
        state, slot = reserve(rate, state, NOW)
    assert slot - NOW == pytest.approx(10, abs=1e-3)


def test_a_penalty_moves_the_next_slot_and_voids_those_before_it() -> None:
    rate = Rate(10, 1)
    state, slot = reserve(rate, LimiterState(), NOW)
    state = penalise(state, NOW + 30)
    assert is_void(state, slot)
    assert reserve(rate, state, NOW)[1] == NOW + 30
    assert penalise(state, NOW + 5) == state


def test_the_latest_slot_given_back_is_as_if_never_granted() -> None:
    rate = Rate(5, 1)
    before, _ = reserve(rate, LimiterState(), NOW)
    state, slot = reserve(rate, before, NOW)
    state = give_back(rate, state, slot)
    assert reserve(rate, state, NOW)[1] == slot


def test_an_earlier_slot_given_back_goes_to_the_next_to_ask() -> None:
    rate = Rate(2, 2, burst=1)
    state, _ = reserve(rate, LimiterState(), NOW)
    state, middle = reserve(rate, state, NOW)
    state, last = reserve(rate, state, NOW)
    state = give_back(rate, state, middle)
    state, again = reserve(rate, state, NOW)
    assert again == middle
    assert reserve(rate, state, NOW)[1] > last


def test_a_slot_given_back_too_late_lapses() -> None:
    rate = Rate(2, 2, burst=1)
    state, first = reserve(rate, LimiterState(), NOW)
    state, last = reserve(rate, state, NOW)
    state = give_back(rate, state, first)
    assert reserve(rate, state, NOW + 0.5)[1] > last


@pytest.mark.parametrize(("count", "per", "burst"), [(0, 1, 0), (1, 0, 0), (3, 1, 4), (3, 1, -1)])
def test_a_rate_that_makes_no_sense_is_refused(count: int, per: float, burst: int) -> None:
    with pytest.raises(ValueError, match="expected"):
        Rate(count, per, burst)


@given(rates, st.lists(st.tuples(st.floats(0, 3), st.booleans(), st.booleans()), min_size=1, max_size=120))
def test_no_window_ever_holds_more_than_the_count(rate: Rate, steps: list[tuple[float, bool, bool]]) -> None:
    """REL-14: whatever is asked, given back or penalised, never more than the declared count in any window."""
    state, now = LimiterState(), NOW
    held: list[float] = []
    for gap, returns, blocks in steps:
        now += gap * rate.interval
        state, slot = reserve(rate, state, now)
        assert slot >= now
        held.append(slot)
        if returns and held[-1] > now:
            given = held.pop(len(held) // 2) if held[len(held) // 2] > now else held.pop()
            state = give_back(rate, state, given)
        if blocks and gap > 2.5:
            state = penalise(state, now + rate.interval)
            held = [slot for slot in held if not (is_void(state, slot) and slot > now)]
    if held:
        assert most_in_a_window(held, rate.per) <= rate.count


@given(rates, st.integers(2, 60))
def test_slots_are_granted_in_order(rate: Rate, asks: int) -> None:
    state, slots = LimiterState(), []
    for _ in range(asks):
        state, slot = reserve(rate, state, NOW)
        slots.append(slot)
    assert slots == sorted(slots)


def test_a_bulkhead_has_so_many_places() -> None:
    """REL-16"""
    one = Bulkhead(2).enter()
    assert one is not None
    two = one.enter()
    assert two is not None
    assert two.enter() is None
    assert two.leave().enter() == two
    assert two.resized(1).enter() is None
    assert two.resized(3).enter() is not None


def test_a_place_given_back_twice_is_refused() -> None:
    with pytest.raises(ValueError, match="given back twice"):
        Bulkhead(1).leave()
