"""Runs the cases of a `.test.yaml`: a payload goes the way the receiver takes it, up to the store, and is compared."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from engine import exact_json
from engine.clock import iso, moment
from engine.config.models.cases import CaseModel
from engine.errors import InvalidInput
from engine.flow.compiled import CompiledEvent, Revision
from engine.flow.identity import identify
from engine.flow.reading import event_variables, is_wanted, raw_documents, to_canonical
from engine.jsonata import EvaluationContext

_SHOWN = 20
_NOTHING = object()


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a case holds; `differences` are sentences, one a field."""

    case: str
    differences: tuple[str, ...] = ()

    @property
    def holds(self) -> bool:
        """True when nothing differs."""
        return not self.differences


def run_case(revision: Revision, case: CaseModel, payload: bytes, now: float) -> Verdict:
    """Run one case at the time `now` (epoch seconds)."""
    event = revision.event(case.given.event)
    if event is None:
        return Verdict(case.case, (f"the workspace has no event '{case.given.event}'",))
    try:
        documents = _documents(revision, event, case.given.headers, payload, now)
    except InvalidInput as refused:
        if case.expect.refused == refused.code:
            return Verdict(case.case)
        wanted = f"a refusal as {case.expect.refused}" if case.expect.refused else "a canonical document"
        return Verdict(case.case, (f"expected {wanted}, got a refusal as {refused.code}: {refused.detail}",))
    if case.expect.refused is not None:
        return Verdict(case.case, (f"expected a refusal as {case.expect.refused}, got a canonical document",))
    got = documents if event.items is not None or len(documents) != 1 else documents[0]
    return Verdict(case.case, tuple(_limited(differences(case.expect.canonical, got))))


def _documents(
    revision: Revision, event: CompiledEvent, headers: Mapping[str, str], payload: bytes, now: float
) -> list[Any]:
    """What the receiver makes of a payload. Raises InvalidInput."""
    context = EvaluationContext(now=moment(now), limits=revision.limits, lookup=revision.table_lookup)
    facts = {"id": "", "source": event.name, "receivedAt": iso(now), "correlationId": "", "attempt": 1}
    variables = event_variables({name.lower(): value for name, value in headers.items()}, {}, facts)
    documents = []
    for raw in raw_documents(event, payload, variables, context):
        if is_wanted(event, raw, variables, context):
            document = to_canonical(event, raw, variables, context)
            for flow in revision.listeners.get(event.name, ()):
                identify(flow, document, variables, context)
            documents.append(document)
    return documents


def differences(expected: Any, got: Any, path: str = "") -> Iterator[str]:
    """Where two documents differ, a sentence each."""
    if isinstance(expected, dict) and isinstance(got, dict):
        for name in sorted({*expected, *got}):
            below = f"{path}.{name}" if path else name
            yield from differences(expected.get(name, _NOTHING), got.get(name, _NOTHING), below)
    elif isinstance(expected, list) and isinstance(got, list):
        for index in range(max(len(expected), len(got))):
            yield from differences(_item(expected, index), _item(got, index), f"{path}[{index}]")
    elif expected != got or isinstance(expected, bool) != isinstance(got, bool):
        yield f"{path or 'the document'}: expected {_text(expected)}, got {_text(got)}"


def _item(items: list[Any], index: int) -> Any:
    return items[index] if index < len(items) else _NOTHING


def _text(value: Any) -> str:
    return "nothing" if value is _NOTHING else exact_json.encode(value).decode()


def _limited(sentences: Iterator[str]) -> Iterator[str]:
    for number, sentence in enumerate(sentences):
        if number == _SHOWN:
            yield "and more"
            return
        yield sentence
