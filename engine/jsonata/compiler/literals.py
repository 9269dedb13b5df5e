"""Literals, variables, blocks, bindings, conditions and function definitions."""

from __future__ import annotations

from dataclasses import replace

from engine.jsonata import ast
from engine.jsonata.compiler.scope import Scope, Var, bound_in, evaluates, private_functions
from engine.jsonata.compiler.unit import Unit
from engine.jsonata.compiler.values import NOTHING, Here, Val, merged, scalar
from engine.jsonata.functions.regexes import compile_regex
from engine.jsonata.library import STANDARD

_LADDER = 6


def text(unit: Unit, node: ast.Text, here: Here) -> Val:
    return replace(scalar(repr(node.value), "s"), constant=True)


def number(unit: Unit, node: ast.Number, here: Here) -> Val:
    return replace(scalar(unit.constant(node.value), "n"), constant=True)


def constant(unit: Unit, node: ast.Constant, here: Here) -> Val:
    return replace(scalar(repr(node.value), "z" if node.value is None else "b"), constant=True)


def regex(unit: Unit, node: ast.Regex, here: Here) -> Val:
    pattern = unit.constant(compile_regex(node.pattern, node.flags))
    return Val(unit.assign(f"timed({pattern}, st)"), "f", missing=False, sequence=False, clean=True)


def variable(unit: Unit, node: ast.Variable, here: Here) -> Val:
    if node.name == "":
        return context(unit, here)
    if node.name == "$":
        return Val("root", clean=True, sequence=False)
    found = unit.lookup_scope(here.scope, node.name)
    if found is not None:
        return found
    if node.name in unit.functions:
        return _native(unit, node.name, here)
    known = unit.recall(("env", node.name))
    return Val(known or unit.remember(("env", node.name), unit.assign(unit.outside(node.name))), clean=True)


def context(unit: Unit, here: Here) -> Val:
    """`$`: the context; the wrapper around an array as input document is taken off."""
    if here.item or here.code != "ctx":
        return Val(here.code, clean=here.clean, sequence=not (here.item and here.clean))
    known = unit.recall(("context", here.code))
    if known is None:
        code = f"{here.code}[0] if {here.code}.__class__ is Outer else {here.code}"
        known = unit.remember(("context", here.code), unit.assign(code))
    return Val(known, clean=here.clean)


def _native(unit: Unit, name: str, here: Here) -> Val:
    if name == "eval":
        return Val(unit.assign(f"evaluator(st, None, {visible(unit, here)})"), "f", missing=False, sequence=False)
    return Val(unit.assign(unit.outside(name)), "f", missing=False, sequence=False, clean=True)


def visible(unit: Unit, here: Here) -> str:
    """Code for a dict of what `$eval` can see: variables, the document under `$`, and under "" the frame to bind in."""
    pairs = [f"**{frame}" for frame in here.scope.frames()]
    for name in sorted(here.scope.visible()):
        value = unit.lookup_scope(here.scope, name)
        if value is not None:
            pairs.append(f"{name!r}: {value.code}")
    pairs += ["'$': root", f"'': {here.scope.evaluation_frame()}"]
    return "{**env, " + ", ".join(pairs) + "}"


def parent(unit: Unit, node: ast.Parent, here: Here) -> Val:
    found = unit.lookup_scope(here.scope, node.label)
    return found if found is not None else NOTHING


def truth(unit: Unit, node: ast.Node, here: Here) -> str:
    """Code for the truth of an expression, as conditions see it."""
    question = _question(unit, node, here)
    if question is None:
        return truth_of(unit, unit.value(node, here.inner()))
    value = unit.fixed(unit.value(question[1], here.inner()))
    unit.at(node.at)
    if question[0] == "exists":
        return f"({value.code} is not M)" if value.missing else "True"
    answer = truth_of(unit, value)
    if question[0] == "boolean":
        return answer
    return f"({value.code} is not M and not {answer})" if value.missing else f"(not {answer})"


def _question(unit: Unit, node: ast.Node, here: Here) -> tuple[str, ast.Node] | None:
    """Which of `$boolean`, `$not` and `$exists` a node asks, and of what."""
    if not is_question(unit, node, here) or not isinstance(node, ast.Call) or len(node.arguments) != 1:
        return None
    assert isinstance(node.procedure, ast.Variable)
    return node.procedure.name, node.arguments[0]


def is_question(unit: Unit, node: ast.Node, here: Here) -> bool:
    """Whether a node is a call of a function that gives true, false or nothing."""
    if not isinstance(node, ast.Call) or not isinstance(node.procedure, ast.Variable):
        return False
    if node.predicates or node.group is not None:
        return False
    function = unit.built_in(here.scope, node.procedure.name)
    return function is not None and function.result == "b" and STANDARD.get(function.name) is function


def truth_of(unit: Unit, value: Val) -> str:
    """Code for the truth of a value, true or false as Python sees it; MISSING is false."""
    if value.truth is not None:
        return value.truth
    if value.kind and value.kind in "bsoz":
        return value.code
    if value.kind == "f" or value.kind == "m":
        return "False"
    if value.constant:
        return f"is_true({value.code})"
    name = unit.atom(value)
    other = f"{name} is not M and {name} is not None and is_true({name})"
    return f"({name} if {name}.__class__ in TRUE_IF_FULL else {other})"


def condition(unit: Unit, node: ast.Condition, here: Here) -> Val:
    if _rungs(node) >= _LADDER:
        return _ladder(unit, node, here)
    test = truth(unit, node.condition, here)
    if _is_literal(node.then) and _is_literal(node.otherwise):
        then, last = unit.value(node.then, here), unit.value(node.otherwise or node.then, here)
        return merged(unit.assign(f"{then.code} if {test} else {last.code}"), then, last)
    result = unit.temp()
    with unit.block(f"if {test}:"):
        then = unit.value(node.then, here, hold=True)
        unit.line(f"{result} = {then.code}")
    with unit.block("else:"):
        otherwise = unit.value(node.otherwise, here, hold=True) if node.otherwise is not None else NOTHING
        unit.line(f"{result} = {otherwise.code}")
    return merged(result, then, otherwise)


def _is_literal(node: ast.Node | None) -> bool:
    return isinstance(node, ast.Text | ast.Number | ast.Constant) and not node.predicates and node.group is None


def _rungs(node: ast.Node | None) -> int:
    count = 0
    while isinstance(node, ast.Condition) and not node.predicates and node.group is None:
        count += 1
        node = node.otherwise
    return count


def _ladder(unit: Unit, node: ast.Condition, here: Here) -> Val:
    """A long chain of conditions: a function that returns from the first one that holds."""
    name = unit.temp("o")
    known: Val | None = None
    with unit.function_def(f"{name}()"):
        rung: ast.Node | None = node
        while isinstance(rung, ast.Condition) and not rung.predicates and rung.group is None:
            with unit.block(f"if {truth(unit, rung.condition, here)}:"):
                then = unit.value(rung.then, here, hold=True)
                unit.line(f"return {then.code}")
            known = then if known is None else merged("", known, then)
            rung = rung.otherwise
        last = unit.value(rung, here, hold=True) if rung is not None else NOTHING
        unit.line(f"return {last.code}")
    result = unit.assign(f"{name}()")
    return merged(result, known or NOTHING, last)


def default(unit: Unit, node: ast.Default, here: Here) -> Val:
    left = unit.fixed(unit.value(node.left, here.inner()))
    return _alternative(unit, left, truth_of(unit, left), node.right, here)


def coalesce(unit: Unit, node: ast.Coalesce, here: Here) -> Val:
    left = unit.fixed(unit.value(node.left, here.inner()))
    if not left.missing:
        return left
    return _alternative(unit, replace(left, missing=False), f"{left.code} is not M", node.right, here)


def _alternative(unit: Unit, left: Val, test: str, right: ast.Node, here: Here) -> Val:
    result = unit.temp()
    unit.line(f"{result} = {left.code}")
    with unit.block(f"if not ({test}):"):
        other = unit.value(right, here, hold=True)
        unit.line(f"{result} = {other.code}")
    return merged(result, left, other)


def block(unit: Unit, node: ast.Block, here: Here) -> Val:
    inside = replace(here, scope=open_frame(unit, here.scope, node.expressions))
    if unit.trusting and inside.scope.variables:
        for name in private_functions(node):
            variable = inside.scope.variables[name]
            variable.private = not variable.many
    value = NOTHING
    for index, expression in enumerate(node.expressions):
        last = index == len(node.expressions) - 1
        value = unit.value(expression, inside if last else inside.inner(), hold=last)
        if not last and not value.simple:
            unit.line(value.code)
    close_frame(unit, inside.scope)
    return value


def open_frame(unit: Unit, outer: Scope, expressions: tuple[ast.Node, ...]) -> Scope:
    """A scope with the variables that these expressions bind."""
    if evaluates(expressions):
        return Scope(outer, frame=unit.assign("{}", "e"), hides=True)
    scope = Scope(outer)
    for name, count in bound_in(expressions).items():
        variable = Var(unit.temp("v"), unit.function, count > 1)
        scope.variables[name] = variable
        unit.line(f"{variable.code} = UNSET")
    return scope


def close_frame(unit: Unit, scope: Scope) -> None:
    """Take out the first assignments that no read depends on."""
    for variable in scope.variables.values():
        if not variable.touched and not variable.many:
            unit.drop_line(f"{variable.code} = UNSET")


def bind(unit: Unit, node: ast.Bind, here: Here) -> Val:
    variable = here.scope.binding(node.name)
    assert variable is not None
    if isinstance(variable, str):
        return _bind_in_frame(unit, node, here, variable)
    if isinstance(node.value, ast.Lambda) and not variable.many and not node.value.predicates:
        variable.lambda_node = node.value
        variable.lambda_body = unit.temp("f")
        if variable.private:
            return _bind_private(unit, node.value, here, variable, variable.lambda_body)
    value = unit.value(node.value, here.inner())
    if variable.function != unit.function:
        unit.assigns_outer(variable.code)
        variable.touched = True
    settled = not value.sequence or value.clean
    unit.line(f"{variable.code} = {value.code}" if settled else f"{variable.code} = settle_all({value.code})")
    variable.value = value.named(variable.code, constant=False, settled=True)
    unit.assigned(variable)
    return variable.value if not variable.many else replace(variable.value, code=unit.assign(variable.code))


def _bind_private(unit: Unit, node: ast.Lambda, here: Here, variable: Var, name: str) -> Val:
    """A binding of a function that is only called: there is no value of it."""
    before = unit.bounces, unit.reentries
    result = write_function(unit, node, here.inner(), name, trusting=True)
    if (unit.bounces, unit.reentries) == before:
        variable.leaf = result
    unit.assigned(variable)
    return NOTHING


def _bind_in_frame(unit: Unit, node: ast.Bind, here: Here, frame: str) -> Val:
    """A binding where `$eval` may bind as well: in a dict."""
    value = unit.value(node.value, here.inner())
    settled = not value.sequence or value.clean
    name = unit.assign(value.code if settled else f"settle_all({value.code})")
    unit.line(f"{frame}[{node.name!r}] = {name}")
    return value.named(name, constant=False, settled=True)


def lambda_(unit: Unit, node: ast.Lambda, here: Here) -> Val:
    variable = _bound_variable(node, here.scope)
    body = (variable.lambda_body if variable else None) or unit.temp("f")
    before = unit.bounces, unit.reentries
    result = write_function(unit, node, here, body)
    if variable is not None and (unit.bounces, unit.reentries) == before:
        variable.leaf = result
    extra = "" if node.signature is None else ", " + unit.constant(node.signature)
    code = unit.assign(f"Lambda({body}, {len(node.parameters)}, st{extra})")
    return Val(code, "f", missing=False, sequence=False, clean=True)


def _bound_variable(node: ast.Lambda, scope: Scope) -> Var | None:
    """The variable that is bound to a function, and to nothing else."""
    for level in scope.chain():
        for variable in level.variables.values():
            if variable.lambda_node is node:
                return variable
    return None


def write_function(unit: Unit, node: ast.Lambda, here: Here, name: str, *, trusting: bool = False) -> Val:
    """Write the Python function of a lambda; arguments that are not given are missing. Gives what its result is.

    `trusting`: it is called with clean arguments.
    """
    scope = Scope(here.scope)
    arguments = []
    for parameter in dict.fromkeys(reversed(node.parameters)):
        variable = Var(unit.temp("a"), -1, False)
        variable.assigned = True
        variable.value = Val(variable.code, clean=trusting, settled=trusting)
        scope.variables[parameter] = variable
    for index, parameter in enumerate(node.parameters):
        hidden = parameter in node.parameters[index + 1 :]
        arguments.append((unit.temp("a") if hidden else scope.variables[parameter].code) + "=M")
    with unit.function_def(f"{name}({', '.join(arguments)})"):
        for variable in scope.variables.values():
            variable.function = unit.function
        framed = not isinstance(node.body, ast.Block) and evaluates([node.body])
        if framed:
            scope = Scope(scope, frame=unit.assign("{}", "e"), hides=True)
        rebound = bound_in([node.body]) if not framed and not isinstance(node.body, ast.Block) else {}
        for bound in rebound:
            held = scope.variables.setdefault(bound, Var(unit.temp("v"), unit.function, True))
            held.many = True
            held.value = Val(held.code)
            if not held.assigned:
                unit.line(f"{held.code} = UNSET")
        value = unit.value(node.body, Here(here.code, scope, here.clean, here.item, here.group, tail=True, bounce=True))
        unit.line(f"return {value.code}")
    return value
