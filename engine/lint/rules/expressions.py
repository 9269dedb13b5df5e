"""What expressions read that is not there."""

from __future__ import annotations

from engine.config.findings import did_you_mean
from engine.contracts.codes import UnknownTable
from engine.fields.nearest import nearest
from engine.lint.context import Context
from engine.lint.reads import Read
from engine.lint.sites import Site

_MOST_LISTED = 12


def check_expressions(context: Context) -> None:
    """XD305 fields, XD306 functions and variables, XD604 saved values, XD201 code tables."""
    for site, read in context.reads:
        if read.kind == "table":
            _check_table(context, site, read)
        else:
            _REPORTS[read.kind](context, site, read)


def _field(context: Context, site: Site, read: Read) -> None:
    if read.name in site.scope.variables:
        hint = f"did you mean '${read.name}'"
    else:
        hint = did_you_mean(read.name, read.names) or _listed(read.names, "its fields are")
    before = site.text[: read.offset].rstrip()
    where = "of what stands before it" if before.endswith(".") else "in scope"
    context.findings.add("XD305", site.at(read.offset), expected=f"a field {where}", found=f"'{read.name}'", hint=hint)


def _variable(context: Context, site: Site, read: Read) -> None:
    guess = nearest(read.name, read.names)
    hint = f"did you mean '${guess}'" if guess else _listed([f"${name}" for name in sorted(read.names)], "in scope are")
    context.findings.add(
        "XD306", site.at(read.offset), expected="a variable that is in scope", found=f"'${read.name}'", hint=hint
    )


def _function(context: Context, site: Site, read: Read) -> None:
    guess = nearest(read.name, read.names)
    hint = f"did you mean '${guess}()'" if guess else ""
    context.findings.add(
        "XD306", site.at(read.offset), expected="a function that exists", found=f"'${read.name}()'", hint=hint
    )


def _saved(context: Context, site: Site, read: Read) -> None:
    guess = nearest(read.name, read.names)
    written = f"`{guess}`" if guess is not None and "-" in guess else guess
    hint = f"did you mean '$saved.{written}'" if guess else _listed(read.names, "saved before are")
    context.findings.add(
        "XD604",
        site.at(read.offset),
        expected="a value that an earlier step saves",
        found=f"'$saved.{read.name}'",
        hint=hint,
    )


_REPORTS = {"field": _field, "variable": _variable, "function": _function, "saved": _saved}


def _check_table(context: Context, site: Site, read: Read) -> None:
    try:
        context.codes.lookup(read.name, "")
    except UnknownTable as error:
        context.findings.add(
            "XD201",
            site.at(read.offset),
            expected="a code table of canonical/codes",
            found=f"'{read.name}'",
            hint=f"did you mean '{error.nearest}'" if error.nearest else "",
        )


def _listed(names: object, words: str) -> str:
    listed = list(names) if isinstance(names, list | tuple) else []
    if not listed or len(listed) > _MOST_LISTED:
        return ""
    return f"{words} {', '.join(listed)}"
