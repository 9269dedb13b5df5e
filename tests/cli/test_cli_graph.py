"""`crossdock graph`, and what a shell completes."""

from __future__ import annotations

from pathlib import Path

import pytest
from cli_harness import crossdock, document
from click.shell_completion import get_completion_class

from engine.cli import main


def completed(shell: str, words: list[str], incomplete: str) -> list[str]:
    kind = get_completion_class(shell)
    assert kind is not None
    return [item.value for item in kind(main, {}, "crossdock", "_X").get_completions(words, incomplete)]


def test_the_whole_is_drawn_as_svg_or_mermaid(workspace: Path, tmp_path: Path) -> None:
    out = tmp_path / "calls.svg"
    drawn = crossdock("graph", workspace, "--out", out)
    assert drawn.exit_code == 0
    assert out.read_text().startswith("<svg ")
    assert crossdock("graph", workspace, "--mermaid").stdout.startswith("flowchart LR\n")


def test_one_flow_is_drawn(workspace: Path) -> None:
    assert "milestone received" in crossdock("graph", workspace, "--flow", "orders").stdout
    parts = document(crossdock("graph", workspace, "--flow", "orders", "--json"))["parts"]
    assert parts[1]["word"] == "milestone"


def test_what_is_near_a_system_is_drawn(workspace: Path) -> None:
    nodes = document(crossdock("graph", workspace, "--around", "shop", "--json"))["nodes"]
    assert [node["name"] for node in nodes] == ["orders", "shop"]


@pytest.mark.parametrize("by", ["system", "team"])
def test_larger_parts_are_drawn(workspace: Path, by: str) -> None:
    assert "<svg " in crossdock("graph", workspace, "--by", by).stdout


def test_a_name_that_is_not_there_is_answered_with_the_nearest(workspace: Path) -> None:
    refused = crossdock("graph", workspace, "--flow", "odrers")
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert "did you mean 'orders'" in refused.stderr
    assert crossdock("graph", workspace, "--flow", "orders", "--by", "team").exit_code == 2


def test_a_workspace_with_errors_is_refused(workspace: Path) -> None:
    (workspace / "flows" / "broken.yaml").write_text("flow: [")
    assert crossdock("graph", workspace).exit_code == 2


def test_a_shell_is_offered_the_names_of_the_workspace(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(workspace)
    assert completed("bash", ["graph", "--flow"], "or") == ["orders"]
    assert completed("zsh", ["graph", "--around"], "") == ["shop", "warehouse", "orders"]
    assert completed("fish", ["send"], "shop.") == ["shop.order-created"]
    assert "warehouse.create-delivery" in completed("bash", ["map"], "")
    assert "graph" in completed("bash", ["gra"], "")
    assert completed("bash", [], "gra") == ["graph"]


def test_names_are_those_of_the_workspace_that_was_given(workspace: Path, tmp_path: Path) -> None:
    given = ["dead-letters", "list", "--workspace", str(workspace), "--flow"]
    assert completed("bash", given, "") == ["orders"]


def test_outside_of_a_workspace_nothing_is_offered_and_nothing_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert completed("bash", ["graph", "--flow"], "") == []
    assert completed("bash", ["send"], "") == []


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_each_shell_gets_its_script(shell: str) -> None:
    script = crossdock("completion", shell).stdout
    assert "_CROSSDOCK_COMPLETE" in script
    assert f"{shell}_complete" in script
