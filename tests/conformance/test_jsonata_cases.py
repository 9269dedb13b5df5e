"""Expressions with odd arguments, in odd places: what the reference gave is on record in `jsonata_cases.jsonl`.

The first line of the file holds the documents, each further one a case: its `value`, nothing for a missing one, or the
code of its `error`. Where the reference fails without a code ("JS"), any code of ours will do.
"""

from __future__ import annotations

import json
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest

from engine.jsonata import MISSING, ExpressionError, compile_expression
from tests.conformance.jsonata_node import needs_reference, reference_answers
from tests.conformance.jsonata_values import as_reference, same

FILE = Path(__file__).with_name("jsonata_cases.jsonl")
PARTS = 20


@lru_cache
def _recorded() -> tuple[dict[str, Any], list[dict[str, Any]]]:
    first, *lines = FILE.read_text("utf-8").splitlines()
    return json.loads(first)["documents"], [json.loads(line) for line in lines]


def _part(part: int) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    documents, cases = _recorded()
    return documents, cases[part::PARTS]


def _answer(case: dict[str, Any], documents: dict[str, Any]) -> dict[str, Any]:
    document = json.loads(json.dumps(documents.get(case.get("document", ""))), parse_float=Decimal)
    try:
        value = compile_expression(case["expression"]).evaluate(
            document if "document" in case else MISSING, case.get("variables", {})
        )
    except ExpressionError as error:
        return {"error": error.code}
    return {} if value is MISSING else {"value": as_reference(value)}


def _agree(case: dict[str, Any], answer: dict[str, Any]) -> bool:
    if "error" in case or "error" in answer:
        return (case.get("error") == "JS" and "error" in answer) or case.get("error") == answer.get("error")
    expected = as_reference(case.get("value"))
    return ("value" in case) == ("value" in answer) and same(expected, answer.get("value"))


@pytest.mark.parametrize("part", range(PARTS))
def test_what_the_reference_gave_is_given(part: int) -> None:
    documents, cases = _part(part)
    answers = [(case, _answer(case, documents)) for case in cases]
    assert [pair for pair in answers if not _agree(*pair)] == []


def test_there_are_thousands_of_cases() -> None:
    assert len(_recorded()[1]) > 3000


@needs_reference
def test_what_is_on_record_is_what_the_reference_gives() -> None:
    documents, cases = _recorded()
    asked = [case for case in cases if "document" in case]
    answers = reference_answers(
        [(case["expression"], documents[case["document"]], case.get("variables", {})) for case in asked]
    )
    wrong = []
    for case, answer in zip(asked, answers, strict=True):
        if answer.get("error", "").startswith("JS "):
            answer = {"error": "JS"}
        if not _agree(case, answer | ({"value": as_reference(answer["value"])} if "value" in answer else {})):
            wrong.append((case, answer))
    assert wrong == []
