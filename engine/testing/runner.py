"""Running the cases of test files, one after the other, each in a world of its own; in several processes on demand."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from engine.config.models.tests import FlowCaseModel
from engine.flow.compiled import Revision
from engine.testing.case_store import CaseDatabase
from engine.testing.documents import CaseFiles
from engine.testing.flow_cases import run_flow_case
from engine.testing.load import LoadedCase
from engine.testing.mapping_cases import run_mapping_case
from engine.testing.network import NetworkGuard
from engine.testing.observe import Observer
from engine.testing.points import Coverage, Point
from engine.testing.processes import in_processes
from engine.testing.verdict import Verdict

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Ran:
    """What became of a case, and the points that it reached."""

    verdict: Verdict
    reached: frozenset[Point]


class Runner:
    """Runs cases of one workspace in this process; with an observer on its watched revision."""

    def __init__(self, revision: Revision, files: CaseFiles, observer: Observer | None) -> None:
        self._revision = observer.revision if observer is not None else revision
        self._files = files
        self._observer = observer
        self._database = CaseDatabase()
        self._loop = asyncio.new_event_loop()
        self._guard = NetworkGuard()

    def run(self, case: LoadedCase) -> Ran:
        """Run one case."""
        began = time.perf_counter()
        with self._guard:
            verdict = self._loop.run_until_complete(self._verdict(case))
        verdict = replace(verdict, problems=(*self._guard.take(), *verdict.problems))
        reached = self._observer.take() if self._observer is not None else frozenset()
        return Ran(replace(verdict, seconds=time.perf_counter() - began), reached)

    async def _verdict(self, case: LoadedCase) -> Verdict:
        if isinstance(case.model, FlowCaseModel):
            return await run_flow_case(self._revision, self._files, case, self._database)
        return await run_mapping_case(self._revision, self._files, case)

    def close(self) -> None:
        """Let go of the database."""
        self._loop.close()
        self._database.close()


def run_cases(
    revision: Revision,
    files: CaseFiles,
    cases: Sequence[LoadedCase],
    progress: Progress,
    *,
    jobs: int = 1,
    coverage: Coverage | None = None,
) -> list[Verdict]:
    """The verdicts, in the order of the cases; what they reach is counted in `coverage`.

    `progress` is told how many of how many are done. `jobs` is the number of processes. Raises WorkerLost when one of
    them ends before its cases do.
    """
    observer = Observer(revision) if coverage is not None else None
    if coverage is not None and observer is not None:
        coverage.points = sorted(observer.points, key=lambda point: point.owner.startswith("system:"))  # flows first

    def work(numbers: Iterator[int]) -> Iterator[tuple[int, Ran]]:
        runner = Runner(revision, files, observer)
        try:
            for number in numbers:
                yield number, runner.run(cases[number])
        finally:
            runner.close()

    done: dict[int, Ran] = {}
    for number, ran in in_processes(work, len(cases), jobs):
        done[number] = ran
        if coverage is not None:
            coverage.add(ran.reached)
        progress(len(done), len(cases))
    return [done[number].verdict for number in range(len(cases))]
