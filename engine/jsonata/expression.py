"""Compiled expressions: made once from their text, evaluated any number of times and on any thread."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from engine.jsonata import ast
from engine.jsonata.compiler.compile import Program, compile_tree
from engine.jsonata.compiler.escapes import HANDED_ON, FunctionInResult, as_document
from engine.jsonata.compiler.later import LaterProgram, compile_later
from engine.jsonata.errors import ExpressionError, ExpressionLimitError, ExpressionSyntaxError, Origin
from engine.jsonata.library import STANDARD
from engine.jsonata.missing import MISSING
from engine.jsonata.place import place_of
from engine.jsonata.registry import FunctionRegistry
from engine.jsonata.resolve import parse_expression
from engine.jsonata.runtime.sequences import NestedArrays, Outer, plain
from engine.jsonata.runtime.state import EvaluationContext, State
from engine.jsonata.signature import parse_signature
from engine.jsonata.tokens import VARIABLES
from engine.jsonata.trees import Trees

_DEFAULT_CONTEXT = EvaluationContext()
_EVAL_SIGNATURE = parse_signature("<sx?:x>")
_NO_VARIABLES: Mapping[str, Any] = {}


@dataclass(frozen=True, slots=True)
class Environment:
    """What `$eval` needs to compile further expressions."""

    functions: FunctionRegistry

    def evaluator(self, state: State, context: Any, variables: Mapping[str, Any]) -> Callable[..., Any]:
        """`$eval`, seeing the given context and variables."""

        def evaluate(*arguments: Any) -> Any:
            text, focus = _EVAL_SIGNATURE.validate(arguments, context)
            if text is MISSING:
                return MISSING
            subject = context if focus is MISSING else Outer([focus]) if focus.__class__ is list else focus
            program = self._program(text, variables)
            state.enter()
            try:
                result = program.run(subject, variables["$"], variables, state)
            except ExpressionLimitError:
                raise
            except ExpressionError as error:
                raise ExpressionError("D3121", value=error.message) from error
            state.depth -= 1
            return result

        return evaluate

    def _program(self, text: str, variables: Mapping[str, Any]) -> Program:
        hidden = frozenset(name for name in variables if name in self.functions)
        try:
            return _evaluated_program(text, _without(self.functions, hidden) if hidden else self.functions)
        except ExpressionError as error:
            raise ExpressionError("D3120", value=error.message) from error


@lru_cache(maxsize=64)
def _without(functions: FunctionRegistry, names: frozenset[str]) -> FunctionRegistry:
    """The functions that no variable of these names hides."""
    return functions.without(names)


@lru_cache(maxsize=256)
def _evaluated_program(text: str, functions: FunctionRegistry) -> Program:
    return compile_tree(parse_expression(text), functions, careful=True, evaluated=True)


@lru_cache(maxsize=256)
def _careful_program(text: str, functions: FunctionRegistry) -> Program:
    return compile_tree(parse_expression(text), functions, careful=True)


@dataclass(frozen=True, slots=True)
class Expression:
    """A compiled JSONata expression; immutable and safe to share between threads."""

    source: str
    ast: ast.Node
    functions: FunctionRegistry = field(repr=False)
    origin: Origin | None = field(repr=False)
    program: Program | LaterProgram = field(repr=False, compare=False)
    environment: Environment = field(repr=False, compare=False)
    called: frozenset[str] = field(repr=False, compare=False)

    def evaluate(
        self,
        data: Any,
        variables: Mapping[str, Any] | None = None,
        context: EvaluationContext | None = None,
    ) -> Any:
        """The value of the expression for a JSON-like document, MISSING if there is none.

        `variables` are named without `$`; one with the name of a function hides the function. Neither they nor `data`
        are changed. Raises ExpressionError with the place in the expression, and ExpressionLimitError when a limit of
        `context` is reached.
        """
        if variables and not self.called.isdisjoint(variables):
            return _with_hidden(self, self.called.intersection(variables)).evaluate(data, variables, context)
        state = State(context or _DEFAULT_CONTEXT, self.environment)
        subject = Outer((data,)) if data.__class__ is list else data
        try:
            result = self._run(subject, data, variables or _NO_VARIABLES, state)
            if self.program.function_at is not None:
                result = self._as_document(result, self.program.function_at)
                state.dirty = True
            return plain(result) if state.dirty else result
        except ExpressionError as error:
            raise self._located(_limit(error), error) from error.__cause__
        except RecursionError as error:
            limit = ExpressionLimitError("D1011", value=state.limits.depth)
            raise self._located(limit, error) from None
        except MemoryError as error:
            raise self._located(ExpressionLimitError("D2016", value=state.limits.text), error) from None

    def _run(self, subject: Any, data: Any, variables: Mapping[str, Any], state: State) -> Any:
        try:
            state.dirty = not self.program.clean
            return self.program.run(subject, data, variables, state)
        except NestedArrays:
            careful = _careful_program(self.source, self.functions)
            state.dirty = True
            return careful.run(subject, data, variables, state)

    def _as_document(self, result: Any, offset: int) -> Any:
        """A result without functions; raises D3169 for one that is there."""
        try:
            return as_document(result, offset != HANDED_ON)
        except FunctionInResult as found:
            error = ExpressionError("D3169", token=f" in {found.path}" if found.path else "")
            raise error.located(self.source, offset, self.origin) from None

    def _located(self, error: ExpressionError, raised: BaseException) -> ExpressionError:
        """Add the place in the expression and in the data to an error."""
        offset, path = place_of(raised, self.program)
        if offset is None:
            offset, path = place_of(raised, _careful_program(self.source, self.functions))
        if offset is not None:
            error.located(self.source, offset, self.origin)
        error.data_path = error.data_path or path
        return error


_LIMIT_CODES = frozenset(("D1011", "D1012", "D2014", "D2015", "D2016", "D3142"))


def _limit(error: ExpressionError) -> ExpressionError:
    """An error that a limit caused, as the class that says so."""
    if error.code not in _LIMIT_CODES or isinstance(error, ExpressionLimitError):
        return error
    return ExpressionLimitError(error.code, **error.details)


def compile_expression(
    source: str,
    *,
    functions: FunctionRegistry = STANDARD,
    origin: Origin | None = None,
    trees: Trees | None = None,
    lazy: bool = False,
) -> Expression:
    """Compile the text of an expression; raises ExpressionSyntaxError with the place of the mistake.

    `trees` may know its tree already. With `lazy`, for those who only check, the program is made when it is
    first needed; what is refused is the same.
    """
    try:
        tree = trees.of(source) if trees is not None else parse_expression(source)
        program = compile_later(tree, functions) if lazy else compile_tree(tree, functions)
    except ExpressionSyntaxError as error:
        raise _placed(error, source, origin) from None
    except ExpressionError as error:
        raise _placed(ExpressionSyntaxError(error.code, **error.details), source, origin) from error
    except RecursionError:
        raise _placed(ExpressionSyntaxError("S0501"), source, origin) from None
    called = frozenset(name for name in VARIABLES.findall(source) if name in functions)
    return Expression(source, tree, functions, origin, program, Environment(functions), called)


@lru_cache(maxsize=64)
def _with_hidden(expression: Expression, names: frozenset[str]) -> Expression:
    """The expression where variables of the caller hide functions."""
    return compile_expression(
        expression.source, functions=expression.functions.without(names), origin=expression.origin
    )


def _placed(error: ExpressionSyntaxError, source: str, origin: Origin | None) -> ExpressionSyntaxError:
    offset, error.offset = error.offset or 0, None
    error.located(source, offset, origin)
    return error
