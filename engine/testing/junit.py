"""Verdicts as a JUnit report, which build servers show."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from xml.etree import ElementTree

from engine.testing.verdict import Verdict


def junit_report(verdicts: Sequence[Verdict]) -> bytes:
    """The report in XML: a suite a file, a test case a case."""
    root = ElementTree.Element("testsuites", _totals(verdicts))
    for file, found in groupby(verdicts, key=lambda verdict: verdict.file):
        cases = list(found)
        suite = ElementTree.SubElement(root, "testsuite", {"name": file, **_totals(cases)})
        for verdict in cases:
            facts = {"classname": file, "name": verdict.case, "time": f"{verdict.seconds:.3f}"}
            case = ElementTree.SubElement(suite, "testcase", facts)
            lines = [_printable(line) for line in verdict.lines()]
            if lines:
                failure = ElementTree.SubElement(case, "failure", {"message": lines[0]})
                failure.text = "\n".join((str(verdict.place), *lines))
    ElementTree.indent(root)
    return bytes(ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)) + b"\n"


def _totals(verdicts: Sequence[Verdict]) -> dict[str, str]:
    failed = sum(not verdict.holds for verdict in verdicts)
    seconds = sum(verdict.seconds for verdict in verdicts)
    return {"tests": str(len(verdicts)), "failures": str(failed), "time": f"{seconds:.3f}"}


def _printable(line: str) -> str:
    """A line without what XML cannot carry."""
    return "".join(letter if letter.isprintable() else "�" for letter in line)
