"""Another warehouse with a system of its own is added by configuration, while orders for it wait."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

import pytest

from tests.flows.orders import crm_order
from tests.flows.running import ROOT, Running, running

SOUTH = Path(__file__).parent / "wms-south"
"""The files of the new warehouse's system."""


def digests(folder: Path) -> dict[str, str]:
    files = [path for path in folder.rglob("*") if path.is_file() and ".crossdock" not in path.parts]
    return {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the reference workspace, to be changed."""
    folder = tmp_path / "workspace"
    for name in ("flows", "canonical"):
        shutil.copytree(ROOT / name, folder / name)
    return folder


def add_south(folder: Path) -> None:
    shutil.copytree(SOUTH, folder / "flows", dirs_exist_ok=True)
    with (folder / "canonical/codes/warehouses.csv").open("a") as table:
        table.write("SOUTH,Dallas distribution center,wms-south,America/Chicago,W03,\n")


def order_for_the_south(workspace: Running, number: str) -> None:
    items = crm_order(number)["order"]["OrderItems"]
    items["records"] = [record | {"Warehouse__c": "SOUTH"} for record in items["records"][:1]]
    assert workspace.crm_order(crm_order(number, OrderItems=items)).status == 202


def test_a_system_is_added_with_its_own_files_and_one_line_of_a_code_table(folder: Path) -> None:
    """ARC-1: no flow and no other system's file is touched."""
    before = digests(folder)
    add_south(folder)
    after = digests(folder)
    assert {path for path in before if before[path] != after[path]} == {"canonical/codes/warehouses.csv"}
    assert all("wms-south" in path for path in after.keys() - before.keys())


def test_order_waits_for_its_warehouse_and_goes_on_when_it_is_configured(folder: Path, tmp_path: Path) -> None:
    """ARC-1, ORD-7, ORD-19, REL-12: parked for master data, then reprocessed; the booking is not made again."""
    with running(folder, tmp_path / "first") as workspace:
        order_for_the_south(workspace, "00004001")
        held = workspace.until(lambda: workspace.held("00004001"), "the order is parked")
        assert (held["parked"]["reason"], held["parked"]["owner"]) == ("unknown-warehouse", "master-data")
        assert workspace.milestones("00004001")[-1] == "booked"
    add_south(folder)
    with running(folder, tmp_path / "first") as workspace:
        workspace.order("reprocess", id=held["id"], who="mia", reason="Dallas is in the table now")
        workspace.until_shipped("00004001")
        released = workspace.sandbox.state("wms-south")["tasks"]["00004001"]
        assert released["pieces"] == [["WIDGET-1", "40.0"]]
        assert len(workspace.effects("erp", "create-order", '"00004001"')) == 1
        assert workspace.crm_statuses("00004001")[-1] == "Shipped"
        assert workspace.erp_order("00004001")["state"] == "SHIPPED"
