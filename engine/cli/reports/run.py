"""A run of lint: what was kept of an equal one, or a check of the workspace."""

from __future__ import annotations

import os
import sys
import sysconfig
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from importlib.metadata import entry_points
from importlib.util import find_spec
from pathlib import Path

import engine
from engine.app.checks import check_files
from engine.cli.output import progress_bar
from engine.cli.reports.report import Report, make_report
from engine.clock import Clock, SystemClock, moment
from engine.config.environment import Environment
from engine.config.files import Bundle
from engine.config.findings import Findings
from engine.config.git import bundle_at
from engine.lint.kept import KeptResult, KeptResults, key_of, result_of
from engine.plugin.registry import ENTRY_POINT_GROUP


@dataclass(frozen=True, slots=True)
class LintOptions:
    """How to check. `against` is a commit, tag or branch to compare contracts with; `kept`: use what was kept."""

    offline: bool = False
    sandbox: bool = False
    against: str | None = None
    kept: bool = True


def lint_workspace(folder: Path, options: LintOptions, clock: Clock | None = None) -> Report:
    """Check a workspace, or tell what an equal run found. Raises RefUnreadable or PluginError."""
    today = moment((clock or SystemClock()).now()).date()
    reading = Findings()
    bundle = Bundle.from_directory(folder, reading)
    published = bundle_at(folder, options.against) if options.against is not None else None
    environment = Environment(
        dict(os.environ), complete=not options.offline, sandbox=options.sandbox or options.offline
    )
    key = key_of(bundle, environment, reading, _parts(folder, published, today))
    kept = KeptResults(cache_folder() / "lint")
    result = kept.load(key) if options.kept else None
    if result is None:
        with progress_bar("checking") as progress:
            revision, findings = check_files(
                folder, bundle, environment, reading, published=published, today=today, progress=progress
            )
        result = result_of(revision.id if revision is not None else None, findings)
        kept.save(key, result)
    return _report(result)


def cache_folder() -> Path:
    """Where results are kept: outside of the workspace, for what a repository brings must not vouch for itself."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "crossdock"


def _report(result: KeptResult) -> Report:
    return make_report(result.revision, result.findings, result.ignored, result.omitted, result.omitted_errors)


def _parts(folder: Path, published: Bundle | None, today: date) -> Iterator[str]:
    """What findings depend on beside files and environment: program, plugins, day, and the contracts compared with."""
    yield sys.version
    yield today.isoformat()
    yield published.revision if published is not None else ""
    yield str(Path(sysconfig.get_paths()["purelib"]).stat().st_mtime_ns)  # changes when a package comes or goes
    for place in (Path(engine.__file__).parent, *_plugin_places(), folder / "plugins"):
        for path in sorted(place.rglob("*.py")):
            status = path.stat()
            yield f"{path.name} {status.st_size} {status.st_mtime_ns}"


def _plugin_places() -> Iterator[Path]:
    """Where the installed plugins lie; they are not imported."""
    for point in entry_points(group=ENTRY_POINT_GROUP):
        top, *below = point.module.split(".")
        spec = find_spec(top)
        for location in (spec.submodule_search_locations or ()) if spec is not None else ():
            yield Path(location, *below)
