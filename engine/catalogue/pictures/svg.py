"""Writing SVG: shapes, texts and links, escaped, in colours that follow the reader's light or dark setting."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from itertools import pairwise
from typing import Final

from engine.catalogue.pictures.text import LINE

LINK_PREFIXES: Final = ("https://", "http://", "#", "./", "../")

STYLE: Final = """\
svg.picture { --ink: #1b1f24; --faint: #57606a; --line: #6e7781; --paper: #ffffff; --plain: #f3f5f7; --ask: #dcebfb;
  --tell: #ece4fb; --wait: #fcefcf; --mark: #dcf3e2; --end: #fbe0dd; font: 13px system-ui, sans-serif; }
@media (prefers-color-scheme: dark) { svg.picture { --ink: #e8ebef; --faint: #aab3bd; --line: #8b949e; --paper: #14181d;
  --plain: #22282f; --ask: #12365c; --tell: #382a5c; --wait: #4a3a0c; --mark: #123f22; --end: #571f1b; } }
svg.picture text { fill: var(--ink); }
svg.picture .faint { fill: var(--faint); font-size: 12px; }
svg.picture .strong { font-weight: 600; }
svg.picture .line { fill: none; stroke: var(--line); stroke-width: 1.4; }
svg.picture .dashed { stroke-dasharray: 5 4; }
svg.picture .head { fill: var(--line); }
svg.picture .box { stroke: var(--line); stroke-width: 1; }
svg.picture .frame { fill: none; stroke: var(--line); stroke-dasharray: 3 3; }
svg.picture .back { fill: var(--paper); }
svg.picture .plain { fill: var(--plain); } svg.picture .ask { fill: var(--ask); }
svg.picture .tell { fill: var(--tell); }
svg.picture .wait { fill: var(--wait); } svg.picture .mark { fill: var(--mark); } svg.picture .end { fill: var(--end); }
svg.picture a:hover .box, svg.picture a:focus .box { stroke: var(--ink); stroke-width: 2.5; }
"""
"""The style of all pictures; a page that holds several needs it once. `--wide` is a picture's own width."""


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle with lines of text: `strong` ones, then `faint` ones. Sizes are in pixels.

    `label` is how a link is read out, where the lines break a name.
    """

    x: float
    y: float
    width: float
    height: float
    strong: tuple[str, ...]
    faint: tuple[str, ...] = ()
    tone: str = "plain"
    round: float = 6.0
    link: str = ""
    label: str = ""


def document(body: Iterable[str], width: float, height: float, title: str, *, alone: bool) -> str:
    """The whole picture. `alone`: it brings its style and its background, to stand without a page."""
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" class="picture" viewBox="0 0 {_number(width)} {_number(height)}" '
        f'width="{_number(width)}" height="{_number(height)}" style="--wide:{_number(width)}px" '
        f'role="{"img" if alone else "group"}" '
        f'aria-label="{escape(title)}">',
        f"<title>{escape(title)}</title>",
    ]
    if alone:
        parts.append(f"<style>{STYLE}</style>")
        parts.append(f'<rect class="back" width="{_number(width)}" height="{_number(height)}"/>')
    return "\n".join([*parts, *body, "</svg>"]) + "\n"


def box(drawn: Box) -> str:
    """A box with its text, as a link where it has one."""
    rectangle = (
        f'<rect class="box {drawn.tone}" x="{_number(drawn.x)}" y="{_number(drawn.y)}" width="{_number(drawn.width)}" '
        f'height="{_number(drawn.height)}" rx="{_number(drawn.round)}"/>'
    )
    lines = [(line, "strong") for line in drawn.strong] + [(line, "faint") for line in drawn.faint]
    top = drawn.y + (drawn.height - len(lines) * LINE) / 2 + LINE * 0.75
    middle = drawn.x + drawn.width / 2
    texts = [text(middle, top + index * LINE, line, look) for index, (line, look) in enumerate(lines)]
    inside = "\n".join([rectangle, *texts])
    if drawn.link.startswith(LINK_PREFIXES):
        label = f' aria-label="{escape(drawn.label)}"' if drawn.label else ""
        return f'<a href="{escape(drawn.link)}"{label}>\n{inside}\n</a>'
    return inside


def text(x: float, y: float, words: str, look: str = "", anchor: str = "middle") -> str:
    """A line of text."""
    return f'<text class="{look}" x="{_number(x)}" y="{_number(y)}" text-anchor="{anchor}">{escape(words)}</text>'


def frame(x: float, y: float, width: float, height: float) -> str:
    """A dashed frame around what belongs together."""
    return (
        f'<rect class="frame" x="{_number(x)}" y="{_number(y)}" width="{_number(width)}" '
        f'height="{_number(height)}" rx="10"/>'
    )


def straight(points: list[tuple[float, float]], *, head: bool = True) -> str:
    """A line with corners, and an arrow's head at its end."""
    path = "M" + " L".join(f"{_number(x)} {_number(y)}" for x, y in points)
    return f'<path class="line" d="{path}"/>' + (_head(points[-2], points[-1]) if head else "")


def curve(points: Sequence[tuple[float, float]], *, dashed: bool = False, weight: int = 1) -> str:
    """A line that leaves and enters its points sideways, and an arrow's head at its end; a heavier one is thicker."""
    path = f"M{_number(points[0][0])} {_number(points[0][1])}"
    for (x1, y1), (x2, y2) in pairwise(points):
        bend = (x2 - x1) / 2
        path += f" C{_number(x1 + bend)} {_number(y1)} {_number(x2 - bend)} {_number(y2)} {_number(x2)} {_number(y2)}"
    thick = f' style="stroke-width:{_number(1.2 + min(weight, 8) * 0.5)}"' if weight > 1 else ""
    end = points[-1]
    back = 1.0 if points[-2][0] > end[0] else -1.0
    return f'<path class="line{" dashed" if dashed else ""}" d="{path}"{thick}/>' + _head((end[0] + back, end[1]), end)


def _head(before: tuple[float, float], end: tuple[float, float]) -> str:
    """The arrow's head at `end`, along the axis that the line comes by."""
    (x, y), size = end, 5.0
    if abs(end[0] - before[0]) >= abs(end[1] - before[1]):
        back = -size * 1.6 if end[0] >= before[0] else size * 1.6
        corners = [(x, y), (x + back, y - size), (x + back, y + size)]
    else:
        back = -size * 1.6 if end[1] >= before[1] else size * 1.6
        corners = [(x, y), (x - size, y + back), (x + size, y + back)]
    spots = " ".join(f"{_number(a)},{_number(b)}" for a, b in corners)
    return f'<polygon class="head" points="{spots}"/>'


def _number(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")
