"""A flow as a picture that reads from top to bottom: boxes, branches side by side, frames around groups."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from engine.catalogue.pictures import svg
from engine.catalogue.pictures.outline import Act, Branch, Group, Part, outline
from engine.catalogue.pictures.text import LINE, STRONG, lines_of, width_of
from engine.config.models.flow import FlowModel

_WIDEST = 300.0
_SPACE = 22.0
_APART = 26.0
_PADDING = 14.0
_MARGIN = 16.0
Links = Callable[[Act], str]


@dataclass(frozen=True, slots=True)
class _Drawn:
    """A part with its size, drawn when its place is known. `open`: what comes after it is reached from it.

    Lines enter and leave at `middle`, a distance from its left edge; `pointed`: with an arrow's head.
    """

    width: float
    height: float
    middle: float
    draw: Callable[[float, float], Iterator[str]] = field(repr=False)
    open: bool = True
    pointed: bool = True


def flow_svg(flow: FlowModel, links: Links = lambda act: "", *, alone: bool = True) -> str:
    """The picture of a flow. `links` gives the address of what a step is about, or nothing."""
    drawn = _sequence(outline(flow), links)
    title = f"Flow {flow.flow}: {flow.summary}"
    body = drawn.draw(_MARGIN, _MARGIN)
    return svg.document(body, drawn.width + 2 * _MARGIN, drawn.height + 2 * _MARGIN, title, alone=alone)


def _part(part: Part, links: Links) -> _Drawn:
    if isinstance(part, Act):
        return _act(part, links)
    return _branch(part, links) if isinstance(part, Branch) else _group(part, links)


def _act(act: Act, links: Links) -> _Drawn:
    strong = lines_of(act.title, _WIDEST, 2, STRONG)
    faint = tuple(line for note in act.notes for line in lines_of(note, _WIDEST, 2))
    widths = [*(width_of(line, STRONG) for line in strong), *map(width_of, faint)]
    width = max(widths, default=0.0) + 2 * _PADDING
    height = (len(strong) + len(faint)) * LINE + _PADDING
    round_ = height / 2 if act.tone == "mark" and height < 40 else 6.0
    link = links(act)

    def draw(x: float, y: float) -> Iterator[str]:
        yield svg.box(svg.Box(x, y, width, height, strong, faint, act.tone, round_, link))

    return _Drawn(width, height, width / 2, draw, open=not act.ends)


def _sequence(parts: Sequence[Part], links: Links) -> _Drawn:
    """Parts below each other, joined by arrows on one line."""
    drawn = [_part(part, links) for part in parts]
    if not drawn:
        return _Drawn(2.0, 0.0, 1.0, lambda x, y: iter(()))
    middle = max(each.middle for each in drawn)
    width = middle + max(each.width - each.middle for each in drawn)
    height = sum(each.height for each in drawn) + _SPACE * (len(drawn) - 1)

    def draw(x: float, y: float) -> Iterator[str]:
        top = y
        for index, each in enumerate(drawn):
            yield from each.draw(x + middle - each.middle, top)
            top += each.height
            if index + 1 < len(drawn):
                if each.open:
                    yield svg.straight([(x + middle, top), (x + middle, top + _SPACE)], head=drawn[index + 1].pointed)
                top += _SPACE

    return _Drawn(width, height, middle, draw, open=all(each.open for each in drawn))


def _group(group: Group, links: Links) -> _Drawn:
    inner = _sequence(group.parts, links)
    title = lines_of(group.title, max(_WIDEST, inner.width), 2)
    head = len(title) * LINE + _PADDING
    widest = max(width_of(line) for line in title)
    left = max(_PADDING, (widest - inner.width) / 2 + _PADDING)
    width, height = inner.width + 2 * left, inner.height + head + _PADDING

    def draw(x: float, y: float) -> Iterator[str]:
        yield svg.frame(x, y, width, height)
        for index, line in enumerate(title):
            yield svg.text(x + _PADDING, y + LINE * (index + 1) + 2, line, "faint", "start")
        yield from inner.draw(x + left, y + head)

    return _Drawn(width, height, left + inner.middle, draw, open=inner.open)


@dataclass(frozen=True, slots=True)
class _Arm:
    label: tuple[str, ...]
    body: _Drawn
    width: float
    middle: float


def _branch(branch: Branch, links: Links) -> _Drawn:
    arms = [_arm(label, parts, links) for label, parts in branch.arms]
    label_height = max(len(arm.label) for arm in arms) * LINE + _SPACE
    width = sum(arm.width for arm in arms) + _APART * (len(arms) - 1)
    height = _SPACE + label_height + max(arm.body.height for arm in arms) + _SPACE
    open_ = any(arm.body.open for arm in arms)

    def draw(x: float, y: float) -> Iterator[str]:
        left = x
        for arm in arms:
            spine = left + arm.middle
            yield svg.straight(
                [(x + width / 2, y), (x + width / 2, y + 8), (spine, y + 8), (spine, y + _SPACE)], head=False
            )
            for index, line in enumerate(arm.label):
                yield svg.text(spine, y + _SPACE + LINE * (index + 0.8), line, "faint")
            top = y + _SPACE + label_height
            yield svg.straight(
                [(spine, y + _SPACE + len(arm.label) * LINE + 4), (spine, top)], head=arm.body.height > 0
            )
            yield from arm.body.draw(spine - arm.body.middle, top)
            if arm.body.open:
                yield svg.straight(
                    [(spine, top + arm.body.height), (spine, y + height - 4), (x + width / 2, y + height - 4),
                     (x + width / 2, y + height)],
                    head=False,
                )  # fmt: skip
            left += arm.width + _APART

    return _Drawn(width, height, width / 2, draw, open_, pointed=False)


def _arm(label: str, parts: tuple[Part, ...], links: Links) -> _Arm:
    body = _sequence(parts, links)
    lines = lines_of(label, max(230.0, body.width), 3)
    widest = max(width_of(line) for line in lines)
    right = body.width - body.middle
    middle = max(body.middle, widest / 2)
    return _Arm(lines, body, middle + max(right, widest / 2), middle)
