from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.policy.retry_budget import RetryBudget, claim_retry, full, record_first_attempt

NOW = 1_790_000_000.0


def test_retries_within_the_budget_go_at_once() -> None:
    budget = RetryBudget(most=3)
    state = full(budget, NOW)
    for _ in range(3):
        state, at = claim_retry(budget, state, NOW)
        assert at == NOW


def test_retries_over_the_budget_are_spread_not_refused() -> None:
    """REL-8: a retry storm cannot arise."""
    budget = RetryBudget(ratio=0.2, per_second=2, most=1)
    state = full(budget, NOW)
    times = []
    for _ in range(5):
        state, at = claim_retry(budget, state, NOW)
        times.append(at - NOW)
    assert times == [0, 0.5, 1, 1.5, 2]


def test_first_attempts_earn_retries() -> None:
    budget = RetryBudget(ratio=0.5, per_second=0.001, most=10)
    state, _ = claim_retry(budget, full(RetryBudget(most=1), NOW), NOW)
    for _ in range(4):
        state = record_first_attempt(budget, state, NOW)
    state, first = claim_retry(budget, state, NOW)
    state, second = claim_retry(budget, state, NOW)
    state, third = claim_retry(budget, state, NOW)
    assert (first, second) == (NOW, NOW)
    assert third > NOW + 500


def test_savings_are_bounded() -> None:
    budget = RetryBudget(most=2)
    state = full(budget, NOW)
    for _ in range(100):
        state = record_first_attempt(budget, state, NOW)
    assert state.tokens == 2


def test_a_clock_set_back_earns_nothing() -> None:
    budget = RetryBudget(most=1)
    state, _ = claim_retry(budget, full(budget, NOW), NOW)
    state, at = claim_retry(budget, state, NOW - 1000)
    assert state.at == NOW
    assert at == NOW - 1000 + 1


def test_a_budget_that_never_earns_is_refused() -> None:
    with pytest.raises(ValueError, match="per_second"):
        RetryBudget(per_second=0)


@given(st.lists(st.floats(0, 2), min_size=1, max_size=60))
def test_retries_in_any_time_stay_within_savings_and_earnings(gaps: list[float]) -> None:
    budget = RetryBudget(ratio=0, per_second=1, most=5)
    state, now = full(budget, NOW), NOW
    times = []
    for gap in gaps:
        now += gap
        state, at = claim_retry(budget, state, now)
        times.append(at)
    for start in times:
        for end in times:
            inside = sum(start <= at <= end for at in times)
            assert inside <= 5 + 1 + (end - start) + 1e-3 if end >= start else True
