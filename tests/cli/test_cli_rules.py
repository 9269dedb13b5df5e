"""`crossdock rules` (ARC-5)."""

from __future__ import annotations

from pathlib import Path

from cli_harness import crossdock, document


def test_the_rules_of_an_event_are_listed_by_flow(workspace: Path) -> None:
    told = crossdock("rules", workspace, "--event", "shop.order-created")
    assert told.exit_code == 0
    assert "orders (order-desk)" in told.stdout
    assert "one after another by orderNumber" in told.stdout
    assert told.stdout.endswith("1 rule in 1 flow\n")


def test_the_rules_of_a_flow_are_a_document_for_scripts(workspace: Path) -> None:
    assert document(crossdock("rules", workspace, "--flow", "orders", "--json"))[0]["kind"] == "order"


def test_what_is_not_there_is_told_with_the_nearest(workspace: Path) -> None:
    refused = crossdock("rules", workspace, "--flow", "order")
    assert (refused.exit_code, "did you mean 'orders'" in refused.stderr) == (1, True)
    refused = crossdock("rules", workspace, "--event", "shop.order-create")
    assert (refused.exit_code, "did you mean 'shop.order-created'" in refused.stderr) == (1, True)
