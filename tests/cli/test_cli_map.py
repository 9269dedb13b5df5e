"""`crossdock map` and `crossdock explain`."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest
from cli_harness import Watching, crossdock, document

EVENT = "shop.order-created"
EXAMPLE = "examples/shop.order-created.json"
MAPPING = "flows/systems/shop/order-to-canonical.jsonata"


def change(file: Path, old: str, new: str) -> None:
    """Save a file as editors do, all of it at once."""
    assert old in file.read_text()
    whole = next(folder for folder in file.parents if (folder / "flows").is_dir()) / "being-saved"
    whole.write_text(file.read_text().replace(old, new))
    whole.replace(file)


def mapped(workspace: Path, *options: str, stdin: str | None = None, source: str | Path | None = None) -> Any:
    return crossdock("map", EVENT, source or workspace / EXAMPLE, "-w", workspace, *options, stdin=stdin)


def test_the_output_goes_to_stdout_and_the_verdict_to_stderr(workspace: Path) -> None:
    result = mapped(workspace)
    assert (result.exit_code, result.stderr) == (0, "the output is a valid sales-order/1\n")
    assert document(result)["lines"][1]["unitPrice"] == "19.90"


def test_every_broken_rule_of_the_contract_is_told(workspace: Path) -> None:
    change(workspace / MAPPING, '"sku": sku,', '"sku": $length(sku),')
    result = mapped(workspace)
    assert result.exit_code == 1
    assert "the output breaks sales-order/1 in 2 places\n" in result.stderr
    assert "  lines[1].sku: expected a text, got " in result.stderr


def test_numbers_are_printed_as_they_are(workspace: Path) -> None:
    change(workspace / MAPPING, '"unitPrice": $string(price)', '"unitPrice": price, "id": 820982911946154508')
    text = mapped(workspace).stdout
    assert '"unitPrice": 19.90' in text
    assert '"id": 820982911946154508' in text
    assert '"unitPrice": 19.90' in mapped(workspace, "--json").stdout


def test_what_fails_is_told_with_its_place(workspace: Path) -> None:
    change(workspace / MAPPING, "$string(quantity)", "$number(sku)")
    result = mapped(workspace)
    assert result.exit_code == 1
    assert f"{MAPPING}:9:" in result.stderr
    assert "D3030" in result.stderr
    (told,) = document(mapped(workspace, "--json"))["documents"]
    assert (told["error"]["code"], told["error"]["file"], told["error"]["line"]) == ("D3030", MAPPING, 9)
    assert "output" not in told


def test_a_mapping_that_does_not_compile_is_an_unusable_workspace(workspace: Path) -> None:
    change(workspace / MAPPING, "$string(quantity)", "$string(quantity")
    result = mapped(workspace)
    assert result.exit_code == 2
    assert f"{MAPPING}:9:" in result.stderr
    assert "XD304" in result.stderr


def test_an_input_that_breaks_its_own_contract_is_mapped_all_the_same(workspace: Path) -> None:
    order = json.loads((workspace / EXAMPLE).read_text())
    result = mapped(workspace, source="-", stdin=json.dumps({**order, "number": 7}))
    assert result.exit_code == 1
    assert "the input breaks order in 1 place\n  number: expected a text, got 7" in result.stderr
    assert document(result)["orderNumber"] == 7
    assert "the input cannot be read: " in mapped(workspace, source="-", stdin="{").stderr


def test_a_request_maps_a_canonical_document_and_a_reply_what_came_back(workspace: Path, tmp_path: Path) -> None:
    canonical = tmp_path / "order.json"
    canonical.write_text(mapped(workspace).stdout)
    request = crossdock("map", "warehouse.create-delivery", canonical, "-w", workspace)
    assert document(request)["order"] == "1001"
    assert "there is no contract to check it against" in request.stderr
    reply = crossdock(
        "map", "warehouse.create-delivery:reply", "-", "-w", workspace, "--set", f"request=@{canonical}",
        stdin='{"number": "D-1"}',
    )  # fmt: skip
    assert document(reply) == {"deliveryNumber": "D-1"}


def test_variables_are_set_as_json_or_text(workspace: Path) -> None:
    change(workspace / MAPPING, '"orderNumber": number', '"orderNumber": $attributes.a & $message.b & $headers.`x-y`')
    result = mapped(workspace, "--set", 'attributes={"a": 1.50}', "--set", '$message={"b": "x"}', "-H", "X-Y: z")
    assert document(result)["orderNumber"] == "1.50xz"
    assert "expected 'NAME=VALUE', got 'a'" in mapped(workspace, "--set", "a").stderr


def test_a_file_is_named_from_the_workspace_or_from_here(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    by_event = mapped(workspace).stdout
    assert crossdock("map", MAPPING, workspace / EXAMPLE, "-w", workspace).stdout == by_event
    monkeypatch.chdir(workspace / "flows" / "systems")
    assert crossdock("map", "shop/order-to-canonical.jsonata", workspace / EXAMPLE, "-w", workspace).stdout == by_event
    missing = crossdock("map", "flows/systems/shop/order-to-canon.jsonata", workspace / EXAMPLE, "-w", workspace)
    assert missing.exit_code == 2
    assert f"did you mean '{MAPPING}'" in missing.stderr


def test_an_unknown_mapping_is_answered_with_the_nearest(workspace: Path) -> None:
    result = crossdock("map", "shop.order-creatd", workspace / EXAMPLE, "-w", workspace)
    assert result.exit_code == 2
    assert "did you mean 'shop.order-created'" in result.stderr


def explained(workspace: Path, *options: str) -> Any:
    return crossdock("explain", EVENT, workspace / EXAMPLE, "-w", workspace, *options)


def test_a_field_is_explained_with_value_expression_place_and_sources(workspace: Path) -> None:
    assert explained(workspace, "--field", "lines[1].unitPrice").stdout.splitlines() == [
        'lines[1].unitPrice: "19.90"',
        f"  {MAPPING}:10:18  $string(price)",
        "    items[1].price = 19.90",
    ]


def test_a_field_is_told_with_all_that_lies_in_it(workspace: Path) -> None:
    told = explained(workspace, "--field", "lines[*].quantity", "--json").stdout
    (fields,) = [one["fields"] for one in json.loads(told)["documents"]]
    assert {field["field"] for field in fields} == {
        "lines[0].quantity.value", "lines[0].quantity.unit", "lines[1].quantity.value", "lines[1].quantity.unit"
    }  # fmt: skip
    assert fields[0]["sources"] == [{"path": "items[0].quantity", "present": True, "value": 200}]
    assert (fields[0]["file"], fields[0]["line"]) == (MAPPING, 9)
    assert '"value": 19.90' in explained(workspace, "--json").stdout


def test_a_field_that_is_left_out_is_explained_by_what_it_would_be_made_of(workspace: Path) -> None:
    change(workspace / MAPPING, '"orderedAt": placed_at', '"orderedAt": placed_at, "note": remark')
    absent = explained(workspace, "--field", "note")
    assert absent.exit_code == 1
    assert "the output has no 'note' for this input; the mapping makes it of remark" in absent.stderr
    unknown = explained(workspace, "--field", "orderNumbr")
    assert unknown.exit_code == 1
    assert "the mapping makes no 'orderNumbr'" in unknown.stderr
    assert "did you mean 'orderNumber'" in unknown.stderr


def test_what_cannot_be_mapped_cannot_be_explained(workspace: Path) -> None:
    change(workspace / MAPPING, "$string(quantity)", "$number(sku)")
    result = explained(workspace)
    assert result.exit_code == 1
    assert f"{MAPPING}:9:" in result.stdout


@pytest.mark.skipif(sys.platform == "win32", reason="SIGINT to another process")
def test_a_save_maps_again_and_shows_what_has_changed(workspace: Path) -> None:
    watching = Watching(workspace, "map", EVENT, EXAMPLE)

    def waiting(line: str) -> bool:
        return line.startswith("waiting for a save")

    first = watching.until(waiting)
    assert '  "orderNumber": "1001",' in first
    assert "the output is a valid sales-order/1" in first
    change(workspace / MAPPING, '"orderNumber": number', '"orderNumber": number & "-A"')
    changed = watching.until(waiting)
    assert '-  "orderNumber": "1001",' in changed
    assert '+  "orderNumber": "1001-A",' in changed
    assert not any("unitPrice" in line for line in changed)
    change(workspace / MAPPING, '"orderNumber": number', '"orderNumber": (number')
    assert any("XD304" in line for line in watching.until(waiting))
    change(workspace / MAPPING, '"orderNumber": (number', '"orderNumber": number')
    change(workspace / EXAMPLE, '"1001"', '"1002"')
    assert '+  "orderNumber": "1002-A",' in watching.until(lambda line: line.startswith("+"))
    assert watching.stop() == 0


def test_each_run_of_a_watch_is_a_line_of_json_for_scripts(workspace: Path) -> None:
    watching = Watching(workspace, "map", EVENT, EXAMPLE, "--json")
    (first,) = watching.until(bool)
    assert json.loads(first)["valid"] is True
    change(workspace / MAPPING, '"sku": sku,', "")
    (second,) = watching.until(bool)
    told = json.loads(second)
    assert told["valid"] is False
    assert told["documents"][0]["violations"][0]["path"] == "lines[0].sku"
    assert watching.stop() == 0
