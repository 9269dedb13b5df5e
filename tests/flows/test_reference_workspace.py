"""The reference workspace as configuration: clean, without a line of Python, and in all styles of integration."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

from engine.app.checks import check
from engine.clock import SystemClock, moment
from tests.flows.orders import shop_order
from tests.flows.running import ROOT, Running, crossdock, running

MONDAY_SIX_IN_NEW_YORK = 1_794_222_000.0
"""2026-11-09T11:00:00Z."""


class MovableClock(SystemClock):
    """The system's clock, set to a time of its own."""

    def __init__(self, at: float) -> None:
        self.set(at)

    def set(self, at: float) -> None:
        self._shift = at - super().now()

    def now(self) -> float:
        return super().now() + self._shift


def test_reference_workspace_has_no_findings() -> None:
    """ARC-1, GOV-4: what lints clean starts."""
    revision, findings = check(ROOT, sandbox=True, variables=dict(os.environ))
    assert [str(finding) for finding in findings] == []
    assert revision is not None


def test_reference_workspace_is_configuration_alone() -> None:
    kinds = {path.suffix for folder in ("flows", "canonical") for path in (ROOT / folder).rglob("*") if path.is_file()}
    assert kinds == {".yaml", ".jsonata", ".csv"}


def test_cases_beside_the_flows_hold_and_reach_nearly_all_of_them() -> None:
    assert re.search(r"^[1-9][0-9]* cases passed$", crossdock(ROOT, "test", "--coverage-min", "95"), re.MULTILINE)


def test_process_flows_name_no_warehouse_system() -> None:
    """ARC-1: warehouses are found in a code table."""
    for file in (path for path in (ROOT / "flows" / "process").glob("*.yaml") if ".test." not in path.name):
        assert "wms" not in file.read_text(), file.name


def test_styles_of_integration_are_all_there() -> None:
    """ARC-7: a call, an orchestration, events, a schedule, a poll and a caller who waits."""
    revision, _ = check(ROOT, sandbox=True, variables=dict(os.environ))
    assert revision is not None
    flows = revision.flows.values()
    assert {flow.model.layer for flow in flows} == {"system", "process", "experience"}
    assert any(flow.model.source.schedule for flow in flows)
    assert any(flow.model.source.reply_within for flow in flows)
    assert any(flow.model.source.topics for flow in flows)
    events = [event for system in revision.systems.values() for event in system.events.values()]
    assert any(event.poll for event in events)
    assert {system.connector.name for system in revision.systems.values()} == {"http", "files"}


def test_schedule_and_poll_fire_at_their_time(tmp_path: Path) -> None:
    """ARC-8 for schedules: the morning's report, and what a clerk changed in the ERP itself."""
    clock = MovableClock(MONDAY_SIX_IN_NEW_YORK - 250)
    with running(ROOT, tmp_path, clock=clock) as workspace:
        workspace.shop_order(shop_order(2601), "changed-2601")
        workspace.until_shipped("2601")
        workspace.in_the_erp("/api/orders/2601/changes", {"customerOrder": "PO-NEW"})
        clock.set(MONDAY_SIX_IN_NEW_YORK - 1)
        workspace.look_at_the_clock()
        reports = workspace.until(lambda: mails(workspace, "report"), "the report is sent")
        assert reports[0]["to"] == "order-desk@distributor.example"
        workspace.until(
            lambda: workspace.sandbox.state("crm")["orders"]["2601"].get("PoNumber") == "PO-NEW",
            "the CRM has the change",
        )
        fired = workspace.order("list", channel="flow:open-orders-report")["messages"]
        assert [message["receivedAt"][:16] for message in fired] == [moment(MONDAY_SIX_IN_NEW_YORK).isoformat()[:16]]


def mails(workspace: Running, template: str) -> list[dict[str, Any]]:
    sent = workspace.sandbox.state("mailer")["messages"].values()
    return [mail for mail in sent if mail["template"] == template]
