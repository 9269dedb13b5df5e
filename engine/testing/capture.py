"""Capturing: a stored message with the answers it got becomes a test case that holds, without personal data.

First the case is run as it was recorded: today's flow has to do what was done then. Then it is masked, and run again:
only documents may differ now, for they are made of pseudonyms, and what came is what is expected.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine import exact_json
from engine.clock import moment
from engine.config.findings import Findings
from engine.errors import CodecError, CommandRefused, ConfigurationError, InvalidInput
from engine.flow.compiled import Revision
from engine.flow.reading import event_variables, raw_documents, to_canonical
from engine.jsonata import EvaluationContext
from engine.testing.compare import Difference, plain_document
from engine.testing.documents import CaseFiles
from engine.testing.load import LoadedCase, Loader
from engine.testing.personal import Pseudonyms
from engine.testing.recorded import Record, RecordedCase, expression_texts, moment_of
from engine.testing.runner import run_cases
from engine.testing.verdict import Verdict
from engine.testing.yaml_text import block_text

_TIME = re.compile(r'"\d{4}-\d{2}-\d{2}(?:[T ][0-9:.]+(?:Z|[+-]\d{2}:?\d{2})?)?"')
_SUFFIX = ".test.yaml"


class DoesOtherwise(CommandRefused):
    """Today's flow does something else with the message than what is recorded; `lines` say what."""

    def __init__(self, message: str, lines: Sequence[str]) -> None:
        super().__init__("\n  ".join((message, *lines)))
        self.lines = tuple(lines)


@dataclass(frozen=True, slots=True)
class Captured:
    """A case to be written: `file` is relative to the workspace, `text` its whole new content, `case` the new part."""

    file: str
    text: str
    case: str
    sentence: str
    masked: int


class Capture:
    """Makes cases for one workspace in `root`."""

    def __init__(self, revision: Revision, root: Path) -> None:
        self._revision = revision
        self._root = root

    def capture(self, record: Record, *, sentence: str | None = None, keep: Sequence[str] = ()) -> Captured:
        """The record of a message as a case. Raises CommandRefused, DoesOtherwise or ConfigurationError."""
        recorded = RecordedCase(record, self._revision, expression_texts(self._root))
        file, before = self._file(recorded.flow.name)
        said = sentence or _sentence(record)
        case = plain_document(recorded.case(said))
        verdict = self._run(file, _text(before, recorded.flow.name, case))
        if lines := list(_really_different(verdict, str(record["id"]))):
            raise DoesOtherwise(f"today's flow does something else than what is recorded of {record['id']}:", lines)
        pseudonyms = Pseudonyms(frozenset(keep))
        self._learn(pseudonyms, record, case)
        _mask(case, pseudonyms)
        verdict = self._run(file, _text(before, recorded.flow.name, case))
        for update in verdict.updates:
            if update.path[-1] == "equals":
                _put(case, update.path[2:], plain_document(update.document))
        text = _text(before, recorded.flow.name, case)
        verdict = self._run(file, text)
        if not verdict.holds:
            advice = "with pseudonyms the flow does something else; keep fields that decide with '--keep FIELD':"
            raise DoesOtherwise(advice, list(verdict.lines()))
        return Captured(file, text, _block(case), said, pseudonyms.count)

    def _file(self, flow: str) -> tuple[str, str]:
        """The test file of a flow, beside it, and what it holds by now."""
        beside = next(iter(sorted((self._root / "flows").rglob(f"{flow}.yaml"))), None)
        folder = beside.parent if beside is not None else self._root / "flows"
        path = folder / f"{flow}{_SUFFIX}"
        text = path.read_text(encoding="utf-8") if path.exists() else ""
        return path.relative_to(self._root).as_posix(), text

    def _run(self, file: str, text: str) -> Verdict:
        """The verdict of the last case of a text."""
        findings = Findings()
        files = CaseFiles(self._root, findings)
        cases: list[LoadedCase] = list(Loader(self._revision, files, findings).load_text(file, text.encode()))
        if findings.has_errors:
            raise ConfigurationError(findings.errors)
        (verdict,) = run_cases(self._revision, files, cases[-1:], lambda done, whole: None)
        return verdict

    # -- what is personal

    def _learn(self, pseudonyms: Pseudonyms, record: Record, case: dict[str, Any]) -> None:
        """Look at everything in the case, by the contracts that it must hold to."""
        self._learn_payload(pseudonyms, record)
        for stub in case.get("stubs", ()):
            system, _, name = stub["operation"].partition(".")
            operation = self._revision.operation(system, name)
            for reply in stub.get("replies") or [stub["reply"]]:
                contract = operation.reply_contract if operation is not None else None
                pseudonyms.learn(_decoded(reply.get("body"), operation.codec if operation else None), contract)
        for happening in case.get("then", ()):
            pseudonyms.learn(happening.get("publish", {}).get("payload"))
        for made in (*case["expect"]["calls"], *case["expect"]["sends"], *case["expect"]["publishes"]):
            if isinstance(made, dict):
                system, _, name = made.get("operation", "").partition(".")
                operation = self._revision.operation(system, name)
                pseudonyms.learn(made.get("equals"), operation.accepts if operation is not None else None)

    def _learn_payload(self, pseudonyms: Pseudonyms, record: Record) -> None:
        event = self._revision.event(record["source"])
        if event is None:
            pseudonyms.learn(exact_json.decode(record["payload"].encode()))
            return
        now = moment(moment_of(record["receivedAt"]))
        context = EvaluationContext(now=now, limits=self._revision.limits, lookup=self._revision.table_lookup)
        variables = event_variables(record["headers"], {}, {})
        body = record["payload"].encode()
        pseudonyms.learn(event.codec.decode(body), event.contract)
        try:
            for raw in raw_documents(event, body, variables, context):
                pseudonyms.learn(to_canonical(event, raw, variables, context), event.target.schema)
        except InvalidInput:
            return  # what does not read has no canonical form


def _decoded(body: Any, codec: Any) -> Any:
    """A reply's body as its codec reads it."""
    if not isinstance(body, str) or codec is None:
        return body
    try:
        return codec.decode(body.encode())
    except CodecError:
        return body


def _mask(case: dict[str, Any], pseudonyms: Pseudonyms) -> None:
    """Put pseudonyms into all payloads; names of flows, operations and topics are nobody's."""
    given = case["given"]
    for name in ("payload", "headers", "attributes"):
        if name in given:
            given[name] = pseudonyms.masked(given[name])
    for stub in case.get("stubs", ()):
        for reply in stub.get("replies") or [stub["reply"]]:
            if "body" in reply:
                reply["body"] = pseudonyms.masked(reply["body"])
    for happening in case.get("then", ()):
        if "publish" in happening:
            happening["publish"]["payload"] = pseudonyms.masked(happening["publish"]["payload"])
    for made in (*case["expect"]["calls"], *case["expect"]["sends"], *case["expect"]["publishes"]):
        if isinstance(made, dict) and "equals" in made:
            made["equals"] = pseudonyms.masked(made["equals"])


def _put(case: dict[str, Any], path: Sequence[str | int], document: Any) -> None:
    target: Any = case
    for part in path[:-1]:
        target = target[part]
    target[path[-1]] = document


def _really_different(verdict: Verdict, message_id: str) -> Iterator[str]:
    """What differs although neither the time of day nor the message's own id makes it so."""
    yield from verdict.problems
    yield from (str(one) for one in verdict.differences if not _by_chance(one, message_id))


def _by_chance(difference: Difference, message_id: str) -> bool:
    times = _TIME.fullmatch(difference.expected) and _TIME.fullmatch(difference.got)
    return bool(times) or message_id in difference.expected


def _sentence(record: Record) -> str:
    why = (record["parked"] or record["failure"] or {}).get("reason")
    return f"message {record['id']} is {record['state']}" + (f" for {why}" if why else "")


def _text(before: str, flow: str, case: dict[str, Any]) -> str:
    """A test file with the case at its end."""
    head = before.rstrip("\n") + "\n\n" if before else f"test: {flow}\n\ncases:\n"
    return head + _block(case)


def _block(case: dict[str, Any]) -> str:
    return f"  - {block_text(case, 4)}\n"
