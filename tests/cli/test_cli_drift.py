"""`crossdock drift` (CAN-12)."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from cli_harness import crossdock, document

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
