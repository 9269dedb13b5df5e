"""JSONata expressions: parsed, compiled to Python and evaluated exactly, within limits."""

from __future__ import annotations

from engine.jsonata.errors import ExpressionError, ExpressionLimitError, ExpressionSyntaxError, Origin
from engine.jsonata.explain import Explained, explain
from engine.jsonata.expression import Expression, compile_expression
from engine.jsonata.host import LIBRARY, UNIT_FUNCTIONS, unit_table
from engine.jsonata.library import STANDARD
from engine.jsonata.lineage import lineage, reads
from engine.jsonata.missing import MISSING
from engine.jsonata.registry import Function, FunctionRegistry
from engine.jsonata.runtime.state import EvaluationContext, Limits, TableLookup
from engine.jsonata.trees import Trees

__all__ = [
    "LIBRARY",
    "MISSING",
    "STANDARD",
    "UNIT_FUNCTIONS",
    "EvaluationContext",
    "Explained",
    "Expression",
    "ExpressionError",
    "ExpressionLimitError",
    "ExpressionSyntaxError",
    "Function",
    "FunctionRegistry",
    "Limits",
    "Origin",
    "TableLookup",
    "Trees",
    "compile_expression",
    "explain",
    "lineage",
    "reads",
    "unit_table",
]
