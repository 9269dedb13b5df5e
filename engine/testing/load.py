"""Loading test files: parsed by their models and checked against the revision, with all findings at their places."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from engine.config.findings import Findings, did_you_mean
from engine.config.models.tests import (
    CallExpectModel,
    CasesModel,
    DocumentExpectModel,
    FlowCaseModel,
    MappingCaseModel,
    MessageModel,
    StubModel,
    StubReplyModel,
)
from engine.config.parse import parse_model
from engine.config.places import Places
from engine.config.yaml import load_yaml
from engine.fields.marks import Mark
from engine.fields.scalar import shown
from engine.flow.compiled import Revision
from engine.testing.documents import CaseFiles

Path = tuple[str | int, ...]
_ONLY_EVENTS = {"refused": "one, and it is an operation"}
_ONLY_OPERATIONS = {
    "request": "one, and it is an event",
    "body_file": "one, and it is an event",
    "failed": "one, and it is an event",
}


@dataclass(frozen=True, slots=True)
class LoadedCase:
    """One case with its place; `path` is where it stands in its file."""

    file: str
    path: Path
    place: Mark
    model: MappingCaseModel | FlowCaseModel
    shared: tuple[StubModel, ...]


class Loader:
    """Loads test files of one workspace. What is wrong goes to `findings`; `files` then holds what the cases name."""

    def __init__(self, revision: Revision, files: CaseFiles, findings: Findings) -> None:
        self._files = files
        self._revision = revision
        self._findings = findings
        self._events = sorted(event.name for system in revision.systems.values() for event in system.events.values())
        self._operations = {
            operation.full_name: operation
            for system in revision.systems.values()
            for operation in system.operations.values()
        }

    def load(self, file: str) -> Iterator[LoadedCase]:
        """The cases of a file, relative to the workspace."""
        yield from self.load_text(file, (self._files.root / file).read_bytes())

    def load_text(self, file: str, content: bytes) -> Iterator[LoadedCase]:
        """The cases of what a file holds, or would hold."""
        node = load_yaml(content, file, self._findings)
        model = parse_model(CasesModel, node, self._findings) if node is not None else None
        if node is None or model is None:
            return
        places = Places(model, node.marks)
        self._name(file, model.test, places)
        self._stubs(model.stubs, places, "stubs")
        for index, case in enumerate(model.cases):
            at = ("cases", index)
            if isinstance(case, MappingCaseModel):
                self._mapping_case(case, places, at)
            else:
                self._flow_case(case, places, at)
            yield LoadedCase(file, at, places.value(*at), case, model.stubs)

    # -- names

    def _name(self, file: str, name: str, places: Places) -> None:
        stem = PurePosixPath(file).name.removesuffix(".test.yaml")
        if name != stem:
            self._findings.add(
                "XD202",
                places.value("test"),
                expected=f"the name '{stem}', as the file is called",
                found=shown(name),
            )
        elif name not in self._revision.flows and name not in self._revision.systems:
            self._known(
                name, (*self._revision.flows, *self._revision.systems), "a flow or system", places.value("test")
            )

    def _known(self, name: str, names: Iterable[str], what: str, mark: Mark) -> None:
        known = sorted(names)
        if name not in known:
            hint = did_you_mean(name, known) or (f"there are {', '.join(known[:12])}" if known else "there are none")
            self._findings.add("XD201", mark, expected=what, found=shown(name), hint=hint)

    # -- mapping cases

    def _mapping_case(self, case: MappingCaseModel, places: Places, at: Path) -> None:
        name = case.mapping
        self._known(name, (*self._events, *self._operations), "an event or operation", places.value(*at, "mapping"))
        operation = name in self._operations
        self._files.check(case.given.file, places.value(*at, "given", "file"), parsed=operation)
        if case.given.payload is None and case.given.file is None:
            self._missing(places.value(*at, "given"), "given.payload")
        expect = case.expect
        self._files.check(expect.canonical_file, places.value(*at, "expect", "canonical_file"), parsed=True)
        self._files.check(expect.body_file, places.value(*at, "expect", "body_file"), parsed=True)
        self._reply(case.reply, places, *at, "reply")
        if operation == (name in self._events):
            return
        unfit = _ONLY_EVENTS if operation else _ONLY_OPERATIONS
        for field in sorted(unfit.keys() & expect.model_fields_set):
            self._unfit(places.key(*at, "expect", field), f"no '{field}' for '{name}'", unfit[field])
        canonical = {"canonical", "canonical_file"} & expect.model_fields_set
        if operation and canonical and case.reply is None:
            self._unfit(places.key(*at, "expect", *canonical), f"a 'reply' of '{name}' that becomes canonical", "none")
        if not operation and case.reply is not None:
            self._unfit(places.key(*at, "reply"), f"no 'reply' for '{name}'", "one, and it is an event")

    def _unfit(self, mark: Mark, expected: str, found: str) -> None:
        self._findings.add("XD107", mark, expected=expected, found=found)

    def _missing(self, mark: Mark, name: str) -> None:
        self._findings.add("XD105", mark, expected=f"'{name}' or 'file' to be given", found="nothing")

    # -- flow cases

    def _flow_case(self, case: FlowCaseModel, places: Places, at: Path) -> None:
        self._known(case.flow, self._revision.flows, "a flow", places.value(*at, "flow"))
        flow = self._revision.flows.get(case.flow)
        events = flow.model.source.events if flow is not None else self._events
        scheduled = flow is None or flow.model.source.schedule is not None
        self._message(case.given, events, places, (*at, "given"), scheduled)
        for index, earlier in enumerate(case.given.earlier):
            self._message(earlier, events, places, (*at, "given", "earlier", index), scheduled)
        self._stubs(case.stubs, places, *at, "stubs")
        for index, happening in enumerate(case.then):
            if happening.publish is not None:
                here = (*at, "then", index, "publish")
                self._files.check(happening.publish.file, places.value(*here, "file"), parsed=True)
                self._known(
                    happening.publish.topic,
                    self._revision.selectors,
                    "a topic on which something waits",
                    places.value(*here, "topic"),
                )
        expect = case.expect
        for name in ("calls", "undone", "sends"):
            for index, call in enumerate(getattr(expect, name) or ()):
                here = (*at, "expect", name, index)
                operation = call.operation if isinstance(call, CallExpectModel) else call
                mark = places.value(*here, "operation") if isinstance(call, CallExpectModel) else places.value(*here)
                self._known(operation, self._operations, "an operation", mark)
                self._expected_document(call, places, here)
        for index, published in enumerate(expect.publishes or ()):
            self._expected_document(published, places, (*at, "expect", "publishes", index))
        self._expected_document(expect.reply, places, (*at, "expect", "reply"))

    def _message(self, message: MessageModel, events: Sequence[str], places: Places, at: Path, scheduled: bool) -> None:
        if message.event is not None:
            self._known(message.event, events, "an event that the flow takes", places.value(*at, "event"))
        self._files.check(message.file, places.value(*at, "file"), parsed=message.event is None)
        if message.payload is None and message.file is None and not scheduled:
            self._missing(places.value(*at), "payload")

    def _stubs(self, stubs: Sequence[StubModel], places: Places, *at: str | int) -> None:
        for index, stub in enumerate(stubs):
            here = (*at, index)
            self._known(stub.operation, self._operations, "an operation", places.value(*here, "operation"))
            self._files.compile(stub.when, places.value(*here, "when"))
            self._reply(stub.reply, places, *here, "reply")
            for number, reply in enumerate(stub.replies):
                self._reply(reply, places, *here, "replies", number)
            operation = self._operations.get(stub.operation)
            if stub.confirm and operation is not None and operation.confirm is None:
                self._unfit(places.key(*here, "confirm"), f"'{stub.operation}' to have a 'confirm'", "none")

    def _reply(self, reply: StubReplyModel | None, places: Places, *at: str | int) -> None:
        if reply is not None:
            self._files.check(reply.file, places.value(*at, "file"), parsed=False)

    def _expected_document(self, expected: object, places: Places, at: Path) -> None:
        if isinstance(expected, DocumentExpectModel):
            self._files.check(expected.file, places.value(*at, "file"), parsed=True)
            self._files.compile(expected.asserts, places.value(*at, "asserts"))
            self._files.check_entity(expected.valid, places.value(*at, "valid"))
