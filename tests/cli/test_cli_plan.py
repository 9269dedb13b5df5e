"""`crossdock plan` beside a running process."""

from __future__ import annotations

import subprocess
from pathlib import Path

from cli_harness import Running, crossdock, document


def test_a_change_is_compared_with_what_runs(running: Running) -> None:
    message = running.send_order("6001")
    running.wait_for_state(message, ["completed"])
    assert running.crossdock("plan").stdout.endswith("nothing has changed\n")
    flow = running.folder / "flows" / "orders.yaml"
    before = flow.read_text()
    flow.write_text(before.replace("steps:\n", "steps:\n  - discard: tried\n", 1))
    changed = running.crossdock("plan")
    told = running.crossdock("plan", "--json", "--last", "5")
    flow.write_text(before)
    assert changed.exit_code == 1
    assert "changed  flow orders  (flows/orders.yaml)" in changed.stdout
    assert "outcome: was completed, is discarded, tried" in changed.stdout
    assert document(told)["differences"][0]["message"] == message
    assert running.crossdock("plan").exit_code == 0


def test_a_change_is_compared_with_a_commit(workspace: Path) -> None:
    commit(workspace)
    (workspace / "flows" / "orders.yaml").write_text((workspace / "flows" / "orders.yaml").read_text() + "# a remark\n")
    told = crossdock("plan", "--against", "HEAD", "-w", workspace)
    assert told.exit_code == 0
    assert "changed  flow orders" in told.stdout
    assert "no stored message was run" in told.stdout
    assert crossdock("plan", "--against", "nowhere", "-w", workspace).exit_code != 0


def test_change_of_a_vendors_contract_is_told_by_its_fields(workspace: Path) -> None:
    commit(workspace)
    schema = workspace / "flows" / "systems" / "shop" / "order.schema.yaml"
    schema.write_text(schema.read_text().replace("properties:\n", "properties:\n  gift: {type: boolean}\n", 1))
    told = crossdock("plan", "--against", "HEAD", "-w", workspace)
    assert told.exit_code == 0
    assert "changed  vendor contract shop/order  (flows/systems/shop/order.schema.yaml)\n" in told.stdout
    assert "vendor contract shop/order breaks nobody\n  'gift' is new\n" in told.stdout
    schema.write_text(schema.read_text().replace("type: object\n", "type: object\nminProperties: 9\n", 1))
    told = crossdock("plan", "--against", "HEAD", "-w", workspace)
    assert told.exit_code == 1
    assert "\nvendor contract shop/order breaks shop\n  the document was without minProperties" in told.stdout
    (part,) = document(crossdock("plan", "--against", "HEAD", "-w", workspace, "--json"))["parts"]
    assert (part["kind"], part["systems"], part["for_whom"]) == ("vendor-contract", ["shop"], ["shop"])
    assert "'gift' is new" in part["changes"]


def commit(workspace: Path) -> None:
    for arguments in (
        ["init", "-q"],
        ["add", "-A"],
        ["-c", "user.email=a@b", "-c", "user.name=a", "commit", "-qm", "1"],
    ):
        subprocess.run(["git", "-C", str(workspace), *arguments], check=True)


def test_nothing_has_run_yet(workspace: Path) -> None:
    refused = crossdock("plan", "-w", workspace)
    assert refused.exit_code == 3
    assert "nothing has run" in refused.stderr
