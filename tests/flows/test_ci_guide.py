"""`docs/how-to/ci.md` and the hooks for pre-commit name commands and options that there are (GOV-4)."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import click
import pytest
import yaml

from engine.cli import main
from engine.cli.root import CommandTable

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "how-to" / "ci.md").read_text(encoding="utf-8")
HOOKS = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
BLOCKS = [yaml.safe_load(block) for block in re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)]
TOLD = {line.strip() for line in re.findall(r"^(?: +run: | +- run: )?(crossdock [a-z].*)$", PAGE, re.MULTILINE)}


def parsed(line: str) -> click.Context:
    """The command of a line with its options, as click reads them; raises UsageError for what there is not."""
    _, name, *arguments = shlex.split(line)
    assert isinstance(main, CommandTable)
    root = click.Context(main)
    command = main.get_command(root, name)
    assert command is not None, name
    return command.make_context(name, arguments, parent=root)


@pytest.mark.parametrize("line", sorted(TOLD))
def test_every_command_of_the_guide_can_be_typed(line: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    assert parsed(line).params


@pytest.mark.parametrize("hook", HOOKS, ids=lambda hook: str(hook["id"]))
def test_every_hook_runs_a_command_on_the_workspace(hook: dict[str, object], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    assert parsed(str(hook["entry"])).params
    assert hook["pass_filenames"] is False
    assert hook["language"] == "python"


def test_the_guide_uses_the_hooks_that_there_are() -> None:
    (config,) = [block for block in BLOCKS if "repos" in block]
    assert [hook["id"] for hook in config["repos"][0]["hooks"]] == [hook["id"] for hook in HOOKS]


def test_the_workflow_lints_tests_and_publishes() -> None:
    (workflow,) = [block for block in BLOCKS if "jobs" in block]
    commands = [step["run"] for job in workflow["jobs"].values() for step in job["steps"] if "run" in step]
    assert {command.split()[1] for command in commands if command.startswith("crossdock")} == {"lint", "test", "docs"}
    assert workflow["jobs"]["catalogue"]["needs"] == "check"
