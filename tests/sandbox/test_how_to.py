"""The stand-in of `docs/how-to/stand-ins.md` does what the page says."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

from engine.config.environment import Environment
from engine.config.files import Bundle
from engine.config.findings import Findings
from engine.config.models.sandbox import FaultKind
from engine.sandbox.loader import load_stand_ins
from tests.sandbox.small_workspace import write_workspace

PAGE = Path(__file__).parents[2] / "docs/how-to/stand-ins.md"


def test_the_example_of_the_page_loads_without_a_finding(tmp_path: Path) -> None:
    write_workspace(tmp_path)
    for block in re.findall(r"```yaml\n(.*?)```", PAGE.read_text(), re.DOTALL):
        named = re.match(r"# (flows/\S+)\n", block)
        if named:
            (tmp_path / named[1]).write_text(block)
    findings = Findings()
    bundle = Bundle.from_directory(tmp_path, findings)
    stand_ins = load_stand_ins(bundle, Environment({}, sandbox=True), lambda uri: {}, findings)
    assert [str(finding) for finding in findings] == []
    erp = next(one for one in stand_ins if one.system == "erp")
    assert [answer.name for answer in erp.answers] == ["create-order", "order-exists", "read-order"]


def test_every_fault_and_every_control_is_on_the_page() -> None:
    page = PAGE.read_text()
    for fault in get_args(FaultKind):
        assert f"| `{fault}`" in page
    for part in ("ledger", "requests", "state", "events", "emit", "reset", "faults", "hub"):
        assert f"/{part}" in page


def test_a_secret_that_is_set_is_used_and_one_that_is_not_has_a_name_of_its_own() -> None:
    environment = Environment({"CROSSDOCK_SECRET_A": "real"}, sandbox=True)
    assert (environment.secret("A"), environment.secret("B")) == ("real", "sandbox-B")
    assert environment.variable("ERP_URL") == "http://erp-url.sandbox.invalid"
    assert Environment({}).secret("B") is None
