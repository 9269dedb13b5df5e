"""Calls of built-in and host functions: straight to the implementation when the arguments are seen to fit."""

from __future__ import annotations

from collections.abc import Sequence

from engine.jsonata import ast
from engine.jsonata.compiler.inline import inline
from engine.jsonata.compiler.literals import truth_of, visible
from engine.jsonata.compiler.operators import SAFE, is_small
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
_GROWING = frozenset(("base64encode", "encodeUrl", "encodeUrlComponent", "join", "pad", "replace"))
_ARRAY_FITS = {None: "isinstance({0}, list)", "n": "all_numbers({0})", "s": "all_texts({0})", "o": "all_objects({0})"}


def packed(arguments: Sequence[Val]) -> str:
    return "(" + "".join(argument.code + ", " for argument in arguments) + ")"


def arguments_of(unit: Unit, node: ast.Call, first: Val | None, here: Here) -> list[Val]:
    values = [unit.fixed(unit.value(argument, here)) for argument in node.arguments]
    return values if first is None else [first, *values]


def built_in(unit: Unit, node: ast.Call, function: Function, first: Val | None, outer: Here) -> Val:
    here = outer.inner()
    inlined = inline(unit, node, function, first, here)
    if inlined is not None:
        return inlined
    arguments = arguments_of(unit, node, first, here)
    unit.at(node.at)
    if function.name == "eval":
        code = f"evaluator(st, {here.code}, {visible(unit, here)})({', '.join(a.code for a in arguments)})"
        return Val(unit.assign(code), raw=True)
    name = unit.constant(function)
    fast = _direct(unit, function, arguments)
    slow = f"call_native({name}, {packed(arguments)}, {_context(outer)}, st)"
    if "f" in (function.signature or "f"):
        unit.reentries += 1
    if outer.bounce and (fast is None or fast[0]) and _may_use_context(function):
        unit.bounces += 1
        slow = f"TailCall(native({name}, st), {packed(arguments)}, {function.name!r})"
    key = ("call", name, *(argument.code for argument in arguments))
    known = unit.recall(key)
    if known is not None and function.pure and not outer.tail:
        return unit.facts[known]
    result = _result(unit, function, arguments, fast, slow)
    if function.name in _GROWING:
        text = result.code
        unit.line(f"if {text}.__class__ is str and len({text}) > 100000: st.check_text({text})")
    unit.facts[unit.remember(key, result.code)] = result
    return result


def _result(unit: Unit, function: Function, arguments: list[Val], fast: tuple[list[str], str] | None, slow: str) -> Val:
    """The value of a call that has to be made."""
    tested = _tested(unit, function, arguments)
    if tested is not None:
        return _typed(unit.assign(tested), function, arguments)
    lookup = _lookup(function, arguments)
    if lookup is not None:
        return _typed(unit.assign(f"{lookup} else collapse({slow})"), function, arguments, raw=not arguments[0].clean)
    written = _written(function, arguments) or _sliced(function, arguments)
    if written is not None and written[0] and fast is not None and fast[0]:
        slow = f"{fast[1]} if {' and '.join(fast[0])} else {slow}"
        slow = _floor_of_double(function, arguments[0].code, slow)
    fast = written or fast
    if fast is None:
        return _typed(unit.assign(slow), function, arguments)
    tests, code = fast
    if tests:
        absent = _absent(unit, function, arguments)
        fits = f"{code} if {' and '.join(tests)} else "
        items = function.parsed is not None and function.parsed.parameters[0].kind == "a"  # a test that looks at items
        code = f"{absent}{fits}{slow}" if items else f"{fits}{absent}{slow}"
    return _typed(unit.assign(code), function, arguments)


def _absent(unit: Unit, function: Function, arguments: list[Val]) -> str:
    """Code that ends a call whose first argument is missing, if the others are sure to fit."""
    if not function.strict or not arguments[0].missing or function.parsed is None:
        return ""
    rest = zip(function.parsed.parameters[1:], arguments[1:], strict=False)
    fits = len(arguments) <= len(function.parsed.parameters) and all(
        _test(parameter.kind, parameter.subtype, argument) == "" for parameter, argument in rest
    )
    return f"M if {arguments[0].code} is M else " if fits else ""


def _floor_of_double(function: Function, code: str, slow: str) -> str:
    if function.name != "floor":
        return slow
    return f"floor({code}) if {code}.__class__ is float and {SAFE.format(code)} else {slow}"


def _may_use_context(function: Function) -> bool:
    """Whether the context may stand in for an argument."""
    return function.parsed is None or any(parameter.context for parameter in function.parsed.parameters)


def _context(here: Here) -> str:
    """The context that completes a call's arguments: for a function's result, that of whoever called the function."""
    return "None" if here.tail else f"lead({here.code})" if here.lead else here.code


def _typed(code: str, function: Function, arguments: list[Val], *, raw: bool = True) -> Val:
    result = function.result
    if result in ("s", "n", "b"):
        missing = not arguments or arguments[0].missing
        return Val(code, result, missing=missing, sequence=False, clean=True)
    clean = function.pure and bool(arguments) and all(argument.clean for argument in arguments)
    return Val(code, raw=raw, missing=True, clean=clean)


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


def _tested(unit: Unit, function: Function, arguments: list[Val]) -> str | None:
    """The code for `$boolean` and `$not`."""
    if function.name not in ("boolean", "not") or len(arguments) != 1 or STANDARD.get(function.name) is not function:
        return None
    then, otherwise = ("True", "False") if function.name == "boolean" else ("False", "True")
    code = f"{then} if {truth_of(unit, arguments[0])} else {otherwise}"
    return f"M if {arguments[0].code} is M else {code}" if arguments[0].missing else code


def _lookup(function: Function, arguments: list[Val]) -> str | None:
    """The start of the code for `$lookup` in an object, or in the code table that a literal names."""
    if function.name != "lookup" or len(arguments) != 2 or STANDARD.get("lookup") is not function:
        return None
    value, key = arguments[0].code, arguments[1].code
    if arguments[0].constant:
        return f"st.table({value}, {key}) if {key}.__class__ is str" if arguments[0].kind == "s" else None
    fits = f"{value}.__class__ is dict" + (
        "" if arguments[1].kind == "s" and arguments[1].constant else f" and {key}.__class__ is str"
    )
    return f"{value}.get({key}, M) if {fits}"


def _sliced(function: Function, arguments: list[Val]) -> tuple[list[str], str] | None:
    """The code for `$substring` with literal positions."""
    if function.name != "substring" or STANDARD.get("substring") is not function or not 2 <= len(arguments) <= 3:
        return None
    numbers = [argument.code[1:-1] for argument in arguments[1:] if is_small(argument)]
    if len(numbers) != len(arguments) - 1 or arguments[0].constant:
        return None
    end = str(int(numbers[0]) + int(numbers[1])) if len(numbers) > 1 else ""
    code = arguments[0].code
    sure = arguments[0].kind == "s" and not arguments[0].missing
    return [] if sure else [f"{code}.__class__ is str"], f"{code}[{numbers[0]}:{end}]"


def _written(function: Function, arguments: list[Val]) -> tuple[list[str], str] | None:
    """What to test, and the code that stands for a call of a function that Python has itself."""
    found = _WRITTEN.get(function.name)
    if found is None or len(arguments) != 1 or arguments[0].constant or STANDARD.get(function.name) is not function:
        return None
    test, code = (part.format(arguments[0].code) for part in found)
    if function.name == "string" and arguments[0].kind != "s":
        name = arguments[0].code
        return [], f"{name} if {test} else f'{{{name}}}' if {name}.__class__ is int else as_text({name})"
    sure = "is str" in found[0] and arguments[0].kind == "s" and not arguments[0].missing
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
    if kind == "j" and argument.kind == "f":
        return None
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
        if kind == "(nsb)":
            return f"{argument.code}.__class__ in SIMPLE"
        choices = [_FITS[choice].format(argument.code) for choice in kind[1:-1] if choice in _FITS]
        if "f" in kind:
            choices.append(f"callable({argument.code})")
        return "(" + " or ".join(choices) + ")"
    return None
