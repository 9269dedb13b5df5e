"""Retry: whether a failed attempt is worth another one, and when. Never sleeps; the answer is a value.

A policy is an ordered list of rules; the first rule naming the error's class decides. What no rule names is not
retried.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from engine.policy.error_classes import error_class

MINUTE = 60.0
HOUR = 60 * MINUTE
DAY = 24 * HOUR


@dataclass(frozen=True, slots=True)
class RetryRule:
    """How failures of some classes are retried.

    The wait before try n+1 is `first * factor ** (n - 1)`, at most `ceiling`; `jitter` is the share of it that is
    random (0 none, 1 "full jitter"). A `Retry-After` is never undercut, up to `retry_after_ceiling`: a longer one is
    taken for nonsense and asked again after that time.
    """

    classes: frozenset[str]
    max_attempts: int
    max_age: float = math.inf
    first: float = 1.0
    factor: float = 2.0
    ceiling: float = 5 * MINUTE
    jitter: float = 0.5
    retry_after_ceiling: float = DAY

    def __post_init__(self) -> None:
        for name in self.classes:
            error_class(name)
        if self.max_attempts < 1:
            raise ValueError(f"expected 'max_attempts' to be 1 or more, got {self.max_attempts}")
        if self.first <= 0 or self.ceiling < self.first:
            raise ValueError(f"expected 0 < 'first' <= 'ceiling', got {self.first:g} and {self.ceiling:g}")
        if self.factor < 1:
            raise ValueError(f"expected 'factor' to be 1 or more, got {self.factor:g}")
        if not 0 <= self.jitter <= 1:
            raise ValueError(f"expected 'jitter' between 0 and 1, got {self.jitter:g}")


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """A named, ordered list of rules."""

    name: str
    rules: tuple[RetryRule, ...]

    def rule_for(self, name: str) -> RetryRule | None:
        return next((rule for rule in self.rules if name in rule.classes), None)


@dataclass(frozen=True, slots=True)
class RetryAt:
    """Try again at `at` (epoch seconds)."""

    at: float
    reason: str


@dataclass(frozen=True, slots=True)
class GiveUp:
    """No further try; the message becomes a dead letter with this reason."""

    reason: str


def decide(
    policy: RetryPolicy,
    error_class: str,
    attempts: int,
    first_attempt_at: float,
    now: float,
    retry_after: float | None,
    random: Callable[[], float],
) -> RetryAt | GiveUp:
    """Decide after a failed attempt.

    `attempts` counts the tries made, the failed one included. `retry_after` is in seconds from `now`, as the target
    said. `random` answers a float in [0, 1).
    """
    rule = policy.rule_for(error_class)
    if rule is None:
        return GiveUp(f"{error_class} errors are not retried by policy '{policy.name}'")
    if attempts >= rule.max_attempts:
        return GiveUp(f"{error_class}: gave up after {attempts} of {rule.max_attempts} attempts")
    wait, why = _wait(rule, attempts, retry_after, random())
    age = max(0.0, now - first_attempt_at) + wait
    if age > rule.max_age:
        return GiveUp(
            f"{error_class}: the next try would come {age:.0f} s after the first, more than {rule.max_age:.0f} s"
        )
    return RetryAt(now + wait, f"{error_class}: try {attempts + 1} of {rule.max_attempts} in {wait:.1f} s{why}")


def _wait(rule: RetryRule, attempts: int, retry_after: float | None, chance: float) -> tuple[float, str]:
    backoff = _backoff(rule, attempts)
    wait = backoff * (1 - rule.jitter + rule.jitter * chance)
    if retry_after is None or retry_after <= 0:
        return wait, ""
    asked = min(retry_after, rule.retry_after_ceiling)
    if wait >= asked:
        return wait, ""
    # Everyone who was told the same time must not come back in the same instant: the jitter is added, never taken off.
    return asked + min(backoff, asked) * rule.jitter * chance, f" (Retry-After {retry_after:g} s)"


def _backoff(rule: RetryRule, attempts: int) -> float:
    try:
        return min(rule.ceiling, rule.first * rule.factor ** (attempts - 1))
    except OverflowError:
        return rule.ceiling


STANDARD = RetryPolicy(
    "standard",
    (
        RetryRule(frozenset({"transient"}), max_attempts=14, max_age=DAY, first=1, factor=3, ceiling=30 * MINUTE),
        RetryRule(
            frozenset({"rate-limited"}), max_attempts=40, max_age=2 * DAY, first=2, factor=2, ceiling=15 * MINUTE
        ),
        RetryRule(
            frozenset({"timeout", "unknown"}), max_attempts=8, max_age=DAY, first=5, factor=3, ceiling=30 * MINUTE
        ),
        # Once, with the token renewed: more tries with bad credentials lock accounts.
        RetryRule(frozenset({"authentication"}), max_attempts=2, max_age=HOUR, first=1),
        # What it refers to may be on its way in another lane.
        RetryRule(
            frozenset({"not-found", "conflict"}), max_attempts=6, max_age=HOUR, first=5, factor=3, ceiling=10 * MINUTE
        ),
    ),
)

NONE = RetryPolicy("none", ())

BUILT_IN: Mapping[str, RetryPolicy] = MappingProxyType({policy.name: policy for policy in (STANDARD, NONE)})
