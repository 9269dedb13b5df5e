"""Programs made later: they do what those made at once do, and what is refused is the same."""

from __future__ import annotations

import pytest

from engine.jsonata import ExpressionSyntaxError, Trees, compile_expression
from engine.jsonata.compiler.compile import compile_tree
from engine.jsonata.compiler.later import LaterProgram, height
from engine.jsonata.library import STANDARD
from engine.jsonata.resolve import parse_expression

SHAPES = {
    "a chain of conditions": lambda depth: "".join(f"a = {n} ? {n} : " for n in range(depth)) + "0",
    "a chain of alternatives": lambda depth: " ?? ".join(f"b{n}" for n in range(depth)),
    "objects in objects": lambda depth: '{"a": ' * depth + "a" + "}" * depth,
    "lists in lists": lambda depth: "[" * depth + "a" + "]" * depth,
    "blocks in blocks": lambda depth: "(" * depth + "a" + ")" * depth,
    "functions in functions": lambda depth: "function($x){" * depth + "$x" + "}" * depth,
    "filters in filters": lambda depth: "a[b = " * depth + "1" + "]" * depth,
    "a long path": lambda depth: ".".join(f"a{n}" for n in range(depth)),
    "a long path of lists": lambda depth: ".".join("a[]" for _ in range(depth)),
    "a long path with variables": lambda depth: ".".join(f"a{n}@$v{n}" for n in range(depth)),
    "paths in objects in paths": lambda depth: 'a.{"b": ' * depth + "c" + "}" * depth,
    "groups in groups": lambda depth: "a{b: " * depth + "c" + "}" * depth,
    "sorted lists in lists": lambda depth: "(" * depth + "a" + "^(b))" * depth,
    "calls in calls": lambda depth: "$map(a, function($x){" * depth + "$x" + "})" * depth,
    "and in or": lambda depth: "(a and (b or " * depth + "c" + "))" * depth,
}


def _indented(text: str) -> int:
    """How deep the code of an expression is indented."""
    program = compile_tree(parse_expression(text), STANDARD)
    spaces = max(len(line) - len(line.lstrip(" ")) for line in program.source.splitlines() if line.strip())
    return spaces // 4


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("depth", [1, 3, 8, 13])
def test_code_is_indented_by_no_more_than_a_level_for_each_level_of_the_tree(shape: str, depth: int) -> None:
    text = SHAPES[shape](depth)
    assert _indented(text) <= height(parse_expression(text)) + 1


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("depth", [2, 20, 40, 60, 90, 130, 250])
def test_what_is_refused_is_the_same(shape: str, depth: int) -> None:
    text = SHAPES[shape](depth)
    refusals = []
    for lazy in (False, True):
        try:
            made = compile_expression(text, lazy=lazy)
        except ExpressionSyntaxError as error:
            refusals.append((error.code, error.offset))
        else:
            made.program.run  # noqa: B018 - a program made later is made here, without an error
            refusals.append(("", None))
    assert refusals[0] == refusals[1]


def test_a_program_made_later_gives_the_same() -> None:
    text = 'lines.{"sku": sku, "amount": $number(price) * quantity}[amount > 5]'
    data = {"lines": [{"sku": "A", "price": "2", "quantity": 2}, {"sku": "B", "price": "3", "quantity": 3}]}
    later = compile_expression(text, lazy=True)
    assert isinstance(later.program, LaterProgram)
    assert later.evaluate(data) == compile_expression(text).evaluate(data) == {"sku": "B", "amount": 9}


def test_a_text_is_parsed_once() -> None:
    trees = Trees()
    first = compile_expression("a.b", trees=trees, lazy=True)
    assert first.ast is compile_expression("a.b", trees=trees).ast is trees.of("a.b")
