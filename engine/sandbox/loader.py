"""Loads the stand-ins of a workspace: everything that would go wrong later is a finding now."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from typing import Any

from engine.config.environment import Environment, fill_in
from engine.config.files import SYSTEMS_FOLDER, Bundle
from engine.config.findings import Findings, did_you_mean
from engine.config.models.sandbox import READING, AnswerModel, EmitModel, SandboxModel
from engine.config.parse import parse_model
from engine.config.places import Places
from engine.config.redactor import Redactor
from engine.config.tree import plain
from engine.config.yaml import load_yaml
from engine.contracts.checking import BadSchema, Resolve
from engine.contracts.schema import CompiledSchema
from engine.fields.marks import Mark
from engine.fields.nearest import nearest
from engine.sandbox.compiled import CompiledAnswer, CompiledEmit, CompiledStandIn
from engine.sandbox.formulas import Formula, FormulaCompiler
from engine.sandbox.signing import refusal_to_sign
from engine.sandbox.system_files import SystemFile, system_files


def load_stand_ins(
    bundle: Bundle, environment: Environment, resolve: Resolve, findings: Findings
) -> tuple[CompiledStandIn, ...]:
    """The stand-ins that the systems of a workspace name, in the systems' order.

    `resolve` gives the canonical schemas that contracts may refer to. One with findings of grade error is left out.
    """
    stand_ins, used = [], set()
    for system in system_files(bundle, environment):
        path = _path_of(bundle, system, findings)
        if path is None:
            continue
        used.add(path)
        stand_in = _Loader(bundle, system, path, resolve, findings).load(environment)
        if stand_in is not None:
            stand_ins.append(stand_in)
    for path in bundle.sandboxes:
        if path not in used:
            findings.add("XD204", Mark(path, 1, 1), f"no system file says 'sandbox: {path.rpartition('/')[2]}'")
    return tuple(stand_ins)


def _path_of(bundle: Bundle, system: SystemFile, findings: Findings) -> str | None:
    """Where the stand-in's file is; None with a finding."""
    try:
        path = bundle.beside(system.file, system.sandbox)
    except ValueError as error:
        findings.add("XD201", system.place, str(error), expected="a file beside the system's", found=system.sandbox)
        return None
    if path in bundle:
        return path
    names = {_name_of(other): other for other in bundle.sandboxes}
    near = nearest(_name_of(path), names)
    hint = f"did you mean '{names[near]}'" if near else ""
    findings.add("XD201", system.place, expected="a file beside the system's", found=f"'{system.sandbox}'", hint=hint)
    return None


def _name_of(path: str) -> str:
    return posixpath.basename(path).removesuffix(".sandbox.yaml")


class _Loader:
    """Loads one stand-in."""

    def __init__(self, bundle: Bundle, system: SystemFile, path: str, resolve: Resolve, findings: Findings) -> None:
        self._bundle = bundle
        self._system = system
        self._path = path
        self._resolve = resolve
        self._findings = findings
        self._compiler = FormulaCompiler(findings, self._mapping_file)

    def load(self, environment: Environment) -> CompiledStandIn | None:
        before = len(self._findings.errors)
        node = load_yaml(self._bundle.read(self._path), self._path, self._findings)
        if node is None:
            return None
        node = fill_in(node, environment, Redactor(), self._findings)
        model = parse_model(SandboxModel, node, self._findings)
        if model is None:
            return None
        self._places = Places(model, node.marks)
        self._check_name(model)
        self._check_reachable(model)
        self._check_faults(model)
        answers = [self._answer(answer, index) for index, answer in enumerate(model.answers)]
        if len(self._findings.errors) > before:
            return None
        return CompiledStandIn(
            self._system.name,
            self._path,
            {name: plain(value) for name, value in model.state.items()},
            tuple(answer for answer in answers if answer is not None),
            self._system.events,
            self._system.auth,
            model.token_lifetime.seconds,
            model.faults,
        )

    def _check_name(self, model: SandboxModel) -> None:
        if model.sandbox != self._system.name:
            place = self._places.value("sandbox")
            self._findings.add("XD202", place, expected=f"'sandbox: {self._system.name}'", found=f"'{model.sandbox}'")

    def _check_reachable(self, model: SandboxModel) -> None:
        """An answer after one of the same shape that has no `when` is never given."""
        taken: dict[tuple[str, str], str] = {}
        for index, answer in enumerate(model.answers):
            shape = (answer.on.method, re.sub(r"\{[^}]*\}", "{}", answer.on.path))
            if shape in taken:
                place = self._places.value("answers", index, "on")
                self._findings.add("XD706", place, expected=f"a 'when' at '{taken[shape]}' before it", found="none")
            elif answer.when is None:
                taken[shape] = answer.name

    def _check_faults(self, model: SandboxModel) -> None:
        names = [answer.name for answer in model.answers]
        for index, fault in enumerate(model.faults):
            if fault.match is not None and fault.match not in names:
                place, hint = self._places.value("faults", index, "match"), did_you_mean(fault.match, names)
                self._findings.add("XD201", place, expected="an answer's name", found=f"'{fault.match}'", hint=hint)

    def _answer(self, answer: AnswerModel, index: int) -> CompiledAnswer | None:
        at = ("answers", index)
        status = self._compiler.expression(answer.status, self._places.value(*at, "status"))
        state = None
        if answer.state is not None:
            state = self._compiler.mapping(answer.state, self._places.value(*at, "state"))
        reply = None
        if answer.reply is not None:
            reply = self._compiler.mapping(answer.reply, self._places.value(*at, "reply"))
        when = self._optional(answer, at)
        contract = self._contract(answer, self._places.value(*at, "expects"))
        emits = [self._emit(emit, (*at, "emits", number)) for number, emit in enumerate(answer.emits)]
        headers = self._headers(answer, at)
        if status is None:
            return None
        return CompiledAnswer(
            answer.name,
            str(answer.on),
            answer.on.method,
            re.compile(answer.on.pattern_text),
            when,
            contract,
            answer.idempotency_header,
            state,
            status,
            headers,
            answer.content_type,
            reply,
            answer.latency.seconds,
            tuple(emit for emit in emits if emit is not None),
            answer.state is not None or answer.on.method not in READING,
        )

    def _emit(self, emit: EmitModel, at: tuple[str | int, ...]) -> CompiledEmit | None:
        body = self._compiler.mapping(emit.body, self._places.value(*at, "body"))
        when = self._optional(emit, at)
        headers = self._headers(emit, at)
        path = self._compiler.text(emit.path, self._places.value(*at, "path")) if emit.path is not None else None
        if not self._event_fits(emit, at) or body is None:
            return None
        event = self._system.events[emit.event]
        return CompiledEmit(event, when, emit.after.seconds, path, headers, body)

    def _event_fits(self, emit: EmitModel, at: tuple[str | int, ...]) -> bool:
        """The event is one of this system that arrives over HTTP, with a path and a signature that can be made."""
        place = self._places.value(*at, "event")
        event = self._system.events.get(emit.event)
        if event is None:
            known = emit.event in self._system.all_events
            found = f"'{emit.event}'" + (", which is not received over HTTP" if known else "")
            hint = "" if known else did_you_mean(emit.event, self._system.all_events)
            expected = f"an event of '{self._system.name}' with 'receive'"
            self._findings.add("XD201", place, expected=expected, found=found, hint=hint)
            return False
        if "{" in event.path and emit.path is None:
            self._findings.add("XD105", place, expected=f"'path', for '{event.path}' has parameters", found="none")
        refusal = refusal_to_sign(event.verify)
        if refusal is not None:
            self._findings.add("XD107", place, expected=refusal, found=f"another 'verify' of '{emit.event}'")
        return True

    def _optional(self, model: AnswerModel | EmitModel, at: tuple[str | int, ...]) -> Formula | None:
        return None if model.when is None else self._compiler.expression(model.when, self._places.value(*at, "when"))

    def _headers(self, model: AnswerModel | EmitModel, at: tuple[str | int, ...]) -> dict[str, Formula]:
        return {
            name: self._compiler.text(template, self._places.value(*at, "headers", name))
            for name, template in model.headers.items()
        }

    def _contract(self, answer: AnswerModel, place: Mark) -> CompiledSchema | None:
        if answer.expects is None:
            return None
        path = self._in_folder(answer.expects)
        if path is None:
            hint = did_you_mean(answer.expects, self._folder_names())
            self._findings.add(
                "XD201", place, expected="a schema in the system's folder", found=f"'{answer.expects}'", hint=hint
            )
            return None
        node = load_yaml(self._bundle.read(path), path, self._findings)
        if node is None:
            return None
        try:
            return CompiledSchema.compile(plain(node.value), name=path, resolve=self._resolve)
        except BadSchema as error:
            for problem in error.findings:
                mark = node.marks.value(_pointer(problem.pointer, node.value))
                self._findings.add("XD401", mark, expected=problem.expected, found=problem.found)
        return None

    def _mapping_file(self, name: str) -> tuple[str, str] | None:
        path = self._in_folder(name)
        return None if path is None else (path, self._bundle.read(path).decode(errors="replace"))

    def _in_folder(self, name: str) -> str | None:
        path = f"{SYSTEMS_FOLDER}/{self._system.name}/{name}"
        return path if path in self._bundle else None

    def _folder_names(self) -> Iterator[str]:
        folder = f"{SYSTEMS_FOLDER}/{self._system.name}/"
        return (path.removeprefix(folder) for path in self._bundle.files if path.startswith(folder))


def _pointer(pointer: str, value: Any) -> list[str | int]:
    """A JSON Pointer as a path: indexes of lists are numbers."""
    path: list[str | int] = []
    for part in pointer.split("/")[1:]:
        name = part.replace("~1", "/").replace("~0", "~")
        step: str | int = int(name) if isinstance(value, list) and name.isdigit() else name
        path.append(step)
        value = (
            value[step]
            if isinstance(value, list) and isinstance(step, int) and step < len(value)
            else (value.get(step) if isinstance(value, dict) else None)
        )
    return path
