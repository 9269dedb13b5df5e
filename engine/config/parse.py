"""From a loaded file to a typed model; whatever does not fit becomes a finding at its line and column.

All findings come at once. Of a union only the variant that was meant is reported on.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from engine.config.findings import Findings, did_you_mean, nearest
from engine.config.shape import Shape, likeness, one_of
from engine.config.tree import Marks, Node
from engine.config.typed import typed
from engine.fields.marks import Mark, Text
from engine.fields.scalar import shown

M = TypeVar("M", bound=BaseModel)
_Path = tuple[str | int, ...]

_OWN_CODE = re.compile(r"XD[0-9]{3}")
_MOST_KEYS_LISTED = 16
_MOST_ERRORS = 2000
_DIGITS = re.compile(r"-?[0-9]+(\.[0-9]+)?")
_BOOLEANS = {"yes": "true", "on": "true", "true": "true", "no": "false", "off": "false", "false": "false"}


def parse_model(model: type[M], node: Node, findings: Findings, at: Sequence[str | int] = ()) -> M | None:
    """The model that the file holds, or None with findings. A part of a file comes with its path, `at`.

    Where only keys are unknown there is a model without them, too, so that what else is wrong is found at once.
    """
    shape = Shape.of(model)
    value = typed(node.value, shape)
    try:
        return model.model_validate(value)
    except ValidationError as error:
        details = error.errors(include_url=False)
    located = [_Error(tuple(detail["loc"]), detail) for detail in details[:_MOST_ERRORS]]
    _Report(node.marks, findings).explain(located, shape, tuple(at), value)
    if any(error.kind != "extra_forbidden" for error in located):
        return None
    try:
        return model.model_validate(_without(value, [error.rest for error in located]))
    except ValidationError:
        return None


def _without(value: Any, places: Sequence[_Path]) -> Any:
    """The value without the keys at the places, in which pydantic names the variants of unions on the way, too."""
    copy = _with_own_containers(value)
    for place in places:
        inside = copy
        for step in place[:-1]:
            if isinstance(inside, dict):
                inside = inside.get(step, inside)
            elif isinstance(inside, list) and isinstance(step, int):
                inside = inside[step]
        if isinstance(inside, dict):
            inside.pop(place[-1], None)
    return copy


def _with_own_containers(value: Any) -> Any:
    """A copy that may lose keys; what its dicts and lists hold at their ends is shared, for it never changes."""
    if isinstance(value, dict):
        return {key: _with_own_containers(inside) for key, inside in value.items()}
    if isinstance(value, list):
        return [_with_own_containers(inside) for inside in value]
    return value


@dataclass(frozen=True, slots=True)
class _Error:
    """One error of pydantic; `rest` is the part of its location that is not walked yet."""

    rest: tuple[str | int, ...]
    detail: Any

    @property
    def kind(self) -> str:
        return str(self.detail["type"])


@dataclass(frozen=True, slots=True)
class _Report:
    """Walks errors, shapes and values together, from the root down."""

    marks: Marks
    findings: Findings

    def explain(self, errors: Sequence[_Error], shape: Shape, path: _Path, value: Any) -> None:
        """Report on the errors at and below one place."""
        here = [error for error in errors if not error.rest]
        for error in here:
            self._finding(error, shape, path, value)
        below = [error for error in errors if error.rest]
        if not below:
            return
        if shape.kind == "union":
            self._union(below, shape, path, value)
        elif shape.kind == "tagged-union":
            for tag, group in _grouped(below):
                self.explain(_stepped(group), shape.tags.get(str(tag), shape), path, value)
        else:
            self._keys(below, shape, path, value)

    def _union(self, errors: Sequence[_Error], shape: Shape, path: _Path, value: Any) -> None:
        """Report on the one variant that was meant; when none was, say what all of them are."""
        groups = _grouped(errors)
        variants = [
            (_choice(shape, str(label), index, len(groups)), group) for index, (label, group) in enumerate(groups)
        ]
        fitting = [(choice, group) for choice, group in variants if choice.takes(value)]
        if not fitting:
            self._add("XD103", path, shape.words(), shown(value))
            return
        choice, group = max(fitting, key=lambda variant: likeness(variant[0], value))
        self.explain(_stepped(group), choice, path, value)

    def _keys(self, errors: Sequence[_Error], shape: Shape, path: _Path, value: Any) -> None:
        guessed = self._unknown_keys(errors, shape, path, value)
        for key, group in _grouped(errors):
            missing = any(error.kind == "missing" and len(error.rest) == 1 for error in group)
            if missing and key not in guessed:
                self._missing(path, key)
            left = [error for error in group if error.kind not in ("missing", "extra_forbidden") or len(error.rest) > 1]
            names = [error for error in left if error.rest[1:] == ("[key]",)]
            for error in names:
                self._finding(error, shape, (*path, key), str(key), self.marks.key)
            inner = shape.field(key) or Shape({"type": "any"}, shape.definitions)
            rest = [error for error in left if error not in names]
            self.explain(_stepped(rest), inner, (*path, key), _child(value, key))

    def _unknown_keys(self, errors: Sequence[_Error], shape: Shape, path: _Path, value: Any) -> set[str | int]:
        """Report on keys that do not exist; returns the missing keys they probably stand for."""
        missing = {str(error.rest[0]) for error in errors if error.kind == "missing" and len(error.rest) == 1}
        free = [name for name in shape.fields if not isinstance(value, dict) or name not in value]
        guessed: set[str | int] = set()
        for error in errors:
            if error.kind != "extra_forbidden" or len(error.rest) != 1:
                continue
            key = str(error.rest[0])
            guess = nearest(key, free)
            guessed.update({guess} & missing if guess else ())
            listed = f"its keys are {', '.join(shape.fields)}" if len(shape.fields) <= _MOST_KEYS_LISTED else ""
            where = f"a key of '{spelled(path)}'" if path else "a key of the file"
            hint = f"did you mean '{guess}'" if guess else listed
            mark = self.marks.key((*path, key))
            self.findings.add("XD104", mark, expected=where, found=shown(key), hint=hint)
        return guessed

    def _missing(self, path: _Path, key: str | int) -> None:
        mark = self.marks.key(path) if path else self.marks.value()
        self._add_at("XD105", mark, (*path, key), "be given", "nothing")

    def _finding(
        self, error: _Error, shape: Shape, path: _Path, value: Any, place: Callable[[_Path], Mark] | None = None
    ) -> None:
        """One finding for one error at its place."""
        mark = (place or self.marks.value)(path)
        context = error.detail.get("ctx") or {}
        if isinstance(value, Text) and value.unresolved:
            self._unresolved(shape, mark, path, value)
        elif _OWN_CODE.fullmatch(error.kind):
            if self.findings.stands(error.kind, mark):
                return  # a secret in clear text was seen by its key already
            expected, found, hint = (str(context.get(part, "")) for part in ("expected", "found", "hint"))
            self._add_at(error.kind, mark, path, f"be {expected}", found, hint)
        elif error.kind in ("value_error", "assertion_error"):
            sentence = str(context.get("error", error.detail["msg"]))
            where = f"'{spelled(path)}': " if path else ""
            self.findings.add("XD107", mark, where + sentence, expected=sentence, found=shown(value))
        elif error.kind in ("union_tag_invalid", "union_tag_not_found"):
            self._no_tag(shape, mark, path, value)
        elif error.kind == "too_short" and not _too_short(shape, value):
            return  # pydantic counts only the items that are right
        elif shape.values:
            hint = did_you_mean(value, map(str, shape.values))
            self._add_at("XD106", mark, path, f"be {shape.words()}", shown(value), hint)
        else:
            expected = shape.words() or error.detail["msg"].lower()
            self._add_at("XD103", mark, path, f"be {expected}", _found(value), _kind_hint(shape, value))

    def _unresolved(self, shape: Shape, mark: Mark, path: _Path, value: Text) -> None:
        """A reference without a value stands where a value is needed; said once, here or when it was filled in."""
        if not self.findings.on_line(mark, "XD50"):
            hint = "set it, or give a default with ':-'"
            self._add_at("XD501", mark, path, f"be {shape.words() or 'given'}", shown(value), hint)

    def _no_tag(self, shape: Shape, mark: Mark, path: _Path, value: Any) -> None:
        """No key of the mapping says which variant it is."""
        keys = [str(key) for key in value] if isinstance(value, dict) else []
        guess = next((match for key in keys if (match := nearest(key, shape.tags))), None)
        discriminator = shape.schema.get("discriminator")
        hint = f"did you mean '{guess}'" if guess else ""
        if isinstance(discriminator, str) and discriminator in keys:
            found = shown(value[discriminator])
            hint = did_you_mean(value[discriminator], shape.tags)
            self._add_at("XD106", mark, (*path, discriminator), f"be {one_of(shape.tags)}", found, hint)
            return
        found = f"one with {', '.join(shown(key) for key in keys[:5])}" if keys else shown(value)
        self._add_at("XD106", mark, path, f"be {shape.words()}", found, hint)

    def _add(self, code: str, path: _Path, expected: str, found: str) -> None:
        self._add_at(code, self.marks.value(path), path, f"be {expected}", found)

    def _add_at(self, code: str, mark: Mark, path: _Path, verb: str, found: str, hint: str = "") -> None:
        subject = f"'{spelled(path)}'" if path else "the file"
        self.findings.add(code, mark, expected=f"{subject} to {verb}", found=found, hint=hint)


def spelled(path: Sequence[str | int]) -> str:
    """A path as findings write it: `steps[0].call`."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else str(part)
    return text


def _too_short(shape: Shape, value: Any) -> bool:
    least = shape.schema.get("min_length") or 0
    return not hasattr(value, "__len__") or len(value) < least


def _found(value: Any) -> str:
    if isinstance(value, dict | list) and not value:
        return f"{shown(value).replace('a ', 'an empty ')}"
    return shown(value)


def _kind_hint(shape: Shape, value: Any) -> str:
    """What was probably meant by `yes`, or by digits in quotes."""
    if shape.kind == "bool" and isinstance(value, str):
        meant = _BOOLEANS.get(value.lower())
        return f"did you mean {meant}" if meant else ""
    if shape.kind in ("int", "float", "decimal") and isinstance(value, str) and _DIGITS.fullmatch(value):
        return "write it without quotes"
    if shape.kind == "str" and isinstance(value, bool | int | Decimal):
        return "write it in quotes"
    return ""


def _grouped(errors: Sequence[_Error]) -> list[tuple[str | int, list[_Error]]]:
    """The errors by the next part of their location, in the order in which the parts first come."""
    groups: dict[str | int, list[_Error]] = {}
    for error in errors:
        groups.setdefault(error.rest[0], []).append(error)
    return list(groups.items())


def _stepped(errors: Sequence[_Error]) -> list[_Error]:
    return [_Error(error.rest[1:], error.detail) for error in errors]


def _choice(shape: Shape, label: str, index: int, labels: int) -> Shape:
    """The variant that pydantic's label stands for: by a model's name, else by order (all variants have failed)."""
    choices = shape.choices
    named = [choice for choice in choices if choice.title == label]
    if named:
        return named[0]
    if labels == len(choices):
        return choices[index]
    unnamed = [choice for choice in choices if not choice.title]
    return unnamed[min(index, len(unnamed) - 1)] if unnamed else choices[min(index, len(choices) - 1)]


def _child(value: Any, key: str | int) -> Any:
    if isinstance(value, dict):
        return value.get(key)
    if isinstance(value, list | tuple) and isinstance(key, int) and key < len(value):
        return value[key]
    return None
