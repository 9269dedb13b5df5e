"""The JUnit report is XML that build servers read, whatever stands in the cases."""

from __future__ import annotations

from xml.etree import ElementTree

from engine.fields.marks import Mark
from engine.testing.compare import Difference
from engine.testing.junit import junit_report
from engine.testing.verdict import Verdict


def test_report_has_a_suite_a_file_and_a_failure_with_its_place() -> None:
    verdicts = [
        Verdict("a.test.yaml", "it <holds>", Mark("a.test.yaml", 3, 5), seconds=0.25),
        Verdict("b.test.yaml", "it fails", Mark("b.test.yaml", 4, 5), (Difference("x.y", "1", "\x1b[31m&"),)),
    ]
    root = ElementTree.fromstring(junit_report(verdicts))
    assert root.attrib == {"tests": "2", "failures": "1", "time": "0.250"}
    assert [suite.attrib["name"] for suite in root] == ["a.test.yaml", "b.test.yaml"]
    right, wrong = root.iter("testcase")
    assert (right.attrib["name"], list(right)) == ("it <holds>", [])
    (failure,) = wrong
    assert failure.attrib["message"] == "x.y: expected 1, got �[31m&"
    assert (failure.text or "").startswith("b.test.yaml:4:5\n")
