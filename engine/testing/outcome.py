"""What became of a flow case's message, compared with what the case expects."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from engine import exact_json
from engine.clock import moment
from engine.config.models.tests import (
    CallExpectModel,
    DocumentExpectModel,
    FlowExpectModel,
    PublishExpectModel,
    ReplyExpectModel,
    SendExpectModel,
)
from engine.config.tree import plain
from engine.errors import Refused
from engine.jsonata import EvaluationContext, ExpressionError
from engine.message import Message, State
from engine.testing.bench import Bench
from engine.testing.compare import Difference, lacking, shown
from engine.testing.documents import CaseFiles
from engine.testing.given import expected_document
from engine.testing.stubs import Sent, Switchboard
from engine.testing.verdict import Comparison

_NO_FACTS: Mapping[str, Any] = {}


@dataclass(frozen=True, slots=True)
class Course:
    """What happened to a case's message: `ids` are the flow's messages, `known` were in the store before it came."""

    asked_before: int
    sent_before: int
    began: float
    ids: tuple[int, ...] = ()
    known: frozenset[int] = frozenset()
    repeat: bool = False
    refusal: Refused | None = None

    def refused(self, refusal: Refused) -> Course:
        """It was not taken in."""
        return replace(self, refusal=refusal)

    def ended(self, ids: tuple[int, ...], known: Collection[int], repeat: bool) -> Course:
        """It became messages of the flow."""
        return replace(self, ids=ids, known=frozenset(known), repeat=repeat)


@dataclass(frozen=True, slots=True)
class Made:
    """Something that the flow made: a call, a delivery or an event. `name` is its operation or topic; `state` and
    `facts` are how a delivery ended and why."""

    name: str
    document: Any
    request: Mapping[str, Any] | None = None
    state: str | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Doings:
    """All that came of a case's message: `own` are the flow's messages, `endings` how each of them ended and why."""

    own: Sequence[Message]
    endings: Sequence[tuple[str, Mapping[str, Any]]]
    calls: Sequence[Made]
    undone: Sequence[Made]
    sends: Sequence[Made]
    publishes: Sequence[Made]
    milestones: Sequence[str]


async def doings(bench: Bench, switchboard: Switchboard, course: Course) -> Doings:
    """Look at everything that the message made."""
    stored = await bench.messages()
    own = [message for message in stored if message.id in course.ids]
    new = [message for message in stored if message.id not in course.known | bench.from_outside]
    caused = [message for message in new if message.causation_id in course.ids]
    asked = _asked(bench, switchboard, course)
    return Doings(
        own,
        list(_endings(course, own)),
        [made for undo, made in asked if not undo],
        [made for undo, made in asked if undo],
        [made async for made in _sends(bench, switchboard, caused)],
        [made async for made in _publishes(bench, caused)],
        [name for message in own for name in await _milestones(bench, message)],
    )


@dataclass(slots=True)
class _Check:
    """Compares one part after the other."""

    bench: Bench
    files: CaseFiles
    switchboard: Switchboard
    comparison: Comparison
    messages: Sequence[Message] = field(default_factory=list)

    # -- lists of what was made

    def made(self, label: str, expected: Sequence[str | DocumentExpectModel] | None, got: Sequence[Made]) -> None:
        """Compare a complete list, in order."""
        if expected is None:
            return
        wanted = [_name_of(one) for one in expected]
        found = [one.name for one in got]
        if wanted != found:
            self.comparison.differences.append(Difference(label, _listed(wanted), _listed(found)))
            return
        for index, (one, made) in enumerate(zip(expected, got, strict=True)):
            if isinstance(one, DocumentExpectModel):
                self._one(f"{label}[{index}] ({made.name})", one, made, label, index)

    def _one(self, label: str, expected: DocumentExpectModel, made: Made, *at: str | int) -> None:
        self.document(label, expected, made.document, *at)
        if isinstance(expected, CallExpectModel) and expected.request is not None:
            if made.request is None:
                self.comparison.differences.append(Difference(f"{label} request", "a request", "none was made"))
            else:
                self.comparison.differences.extend(lacking(expected.request, made.request, f"{label} request"))
        if isinstance(expected, SendExpectModel):
            self.comparison.value(expected.outcome, made.state, f"{label} outcome")
            _compare_facts(expected, made.facts, self.comparison, f"{label} ")
            self.comparison.value(expected.attempts, made.facts.get("attempts"), f"{label} attempts")

    def document(self, label: str, expected: DocumentExpectModel, got: Any, *at: str | int) -> None:
        """Compare a document in each of the ways that the case asks for."""
        if expected.equals is not None or expected.file is not None:
            wanted = expected_document(expected.equals, expected.file, self.files)
            self.comparison.whole(wanted, got, label, *at, "file" if expected.file else "equals", file=expected.file)
        if expected.contains is not None:
            self.comparison.differences.extend(lacking(plain(expected.contains), got, label))
        if expected.asserts is not None and (why := self._refuted(expected, got)) is not None:
            self.comparison.differences.append(Difference(label, f"'{expected.asserts}' to be true", why))

        if expected.valid is not None:
            wanted = f"a valid {expected.valid}"
            for violation in self.files.schema(expected.valid).validate(got):
                self.comparison.differences.append(Difference(label, wanted, violation.message))

    def _refuted(self, expected: DocumentExpectModel, got: Any) -> str | None:
        """What an assertion gives instead of true."""
        assert expected.asserts is not None
        revision, now = self.switchboard.revision, moment(self.bench.clock.now())
        context = EvaluationContext(now=now, limits=revision.limits, lookup=revision.table_lookup)
        try:
            value = self.files.expression(expected.asserts).evaluate(got, {}, context)
        except ExpressionError as error:
            return f"an error: {error}"
        return None if value is True else f"{shown(value)} of {shown(got)}"


async def compare_course(
    bench: Bench,
    files: CaseFiles,
    switchboard: Switchboard,
    course: Course,
    expect: FlowExpectModel,
    comparison: Comparison,
) -> None:
    """Compare everything that the case names."""
    stored = await bench.messages()
    check = _Check(bench, files, switchboard, comparison, stored)
    made = await doings(bench, switchboard, course)
    own = made.own
    _compare_outcomes(course, own, expect, comparison)
    check.made("calls", expect.calls, made.calls)
    check.made("undone", expect.undone, made.undone)
    check.made("sends", expect.sends, made.sends)
    check.made("publishes", expect.publishes, made.publishes)
    if expect.milestones is not None and made.milestones != list(expect.milestones):
        comparison.whole(list(expect.milestones), made.milestones, "milestones", "milestones")
    if expect.reply is not None:
        await _compare_reply(check, bench, own, expect.reply)
    _compare_times(bench, course, own, expect, comparison)


# -- how it ended


def _compare_outcomes(course: Course, own: Sequence[Message], expect: FlowExpectModel, comparison: Comparison) -> None:
    for ending in _endings(course, own):
        outcome, facts = ending
        if outcome != expect.outcome:
            told = ", ".join(f"{facts[name]}" for name in ("reason", "step", "detail") if facts.get(name))
            comparison.differences.append(
                Difference("outcome", expect.outcome, f"{outcome} ({told})" if told else outcome)
            )
            return
        _compare_facts(expect, facts, comparison)
        comparison.value(expect.step, facts.get("step"), "step")


def _compare_facts(
    expect: FlowExpectModel | SendExpectModel, facts: Mapping[str, Any], comparison: Comparison, label: str = ""
) -> None:
    comparison.value(expect.reason, facts.get("reason"), f"{label}reason")
    comparison.value(expect.error_class, facts.get("error_class"), f"{label}class")
    comparison.value(expect.owner, facts.get("owner"), f"{label}owner")


def _endings(course: Course, own: Sequence[Message]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """How each message of the flow ended, with what is known of why."""
    if course.refusal is not None:
        yield "refused", {"reason": course.refusal.code, "detail": course.refusal.detail}
    elif course.repeat:
        yield "repeat", _NO_FACTS
    elif not own:
        yield "not-taken", _NO_FACTS
    else:
        for message in own:
            yield str(message.state), _facts(message)


def _facts(message: Message) -> Mapping[str, Any]:
    """What is known of why it ended so."""
    return (message.parked if message.state is State.PARKED else message.failure) or _NO_FACTS


def _compare_times(
    bench: Bench, course: Course, own: Sequence[Message], expect: FlowExpectModel, comparison: Comparison
) -> None:
    if expect.attempts is not None and own:
        comparison.value(expect.attempts, max(message.attempts for message in own), "attempts")
    if expect.within is not None:
        ended = [message.settled_at or bench.clock.now() for message in own]
        took = max(ended, default=course.began) - course.began
        if took > expect.within.seconds:
            comparison.differences.append(Difference("within", str(expect.within), f"{took:g} s"))


# -- what it made


def _asked(bench: Bench, switchboard: Switchboard, course: Course) -> list[tuple[bool, Made]]:
    """The steps' requests in order, each with the fields as they left; whether it takes a call back comes first."""
    left: dict[str, list[Sent]] = {}
    for sent in switchboard.sent[course.sent_before :]:
        if not sent.confirm:
            left.setdefault(sent.key, []).append(sent)
    found = []
    for asked in bench.services.asked[course.asked_before :]:
        requests = left.get(asked.key)
        request = requests.pop(0).fields if requests else None
        found.append((asked.undo, Made(asked.operation, asked.document, request)))
    return found


async def _sends(bench: Bench, switchboard: Switchboard, caused: Sequence[Message]) -> AsyncIterator[Made]:
    for message in caused:
        if message.channel.startswith("system:"):
            name = f"{message.channel.partition(':')[2]}.{message.operation}"
            sent = [one for one in switchboard.sent if one.key == message.key and not one.confirm]
            document, request = await _document(bench, message), sent[-1].fields if sent else None
            if message.id in bench.delivered:
                facts = {**_facts(message), "attempts": message.attempts}
                yield Made(name, document, request, str(message.state), facts)
            else:
                yield Made(name, document, request, "not delivered: no stub answers it")


async def _publishes(bench: Bench, caused: Sequence[Message]) -> AsyncIterator[Made]:
    for message in caused:
        if message.channel.startswith("topic:"):
            yield Made(message.channel.partition(":")[2], await _document(bench, message))


async def _document(bench: Bench, message: Message) -> Any:
    payload = await bench.store.payload(message.payload)
    return exact_json.decode(payload) if payload else None


async def _milestones(bench: Bench, message: Message) -> list[str]:
    trace = await bench.store.trace(message.id)
    passed = trace.milestones if trace is not None else ()
    return [milestone.name for milestone in passed if milestone.message_id == message.id]


async def _compare_reply(check: _Check, bench: Bench, own: Sequence[Message], expected: ReplyExpectModel) -> None:
    stored = await bench.store.answer(own[0].id) if own else None
    if stored is None:
        check.comparison.differences.append(Difference("reply", "a reply", "none"))
        return
    answer = exact_json.decode(stored)
    check.comparison.value(expected.status, answer["status"], "reply.status")
    check.document("reply", expected, answer["body"], "reply")


def _name_of(expected: str | DocumentExpectModel) -> str:
    if isinstance(expected, PublishExpectModel):
        return expected.topic
    return expected.operation if isinstance(expected, CallExpectModel) else str(expected)


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names) or "none"
