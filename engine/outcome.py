"""How an exchange or a delivery ends, as values. Policies and steps decide; only the store's commits write."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Failure:
    """Why something did not work, in words for a person and names for a program.

    `error_class` decides the policy; `reason` is a stable short name; `step` is the step's id; `owner` is the team that
    repairs it; `suggestion` says what to do next; `remaining` lists what is still to be undone by hand.
    """

    error_class: str
    reason: str
    detail: str
    step: str | None = None
    owner: str | None = None
    suggestion: str | None = None
    retry_after: float | None = None
    details: Mapping[str, Any] = field(default_factory=dict)
    remaining: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class WaitFor:
    """What releases a parked message: an event on `topic` whose `selector` expression yields `key`.

    `since` is the id from which the topic is looked back over when the message is parked.
    """

    topic: str
    selector: str
    key: str
    since: int


@dataclass(frozen=True, slots=True)
class Completed:
    """All steps ran."""

    detail: str = ""


@dataclass(frozen=True, slots=True)
class Retry:
    """Try again at `at` (epoch seconds); this try counts as an attempt."""

    at: float
    failure: Failure


@dataclass(frozen=True, slots=True)
class Deferred:
    """Come back at `until` (epoch seconds): no slot, an open breaker or a maintenance window. Uses up no attempt."""

    until: float
    reason: str


@dataclass(frozen=True, slots=True)
class Parked:
    """Held for a business reason until it is released, or until `due` (epoch seconds) passes.

    `on_due` is `escalate`, `release`, `discard` or `dead`; `step` is where the exchange goes on.
    """

    reason: str
    owner: str
    step: str
    due: float | None = None
    on_due: str = "escalate"
    wait: WaitFor | None = None
    frees_lane: bool = False
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Discarded:
    """Ended on purpose without effect: filtered, stale, or a person's decision."""

    reason: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Dead:
    """Ended in failure; `holds_lane` keeps later messages of the lane waiting until a person acts."""

    failure: Failure
    holds_lane: bool = False


Outcome = Completed | Retry | Deferred | Parked | Discarded | Dead
