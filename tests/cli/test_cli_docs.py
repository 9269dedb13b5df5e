"""`crossdock docs`."""

from __future__ import annotations

from pathlib import Path

from cli_harness import crossdock, document


def test_a_site_is_built_and_its_place_is_told(workspace: Path) -> None:
    built = crossdock("docs", workspace)
    assert built.exit_code == 0
    assert "index.html" in built.stdout
    assert (workspace / ".crossdock" / "site" / "flows" / "orders.html").is_file()


def test_it_is_built_where_it_is_wanted(workspace: Path, tmp_path: Path) -> None:
    told = document(crossdock("docs", workspace, "--out", tmp_path / "public", "--json"))
    assert "openapi.json" in told["files"]
    assert (tmp_path / "public" / "openapi.json").is_file()


def test_a_folder_with_something_else_is_refused(workspace: Path) -> None:
    refused = crossdock("docs", workspace, "--out", workspace)
    assert refused.exit_code == 1
    assert "name another folder" in refused.stderr


def test_a_workspace_with_errors_has_no_site(workspace: Path) -> None:
    (workspace / "flows" / "broken.yaml").write_text("flow: [")
    assert crossdock("docs", workspace).exit_code == 2
    assert not (workspace / ".crossdock" / "site").exists()
