"""From a system's model to its compiled events and operations."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from pydantic import BaseModel

from engine.config.findings import did_you_mean
from engine.config.models.system import (
    ConfirmFields,
    EventModel,
    OperationFields,
    PollModel,
    ReturnsModel,
    SystemFields,
)
from engine.config.parse import parse_model
from engine.config.tree import Node
from engine.config.workspace import Loaded
from engine.contracts.ownership import Writer
from engine.fields.expressions import MappingRef
from engine.fields.marks import Mark
from engine.fields.scalar import shown
from engine.flow.build import Build
from engine.flow.compiled import (
    CompiledConfirm,
    CompiledErrorRule,
    CompiledEvent,
    CompiledOperation,
    CompiledPoll,
    CompiledSystem,
    Target,
)
from engine.flow.expressions import plain_settings
from engine.flow.mapping import FieldsMapping
from engine.jsonata import Expression, reads
from engine.plugin import Codec, Connector, RewritesJson

_OPERATION_FIELDS = frozenset(OperationFields.model_fields) | {"request", "confirm"}
_CONFIRM_FIELDS = frozenset(ConfirmFields.model_fields)


class SystemBuilder:
    """Builds one system."""

    def __init__(self, build: Build, loaded: Loaded[SystemFields]) -> None:
        self._build = build
        self._loaded = loaded
        self._model = loaded.model
        self._folder = f"{loaded.folder()}/{loaded.model.system}"
        self._connector: Connector = build.registry.connectors[loaded.model.connector]
        rules = [self._error_rule(index) for index in range(len(self._model.errors))]
        self._errors = tuple(rules)

    def system(self) -> CompiledSystem:
        """The compiled system."""
        events: Mapping[str, Any] = getattr(self._model, "events", {})
        operations: Mapping[str, Any] = getattr(self._model, "operations", {})
        return CompiledSystem(
            name=self._model.system,
            model=self._model,
            connector=self._connector,
            connection=self._connection(),
            events={name: self._event(name, event) for name, event in events.items()},
            operations={name: self._operation(name, operation) for name, operation in operations.items()},
        )

    def _connection(self) -> BaseModel:
        names = self._connector.connection.model_fields
        values = {name: getattr(self._model, name) for name in names}
        return self._connector.connection.model_construct(**values)

    def _place(self, *path: str | int) -> Mark:
        return self._loaded.places.value(*path)

    # -- events

    def _event(self, name: str, model: EventModel) -> CompiledEvent:
        at = ("events", name)
        expressions = self._build.expressions
        dedupe = None
        if model.dedupe is not None:
            dedupe = (expressions.expression(model.dedupe.key, self._place(*at, "dedupe", "key")), model.dedupe)
        names = self._connector.event.model_fields if self._connector.event is not None else {}
        settings: BaseModel = model
        if self._connector.event is not None:
            settings = self._connector.event.model_construct(**{field: getattr(model, field) for field in names})
        limit = model.payload or self._build.workspace.limits.payload
        return CompiledEvent(
            name=f"{self._model.system}.{name}",
            system=self._model.system,
            settings=settings,
            codec=self._codec(model.codec, *at, "codec"),
            contract=self._build.schema_file(self._folder, model.contract, self._place(*at, "contract")),
            items=expressions.optional(model.items, self._place(*at, "items")),
            when=expressions.optional(model.when, self._place(*at, "when")),
            dedupe=dedupe,
            target=self._event_target(model, *at),
            payload_limit=limit.bytes,
            poll=self._poll(name, model.poll) if model.poll is not None else None,
            owner=self._model.owner,
            writer=self._writer(model.map.to) if model.map is not None else None,
        )

    def _writer(self, name: str) -> Writer | None:
        """What the owners of an entity's fields let this system write; None where nothing is withheld."""
        entity = name.partition("/")[0]
        lifecycle = self._build.contracts.lifecycle(entity)
        if lifecycle is None:
            return None
        writer = Writer(
            self._model.system,
            entity,
            frozenset(self._model.roles),
            lifecycle.ownership,
            frozenset(filter(None, (lifecycle.key, lifecycle.revision))),
        )
        return writer if writer.fates else None

    def _event_target(self, model: EventModel, *at: str) -> Target:
        if model.map is None:
            return Target(None, None, None)
        place = self._place(*at, "map", "mapping")
        mapping = self._build.expressions.mapping(model.map.mapping, self._folder, place)
        schema = self._build.entity(model.map.to, self._place(*at, "map", "to"))
        return Target(mapping, schema, model.map.to)

    def _poll(self, event: str, model: PollModel) -> CompiledPoll:
        at = ("events", event, "poll")
        operations: Mapping[str, Any] = getattr(self._model, "operations", {})
        if model.operation not in operations:
            self._build.findings.add(
                "XD201",
                self._place(*at, "operation"),
                expected=f"an operation of system '{self._model.system}'",
                found=shown(model.operation),
                hint=did_you_mean(model.operation, operations),
            )
        fields = tuple(
            (name, self._build.expressions.mapping_of(expr, self._place(*at, "parameters", name)))
            for name, expr in model.parameters.items()
        )
        return CompiledPoll(
            model,
            model.operation,
            FieldsMapping(fields),
            self._build.expressions.expression(model.items, self._place(*at, "items")),
            self._build.expressions.optional(model.watermark, self._place(*at, "watermark")),
        )

    # -- operations

    def _operation(self, name: str, model: Any) -> CompiledOperation:
        at = ("operations", name)
        expressions = self._build.expressions
        request: BaseModel = model.request
        body = getattr(request, "body", None)
        safe = model.safe if model.safe is not None else self._connector.changes_nothing(request)
        extra = frozenset(type(model).model_fields) - _OPERATION_FIELDS
        codec = self._codec(model.codec, *at, "codec")
        success = expressions.expression(model.success, self._place(*at, "success"))
        return CompiledOperation(
            system=self._model.system,
            name=name,
            request=expressions.renderer(request, self._place(*at, "request")),
            body=expressions.mapping(body, self._folder, self._place(*at, "request", "body")) if body else None,
            accepts=self._build.entity(model.accepts, self._place(*at, "accepts")),
            request_contract=self._build.schema_file(
                self._folder, model.request_contract, self._place(*at, "request_contract")
            ),
            codec=codec,
            success=success,
            reply_contract=self._build.schema_file(
                self._folder, model.reply_contract, self._place(*at, "reply_contract")
            ),
            returns=self._returns(model.returns, *at, "returns"),
            errors=self._errors,
            confirm=self._confirm(model.confirm, *at, "confirm"),
            safe=safe,
            timeout=model.timeout.seconds,
            payload_limit=self._model.limits.payload.bytes if self._model.limits.payload is not None else None,
            retry=self._build.policy(model.retry, self._place(*at, "retry")) if model.retry is not None else None,
            options=plain_settings(model, extra),
            owner=self._model.owner,
            rewritten=_rewritten(body, codec) if model.request_contract is None else None,
            by_status={} if _reads_status_only(success) else None,
        )

    def _returns(self, model: ReturnsModel | None, *at: str) -> Target:
        if model is None or model.mapping is None:
            return Target(None, None, None)
        mapping = self._build.expressions.mapping(model.mapping, self._folder, self._place(*at, "mapping"))
        return Target(mapping, self._build.entity(model.to, self._place(*at, "to")), model.to)

    def _confirm(self, model: Any, *at: str) -> CompiledConfirm | None:
        if model is None:
            return None
        return CompiledConfirm(
            self._build.expressions.renderer(model, self._place(*at), leave_out=_CONFIRM_FIELDS),
            self._build.expressions.expression(model.found, self._place(*at, "found")),
            self._returns(model.returns, *at, "returns"),
        )

    def _error_rule(self, index: int) -> CompiledErrorRule:
        model = self._model.errors[index]
        at = ("errors", index)
        expressions = self._build.expressions
        if model.owner is not None:
            self._build.team(model.owner, self._place(*at, "owner"))
        return CompiledErrorRule(
            expressions.expression(model.when, self._place(*at, "when")),
            model.error_class,
            model.reason,
            model.owner,
            expressions.optional(model.message, self._place(*at, "message")),
            expressions.optional(model.retry_after, self._place(*at, "retry_after")),
        )

    # -- codecs

    def _codec(self, setting: str | dict[str, Any], *at: str) -> Codec:
        """The codec that a file names, with its settings."""
        mark = self._place(*at)
        if isinstance(setting, dict) and len(setting) != 1:
            found = " and ".join(shown(name) for name in setting) or "none"
            self._build.findings.add("XD107", mark, expected="one codec with its settings", found=found)
        name, settings = (setting, {}) if isinstance(setting, str) else next(iter(setting.items()), ("json", {}))
        kind = self._build.registry.codecs.get(name)
        if kind is None:
            listed = ", ".join(sorted(self._build.registry.codecs))
            hint = did_you_mean(name, self._build.registry.codecs)
            self._build.findings.add("XD702", mark, expected=f"a codec ({listed})", found=shown(name), hint=hint)
            kind = self._build.registry.codecs["json"]
            settings = {}
        node = Node(settings or {}, self._loaded.places.marks)
        parsed = parse_model(kind.settings, node, self._build.findings, (*at, name))
        if parsed is None:
            kind = self._build.registry.codecs["json"]
        return kind.open(parsed or kind.settings())


def _rewritten(body: MappingRef | None, codec: Codec) -> Callable[[bytes], bytes] | None:
    """Where the request's body is the document itself and its format JSON: what makes it of the stored bytes."""
    is_whole = body is not None and body.expr is not None and body.expr.text == "$"
    return codec.rewritten if is_whole and isinstance(codec, RewritesJson) else None


def _reads_status_only(success: Expression) -> bool:
    """Whether it says the same of every reply with one status. All that it may call or know besides starts with `$`,
    and `reads` does not see what a `*` stands for."""
    return {"$", "*"}.isdisjoint(success.source) and reads(success) == {("status",)}
