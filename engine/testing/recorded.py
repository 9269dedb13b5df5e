"""From the record of a message to a test case: what came in, what systems answered, what was released, what came of it.

A record is what `engine.tracking.record` tells. The case is plain data, as it would stand in a test file.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from engine import exact_json
from engine.errors import CodecError, CommandRefused, InvalidInput
from engine.flow.compiled import CompiledFlow, CompiledOperation, Revision
from engine.flow.reading import event_variables, raw_documents, to_canonical
from engine.flow.steps.call import Call
from engine.flow.steps.park import Park
from engine.jsonata import EvaluationContext
from engine.runtime.arrivals import ATTRIBUTES_HEADER, ITEM_HEADER

Record = Mapping[str, Any]
_ENDED = ("completed", "parked", "discarded", "dead")
_UNANSWERED = {"timeout": "timeout", "no-answer": "dropped", "unreachable": "unreachable"}
"""The reasons of requests without an answer, and the fault that a stub makes of each."""
_HEADER = re.compile(r"\$headers\.(?:\"([^\"]+)\"|`([^`]+)`|(\w+))")


@dataclass(frozen=True, slots=True)
class Request:
    """A request of the flow in the order of time: what the operation was given, when it is known, and the answer."""

    at: float
    operation: CompiledOperation
    reply: Mapping[str, Any]
    given: str | None = None
    confirm: bool = False
    undo: bool = False


def expression_texts(root: Path) -> list[str]:
    """The texts of a workspace in which expressions stand."""
    files = [path for path in (root / "flows").rglob("*") if path.suffix in (".yaml", ".jsonata")]
    return [path.read_text(encoding="utf-8", errors="replace") for path in files]


class RecordedCase:
    """One message of a flow as a case; headers that no expression in `texts` reads are left out.

    Raises CommandRefused when it cannot be one.
    """

    def __init__(self, record: Record, revision: Revision, texts: Sequence[str]) -> None:
        channel, _, name = str(record["channel"]).partition(":")
        if channel != "flow":
            raise CommandRefused(
                f"{record['id']} is in channel {record['channel']}; only messages of flows become tests"
            )
        flow = revision.flows.get(name)
        if flow is None:
            raise CommandRefused(f"the workspace has no flow '{name}' any more")
        if record["state"] not in _ENDED:
            raise CommandRefused(f"{record['id']} is {record['state']}; a test needs a message that has come to rest")
        self.flow: CompiledFlow = flow
        self._record = record
        self._revision = revision
        self._read_headers = {
            next(filter(None, found)).lower() for text in texts for found in _HEADER.findall(text)
        }  # the others tell nobody anything
        self._requests = sorted(self._all_requests(), key=lambda request: request.at)

    def case(self, sentence: str) -> dict[str, Any]:
        """The case."""
        case: dict[str, Any] = {"case": sentence, "flow": self.flow.name, "given": self._given()}
        for name, value in (("stubs", self._stubs()), ("then", list(self._then()))):
            if value:
                case[name] = value
        return {**case, "expect": self._expect()}

    # -- what came in

    def _given(self) -> dict[str, Any]:
        record = self._record
        if record["payload"] is None:
            raise CommandRefused(f"the payload of {record['id']} was erased, or is no text")
        headers = {name: value for name, value in record["headers"].items() if name in self._read_headers}
        attributes = self._attributes()
        given: dict[str, Any] = {"at": record["receivedAt"]}
        given |= {"headers": headers} if headers else {}
        given |= {"attributes": attributes} if attributes else {}
        event = self._revision.event(record["source"])
        if str(record["source"]).startswith("schedule:"):
            return given
        if event is None:
            return {**given, "payload": exact_json.decode(record["payload"].encode())}
        if ITEM_HEADER in record["headers"]:
            return {**given, "payload": self._item(int(record["headers"][ITEM_HEADER]))}
        return {**given, "event": event.name, "payload": _document(record["payload"], event.codec.media_type)}

    def _attributes(self) -> Mapping[str, Any]:
        stored = self._record["headers"].get(ATTRIBUTES_HEADER)
        attributes: Mapping[str, Any] = exact_json.decode(stored.encode()) if stored else {}
        return attributes

    def _item(self, number: int) -> Any:
        """One document of many in a file, as canonical: the others are other messages."""
        event = self._revision.event(self._record["source"])
        assert event is not None
        at = moment_of(self._record["receivedAt"])
        context = EvaluationContext(now=at, limits=self._revision.limits, lookup=self._revision.table_lookup)
        variables = event_variables(self._record["headers"], self._attributes(), {})
        try:
            raws = raw_documents(event, self._record["payload"].encode(), variables, context)
            return to_canonical(event, raws[number], variables, context)
        except (InvalidInput, IndexError) as error:
            raise CommandRefused(f"the payload of {self._record['id']} does not read any more: {error}") from error

    # -- what systems answered

    def _all_requests(self) -> Iterator[Request]:
        entries = {(entry["step"], entry["kind"]): entry for entry in self._record["journal"]}
        yield from self._failed()
        for (step, kind), entry in entries.items():
            operation = self._operation(entry["facts"].get("operation", ""))
            if operation is None:
                continue
            if kind == "done":
                wire = entries.get((step, "begun"), entry)
                reply = _reply(operation, entry["facts"].get("status"), wire["reply"])
                asked = operation.confirm is not None and operation.body is not None and wire["request"] is None
                if asked and any(self._left_open(step)):
                    yield Request(entry["at"], operation, reply, confirm=True)
                else:
                    yield Request(entry["at"], operation, reply, entry["request"])
            elif kind == "undone":
                yield Request(entry["at"], operation, _reply(operation, entry["facts"].get("status"), entry["reply"]),
                              undo=True)  # fmt: skip

    def _failed(self) -> Iterator[Request]:
        """Tries of the flow whose request did not do what it should."""
        for attempt in self._record["attempts"]:
            operation = self._operation_of(attempt)
            reply = _reply_of(operation, attempt) if operation is not None else None
            if operation is not None and reply is not None:
                yield Request(attempt["at"], operation, reply)

    def _left_open(self, step: str) -> Iterator[Mapping[str, Any]]:
        for attempt in self._record["attempts"]:
            if attempt["step"] == step and attempt["errorClass"] in ("timeout", "unknown"):
                yield attempt

    def _operation_of(self, attempt: Mapping[str, Any]) -> CompiledOperation | None:
        step = attempt["step"] or self._parked_at(attempt["at"])
        found = self.flow.by_id.get(step.removeprefix("undo of ").partition("#")[0])
        if not isinstance(found, Call):
            return None
        return found.undo.operation if step.startswith("undo of ") and found.undo is not None else found.operation

    def _parked_at(self, at: float) -> str:
        """The step at which a passage that ended then was parked: it was released later, or is parked still."""
        later = [entry for entry in self._record["journal"] if entry["kind"] == "released" and entry["at"] >= at]
        if later:
            return str(min(later, key=lambda entry: float(entry["at"]))["step"])
        return str((self._record["parked"] or {}).get("step", ""))

    def _operation(self, name: str) -> CompiledOperation | None:
        system, _, operation = str(name).partition(".")
        return self._revision.operation(system, operation)

    def _stubs(self) -> list[dict[str, Any]]:
        """A stub for each operation, with its answers in order."""
        answers: dict[tuple[str, bool], list[Mapping[str, Any]]] = defaultdict(list)
        for request in self._requests:
            answers[request.operation.full_name, request.confirm].append(request.reply)
        for delivery in self._deliveries():
            operation = self._operation(f"{delivery['channel'].partition(':')[2]}.{delivery['operation']}")
            for attempt in delivery["attempts"]:
                reply = _reply_of(operation, attempt)
                if operation is not None and reply is not None:
                    answers[operation.full_name, False].append(reply)
        return [
            {"operation": name}
            | ({"confirm": True} if confirm else {})
            | ({"reply": replies[0]} if len(replies) == 1 else {"replies": replies})
            for (name, confirm), replies in answers.items()
        ]

    # -- what happened later

    def _then(self) -> Iterator[dict[str, Any]]:
        released = [entry for entry in self._record["journal"] if entry["kind"] == "released"]
        for entry in sorted(released, key=lambda one: float(one["at"])):
            step = self.flow.by_id.get(entry["step"].partition("#")[0])
            topic = entry["facts"].get("topic") or (step.topic if isinstance(step, Park) else None)
            if entry["reply"] is not None and topic is not None:
                yield {"publish": {"topic": topic, "payload": exact_json.decode(entry["reply"].encode())}}
            elif entry["facts"].get("by") == "due time":
                waited = max(1, round(entry["at"] - moment_of(self._record["receivedAt"])))
                yield {"wait": f"{waited} s"}
            else:
                yield {"release": True}

    # -- what came of it

    def _deliveries(self) -> list[Record]:
        return [one for one in self._record["caused"] if one["channel"].startswith("system:")]

    def _expect(self) -> dict[str, Any]:
        record = self._record
        expect: dict[str, Any] = {"outcome": record["state"]}
        facts = record["parked"] if record["state"] == "parked" else record["failure"]
        for name, key in (("reason", "reason"), ("class", "error_class"), ("owner", "owner"), ("step", "step")):
            if facts and facts.get(key) and (name != "class" or record["state"] == "dead"):
                expect[name] = facts[key]
        expect["calls"] = [_expected(one.operation.full_name, one.given) for one in self._requests if _is_call(one)]
        expect["undone"] = [one.operation.full_name for one in self._requests if one.undo]
        expect["sends"] = [self._send(one) for one in self._deliveries()]
        topics = [one for one in record["caused"] if one["channel"].startswith("topic:")]
        expect["publishes"] = [{"topic": one["channel"].partition(":")[2], **_equals(one["payload"])} for one in topics]
        expect["milestones"] = list(record["milestones"])
        return expect

    def _send(self, delivery: Record) -> dict[str, Any]:
        name = f"{delivery['channel'].partition(':')[2]}.{delivery['operation']}"
        made: dict[str, Any] = {"operation": name, **_equals(delivery["payload"])}
        operation = self._operation(name)
        answered = operation is not None and any(_reply_of(operation, one) for one in delivery["attempts"])
        if answered and delivery["state"] in ("completed", "parked", "dead"):
            made["outcome"] = delivery["state"]
        return made


def moment_of(text: str) -> float:
    """Epoch seconds of a record's time."""
    return datetime.fromisoformat(text).timestamp()


def _is_call(request: Request) -> bool:
    return not request.undo and not request.confirm


def _expected(name: str, given: str | None) -> Any:
    return {"operation": name, **_equals(given)} if given is not None else name


def _equals(text: str | None) -> dict[str, Any]:
    if text is None:
        return {}
    document = exact_json.decode(text.encode())
    return {"equals": document} if document is not None else {}


def _reply_of(operation: CompiledOperation | None, attempt: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """What a stub answers in the place of what was answered then; None when nothing was sent."""
    if operation is None:
        return None
    if attempt["status"] is not None:
        return _reply(operation, attempt["status"], attempt["reply"])
    fault = _UNANSWERED.get(str(attempt["reason"]))
    if fault is None and attempt["errorClass"] == "timeout":
        fault = "timeout"
    return {"fault": fault} if fault is not None else None


def _reply(operation: CompiledOperation, status: int | None, body: str | None) -> Mapping[str, Any]:
    reply: dict[str, Any] = {"status": status} if status not in (None, 200, 0) else {}
    if body:
        reply["body"] = _document(body, operation.codec.media_type)
    return reply


def _document(text: str, media_type: str) -> Any:
    """A text as a document where it is JSON and none is lost by that, else as it is."""
    if "json" not in media_type:
        return text
    try:
        document = exact_json.decode(text.encode())
    except (ValueError, CodecError):
        return text
    return text if document is None or isinstance(document, str) else document
