"""`crossdock test`."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import click

from engine.app.checks import check
from engine.cli.options import WORKSPACE_FILE, Folder, json_option
from engine.cli.output import Output, busy, note, print_json, print_json_line, progress_bar
from engine.cli.stops import OK, REFUSED, UNUSABLE, Stop, Unusable, counted, explained
from engine.cli.test_view import show_coverage, show_verdicts, verdict_json
from engine.cli.watching import saves
from engine.config.findings import Findings
from engine.config.models.tests import FlowCaseModel
from engine.errors import ConfigurationError
from engine.flow.compiled import Revision
from engine.testing.coverage_page import coverage_page
from engine.testing.documents import CaseFiles
from engine.testing.junit import junit_report
from engine.testing.load import LoadedCase, Loader
from engine.testing.points import Coverage, flow_owner, system_owner
from engine.testing.processes import usual_jobs
from engine.testing.runner import run_cases
from engine.testing.update import update_files
from engine.testing.verdict import Verdict

_SUFFIX = ".test.yaml"


@click.command(
    epilog="Exit codes: 0 all cases hold, 1 some do not or they reach less than --coverage-min, 2 the workspace or a "
    "test file has errors."
)
@click.argument("paths", metavar="[PATHS]...", nargs=-1, type=click.Path(path_type=Path))
@click.option("-k", "only", metavar="TEXT", default="", help="Only cases whose file or sentence holds this text.")
@click.option("--update", is_flag=True, help="Write the documents that came in the place of those expected.")
@click.option("--watch", is_flag=True, help="Run again on every save of the workspace; ends with Ctrl-C.")
@click.option("-j", "--jobs", type=click.IntRange(1, 64), help="Processes; by default one a core where it is worth it.")
@click.option("--junit", metavar="FILE", type=click.Path(path_type=Path), help="Write a JUnit report too.")
@click.option("--coverage", "covered", is_flag=True, help="Tell which steps, arms, error rules and fields are reached.")
@click.option("--coverage-html", "page", metavar="DIR", type=click.Path(path_type=Path), help="Write that as a page.")
@click.option("--coverage-min", "least", metavar="PERCENT", type=click.FloatRange(0, 100), help="Fail below this.")
@json_option
@click.pass_context
def test(
    ctx: click.Context,
    /,
    paths: tuple[Path, ...],
    only: str,
    update: bool,
    watch: bool,
    jobs: int | None,
    junit: Path | None,
    covered: bool,
    page: Path | None,
    least: float | None,
    as_json: bool,
) -> None:
    """Run the tests that stand beside the flows.

    PATHS are test files, or folders of a workspace; without any, all tests of the workspace that you stand in. Each
    case of a NAME.test.yaml says what comes in and what must become of it. Flows and mappings run as they always do,
    on a store and a clock of their own; systems are stubs, and nothing reaches the network.

    \b
    Example:
      crossdock test
      crossdock test flows/process -k 'on hold' --watch
      crossdock test --junit report.xml --coverage-html coverage --coverage-min 80
    """
    task = _Task(_workspace_of(paths), paths, only, update, jobs, covered or page is not None or least is not None)
    if watch:
        _watch(task, as_json)
        ctx.exit(OK)
    result = task.run()
    if junit is not None:
        _write(junit, junit_report(result.verdicts))
    if page is not None and result.coverage is not None:
        _write_page(page, result.coverage, result.name)
    if as_json:
        print_json(result.as_json())
    else:
        show_result(result, covered)
    lacking = least is not None and result.lacks(least)
    if lacking:
        assert result.coverage is not None
        share = result.coverage.share()
        note(
            f"the tests reach {share.reached:,} of {share.whole:,} ({share.percent:g} %); at least {least:g} % is asked"
        )
    nothing = (only or paths) and not result.verdicts
    ctx.exit(REFUSED if result.failed or lacking else UNUSABLE if nothing else OK)


@dataclass(frozen=True, slots=True)
class _Result:
    """What came of one run; `name` is the workspace's."""

    name: str
    verdicts: Sequence[Verdict]
    coverage: Coverage | None

    @property
    def failed(self) -> int:
        return sum(not verdict.holds for verdict in self.verdicts)

    def lacks(self, least: float) -> bool:
        """Whether the cases reach less than `least` percent."""
        share = self.coverage.share() if self.coverage is not None else None
        return share is not None and 100 * share.reached < least * share.whole

    def as_json(self) -> dict[str, object]:
        told: dict[str, object] = {
            "cases": len(self.verdicts),
            "failed": self.failed,
            "results": [verdict_json(one) for one in self.verdicts],
        }
        return told | ({"coverage": self.coverage.as_json()} if self.coverage is not None else {})


@dataclass(frozen=True, slots=True)
class _Task:
    """What is to be run, and how."""

    folder: Path
    paths: Sequence[Path]
    only: str
    update: bool
    jobs: int | None
    covered: bool

    def run(self) -> _Result:
        """Load the workspace and run. Raises ConfigurationError with everything that is wrong with its files."""
        with busy("loading"):
            revision, findings = check(self.folder, complete=False, sandbox=True)
        if revision is None:
            raise ConfigurationError(findings.errors)
        result = self._run(revision)
        if self.update and any(verdict.updates for verdict in result.verdicts):
            for name, documents in update_files(self.folder, result.verdicts).items():
                note(f"updated {name}: {counted(documents, 'document')}")
            result = self._run(revision)
        return result

    def _run(self, revision: Revision) -> _Result:
        findings = Findings()
        files = CaseFiles(self.folder, findings)
        loader = Loader(revision, files, findings)
        cases = [case for file in _test_files(self.folder, self.paths) for case in loader.load(file)]
        if findings.has_errors:
            raise ConfigurationError(findings.errors)
        chosen = [case for case in cases if self.only in case.file or self.only in case.model.case]
        coverage = Coverage([]) if self.covered else None
        jobs = self.jobs if self.jobs is not None else usual_jobs(len(chosen))
        with progress_bar("testing") as progress:
            verdicts = run_cases(revision, files, chosen, progress, jobs=jobs, coverage=coverage)
        if coverage is not None:
            coverage = coverage.of(self._owners(revision, chosen))
        return _Result(revision.workspace.name, verdicts, coverage)

    def _owners(self, revision: Revision, chosen: Sequence[LoadedCase]) -> set[str]:
        """Whose points count: all active flows and all systems, or what the chosen cases are about."""
        if not self.only and _test_files(self.folder, self.paths) == _test_files(self.folder, ()):
            flows = {flow_owner(name) for name, flow in revision.flows.items() if flow.model.active}
            return flows | {system_owner(name) for name in revision.systems}
        return {_about(case) for case in chosen}


def _about(case: LoadedCase) -> str:
    model = case.model
    if isinstance(model, FlowCaseModel):
        return flow_owner(model.flow)
    return system_owner(model.mapping.partition(".")[0])


def show_result(result: _Result, covered: bool) -> None:
    """What a person is told."""
    output = Output()
    show_verdicts(output, result.verdicts)
    if covered and result.coverage is not None and result.verdicts:
        show_coverage(output, result.coverage)


def _watch(task: _Task, as_json: bool) -> None:
    """Run at once and after each save; a workspace that does not load is told, and waited for."""
    output = Output()
    with suppress(KeyboardInterrupt):
        for _ in saves(task.folder, None):
            try:
                with explained():
                    result = task.run()
            except Stop as stop:
                if as_json:
                    print_json_line({"error": stop.message})
                else:
                    output.say(stop.message, style="red")
            else:
                if as_json:
                    print_json_line(result.as_json())
                else:
                    show_result(result, task.covered)
            if not as_json:
                output.say("waiting for a save (Ctrl-C ends)", style="dim")


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


def _write_page(folder: Path, coverage: Coverage, name: str) -> None:
    with suppress(OSError):  # what stands in the way is told by the file that cannot be written
        folder.mkdir(parents=True, exist_ok=True)
    _write(folder / "index.html", coverage_page(coverage, f"What the tests of {name} reach").encode())


def _write(path: Path, content: bytes) -> None:
    try:
        path.write_bytes(content)
    except OSError as error:
        raise Unusable(f"the report '{path}' cannot be written: {(error.strerror or 'an error').lower()}") from error
