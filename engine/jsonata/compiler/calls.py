"""Function calls: built-ins called directly when the arguments are seen to fit, other functions through `invoke`."""

from __future__ import annotations

from collections.abc import Sequence

from engine.jsonata import ast
from engine.jsonata.compiler.inline import inline
from engine.jsonata.compiler.literals import visible
from engine.jsonata.compiler.objects import context_function
from engine.jsonata.compiler.scope import Var
from engine.jsonata.compiler.unit import Unit
from engine.jsonata.compiler.values import Here, Val
from engine.jsonata.library import STANDARD
from engine.jsonata.registry import Function

_FITS = {
    "s": "{0}.__class__ is str",
    "n": "({0}.__class__ is int or {0}.__class__ in NUMBERS)",
    "b": "{0}.__class__ is bool",
    "o": "{0}.__class__ is dict",
}
_ARRAY_FITS = {None: "isinstance({0}, list)", "n": "all_numbers({0})", "s": "all_texts({0})"}


def call(unit: Unit, node: ast.Call, here: Here) -> Val:
    return _call(unit, node, None, here)


def apply(unit: Unit, node: ast.Apply, here: Here) -> Val:
    left = unit.fixed(unit.value(node.left, here.inner()))
    if isinstance(node.right, ast.Call):
        return _call(unit, node.right, left, here.inner())
    function = unit.value(node.right, here.inner())
    unit.at(node.at)
    return Val(unit.assign(f"pipe({left.code}, {function.code}, st)"), raw=True)


def _call(unit: Unit, node: ast.Call, first: Val | None, here: Here) -> Val:
    inner = here.inner()
    procedure = node.procedure
    if isinstance(procedure, ast.Variable) and not procedure.predicates and procedure.group is None:
        variable = _variable(here, procedure.name)
        if variable is None and procedure.name in unit.functions and not _streamed(here, procedure.name):
            return _built_in(unit, node, unit.functions[procedure.name], first, here)
        if variable is not None and _is_known_lambda(variable) and not here.bounce:
            return _known_lambda(unit, node, variable, first, inner)
    function = unit.fixed(unit.value(procedure, inner))
    token = _token(procedure)
    arguments = _arguments(unit, node, first, inner)
    unit.at(node.at)
    if isinstance(procedure, ast.Path):
        unit.line(f"if {function.code} is M: not_a_function({token!r}, {_is_known(unit, here, token)})")
    packed = _packed(arguments)
    if here.bounce and not node.predicates and node.group is None:
        return Val(unit.assign(f"TailCall({function.code}, {packed}, {token!r})"), raw=True)
    return Val(unit.assign(f"invoke({function.code}, {packed}, {here.code}, st)"), raw=True)


def _is_known_lambda(variable: Var) -> bool:
    node = variable.lambda_node
    return node is not None and node.signature is None and variable.lambda_body is not None and variable.assigned


def _packed(arguments: Sequence[Val]) -> str:
    return "(" + "".join(argument.code + ", " for argument in arguments) + ")"


def _variable(here: Here, name: str) -> Var | None:
    for scope in here.scope.chain():
        if name in scope.names:
            return None
        if name in scope.variables:
            return scope.variables[name]
    return None


def _streamed(here: Here, name: str) -> bool:
    return any(name in scope.names for scope in here.scope.chain())


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


def _arguments(unit: Unit, node: ast.Call, first: Val | None, here: Here) -> list[Val]:
    values = [unit.fixed(unit.value(argument, here)) for argument in node.arguments]
    return values if first is None else [first, *values]


def _known_lambda(unit: Unit, node: ast.Call, variable: Var, first: Val | None, here: Here) -> Val:
    """A call of a function that is bound once, by a literal: no look at what the variable holds is needed."""
    assert variable.lambda_node is not None
    arguments = _arguments(unit, node, first, here)[: len(variable.lambda_node.parameters)]
    unit.at(node.at)
    unit.line("st.enter()")
    code = unit.assign(f"{variable.lambda_body}({', '.join(argument.code for argument in arguments)})")
    unit.line(f"if {code}.__class__ is TailCall: {code} = finish({code}, {here.code}, st)")
    unit.line("st.depth -= 1")
    return Val(code, raw=True)


def _built_in(unit: Unit, node: ast.Call, function: Function, first: Val | None, outer: Here) -> Val:
    here = outer.inner()
    inlined = inline(unit, node, function, first, here)
    if inlined is not None:
        return inlined
    arguments = _arguments(unit, node, first, here)
    unit.at(node.at)
    if function.name == "eval":
        code = f"evaluator(st, {here.code}, {visible(unit, here)})({', '.join(a.code for a in arguments)})"
        return Val(unit.assign(code), raw=True)
    name = unit.constant(function)
    slow = f"call_native({name}, {_packed(arguments)}, {_context(outer)}, st)"
    if outer.bounce:
        slow = f"TailCall(native({name}, st), {_packed(arguments)}, {function.name!r})"
    lookup = _lookup(function, arguments)
    fast = _direct(unit, function, arguments)
    written = _written(function, arguments)
    if lookup is not None:
        return Val(unit.assign(f"{lookup} else {slow}"), raw=True)
    if written is not None and written[0] and fast is not None and fast[0]:
        slow = f"{fast[1]} if {' and '.join(fast[0])} else {slow}"
    fast = written or fast
    if fast is None:
        return _typed(unit.assign(slow), function, arguments)
    tests, code = fast
    if tests:
        absent = f"M if {arguments[0].code} is M else " if function.strict and arguments[0].missing else ""
        code = f"{code} if {' and '.join(tests)} else {absent}{slow}"
    return _typed(unit.assign(code), function, arguments)


def _context(here: Here) -> str:
    """The context that completes the arguments of a call: as a function's result, that of whoever called the function."""
    return "None" if here.tail else here.code


def _typed(code: str, function: Function, arguments: list[Val]) -> Val:
    result = function.result
    if result in ("s", "n", "b"):
        missing = not arguments or arguments[0].missing
        return Val(code, result, missing=missing, sequence=False, clean=True)
    return Val(code, raw=result != "l", missing=True)


def _direct(unit: Unit, function: Function, arguments: list[Val]) -> tuple[list[str], str] | None:
    """What to test, and the call of the implementation itself; None if the signature must be consulted."""
    if function.parsed is None:
        parameters = None
    else:
        parameters = function.parsed.parameters
        required = sum(not parameter.pattern.endswith("?") for parameter in parameters)
        if not required <= len(arguments) <= len(parameters) or (not arguments and parameters):
            return None
        if any(parameter.pattern.endswith("+") for parameter in parameters):
            return None
        if len(arguments) < len(parameters) and _context_used(parameters, arguments):
            return None
    tests: list[str] = []
    for parameter, argument in zip(parameters or (), arguments, strict=False):
        test = _test(parameter.kind, parameter.subtype, argument)
        if test is None:
            return None
        if test:
            tests.append(test)
    passed = [argument.code for argument in arguments]
    if function.wants_state:
        passed.insert(0, "st")
    return tests, f"{unit.constant(function.implementation)}({', '.join(passed)})"


_WRITTEN = {
    "lowercase": ("{0}.__class__ is str", "{0}.lower()"),
    "uppercase": ("{0}.__class__ is str", "{0}.upper()"),
    "length": ("{0}.__class__ is str", "len({0})"),
    "count": ("{0}.__class__ is list", "len({0})"),
    "floor": ("{0}.__class__ is int", "{0}"),
    "ceil": ("{0}.__class__ is int", "{0}"),
    "abs": ("{0}.__class__ is int and {0} >= 0", "{0}"),
    "exists": ("", "{0} is not M"),
    "string": ("{0}.__class__ is str", "{0}"),
}


def _lookup(function: Function, arguments: list[Val]) -> str | None:
    """The start of the code for `$lookup` in an object."""
    if function.name != "lookup" or len(arguments) != 2 or STANDARD.get("lookup") is not function:
        return None
    if any(argument.constant for argument in arguments[:1]):
        return None
    value, key = arguments[0].code, arguments[1].code
    fits = f"{value}.__class__ is dict" + (
        "" if arguments[1].kind == "s" and arguments[1].constant else f" and {key}.__class__ is str"
    )
    return f"{value}.get({key}, M) if {fits}"


def _written(function: Function, arguments: list[Val]) -> tuple[list[str], str] | None:
    """What to test, and the code that stands for a call of a function that Python has itself."""
    found = _WRITTEN.get(function.name)
    if found is None or len(arguments) != 1 or arguments[0].constant or STANDARD.get(function.name) is not function:
        return None
    test, code = (part.format(arguments[0].code) for part in found)
    if function.name == "string" and arguments[0].kind != "s":
        name = arguments[0].code
        return [], f"{name} if {test} else f'{{{name}}}' if {name}.__class__ is int else as_text({name})"
    sure = function.name != "count" and arguments[0].kind == "s" and not arguments[0].missing
    return [] if sure or not test else [test], code


def _context_used(parameters: Sequence[object], arguments: list[Val]) -> bool:
    """Whether an argument may be left out because the context takes its place."""
    optional_only = all(
        getattr(parameter, "pattern", "").endswith("?") and getattr(parameter, "context", None) is None
        for parameter in parameters[len(arguments) :]
    )
    return not optional_only


def _test(kind: str, subtype: str | None, argument: Val) -> str | None:
    """Code that tells whether an argument fits a parameter: "" if it is sure to, None if that cannot be told."""
    if kind in ("x", "j"):
        return "" if kind == "x" else f"not callable({argument.code})" if argument.kind == "" else ""
    if kind == "f":
        return "" if argument.kind == "f" and not argument.missing else f"callable({argument.code})"
    if kind == "a":
        pattern = _ARRAY_FITS.get(subtype)
        return pattern.format(argument.code) if pattern else None
    if argument.kind == kind and not argument.missing:
        return ""
    if kind in _FITS:
        return _FITS[kind].format(argument.code)
    if kind.startswith("("):
        choices = [_FITS[choice].format(argument.code) for choice in kind[1:-1] if choice in _FITS]
        if "f" in kind:
            choices.append(f"callable({argument.code})")
        return "(" + " or ".join(choices) + ")"
    return None


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
