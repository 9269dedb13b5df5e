"""Placing a graph from left to right in layers, so that arrows run forward and seldom cross.

The four steps of Sugiyama, Tagawa and Toda (1981): turn edges of circles round, give each node a layer, order each
layer by the middle of its neighbours, and give places. Long edges run over placeholders in the layers between.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

Size = tuple[float, float]
Point = tuple[float, float]

BETWEEN_LAYERS: Final = 90.0
BETWEEN_NODES: Final = 14.0
_SWEEPS = 12
_SETTLING = 24


@dataclass(frozen=True, slots=True)
class Layout:
    """The upper left corner of each node, the points of each edge from start to end, and the size of it all."""

    places: Mapping[str, Point]
    routes: Mapping[tuple[str, str], tuple[Point, ...]]
    width: float
    height: float


def layered(sizes: Mapping[str, Size], edges: Iterable[tuple[str, str]], *, between: float = BETWEEN_LAYERS) -> Layout:
    """Place nodes of these sizes in pixels, layers so far apart; edges of nodes that are not there, or to themselves,
    are left out."""
    wanted = [(a, b) for a, b in dict.fromkeys(edges) if a in sizes and b in sizes and a != b]
    if not sizes:
        return Layout({}, {}, 0.0, 0.0)
    forward = _without_circles(list(sizes), wanted)
    layer = _layers(list(sizes), list(dict.fromkeys(forward.values())))
    chains, layers = _with_placeholders(layer, forward)
    all_sizes = {**sizes, **{name: (0.0, 4.0) for column in layers for name in column if name not in sizes}}
    links = [pair for chain in chains.values() for pair in itertools.pairwise(chain)]
    ordered = _ordered(layers, links)
    middles = _middles(ordered, links, all_sizes)
    return _laid(ordered, middles, all_sizes, sizes, chains, between)


def _without_circles(nodes: Sequence[str], edges: Sequence[tuple[str, str]]) -> dict[tuple[str, str], tuple[str, str]]:
    """Each edge with itself, or turned round where it would close a circle."""
    after: dict[str, list[str]] = {node: [] for node in nodes}
    for start, end in edges:
        after[start].append(end)
    state: dict[str, int] = {}
    closing: set[tuple[str, str]] = set()
    entered = {end for _, end in edges}
    for root in sorted(nodes, key=lambda node: node in entered):
        stack = [(root, iter(after[root]))] if root not in state else []
        state.setdefault(root, 1)
        while stack:
            node, rest = stack[-1]
            following = next(rest, None)
            if following is None:
                state[node] = 2
                stack.pop()
            elif state.get(following) == 1:
                closing.add((node, following))
            elif following not in state:
                state[following] = 1
                stack.append((following, iter(after[following])))
    return {edge: (edge[1], edge[0]) if edge in closing else edge for edge in edges}


def _layers(nodes: Sequence[str], edges: Sequence[tuple[str, str]]) -> dict[str, int]:
    """The layer of each node: one after the last of those before it; then as near to those after it as can be."""
    before: dict[str, list[str]] = {node: [] for node in nodes}
    after: dict[str, list[str]] = {node: [] for node in nodes}
    for start, end in edges:
        before[end].append(start)
        after[start].append(end)
    order: list[str] = []
    left = {node: len(before[node]) for node in nodes}
    ready = [node for node in nodes if not left[node]]
    while ready:
        node = ready.pop()
        order.append(node)
        for following in after[node]:
            left[following] -= 1
            if not left[following]:
                ready.append(following)
    layer: dict[str, int] = {}
    for node in order:
        layer[node] = max((layer[each] + 1 for each in before[node]), default=0)
    for node in reversed(order):
        if after[node] and not before[node]:
            layer[node] = min(layer[each] for each in after[node]) - 1
    return layer


def _with_placeholders(
    layer: Mapping[str, int], forward: Mapping[tuple[str, str], tuple[str, str]]
) -> tuple[dict[tuple[str, str], list[str]], list[list[str]]]:
    """The nodes that each edge runs over, from left to right, and the nodes of each layer."""
    lowest = min(layer.values())
    layers: list[list[str]] = [[] for _ in range(max(layer.values()) - lowest + 1)]
    for node, number in layer.items():
        layers[number - lowest].append(node)
    chains = {}
    for edge, (start, end) in forward.items():
        between = []
        for number in range(layer[start] + 1, layer[end]):
            between.append(f"\0{start}\0{end}\0{number}")
            if between[-1] not in layers[number - lowest]:
                layers[number - lowest].append(between[-1])
        chains[edge] = [start, *between, end]
    return chains, layers


def _ordered(layers: list[list[str]], links: Sequence[tuple[str, str]]) -> list[list[str]]:
    """The layers, each in an order with few crossings: by the middle of the neighbours, to and fro."""
    left: dict[str, list[str]] = {}
    right: dict[str, list[str]] = {}
    for start, end in links:
        right.setdefault(start, []).append(end)
        left.setdefault(end, []).append(start)
    best, fewest = [list(column) for column in layers], _crossings(layers, right)
    current = [list(column) for column in layers]
    for sweep in range(_SWEEPS):
        numbers = range(1, len(current)) if sweep % 2 == 0 else range(len(current) - 2, -1, -1)
        for number in numbers:
            beside, neighbours = (current[number - 1], left) if sweep % 2 == 0 else (current[number + 1], right)
            rank = {node: place for place, node in enumerate(beside)}
            own = {node: place for place, node in enumerate(current[number])}
            current[number].sort(key=lambda node: _middle_of(neighbours.get(node, ()), rank, own[node]))
        crossings = _crossings(current, right)
        if crossings < fewest:
            best, fewest = [list(column) for column in current], crossings
    return best


def _middle_of(neighbours: Sequence[str], rank: Mapping[str, int], own: int) -> float:
    places = [rank[node] for node in neighbours if node in rank]
    return sum(places) / len(places) if places else float(own)


def _crossings(layers: Sequence[Sequence[str]], right: Mapping[str, Sequence[str]]) -> int:
    total = 0
    for column, beside in itertools.pairwise(layers):
        rank = {node: place for place, node in enumerate(beside)}
        ends = [end for node in column for end in sorted(rank[each] for each in right.get(node, ()))]
        total += sum(1 for place, end in enumerate(ends) for later in ends[place + 1 :] if later < end)
    return total


def _middles(
    layers: Sequence[Sequence[str]], links: Sequence[tuple[str, str]], sizes: Mapping[str, Size]
) -> dict[str, float]:
    """The height of the middle of each node: near its neighbours, and apart from those above and below it."""
    beside: dict[str, list[str]] = {}
    for start, end in links:
        beside.setdefault(start, []).append(end)
        beside.setdefault(end, []).append(start)
    middles: dict[str, float] = {}
    for column in layers:
        top = 0.0
        for node in column:
            middles[node] = top + sizes[node][1] / 2
            top += sizes[node][1] + BETWEEN_NODES
    for turn in range(_SETTLING):
        for column in layers if turn % 2 == 0 else reversed(layers):
            wanted = [
                sum(middles[each] for each in beside[node]) / len(beside[node]) if beside.get(node) else middles[node]
                for node in column
            ]
            for node, middle in zip(column, _apart(wanted, [sizes[node][1] for node in column]), strict=True):
                middles[node] = middle
    return middles


def _apart(wanted: Sequence[float], heights: Sequence[float]) -> list[float]:
    """The wanted middles, moved as little as can be until none overlaps: nodes that touch share a shift."""
    offsets = [0.0]
    for above, below in itertools.pairwise(heights):
        offsets.append(offsets[-1] + (above + below) / 2 + BETWEEN_NODES)
    blocks: list[tuple[float, int]] = []
    for want, offset in zip(wanted, offsets, strict=True):
        mean, count = want - offset, 1
        while blocks and blocks[-1][0] > mean:
            other, others = blocks.pop()
            mean, count = (other * others + mean * count) / (others + count), others + count
        blocks.append((mean, count))
    starts = [mean for mean, count in blocks for _ in range(count)]
    return [start + offset for start, offset in zip(starts, offsets, strict=True)]


def _laid(
    layers: Sequence[Sequence[str]],
    middles: Mapping[str, float],
    all_sizes: Mapping[str, Size],
    sizes: Mapping[str, Size],
    chains: Mapping[tuple[str, str], Sequence[str]],
    between: float,
) -> Layout:
    top = min(middles[node] - all_sizes[node][1] / 2 for column in layers for node in column)
    left: dict[str, tuple[float, float]] = {}
    x = 0.0
    for column in layers:
        wide = max(all_sizes[node][0] for node in column)
        left |= dict.fromkeys(column, (x, x + wide))
        x += wide + between
    places = {
        node: (left[node][0] + (left[node][1] - left[node][0] - size[0]) / 2, middles[node] - size[1] / 2 - top)
        for node, size in sizes.items()
    }
    routes = {}
    for edge, chain in chains.items():
        points: list[Point] = []
        for node in chain:
            y = middles[node] - top
            start, end = (places[node][0], places[node][0] + sizes[node][0]) if node in sizes else left[node]
            points += [(start, y), (end, y)] if end > start else [(start, y)]
        inner = points[1:-1]
        routes[edge] = tuple(inner if chain[0] == edge[0] else reversed(inner))
    height = max(middles[node] + all_sizes[node][1] / 2 - top for column in layers for node in column)
    return Layout(places, routes, x - between, height)
