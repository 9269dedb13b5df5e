"""Who calls whom: systems, flows and topics as a graph, whole, around one of them, or by larger parts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from engine.catalogue.uses import ASKS, TELLS, Use

NodeKind = Literal["system", "flow", "topic", "schedule", "team"]


@dataclass(frozen=True, slots=True)
class Node:
    """One box. `key` tells it apart; a system that calls and is called has two, so that the picture has no circles."""

    key: str
    kind: NodeKind
    name: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Edge:
    """An arrow between two nodes by their keys.

    `loose`: one of several that an expression chooses, or one that waits or listens in. `weight`: what it counts for.
    """

    start: str
    end: str
    loose: bool = False
    weight: int = 1


@dataclass(frozen=True, slots=True)
class Graph:
    """Nodes and edges, each once."""

    title: str
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]


def flows_graph(uses: Iterable[Use], title: str) -> Graph:
    """Systems that tell, the flows and topics between, and systems that are asked."""
    nodes: dict[str, Node] = {}
    edges: dict[tuple[str, str], Edge] = {}

    def node(key: str, kind: NodeKind, name: str, note: str = "") -> str:
        nodes.setdefault(key, Node(key, kind, name, note))
        return key

    for use in uses:
        flow = node(f"flow:{use.flow}", "flow", use.flow)
        if use.kind == "event":
            start, end = node(f"from:{use.system}", "system", use.system, "tells"), flow
        elif use.kind == "schedule":
            start, end = node(f"schedule:{use.flow}", "schedule", use.target), flow
        elif use.kind in ASKS:
            start, end = flow, node(f"to:{use.system}", "system", use.system, "is asked")
        elif use.kind == "run":
            start, end = flow, node(f"flow:{use.target}", "flow", use.target)
        elif use.kind in TELLS:
            start, end = flow, node(f"topic:{use.target}", "topic", use.target)
        else:
            start, end = node(f"topic:{use.target}", "topic", use.target), flow
        loose = use.chosen or use.kind in ("wait", "undo", "wire tap")
        known = edges.get((start, end))
        edges[start, end] = Edge(start, end, loose=loose and (known is None or known.loose))
    return Graph(title, tuple(nodes.values()), tuple(edges.values()))


def around(graph: Graph, keys: Iterable[str], title: str) -> Graph:
    """The nodes of these keys, with what is before and after them."""
    wanted = set(keys)
    edges = [edge for edge in graph.edges if edge.start in wanted or edge.end in wanted]
    near = wanted | {key for edge in edges for key in (edge.start, edge.end)}
    return Graph(title, tuple(node for node in graph.nodes if node.key in near), tuple(edges))


def systems_graph(uses: Iterable[Use], title: str) -> Graph:
    """Systems only: one arrow from each that tells to each that is asked in consequence, also over topics."""
    listed = list(uses)
    origins = _origins(listed)
    counts = Counter(
        (origin, use.system)
        for use in dict.fromkeys(replace(use, kind="call", target=f"{use.system}.", chosen=False)
                                 for use in listed if use.kind in ASKS)
        for origin in origins.get(use.flow, ())
    )  # fmt: skip
    return _two_columns(title, "system", counts, ("tells", "is asked"))


def teams_graph(
    uses: Iterable[Use], flow_teams: Mapping[str, str], system_teams: Mapping[str, str], title: str
) -> Graph:
    """The domain map: one node for each team, with arrows where flows of one ask systems or reach flows of another."""
    listed = list(uses)
    takers = {(use.target, use.flow) for use in listed if use.kind in ("topic", "wait")}
    pairs: Counter[tuple[str, str]] = Counter()
    for use in listed:
        own = flow_teams.get(use.flow, "")
        if use.kind in ASKS:
            pairs[own, system_teams.get(use.system, "")] += 1
        elif use.kind == "event":
            pairs[system_teams.get(use.system, ""), own] += 1
        elif use.kind in TELLS:
            pairs.update((own, flow_teams.get(flow, "")) for topic, flow in takers if topic == use.target)
    return _two_columns(
        title, "team", {pair: count for pair, count in pairs.items() if all(pair)}, ("asks", "is asked")
    )


def _two_columns(title: str, kind: NodeKind, counts: Mapping[tuple[str, str], int], notes: tuple[str, str]) -> Graph:
    """Who is on the left of something and who on the right; one that is on both sides stands twice."""
    pairs = sorted(counts)
    starts, ends = sorted({start for start, _ in pairs}), sorted({end for _, end in pairs})
    nodes = [Node(f"from:{name}", kind, name, notes[0]) for name in starts]
    nodes += [Node(f"to:{name}", kind, name, notes[1]) for name in ends]
    edges = [Edge(f"from:{start}", f"to:{end}", weight=counts[start, end]) for start, end in pairs]
    return Graph(title, tuple(nodes), tuple(edges))


def _origins(uses: list[Use]) -> dict[str, set[str]]:
    """The systems whose events lead to each flow, directly or over topics and other flows."""
    origins: dict[str, set[str]] = {}
    for use in uses:
        origins.setdefault(use.flow, set()).update([use.system] if use.kind == "event" else [])
    tellers: dict[str, set[str]] = {}
    for use in uses:
        if use.kind in TELLS:
            tellers.setdefault(use.target, set()).add(use.flow)
    before = {
        (teller, use.flow)
        for use in uses
        if use.kind == "topic"
        for teller in tellers.get(use.target, ())
    } | {(use.flow, use.target) for use in uses if use.kind == "run"}  # fmt: skip
    grown = True
    while grown:
        grown = False
        for first, then in before:
            new = origins.get(first, set()) - origins.setdefault(then, set())
            if new:
                origins[then] |= new
                grown = True
    return origins
