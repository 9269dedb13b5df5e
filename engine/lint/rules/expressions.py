"""What in expressions cannot be right: names that are not there, and values that do not fit where they go."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from engine.config.findings import did_you_mean
from engine.fields.nearest import nearest
from engine.lint.context import Context
from engine.lint.typing import Told

_MOST_LISTED = 12
_CODES: Mapping[str, str] = {
    "field": "XD305",
    "arity": "XD307",
    "argument": "XD308",
    "operand": "XD308",
    "unused": "XD309",
    "never": "XD310",
    "code": "XD311",
    "float": "XD312",
    "unset": "XD313",
    "sometimes": "XD314",
    "type": "XD315",
    "value": "XD316",
    "null": "XD317",
    "one-or-many": "XD318",
    "extra": "XD319",
}


def check_expressions(context: Context) -> None:
    """XD305 to XD319, XD604 saved values, XD201 code tables."""
    for told in context.told:
        report = _REPORTS.get(told.problem.kind)
        if report is not None and not told.problem.expected:
            report(context, told)
        else:
            _other(context, told)


def _other(context: Context, told: Told) -> None:
    problem = told.problem
    if problem.kind == "table":
        _table(context, told)
        return
    code = _CODES[problem.kind]
    if context.findings.stands(code, told.mark) or (problem.kind == "never" and _said(context, told)):
        return
    name = problem.found.strip("'")
    hint = problem.hint or did_you_mean(name, problem.names) or _listed(problem.names, "there are")
    context.findings.add(code, told.mark, expected=problem.expected, found=problem.found, hint=hint)


def _said(context: Context, told: Told) -> bool:
    """Whether the line is known not to be reached: then its comparison never holds."""
    return context.findings.on_line(told.mark, "XD603")


def _table(context: Context, told: Told) -> None:
    name = told.problem.names[0]
    near = context.typing.tables.nearest(name)
    hint = f"did you mean '{near}'" if near else ""
    expected, found = told.problem.expected, told.problem.found
    context.findings.add("XD201", told.mark, expected=expected, found=found, hint=hint)


def _field(context: Context, told: Told) -> None:
    name, names, site = told.problem.found, told.problem.names, told.site
    hint = did_you_mean(name, names) or _listed(names, "its fields are")
    where = "in scope"
    if site is not None:
        if name in site.scope.variables:
            hint = f"did you mean '${name}'"
        if site.text[: told.offset].rstrip().endswith("."):
            where = "of what stands before it"
    context.findings.add("XD305", told.mark, expected=f"a field {where}", found=f"'{name}'", hint=hint)


def _variable(context: Context, told: Told) -> None:
    name, names = told.problem.found, told.problem.names
    guess = nearest(name, names)
    hint = f"did you mean '${guess}'" if guess else _listed([f"${each}" for each in sorted(names)], "in scope are")
    context.findings.add("XD306", told.mark, expected="a variable that is in scope", found=f"'${name}'", hint=hint)


def _function(context: Context, told: Told) -> None:
    name = told.problem.found
    guess = nearest(name, told.problem.names)
    hint = f"did you mean '${guess}()'" if guess else ""
    context.findings.add("XD306", told.mark, expected="a function that exists", found=f"'${name}()'", hint=hint)


def _saved(context: Context, told: Told) -> None:
    name, names = told.problem.found, told.problem.names
    guess = nearest(name, names)
    written = f"`{guess}`" if guess is not None and "-" in guess else guess
    hint = f"did you mean '$saved.{written}'" if guess else _listed(names, "saved before are")
    context.findings.add(
        "XD604", told.mark, expected="a value that an earlier step saves", found=f"'$saved.{name}'", hint=hint
    )


_REPORTS: Mapping[str, Callable[[Context, Told], None]] = {
    "field": _field,
    "variable": _variable,
    "function": _function,
    "saved": _saved,
}


def _listed(names: object, words: str) -> str:
    listed = list(names) if isinstance(names, list | tuple) else []
    if not listed or len(listed) > _MOST_LISTED:
        return ""
    return f"{words} {', '.join(listed)}"
