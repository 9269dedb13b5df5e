"""Splitter: the steps run once for each group of lines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from engine.errors import StepFailed
from engine.flow.exchange import Exchange, mapping_failed
from engine.flow.steps.step import Result, Step, run_steps
from engine.jsonata import MISSING, Expression, ExpressionError


@dataclass(frozen=True, slots=True, eq=False)
class Split(Step):
    """Cuts the list `lines` of the document into groups and runs `steps` for each, in the order of first appearance.

    Inside, the document is the whole one with its lines cut to the group; `$group` is `{key, index, count}` and
    `$parent` the whole document. Saved values stay visible after the split.
    """

    lines: str
    group_by: Expression | None
    steps: tuple[Step, ...]

    word: ClassVar[str] = "split"

    async def run(self, exchange: Exchange) -> Result:
        whole = exchange.document
        groups = self._groups(exchange)
        outer = exchange.group
        before: dict[str, Any] = {
            name: exchange.variables[name] for name in ("group", "parent") if name in exchange.variables
        }
        try:
            for index, (key, lines) in enumerate(groups.items()):
                exchange.document = {**whole, self.lines: lines}
                exchange.group = f"{outer}/{_part(key)}" if outer else _part(key)
                exchange.variables["group"] = {"key": key, "index": index, "count": len(groups)}
                exchange.variables["parent"] = whole
                result = await run_steps(self.steps, exchange)
                if result is not None:
                    return result
        finally:
            exchange.document = whole
            exchange.group = outer
            exchange.variables.pop("group", None)
            exchange.variables.pop("parent", None)
            exchange.variables.update(before)
        return None

    def _groups(self, exchange: Exchange) -> dict[str, list[Any]]:
        lines = exchange.document.get(self.lines) if isinstance(exchange.document, dict) else None
        if not isinstance(lines, list):
            found = "nothing" if lines is None else type(lines).__name__
            raise StepFailed(
                f"{self.id}: expected the list '{self.lines}' in the document, found {found}",
                error_class="data",
                reason="failed-transformation",
            )
        if self.group_by is None:
            return {str(index + 1): [line] for index, line in enumerate(lines)}
        groups: dict[str, list[Any]] = {}
        for index, line in enumerate(lines):
            groups.setdefault(self._key(exchange, line, index), []).append(line)
        return groups

    def _key(self, exchange: Exchange, line: Any, index: int) -> str:
        assert self.group_by is not None
        try:
            key = self.group_by.evaluate(line, exchange.variables, exchange.context)
        except ExpressionError as error:
            raise mapping_failed(error, self.id) from error
        if key is MISSING or key is None or isinstance(key, dict | list):
            raise StepFailed(
                f"{self.id}: expected '{self.group_by.source}' to give each line's group, line {index + 1} has none",
                error_class="data",
                reason="failed-transformation",
            )
        return str(key)

    def children(self) -> Sequence[Sequence[Step]]:
        return (self.steps,)


def _part(key: str) -> str:
    """A group's key as a part of step keys: nested groups `a/b` and `c` never read as `a` and `b/c`."""
    return key.replace("%", "%25").replace("/", "%2F") if "/" in key or "%" in key else key
