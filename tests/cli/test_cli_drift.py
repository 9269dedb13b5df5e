"""`crossdock drift` (CAN-12)."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from cli_harness import Running, crossdock, document, put_dead

ORDER = {
    "number": "1",
    "placed_at": "2026-03-02T09:15:00-05:00",
    "customer": {"id": "C-1", "name": "x"},
    "items": [{"sku": "A", "quantity": 1, "unit": "each", "price": 1}],
}


@pytest.fixture
def sample(tmp_path: Path) -> Path:
    return tmp_path / "sample.json"


def test_a_payload_as_the_contract_has_it_is_no_drift(workspace: Path, sample: Path) -> None:
    sample.write_text(json.dumps(ORDER))
    told = crossdock("drift", "shop.order-created", sample, "--workspace", workspace)
    assert (told.exit_code, told.stdout) == (0, "shop.order-created: as the contract has it\n")


def test_what_drifts_is_told_and_is_the_exit_code(workspace: Path, sample: Path) -> None:
    sample.write_text(json.dumps({**ORDER, "number": 1, "gift": True}))
    told = crossdock("drift", "shop.order-created", sample, "--workspace", workspace)
    assert told.exit_code == 1
    assert "integer; the contract takes string" in told.stdout
    assert told.stdout.endswith("shop.order-created: 2 fields not as the contract has it\n")
    found = document(crossdock("drift", "shop.order-created", sample, "--workspace", workspace, "--json"))
    assert [(each["kind"], each["path"]) for each in found["drift"]] == [("new", "gift"), ("retyped", "number")]


def test_optional_fields_that_nobody_sent_are_shown_and_no_drift(workspace: Path, sample: Path) -> None:
    sample.write_text(json.dumps({**ORDER, "customer": {"id": "C-1"}}))
    told = crossdock("drift", "shop.order-created", sample, "--workspace", workspace)
    assert told.exit_code == 0
    assert "customer.name" in told.stdout


def test_what_cannot_be_compared_is_told(workspace: Path, sample: Path) -> None:
    sample.write_text("{")
    assert str(sample) in crossdock("drift", "shop.order-created", sample, "--workspace", workspace).stderr
    refused = crossdock("drift", "shop.order-crated", sample, "--workspace", workspace)
    assert (refused.exit_code, "did you mean 'shop.order-created'" in refused.stderr) == (1, True)


def test_what_was_received_is_compared_and_no_value_is_shown(workspace: Path) -> None:
    """What was refused came too; what cannot be read may be anybody's text."""
    for number in ("1", "2"):
        put_dead(workspace, payload=json.dumps({**ORDER, "number": number, "gift": "for Dana Reyes"}).encode())
    put_dead(workspace, payload=json.dumps({**ORDER, "customer": {"id": 7, "name": "Dana Reyes"}}).encode())
    put_dead(workspace, payload=b'{"Dana Reyes" "Oakland"')
    put_dead(workspace, payload=b'{"whoever": 1}', error_class="authentication")
    told = crossdock("drift", "shop.order-created", "-w", workspace)
    assert told.exit_code == 1
    lines = [" ".join(line.split()) for line in told.stdout.splitlines()]
    assert lines[0].startswith("3 payloads, received from 2025-10-09T08:53:20")
    assert "new gift 2 of 3 the contract does not name it" in lines
    assert "retyped customer.id 1 of 3 integer; the contract takes string" in lines
    assert "4 refused when it came; 1 not readable, and not compared" in told.stderr
    shown = told.stdout + told.stderr + crossdock("drift", "shop.order-created", "-w", workspace, "--json").stdout
    assert not any(word in shown for word in ("Dana", "Oakland", "whoever"))


def test_newest_and_those_since_can_be_chosen(workspace: Path) -> None:
    for gift in (1, 2, 3):
        put_dead(workspace, payload=json.dumps({**ORDER, f"gift{gift}": True}).encode())
    last = document(crossdock("drift", "shop.order-created", "-w", workspace, "--json", "--limit", "1"))
    assert (last["documents"], [each["path"] for each in last["drift"]]) == (1, ["gift3"])
    assert last["received"]["refused"] == 1
    since = crossdock("drift", "shop.order-created", "-w", workspace, "--since", "2 h")
    assert (since.exit_code, since.stdout) == (0, "shop.order-created: nothing to compare\n")
    wrong = crossdock("drift", "shop.order-created", "-w", workspace, "--since", "2 h", __file__)
    assert (wrong.exit_code, "not for FILEs" in wrong.stderr) == (2, True)


def test_without_files_and_without_a_store_there_is_nothing_to_compare(workspace: Path) -> None:
    refused = crossdock("drift", "shop.order-created", "-w", workspace)
    assert (refused.exit_code, "nothing has run" in refused.stderr) == (3, True)


def test_running_process_is_asked_for_what_it_received(running: Running) -> None:
    running.send_order("7001")
    running.send_order("7002")
    before = document(running.crossdock("trace", "7002", "--json"))
    told = document(running.crossdock("drift", "shop.order-created", "--json"))
    assert told["documents"] == 2
    assert told["received"] == {**told["received"], "refused": 0, "unreadable": 0, "erased": 0, "leftOut": 0}
    assert running.crossdock("drift", "shop.order-created").exit_code == 0
    assert document(running.crossdock("trace", "7002", "--json"))["key"] == before["key"]
