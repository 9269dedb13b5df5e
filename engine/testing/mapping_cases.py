"""Mapping cases: an event's payload on its way to canonical, or an operation's request and reply.

An event's payload goes the way of a real arrival up to the store. An operation's request is made, judged and mapped by
the sender's own functions, with a stub for the wire.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.clock import ManualClock, iso
from engine.config.models.tests import MappingCaseModel, StubModel, StubReplyModel
from engine.config.tree import plain
from engine.errors import InvalidInput, StepFailed
from engine.flow.compiled import CompiledEvent, CompiledOperation, Revision
from engine.flow.identity import identify
from engine.flow.reading import event_variables, is_wanted, raw_documents, to_canonical
from engine.jsonata import EvaluationContext
from engine.runtime.commit_points import pass_by
from engine.runtime.requests import Errand, perform
from engine.testing.compare import Difference, differences
from engine.testing.documents import CaseFiles
from engine.testing.given import body_of, document_of, expected_document, starts_at
from engine.testing.load import LoadedCase
from engine.testing.stubs import Stub, Switchboard
from engine.testing.verdict import Comparison, Verdict

_KEY = "test"


async def run_mapping_case(revision: Revision, files: CaseFiles, case: LoadedCase) -> Verdict:
    """What an event's or operation's mappings do with what the case gives."""
    model = case.model
    assert isinstance(model, MappingCaseModel)
    comparison = Comparison((*case.path, "expect"))
    event = revision.event(model.mapping)
    if event is not None:
        _run_event(revision, files, event, model, comparison)
    else:
        system, _, name = model.mapping.partition(".")
        operation = revision.operation(system, name)
        assert operation is not None
        await _run_operation(revision, files, operation, model, comparison)
    return Verdict(
        case.file,
        model.case,
        case.place,
        tuple(comparison.differences),
        updates=tuple(comparison.updates),
    )


# -- events


def _run_event(
    revision: Revision, files: CaseFiles, event: CompiledEvent, model: MappingCaseModel, comparison: Comparison
) -> None:
    refused = model.expect.refused
    try:
        documents = _documents(revision, event, model, body_of(model.given, files))
    except InvalidInput as problem:
        if refused != problem.code:
            wanted = f"a refusal as {refused}" if refused is not None else "a canonical document"
            comparison.differences.append(Difference("canonical", wanted, f"{problem.code}: {problem.detail}"))
        return
    if refused is not None:
        comparison.differences.append(Difference("canonical", f"a refusal as {refused}", "a canonical document"))
        return
    one = event.items is None and len(documents) == 1
    _compare_canonical(files, model, documents[0] if one else documents, comparison)


def _documents(revision: Revision, event: CompiledEvent, model: MappingCaseModel, payload: bytes) -> list[Any]:
    """What the receiver makes of a payload. Raises InvalidInput."""
    at = starts_at(model.given.at)
    context = EvaluationContext(now=at, limits=revision.limits, lookup=revision.table_lookup)
    variables = event_variables(_headers(model), plain(model.given.attributes), _facts(event.name, at))
    documents = []
    for raw in raw_documents(event, payload, variables, context):
        if is_wanted(event, raw, variables, context):
            document = to_canonical(event, raw, variables, context)
            for flow in revision.listeners.get(event.name, ()):
                identify(flow, document, variables, context)
            documents.append(document)
    return documents


# -- operations


async def _run_operation(
    revision: Revision, files: CaseFiles, operation: CompiledOperation, model: MappingCaseModel, comparison: Comparison
) -> None:
    clock = ManualClock(starts_at(model.given.at))
    reply = model.reply if model.reply is not None else StubReplyModel(fault="unreachable")
    stub = Stub(StubModel(operation=operation.full_name, reply=reply), "reply", own=False)
    switchboard = Switchboard(revision, files, clock, (stub,))
    context = EvaluationContext(now=clock.now(), limits=revision.limits, lookup=revision.table_lookup)
    variables = {"headers": _headers(model), "saved": {}, "message": _facts("test", clock.now())}
    errand = Errand(operation, document_of(model.given, files), lambda: (variables, context), _KEY, {})
    failed: StepFailed | None = None
    canonical: Any = None
    try:
        canonical = (await perform(errand, switchboard.gateway(revision.systems[operation.system]), pass_by)).document
    except StepFailed as failure:
        failed = failure
    _compare_request(files, model, switchboard, failed, comparison)
    if model.reply is not None or not switchboard.sent:
        _compare_reply(files, model, canonical, failed, comparison)


def _compare_request(
    files: CaseFiles,
    model: MappingCaseModel,
    switchboard: Switchboard,
    failed: StepFailed | None,
    comparison: Comparison,
) -> None:
    expect = model.expect
    if expect.request is None and expect.body_file is None:
        return
    if not switchboard.sent:
        why = f"none, for {failed.detail}" if failed is not None else "none"
        comparison.differences.append(Difference("request", "a request", why))
        return
    fields = switchboard.sent[0].fields
    for name, value in (expect.request or {}).items():
        if name == "body":
            comparison.whole(plain(value), fields["body"], "request.body", "request", "body")
        else:
            comparison.differences.extend(differences(plain(value), fields.get(name), f"request.{name}"))
    if expect.body_file is not None:
        body = files.document(expect.body_file)
        comparison.whole(body, fields["body"], "request.body", "body_file", file=expect.body_file)


def _compare_reply(
    files: CaseFiles, model: MappingCaseModel, canonical: Any, failed: StepFailed | None, comparison: Comparison
) -> None:
    """The canonical reply, or how the operation failed; a failure that nobody expects is a difference of its own."""
    wanted = model.expect.failed
    if failed is None and wanted is None:
        _compare_canonical(files, model, canonical, comparison)
    elif failed is None:
        comparison.differences.append(Difference("failed", "a failure", "a canonical reply"))
    elif wanted is None:
        got = f"{failed.error_class} ({failed.reason}): {failed.detail}"
        comparison.differences.append(Difference("failed", "no failure", got))
    else:
        comparison.value(wanted.error_class, failed.error_class, "failed.class")
        comparison.value(wanted.reason, failed.reason, "failed.reason")
        comparison.value(wanted.owner, failed.owner, "failed.owner")


# -- both


def _compare_canonical(files: CaseFiles, model: MappingCaseModel, got: Any, comparison: Comparison) -> None:
    expect = model.expect
    file = expect.canonical_file
    if file is None and expect.canonical is None:
        return
    wanted = expected_document(expect.canonical, file, files)
    comparison.whole(wanted, got, "canonical", "canonical_file" if file else "canonical", file=file)


def _headers(model: MappingCaseModel) -> dict[str, str]:
    return {name.lower(): str(value) for name, value in model.given.headers.items()}


def _facts(source: str, at: float) -> Mapping[str, Any]:
    return {"id": "", "source": source, "receivedAt": iso(at), "correlationId": "", "attempt": 1}
