"""What `crossdock test` tells: the cases that fail, and what the tests reach."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from engine.cli.output import Output
from engine.cli.stops import counted
from engine.testing.points import KINDS, Coverage, Share
from engine.testing.verdict import Verdict

_MOST_MISSED = 12


def show_verdicts(output: Output, verdicts: Sequence[Verdict]) -> None:
    """A line for each file, what is wrong below it, and the sum."""
    failed = sum(not verdict.holds for verdict in verdicts)
    width = max((len(verdict.file) for verdict in verdicts), default=0)
    for file, found in groupby(verdicts, key=lambda verdict: verdict.file):
        cases = list(found)
        wrong = [verdict for verdict in cases if not verdict.holds]
        told = f"{len(wrong)} of {len(cases)} failed" if wrong else f"{len(cases)} passed"
        output.say(f"{file:{width}}  {told}", style="red" if wrong else "green")
        for verdict in wrong:
            output.say(f"  {verdict.case} ({verdict.place})", style="bold")
            for line in verdict.lines():
                output.say(f"    {line}")
    if not verdicts:
        output.say("there is no such case; tests stand beside their flow, as flows/NAME.test.yaml")
    elif failed:
        output.say(f"{failed} of {counted(len(verdicts), 'case')} failed", style="red")
    else:
        output.say(f"{counted(len(verdicts), 'case')} passed", style="green")


def show_coverage(output: Output, coverage: Coverage) -> None:
    """A row for each flow and system, then what no case reaches."""
    output.say()
    columns = [("reached", "left"), *((kind, "right") for kind in KINDS), ("all", "right")]
    rows = [
        (owner, *(_of(coverage.share(owner, kind)) for kind in KINDS), f"{coverage.share(owner).percent:g} %")
        for owner in coverage.owners
    ]
    whole = ("all", *(_of(coverage.share(None, kind)) for kind in KINDS), f"{coverage.share().percent:g} %")
    output.table(columns, [*rows, whole])
    missing = [owner for owner in coverage.owners if coverage.missed(owner)]
    if missing:
        output.say()
        output.say("no case reaches:")
    for owner in missing:
        missed = coverage.missed(owner)
        output.say(f"  {owner}")
        for point in missed[:_MOST_MISSED]:
            output.say(f"    {point.kind[:-1]} {point}")
        if len(missed) > _MOST_MISSED:
            output.say(f"    and {len(missed) - _MOST_MISSED:,} more; --coverage-html or --json has all")


def verdict_json(verdict: Verdict) -> dict[str, object]:
    """A verdict for a script."""
    return {
        "file": verdict.file,
        "line": verdict.place.line,
        "case": verdict.case,
        "holds": verdict.holds,
        "problems": list(verdict.problems),
        "differences": [{"path": one.path, "expected": one.expected, "got": one.got} for one in verdict.differences],
        "seconds": round(verdict.seconds, 3),
    }


def _of(share: Share) -> str:
    return f"{share.reached}/{share.whole}" if share.whole else "-"
