"""The expressions of a system file, each with its scope."""

from __future__ import annotations

from engine.config.models.system import ConfirmFields, MapModel, PollModel, ReturnsModel, SystemFields
from engine.config.workspace import Loaded
from engine.lint.context import Context, EventOf, OperationOf
from engine.lint.facts import Mapped
from engine.lint.scope import Scope
from engine.lint.shapes import Shape, closed_object
from engine.lint.sites import Path, Site, SiteReader, leaves, mapping_path
from engine.lint.typing import made_of
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
        self._placed(value, scope, path)

    def _placed(self, value: object, scope: Scope, path: Path) -> list[tuple[Path, Site]]:
        """The same, with the path of each."""
        places = self._system.places
        found = [
            (inner, site)
            for inner, leaf in leaves(value, path)
            for site in self._reader.sites(leaf, scope, places, inner, self._folder)
        ]
        self._context.facts.sites.extend(site for _, site in found)
        return found

    def _makes(self, value: object, sites: list[tuple[Path, Site]], path: Path, target: Shape | None) -> None:
        """That a mapping at a path must yield what a schema describes."""
        self._context.facts.made.extend(made_of(value, sites, path, target, self._system.places.key))

    def _returns(self, model: ReturnsModel | None, scope: Scope, path: Path) -> None:
        """The mapping of a reply."""
        sites = self._placed(model, scope, path)
        if model is not None:
            self._makes(model.mapping, sites, (*path, "mapping"), self._context.entity(model.to))

    def event(self, event: EventOf) -> None:
        at = ("events", event.key)
        model = event.model
        whole = self._vendor(model.contract)
        items = self._placed(model.items, Scope(EVENT_VARIABLES, whole), (*at, "items"))
        one = Scope(EVENT_VARIABLES, whole)
        if model.poll is not None:
            one = self._polled(model.poll, (*at, "poll"))
        elif model.items is not None:
            one = Scope(EVENT_VARIABLES, whole=whole, items=items[0][1].tree if items else None)
        self.add(model.when, one, (*at, "when"))
        self.add(model.dedupe, one, (*at, "dedupe"))
        if model.map is not None:
            self._mapped(model.map, one, (*at, "map", "mapping"))

    def _polled(self, model: PollModel, at: Path) -> Scope:
        """The expressions of a poll; gives the scope of an item of the reply."""
        asked = frozenset({"watermark"})
        polled = f"{self._system.model.system}.{model.operation}"
        facts = self._context.facts
        facts.asked[polled] = facts.asked.get(polled, DELIVERY_VARIABLES) & DELIVERY_VARIABLES
        operation = self._context.operation(polled)
        plain = operation is not None and operation.returns is None
        reply = self._vendor(operation.reply_contract) if plain else None
        self.add(model.parameters, Scope(asked, _NOTHING), (*at, "parameters"))
        items = self._placed(model.items, Scope(asked, reply), (*at, "items"))
        self.add(model.watermark, Scope(asked, reply), (*at, "watermark"))
        return Scope(EVENT_VARIABLES, whole=reply, items=items[0][1].tree if items else None)

    def _mapped(self, model: MapModel, scope: Scope, path: Path) -> None:
        """The expressions of a mapping to canonical, each with the field that it makes."""
        facts = self._context.facts
        sites: list[tuple[Path, Site]] = []
        for inner, leaf in leaves(model.mapping, path):
            for site in self._reader.sites(leaf, scope, self._system.places, inner, self._folder):
                above = ".".join(str(part) for part in inner[len(path) :])
                facts.sites.append(site)
                facts.mapped.append(Mapped(self._system.model.system, model.to, above, site))
                sites.append((inner, site))
        self._makes(model.mapping, sites, path, self._context.entity(model.to))

    def operation(self, operation: OperationOf) -> None:
        at = ("operations", operation.key)
        model = operation.model
        variables = self._context.facts.asked.get(operation.name, FLOW_VARIABLES)
        asked = Scope(variables, self._context.entity(model.accepts))
        requested = self._placed(model.request, asked, (*at, "request"))
        wanted = self._vendor(model.request_contract)
        for name in type(model.request).model_fields:
            self._makes(getattr(model.request, name), requested, (*at, "request", name), wanted)
        self.add(model.success, Scope(REQUEST_VARIABLES, _REPLY), (*at, "success"))
        known = {"request": self._context.entity(model.accepts)}
        replied = Scope(variables | _REPLIED, self._vendor(model.reply_contract), shapes=known)
        self._returns(model.returns, replied, (*at, "returns"))
        confirm = model.confirm
        if confirm is None:
            return
        self.add(confirm.found, Scope(REQUEST_VARIABLES, _REPLY), (*at, "confirm", "found"))
        self._returns(confirm.returns, Scope(variables | _REPLIED, shapes=known), (*at, "confirm", "returns"))
        for name in set(type(confirm).model_fields) - set(ConfirmFields.model_fields):
            self.add(getattr(confirm, name), asked, (*at, "confirm", name))

    def _vendor(self, name: str | None) -> Shape | None:
        """The shape that a vendor's schema describes."""
        path = mapping_path(self._context.loaded.bundle, self._folder, name) if name is not None else None
        if path is None or path not in self._context.loaded.bundle:
            return None
        return self._context.vendor(path)
