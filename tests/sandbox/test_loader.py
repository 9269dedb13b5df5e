"""Whatever would go wrong in a stand-in later is a finding now, at its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.config.environment import Environment
from engine.config.files import Bundle
from engine.config.findings import Findings
from engine.sandbox.compiled import CompiledStandIn
from engine.sandbox.loader import load_stand_ins
from tests.sandbox.small_workspace import write_workspace

ERP = "flows/systems/erp.sandbox.yaml"
WMS = "flows/systems/wms.sandbox.yaml"


def _no_schema(uri: str) -> dict[str, object]:
    raise LookupError(uri)


def _load(folder: Path) -> tuple[tuple[CompiledStandIn, ...], list[str]]:
    findings = Findings()
    bundle = Bundle.from_directory(folder, findings)
    stand_ins = load_stand_ins(bundle, Environment({}, sandbox=True), _no_schema, findings)
    return stand_ins, [str(finding) for finding in findings]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_workspace(tmp_path)


def _change(folder: Path, file: str, old: str, new: str) -> None:
    path = folder / file
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def test_a_good_workspace_loads_every_stand_in_without_a_finding(folder: Path) -> None:
    stand_ins, findings = _load(folder)
    assert [one.system for one in stand_ins] == ["crm", "erp", "wms"]
    assert findings == []
    assert [answer.route for answer in stand_ins[1].answers][:2] == ["POST /orders", "POST /orders"]


@pytest.mark.parametrize(
    ("file", "old", "new", "expected"),
    [
        (
            ERP,
            "on: POST /orders\n",
            "on: post /orders\n",
            "8:9 XD705 expected 'answers[0].on' to be a method and a path",
        ),
        (ERP, "on: POST /orders\n", "on: POST orders\n", "XD705"),
        (ERP, "/customers/{id}", "/customers/{id}/{id}", "name every parameter differently"),
        (ERP, "sandbox: erp", "sandbox: epr", "2:10 XD202 expected 'sandbox: erp', got 'epr'"),
        (ERP, "expects: order", "expects: ordr", "did you mean 'order.schema.yaml'"),
        (ERP, "name: order-exists", "name: create-order", "found 'create-order' twice"),
        (ERP, "status: 201", "stats: 201", "XD104 expected a key of 'answers[0]', got 'stats'; did you mean 'status'"),
        (ERP, "count: $count($keys", "count: $count(($keys", ":18:"),
        (ERP, "reply: body.amount + ", "reply: body.amount ++ ", "XD304"),
        (ERP, "reply: $lookup($state.orders, $path.number)", "reply: read.jsonata", "XD201 expected a .jsonata file"),
        (WMS, "event: wms.order-picked", "event: wms.order-piked", "did you mean 'wms.order-picked'"),
        (
            WMS,
            ', path: "/hooks/wms/{body.warehouse}/shipped"',
            "",
            "XD105 expected 'path', for '/hooks/wms/{",
        ),
        (
            "flows/systems/wms.yaml",
            "sandbox: wms.sandbox",
            "sandbox: wsm.sandbox",
            "XD201 expected a file beside the system's, got 'wsm.sandbox.yaml'; did you mean 'flows/systems/wms",
        ),
        ("flows/systems/erp.yaml", "sandbox: erp.sandbox.yaml", "", "warning: no system file says 'sandbox: erp"),
        ("flows/systems/erp/order.schema.yaml", "type: object", "type: objct", "order.schema.yaml:3:7 XD401"),
        (
            "flows/systems/wms.yaml",
            'standard_webhooks: {secret: "${secret:WMS_STANDARD}"}',
            "jwt: {jwks: keys.json}",
            "XD107 expected 'verify: {jwt: {secret: …}}'",
        ),
    ],
)
def test_what_is_wrong_is_a_finding_at_its_place(folder: Path, file: str, old: str, new: str, expected: str) -> None:
    _change(folder, file, old, new)
    _, findings = _load(folder)
    assert any(expected in finding for finding in findings), findings


def test_an_answer_behind_one_without_a_condition_is_never_given(folder: Path) -> None:
    again = "\n  - {on: 'DELETE /orders/{other}', name: again}\n"
    (folder / ERP).write_text((folder / ERP).read_text() + again)
    stand_ins, findings = _load(folder)
    assert len(stand_ins) == 3
    assert "XD706 warning: expected a 'when' at 'cancel-order' before it" in findings[0]


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        ("{fault: latency}", "expected 'delay' beside 'fault: latency', found none"),
        ("{fault: status}", "expected 'status' beside 'fault: status', found none"),
        ("{fault: rate-limit}", "expected 'rate' beside 'fault: rate-limit', found none"),
        ("{fault: hang, delay: 1 s}", "expected 'delay' only beside 'fault: latency', found it beside 'hang'"),
        ("{fault: hang, retry_after: 1 s}", "expected 'retry_after' only beside status or rate-limit, found 'hang'"),
        ("{fault: down, times: 3}", "expected only 'for' beside 'fault: down'"),
        ("{fault: dwn}", "did you mean 'down'"),
        ("{fault: hang, for: 5m}", "did you mean '5 min'"),
        ("{fault: hang, match: create-ordr}", "did you mean 'create-order'"),
    ],
)
def test_a_fault_that_does_not_fit_together_is_a_finding(folder: Path, fault: str, expected: str) -> None:
    (folder / ERP).write_text((folder / ERP).read_text() + f"faults:\n  - {fault}\n")
    _, findings = _load(folder)
    assert any(expected in finding for finding in findings), findings


def test_every_finding_comes_at_once(folder: Path) -> None:
    _change(folder, ERP, "expects: order", "expects: ordr")
    _change(folder, ERP, "sandbox: erp", "sandbox: epr")
    _change(folder, WMS, "event: wms.order-picked", "event: wms.order-piked")
    stand_ins, findings = _load(folder)
    assert [one.system for one in stand_ins] == ["crm"]
    assert len(findings) == 3
