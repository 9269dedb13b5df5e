"""Findings say place, code, expectation and what was found."""

from __future__ import annotations

from engine.config.findings import Findings, Severity, did_you_mean, nearest
from engine.fields.marks import Mark


def test_a_finding_reads_as_one_line() -> None:
    findings = Findings()
    expected = "'retry.max_attempts' to be a positive integer"
    finding = findings.add(
        "XD103", Mark("flows/orders.yaml", 14, 7), expected=expected, found="'5x'", hint="did you mean 5"
    )
    assert str(finding) == (
        "flows/orders.yaml:14:7 XD103 expected 'retry.max_attempts' to be a positive integer, got '5x'; did you mean 5"
    )


def test_warnings_do_not_make_a_workspace_wrong() -> None:
    findings = Findings()
    warning = findings.add("XD602", Mark("f", 1, 1), "no idempotency key")
    assert warning.severity is Severity.WARNING
    assert str(warning) == "f:1:1 XD602 warning: no idempotency key"
    assert not findings.has_errors
    findings.add("XD101", Mark("f", 1, 1), "broken")
    assert findings.has_errors
    assert [finding.code for finding in findings.errors] == ["XD101"]


def test_findings_come_in_file_order_and_once() -> None:
    findings = Findings()
    for line in (9, 2, 9):
        findings.add("XD101", Mark("f", line, 1), "broken")
    assert [finding.line for finding in findings] == [2, 9]
    assert len(findings) == 2


def test_too_many_findings_are_counted() -> None:
    findings = Findings()
    for line in range(1005):
        findings.add("XD101", Mark("f", line, 1), "broken")
    assert (len(findings), findings.omitted) == (1000, 5)


def test_errors_are_kept_however_many_warnings_there_are() -> None:
    findings = Findings()
    for line in range(1, 1500):
        findings.add("XD602", Mark("f", line, 1), "no idempotency key")
    findings.add("XD101", Mark("f", 9999, 1), "broken")
    assert [finding.line for finding in findings.errors] == [9999]
    assert (len(findings.warnings), findings.omitted, findings.omitted_errors) == (1000, 499, 0)


def test_what_is_ignored_is_no_finding_any_more_and_is_remembered_with_its_reason() -> None:
    findings = Findings()
    error = findings.add("XD305", Mark("f", 3, 1), "no such field")
    assert findings.at_line("f", 3) == (error,)
    findings.ignore(error, "old shops send it")
    assert not findings.has_errors
    assert (list(findings), findings.at_line("f", 3)) == ([], ())
    assert [(one.finding, one.reason) for one in findings.ignored] == [(error, "old shops send it")]


def test_nearest_looks_past_case_and_separators() -> None:
    names = ["max_attempts", "ceiling", "first"]
    assert nearest("maxAtempts", names) == "max_attempts"
    assert nearest("MAX-ATTEMPTS", names) == "max_attempts"
    assert nearest("zzz", names) is None
    assert nearest(5, names) is None
    assert did_you_mean("frist", names) == "did you mean 'first'"
