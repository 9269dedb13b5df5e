"""`crossdock lint`."""

from __future__ import annotations

from pathlib import Path

import click

from engine.app import check
from engine.cli.options import json_option, workspace_argument
from engine.cli.output import Output, busy, print_json
from engine.cli.stops import MISSING, REFUSED, UNUSABLE, counted
from engine.config.files import WORKSPACE_FILE
from engine.config.findings import Findings
from engine.config.git import bundle_at

_UNREADABLE = frozenset({"XD101", "XD116", "XD122"})


@click.command(epilog="Exit codes: 0 clean or warnings only, 1 errors found, 2 no workspace that could be read.")
@workspace_argument
@click.option(
    "--offline",
    "--no-secrets",
    "offline",
    is_flag=True,
    help="Do not ask for environment variables and secrets, as in CI where they are absent.",
)
@click.option("--sandbox", is_flag=True, help="Check as 'run --sandbox' would start it.")
@click.option(
    "--against",
    metavar="REF",
    help="Compare contracts with those of a commit, tag or branch of git, which others use already.",
)
@json_option
@click.pass_context
def lint(ctx: click.Context, folder: Path, offline: bool, sandbox: bool, against: str | None, as_json: bool) -> None:
    """Check a workspace and show everything that is wrong with it.

    The checker is the loader of `run`: what is clean here starts.

    \b
    Example:
      crossdock lint
      crossdock lint ../other --offline --json
      crossdock lint --against origin/main
    """
    with busy("checking"):
        published = bundle_at(folder, against) if against is not None else None
        revision, findings = check(folder, complete=not offline, sandbox=sandbox, published=published)
    if as_json:
        print_json(
            {
                "revision": revision.id if revision is not None else None,
                "errors": len(findings.errors),
                "warnings": len(findings.warnings),
                "omitted": findings.omitted,
                "findings": [finding.as_json() for finding in findings],
            }
        )
    else:
        _print(Output(), findings, revision.id if revision is not None else "")
    ctx.exit(_code(findings))


def _print(output: Output, findings: Findings, revision: str) -> None:
    for finding in findings:
        output.say(str(finding), style="red" if finding.is_error else "yellow")
    if findings.omitted:
        output.say(f"and {counted(findings.omitted, 'further finding')}")
    errors, warnings = len(findings.errors), len(findings.warnings)
    if errors or findings.has_errors:
        output.say(f"{counted(errors, 'error')}, {counted(warnings, 'warning')}")
        if all(finding.code in MISSING for finding in findings.errors):
            output.say(
                "only values of the environment are missing: --offline checks without them, --sandbox as stand-ins do"
            )
    elif warnings:
        output.say(f"it can run ({revision}): no errors, {counted(warnings, 'warning')}")
    else:
        output.say(f"nothing is wrong ({revision})", style="green")


def _code(findings: Findings) -> int:
    """Unusable is a workspace whose own file could not be read."""
    if not findings.has_errors:
        return 0
    own = {finding.code for finding in findings.errors if finding.file == WORKSPACE_FILE}
    return UNUSABLE if own & _UNREADABLE else REFUSED
