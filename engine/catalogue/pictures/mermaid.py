"""The same pictures as Mermaid text, for pages that draw it: Markdown of Git servers, wikis."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from engine.catalogue.pictures.graph import Graph
from engine.catalogue.pictures.outline import Act, Branch, Group, Part, outline
from engine.config.models.flow import FlowModel

_SHAPES: Mapping[str, tuple[str, str]] = MappingProxyType(
    {"system": ("[", "]"), "flow": ("(", ")"), "topic": ("([", "])"), "schedule": ("{{", "}}"), "team": ("[", "]")}
)


def graph_mermaid(graph: Graph) -> str:
    """A graph, from left to right."""
    lines = ["flowchart LR"]
    ids = {node.key: f"n{number}" for number, node in enumerate(graph.nodes)}
    for node in graph.nodes:
        left, right = _SHAPES[node.kind]
        kind = " ".join(filter(None, (node.kind, node.note)))
        lines.append(f"  {ids[node.key]}{left}{_quoted(node.name, kind)}{right}")
    for edge in graph.edges:
        lines.append(f"  {ids[edge.start]} {'-.->' if edge.loose else '-->'} {ids[edge.end]}")
    return "\n".join(lines) + "\n"


def flow_mermaid(flow: FlowModel) -> str:
    """A flow, from top to bottom."""
    return "\n".join(["flowchart TB", *_Writing().sequence(outline(flow), [])]) + "\n"


class _Writing:
    """Numbers the nodes; `ends` afterwards are those from which the next part is reached, each with a label."""

    def __init__(self) -> None:
        self._count = 0
        self.ends: list[tuple[str, str]] = []

    def sequence(self, parts: tuple[Part, ...], before: list[tuple[str, str]]) -> Iterator[str]:
        """The lines of parts that follow each other, reached from `before`."""
        self.ends = before
        for part in parts:
            yield from self._part(part)

    def _part(self, part: Part) -> Iterator[str]:
        if isinstance(part, Act):
            yield from self._act(part)
        elif isinstance(part, Group):
            yield f"  subgraph {self._id()}[{_quoted(part.title)}]"
            inner = list(self.sequence(part.parts, self.ends))
            yield from (f"  {line}" for line in inner if " -->" not in line)
            yield "  end"
            yield from (line for line in inner if " -->" in line)
        else:
            yield from self._branch(part)

    def _act(self, act: Act) -> Iterator[str]:
        name = self._id()
        left, right = ("([", "])") if act.tone == "mark" else ("[", "]")
        yield f"  {name}{left}{_quoted(act.title, *act.notes)}{right}"
        yield from self._arrows(name)
        self.ends = [] if act.ends else [(name, "")]

    def _branch(self, branch: Branch) -> Iterator[str]:
        name = self._id()
        yield f"  {name}{{ }}"
        yield from self._arrows(name)
        ends: list[tuple[str, str]] = []
        for label, parts in branch.arms:
            yield from self.sequence(parts, [(name, label)])
            ends += self.ends
        self.ends = ends

    def _arrows(self, to: str) -> Iterator[str]:
        for start, label in self.ends:
            yield f"  {start} -->{f'|{_quoted(label)}|' if label else ''} {to}"

    def _id(self) -> str:
        self._count += 1
        return f"s{self._count}"


def _quoted(*lines: str) -> str:
    """Lines as a Mermaid text: nothing in them is markup."""
    escaped = (
        line.replace("&", "&amp;").replace("#", "#35;").replace('"', "#quot;").replace("<", "#lt;").replace(">", "#gt;")
        for line in lines
        if line
    )
    return '"' + "<br>".join(escaped) + '"'
