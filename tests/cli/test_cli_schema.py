"""`crossdock schema`, and what `crossdock init` does for editors."""

from __future__ import annotations

import json
from pathlib import Path

from cli_harness import crossdock, document

SCHEMAS = Path(".crossdock", "schemas")


def test_a_new_workspace_is_wired_for_editors(workspace: Path) -> None:
    flow = (workspace / "flows" / "orders.yaml").read_text()
    line = "# yaml-language-server: $schema="
    assert flow.startswith(line)
    schema = (workspace / "flows" / flow.partition("\n")[0].removeprefix(line)).resolve()
    assert json.loads(schema.read_text())["title"] == "A flow"
    settings = json.loads((workspace / ".vscode" / "settings.json").read_text())
    assert all((workspace / name).is_file() for name in settings["yaml.schemas"])
    assert document(crossdock("schema", workspace, "--check", "--json"))["stale"] == []


def test_schemas_are_made_anew_when_names_change(workspace: Path) -> None:
    declared = workspace / "flows" / "workspace.yaml"
    declared.write_text(declared.read_text().replace("teams:", "teams:\n  night-shift: {summary: Works at night.}"))
    stale = crossdock("schema", workspace, "--check")
    assert stale.exit_code == 1
    assert "flow.schema.json" in stale.stdout
    assert "run 'crossdock schema'" in stale.stdout
    assert crossdock("schema", workspace).exit_code == 0
    assert "night-shift" in (workspace / SCHEMAS / "flow.schema.json").read_text()
    assert crossdock("schema", workspace, "--check").exit_code == 0


def test_a_workspace_with_errors_has_schemas_too(workspace: Path) -> None:
    (workspace / "flows" / "broken.yaml").write_text("flow: [")
    written = document(crossdock("schema", workspace, "--json"))
    assert "flow.schema.json" in written["files"]


def test_they_are_written_where_they_are_wanted(workspace: Path, tmp_path: Path) -> None:
    assert crossdock("schema", workspace, "--out", tmp_path / "out").exit_code == 0
    assert (tmp_path / "out" / "system.schema.json").is_file()


def test_settings_that_cannot_be_added_to_are_left_and_told(workspace: Path) -> None:
    settings = workspace / ".vscode" / "settings.json"
    settings.write_text("{\n  // mine\n}\n")
    told = crossdock("schema", workspace, "--vscode")
    assert told.exit_code == 0
    assert "add to it" in told.stderr
    assert ".crossdock/schemas/flow.schema.json" in told.stderr
    assert settings.read_text() == "{\n  // mine\n}\n"


def test_a_folder_that_cannot_be_written_is_said(workspace: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    refused = crossdock("schema", workspace, "--out", tmp_path / "file" / "below")
    assert refused.exit_code == 2
    assert "cannot be written" in refused.stderr
