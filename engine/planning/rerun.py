"""Stored messages run through two revisions without side effects: recorded replies stand in for the systems."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import zip_longest
from pathlib import Path
from typing import Any

from engine.config.findings import Findings
from engine.config.models.tests import FlowCaseModel
from engine.errors import CommandRefused, Refused
from engine.flow.compiled import Revision
from engine.testing.bench import Bench, BenchClock, Restless
from engine.testing.case_store import CaseDatabase, CaseStore
from engine.testing.compare import Difference, differences, plain_document
from engine.testing.documents import CaseFiles
from engine.testing.flow_cases import play
from engine.testing.given import times_of
from engine.testing.load import Loader
from engine.testing.network import NetworkGuard
from engine.testing.observe import Observer
from engine.testing.outcome import Made, doings
from engine.testing.points import flow_owner
from engine.testing.recorded import Record, RecordedCase, expression_texts
from engine.testing.stubs import Stub, Switchboard
from engine.testing.yaml_text import block_text

KINDS = ("outcome", "route", "payload", "undecided")


@dataclass(frozen=True, slots=True)
class Run:
    """What one revision did with a message. `lacks` are requests for which no reply is recorded."""

    outcome: str
    arms: frozenset[str] = frozenset()
    made: tuple[tuple[str, Made], ...] = ()
    milestones: tuple[str, ...] = ()
    lacks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class MessageDifference:
    """How a message fares otherwise: `kinds` are among `KINDS`, and `lines` say what."""

    message: str
    flow: str
    kinds: frozenset[str]
    lines: tuple[str, ...]


class Rerun:
    """Runs records of messages in a revision."""

    def __init__(self, revision: Revision, root: Path) -> None:
        self._observer = Observer(revision)
        self._revision = self._observer.revision
        self._root = root
        self._database = CaseDatabase()
        self._loop = asyncio.new_event_loop()
        self._guard = NetworkGuard()

    def run(self, case: dict[str, Any], flow: str) -> Run:
        """Run a case made of a record; what it expects is not looked at."""
        model = self._model(case)
        if isinstance(model, str):
            return Run(f"not taken in: {model}")
        with self._guard:
            run = self._loop.run_until_complete(self._run(model))
        arms = {
            str(point) for point in self._observer.take() if point.kind == "arms" and point.owner == flow_owner(flow)
        }
        asked = tuple(self._guard.take())
        return Run(run.outcome, frozenset(arms), run.made, run.milestones, (*run.lacks, *asked))

    def close(self) -> None:
        """Let go of the database."""
        self._loop.close()
        self._database.close()

    def _model(self, case: dict[str, Any]) -> tuple[FlowCaseModel, CaseFiles] | str:
        """The case as its model, or why this revision has no such thing."""
        findings = Findings()
        files = CaseFiles(self._root, findings)
        text = f"test: {case['flow']}\ncases:\n  - {block_text(case, 4)}\n"
        loaded = list(
            Loader(self._revision, files, findings).load_text(f"flows/{case['flow']}.test.yaml", text.encode())
        )
        if findings.has_errors or not loaded:
            return "; ".join(f"expected {one.expected}, got {one.found}" for one in findings.errors)
        model = loaded[0].model
        assert isinstance(model, FlowCaseModel)
        return model, files

    async def _run(self, given: tuple[FlowCaseModel, CaseFiles]) -> Run:
        model, files = given
        clock = BenchClock(times_of(model.given)[0])
        stubs = tuple(Stub(one, f"stubs[{index}]", own=False) for index, one in enumerate(model.stubs))
        switchboard = Switchboard(self._revision, files, clock, stubs)
        flow = self._revision.flows[model.flow]
        bench = Bench(self._revision, flow, switchboard, CaseStore(self._database, clock))
        try:
            course = await play(bench, files, switchboard, model)
        except Restless:
            return Run("never comes to rest")
        except (CommandRefused, Refused) as refused:
            return Run(f"refused: {refused}")
        seen = await doings(bench, switchboard, course)
        made = [(kind, one) for kind in ("calls", "undone", "sends", "publishes") for one in getattr(seen, kind)]
        endings = [", ".join(filter(None, (state, facts.get("reason")))) for state, facts in seen.endings]
        lacks = dict.fromkeys(problem.partition("; ")[0] for problem in switchboard.problems)
        return Run("; ".join(endings), made=tuple(made), milestones=tuple(seen.milestones), lacks=tuple(lacks))


def rerun(
    records: Sequence[Record],
    before: Revision,
    after: Revision,
    root: Path,
    progress: Callable[[int, int], None],
) -> tuple[list[MessageDifference], list[str]]:
    """The messages that fare otherwise, and why some could not be run at all."""
    old, new = Rerun(before, root), Rerun(after, root)
    found: list[MessageDifference] = []
    left_out: list[str] = []
    texts = expression_texts(root)
    try:
        for number, record in enumerate(records, start=1):
            try:
                recorded = RecordedCase(record, before, texts)
                case = {name: value for name, value in plain_document(recorded.case("it")).items() if name != "expect"}
            except CommandRefused as refused:
                left_out.append(str(refused))
                continue
            flow = recorded.flow.name
            lines = list(compared(old.run(case, flow), new.run(case, flow)))
            if lines:
                kinds = frozenset(kind for kind, _ in lines)
                found.append(MessageDifference(str(record["id"]), flow, kinds, tuple(line for _, line in lines)))
            progress(number, len(records))
    finally:
        old.close()
        new.close()
    return found, left_out


def compared(old: Run, new: Run) -> Iterator[tuple[str, str]]:
    """Where two runs differ: (kind, sentence). What asks for a reply that is not recorded is undecided, not wrong."""
    missing = [line for line in new.lacks if line not in old.lacks]
    for line in missing:
        yield "undecided", f"no reply is recorded: {line.removeprefix('no stub answers ')}"
    if old.outcome != new.outcome and not missing:
        yield "outcome", f"outcome: was {old.outcome}, is {new.outcome}"
    if old.milestones != new.milestones and not missing:
        yield "outcome", f"milestones: were {_listed(old.milestones)}, are {_listed(new.milestones)}"
    for arm in sorted(old.arms - new.arms):
        yield "route", f"no longer takes {arm}"
    for arm in sorted(new.arms - old.arms):
        yield "route", f"takes {arm}"
    yield from _documents(old, new)


def _documents(old: Run, new: Run) -> Iterator[tuple[str, str]]:
    """What is sent: each thing beside the one of the same name and number."""
    names = dict.fromkeys((kind, made.name) for run in (old, new) for kind, made in run.made)
    for kind, name in names:
        pairs = zip_longest(
            *([made for what, made in run.made if (what, made.name) == (kind, name)] for run in (old, new))
        )
        for was, is_now in pairs:
            what = f"{kind.removesuffix('s')} {name}" if kind != "publishes" else f"event {name}"
            if is_now is None and not new.lacks:
                yield "payload", f"{what}: no longer made"
            elif was is None:
                yield "payload", f"{what}: is new"
            elif was is not None and is_now is not None:
                found = differences(was.document, is_now.document, what)
                yield from (("payload", _told(one)) for one in found if not _moments_apart(one))
                body = differences(
                    (was.request or {}).get("body"), (is_now.request or {}).get("body"), f"{what} request"
                )
                yield from (("payload", _told(one)) for one in body if not _moments_apart(one))


def _told(difference: Difference) -> str:
    return f"{difference.path}: was {difference.expected}, is {difference.got}"


def _moments_apart(difference: Difference) -> bool:
    """Whether both are times less than a second apart: each run reads its own clock."""
    try:
        was, is_now = (datetime.fromisoformat(text.strip('"')) for text in (difference.expected, difference.got))
        return abs((was - is_now).total_seconds()) < 1
    except (ValueError, TypeError):
        return False


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names) or "none"
