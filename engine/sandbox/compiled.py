"""A stand-in, ready to answer: what its file says with every expression, schema and path compiled."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from engine.config.models.sandbox import FaultModel
from engine.contracts.schema import CompiledSchema
from engine.sandbox.formulas import Formula


@dataclass(frozen=True, slots=True)
class HubEvent:
    """An event as the hub takes it: its full name, its path there and how the sender is verified."""

    name: str
    path: str
    verify: Any
    method: str = "POST"
    content_type: str = "application/json"


@dataclass(frozen=True, slots=True)
class CompiledEmit:
    """An event that follows from an answer; `after` is in seconds."""

    event: HubEvent
    when: Formula | None
    after: float
    path: Formula | None
    headers: Mapping[str, Formula]
    body: Formula


@dataclass(frozen=True, slots=True)
class CompiledAnswer:
    """One kind of request and its answer; `latency` is in seconds, `changes` says that it can have an effect."""

    name: str
    route: str
    method: str
    pattern: re.Pattern[str]
    when: Formula | None
    contract: CompiledSchema | None
    idempotency_header: str | None
    state: Formula | None
    status: Formula
    headers: Mapping[str, Formula]
    content_type: str
    reply: Formula | None
    latency: float
    emits: tuple[CompiledEmit, ...]
    changes: bool


@dataclass(frozen=True, slots=True)
class CompiledStandIn:
    """One stand-in. `auth` is the system file's own, `token_lifetime` in seconds."""

    system: str
    file: str
    state: Mapping[str, Any]
    answers: tuple[CompiledAnswer, ...]
    events: Mapping[str, HubEvent]
    auth: Any
    token_lifetime: float
    faults: tuple[FaultModel, ...]
