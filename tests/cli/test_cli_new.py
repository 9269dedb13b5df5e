"""`crossdock new`: what it makes has nothing wrong, and its tests pass."""

from __future__ import annotations

from pathlib import Path

import pytest
from cli_harness import crossdock, document


def lint(workspace: Path) -> list[str]:
    return [str(finding) for finding in document(crossdock("lint", workspace, "--offline", "--json"))["findings"]]


def make(workspace: Path, *arguments: str) -> list[str]:
    files: list[str] = document(crossdock("new", *arguments, "--workspace", workspace, "--json"))["files"]
    return files


def test_a_system_comes_with_a_stand_in_and_a_test(workspace: Path) -> None:
    made = make(workspace, "system", "loyalty")
    assert made == [
        "flows/systems/loyalty.yaml",
        "flows/systems/loyalty.sandbox.yaml",
        "flows/systems/loyalty.test.yaml",
        "flows/systems/loyalty/record.jsonata",
    ]
    assert lint(workspace) == []
    assert crossdock("test", workspace, "-k", "loyalty").exit_code == 0


def test_an_entity_comes_with_its_owners(workspace: Path) -> None:
    made = make(workspace, "entity", "voucher", "--owned-by", "warehouse", "--owner", "integration")
    assert made == ["canonical/voucher/1.yaml", "canonical/voucher/lifecycle.yaml"]
    assert "{owner: warehouse, steward: integration}" in (workspace / made[1]).read_text()
    assert lint(workspace) == []


def test_of_an_entity_that_is_there_the_next_version_is_made(workspace: Path) -> None:
    assert make(workspace, "entity", "sales-order") == ["canonical/sales-order/2.yaml"]
    assert "$id: crossdock:sales-order/2\n" in (workspace / "canonical" / "sales-order" / "2.yaml").read_text()
    assert lint(workspace) == []


def test_a_flow_without_a_source_runs_by_a_schedule(workspace: Path) -> None:
    make(workspace, "flow", "nightly-report")
    assert lint(workspace) == []
    assert crossdock("test", workspace, "-k", "nightly-report").exit_code == 0


def test_a_flow_takes_an_event_and_knows_its_key(workspace: Path) -> None:
    for name in ("orders.yaml", "orders.test.yaml"):
        (workspace / "flows" / name).unlink()
    (flow, _) = make(workspace, "flow", "taking", "--on", "shop.order-created", "--layer", "system")
    text = (workspace / flow).read_text()
    assert "idempotency: {key: orderNumber, window: 7 days}" in text
    assert "layer: system" in text
    assert lint(workspace) == []
    assert crossdock("test", workspace, "-k", "taking").exit_code == 0


def test_a_flow_takes_a_topic(workspace: Path) -> None:
    orders = workspace / "flows" / "orders.yaml"
    orders.write_text(orders.read_text().replace("steps:\n", "steps:\n  - publish: order.taken\n", 1))
    crossdock("schema", workspace)
    make(workspace, "flow", "told", "--on", "order.taken")
    assert lint(workspace) == []
    assert crossdock("test", workspace, "-k", "told").exit_code == 0


def test_one_is_told_when_another_flow_takes_the_event(workspace: Path) -> None:
    told = crossdock("new", "flow", "again", "--on", "shop.order-created", "-w", workspace)
    assert "flows/orders.yaml takes 'shop.order-created' already" in told.stderr


def test_editors_know_the_new_names_at_once(workspace: Path) -> None:
    make(workspace, "system", "loyalty")
    assert "loyalty.create-record" in (workspace / ".crossdock" / "schemas" / "flow.schema.json").read_text()
    first = (workspace / "flows" / "systems" / "loyalty.yaml").read_text().partition("\n")[0]
    assert first == "# yaml-language-server: $schema=../../.crossdock/schemas/system.schema.json"


REFUSED = {
    "a name in capitals": (["flow", "OrderToErp"], "did you mean 'order-to-erp'"),
    "a flow that is there": (["flow", "orders"], "there is a flow 'orders' already"),
    "a system that is there": (["system", "shop"], "is there already"),
    "an event that is not there": (
        ["flow", "a-flow", "--on", "shop.order-craeted"],
        "did you mean 'shop.order-created'",
    ),
    "a team that is not there": (["flow", "a-flow", "--owner", "order-deks"], "did you mean 'order-desk'"),
    "an owner that is not there": (["entity", "voucher", "--owned-by", "shpo"], "did you mean 'shop'"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_cannot_be_made_is_refused_with_the_nearest_name(workspace: Path, what: str) -> None:
    arguments, told = REFUSED[what]
    before = sorted(path for path in workspace.rglob("*"))
    refused = crossdock("new", *arguments, "--workspace", workspace)
    assert refused.exit_code == 1
    assert told in refused.stderr
    assert sorted(path for path in workspace.rglob("*")) == before
