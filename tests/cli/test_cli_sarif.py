"""Reports for code hosts: SARIF by its official schema and by rules of our own, and GitHub's annotations."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from cli_harness import crossdock

from engine.cli.reports.github import github_lines
from engine.cli.reports.report import Report, make_report
from engine.cli.reports.sarif import sarif_document
from engine.cli.reports.sources import Sources
from engine.config.findings import Finding, Findings, Ignored
from engine.fields.marks import Mark

SCHEMA = Path("@microsoft", "jest-sarif", "lib", "schemas", "sarif-2.1.0-rtm.5.json")


def found(*places: tuple[str, Mark]) -> tuple[Finding, ...]:
    findings = Findings()
    for code, mark in places:
        findings.add(code, mark, expected="a: b, 100 %\nnext", found="'layr'", hint="did you mean 'layer'")
    return tuple(findings)


def report_in(folder: Path) -> tuple[Report, Sources]:
    """A report with errors, a warning, one that is ignored, and odd names."""
    (folder / "flows").mkdir()
    (folder / "flows" / "a b.yaml").write_text("flow: a\nlayr: größe 倉庫\n")
    findings = found(("XD104", Mark("flows/a b.yaml", 2, 1)), ("XD602", Mark("flows/a b.yaml", 1, 7)))
    gone = found(("XD122", Mark("flows/größe:1,2.yaml", 1, 1)))
    ignored = Ignored(found(("XD605", Mark("flows/a b.yaml", 2, 7)))[0], "the archive reads it")
    report = make_report(None, (*findings, *gone), [ignored], 0, 0)
    return report, Sources(folder, report.hidden)


def test_sarif_is_valid_by_the_official_schema(tmp_path: Path, workspace: Path) -> None:
    modules = os.environ.get("CROSSDOCK_NODE_MODULES", "")
    path = Path(modules, SCHEMA)
    if not modules or not path.is_file():
        pytest.skip("the package @microsoft/jest-sarif is not installed; scripts/reference.sh installs it")
    validator = jsonschema.Draft7Validator(json.loads(path.read_text()), format_checker=jsonschema.FormatChecker())
    flow = workspace / "flows" / "orders.yaml"
    flow.write_text(flow.read_text().replace("layer: process", "layr: process"))
    linted = json.loads(crossdock("lint", workspace, "--offline", "--format", "sarif").stdout)
    for document in (sarif_document(*report_in(tmp_path)), linted):
        assert [error.message for error in validator.iter_errors(document)] == []
    linted["runs"][0]["results"][0]["level"] = "fatal"
    assert not validator.is_valid(linted)


def every(value: Any, name: str) -> Iterator[Any]:
    """Everything under a key, at any depth."""
    for key, item in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        if key == name:
            yield item
        yield from every(item, name)


def test_sarif_holds_together(tmp_path: Path) -> None:
    report, sources = report_in(tmp_path)
    log = sarif_document(report, sources, "sub/", exit_code=1)
    assert (log["version"], len(log["runs"])) == ("2.1.0", 1)
    (run,) = log["runs"]
    rules = run["tool"]["driver"]["rules"]
    assert len(run["results"]) == len(report.findings) + len(report.ignored)
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        assert result["level"] in ("error", "warning")
        assert result["message"]["text"]
    assert len({rule["id"] for rule in rules}) == len(rules)
    for region in every(run, "region"):
        assert region["startLine"] >= 1
        assert region["startColumn"] >= 1
        assert region.get("endColumn", region["startColumn"] + 1) > region["startColumn"]
    for uri in every(run, "uri"):
        assert re.fullmatch(r"[A-Za-z0-9._~/%-]+", uri), uri
        assert uri.startswith("sub/flows/")
    assert set(every(run, "uriBaseId")) == set(run["originalUriBaseIds"])
    assert run["invocations"] == [{"executionSuccessful": True, "exitCode": 1}]


def test_a_region_is_what_the_caret_shows(tmp_path: Path) -> None:
    results = sarif_document(*report_in(tmp_path))["runs"][0]["results"]
    result = next(one for one in results if one["ruleId"] == "XD104")
    region = result["locations"][0]["physicalLocation"]["region"]
    line = region["snippet"]["text"]
    assert line[region["startColumn"] - 1 : region["endColumn"] - 1] == "layr"


def test_what_a_comment_ignores_is_suppressed_with_its_reason(tmp_path: Path) -> None:
    results = sarif_document(*report_in(tmp_path))["runs"][0]["results"]
    suppressed = {one["ruleId"]: one["suppressions"] for one in results if "suppressions" in one}
    assert suppressed == {
        "XD605": [{"kind": "inSource", "status": "accepted", "justification": "the archive reads it"}]
    }


def test_a_fingerprint_stays_when_lines_come_above_and_equal_findings_have_their_own(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"

    def prints(text: str, *lines: int) -> list[str]:
        file.write_text(text)
        report = make_report(None, found(*(("XD104", Mark("a.yaml", line, 1)) for line in lines)), [], 0, 0)
        results = sarif_document(report, Sources(tmp_path, {}))["runs"][0]["results"]
        return [one["partialFingerprints"]["crossdock/v1"] for one in results]

    before = prints("layr: 1\nlayr: 1\n", 1, 2)
    assert len(set(before)) == 2
    assert prints("# new\nlayr: 1\n\nlayr: 1\n", 2, 4) == before
    assert set(prints("layr: 2\n", 1)).isdisjoint(before)


def test_annotations_are_escaped_as_github_wants_it(tmp_path: Path) -> None:
    report, sources = report_in(tmp_path)
    first, second, third = github_lines(report, sources, "sub/")
    told = "expected a: b, 100 %25%0Anext, got 'layr'; did you mean 'layer'"
    assert first == (
        "::warning file=sub/flows/a b.yaml,line=1,endLine=1,col=7,endColumn=8,title=XD602 no idempotency key::" + told
    )
    assert second == (
        "::error file=sub/flows/a b.yaml,line=2,endLine=2,col=1,endColumn=5,title=XD104 unknown key::" + told
    )
    assert third.startswith("::error file=sub/flows/größe%3A1%2C2.yaml,line=1,endLine=1,col=1,endColumn=2,title=XD122 ")
