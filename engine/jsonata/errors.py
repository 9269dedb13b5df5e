"""What can go wrong with an expression.

ExpressionError
├── ExpressionSyntaxError     the text is not an expression; raised by `compile_expression`
└── ExpressionLimitError      time, depth, sequence or string length was used up
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from engine.jsonata.codes import describe


@dataclass(frozen=True, slots=True)
class Origin:
    """Where the text of an expression starts: a file, and the 1-based line and column of its first character.

    `indent` is the number of columns that the following lines of the text are indented by in the file.
    """

    file: str
    line: int = 1
    column: int = 1
    indent: int = 0

    def place(self, line: int, column: int) -> tuple[int, int]:
        """Turn a line and column of the expression into those of the file."""
        if line == 1:
            return self.line, self.column + column - 1
        return self.line + line - 1, self.indent + column


class ExpressionError(Exception):
    """An expression failed.

    `code` is the JSONata error code; `offset` is the 0-based character offset in the expression, `line` and `column`
    are 1-based, in the file of `origin` when there is one; `data_path` says where in the input it happened
    (`lines[3]`); `value` is the value found; `details` holds what else the message names.
    """

    def __init__(self, code: str, **details: Any) -> None:
        super().__init__(code)
        self.code = code
        self.details = details
        self.value = details.get("value")
        self.token: str | None = details.get("token")
        self.offset: int | None = None
        self.line: int | None = None
        self.column: int | None = None
        self.data_path: str | None = None
        self.origin: Origin | None = None

    @property
    def message(self) -> str:
        """What went wrong, without the place."""
        return describe(self.code, {**self.details, "token": self.token} if self.token else self.details)

    def located(self, source: str, offset: int, origin: Origin | None) -> ExpressionError:
        """Fill in the place from an offset in the expression's source; the first, innermost place wins."""
        if self.offset is None:
            self.offset = min(offset, len(source))
            before = source[: self.offset]
            line = before.count("\n") + 1
            column = self.offset - (before.rfind("\n") + 1) + 1
            self.origin = origin
            self.line, self.column = origin.place(line, column) if origin else (line, column)
        return self

    def __str__(self) -> str:
        place = ""
        if self.line is not None:
            file = self.origin.file + ":" if self.origin else ""
            place = f"{file}{self.line}:{self.column} "
        where = f" @ {self.data_path}" if self.data_path else ""
        return f"{place}{self.code} {self.message}{where}"


class ExpressionSyntaxError(ExpressionError):
    """The text is not a JSONata expression."""


class ExpressionLimitError(ExpressionError):
    """The evaluation was stopped because it used up its time, depth, sequence or string length."""
