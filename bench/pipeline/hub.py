# ruff: noqa: T201
"""Runs a workspace as `crossdock run` does and prints what it reports at the start as one line of JSON.

Takes the workspace's folder and a port (0 for any). BENCH_SYNC_DELAY_MS makes each commit of the SQLite store that
much slower, as a slower disk would. BENCH_PROFILE writes a cProfile of the whole run to that file.
"""

from __future__ import annotations

import cProfile
import json
import os
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from engine.app.options import RunOptions
from engine.app.process import run_blocking
from engine.store.sqlite_connection import Writer


def report(what: str, detail: Mapping[str, Any]) -> None:
    """Only the start is of interest."""
    if what == "started":
        print(json.dumps(detail), flush=True)


def slow_commits(seconds: float) -> None:
    """Every commit, on the writer's thread, waits first."""
    commit = Writer.commit

    def delayed(writer: Writer) -> None:
        time.sleep(seconds)
        commit(writer)

    Writer.commit = delayed  # type: ignore[method-assign]


def main() -> int:
    """Run until SIGTERM."""
    delay = float(os.environ.get("BENCH_SYNC_DELAY_MS", "0"))
    if delay:
        slow_commits(delay / 1000)
    options = RunOptions(port=int(sys.argv[2]), json_logs=True, log_level="error", drain_seconds=5.0)
    profile = os.environ.get("BENCH_PROFILE")
    if not profile:
        return run_blocking(Path(sys.argv[1]), options, report)
    profiler = cProfile.Profile()
    try:
        return profiler.runcall(run_blocking, Path(sys.argv[1]), options, report)
    finally:
        profiler.dump_stats(profile)


if __name__ == "__main__":
    sys.exit(main())
