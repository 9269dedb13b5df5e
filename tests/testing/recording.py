"""Records of messages that went through a flow of the small workspace, with stubs for its systems."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from textwrap import indent
from typing import Any

from engine.config.models.tests import FlowCaseModel
from engine.ids import id_text
from engine.testing.bench import Bench, BenchClock
from engine.testing.case_store import CaseDatabase, CaseStore
from engine.testing.flow_cases import play
from engine.testing.given import starts_at
from engine.testing.stubs import Stub, Switchboard
from engine.tracking.record import record_of
from tests.testing.small import Workspace

Record = Mapping[str, Any]
HEAD = "test: orders\ncases:\n  - case: it\n    flow: orders\n"


async def recorded(small: Workspace, text: str) -> Record:
    """The record of a message that really went through its flow, with stubs for the systems."""
    files, (case,) = small.load(text)
    assert isinstance(case.model, FlowCaseModel)
    clock = BenchClock(starts_at(case.model.given.at))
    stubs = tuple(Stub(model, f"stubs[{index}]", own=True) for index, model in enumerate(case.model.stubs))
    switchboard = Switchboard(small.revision, files, clock, stubs)
    bench = Bench(small.revision, small.revision.flows["orders"], switchboard, CaseStore(CaseDatabase(), clock))
    course = await play(bench, files, switchboard, case.model)
    assert switchboard.problems == []
    trace = await bench.store.trace(course.ids[0])
    assert trace is not None
    record = await record_of(bench.store, trace, lambda text: text)
    others = {id_text(message_id) for message_id in bench.from_outside}  # the bench hangs them below this message
    return {**record, "caused": [one for one in record["caused"] if one["id"] not in others]}


def record_with(small: Workspace, given: str, *stubs: str, then: str = "") -> Record:
    body = given + "stubs:\n" + indent("".join(stubs), "  ") + then
    return asyncio.run(recorded(small, HEAD + indent(body, "    ")))
