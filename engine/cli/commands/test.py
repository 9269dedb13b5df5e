"""`crossdock test`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click

from engine import exact_json
from engine.app import check
from engine.cli.options import json_option, workspace_argument
from engine.cli.output import Output, busy, print_json, progress_bar
from engine.cli.stops import OK, REFUSED, UNUSABLE, Unusable, counted
from engine.clock import SystemClock
from engine.config.findings import Findings
from engine.config.models.cases import CaseModel, CasesModel
from engine.config.parse import parse_model
from engine.config.tree import plain
from engine.config.yaml import load_yaml
from engine.errors import ConfigurationError
from engine.flow.cases import Verdict, run_case
from engine.flow.compiled import Revision

_PATTERN = "flows/**/*.test.yaml"


@click.command(epilog="Exit codes: 0 all cases hold, 1 some do not, 2 the workspace or a test file has errors.")
@workspace_argument
@click.option("-k", "only", metavar="TEXT", default="", help="Only cases whose file or sentence holds this text.")
@json_option
@click.pass_context
def test(ctx: click.Context, /, folder: Path, only: str, as_json: bool) -> None:
    """Run the tests that stand beside the flows.

    Each case of a NAME.test.yaml gives the payload of an event and says what canonical document it becomes, or how it
    is refused. The payload goes the way of a real arrival, up to the store; nothing is stored or sent.

    \b
    Example:
      crossdock test
      crossdock test -k 'without lines'
    """
    with busy("loading"):
        revision, findings = check(folder, complete=False, sandbox=True)
    if revision is None:
        raise ConfigurationError(findings.errors)
    cases = [(file, case) for file, case in _cases(folder) if only in file or only in case.case]
    verdicts: list[tuple[str, Verdict]] = []
    with progress_bar("testing") as progress:
        for file, case in cases:
            verdicts.append((file, _verdict(folder, revision, case)))
            progress(len(verdicts), len(cases))
    failed = sum(not verdict.holds for _, verdict in verdicts)
    if as_json:
        print_json({"cases": len(verdicts), "failed": failed, "results": [_as_json(*one) for one in verdicts]})
    else:
        _print(Output(), verdicts, failed)
    ctx.exit(REFUSED if failed else UNUSABLE if only and not verdicts else OK)


def _cases(folder: Path) -> Iterator[tuple[str, CaseModel]]:
    """Every case with its file. Raises ConfigurationError with everything that is wrong with the files."""
    findings = Findings()
    found: list[tuple[str, CaseModel]] = []
    for path in sorted(folder.glob(_PATTERN)):
        name = path.relative_to(folder).as_posix()
        node = load_yaml(path.read_bytes(), name, findings)
        model = parse_model(CasesModel, node, findings) if node is not None else None
        found.extend((name, case) for case in (model.cases if model is not None else ()))
    if findings.has_errors:
        raise ConfigurationError(findings.errors)
    yield from found


def _verdict(folder: Path, revision: Revision, case: CaseModel) -> Verdict:
    expected = case.model_copy(
        update={"expect": case.expect.model_copy(update={"canonical": plain(case.expect.canonical)})}
    )
    return run_case(revision, expected, _payload(folder, case), SystemClock().now())


def _payload(folder: Path, case: CaseModel) -> bytes:
    """The bytes that come in. Raises Unusable when the file cannot be read."""
    given = case.given
    if given.file is None:
        value = plain(given.payload)
        return value.encode() if isinstance(value, str) else exact_json.encode(value)
    path = (folder / given.file).resolve()
    if not path.is_relative_to(folder.resolve()):
        raise Unusable(f"'{given.file}' of case '{case.case}' leads out of the workspace")
    try:
        return path.read_bytes()
    except OSError as error:
        why = (error.strerror or "an error").lower()
        raise Unusable(f"'{given.file}' of case '{case.case}' cannot be read: {why}") from error


def _as_json(file: str, verdict: Verdict) -> dict[str, object]:
    return {"file": file, "case": verdict.case, "holds": verdict.holds, "differences": list(verdict.differences)}


def _print(output: Output, verdicts: list[tuple[str, Verdict]], failed: int) -> None:
    for file, verdict in verdicts:
        if not verdict.holds:
            output.say(f"{file}: {verdict.case}", style="red")
            for difference in verdict.differences:
                output.say(f"  {difference}")
    if not verdicts:
        output.say("there is no such case; tests stand beside their flow, as flows/NAME.test.yaml")
    elif failed:
        output.say(f"{failed} of {counted(len(verdicts), 'case')} failed")
    else:
        output.say(f"{counted(len(verdicts), 'case')} passed", style="green")
