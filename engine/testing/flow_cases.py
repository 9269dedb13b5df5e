"""Flow cases: a message passes through its flow on the bench, and what became of it is compared."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from engine.config.models.tests import FlowCaseModel, HappeningModel, MessageModel, StubModel
from engine.config.tree import plain
from engine.errors import CommandRefused, Refused
from engine.flow.compiled import Revision
from engine.message import State
from engine.plugin import Arrival
from engine.testing.bench import MOST_PASSAGES, Bench, BenchClock, Restless
from engine.testing.case_store import CaseDatabase, CaseStore
from engine.testing.documents import CaseFiles
from engine.testing.given import body_of, document_of, expected_document, times_of
from engine.testing.load import LoadedCase
from engine.testing.outcome import Course, compare_course
from engine.testing.stubs import Stub, Switchboard
from engine.testing.verdict import Comparison, Verdict


async def run_flow_case(revision: Revision, files: CaseFiles, case: LoadedCase, database: CaseDatabase) -> Verdict:
    """Run a case on an empty store in `database`."""
    model = case.model
    assert isinstance(model, FlowCaseModel)
    clock = BenchClock(times_of(model.given)[0])
    switchboard = Switchboard(revision, files, clock, tuple(_stubs(model.stubs, case.shared)))
    comparison = Comparison((*case.path, "expect"))
    problems: list[str] = []
    bench = Bench(revision, revision.flows[model.flow], switchboard, CaseStore(database, clock))
    try:
        course = await play(bench, files, switchboard, model)
        if not switchboard.problems:
            await compare_course(bench, files, switchboard, course, model.expect, comparison)
    except Restless:
        problems.append(f"the flow does not come to rest: it still has work after {MOST_PASSAGES} passages")
    except CommandRefused as refused:
        problems.append(f"then: {refused}")
    problems = [*dict.fromkeys(switchboard.problems), *problems]
    if not problems:
        problems = switchboard.unused()
    return Verdict(
        case.file,
        model.case,
        case.place,
        tuple(comparison.differences),
        tuple(problems),
        tuple(comparison.updates),
    )


def _stubs(own: Sequence[StubModel], shared: Sequence[StubModel]) -> Iterator[Stub]:
    for index, model in enumerate(own):
        yield Stub(model, f"stubs[{index}]", own=True)
    for index, model in enumerate(shared):
        yield Stub(model, f"stubs[{index}] of the file", own=False)


async def play(bench: Bench, files: CaseFiles, switchboard: Switchboard, model: FlowCaseModel) -> Course:
    """Earlier messages, the message itself, then what happens after. Raises Restless or CommandRefused."""
    for earlier, following in zip(model.given.earlier, times_of(model.given)[1:], strict=True):
        await _take_in(bench, files, earlier)
        await bench.rest()
        await bench.wait_until(following)
    before = Course(asked_before=len(bench.services.asked), sent_before=len(switchboard.sent), began=bench.clock.now())
    known = {message.id for message in await bench.messages()}
    try:
        ids, repeat = await _take_in(bench, files, model.given)
    except Refused as refused:
        return before.refused(refused)
    await bench.rest()
    for happening in model.then:
        await _happen(bench, files, happening, ids)
        await bench.rest()
    return before.ended(ids, known, repeat)


async def _take_in(bench: Bench, files: CaseFiles, given: MessageModel) -> tuple[tuple[int, ...], bool]:
    headers = {name.lower(): str(value) for name, value in given.headers.items()}
    if given.event is not None:
        arrival = Arrival(given.event, body_of(given, files), headers, plain(given.attributes))
        return await bench.arrive(arrival)
    if given.payload is None and given.file is None:
        return await bench.fire(headers)
    return await bench.put(document_of(given, files), headers)


async def _happen(bench: Bench, files: CaseFiles, happening: HappeningModel, ids: Sequence[int]) -> None:
    if happening.wait is not None:
        await bench.wait(happening.wait)
        return
    messages = [message for one in ids if (message := await bench.store.get(one)) is not None]
    if happening.publish is not None:
        published = happening.publish
        document = expected_document(published.payload, published.file, files)
        await bench.publish(messages[0], published.topic, document)
        return
    parked = [message for message in messages if message.state is State.PARKED]
    if not parked:
        raise CommandRefused(f"nothing can be released: the message is {messages[0].state}")
    for message in parked:
        await bench.release(message)
