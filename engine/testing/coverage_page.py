"""The coverage of a workspace's tests as one HTML page, which needs nothing beside it."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from itertools import groupby

from engine.testing.points import KINDS, Coverage, Kind, Point, Share

_WORDS: dict[Kind, str] = {"steps": "Steps", "arms": "Arms", "errors": "Error rules", "fields": "Mapped fields"}
_STYLE = """
:root { color-scheme: light dark; --line: #8884; --good: #1a7f37; --bad: #b42318; --soft: #8882; }
@media (prefers-color-scheme: dark) { :root { --good: #57c773; --bad: #ff8a7a; } }
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 64rem; padding: 0 1rem; }
table { border-collapse: collapse; width: 100%; }
th, td { border-bottom: 1px solid var(--line); padding: .25rem .75rem .25rem 0; text-align: left; vertical-align: top; }
td.n, th.n { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }
.bar { background: var(--soft); height: .5rem; min-width: 5rem; }
.bar div { background: var(--good); height: 100%; }
.missed td:first-child { color: var(--bad); }
.missed td:first-child::before { content: "✗ "; }
.reached td:first-child::before { content: "✓ "; color: var(--good); }
td { overflow-wrap: anywhere; }
h2 { border-top: 2px solid var(--line); margin-top: 2.5rem; padding-top: 1rem; }
.scroll { overflow-x: auto; }
.scroll td { vertical-align: middle; }
.scroll td:first-child { min-width: 13rem; }
""".strip()


def coverage_page(coverage: Coverage, title: str) -> str:
    """The page: a table of all flows and systems, then each with what was reached and what was not."""
    body = [
        f"<h1>{escape(title)}</h1>",
        f"<p>{_told(coverage.share())} of all that the tests can reach.</p>",
        '<div class="scroll">',
        *_summary(coverage),
        "</div>",
        *(line for owner in coverage.owners for line in _owner(coverage, owner)),
    ]
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>\n{_STYLE}\n</style>\n</head>\n<body>\n"
        + "\n".join(body)
        + "\n</body>\n</html>\n"
    )


def _summary(coverage: Coverage) -> Iterator[str]:
    yield "<table>"
    heads = "".join(f'<th class="n">{_WORDS[kind]}</th>' for kind in KINDS)
    yield f'<thead><tr><th>Flow or system</th>{heads}<th class="n">Reached</th><th></th></tr></thead><tbody>'
    for owner in coverage.owners:
        cells = "".join(f'<td class="n">{_of(coverage.share(owner, kind))}</td>' for kind in KINDS)
        share = coverage.share(owner)
        bar = f'<div class="bar"><div style="width: {share.percent:g}%"></div></div>'
        link = f'<a href="#{escape(owner)}">{escape(owner)}</a>'
        yield f'<tr><td>{link}</td>{cells}<td class="n">{share.percent:g} %</td><td>{bar}</td></tr>'
    yield "</tbody></table>"


def _owner(coverage: Coverage, owner: str) -> Iterator[str]:
    yield f'<h2 id="{escape(owner)}">{escape(owner)}</h2>'
    for kind in KINDS:
        points = [point for point in coverage.points if point.owner == owner and point.kind == kind]
        for part, found in groupby(points, key=lambda point: point.part):
            named = f"{_WORDS[kind]}: {part}" if part else _WORDS[kind]
            share = coverage.share(owner, kind)
            yield f"<h3>{escape(named)}</h3>" if part else f"<h3>{escape(named)}, {_told(share)}</h3>"
            yield '<table><thead><tr><th></th><th class="n">Cases</th></tr></thead><tbody>'
            yield from (_row(point, coverage.cases[point]) for point in found)
            yield "</tbody></table>"


def _row(point: Point, cases: int) -> str:
    how = "reached" if cases else "missed"
    return f'<tr class="{how}"><td>{escape(point.name)}</td><td class="n">{cases:,}</td></tr>'


def _told(share: Share) -> str:
    return f"{share.reached:,} of {share.whole:,} ({share.percent:g} %)"


def _of(share: Share) -> str:
    return f"{share.reached}/{share.whole}" if share.whole else "&mdash;"
