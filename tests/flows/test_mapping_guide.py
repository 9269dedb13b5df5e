"""`docs/how-to/write-a-mapping.md` is so: its files are written, its commands run, its expressions evaluated."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine import exact_json
from engine.jsonata import LIBRARY, MISSING, ExpressionError, compile_expression
from tests.flows.running import ROOT

PAGE = (ROOT / "docs" / "how-to" / "write-a-mapping.md").read_text(encoding="utf-8")
_ROW = re.compile(r"^\| `(.+?)` \| `(.+?)` \| (.+?) \|$", re.MULTILINE)


def blocks() -> Iterator[tuple[str, str, str]]:
    """Each block of the page: its language, the file that the sentence before it names, and its text."""
    named = ""
    for part in re.split(r"(```\w+\n.*?```)", PAGE, flags=re.DOTALL):
        if part.startswith("```"):
            language, _, text = part.removeprefix("```").removesuffix("```").partition("\n")
            yield language, named, text
        else:
            found = re.findall(r"`((?:flows|examples)/[\w./-]+)`", part)
            named = found[-1] if found else ""


def run(workspace: Path, command: str) -> str:
    """What a command of the page prints."""
    program = f"{sys.executable} -m engine.cli"
    ran = subprocess.run(
        ["/bin/sh", "-c", command.replace("crossdock ", f"{program} ", 1)],
        cwd=workspace,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=60,
        check=False,
    )
    return ran.stdout


def test_the_commands_of_the_guide_print_what_it_shows(tmp_path: Path) -> None:
    for folder in ("flows", "canonical", "examples"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    shown = 0
    for language, file, text in blocks():
        if language == "console":
            command, _, expected = text.removeprefix("$ ").partition("\n")
            assert run(tmp_path, command) == expected
            shown += 1
        else:
            assert file, text
            (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / file).write_text(text)
    assert shown == 4


@pytest.mark.parametrize(("expression", "data", "result"), [row.groups() for row in _ROW.finditer(PAGE)])
def test_the_expressions_of_the_guide_give_what_it_says(expression: str, data: str, result: str) -> None:
    try:
        value = compile_expression(expression, functions=LIBRARY).evaluate(exact_json.decode(data.encode()))
        told = "nothing" if value is MISSING else f"`{exact_json.encode(value).decode()}`"
    except ExpressionError as error:
        told = error.code
    assert told == result


def test_every_row_of_the_guide_is_evaluated() -> None:
    rows = [line for line in PAGE.splitlines() if line.startswith("| `")]
    assert len(rows) == len(_ROW.findall(PAGE)) > 20
