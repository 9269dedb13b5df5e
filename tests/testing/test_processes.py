"""Pieces of work in several processes."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from engine.testing.processes import WorkerLost, in_processes, usual_jobs


def work(numbers: Iterator[int]) -> Iterator[tuple[int, int]]:
    for number in numbers:
        yield number, os.getpid()


@pytest.mark.parametrize("jobs", [1, 2, 5])
def test_each_piece_is_done_once(jobs: int) -> None:
    done = list(in_processes(work, 40, jobs))
    assert sorted(number for number, _ in done) == list(range(40))
    assert ({process for _, process in done} == {os.getpid()}) == (jobs == 1)


def test_no_piece_needs_no_process() -> None:
    assert list(in_processes(work, 0, 4)) == []


def test_what_a_process_raises_is_raised_here() -> None:
    def broken(numbers: Iterator[int]) -> Iterator[int]:
        for number in numbers:
            if number == 3:
                raise LookupError("piece 3")
            yield number

    with pytest.raises(LookupError, match="piece 3"):
        list(in_processes(broken, 8, 2))


def test_a_process_that_dies_is_told() -> None:
    def dying(numbers: Iterator[int]) -> Iterator[int]:
        for number in numbers:
            os._exit(7)
            yield number

    with pytest.raises(WorkerLost, match="ended with 7"):
        list(in_processes(dying, 8, 2))


def test_a_handful_is_done_in_one_process() -> None:
    assert usual_jobs(0) == 1
    assert usual_jobs(150) == 1
    assert usual_jobs(1_000_000) == len(os.sched_getaffinity(0))
