"""A workspace in a process that can be made to die at a commit point, and whose clock can be set.

Nothing in the engine knows of this: the kill is the engine's `passing`, the clock its injected clock.
"""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from engine.app.options import RunOptions
from engine.app.process import run_blocking
from engine.runtime.commit_points import CommitPoint, pass_by

HOUR, DAY = 3600.0, 86400.0


@dataclass(frozen=True, slots=True)
class Start:
    """How an engine process is started. `kill` is POINT:N; `events` is the file that its reports go to, line by line;
    `variables` are added to the environment."""

    folder: str
    port: int
    events: str
    log: str
    store: str | None = None
    kill: str | None = None
    drain: float = 30.0
    variables: Mapping[str, str] = field(default_factory=dict)


class KillAt:
    """Kills the process, as a power cut would, when a commit point is passed for the n-th time."""

    def __init__(self, point: CommitPoint, nth: int) -> None:
        self._point = point
        self._left = nth

    def __call__(self, point: CommitPoint) -> None:
        if point is self._point:
            self._left -= 1
            if self._left == 0:
                os.kill(os.getpid(), signal.SIGKILL)


class SetClock:
    """The machine's clock as it would be after somebody has set it."""

    def __init__(self) -> None:
        self._offset = 0.0

    def now(self) -> float:
        return time.time() + self._offset

    def monotonic(self) -> float:
        return time.monotonic()

    def jump(self, seconds: float) -> None:
        self._offset += seconds


def run(start: Start) -> int:
    """Run until killed or told to stop. SIGUSR1 sets the clock back by an hour, SIGUSR2 forward by a day."""
    events = os.open(start.events, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    clock = SetClock()
    signal.signal(signal.SIGUSR1, lambda *_: clock.jump(-HOUR))
    signal.signal(signal.SIGUSR2, lambda *_: clock.jump(DAY))

    def report(event: str, facts: Mapping[str, Any]) -> None:
        os.write(events, json.dumps({"event": event, **facts}).encode() + b"\n")

    passing = pass_by
    if start.kill is not None:
        point, _, nth = start.kill.partition(":")
        passing = KillAt(CommitPoint(point), int(nth))
    options = RunOptions(
        port=start.port,
        store=start.store,
        log_level="warning",
        drain_seconds=start.drain,
        passing=passing,
        clock=clock,
        variables={**os.environ, **start.variables},
    )
    return run_blocking(Path(start.folder), options, report)
