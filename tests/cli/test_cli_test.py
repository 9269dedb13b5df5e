"""`crossdock test`."""

from __future__ import annotations

from pathlib import Path

from cli_harness import crossdock, document


def change(workspace: Path, old: str, new: str) -> None:
    file = workspace / "flows" / "orders.test.yaml"
    assert old in file.read_text()
    file.write_text(file.read_text().replace(old, new))


def test_the_cases_of_a_new_workspace_hold(workspace: Path) -> None:
    assert crossdock("test", workspace).stdout == "flows/orders.test.yaml  2 passed\n2 cases passed\n"
    told = document(crossdock("test", workspace, "--json"))
    assert (told["cases"], told["failed"]) == (2, 0)


def test_every_field_that_differs_is_named(workspace: Path) -> None:
    change(workspace, "unit: H87}, ", "unit: H88, extra: 1}, ")
    failed = crossdock("test", workspace)
    assert failed.exit_code == 1
    assert "  a web order becomes a canonical sales order (flows/orders.test.yaml:4:5)\n" in failed.stdout
    assert '    canonical.lines[0].quantity.unit: expected "H88", got "H87"\n' in failed.stdout
    assert "    canonical.lines[0].quantity.extra: expected 1, got nothing\n" in failed.stdout
    assert "1 of 2 cases failed" in failed.stdout


def test_another_refusal_than_expected_fails(workspace: Path) -> None:
    change(workspace, "broken-contract", "unreadable")
    assert "expected a refusal as unreadable, got broken-contract: " in crossdock("test", workspace).stdout
    change(workspace, "items: []", "items: [{sku: A, quantity: 1, unit: each}]")
    assert "expected a refusal as unreadable, got a canonical document" in crossdock("test", workspace).stdout


def test_numbers_are_compared_exactly(workspace: Path) -> None:
    """DESIGN 7: 19.90 in the payload is "19.90" in canonical, and nothing else."""
    change(workspace, '"19.90"', '"19.9"')
    assert 'expected "19.9", got "19.90"' in crossdock("test", workspace).stdout


def test_a_broken_test_file_is_refused_at_its_place(workspace: Path) -> None:
    change(workspace, "    expect:\n", "    expct:\n")
    refused = crossdock("test", workspace)
    assert refused.exit_code == 2
    assert "flows/orders.test.yaml:7:5 XD104" in refused.stderr


def test_a_payload_out_of_the_workspace_is_not_read(workspace: Path) -> None:
    change(workspace, "examples/shop.order-created.json", "../../etc/passwd")
    assert "leads out of the workspace" in crossdock("test", workspace).stderr


def test_cases_are_chosen_by_text(workspace: Path) -> None:
    assert crossdock("test", workspace, "-k", "without lines").stdout.endswith("\n1 case passed\n")
    assert crossdock("test", workspace, "-k", "no such").exit_code == 2
