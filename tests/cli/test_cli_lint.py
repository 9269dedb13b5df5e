"""`crossdock lint`."""

from __future__ import annotations

from pathlib import Path

from cli_harness import crossdock, document


def test_every_error_has_its_place_on_a_line_of_its_own(workspace: Path) -> None:
    flow = workspace / "flows" / "orders.yaml"
    flow.write_text(flow.read_text().replace("warehouse.create-delivery", "warehouse.create-delivry"))
    linted = crossdock("lint", workspace, "--offline")
    assert linted.exit_code == 1
    assert "flows/orders.yaml:17:11 XD" in linted.stdout
    assert "did you mean 'create-delivery'" in linted.stdout


def test_json_holds_every_finding(workspace: Path) -> None:
    flow = workspace / "flows" / "orders.yaml"
    flow.write_text(flow.read_text().replace("layer: process", "layer: proces\nlayr: 2"))
    found = document(crossdock("lint", workspace, "--offline", "--json"))
    assert found["revision"] is None
    assert found["errors"] == len([one for one in found["findings"] if one["severity"] == "error"]) == 2
    assert {one["file"] for one in found["findings"]} == {"flows/orders.yaml"}


def test_missing_secrets_are_errors_unless_offline(workspace: Path) -> None:
    linted = crossdock("lint", workspace)
    assert linted.exit_code == 1
    assert "SHOP_TOKEN" in linted.stdout
    assert "--offline checks without them" in linted.stdout
    assert crossdock("lint", workspace, "--no-secrets").exit_code == 0


def test_a_folder_that_is_no_workspace_is_unusable(tmp_path: Path) -> None:
    linted = crossdock("lint", tmp_path, "--json")
    assert linted.exit_code == 2
    assert linted.stdout == ""
    assert "it has no flows/workspace.yaml" in linted.stderr
    assert "crossdock init" in linted.stderr


def test_a_workspace_file_that_cannot_be_read_is_unusable(workspace: Path) -> None:
    (workspace / "flows" / "workspace.yaml").write_text("crossdock: [1\n")
    assert crossdock("lint", workspace).exit_code == 2
