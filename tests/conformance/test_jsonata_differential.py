"""Random expressions, compared with the reference implementation on Node."""

from __future__ import annotations

import json
from decimal import Decimal
from random import Random
from typing import Any

import pytest

from engine.jsonata import MISSING, ExpressionError, compile_expression
from tests.conformance.jsonata_generator import Generator, document
from tests.conformance.jsonata_node import Case, needs_reference, reference_answers
from tests.conformance.jsonata_values import as_reference, same

pytestmark = needs_reference


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
    if ours.get("error") == "D3169" and "_jsonata_function" in json.dumps(reference):
        return True  # the reference shows the inside of a function
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
    references = reference_answers(cases)
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
