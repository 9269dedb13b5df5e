"""`crossdock test`."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from itertools import groupby
from pathlib import Path

import click

from engine.app import check
from engine.cli.options import WORKSPACE_FILE, Folder, json_option
from engine.cli.output import Output, busy, note, print_json, progress_bar
from engine.cli.stops import OK, REFUSED, UNUSABLE, Unusable, counted
from engine.config.findings import Findings
from engine.errors import ConfigurationError
from engine.flow.compiled import Revision
from engine.testing.documents import CaseFiles
from engine.testing.junit import junit_report
from engine.testing.load import LoadedCase, Loader
from engine.testing.runner import run_cases
from engine.testing.update import update_files
from engine.testing.verdict import Verdict

_SUFFIX = ".test.yaml"


@click.command(epilog="Exit codes: 0 all cases hold, 1 some do not, 2 the workspace or a test file has errors.")
@click.argument("paths", metavar="[PATHS]...", nargs=-1, type=click.Path(path_type=Path))
@click.option("-k", "only", metavar="TEXT", default="", help="Only cases whose file or sentence holds this text.")
@click.option("--update", is_flag=True, help="Write the documents that came in the place of those expected.")
@click.option("--junit", metavar="FILE", type=click.Path(path_type=Path), help="Write a JUnit report too.")
@json_option
@click.pass_context
def test(
    ctx: click.Context, /, paths: tuple[Path, ...], only: str, update: bool, junit: Path | None, as_json: bool
) -> None:
    """Run the tests that stand beside the flows.

    PATHS are test files, or folders of a workspace; without any, all tests of the workspace that you stand in. Each
    case of a NAME.test.yaml says what comes in and what must become of it. Flows and mappings run as they always do,
    on a store and a clock of their own; systems are stubs, and nothing reaches the network.

    \b
    Example:
      crossdock test
      crossdock test flows/process -k 'on hold'
      crossdock test --junit report.xml
    """
    folder = _workspace_of(paths)
    with busy("loading"):
        revision, findings = check(folder, complete=False, sandbox=True)
    if revision is None:
        raise ConfigurationError(findings.errors)
    files = _test_files(folder, paths)
    verdicts = _run(folder, revision, files, only)
    if update and any(verdict.updates for verdict in verdicts):
        written = update_files(folder, verdicts)
        for name, documents in written.items():
            note(f"updated {name}: {counted(documents, 'document')}")
        verdicts = _run(folder, revision, files, only)
    if junit is not None:
        _write(junit, junit_report(verdicts))
    failed = sum(not verdict.holds for verdict in verdicts)
    if as_json:
        print_json({"cases": len(verdicts), "failed": failed, "results": [_as_json(one) for one in verdicts]})
    else:
        _print(Output(), verdicts, failed)
    ctx.exit(REFUSED if failed else UNUSABLE if (only or paths) and not verdicts else OK)


def _run(folder: Path, revision: Revision, files: Iterable[str], only: str) -> list[Verdict]:
    """Load and run. Raises ConfigurationError with everything that is wrong with the files."""
    findings = Findings()
    known = CaseFiles(folder, findings)
    loader = Loader(revision, known, findings)
    cases: list[LoadedCase] = [case for file in files for case in loader.load(file)]
    if findings.has_errors:
        raise ConfigurationError(findings.errors)
    chosen = [case for case in cases if only in case.file or only in case.model.case]
    with progress_bar("testing") as progress:
        return asyncio.run(run_cases(revision, known, chosen, progress))


# -- which files


def _workspace_of(paths: Sequence[Path]) -> Path:
    """The one workspace that all paths lie in. Raises Unusable."""
    found: set[Path] = set()
    for path in paths or (Path(),):
        if not path.exists():
            raise Unusable(f"'{path}' is not there", advice="name a test file, or a folder of a workspace")
        whole = path.resolve()
        home = next((each for each in (whole, *whole.parents) if (each / WORKSPACE_FILE).is_file()), None)
        found.add(home if home is not None else Folder().convert(path, None, None))
    if len(found) > 1:
        raise Unusable("the paths lie in several workspaces", advice="test one workspace at a time")
    return found.pop()


def _test_files(folder: Path, paths: Sequence[Path]) -> list[str]:
    """The test files among the paths, relative to the workspace. Raises Unusable for a file that is none."""
    found: set[Path] = set()
    for path in paths or (folder,):
        whole = path.resolve()
        if whole.is_dir():
            inside = folder / "flows" if whole in (folder, *folder.parents) else whole
            found.update(inside.rglob(f"*{_SUFFIX}"))
        elif whole.name.endswith(_SUFFIX):
            found.add(whole)
        else:
            raise Unusable(f"'{path}' is no test file", advice="tests stand beside their flow, as flows/NAME.test.yaml")
    return sorted(path.relative_to(folder).as_posix() for path in found)


# -- what is told


def _as_json(verdict: Verdict) -> dict[str, object]:
    return {
        "file": verdict.file,
        "line": verdict.place.line,
        "case": verdict.case,
        "holds": verdict.holds,
        "problems": list(verdict.problems),
        "differences": [{"path": one.path, "expected": one.expected, "got": one.got} for one in verdict.differences],
        "seconds": round(verdict.seconds, 3),
    }


def _print(output: Output, verdicts: Sequence[Verdict], failed: int) -> None:
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


def _write(path: Path, content: bytes) -> None:
    try:
        path.write_bytes(content)
    except OSError as error:
        raise Unusable(f"the report '{path}' cannot be written: {(error.strerror or 'an error').lower()}") from error
