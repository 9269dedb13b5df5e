"""`crossdock init`."""

from __future__ import annotations

from pathlib import Path

import pytest
from cli_harness import crossdock, document

from engine.cli.commands.init import workspace_name


def test_a_new_workspace_has_nothing_wrong(workspace: Path) -> None:
    assert crossdock("lint", workspace, "--sandbox").exit_code == 0
    linted = document(crossdock("lint", workspace, "--offline", "--json"))
    assert (linted["errors"], linted["warnings"]) == (0, 0)


def test_it_is_named_after_its_folder(tmp_path: Path) -> None:
    made = document(crossdock("init", tmp_path / "My Hub 2", "--json"))
    assert made["name"] == "my-hub-2"
    assert "name: my-hub-2\n" in (tmp_path / "My Hub 2" / "flows" / "workspace.yaml").read_text()
    assert ".gitignore" in made["files"]


@pytest.mark.parametrize(("folder", "name"), [("2026", "workspace-2026"), ("東京", "workspace"), ("a--b", "a-b")])
def test_any_folder_gives_a_name_that_the_grammar_takes(folder: str, name: str) -> None:
    assert workspace_name(Path("/srv") / folder) == name


def test_nothing_is_written_over(workspace: Path) -> None:
    (workspace / "README.md").write_text("mine")
    again = crossdock("init", workspace)
    assert again.exit_code == 1
    assert "is there already" in again.stderr
    assert (workspace / "README.md").read_text() == "mine"


def test_a_folder_with_flows_of_its_own_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "flows").mkdir()
    (tmp_path / "flows" / "mine.yaml").write_text("flow: mine")
    assert crossdock("init", tmp_path).exit_code == 1
    assert not (tmp_path / "canonical").exists()


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    refused = crossdock("init", tmp_path / "file")
    assert refused.exit_code == 2
    assert refused.stdout == ""
