"""JUnit reports, which build servers show: of tests, and of whatever else has cases that hold or fail."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from xml.etree import ElementTree

from engine.testing.verdict import Verdict


@dataclass(frozen=True, slots=True)
class JUnitCase:
    """One case: the suite it belongs to, its name, what is wrong with it and where (nothing when it holds), and what it
    says."""

    suite: str
    name: str
    seconds: float = 0.0
    problem: tuple[str, ...] = ()
    place: str = ""
    output: tuple[str, ...] = ()


def junit_report(verdicts: Sequence[Verdict]) -> bytes:
    """The report of tests in XML: a suite a file, a test case a case."""
    return junit_xml([_case(verdict) for verdict in verdicts])


def junit_xml(cases: Sequence[JUnitCase]) -> bytes:
    """The report in XML; cases of one suite stand together."""
    root = ElementTree.Element("testsuites", _totals(cases))
    for name, found in groupby(cases, key=lambda case: case.suite):
        inside = list(found)
        suite = ElementTree.SubElement(root, "testsuite", {"name": _printable(name), **_totals(inside)})
        for case in inside:
            facts = {"classname": _printable(name), "name": _printable(case.name), "time": f"{case.seconds:.3f}"}
            element = ElementTree.SubElement(suite, "testcase", facts)
            if case.problem:
                lines = [_printable(line) for line in case.problem]
                failure = ElementTree.SubElement(element, "failure", {"message": lines[0]})
                failure.text = "\n".join((case.place, *lines) if case.place else lines)
            if case.output:
                ElementTree.SubElement(element, "system-out").text = "\n".join(map(_printable, case.output))
    ElementTree.indent(root)
    return bytes(ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)) + b"\n"


def _case(verdict: Verdict) -> JUnitCase:
    return JUnitCase(verdict.file, verdict.case, verdict.seconds, tuple(verdict.lines()), str(verdict.place))


def _totals(cases: Sequence[JUnitCase]) -> dict[str, str]:
    failed = sum(bool(case.problem) for case in cases)
    seconds = sum(case.seconds for case in cases)
    return {"tests": str(len(cases)), "failures": str(failed), "time": f"{seconds:.3f}"}


def _printable(line: str) -> str:
    """A line without what XML cannot carry."""
    return "".join(letter if letter.isprintable() or letter == "\t" else "�" for letter in line)
