"""Spreading numbered pieces of work over processes that know everything this one knows.

They are forks: the compiled workspace and the loaded cases need not be sent or made again. Each takes the next piece
that nobody has taken yet, so that a slow piece holds up one process only.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection, wait
from typing import Any, TypeVar

from engine.errors import CrossdockError

T = TypeVar("T")
Work = Callable[[Iterator[int]], Iterator[T]]
"""Does the pieces whose numbers it is given, and yields what came of each."""

CASES_A_PROCESS = 100
"""With fewer pieces each, starting a process costs more than it saves."""


class WorkerLost(CrossdockError):
    """A process ended before its work did."""


def usual_jobs(pieces: int) -> int:
    """How many processes are worth it: one a core, and none for a handful."""
    return max(1, min(_cores(), pieces // CASES_A_PROCESS))


def _cores() -> int:
    """The cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def in_processes(work: Work[T], pieces: int, jobs: int) -> Iterator[T]:
    """What `work` yields for the pieces 0 to `pieces`, in whatever order; in this process when `jobs` is 1, or where
    processes cannot fork. Raises WorkerLost, or what `work` raises."""
    if jobs <= 1 or "fork" not in multiprocessing.get_all_start_methods():
        yield from work(iter(range(pieces)))
        return
    fork = multiprocessing.get_context("fork")
    counter = fork.Value("q", 0)
    open_ends: dict[Connection, Any] = {}
    for _ in range(min(jobs, pieces)):
        ours, theirs = fork.Pipe(duplex=False)
        process = fork.Process(target=_serve, args=(work, pieces, counter, theirs), daemon=True)
        process.start()
        theirs.close()
        open_ends[ours] = process
    try:
        while open_ends:
            for end in wait(list(open_ends)):
                assert isinstance(end, Connection)
                try:
                    made, error = end.recv()
                except EOFError:
                    process = open_ends.pop(end)
                    process.join()
                    if process.exitcode:
                        raise WorkerLost(f"a process ended with {process.exitcode} while it worked") from None
                    continue
                if error is not None:
                    raise error
                yield made
    finally:
        for process in open_ends.values():
            process.terminate()
            process.join()


def _serve(work: Work[T], pieces: int, counter: Any, end: Connection) -> None:
    """In a process of its own: piece after piece until none is left. An interrupt is the first process's affair."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        for made in work(_numbers(pieces, counter)):
            end.send((made, None))
    except BaseException as error:
        end.send((None, error))
    finally:
        end.close()


def _numbers(pieces: int, counter: Any) -> Iterator[int]:
    while True:
        with counter.get_lock():
            number = counter.value
            counter.value += 1
        if number >= pieces:
            return
        yield number
