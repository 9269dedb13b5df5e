"""Operators: comparisons with literals, string concatenation and logic are written out; the rest calls helpers."""

from __future__ import annotations

from collections.abc import Iterator

from engine.jsonata import ast
from engine.jsonata.compiler.literals import truth
from engine.jsonata.compiler.unit import Unit
from engine.jsonata.compiler.values import Here, Val, scalar

_ARITHMETIC = {"+": "add", "-": "subtract", "*": "multiply", "/": "divide", "%": "remainder"}
SAFE = "-9007199254740992 < {0} < 9007199254740992"
"""A test of a number: below 2**53, where each double is one integer."""
_COMPARISON = {"<": "less", ">": "greater", "<=": "at_most", ">=": "at_least"}


def binary(unit: Unit, node: ast.Binary, here: Here) -> Val:
    operator = node.operator
    if operator == "&":
        return _concatenation(unit, node, here.inner())
    if operator in ("and", "or"):
        return _logic(unit, node, here.inner())
    left = unit.fixed(unit.value(node.left, here.inner()))
    right = unit.fixed(unit.value(node.right, here.inner()))
    unit.at(node.at)
    if operator in _ARITHMETIC:
        return _arithmetic(unit, operator, left, right)
    if operator in _COMPARISON:
        return _comparison(unit, operator, left, right)
    if operator in ("=", "!="):
        return _equality(unit, operator, left, right)
    if operator == "in":
        return scalar(unit.assign(f"includes({left.code}, {right.code})"), "b")
    assert operator == ".."
    return Val(unit.assign(f"span({left.code}, {right.code}, st)"), raw=True, clean=True)


def negate(unit: Unit, node: ast.Negate, here: Here) -> Val:
    operand = unit.value(node.operand, here.inner())
    unit.at(node.at)
    return scalar(unit.assign(f"negate({operand.code})"), "n", missing=operand.missing)


def is_small(value: Val) -> bool:
    """Whether a value is an integer literal that stands in the code as it is."""
    return value.constant and value.code[0] == "(" and value.code[-1] == ")"


def _arithmetic(unit: Unit, operator: str, left: Val, right: Val) -> Val:
    call = f"{_ARITHMETIC[operator]}({left.code}, {right.code})"
    one_small = is_small(left) or is_small(right)
    if operator == "%" and is_small(right) and right.code != "(0)":
        call = f"{left.code} % {right.code} if {left.code}.__class__ is int and {left.code} >= 0 else {call}"
    elif operator == "/" and is_small(right) and right.code != "(0)":
        quotient = f"{left.code} / {right.code} if {left.code} % {right.code} else {left.code} // {right.code}"
        call = f"({quotient}) if {left.code}.__class__ is int and {SAFE.format(left.code)} else {call}"
    elif operator == "*" and not (left.constant or right.constant):
        name = unit.temp()
        both = f"{left.code}.__class__ is int and {right.code}.__class__ is int"
        fits = SAFE.format(f"({name} := {left.code} * {right.code})")
        unit.line(f"{name} = {name} if {both} and {fits} else {call}")
        return scalar(name, "n", missing=left.missing or right.missing)
    elif operator in "+-" or (operator == "*" and one_small):
        tests = [f"{side.code}.__class__ is int" for side in (left, right) if not is_small(side)]
        if tests:
            call = f"{left.code} {operator} {right.code} if {' and '.join(tests)} else {call}"
    return scalar(unit.assign(call), "n", missing=left.missing or right.missing)


def _comparison(unit: Unit, operator: str, left: Val, right: Val) -> Val:
    call = f"{_COMPARISON[operator]}({left.code}, {right.code})"
    kind = None
    for side in (left, right):
        if is_small(side):
            kind = "int"
        elif side.constant and side.kind == "s" and side.code.isascii():
            kind = "str"
    if kind is not None:
        tests = [f"{side.code}.__class__ is {kind}" for side in (left, right) if not side.constant]
        if tests:
            call = f"{left.code} {operator} {right.code} if {' and '.join(tests)} else {call}"
    elif "s" not in (left.kind, right.kind):
        both = f"{left.code}.__class__ is int and {right.code}.__class__ is int"
        call = f"{left.code} {operator} {right.code} if {both} else {call}"
    return scalar(unit.assign(call), "b", missing=left.missing or right.missing)


def _equality(unit: Unit, operator: str, left: Val, right: Val) -> Val:
    if left.constant:
        left, right = right, left
    if left.constant:
        helper = "equal" if operator == "=" else "unequal"
        return scalar(unit.assign(f"{helper}({left.code}, {right.code})"), "b")
    if right.constant:
        written = _equals_literal(operator, left, right)
        if written is not None:
            return scalar(written, "b", simple=False)
    helper = "equal" if operator == "=" else "unequal"
    both = f"{left.code}.__class__ is str and {right.code}.__class__ is str"
    python = "==" if operator == "=" else "!="
    return scalar(
        unit.assign(f"{left.code} {python} {right.code} if {both} else {helper}({left.code}, {right.code})"), "b"
    )


def _equals_literal(operator: str, left: Val, right: Val) -> str | None:
    """Code for a comparison with a literal of a kind for which Python's own comparison gives the right answer."""
    equals, code = operator == "=", left.code
    if right.kind in "bz":
        test = f"{code} is {right.code}" if equals else f"{code} is not {right.code}"
    elif right.kind == "s" or (is_small(right) and right.code not in ("(0)", "(1)")):
        test = f"{code} == {right.code}" if equals else f"{code} != {right.code}"
    elif is_small(right):
        same = f"{code} == {right.code} and {code}.__class__ is not bool"
        test = same if equals else f"not ({same})"
    else:
        return None
    return f"({test})" if equals or not left.missing else f"({test} and {code} is not M)"


def _logic(unit: Unit, node: ast.Binary, here: Here) -> Val:
    operator = node.operator
    result = None
    for part in _chain(node, operator):
        if result is None:
            test = truth(unit, part, here)
            result = unit.assign(f"True if {test} else False")
            continue
        with unit.block(f"if {result}:" if operator == "and" else f"if not {result}:"):
            test = truth(unit, part, here)
            unit.line(f"{result} = True if {test} else False")
    assert result is not None
    return scalar(result, "b")


def _chain(node: ast.Node, operator: str) -> Iterator[ast.Node]:
    """The operands of a chain of the same operator, left to right."""
    if isinstance(node, ast.Binary) and node.operator == operator and not node.predicates and node.group is None:
        yield from _chain(node.left, operator)
        if operator == "&":
            yield from _chain(node.right, operator)
        else:
            yield node.right
    else:
        yield node


def _concatenation(unit: Unit, node: ast.Binary, here: Here) -> Val:
    parts: list[str] = []
    growing = 0
    for part in _chain(node, "&"):
        value = unit.value(part, here)
        if value.constant and isinstance(part, ast.Text):
            parts.append(_literal(unit, part.value))
            continue
        growing += not isinstance(part, ast.Path)
        unit.at(part.at)
        name = unit.atom(value) if not value.constant else unit.assign(value.code)
        if value.kind != "s" or value.missing:
            name = unit.assign(f"{name} if {name}.__class__ is str else text({name})")
        parts.append("{" + name + "}")
    code = "f'" + "".join(parts) + "'"
    if growing:
        name = unit.assign(code)
        unit.line(f"if len({name}) > 100000: st.check_text({name})")
        return scalar(name, "s")
    return scalar(code, "s", simple=False)


def _literal(unit: Unit, value: str) -> str:
    """A string literal inside of an f-string."""
    if value.isascii() and value.isprintable() and not {"'", '"', "\\"} & set(value):
        return value.replace("{", "{{").replace("}", "}}")
    return "{" + unit.named_constant(value) + "}"
