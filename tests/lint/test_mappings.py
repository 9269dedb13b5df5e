"""The checker of mappings: right ones have no findings, and one mistake in any of them is found on its line."""

from __future__ import annotations

import sys
import time
from collections import Counter
from random import Random

import pytest

from engine.jsonata import LIBRARY, MISSING, EvaluationContext, ExpressionError, compile_expression
from engine.jsonata.resolve import parse_expression
from engine.jsonata.types.compare import compare
from engine.jsonata.types.infer import Given, infer
from tests.lint.documents import document, inhabits
from tests.lint.mapping_cases import VARIABLES, RightMapping, right_mappings

RIGHT = list(right_mappings())
MUTANTS = [mutant for mapping in RIGHT for mutant in mapping.mutants()]


@pytest.mark.parametrize("mapping", RIGHT, ids=[mapping.name for mapping in RIGHT])
def test_a_right_mapping_has_no_findings(mapping: RightMapping) -> None:
    assert mapping.problems(mapping.text) == []


def test_one_mistake_in_a_mapping_is_found_on_its_line(capsys: pytest.CaptureFixture[str]) -> None:
    missed = [mutant for mutant in MUTANTS if not mutant.found()]
    kinds = Counter(mutant.what for mutant in MUTANTS)
    told = [f"\n{len(RIGHT)} right mappings; {len(MUTANTS) - len(missed)} of {len(MUTANTS)} mistakes found"]
    for kind, count in sorted(kinds.items()):
        told.append(f"  {count - sum(mutant.what == kind for mutant in missed):3} of {count:3} {kind}")
    with capsys.disabled():
        sys.stdout.write("\n".join(told) + "\n")
    assert len(RIGHT) >= 40
    assert len(MUTANTS) >= 120
    assert [mutant.name for mutant in missed][len(MUTANTS) // 20 :] == [], "at most one in twenty is missed"


@pytest.mark.parametrize("mapping", RIGHT, ids=[mapping.name for mapping in RIGHT])
def test_what_a_mapping_gives_is_of_the_type_that_was_inferred(mapping: RightMapping) -> None:
    inferred = infer(parse_expression(mapping.text), Given(mapping.source, VARIABLES, mapping.codes)).type
    expression = compile_expression(mapping.text, functions=LIBRARY)
    random = Random(mapping.name)
    context = EvaluationContext(lookup=lambda table, key: mapping.codes.tables[table].get(key, MISSING))
    for _ in range(15):
        given = document(mapping.schema, random) if mapping.schema else {}
        try:
            value = expression.evaluate(given, {"headers": {}, "message": {"id": "1"}}, context)
        except ExpressionError:
            continue  # text that is no number, and the like
        assert inhabits(value, inferred) == ""


def test_checking_a_mapping_takes_a_few_milliseconds() -> None:
    trees = [(parse_expression(mapping.text), mapping) for mapping in RIGHT]
    lines = sum(mapping.text.count("\n") for mapping in RIGHT)
    best = float("inf")
    for _ in range(3):
        start = time.process_time()
        for tree, mapping in trees:
            made = infer(tree, Given(mapping.source, VARIABLES, mapping.codes))
            assert list(compare(made.type, mapping.target, 0)) == []
        best = min(best, time.process_time() - start)
    assert best / lines * 60 < 0.02, "sixty lines, with room for slow machines"
