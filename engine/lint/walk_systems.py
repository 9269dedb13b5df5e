"""The expressions of a system file, each with its scope."""

from __future__ import annotations

from engine.config.findings import Findings
from engine.config.models.system import ConfirmFields, SystemFields
from engine.config.tree import plain
from engine.config.workspace import Loaded
from engine.config.yaml import load_yaml
from engine.lint.context import Context, EventOf, OperationOf
from engine.lint.reads import Scope
from engine.lint.shapes import Shape, closed_object, shape_of
from engine.lint.sites import Path, SiteReader, mapping_path
from engine.lint.walk_flows import DELIVERY_VARIABLES, FLOW_VARIABLES

EVENT_VARIABLES = frozenset({"headers", "attributes", "message"})
REQUEST_VARIABLES = frozenset({"headers", "message", "transaction"})
_REPLIED = frozenset({"status", "request"})
_NOTHING = closed_object()
_REPLY = closed_object("status", "headers", "body")


def walk_systems(context: Context, reader: SiteReader) -> None:
    """Add the expressions of every system to the facts."""
    for system in context.systems.values():
        walk = _SystemWalk(context, reader, system)
        for rule in range(len(system.model.errors)):
            for name in ("when", "message", "retry_after"):
                value = getattr(system.model.errors[rule], name)
                walk.add(value, Scope(REQUEST_VARIABLES, _REPLY), ("errors", rule, name))
    for event in context.events():
        _SystemWalk(context, reader, event.system).event(event)
    for operation in context.operations():
        _SystemWalk(context, reader, operation.system).operation(operation)


class _SystemWalk:
    def __init__(self, context: Context, reader: SiteReader, system: Loaded[SystemFields]) -> None:
        self._context = context
        self._reader = reader
        self._system = system
        self._folder = f"{system.folder()}/{system.model.system}"

    def add(self, value: object, scope: Scope, path: Path) -> None:
        """The expressions of one field."""
        sites = self._reader.sites(value, scope, self._system.places, path, self._folder)
        self._context.facts.sites.extend(sites)

    def event(self, event: EventOf) -> None:
        at = ("events", event.key)
        model = event.model
        whole = self._vendor(model.contract)
        one = Scope(EVENT_VARIABLES, whole if model.items is None and model.poll is None else None)
        self.add(model.items, Scope(EVENT_VARIABLES, whole), (*at, "items"))
        self.add(model.when, one, (*at, "when"))
        self.add(model.dedupe, one, (*at, "dedupe"))
        self.add(model.map, one, (*at, "map"))
        if model.poll is not None:
            asked = frozenset({"watermark"})
            polled = f"{self._system.model.system}.{model.poll.operation}"
            facts = self._context.facts
            facts.asked[polled] = facts.asked.get(polled, DELIVERY_VARIABLES) & DELIVERY_VARIABLES
            self.add(model.poll.parameters, Scope(asked, _NOTHING), (*at, "poll", "parameters"))
            self.add(model.poll.items, Scope(asked), (*at, "poll", "items"))
            self.add(model.poll.watermark, Scope(asked), (*at, "poll", "watermark"))

    def operation(self, operation: OperationOf) -> None:
        at = ("operations", operation.key)
        model = operation.model
        variables = self._context.facts.asked.get(operation.name, FLOW_VARIABLES)
        asked = Scope(variables, self._context.entity(model.accepts))
        self.add(model.request, asked, (*at, "request"))
        self.add(model.success, Scope(REQUEST_VARIABLES, _REPLY), (*at, "success"))
        replied = Scope(variables | _REPLIED, self._vendor(model.reply_contract))
        self.add(model.returns, replied, (*at, "returns"))
        confirm = model.confirm
        if confirm is None:
            return
        self.add(confirm.found, Scope(REQUEST_VARIABLES, _REPLY), (*at, "confirm", "found"))
        self.add(confirm.returns, Scope(variables | _REPLIED), (*at, "confirm", "returns"))
        for name in set(type(confirm).model_fields) - set(ConfirmFields.model_fields):
            self.add(getattr(confirm, name), asked, (*at, "confirm", name))

    def _vendor(self, name: str | None) -> Shape | None:
        """The shape that a vendor's schema describes."""
        path = mapping_path(self._context.loaded.bundle, self._folder, name) if name is not None else None
        if path is None or path not in self._context.loaded.bundle:
            return None
        node = load_yaml(self._context.loaded.bundle.read(path), path, Findings())
        return shape_of(plain(node.value)) if node is not None and isinstance(node.value, dict) else None
