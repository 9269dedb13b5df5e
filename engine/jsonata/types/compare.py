"""Whether what an expression gives fits a target: each thing that does not, with the place in the document."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from functools import lru_cache
from typing import Any, Final

from msgspec.structs import replace

from engine.jsonata.types.lattice import (
    NOWHERE,
    Absence,
    Atom,
    Boolean,
    Function,
    List,
    Null,
    Number,
    Record,
    Text,
    Type,
    described,
    words,
)
from engine.jsonata.types.members import field_of, misspelt
from engine.jsonata.types.walk import Kind, Problem

_DATES: Final = frozenset(("date", "date-time", "time"))
_MOST_NAMES: Final = 12
_CHOOSE: Final = "choose one item, as with [0]"


def compare(actual: Type, target: Type, at: int, path: str = "") -> Iterator[Problem]:
    """The problems of a value that must fit a target; `at` is where it is made when it does not say so itself."""
    if target.any:
        return
    at = actual.at if actual.at != NOWHERE else at
    wants_list = target.may(List)
    several = wants_list and any(isinstance(atom, List) and atom.sequence for atom in actual.atoms)
    whole = several or (wants_list and not any(isinstance(atom, List) for atom in actual.atoms))
    for atom in actual.atoms:
        place = atom.at if atom.at != NOWHERE else at
        if isinstance(atom, Null):
            if not target.may(Null):
                yield _problem("null", place, path, described(target), "a value that may be null")
        elif isinstance(atom, List):
            yield from _list(atom, actual, target, place, path)
        elif not target.may(atom.__class__):
            yield _wrong_kind(atom, target, at if whole else place, path, several)
        else:
            yield from _FITS[atom.__class__](atom, target, place, path)


def _problem(kind: Kind, at: int, path: str, expected: str, found: str, hint: str = "") -> Problem:
    where = f" in '{path}'" if path else ""
    return Problem(kind, at, f"{expected}{where}", found, (), hint)


def _wrong_kind(atom: Atom, target: Type, at: int, path: str, sequence: bool) -> Problem:
    if sequence:
        hint = "a path gives a single item without a list around it: write [ … ] around it"
        return _problem("one-or-many", at, path, "a list", f"{words(atom)} where there is only one", hint)
    if target.only(List):
        return _problem("one-or-many", at, path, "a list", words(atom), "write [ … ] around it")
    return _problem("type", at, path, described(target), words(atom))


def _list(atom: List, actual: Type, target: Type, at: int, path: str) -> Iterator[Problem]:
    for wanted in target.of_kind(List):
        item = atom.item
        if item.atoms:
            inner = item.here(NOWHERE) if item.at == NOWHERE else item
            yield from compare(inner.present(), wanted.item, at, f"{path}[]")
        return
    if atom.vague or not target.atoms:
        return
    alone = not any(target.may(each.__class__) for each in actual.atoms if not isinstance(each, List | Null))
    if alone:
        yield _problem("one-or-many", at, path, described(target), "a list", _CHOOSE)
    else:
        yield _problem("one-or-many", at, path, described(target), "a list where there are several", _CHOOSE)


def _text(atom: Text, target: Type, at: int, path: str) -> Iterator[Problem]:
    texts: list[Text] = list(target.of_kind(Text))
    if atom.inexact != NOWHERE and any(_is_decimal(each) for each in texts):
        yield _lost(atom.inexact, path)
    if atom.values is not None:
        bad = sorted(value for value in atom.values if not any(_accepts(each, value) for each in texts))
        if bad and (not atom.any_of or len(bad) == len(atom.values)):
            yield _outside(bad, texts, at, path)
    elif atom.format in _DATES and all(each.format in _DATES and each.format != atom.format for each in texts):
        yield _problem("type", at, path, f"a text of the format {texts[0].format}", f"one of the format {atom.format}")


def _outside(bad: list[str], texts: list[Text], at: int, path: str) -> Problem:
    allowed = sorted({value for each in texts for value in each.values or ()})
    found = ", ".join(f"'{value}'" for value in bad[:3])
    if allowed:
        shown = ", ".join(allowed[:_MOST_NAMES]) + (" …" if len(allowed) > _MOST_NAMES else "")
        problem = _problem("value", at, path, f"one of {shown}", found)
    else:
        problem = _problem("value", at, path, _rule(texts[0]), found)
    return replace(problem, names=tuple(allowed))


def _rule(text: Text) -> str:
    if text.pattern is not None:
        return f"a text that matches {text.pattern}"
    if text.format is not None:
        return f"a text of the format {text.format}"
    return f"a text of {text.least} to {text.most} letters" if text.most is not None else "a text that is not empty"


def _accepts(text: Text, value: str) -> bool:
    """Whether a text may have a value, as far as its rules decide."""
    if text.values is not None:
        return value in text.values
    if len(value) < text.least or (text.most is not None and len(value) > text.most):
        return False
    if text.pattern is not None and not _matches(text.pattern, value):
        return False
    form = _FORMATS.get(text.format or "")
    return form is None or form.match(value) is not None


_FORMATS = {
    "date": re.compile(r"\d{4}-\d{2}-\d{2}\Z"),
    "date-time": re.compile(r"\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}:\d{2}(\.\d+)?([Zz]|[+-]\d{2}:\d{2})\Z"),
    "email": re.compile(r"[^@\s]+@[^@\s]+\Z"),
    "uuid": re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\Z"),
}


@lru_cache(maxsize=2048)
def _matches(pattern: str, value: str) -> bool:
    try:
        return re.search(pattern, value) is not None
    except re.error:
        return True


def _is_decimal(text: Text) -> bool:
    """Whether the rules of a text say that it is a decimal number."""
    if text.pattern is None:
        return False
    return _matches(text.pattern, "19.90") and _matches(text.pattern, "7") and not _matches(text.pattern, "a-b c")


def _number(atom: Number, target: Type, at: int, path: str) -> Iterator[Problem]:
    numbers: list[Number] = list(target.of_kind(Number))
    if atom.inexact != NOWHERE and (_is_money(path) or any(_is_fraction(each.step) for each in numbers)):
        yield _lost(atom.inexact, path)
    if atom.values is None:
        return
    bad = [value for value in atom.values if not any(_takes(each, value) for each in numbers)]
    if bad:
        allowed = sorted({value for each in numbers for value in each.values or ()})
        whole = all(each.integer for each in numbers)
        rule = (
            f"one of {', '.join(map(str, allowed))}" if allowed else "a whole number" if whole else "a number in range"
        )
        yield _problem("value", at, path, rule, str(bad[0]))


def _takes(number: Number, value: int | Decimal) -> bool:
    if number.values is not None:
        return value in number.values
    if number.integer and value != int(value):
        return False
    return not (
        (number.least is not None and value < number.least) or (number.most is not None and value > number.most)
    )


def _is_fraction(step: int | Decimal | None) -> bool:
    return step is not None and step != int(step)


_MONEY = re.compile(r"(amount|price|total|cost|tax|fee|charge|discount|balance|payment|paid|freight)", re.IGNORECASE)

_NO_MONEY = re.compile(r"(rate|percent|pct|quantity|qty|weight|count|volume|ratio|factor|days|units|items|lines)", re.I)


def _is_money(path: str) -> bool:
    """Whether the name of a field says that it holds money."""
    name = path.rpartition(".")[2]
    return _MONEY.search(name) is not None and _NO_MONEY.search(name) is None


def _lost(at: int, path: str) -> Problem:
    hint = 'write $round( … , 2) or $formatNumber( … , "0.00") around the calculation'
    return _problem("float", at, path, "exact decimals", "digits of binary floating point", hint)


def _boolean(atom: Boolean, target: Type, at: int, path: str) -> Iterator[Problem]:
    allowed = {each.value for each in target.of_kind(Boolean)}
    if atom.value is not None and None not in allowed and atom.value not in allowed:
        yield _problem("value", at, path, str(not atom.value).lower(), str(atom.value).lower())


def _function(atom: Function, target: Type, at: int, path: str) -> Iterator[Problem]:
    yield _problem("type", at, path, described(target), "a function")


# -- objects


def _record(atom: Record, target: Type, at: int, path: str) -> Iterator[Problem]:
    """Several shapes may be allowed: the value is told by the one that it fits best."""
    best: list[Problem] | None = None
    for wanted in target.of_kind(Record):
        found = list(_against(atom, wanted, at, path))
        if not found:
            return
        if best is None or len(found) < len(best):
            best = found
    yield from best or ()


def _against(atom: Record, wanted: Record, at: int, path: str) -> Iterator[Problem]:
    for name in wanted.fields:
        inner = f"{path}.{name}" if path else name
        value = _value(atom, name)
        if value is None:
            if name in wanted.required:
                yield _unset(atom, wanted, name, inner, at)
            continue
        place = (atom.places or {}).get(name, at)
        yield from _absent(value.absent, name in wanted.required, inner, place)
        if value.atoms:
            yield from compare(value.present(), wanted.fields[name], place, inner)
    for name in sorted(wanted.required - set(wanted.fields)):
        if _value(atom, name) is None:
            yield _unset(atom, wanted, name, f"{path}.{name}" if path else name, at)
    yield from _extra(atom, wanted, at, path)


def _value(atom: Record, name: str) -> Type | None:
    """What the value has in a field; None when it never has it."""
    if name in atom.fields:
        value = atom.fields[name]
        if name not in atom.required and value.absent is None:
            return value.or_absent(Absence(True, "field", name))
        return value
    return field_of(atom, name)


def _unset(atom: Record, wanted: Record, name: str, path: str, at: int) -> Problem:
    written = [each for each in atom.fields if each not in wanted.fields]
    near = misspelt(name, written)
    hint = f"'{near}' is set: is that what is meant" if near else ""
    return _problem("unset", at, "", f"the required field '{path}'", "an object that never sets it", hint)


def _absent(absent: Absence | None, required: bool, path: str, at: int) -> Iterator[Problem]:
    if absent is None or not absent.certain:
        return
    place = absent.at if absent.at != NOWHERE else at
    if absent.why == "code":
        yield _problem("code", place, path, "a value for each code", f"none for {absent.name}")
    elif required:
        yield _problem("sometimes", place, "", f"a value for the required field '{path}' every time", _reason(absent))


def _reason(absent: Absence) -> str:
    if absent.why == "branch":
        return "none where the condition does not hold"
    if absent.why == "null":
        return f"none where what '{absent.name}' is read from is null"
    return f"'{absent.name}', which may be missing"


def _extra(atom: Record, wanted: Record, at: int, path: str) -> Iterator[Problem]:
    """Fields that the target does not declare: it refuses them, or says what they must be."""
    if atom.rest is not None and wanted.rest is not None and not wanted.fields:
        yield from compare(atom.rest, wanted.rest, at, f"{path}.*" if path else "*")
    for name in atom.fields:
        if name in wanted.fields:
            continue
        value = atom.fields[name]
        if not value.atoms and not value.any:
            continue
        place = (atom.places or {}).get(name, value.at if value.at != NOWHERE else at)
        taken = field_of(wanted, name)
        if taken is not None:
            yield from compare(value.present(), taken, place, f"{path}.{name}" if path else name)
        else:
            where = f"a field of '{path}'" if path else "a field of the target"
            yield Problem("extra", place, where, f"'{name}'", tuple(wanted.fields))


_FITS: Final[Mapping[type, Callable[[Any, Type, int, str], Iterator[Problem]]]] = {
    Text: _text,
    Number: _number,
    Boolean: _boolean,
    Record: _record,
    Function: _function,
}
