"""Other files while the stand-ins run: what is new begins, what is gone ends, what they remember stays."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from engine.config.files import Bundle
from engine.config.findings import Findings
from engine.sandbox.client import SandboxRefused
from engine.sandbox.process import SandboxProcess
from tests.sandbox.small_workspace import CRM, CRM_SANDBOX, ERP_SANDBOX, erp_client

Start = Callable[..., SandboxProcess]


def take(sandbox: SandboxProcess, folder: Path, **files: str) -> dict[str, str]:
    """Write these systems' files, such as `erp_sandbox`, and let the stand-ins take the workspace; the addresses."""
    for name, text in files.items():
        (folder / "flows/systems" / f"{name.replace('_', '.')}.yaml").write_text(text)
    return sandbox.control.set_workspace(Bundle.from_directory(folder, Findings()).to_bytes())


async def order(sandbox: SandboxProcess, number: str) -> tuple[int, Any]:
    """Book an order under a key of its own."""
    headers = {"Idempotency-Key": f"key of {number}"}
    body = {"orderNumber": number}
    async with erp_client(sandbox) as session, session.post("/orders", json=body, headers=headers) as reply:
        return reply.status, await reply.json()


async def test_a_changed_stand_in_answers_by_the_new_file_and_remembers(start: Start, tmp_path: Path) -> None:
    sandbox = start()
    assert (await order(sandbox, "1"))[0] == 201
    after = ERP_SANDBOX.replace("status: 201", "status: 202").replace("orders: {}", "orders: {}\n  quotes: {Q-1: 5}")
    assert take(sandbox, tmp_path, erp_sandbox=after) == sandbox.addresses
    assert (await order(sandbox, "2"))[0] == 202
    assert (await order(sandbox, "1"))[0] == 201, "the first answer to its key"
    assert [line["applied"] for line in sandbox.control.ledger("erp")] == [True, True, False]
    state = sandbox.control.state("erp")
    assert (list(state["orders"]), state["quotes"]) == (["1", "2"], {"Q-1": 5})
    sandbox.control.reset("erp")
    assert sandbox.control.state("erp")["quotes"] == {"Q-1": 5}


async def test_a_field_of_the_state_that_was_deleted_does_not_come_back(start: Start, tmp_path: Path) -> None:
    sandbox = start()
    sandbox.control.patch_state("erp", {"customers": None})
    take(sandbox, tmp_path, erp_sandbox=ERP_SANDBOX.replace("Books orders", "Books"))
    assert "customers" not in sandbox.control.state("erp")


async def test_a_new_system_begins_and_one_that_is_gone_ends(start: Start, tmp_path: Path) -> None:
    sandbox = start()
    assert (await order(sandbox, "1"))[0] == 201
    (tmp_path / "flows/systems/erp.yaml").rename(tmp_path / "erp.yaml")
    (tmp_path / "flows/systems/erp.sandbox.yaml").unlink()
    new = {"pim": CRM.replace("crm", "pim"), "pim_sandbox": CRM_SANDBOX.replace("sandbox: crm", "sandbox: pim")}
    addresses = take(sandbox, tmp_path, **new)
    assert sorted(addresses) == ["crm", "pim", "wms"]
    assert addresses["wms"] == sandbox.addresses["wms"]
    async with aiohttp.ClientSession(addresses["pim"]) as session, session.get("/ping") as reply:
        assert reply.status == 401
    with pytest.raises(aiohttp.ClientConnectorError):
        await order(sandbox, "2")
    with pytest.raises(SandboxRefused, match="expected one of crm, pim, wms, got 'erp'"):
        sandbox.control.ledger("erp")
    (tmp_path / "erp.yaml").rename(tmp_path / "flows/systems/erp.yaml")
    assert "erp" in take(sandbox, tmp_path, erp_sandbox=ERP_SANDBOX)
    assert len(sandbox.control.ledger("erp")) == 1, "what it did is not forgotten"


async def test_files_with_errors_change_nothing(start: Start, tmp_path: Path) -> None:
    sandbox = start()
    with pytest.raises(SandboxRefused, match="XD201 expected a schema in the system's folder"):
        take(sandbox, tmp_path, erp_sandbox=ERP_SANDBOX.replace("expects: order", "expects: ordr"))
    with pytest.raises(SandboxRefused, match="the stored bundle cannot be read"):
        sandbox.control.set_workspace(b"no zip")
    assert (await order(sandbox, "1"))[0] == 201


async def test_faults_stay_unless_the_file_has_others(start: Start, tmp_path: Path) -> None:
    sandbox = start()
    sandbox.control.add_fault("erp", {"fault": "status", "status": 503})
    take(sandbox, tmp_path, erp_sandbox=ERP_SANDBOX.replace("status: 201", "status: 202"))
    assert (await order(sandbox, "1"))[0] == 503
    down = f"{ERP_SANDBOX}\nfaults: [{{fault: down}}]\n"
    take(sandbox, tmp_path, erp_sandbox=down)
    with pytest.raises(aiohttp.ClientConnectorError):
        await order(sandbox, "2")
    take(sandbox, tmp_path, erp_sandbox=ERP_SANDBOX)
    assert (await order(sandbox, "3"))[0] == 201
