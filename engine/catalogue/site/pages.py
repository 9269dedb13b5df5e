"""Every page of the site: its address, its template, and what it shows."""

from __future__ import annotations

import json
import posixpath
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from engine.catalogue.apis.asyncapi import asyncapi
from engine.catalogue.apis.openapi import openapi
from engine.catalogue.catalogue import Catalogue
from engine.catalogue.lineage import Lineage, lineage_of, made_in_flow
from engine.catalogue.pictures.flow_svg import flow_svg
from engine.catalogue.pictures.graph import Graph, Node, around, flows_graph, systems_graph, teams_graph
from engine.catalogue.pictures.graph_svg import graph_svg
from engine.catalogue.pictures.outline import Act
from engine.catalogue.rules import rules_of
from engine.catalogue.site.entities import STANDARDS, entity_page, entity_rows
from engine.catalogue.site.failures import failures_of
from engine.catalogue.site.ownership import ownership_of
from engine.catalogue.site.rows import event_rows, flow_row, operation_rows, topic_rows
from engine.catalogue.uses import ASKS, TELLS, Use

ROWS_A_PAGE = 200
LARGEST_PICTURE = 90
"""Boxes that a picture may have and still be looked at."""

_FOLDERS: Mapping[str, str] = {"flow": "flows", "system": "systems", "entity": "entities"}


@dataclass(frozen=True, slots=True)
class Page:
    """One page: its path from the root of the site, its template and its values."""

    path: str
    template: str
    title: str
    values: Mapping[str, Any] = field(default_factory=dict)


class Site:
    """Makes the pages of one catalogue."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._lineage: Lineage = lineage_of(catalogue)
        self._graph = flows_graph(catalogue.uses, "Who calls whom")
        self._openapi = openapi(catalogue)
        self._asyncapi = asyncapi(catalogue)

    def pages(self) -> Iterator[Page]:
        """All pages that are made from templates."""
        revision = self._catalogue.revision
        yield self._index()
        yield from self._lists()
        yield from (self._flow(name) for name in revision.flows)
        yield from (self._system(name) for name in revision.systems)
        yield from (self._entity(name) for name in self._catalogue.contracts.entities)
        yield self._calls()
        yield Page("ownership.html", "ownership.html", "Ownership", {"matrices": ownership_of(self._catalogue)})
        yield Page("errors.html", "errors.html", "Errors and runbooks", {"pages": list(failures_of(self._catalogue))})
        yield Page("apis.html", "apis.html", "APIs", {"openapi": self._openapi, "asyncapi": self._asyncapi})

    def documents(self) -> Mapping[str, str]:
        """The files beside the pages: descriptions of APIs and the index that the search reads."""
        index = json.dumps(list(self._search()), ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")
        return {
            "openapi.json": _json(self._openapi),
            "asyncapi.json": _json(self._asyncapi),
            "search-index.js": f"window.catalogueIndex = {index};\n",
        }

    def _search(self) -> Iterator[tuple[str, str, str, str]]:
        """What can be searched: name, kind, sentence, address."""
        revision = self._catalogue.revision
        for name, flow in revision.flows.items():
            yield name, "flow", flow.model.summary, f"flows/{name}.html"
        for name, system in revision.systems.items():
            address = f"systems/{name}.html"
            yield name, "system", system.model.summary or "", address
            models = {**getattr(system.model, "events", {}), **getattr(system.model, "operations", {})}
            for short, model in models.items():
                kind = "event" if short in system.events else "operation"
                yield f"{name}.{short}", kind, model.summary or "", f"{address}#{short}"
        for row in entity_rows(self._catalogue):
            yield row["name"], "entity", row["summary"], f"entities/{row['name']}.html"
        for topic in self._catalogue.topics:
            yield topic, "topic", "", "events.html#" + topic

    # -- pages

    def _index(self) -> Page:
        catalogue, revision = self._catalogue, self._catalogue.revision
        counts = {
            "flows": len(revision.flows),
            "systems": len(revision.systems),
            "events": sum(len(system.events) for system in revision.systems.values()),
            "operations": sum(len(system.operations) for system in revision.systems.values()),
            "topics": len(catalogue.topics),
            "entities": len(catalogue.contracts.entities),
        }
        whole = len(self._graph.nodes) <= LARGEST_PICTURE
        graph = self._graph if whole else self._teams()
        values = {
            "counts": counts,
            "picture": self._drawn(graph, ""),
            "systems": self._drawn(self._systems(), "") if whole else "",
            "teams": revision.workspace.teams,
            "whole": whole,
        }
        return Page("index.html", "index.html", "Overview", {**values, "owned": self._owned()})

    def _owned(self) -> Mapping[str, tuple[int, int]]:
        flows, systems = self._catalogue.flow_teams, self._catalogue.system_teams
        names = self._catalogue.revision.workspace.teams
        return {name: (list(flows.values()).count(name), list(systems.values()).count(name)) for name in sorted(names)}

    def _lists(self) -> Iterator[Page]:
        catalogue = self._catalogue
        systems = catalogue.revision.systems.values()
        flows = [flow_row(catalogue, flow.model) for flow in catalogue.revision.flows.values()]
        interfaces = [row for system in systems for row in event_rows(catalogue, system)]
        interfaces += [row for system in systems for row in operation_rows(catalogue, system)]
        rules = [rule for flow in catalogue.revision.flows.values() for rule in rules_of(flow.model)]
        listed = [{"name": system.name, "model": system.model, "counts": (len(system.events), len(system.operations))}
                  for system in systems]  # fmt: skip
        yield from _paged("flows", "Flows", sorted(flows, key=lambda row: str(row["name"])))
        yield from _paged("systems", "Systems", listed)
        yield from _paged("interfaces", "Interfaces", interfaces)
        yield from _paged("events", "Events and topics", list(topic_rows(catalogue)))
        yield from _paged("entities", "Entities", list(entity_rows(catalogue)), standards=STANDARDS)
        yield from _paged("rules", "Rules", rules)

    def _flow(self, name: str) -> Page:
        catalogue = self._catalogue
        model = catalogue.revision.flows[name].model
        entities = sorted(catalogue.entering.get(name) or ())
        values = {
            "row": flow_row(catalogue, model),
            "model": model,
            "file": catalogue.files[f"flow:{name}"],
            "picture": flow_svg(model, self._links_of_acts("../"), alone=False),
            "near": self._drawn(around(self._graph, [f"flow:{name}"], f"Around {name}"), "../"),
            "uses": _by_kind(catalogue.uses_by(name)),
            "rules": list(rules_of(model)),
            "entities": entities,
            "lineage": self._lineage_of_flow(name, entities),
            "made": list(made_in_flow(catalogue, name)),
        }
        return Page(f"flows/{name}.html", "flow.html", name, values)

    def _lineage_of_flow(self, name: str, entities: Sequence[str]) -> list[tuple[str, Any]]:
        """The fields that come in by the flow's events and leave by its operations, for each entity that enters."""
        uses = self._catalogue.uses_by(name)
        events = {use.target for use in uses if use.kind == "event"}
        asked = {use.target for use in uses if use.kind in ASKS}
        tables = []
        for entity in entities:
            rows = [
                (
                    field,
                    [way for way in into if way.interface in events],
                    [way for way in out if way.interface in asked],
                )
                for field, (into, out) in self._lineage.of_entity(entity).items()
            ]
            tables.append((entity, [row for row in rows if row[1] or row[2]]))
        return [table for table in tables if table[1]]

    def _system(self, name: str) -> Page:
        catalogue = self._catalogue
        system = catalogue.revision.systems[name]
        near = around(self._graph, [f"from:{name}", f"to:{name}"], f"Around {name}")
        values = {
            "system": system,
            "model": system.model,
            "file": catalogue.files[f"system:{name}"],
            "events": list(event_rows(catalogue, system)),
            "operations": list(operation_rows(catalogue, system)),
            "near": self._drawn(near, "../"),
        }
        return Page(f"systems/{name}.html", "system.html", name, values)

    def _entity(self, name: str) -> Page:
        values = {"entity": entity_page(self._catalogue, name, self._lineage), "standards": STANDARDS}
        return Page(f"entities/{name}.html", "entity.html", name, values)

    def _calls(self) -> Page:
        systems = self._systems()
        pairs = [(edge.start.partition(":")[2], edge.end.partition(":")[2], edge.weight) for edge in systems.edges]
        values = {
            "whole": self._drawn(self._graph, ""),
            "systems": self._drawn(systems, ""),
            "teams": self._drawn(self._teams(), ""),
            "pairs": pairs,
        }
        return Page("calls.html", "calls.html", "Who calls whom", values)

    def _systems(self) -> Graph:
        return systems_graph(self._catalogue.uses, "Which system leads to which")

    def _teams(self) -> Graph:
        catalogue = self._catalogue
        return teams_graph(catalogue.uses, catalogue.flow_teams, catalogue.system_teams, "Which team relies on which")

    # -- pictures

    def _drawn(self, graph: Graph, root: str) -> str:
        """The picture of a graph with links, nothing when it is too large to be looked at or has no arrow."""
        if not graph.edges or len(graph.nodes) > LARGEST_PICTURE:
            return ""
        return graph_svg(graph, self._links_of_nodes(root), alone=False)

    def _links_of_nodes(self, root: str) -> Callable[[Node], str]:
        def link(node: Node) -> str:
            if node.kind in ("flow", "system"):
                return posixpath.join(root or "./", _FOLDERS[node.kind], f"{node.name}.html")
            return posixpath.join(root or "./", f"events.html#{node.name}") if node.kind == "topic" else ""

        return link

    def _links_of_acts(self, root: str) -> Callable[[Act], str]:
        revision = self._catalogue.revision

        def link(act: Act) -> str:
            system, _, short = act.about.partition(".")
            if act.word in ("call", "send") and system in revision.systems:
                return f"{root}systems/{system}.html#{short}"
            if act.word == "run":
                return f"{root}flows/{act.about}.html"
            return f"{root}events.html#{act.about}" if act.word in ("publish", "wire tap") else ""

        return link


def _by_kind(uses: Sequence[Use]) -> Mapping[str, list[Use]]:
    kinds: dict[str, list[Use]] = {}
    for use in uses:
        word = "tells" if use.kind in TELLS else "asks" if use.kind in ASKS else use.kind
        kinds.setdefault(word, []).append(use)
    return kinds


def _paged(name: str, title: str, rows: Sequence[Any], **values: Any) -> Iterator[Page]:
    """A list over as many pages as it needs."""
    parts = [rows[start : start + ROWS_A_PAGE] for start in range(0, len(rows), ROWS_A_PAGE)] or [[]]
    paths = [f"{name}.html", *(f"{name}-{number}.html" for number in range(2, len(parts) + 1))]
    for number, (path, part) in enumerate(zip(paths, parts, strict=True), 1):
        shown = title if number == 1 else f"{title}, page {number}"
        more = {"rows": part, "whole": len(rows), "paths": paths, "number": number, "heading": title}
        yield Page(path, f"{name}.html", shown, {**values, **more})


def _json(document: Any) -> str:
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"
