"""Arms of routes that are never taken: by what stands before them, and by the schema of what enters."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from engine.config.findings import did_you_mean
from engine.config.models.flow import FlowModel
from engine.config.models.steps import Arm, RouteStep, StepFields
from engine.config.workspace import Loaded
from engine.fields.expressions import Expr
from engine.fields.marks import Mark
from engine.lint.conditions import Asked, Value, all_asked, covered, impossible, only_asks, shape_at
from engine.lint.context import Context
from engine.lint.sites import Path, Site
from engine.lint.walk_flows import inner_steps

_CODE = "XD603"


def check_arms(context: Context) -> None:
    """XD603: an arm that asks again what an earlier one took, a condition that the schemas rule out, an `otherwise`
    after arms for every value there is."""
    sites = {site.at(0): site for site in context.facts.sites}
    for flow in context.flows.values():
        _Arms(context, flow, sites).sequence(flow.model.steps, ("steps",))


class _Arms:
    def __init__(self, context: Context, flow: Loaded[FlowModel], sites: dict[Mark, Site]) -> None:
        self._context = context
        self._flow = flow
        self._sites = sites

    def sequence(self, steps: Sequence[StepFields], path: Path) -> None:
        for index, step in enumerate(steps):
            at = (*path, index)
            if step.when is not None:
                self._ruled_out(step.when, (*at, "when"), "a step that can be reached")
            if isinstance(step, RouteStep):
                self._route(step, at)
            for inner, below in inner_steps(step):
                self.sequence(below, (*at, *inner))

    def _route(self, step: RouteStep, path: Path) -> None:
        before: list[Asked | None] = []
        texts: dict[str, Mark] = {}
        for index, arm in enumerate(step.route):
            at = (*path, "route", index, "when")
            mark = self._flow.places.value(*at)
            text = " ".join(arm.when.text.split())
            asked = self._asked(arm, at)
            if text in texts:
                self._tell(mark, f"the condition of line {texts[text].line} again")
            elif not self._ruled_out(arm.when, at, "an arm that can be reached"):
                taken = self._taken(arm, at, before)
                if taken is not None:
                    self._tell(mark, f"{shown(taken)} again, which arms before it take")
            texts.setdefault(text, mark)
            before.append(asked)
        if step.otherwise:
            self._otherwise(step, path, before)

    def _otherwise(self, step: RouteStep, path: Path, before: list[Asked | None]) -> None:
        """`otherwise` is for nothing when the arms take every value of a field that is always there."""
        site = self._site(step.route[0].when, (*path, "route", 0, "when"))
        if site is None or site.scope.document is None:
            return
        shapes = self._context.shapes
        for field, values in covered(before).items():
            shape = shape_at(field, site.scope, shapes)
            allowed = shapes.values(shape) if shape is not None and shape.alternatives else None
            if allowed and allowed <= values and len(field) == 1 and shapes.always(site.scope.document, field[0]):
                mark = self._flow.places.value(*path, "otherwise")
                self._tell(mark, f"one after arms for every value of '{field[0]}'")
                return

    def _taken(self, arm: Arm, at: Path, before: list[Asked | None]) -> Value | tuple[()] | None:
        """A value that the arm waits for in vain, because arms before it take all that it asks for."""
        site = self._site(arm.when, at)
        if site is None:
            return None
        gone = covered(before)
        for asked in all_asked(site.tree):
            if asked.values <= gone.get(asked.field, frozenset()):
                return sorted(asked.values, key=str)[0]
        return None

    def _asked(self, arm: Arm, at: Path) -> Asked | None:
        site = self._site(arm.when, at)
        return only_asks(site.tree) if site is not None else None

    def _site(self, expr: Expr, at: Path) -> Site | None:
        mark = expr.origin.at(0) if expr.origin is not None else self._flow.places.value(*at)
        return self._sites.get(mark)

    def _ruled_out(self, expr: Expr, at: Path, expected: str) -> bool:
        if expr.text.strip() == "false":
            self._context.findings.add(
                _CODE, self._flow.places.value(*at), expected=expected, found="a condition that never holds"
            )
            return True
        site = self._site(expr, at)
        found = impossible(site.tree, site.scope, self._context.shapes) if site is not None else None
        if site is None or found is None:
            return False
        listed = ", ".join(shown(value) for value in sorted(found.allowed, key=str)[:12])
        hint = f"it is {listed}" if listed else f"it is {' or '.join(sorted(found.kinds))}"
        if isinstance(found.value, str) and found.allowed:
            hint = did_you_mean(found.value, [str(value) for value in found.allowed]) or hint
        self._context.findings.add(
            _CODE,
            site.at(found.node.start),
            expected=expected,
            found=f"a condition that never holds: '{found.field}' is never {shown(found.value)}",
            hint=hint,
        )
        return True

    def _tell(self, mark: Mark, found: str) -> None:
        self._context.findings.add(_CODE, mark, expected="an arm that can be reached", found=found)


def shown(value: object) -> str:
    """A value as JSONata writes it."""
    if isinstance(value, bool) or value is None:
        return {True: "true", False: "false", None: "null"}[value]
    return str(value) if isinstance(value, int | Decimal) else f'"{value}"'
