"""How a workspace is run, and who is told what happens to the process."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from engine.clock import Clock, SystemClock
from engine.runtime.commit_points import Passing, pass_by

DRAIN_SECONDS = 30.0

Report = Callable[[str, Mapping[str, Any]], None]
"""Is called with the name of what happened to the process, and its facts."""


@dataclass(frozen=True, slots=True)
class RunOptions:
    """How to run a workspace. `port` and `store` replace what the workspace says; `passing` is for fault tests."""

    sandbox: bool = False
    watch: bool = False
    port: int | None = None
    store: str | None = None
    json_logs: bool = False
    log_level: str = "info"
    drain_seconds: float = DRAIN_SECONDS
    passing: Passing = pass_by
    clock: Clock = field(default_factory=SystemClock)
    variables: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))
