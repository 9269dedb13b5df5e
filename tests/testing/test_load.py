"""Whatever is wrong with a test file is a finding at its line and column; nothing runs then."""

from __future__ import annotations

import pytest

from engine.errors import ConfigurationError
from tests.testing.small import Workspace

MAPPING = "mapping: shop.order\ngiven: {payload: {}}\nexpect: {canonical: {}}\n"
FLOW = "flow: orders\ngiven: {payload: {}}\n"


@pytest.mark.parametrize(
    ("case", "finding"),
    [
        (MAPPING.replace("expect", "expct"), "6:5 XD104 expected a key of 'cases[0]', got 'expct'; did you mean"),
        ("given: {payload: {}}\nexpect: {}", "3:5 XD106 expected 'cases[0]' to be a mapping with one of"),
        (MAPPING.replace("shop.order", "shop.oder"), "4:14 XD201 expected an event or operation, got 'shop.oder'"),
        (FLOW.replace("orders", "order"), "4:11 XD201 expected a flow, got 'order'; did you mean 'orders'"),
        (FLOW.replace("payload: {}", "event: shop.other, payload: {}"), "5:20 XD201 expected an event that the"),
        (FLOW.replace("payload: {}", "event: shop.order"), "5:12 XD105 expected 'payload' or 'file' to be given"),
        (MAPPING.replace("payload: {}", "file: examples/ordr.json"), "5:19 XD201 expected a file of the workspace"),
        (MAPPING.replace("payload: {}", "file: ../../etc/passwd"), "5:19 XD122 '../../etc/passwd' leads out of"),
        (MAPPING.replace("payload: {}", "headers: {}"), "5:12 XD105 expected 'given.payload' or 'file' to be given"),
        (MAPPING.replace("payload: {}", "payload: {}, file: x"), "5:12 XD107 'cases[0].given': expected one of 'payl"),
        (MAPPING.replace("canonical: {}", "failed: {class: data}"), "6:14 XD107 expected no 'failed' for 'shop.order'"),
        (MAPPING.replace("shop.order", "erp.book"), "6:14 XD107 expected a 'reply' of 'erp.book' that becomes"),
        (MAPPING + "reply: {}", "7:5 XD107 expected no 'reply' for 'shop.order', got one, and it is"),
        (MAPPING.replace("{canonical: {}}", "{}"), "6:13 XD107 'cases[0].expect': expected at least one of"),
        (FLOW + "stubs: [{operation: erp.bok, reply: {}}]", "6:25 XD201 expected an operation, got 'erp.bok'"),
        (FLOW + "stubs: [{operation: erp.book}]", "6:13 XD107 'cases[0].stubs[0]': expected exactly one of 'reply'"),
        (FLOW + "stubs: [{operation: erp.book, when: 'a +', reply: {}}]", "XD304"),
        (FLOW + "stubs: [{operation: erp.check, confirm: true, reply: {}}]", "6:36 XD107 expected 'erp.check' to have"),
        (FLOW + "stubs: [{operation: erp.book, reply: {fault: timeout, status: 500}}]", "expected 'fault' alone"),
        (FLOW + "stubs: [{operation: erp.book, reply: {fault: tiemout}}]", "did you mean 'timeout'"),
        (FLOW + "then: [{publish: {topic: credit.decied}}]", "6:30 XD201 expected a topic on which something waits"),
        (FLOW + "then: [{release: true, wait: 1 h}]", "6:12 XD107 'cases[0].then[0]': expected exactly one of"),
        (FLOW + "expect: {calls: [erp.bok]}", "6:22 XD201 expected an operation, got 'erp.bok'; did you"),
        (FLOW + "expect: {sends: [{operation: erp.ship, assert: ')'}]}", "XD304"),
        (FLOW + "expect: {outcome: finished}", "6:23 XD106 expected 'cases[0].expect.outcome' to be 'completed'"),
        (FLOW + "expect: {within: 5}", "6:22 XD803"),
        (
            FLOW.replace("payload: {}", "payload: {}, earlier: [{payload: {}, at: '2026-03-02T15:00:01Z'}]"),
            "5:12 XD107 'cases[0].given': expected times in the order of the messages, got 2026-03-02 15:00:01",
        ),
    ],
)
def test_wrong_input_is_a_finding_at_its_place(small: Workspace, case: str, finding: str) -> None:
    found = small.findings(case)
    assert any(finding in one for one in found), found


def test_file_is_named_after_a_flow_or_system(small: Workspace) -> None:
    for name, told in (("orders", "XD202 expected the name 'orders'"), ("order", "XD201 expected a flow or system")):
        with pytest.raises(ConfigurationError, match=told):
            small.run(f"test: order\ncases: [{{case: it holds, {', '.join(MAPPING.splitlines())}}}]\n", name)
        (small.folder / "flows" / f"{name}.test.yaml").unlink()


def test_document_that_is_no_json_is_a_finding_where_it_is_named(small: Workspace) -> None:
    small.write("examples/broken.json", "{")
    (found,) = small.findings(
        "mapping: shop.order\ngiven: {payload: {}}\nexpect: {canonical_file: examples/broken.json}"
    )
    assert "6:30 XD103 expected JSON, or YAML in a .yaml file, got 'examples/broken.json'" in found


def test_all_findings_come_at_once(small: Workspace) -> None:
    found = small.findings("flow: order\nstubs: [{operation: erp.bok, reply: {}}]\nexpect: {sends: [erp.shp]}")
    assert [one.split()[1] for one in found] == ["XD201", "XD201", "XD201"]
