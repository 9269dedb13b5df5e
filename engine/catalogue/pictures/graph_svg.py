"""A graph as SVG: boxes in layers from left to right."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType

from engine.catalogue.pictures import svg
from engine.catalogue.pictures.graph import Graph, Node
from engine.catalogue.pictures.layered import Layout, layered
from engine.catalogue.pictures.text import FAINT, LINE, STRONG, lines_of, name_lines, width_of

_MARGIN = 6.0
_WIDEST = 96.0
_PADDING = 8.0
_PAGE = 960.0
"""A picture that is wider than this has its layers closer to each other, so that it fits a small screen."""
_CLOSE = 40.0
_TONES: Mapping[str, str] = MappingProxyType(
    {"system": "ask", "flow": "plain", "topic": "tell", "schedule": "wait", "team": "mark"}
)
_ROUND: Mapping[str, float] = MappingProxyType({"topic": 16.0, "schedule": 16.0})
Links = Callable[[Node], str]


def graph_svg(graph: Graph, links: Links = lambda node: "", *, alone: bool = True) -> str:
    """The picture of a graph. `links` gives the address of a node, or nothing."""
    texts = {node.key: _text(node) for node in graph.nodes}
    sizes = {key: _size(*text) for key, text in texts.items()}
    pairs = [(edge.start, edge.end) for edge in graph.edges]
    layout = layered(sizes, pairs)
    if layout.width > _PAGE:
        layout = layered(sizes, pairs, between=_CLOSE)
    body = _body(graph, layout, sizes, texts, links)
    size = (layout.width + 2 * _MARGIN, layout.height + 2 * _MARGIN)
    return svg.document(body, *size, graph.title, alone=alone)


_Text = tuple[tuple[str, ...], tuple[str, ...]]


def _text(node: Node) -> _Text:
    kind = " ".join(filter(None, (node.kind, node.note)))
    break_up = lines_of if node.kind == "schedule" else name_lines
    return break_up(node.name, _WIDEST, 3, STRONG), lines_of(kind, _WIDEST, 2, FAINT)


def _size(strong: tuple[str, ...], faint: tuple[str, ...]) -> tuple[float, float]:
    widest = max([*(width_of(line, STRONG) for line in strong), *(width_of(line, FAINT) for line in faint)])
    return widest + 2 * _PADDING, (len(strong) + len(faint)) * LINE + 12.0


def _body(
    graph: Graph, layout: Layout, sizes: Mapping[str, tuple[float, float]], texts: Mapping[str, _Text], links: Links
) -> Iterator[str]:
    for edge in graph.edges:
        route = layout.routes.get((edge.start, edge.end))
        if route is None:
            continue
        points = [(x + _MARGIN, y + _MARGIN) for x, y in route]
        yield svg.curve(points, dashed=edge.loose, weight=edge.weight)
    for node in graph.nodes:
        x, y = layout.places[node.key]
        strong, faint = texts[node.key]
        place = (x + _MARGIN, y + _MARGIN, *sizes[node.key])
        look = (_TONES[node.kind], _ROUND.get(node.kind, 6.0))
        yield svg.box(svg.Box(*place, strong, faint, *look, links(node), f"{node.name} {' '.join(faint)}"))
