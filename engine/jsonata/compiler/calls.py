"""Function calls, chains, partial applications and transforms: known functions directly, others through `invoke`."""

from __future__ import annotations

from engine.jsonata import ast
from engine.jsonata.compiler.builtins import arguments_of, built_in, packed
from engine.jsonata.compiler.objects import context_function
from engine.jsonata.compiler.scope import NotAsAssumed, Var
from engine.jsonata.compiler.unit import Unit
from engine.jsonata.compiler.values import Here, Val


def call(unit: Unit, node: ast.Call, here: Here) -> Val:
    return _call(unit, node, None, here)


def apply(unit: Unit, node: ast.Apply, here: Here) -> Val:
    left = unit.fixed(unit.value(node.left, here.inner()))
    if isinstance(node.right, ast.Call):
        return _call(unit, node.right, left, here.inner())
    function = unit.value(node.right, here.inner())
    unit.reentries += 1
    unit.at(node.at)
    return Val(unit.assign(f"pipe({left.code}, {function.code}, st)"), raw=True)


def _call(unit: Unit, node: ast.Call, first: Val | None, here: Here) -> Val:
    inner = here.inner()
    procedure = node.procedure
    if isinstance(procedure, ast.Variable) and not procedure.predicates and procedure.group is None:
        function = unit.built_in(here.scope, procedure.name)
        if function is not None:
            return built_in(unit, node, function, first, here)
        variable = here.scope.variable(procedure.name)
        if variable is not None and _is_known_lambda(variable) and (variable.leaf or not here.bounce):
            return _known_lambda(unit, node, variable, first, inner)
    called = unit.fixed(unit.value(procedure, inner))
    token = _token(procedure)
    arguments = arguments_of(unit, node, first, inner)
    unit.at(node.at)
    if isinstance(procedure, ast.Path):
        unit.line(f"if {called.code} is M: not_a_function({token!r}, {_is_known(unit, here, token)})")
    passed = packed(arguments)
    name = f", {token!r}" if token and isinstance(procedure, ast.Variable) else ""
    unit.reentries += 1
    if here.bounce and not node.predicates and node.group is None:
        unit.bounces += 1
        known = token if isinstance(procedure, ast.Variable) else ""
        return Val(unit.assign(f"TailCall({called.code}, {passed}, {known!r})"), raw=True)
    return Val(unit.assign(f"invoke({called.code}, {passed}, {here.code}, st{name})"), raw=True)


def _is_known_lambda(variable: Var) -> bool:
    node = variable.lambda_node
    return node is not None and node.signature is None and variable.lambda_body is not None and variable.assigned


def _token(procedure: ast.Node) -> str:
    if isinstance(procedure, ast.Variable):
        return procedure.name
    if isinstance(procedure, ast.Path) and isinstance(procedure.steps[0].expression, ast.Name):
        return procedure.steps[0].expression.value
    return ""


def _is_known(unit: Unit, here: Here, name: str) -> str:
    if name in unit.functions or name in here.scope.visible():
        return "True"
    return f"{name!r} in env"


def _known_lambda(unit: Unit, node: ast.Call, variable: Var, first: Val | None, here: Here) -> Val:
    """A call of a function that is bound once, by a literal: no look at what the variable holds is needed."""
    assert variable.lambda_node is not None
    arguments = arguments_of(unit, node, first, here)[: len(variable.lambda_node.parameters)]
    unit.at(node.at)
    if variable.private and not all(argument.clean for argument in arguments):
        raise NotAsAssumed
    if variable.leaf is not None:
        call = f"{variable.lambda_body}({', '.join(argument.code for argument in arguments)})"
        return variable.leaf.named(unit.assign(call), constant=False, settled=False)
    unit.reentries += 1
    unit.line("st.enter()")
    code = unit.assign(f"{variable.lambda_body}({', '.join(argument.code for argument in arguments)})")
    unit.line(f"if {code}.__class__ is TailCall: {code} = finish({code}, {here.code}, st)")
    unit.line("st.depth -= 1")
    return Val(code, raw=True)


def partial(unit: Unit, node: ast.Partial, here: Here) -> Val:
    inner = here.inner()
    codes, places = [], []
    for index, argument in enumerate(node.arguments):
        if isinstance(argument, ast.Placeholder):
            places.append(index)
            codes.append("M")
        else:
            codes.append(unit.atom(unit.value(argument, inner)))
    function = unit.fixed(unit.value(node.procedure, inner))
    token = _token(node.procedure)
    unit.at(node.at)
    if isinstance(node.procedure, ast.Path):
        known = _is_known(unit, here, token)
        unit.line(f"if {function.code} is M: not_a_function({token!r}, {known}, partially=True)")
    code = f"partial({function.code}, [{', '.join(codes)}], {tuple(places)!r}, {token!r}, st)"
    return Val(unit.assign(code), "f", missing=False, sequence=False, clean=True)


def transform(unit: Unit, node: ast.Transform, here: Here) -> Val:
    override = unit.lookup_scope(here.scope, "clone")
    parts = [context_function(unit, part, here.inner()) for part in (node.pattern, node.update)]
    parts.append(context_function(unit, node.delete, here.inner()) if node.delete is not None else "None")
    code = unit.assign(f"Transformer({', '.join(parts)}, st)")
    if override is not None:
        code = unit.assign(f"checked_transform({code}, {override.code})")
    return Val(code, "f", missing=False, sequence=False, clean=True)
