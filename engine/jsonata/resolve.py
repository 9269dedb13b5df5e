"""Turns drafts into the typed tree: flattens paths, attaches filters, and finds the step of each parent operator."""

from __future__ import annotations

from typing import Any, NoReturn

from engine.jsonata import ast
from engine.jsonata.draft import Draft, Slot
from engine.jsonata.errors import ExpressionSyntaxError
from engine.jsonata.freeze import freeze
from engine.jsonata.parser import parse


def parse_expression(source: str) -> ast.Node:
    """The typed tree of an expression; raises ExpressionSyntaxError."""
    try:
        return freeze(_Resolver(source).whole(parse(source)))
    except RecursionError:
        raise ExpressionSyntaxError("S0501").located(source, 0, None) from None


class _Resolver:
    __slots__ = ("_labels", "source")

    def __init__(self, source: str) -> None:
        self.source = source
        self._labels = 0

    def whole(self, draft: Draft) -> Draft:
        result = self.resolve(draft)
        if result.kind == "parent" or result.seeking:
            self._fail("S0217", result)
        return result

    def _fail(self, code: str, draft: Draft, **details: Any) -> NoReturn:
        raise ExpressionSyntaxError(code, **details).located(self.source, draft.at, None)

    def resolve(self, draft: Draft) -> Draft:
        handler = _HANDLERS.get(draft.kind)
        result = handler(self, draft) if handler else draft
        if draft.keep_array:
            result.keep_array = True
        return result

    def _name(self, draft: Draft) -> Draft:
        path = _path_of(draft)
        path.keep_singleton = draft.keep_array
        return path

    def _parent(self, draft: Draft) -> Draft:
        draft.slot = Slot(f"!{self._labels}")
        self._labels += 1
        return draft

    def _end(self, draft: Draft) -> NoReturn:
        self._fail("S0207", draft)

    def _binary(self, draft: Draft) -> Draft:
        handler = _BINARY.get(draft.value)
        if handler:
            return handler(self, draft)
        left, right = _sides(draft)
        draft.left, draft.right = self.resolve(left), self.resolve(right)
        _inherit(draft, draft.left)
        _inherit(draft, draft.right)
        return draft

    def _dot(self, draft: Draft) -> Draft:
        left, right = _sides(draft)
        first = self.resolve(left)
        path = first if first.kind == "path" else _path_of(first)
        path.start, path.end = draft.start, draft.end
        if first.kind == "parent":
            assert first.slot is not None
            path.seeking = [first.slot]
        rest = self.resolve(right)
        if rest.kind == "path":
            path.items.extend(rest.items)
        else:
            rest.stages.extend(rest.predicates)
            rest.predicates = []
            path.items.append(rest)
        for step in path.items:
            if step.kind in ("number", "value"):
                self._fail("S0213", step, value=step.value)
            if step.kind == "string":
                step.kind = "name"
            if step.keep_array:
                path.keep_singleton = True
        for end in (path.items[0], path.items[-1]):
            if end.kind == "array":
                end.whole = True
        self._resolve_ancestry(path)
        return path

    def _filter(self, draft: Draft) -> Draft:
        left, right = _sides(draft)
        result = self.resolve(left)
        step = result.items[-1] if result.kind == "path" else result
        if step.group is not None:
            self._fail("S0209", draft)
        condition = self.resolve(right)
        for slot in condition.seeking:
            if slot.level == 1:
                self._seek_parent(step, slot)
            else:
                slot.level -= 1
        if condition.seeking:
            _inherit(step, condition)
        predicate = Draft("predicate", None, draft.start, draft.end, draft.at)
        predicate.left = condition
        (step.stages if result.kind == "path" else step.predicates).append(predicate)
        step.end = result.end = draft.end
        return result

    def _group(self, draft: Draft) -> Draft:
        assert draft.left is not None
        result = self.resolve(draft.left)
        if result.group is not None:
            self._fail("S0210", draft)
        draft.pairs = [(self.resolve(key), self.resolve(value)) for key, value in draft.pairs]
        result.group = draft
        result.end = draft.end
        return result

    def _order(self, draft: Draft) -> Draft:
        assert draft.left is not None
        result = self.resolve(draft.left)
        if result.kind != "path":
            result = _path_of(result)
        sort = Draft("sort", None, draft.start, draft.end, draft.at)
        for term, descending in draft.terms:
            expression = self.resolve(term)
            _inherit(sort, expression)
            sort.terms.append((expression, descending))
        result.items.append(sort)
        result.end = draft.end
        self._resolve_ancestry(result)
        return result

    def _focus(self, draft: Draft) -> Draft:
        left, right = _sides(draft)
        result = self.resolve(left)
        step = result.items[-1] if result.kind == "path" else result
        if step.stages or step.predicates:
            self._fail("S0215", draft)
        if step.kind == "sort":
            self._fail("S0216", draft)
        step.keep_array = step.keep_array or draft.keep_array
        step.focus = right.value
        step.tuples = True
        return result

    def _index(self, draft: Draft) -> Draft:
        left, right = _sides(draft)
        result = self.resolve(left)
        if result.kind == "path":
            step = result.items[-1]
        else:
            step = result
            result = _path_of(step)
            step.stages.extend(step.predicates)
            step.predicates = []
        if step.stages:
            step.stages.append(Draft("index", right.value, draft.start, draft.end, draft.at))
        else:
            step.index = right.value
        step.tuples = True
        return result

    def _apply(self, draft: Draft) -> Draft:
        left, right = _sides(draft)
        draft.kind = "apply"
        draft.left, draft.right = self.resolve(left), self.resolve(right)
        draft.keep_array = draft.keep_array or draft.left.keep_array or draft.right.keep_array
        return draft

    def _bind(self, draft: Draft) -> Draft:
        assert draft.right is not None
        draft.right = self.resolve(draft.right)
        _inherit(draft, draft.right)
        return draft

    def _negate(self, draft: Draft) -> Draft:
        assert draft.left is not None
        draft.left = self.resolve(draft.left)
        if draft.left.kind == "number":
            draft.left.value = -draft.left.value
            draft.left.start = draft.start
            return draft.left
        _inherit(draft, draft.left)
        return draft

    def _items(self, draft: Draft) -> Draft:
        draft.items = [self.resolve(item) for item in draft.items]
        for item in draft.items:
            _inherit(draft, item)
        return draft

    def _block(self, draft: Draft) -> Draft:
        self._items(draft)
        draft.whole = any(item.whole or (item.kind == "path" and item.items[0].whole) for item in draft.items)
        return draft

    def _object(self, draft: Draft) -> Draft:
        draft.pairs = [(self.resolve(key), self.resolve(value)) for key, value in draft.pairs]
        for key, value in draft.pairs:
            _inherit(draft, key)
            _inherit(draft, value)
        return draft

    def _call(self, draft: Draft) -> Draft:
        assert draft.left is not None
        self._items(draft)
        draft.left = self.resolve(draft.left)
        return draft

    def _lambda(self, draft: Draft) -> Draft:
        assert draft.right is not None
        draft.right = self.resolve(draft.right)
        return draft

    def _alternative(self, draft: Draft) -> Draft:
        left, right = _sides(draft)
        draft.left, draft.right = self.resolve(left), self.resolve(right)
        _inherit(draft, draft.left)
        _inherit(draft, draft.right)
        return draft

    def _transform(self, draft: Draft) -> Draft:
        draft.items = [self.resolve(item) for item in draft.items]
        return draft

    def _seek_parent(self, step: Draft, slot: Slot) -> Slot:
        """Go one step further up for the parent operator of `slot`."""
        if step.kind in ("name", "wildcard"):
            slot.level -= 1
            if slot.level == 0:
                if step.ancestor is not None:
                    slot.label = step.ancestor.label
                step.ancestor = slot
                step.tuples = True
        elif step.kind == "parent":
            slot.level += 1
        elif step.kind == "block":
            if step.items:
                step.tuples = True
                slot = self._seek_parent(step.items[-1], slot)
        elif step.kind == "path":
            step.tuples = True
            for part in reversed(step.items):
                slot = self._seek_parent(part, slot)
                if slot.level <= 0:
                    break
        else:
            self._fail("S0217", step, token=step.kind)
        return slot

    def _resolve_ancestry(self, path: Draft) -> None:
        last = path.items[-1]
        slots = list(last.seeking)
        if last.kind == "parent" and last.slot is not None:
            slots.append(last.slot)
        for slot in slots:
            index = len(path.items) - 2
            while slot.level > 0:
                if index < 0:
                    path.seeking.append(slot)
                    break
                step = path.items[index]
                index -= 1
                while index >= 0 and step.focus and path.items[index].focus:
                    step = path.items[index]
                    index -= 1
                slot = self._seek_parent(step, slot)


def _sides(draft: Draft) -> tuple[Draft, Draft]:
    """The two operands of a draft that has two."""
    assert draft.left is not None
    assert draft.right is not None
    return draft.left, draft.right


def _path_of(step: Draft) -> Draft:
    path = Draft("path", None, step.start, step.end, step.at)
    path.items = [step]
    return path


def _inherit(result: Draft, value: Draft) -> None:
    """Hand on the parent operators of a part that look for a step outside of it."""
    if value.seeking:
        result.seeking = result.seeking + value.seeking
    if value.kind == "parent" and value.slot is not None:
        result.seeking = [*result.seeking, value.slot]


_HANDLERS = {
    "name": _Resolver._name,
    "parent": _Resolver._parent,
    "end": _Resolver._end,
    "binary": _Resolver._binary,
    "order": _Resolver._order,
    "group": _Resolver._group,
    "bind": _Resolver._bind,
    "negate": _Resolver._negate,
    "array": _Resolver._items,
    "object": _Resolver._object,
    "call": _Resolver._call,
    "partial": _Resolver._call,
    "lambda": _Resolver._lambda,
    "condition": _Resolver._items,
    "default": _Resolver._alternative,
    "coalesce": _Resolver._alternative,
    "transform": _Resolver._transform,
    "block": _Resolver._block,
}
_BINARY = {
    ".": _Resolver._dot,
    "[": _Resolver._filter,
    "@": _Resolver._focus,
    "#": _Resolver._index,
    "~>": _Resolver._apply,
}
