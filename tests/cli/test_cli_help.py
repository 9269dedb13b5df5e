"""What `crossdock` says about itself."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from cli_harness import COMMAND, crossdock

from engine.cli import main
from engine.cli.reference import reference
from engine.cli.root import CommandTable
from engine.cli.table import COMMANDS

PAGE = Path(__file__).resolve().parents[2] / "docs" / "reference" / "cli.md"


def every_command() -> Iterator[tuple[tuple[str, ...], click.Command]]:
    assert isinstance(main, CommandTable)
    for name in COMMANDS:
        command = main.get_command(click.Context(main), name)
        assert command is not None
        yield (name,), command
        if isinstance(command, click.Group):
            yield from (((name, inner), below) for inner, below in command.commands.items())


@pytest.mark.parametrize(("path", "command"), [pytest.param(*one, id=" ".join(one[0])) for one in every_command()])
def test_every_command_has_an_example_and_json(path: tuple[str, ...], command: click.Command) -> None:
    help_text = crossdock(*path, "--help").stdout
    assert f"crossdock {' '.join(path)}" in help_text.partition("Example:")[2].partition("Options:")[0]
    assert isinstance(command, click.Group) or "--json" in help_text


def test_the_table_says_what_each_command_says() -> None:
    for path, command in every_command():
        if len(path) == 1:
            assert (command.help or "").partition("\n")[0] == COMMANDS[path[0]].summary


def test_the_reference_page_is_current() -> None:
    """`python -m engine.cli.reference > docs/reference/cli.md` makes it so."""
    assert PAGE.read_text(encoding="utf-8") == reference()


def test_help_does_not_load_the_engine() -> None:
    script = (
        "import sys; from engine.cli import main; main(['--help'], standalone_mode=False); "
        "print([name for name in ('engine.app', 'pydantic', 'rich') if name in sys.modules], file=sys.stderr)"
    )
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=True)
    assert ran.stderr.strip() == "[]"


def test_a_misspelt_command_is_answered_with_the_nearest_one() -> None:
    result = crossdock("stats")
    assert result.exit_code == 2
    assert "did you mean 'status'" in result.stderr


def test_the_module_runs_as_the_command() -> None:
    ran = subprocess.run([*COMMAND, "--version"], capture_output=True, text=True, timeout=60, check=True)
    assert re.fullmatch(r"crossdock \d+\.\d+\.\d+\n", ran.stdout)
