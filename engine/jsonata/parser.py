"""Reads the text of an expression into a tree of drafts, by operator precedence (after Pratt).

The drafts mirror the text: `a.b` is a binary `.`. `resolve` turns them into the typed tree of `ast`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn

from engine.jsonata.draft import Draft
from engine.jsonata.errors import ExpressionSyntaxError
from engine.jsonata.signature import parse_signature
from engine.jsonata.tokens import END, NAME, OPERATOR, REGEX, STRING, VALUE, Token, Tokenizer

_LEFT_POWERS = {
    ".": 75,
    "[": 80,
    "{": 70,
    "(": 80,
    "@": 80,
    "#": 80,
    "?": 20,
    "+": 50,
    "-": 50,
    "*": 60,
    "/": 60,
    "%": 60,
    "=": 40,
    "<": 40,
    ">": 40,
    "^": 40,
    ":=": 10,
    "!=": 40,
    "<=": 40,
    ">=": 40,
    "~>": 40,
    "?:": 40,
    "??": 40,
    "and": 30,
    "or": 25,
    "in": 40,
    "&": 50,
}
MOST_NESTING = 240
"""Expressions within expressions: what every later pass can follow on an ordinary Python stack."""

_PASSIVE = frozenset([")", "]", "}", ",", ";", ":", "..", "|", "**"])
_KEYWORD_NAMES = frozenset(("and", "or", "in"))
_LITERAL_KINDS = frozenset((NAME, "variable", STRING, "number", VALUE, REGEX, END))
_LAMBDA_NAMES = frozenset(("function", "λ"))


def parse(source: str) -> Draft:
    """Parse a whole expression; raises ExpressionSyntaxError."""
    try:
        return _Parser(source).whole()
    except RecursionError:
        raise ExpressionSyntaxError("S0501").located(source, 0, None) from None


class _Parser:
    __slots__ = ("_depth", "_lexer", "_token", "source")

    def __init__(self, source: str) -> None:
        self.source = source
        self._lexer = Tokenizer(source)
        self._token = self._lexer.next(False)
        self._depth = 0
        self._check(self._token)

    def whole(self) -> Draft:
        tree = self._expression(0)
        if self._token.kind != END:
            self._fail("S0201", self._token.start, token=str(self._token.value))
        return tree

    def _fail(self, code: str, offset: int, **details: Any) -> NoReturn:
        raise self._lexer.error(code, offset, **details)

    def _check(self, token: Token) -> None:
        if token.kind == OPERATOR and token.value in "!~":
            self._fail("S0204", token.start, token=token.value)

    def _advance(self, infix: bool = False) -> None:
        self._token = token = self._lexer.next(infix)
        if token.kind == OPERATOR and (token.value == "!" or token.value == "~"):
            self._check(token)

    def _expect(self, symbol: str, infix: bool = False) -> Token:
        """Step over `symbol`; anything else is an error."""
        token = self._token
        if token.kind != OPERATOR or token.value != symbol:
            code = "S0203" if token.kind == END else "S0202"
            self._fail(code, token.start, token=str(token.value), value=symbol)
        self._advance(infix)
        return token

    def _at(self, symbol: str) -> bool:
        return self._token.kind == OPERATOR and self._token.value == symbol

    def _power(self) -> int:
        token = self._token
        return _LEFT_POWERS.get(token.value, 0) if token.kind == OPERATOR else 0

    def _expression(self, power: int) -> Draft:
        self._depth += 1
        if self._depth > MOST_NESTING:
            self._fail("S0501", self._token.start)
        token = self._token
        self._advance(True)
        left = self._prefix(token)
        while power < self._power():
            token = self._token
            self._advance()
            left = _INFIX.get(token.value, _Parser._binary)(self, token, left)
        self._depth -= 1
        return left

    def _prefix(self, token: Token) -> Draft:
        if token.kind in _LITERAL_KINDS:
            return Draft(token.kind, token.value, token.start, token.end)
        if token.value in _KEYWORD_NAMES:
            return Draft(NAME, token.value, token.start, token.end)
        prefix = _PREFIX.get(token.value)
        if prefix is None:
            self._fail("S0211", token.start, token=token.value)
        return prefix(self, token)

    def _draft(self, kind: str, token: Token, start: int) -> Draft:
        return Draft(kind, token.value, start, self._lexer.position, token.start)

    def _end(self, draft: Draft, token: Token) -> Draft:
        draft.end = token.end
        return draft

    # what stands at the start of an expression

    def _negate(self, token: Token) -> Draft:
        draft = self._draft("negate", token, token.start)
        draft.left = self._expression(70)
        draft.end = draft.left.end
        return draft

    def _leaf(self, token: Token) -> Draft:
        kind = {"*": "wildcard", "**": "descendant", "%": "parent"}[token.value]
        return Draft(kind, token.value, token.start, token.end)

    def _block(self, token: Token) -> Draft:
        draft = self._draft("block", token, token.start)
        while not self._at(")"):
            draft.items.append(self._expression(0))
            if not self._at(";"):
                break
            self._advance()
        return self._end(draft, self._expect(")", True))

    def _array(self, token: Token) -> Draft:
        draft = self._draft("array", token, token.start)
        while not self._at("]"):
            item = self._expression(0)
            if self._at(".."):
                item = self._range(item)
            draft.items.append(item)
            if not self._at(","):
                break
            self._advance()
            if self._at("]"):
                self._expression(0)
        return self._end(draft, self._expect("]", True))

    def _range(self, left: Draft) -> Draft:
        draft = self._draft("binary", self._token, left.start)
        self._advance()
        draft.left, draft.right = left, self._expression(0)
        draft.end = draft.right.end
        return draft

    def _object(self, token: Token) -> Draft:
        draft = self._draft("object", token, token.start)
        return self._pairs(draft)

    def _pairs(self, draft: Draft) -> Draft:
        while not self._at("}"):
            key = self._expression(0)
            self._expect(":")
            draft.pairs.append((key, self._expression(0)))
            if not self._at(","):
                break
            self._advance()
            if self._at("}"):
                self._expression(0)
        return self._end(draft, self._expect("}", True))

    def _transform(self, token: Token) -> Draft:
        draft = self._draft("transform", token, token.start)
        draft.items.append(self._expression(0))
        self._expect("|")
        draft.items.append(self._expression(0))
        if self._at(","):
            self._advance()
            draft.items.append(self._expression(0))
        return self._end(draft, self._expect("|"))

    # what follows an expression

    def _binary(self, token: Token, left: Draft) -> Draft:
        draft = self._draft("binary", token, left.start)
        draft.left, draft.right = left, self._expression(_LEFT_POWERS[token.value])
        draft.end = draft.right.end
        return draft

    def _default(self, token: Token, left: Draft) -> Draft:
        draft = self._draft("default" if token.value == "?:" else "coalesce", token, left.start)
        draft.left, draft.right = left, self._expression(0)
        draft.end = draft.right.end
        return draft

    def _condition(self, token: Token, left: Draft) -> Draft:
        draft = self._draft("condition", token, left.start)
        draft.items = [left, self._expression(0)]
        if self._at(":"):
            self._advance()
            draft.items.append(self._expression(0))
        draft.end = draft.items[-1].end
        return draft

    def _bind(self, token: Token, left: Draft) -> Draft:
        if left.kind != "variable":
            self._fail("S0212", left.start, token=str(left.value))
        draft = self._draft("bind", token, left.start)
        draft.left, draft.right = left, self._expression(_LEFT_POWERS[":="] - 1)
        draft.end = draft.right.end
        return draft

    def _step_variable(self, token: Token, left: Draft) -> Draft:
        draft = self._binary(token, left)
        assert draft.right is not None
        if draft.right.kind != "variable":
            self._fail("S0214", draft.right.start, token=token.value)
        return draft

    def _filter(self, token: Token, left: Draft) -> Draft:
        if self._at("]"):
            step: Draft = left
            while step.kind == "binary" and step.value == "[" and step.left is not None:
                step = step.left
            step.keep_array = True
            self._advance()
            return left
        draft = self._draft("binary", token, left.start)
        draft.left, draft.right = left, self._expression(0)
        return self._end(draft, self._expect("]", True))

    def _order(self, token: Token, left: Draft) -> Draft:
        draft = self._draft("order", token, left.start)
        draft.left = left
        self._expect("(")
        while True:
            descending = self._at(">")
            if descending or self._at("<"):
                self._advance()
            term = self._expression(0)
            draft.terms.append((term, descending))
            if not self._at(","):
                break
            self._advance()
        return self._end(draft, self._expect(")"))

    def _group(self, token: Token, left: Draft) -> Draft:
        draft = self._draft("group", token, left.start)
        draft.left = left
        return self._pairs(draft)

    def _call(self, token: Token, left: Draft) -> Draft:
        draft = self._draft("call", token, left.start)
        draft.left = left
        while not self._at(")"):
            if self._at("?"):
                draft.kind = "partial"
                draft.items.append(Draft("placeholder", "?", self._token.start, self._token.end))
                self._advance()
            else:
                draft.items.append(self._expression(0))
            if not self._at(","):
                break
            self._advance()
            if self._at(")"):
                self._expression(0)
        self._end(draft, self._expect(")", True))
        if left.kind == NAME and left.value in _LAMBDA_NAMES:
            self._lambda(draft)
        return draft

    def _lambda(self, draft: Draft) -> None:
        for index, argument in enumerate(draft.items):
            if argument.kind != "variable":
                self._fail("S0208", argument.start, token=str(argument.value), value=index + 1)
        draft.kind = "lambda"
        if self._at("<"):
            self._signature(draft)
        self._expect("{")
        draft.right = self._expression(0)
        self._end(draft, self._expect("}"))

    def _signature(self, draft: Draft) -> None:
        start, depth, text = self._token.start, 1, "<"
        while depth > 0 and not self._at("{") and self._token.kind != END:
            self._advance()
            if self._at(">"):
                depth -= 1
            elif self._at("<"):
                depth += 1
            text += str(self._token.value)
        self._expect(">")
        try:
            draft.signature = parse_signature(text)
        except ExpressionSyntaxError as error:
            raise error.located(self.source, start + error.details["inside"], None) from None


_PREFIX: dict[str, Callable[[_Parser, Token], Draft]] = {
    "-": _Parser._negate,
    "*": _Parser._leaf,
    "**": _Parser._leaf,
    "%": _Parser._leaf,
    "(": _Parser._block,
    "[": _Parser._array,
    "{": _Parser._object,
    "|": _Parser._transform,
}
_INFIX: dict[str, Callable[[_Parser, Token, Draft], Draft]] = {
    "??": _Parser._default,
    "?:": _Parser._default,
    "?": _Parser._condition,
    ":=": _Parser._bind,
    "@": _Parser._step_variable,
    "#": _Parser._step_variable,
    "[": _Parser._filter,
    "^": _Parser._order,
    "{": _Parser._group,
    "(": _Parser._call,
}
