"""Random expressions, compared with the reference implementation on Node.

Needs `node` and the npm package `jsonata` in NODE_PATH, in CROSSDOCK_NODE_MODULES or installed globally.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import tempfile
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

import pytest

from engine.jsonata import MISSING, ExpressionError, compile_expression
from tests.conformance.jsonata_generator import Generator, document
from tests.conformance.jsonata_values import as_reference, same

SECONDS = 25
RUNNER = Path(__file__).with_name("jsonata_reference.cjs")
Case = tuple[str, Any, dict[str, Any]]


def _modules() -> str | None:
    """The folder that holds the reference implementation."""
    node, npm = shutil.which("node"), shutil.which("npm")
    candidates = [os.environ.get("CROSSDOCK_NODE_MODULES", ""), *os.environ.get("NODE_PATH", "").split(os.pathsep)]
    if node and npm:
        root = subprocess.run([npm, "root", "-g"], capture_output=True, text=True, check=False).stdout.strip()
        candidates.append(root)
    return next((folder for folder in candidates if node and folder and (Path(folder) / "jsonata").is_dir()), None)


MODULES = _modules()
pytestmark = pytest.mark.skipif(
    MODULES is None, reason="needs node and the npm package jsonata (CROSSDOCK_NODE_MODULES)"
)


def _cases(seed: int, count: int) -> list[Case]:
    random = Random(seed)
    cases = []
    for _ in range(count):
        data = document(random)
        if random.random() < 0.1:
            data = [data, document(random)] if random.random() < 0.7 else [data]
        expression = Generator(random).expression(random.choice((1, 2, 3, 4, 5)))
        cases.append((expression, data, {"v": document(random, 2)}))
    return cases


def _reference(cases: list[Case]) -> list[dict[str, Any]]:
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


def _ours(case: Case) -> dict[str, Any]:
    expression, data, variables = json.loads(json.dumps(case), parse_float=Decimal)
    try:
        result = compile_expression(expression).evaluate(data, variables)
    except ExpressionError as error:
        return {"error": error.code}
    assert json.loads(json.dumps(data, default=float)) == case[1], "the input was changed"
    return {} if result is MISSING or callable(result) else {"value": as_reference(result)}


def _explained(case: Case, reference: dict[str, Any], ours: dict[str, Any]) -> bool:
    """Whether a difference is one of those that the documentation of the language lists."""
    if reference.get("error", "").startswith("JS "):
        return True  # the reference itself fails, without a JSONata code
    if reference.get("changed"):
        return True  # the reference changes its input
    if "value" in ours and same(_filled(ours["value"]), _filled(reference.get("value"))):
        return True  # the reference changes a value of its own: an empty array gets an item that is undefined
    constructs = "[" in case[0] or "{" in case[0]
    # the members of a constructor run side by side in the reference: any of several errors may come first
    return "error" in reference and "error" in ours and constructs


def _filled(value: Any) -> Any:
    """A value with each empty array as the reference leaves it behind."""
    if isinstance(value, list):
        return [_filled(item) for item in value] or [None]
    return {key: _filled(item) for key, item in value.items()} if isinstance(value, dict) else value


def _check(seed: int, count: int) -> None:
    cases = _cases(seed, count)
    references = _reference(cases)
    assert len(references) == count
    for case, reference in zip(cases, references, strict=True):
        if "timeout" in (reference.get("value"), reference.get("error")) or reference.get("error") == "D1012":
            continue
        ours = _ours(case)
        if "error" in reference or "error" in ours:
            equal = reference.get("error") == ours.get("error")
        else:
            equal = ("value" in reference) == ("value" in ours) and same(ours.get("value"), reference.get("value"))
        assert equal or _explained(case, reference, ours), f"{case}\nreference {reference}\nours      {ours}"


@pytest.mark.parametrize("seed", range(2))
def test_random_expressions_give_what_the_reference_gives(seed: int) -> None:
    _check(seed, 600)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(100, 120))
def test_twenty_thousand_random_expressions_give_what_the_reference_gives(seed: int) -> None:
    _check(seed, 1200)
