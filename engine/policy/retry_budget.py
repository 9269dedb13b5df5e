"""Retry budget: keeps retries a small share of the traffic to a target, so that an outage cannot become a retry storm.

Every first attempt earns a part of a retry; a small allowance is earned by time alone so that quiet targets are retried
too. A retry that the budget cannot pay for now is not refused: it is given the later time at which it is paid for.
"""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class RetryBudget:
    """`ratio`: retries earned by one first attempt. `per_second`: earned by time. `most`: what can be saved up."""

    ratio: float = 0.2
    per_second: float = 1.0
    most: float = 20.0

    def __post_init__(self) -> None:
        if self.ratio < 0 or self.per_second <= 0 or self.most < 1:
            raise ValueError("expected a retry budget with 'ratio' >= 0, 'per_second' > 0 and 'most' >= 1")


@dataclass(frozen=True, slots=True)
class BudgetState:
    """`tokens` may be negative: retries already promised for a later time."""

    tokens: float
    at: float


def full(budget: RetryBudget, now: float) -> BudgetState:
    """The state of a target that nothing was sent to yet."""
    return BudgetState(budget.most, now)


def record_first_attempt(budget: RetryBudget, state: BudgetState, now: float) -> BudgetState:
    current = _aged(budget, state, now)
    return replace(current, tokens=min(budget.most, current.tokens + budget.ratio))


def claim_retry(budget: RetryBudget, state: BudgetState, now: float) -> tuple[BudgetState, float]:
    """Claim one retry; answers the new state and the earliest time for it, `now` when the budget has it in hand."""
    current = _aged(budget, state, now)
    left = current.tokens - 1
    return replace(current, tokens=left), now + max(0.0, -left) / budget.per_second


def _aged(budget: RetryBudget, state: BudgetState, now: float) -> BudgetState:
    elapsed = max(0.0, now - state.at)
    return BudgetState(min(budget.most, state.tokens + elapsed * budget.per_second), max(now, state.at))
