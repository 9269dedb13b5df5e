"""Engine processes in a fraction of a second: they are forked from one that has imported everything already.

`Nursery.open()` in a test; `python -m tests.failure.nursery` is the process itself. It answers each line of JSON with
one: `{"start": …}` with `{"pid": 1}`, `{"poll": 1}` with `{"code": null}` or the exit code, negative for a signal's.
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import signal
import subprocess
import sys
import traceback
from dataclasses import asdict
from pathlib import Path

from engine.plugin import installed_plugins
from tests.failure.engine_process import Start, run

ROOT = Path(__file__).parents[2]


class Nursery:
    """The process that engines are forked from; they end with it."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    @classmethod
    def open(cls) -> Nursery:
        """Start it."""
        command = [sys.executable, "-m", "tests.failure.nursery"]
        return cls(subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT, text=True))

    def start(self, start: Start) -> int:
        """Fork an engine; returns its process id."""
        return int(self._ask("start", asdict(start))["pid"] or 0)

    def poll(self, pid: int) -> int | None:
        """Its exit code when it has ended."""
        return self._ask("poll", pid)["code"]

    def close(self) -> None:
        """End it, and every engine that still runs."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(10)
        self._process.stdout.close()

    def _ask(self, verb: str, what: object) -> dict[str, int | None]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps({verb: what}) + "\n")
        self._process.stdin.flush()
        answer: dict[str, int | None] = json.loads(self._process.stdout.readline())
        return answer


def _child(start: Start) -> None:
    """Never returns."""
    code = 70
    try:
        log = os.open(start.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        nothing = os.open(os.devnull, os.O_RDWR)
        for target, source in ((0, nothing), (1, nothing), (2, log)):
            os.dup2(source, target)
        code = run(start)
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(code)


def main() -> None:
    """Serve until standard input ends."""
    installed_plugins()
    gc.freeze()
    children: dict[int, int | None] = {}
    for line in sys.stdin:
        asked = json.loads(line)
        if "start" in asked:
            pid = os.fork()
            if pid == 0:
                _child(Start(**asked["start"]))
            children[pid] = None
            answer = {"pid": pid}
        else:
            pid = asked["poll"]
            if children[pid] is None:
                ended, status = os.waitpid(pid, os.WNOHANG)
                children[pid] = os.waitstatus_to_exitcode(status) if ended else None
            answer = {"code": children[pid]}
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()
    for pid in (pid for pid, code in children.items() if code is None):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


if __name__ == "__main__":
    main()
