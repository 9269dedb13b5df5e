"""The invariants of entities: expressions over the entity, which hold of every version of it."""

from __future__ import annotations

from engine.config.findings import Findings
from engine.config.yaml import load_yaml
from engine.fields.expressions import Expr
from engine.fields.marks import Text
from engine.jsonata import ExpressionSyntaxError
from engine.jsonata.resolve import parse_expression
from engine.lint.context import Context
from engine.lint.facts import Published
from engine.lint.scope import Scope
from engine.lint.sites import Site


def walk_lifecycles(context: Context) -> None:
    """Add the invariants to the facts; XD304 for one that cannot be read, for nothing else compiles them."""
    for entity in context.contracts.entities:
        file = f"canonical/{entity}/lifecycle.yaml"
        lifecycle = context.contracts.lifecycle(entity)
        if lifecycle is None:
            continue
        proposing = [path for path, owner in lifecycle.owners.items() if owner.foreign == "propose"]
        if proposing or lifecycle.foreign == "propose":
            mark = context.place(file, *(("owners", proposing[0], "foreign") if proposing else ("foreign",)))
            context.facts.published.append(Published(f"{entity}.proposed", None, mark))
        node = load_yaml(context.loaded.bundle.read(file), file, Findings())
        versions = frozenset(f"{entity}/{version}" for version in context.contracts.versions(entity))
        scope = Scope(frozenset(), context.shape(versions))
        for invariant in node.value.get("invariants", ()) if node is not None else ():
            _walk(context, invariant["holds"], scope)


def _walk(context: Context, text: Text, scope: Scope) -> None:
    expr = Expr.parse(text)
    assert expr.origin is not None
    try:
        tree = parse_expression(expr.text)
    except RecursionError:
        mark = expr.origin.at(0)
        context.findings.add("XD304", mark, expected="an expression", found="one that is nested too deeply")
    except ExpressionSyntaxError as error:
        mark = expr.origin.at(error.offset or 0)
        context.findings.add("XD304", mark, f"{error.message} ({error.code})", found=error.token or "")
    else:
        context.facts.sites.append(Site(expr.text, tree, scope, expr.origin.at))
