"""The reference implementation on Node: found, and asked for the answers to many cases at once.

Needs `node` and the npm package `jsonata` in NODE_PATH, in CROSSDOCK_NODE_MODULES or installed globally.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import pytest

SECONDS = 25
RUNNER = Path(__file__).with_name("jsonata_reference.cjs")
Case = tuple[str, Any, dict[str, Any]]
"""An expression, the document that it is evaluated on, and variables."""


def _modules() -> str | None:
    """The folder that holds the reference implementation."""
    node, npm = shutil.which("node"), shutil.which("npm")
    candidates = [os.environ.get("CROSSDOCK_NODE_MODULES", ""), *os.environ.get("NODE_PATH", "").split(os.pathsep)]
    if node and npm:
        root = subprocess.run([npm, "root", "-g"], capture_output=True, text=True, check=False).stdout.strip()
        candidates.append(root)
    return next((folder for folder in candidates if node and folder and (Path(folder) / "jsonata").is_dir()), None)


MODULES = _modules()
needs_reference = pytest.mark.skipif(
    MODULES is None, reason="needs node and the npm package jsonata (CROSSDOCK_NODE_MODULES)"
)


def reference_answers(cases: list[Case]) -> list[dict[str, Any]]:
    """What the reference answers; a case that it does not end in time is answered with an error of its own."""
    answers: list[dict[str, Any]] = []
    while len(answers) < len(cases):
        answers += _answers(cases[len(answers) :])
        if len(answers) < len(cases):
            answers.append({"error": "JS does not end"})
    return answers


def _answers(cases: list[Case]) -> list[dict[str, Any]]:
    lines = [
        json.dumps({"expression": expression, "data": {"document": data}, "variables": variables})
        for expression, data, variables in cases
    ]
    with tempfile.TemporaryFile("w+") as output:
        with contextlib.suppress(subprocess.TimeoutExpired):
            subprocess.run(
                ["node", str(RUNNER)],
                input="\n".join(lines) + "\n",
                stdout=output,
                text=True,
                check=False,
                timeout=SECONDS,
                env={**os.environ, "NODE_PATH": MODULES or ""},
            )
        output.seek(0)
        return [json.loads(line, parse_int=float) for line in output if line.endswith("\n")]
