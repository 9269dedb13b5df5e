"""Running the cases of test files, each in a world of its own."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import replace

from engine.config.models.tests import FlowCaseModel
from engine.flow.compiled import Revision
from engine.testing.documents import CaseFiles
from engine.testing.flow_cases import run_flow_case
from engine.testing.load import LoadedCase
from engine.testing.mapping_cases import run_mapping_case
from engine.testing.verdict import Verdict

AT_ONCE = 8
"""Cases under way at a time: while one waits for its commits, others run."""


async def run_cases(
    revision: Revision, files: CaseFiles, cases: Sequence[LoadedCase], progress: Callable[[int, int], None]
) -> list[Verdict]:
    """The verdicts, in the order of the cases. `progress` is told how many of how many are done."""
    places = asyncio.Semaphore(AT_ONCE)
    done = 0

    async def run(case: LoadedCase) -> Verdict:
        nonlocal done
        async with places:
            began = time.perf_counter()
            work = run_flow_case if isinstance(case.model, FlowCaseModel) else run_mapping_case
            verdict = await work(revision, files, case)
            done += 1
            progress(done, len(cases))
            return replace(verdict, seconds=time.perf_counter() - began)

    return list(await asyncio.gather(*map(run, cases)))
