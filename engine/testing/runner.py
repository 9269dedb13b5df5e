"""Running the cases of test files, one after the other, each in a world of its own."""

from __future__ import annotations

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


async def run_cases(
    revision: Revision, files: CaseFiles, cases: Sequence[LoadedCase], progress: Callable[[int, int], None]
) -> list[Verdict]:
    """The verdicts, in the order of the cases. `progress` is told how many of how many are done."""
    verdicts = []
    for case in cases:
        began = time.perf_counter()
        run = run_flow_case if isinstance(case.model, FlowCaseModel) else run_mapping_case
        verdict = await run(revision, files, case)
        verdicts.append(replace(verdict, seconds=time.perf_counter() - began))
        progress(len(verdicts), len(cases))
    return verdicts
