"""What a stand-in does with a request: find the answer, check, work out the effect, commit it, answer.

No I/O but the store's, and no waiting: a request is carried out in one go, so effects never interleave.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import unquote

from engine import exact_json
from engine.clock import Clock
from engine.fields.nearest import did_you_mean
from engine.fields.scalar import shown
from engine.jsonata import MISSING, EvaluationContext
from engine.sandbox.auth import Gatekeeper, Tokens
from engine.sandbox.compiled import CompiledAnswer, CompiledEmit, CompiledStandIn
from engine.sandbox.entries import Emission, Entry, Outgoing, problem
from engine.sandbox.faults import Faults
from engine.sandbox.formulas import FormulaFailed, Scope, as_text
from engine.sandbox.incoming import Incoming, Unreadable, read_body
from engine.sandbox.merge import merged
from engine.sandbox.peer_store import PeerStore

UNMATCHED = "-"
"""The operation of a request that no answer is for."""

TOKEN = "token"
"""The operation of a request for an access token."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """The answer that a request gets. `first` is the sequence and answer of the effect its key has had before."""

    answer: CompiledAnswer
    scope: Scope
    key: str | None
    first: tuple[int, Outgoing] | None = None


@dataclass(frozen=True, slots=True)
class NoEffect:
    """A request that has no effect, and its answer; `note` says why the stand-in itself failed."""

    operation: str
    outgoing: Outgoing
    note: str | None = None


class StandIn:
    """One stand-in: its compiled file, its store and its faults."""

    def __init__(self, compiled: CompiledStandIn, store: PeerStore, clock: Clock) -> None:
        self.compiled = compiled
        self.store = store
        self.faults = Faults(clock, compiled.faults)
        self._clock = clock
        self._open_gate()

    @property
    def name(self) -> str:
        """The system it stands in for."""
        return self.compiled.system

    def adopt(self, compiled: CompiledStandIn) -> None:
        """Answer by another file from now on; state, ledger and tokens stay, and faults that it leaves alone."""
        self.compiled = compiled
        self.store.declare(compiled.state)
        self.faults.declare(compiled.faults)
        self._open_gate()

    def reset(self) -> None:
        """Back to the declared state and faults; ledger, tokens and events are forgotten."""
        self.store.reset()
        self.faults.reset()
        self._open_gate()

    def choose(self, incoming: Incoming) -> Chosen | NoEffect:
        """Which answer a request gets; no effect for a token, when there is no answer or the body cannot be read."""
        if incoming.method == "POST" and incoming.path in self._gate.token_paths:
            return NoEffect(TOKEN, self._gate.give_token(incoming.headers, incoming.raw))
        matching = list(self._matching(incoming))
        if not matching:
            return self._unmatched(incoming)
        name = matching[0][0].name
        try:
            body = read_body(incoming)
        except Unreadable as error:
            return NoEffect(name, _problem(400, "the body cannot be read", str(error)))
        scopes = [(answer, self._scope(incoming, answer, path, body)) for answer, path in matching]
        for answer, scope in scopes:
            key = scope.variables["key"]
            first = self.store.first_answer(answer.name, key) if key is not None else None
            if first is not None:
                return Chosen(answer, scope, key, first)
        try:
            for answer, scope in scopes:
                if answer.when is None or answer.when(scope) is True:
                    return Chosen(answer, scope, scope.variables["key"])
        except FormulaFailed as error:
            return NoEffect(answer.name, _failed(error), str(error))
        return NoEffect(
            name, _problem(404, "no answer is for this", f"no answer's `when` is true of {incoming.target}")
        )

    def refusal(self, chosen: Chosen, incoming: Incoming) -> NoEffect | None:
        """Why a request is refused: it does not prove its sender, or it breaks the contract."""
        name, contract = chosen.answer.name, chosen.answer.contract
        why = self._gate.refusal(incoming.headers, incoming.query)
        if why is not None:
            answer = _problem(401, "the sender is not known", why)
            headers = {"WWW-Authenticate": "Bearer"}
            return NoEffect(name, Outgoing(401, answer.body, answer.content_type, headers))
        if contract is None or chosen.first is not None:
            return None
        violations = contract.validate(chosen.scope.data.get("body"))
        if not violations:
            return None
        detail = f"{contract.name}: {violations[0].message}"
        return NoEffect(
            name, _problem(422, "the body breaks its contract", detail, violations=[asdict(one) for one in violations])
        )

    def carry_out(self, chosen: Chosen, incoming: Incoming, fault: str | None) -> Outgoing:
        """Apply the request's effect, unless its key has had it, and return the answer; all is committed by then."""
        if chosen.first is not None:
            sequence, outgoing = chosen.first
            self.store.record(self._entry(incoming, chosen, outgoing, sequence=sequence, repeat=True, fault=fault))
            replayed = {**outgoing.headers, "Idempotent-Replayed": "true"}
            return Outgoing(outgoing.status, outgoing.body, outgoing.content_type, replayed)
        try:
            return self._effect(chosen, incoming, fault)
        except FormulaFailed as error:
            outgoing = _failed(error)
            self.store.record(self._entry(incoming, chosen, outgoing, fault=fault, note=str(error)))
            return outgoing

    def record(self, incoming: Incoming, refusal: NoEffect, fault: str | None = None, key: str | None = None) -> None:
        """Write a request that had no effect into the ledger."""
        self.store.record(
            Entry(
                self._clock.now(),
                refusal.operation,
                incoming.method,
                incoming.target,
                key,
                incoming.shown_headers,
                incoming.raw,
                status=refusal.outgoing.status,
                fault=fault,
                note=refusal.note,
            )
        )

    def _effect(self, chosen: Chosen, incoming: Incoming, fault: str | None) -> Outgoing:
        answer, store = chosen.answer, self.store
        sequence = store.next_sequence
        scope = chosen.scope.having(sequence=sequence)
        patch = None if answer.state is None else _patch(answer, scope)
        after = scope.having(after=merged(store.state, patch) if patch is not None else store.state)
        outgoing = _outgoing(answer, after)
        if outgoing.status >= 400 or not answer.changes:
            store.record(self._entry(incoming, chosen, outgoing, fault=fault))
            return outgoing
        emissions = [self._emission(emit, after) for emit in answer.emits if _wanted(emit, after)]
        entry = self._entry(incoming, chosen, outgoing, applied=True, sequence=sequence, fault=fault)
        store.apply(entry, patch, outgoing, emissions)
        return outgoing

    def _emission(self, emit: CompiledEmit, scope: Scope) -> Emission:
        event_id = str(uuid.uuid4())
        scope = scope.having(id=event_id)
        body = emit.body(scope)
        due = self._clock.now() + emit.after
        headers = {"Content-Type": emit.event.content_type}
        headers.update({name: as_text(formula(scope)) for name, formula in emit.headers.items()})
        path = emit.event.path if emit.path is None else as_text(emit.path(scope))
        return Emission(emit.event.name, event_id, due, path, headers, body_bytes(body, emit.event.content_type))

    def _matching(self, incoming: Incoming) -> Iterator[tuple[CompiledAnswer, dict[str, str]]]:
        for answer in self.compiled.answers:
            match = answer.pattern.fullmatch(incoming.path) if answer.method == incoming.method else None
            if match is not None:
                yield answer, {name: unquote(value) for name, value in match.groupdict().items()}

    def _scope(self, incoming: Incoming, answer: CompiledAnswer, path: Mapping[str, str], body: Any) -> Scope:
        header = answer.idempotency_header
        variables = {
            "path": path,
            "query": incoming.query,
            "headers": incoming.headers,
            "state": self.store.state,
            "key": None if header is None else incoming.headers.get(header.lower()),
        }
        data = {} if body is None else {"body": body}
        return Scope(data, variables, EvaluationContext(now=self._clock.now()))

    def _unmatched(self, incoming: Incoming) -> NoEffect:
        routes = [answer.route for answer in self.compiled.answers]
        fitting = [answer for answer in self.compiled.answers if answer.pattern.fullmatch(incoming.path)]
        methods = list(dict.fromkeys(answer.method for answer in fitting))
        asked = f"{incoming.method} {incoming.path}"
        if methods:
            answer = _problem(405, "the method is not answered", f"expected {' or '.join(methods)}, got {asked}")
            return NoEffect(UNMATCHED, Outgoing(405, answer.body, answer.content_type, {"Allow": ", ".join(methods)}))
        hint = did_you_mean(asked, routes)
        return NoEffect(UNMATCHED, _problem(404, "no answer is for this", f"{asked} {hint}".strip()))

    def _entry(self, incoming: Incoming, chosen: Chosen, outgoing: Outgoing, **more: Any) -> Entry:
        return Entry(
            self._clock.now(),
            chosen.answer.name,
            incoming.method,
            incoming.target,
            chosen.key,
            incoming.shown_headers,
            incoming.raw,
            status=outgoing.status,
            **more,
        )

    def _open_gate(self) -> None:
        tokens = Tokens(self.store.token_key, self.compiled.token_lifetime, self._clock)
        self._gate = Gatekeeper(self.compiled.auth, tokens)


def _patch(answer: CompiledAnswer, scope: Scope) -> dict[str, Any] | None:
    patch = answer.state(scope) if answer.state is not None else MISSING
    if patch is MISSING or patch is None:
        return None
    if not isinstance(patch, dict):
        raise FormulaFailed(f"the state of '{answer.name}': expected a mapping of changes, got {shown(patch)}")
    body_bytes(patch, "application/json")  # refused here rather than in the middle of a commit
    return patch


def _wanted(emit: CompiledEmit, scope: Scope) -> bool:
    return emit.when is None or emit.when(scope) is True


def _outgoing(answer: CompiledAnswer, scope: Scope) -> Outgoing:
    status = answer.status(scope)
    if not isinstance(status, int) or isinstance(status, bool) or not 200 <= status <= 599:
        raise FormulaFailed(f"the status of '{answer.name}': expected a number from 200 to 599, got {shown(status)}")
    headers = {name: as_text(formula(scope)) for name, formula in answer.headers.items()}
    reply = answer.reply(scope) if answer.reply is not None else MISSING
    body = b"" if reply is MISSING else body_bytes(reply, answer.content_type)
    return Outgoing(status, body, answer.content_type, headers)


def body_bytes(value: Any, content_type: str) -> bytes:
    """A value as it is sent: JSON, or the text itself under another content type."""
    if isinstance(value, str) and not content_type.partition(";")[0].strip().endswith("json"):
        return value.encode()
    try:
        return exact_json.encode(None if value is MISSING else value)
    except (TypeError, ValueError) as error:
        raise FormulaFailed(f"expected a value that JSON can hold, found another: {error}") from error


def _problem(status: int, title: str, detail: str, **more: Any) -> Outgoing:
    return Outgoing(status, exact_json.encode(problem(status, title, detail, **more)), "application/problem+json")


def _failed(error: FormulaFailed) -> Outgoing:
    return _problem(500, "the stand-in could not answer", str(error))
