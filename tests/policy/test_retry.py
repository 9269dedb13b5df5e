from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.policy.error_classes import ERROR_CLASSES
from engine.policy.retry import (
    BUILT_IN,
    NONE,
    STANDARD,
    GiveUp,
    RetryAt,
    RetryPolicy,
    RetryRule,
    decide,
)

NOW = 1_790_000_000.0


def rule(**changes: float) -> RetryRule:
    settings: dict[str, float] = {
        "max_attempts": 10,
        "max_age": 3600,
        "first": 1,
        "factor": 2,
        "ceiling": 60,
        "jitter": 0,
    }
    return RetryRule(frozenset({"transient"}), **{**settings, **changes})  # type: ignore[arg-type]


def ask(
    retry: RetryRule, attempts: int, *, age: float = 0, retry_after: float | None = None, chance: float = 0.5
) -> RetryAt | GiveUp:
    policy = RetryPolicy("test", (retry,))
    return decide(policy, "transient", attempts, NOW - age, NOW, retry_after, lambda: chance)


def wait(decision: RetryAt | GiveUp) -> float:
    assert isinstance(decision, RetryAt), decision
    return decision.at - NOW


def test_waits_double_up_to_the_ceiling() -> None:
    """REL-8"""
    assert [wait(ask(rule(), attempts)) for attempts in range(1, 9)] == [1, 2, 4, 8, 16, 32, 60, 60]


def test_a_very_late_attempt_does_not_overflow() -> None:
    assert wait(ask(rule(max_attempts=10**9), 10**6)) == 60


def test_full_jitter_spreads_the_wait_from_nothing_to_all() -> None:
    assert wait(ask(rule(jitter=1), 3, chance=0)) == 0
    assert wait(ask(rule(jitter=1), 3, chance=0.5)) == 2
    assert wait(ask(rule(jitter=0.5), 3, chance=0)) == 2


def test_attempts_end_in_giving_up() -> None:
    decision = ask(rule(max_attempts=3), 3)
    assert isinstance(decision, GiveUp)
    assert decision.reason == "transient: gave up after 3 of 3 attempts"


def test_a_try_that_would_come_after_the_maximum_age_is_given_up_now() -> None:
    assert isinstance(ask(rule(max_age=100), 1, age=99.5), GiveUp)
    assert wait(ask(rule(max_age=100), 1, age=99)) == 1


def test_a_clock_set_back_does_not_make_a_message_older() -> None:
    assert wait(ask(rule(), 1, age=-10_000)) == 1


def test_retry_after_is_never_undercut() -> None:
    """REL-14: vendor hints are honoured."""
    assert wait(ask(rule(), 1, retry_after=20)) == 20
    assert wait(ask(rule(), 7, retry_after=20)) == 60
    assert wait(ask(rule(jitter=1), 6, retry_after=20, chance=0.9)) >= 20


def test_retry_after_of_years_is_asked_again_after_the_ceiling() -> None:
    assert wait(ask(rule(max_age=10**9, retry_after_ceiling=300), 1, retry_after=10**8)) == 300


def test_retry_after_beyond_the_maximum_age_gives_up() -> None:
    assert isinstance(ask(rule(max_age=100), 1, retry_after=200), GiveUp)


def test_those_told_the_same_retry_after_do_not_come_back_together() -> None:
    assert wait(ask(rule(jitter=0.5), 5, retry_after=20, chance=0.1)) != wait(
        ask(rule(jitter=0.5), 5, retry_after=20, chance=0.9)
    )


def test_the_first_rule_that_names_the_class_decides() -> None:
    policy = RetryPolicy("two", (rule(first=5), rule(first=9)))
    assert policy.rule_for("transient") is policy.rules[0]


def test_a_class_without_a_rule_is_given_up() -> None:
    decision = decide(STANDARD, "business", 1, NOW, NOW, None, lambda: 0.5)
    assert decision == GiveUp("business errors are not retried by policy 'standard'")


def test_standard_retries_exactly_the_retryable_classes() -> None:
    """REL-7, REL-8: each class has its own policy."""
    for name, declared in ERROR_CLASSES.items():
        assert isinstance(decide(STANDARD, name, 1, NOW, NOW, None, lambda: 0.5), RetryAt) == declared.retryable


def test_standard_tries_bad_credentials_once_more_only() -> None:
    assert isinstance(decide(STANDARD, "authentication", 1, NOW, NOW, None, lambda: 0.5), RetryAt)
    assert isinstance(decide(STANDARD, "authentication", 2, NOW, NOW, None, lambda: 0.5), GiveUp)


def test_policy_none_retries_nothing() -> None:
    assert BUILT_IN["none"] is NONE
    assert all(isinstance(decide(NONE, name, 1, NOW, NOW, None, lambda: 0.5), GiveUp) for name in ERROR_CLASSES)


@pytest.mark.parametrize(
    "changes",
    [{"max_attempts": 0}, {"first": 0}, {"ceiling": 0.5}, {"factor": 0.5}, {"jitter": 1.5}],
)
def test_a_rule_that_makes_no_sense_is_refused(changes: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="expected"):
        rule(**changes)


@given(
    attempts=st.integers(1, 50),
    chance=st.floats(0, 0.999999),
    retry_after=st.none() | st.floats(0, 1e6),
    name=st.sampled_from(sorted(ERROR_CLASSES)),
)
def test_a_retry_is_never_in_the_past_nor_before_retry_after(
    attempts: int, chance: float, retry_after: float | None, name: str
) -> None:
    decision = decide(STANDARD, name, attempts, NOW, NOW, retry_after, lambda: chance)
    if isinstance(decision, RetryAt):
        assert decision.at >= NOW + min(retry_after or 0, 86400)
