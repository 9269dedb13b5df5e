"""The pictures of `$formatNumber`, by XPath 3.1 fn:format-number: `#,##0.00;(#,##0.00)`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from types import MappingProxyType
from typing import Final

from engine.jsonata.functions.bounds import bounded_picture
from engine.jsonata.functions.errors import FunctionError
from engine.jsonata.functions.integerpicture import regular_interval
from engine.jsonata.functions.numbers import USUAL_PLACES

DEFAULT_SYMBOLS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "decimal-separator": ".",
        "grouping-separator": ",",
        "exponent-separator": "e",
        "infinity": "Infinity",
        "minus-sign": "-",
        "NaN": "NaN",
        "percent": "%",
        "per-mille": "\u2030",
        "zero-digit": "0",
        "digit": "#",
        "pattern-separator": ";",
    }
)


@dataclass(frozen=True, slots=True)
class Symbols:
    """The characters that have a meaning in a picture; `digits` is the decimal digit family."""

    decimal: str
    grouping: str
    exponent: str
    minus: str
    percent: str
    per_mille: str
    optional: str
    separator: str
    zero: str
    digits: str

    @property
    def active(self) -> tuple[str, ...]:
        """The characters that make up the digits of a picture."""
        return (*self.digits, self.decimal, self.exponent, self.grouping, self.optional, self.separator)


@dataclass(frozen=True, slots=True)
class SubPicture:
    """One half of a picture, split into its parts."""

    text: str
    prefix: str
    suffix: str
    active: str
    mantissa: str
    exponent: str | None
    integer: str
    fraction: str


@dataclass(frozen=True, slots=True)
class Layout:
    """How one sub-picture writes a number. Sizes count digits; `scaling` is the size of the mantissa's integer part.

    `plain`: at least one digit, a point and decimal places is all there is to write.
    """

    prefix: str
    suffix: str
    factor: int
    has_decimal: bool
    integer_groups: tuple[int, ...]
    interval: int
    fraction_groups: tuple[int, ...]
    min_integer: int
    scaling: int
    min_fraction: int
    max_fraction: int
    min_exponent: int
    plain: bool


@lru_cache(maxsize=256)
def number_picture(picture: str, options: tuple[tuple[str, str], ...]) -> tuple[Symbols, Layout, Layout]:
    """Analyse a picture: its symbols, and the layouts of numbers from 0 on and of negative ones.

    `options` override the symbols by their XPath names. Raises D3080 to D3093.
    """
    symbols = _symbols({**DEFAULT_SYMBOLS, **dict(options)})
    parts = bounded_picture(picture).split(symbols.separator)
    if len(parts) > 2:
        raise FunctionError("D3080", picture)
    subs = [_split(part, symbols) for part in parts]
    for sub in subs:
        _validate(sub, symbols)
    layouts = [_layout(sub, symbols) for sub in subs]
    if len(layouts) == 1:
        layouts.append(replace(layouts[0], prefix=symbols.minus + layouts[0].prefix))
    return symbols, layouts[0], layouts[1]


def _symbols(names: Mapping[str, str]) -> Symbols:
    zero = names["zero-digit"]
    return Symbols(
        decimal=names["decimal-separator"],
        grouping=names["grouping-separator"],
        exponent=names["exponent-separator"],
        minus=names["minus-sign"],
        percent=names["percent"],
        per_mille=names["per-mille"],
        optional=names["digit"],
        separator=names["pattern-separator"],
        zero=zero,
        digits="".join(chr(ord(zero[0]) + value) for value in range(10)) if zero else "",
    )


def _split(text: str, symbols: Symbols) -> SubPicture:
    edges = [at for at, char in enumerate(text) if char in symbols.active and char != symbols.exponent]
    prefix = text[: edges[0]] if edges else ""
    suffix = text[edges[-1] + 1 :] if edges else ""
    active = text[len(prefix) : len(text) - len(suffix)]
    mantissa, exponent = active, None
    position = text.find(symbols.exponent, len(prefix))
    if 0 <= position <= len(text) - len(suffix):
        # the reference counts from the start of the picture here, so a prefix before an exponent ends in D3093
        mantissa, exponent = active[:position], active[position + 1 :]
    integer, decimal, fraction = mantissa.partition(symbols.decimal)
    if not decimal:
        fraction = suffix
    return SubPicture(text, prefix, suffix, active, mantissa, exponent, integer, fraction)


def _validate(sub: SubPicture, symbols: Symbols) -> None:
    """Check the rules of F&O 4.7.3; where several are broken the last one is reported, as in the reference."""
    text, digits = sub.text, symbols.digits
    scaled = symbols.percent in text or symbols.per_mille in text
    broken = (
        ("D3081", text.count(symbols.decimal) > 1),
        ("D3082", text.count(symbols.percent) > 1),
        ("D3083", text.count(symbols.per_mille) > 1),
        ("D3084", symbols.percent in text and symbols.per_mille in text),
        ("D3085", not _holds(sub.mantissa, digits + symbols.optional)),
        ("D3086", any(char not in symbols.active for char in sub.active)),
        ("D3087", symbols.grouping in _neighbours(text, symbols.decimal)),
        ("D3088", symbols.decimal not in text and sub.integer.endswith(symbols.grouping)),
        ("D3089", symbols.grouping * 2 in text),
        ("D3090", symbols.optional in sub.integer and _holds(sub.integer.partition(symbols.optional)[0], digits)),
        ("D3091", symbols.optional in sub.fraction and _holds(sub.fraction.rpartition(symbols.optional)[2], digits)),
        ("D3092", bool(sub.exponent) and scaled),
        ("D3093", sub.exponent is not None and not _only(sub.exponent, digits)),
    )
    codes = [code for code, found in broken if found]
    if codes:
        raise FunctionError(codes[-1], text)


def _neighbours(text: str, mark: str) -> tuple[str, ...]:
    """The characters around the first mark."""
    at = text.find(mark)
    return () if at < 0 else (text[at - 1 : at] if at else "", text[at + 1 : at + 2])


def _holds(text: str, chars: str) -> bool:
    return any(char in chars for char in text)


def _only(text: str, chars: str) -> bool:
    return text != "" and all(char in chars for char in text)


def _count(text: str, chars: str) -> int:
    return sum(char in chars for char in text)


def _layout(sub: SubPicture, symbols: Symbols) -> Layout:
    """The sizes of F&O 4.7.4."""
    places = symbols.digits + symbols.optional
    min_integer = scaling = _count(sub.integer, symbols.digits)
    min_fraction, max_fraction = _count(sub.fraction, symbols.digits), _count(sub.fraction, places)
    if min_integer == 0 and max_fraction == 0:
        if sub.exponent is None:
            min_integer = 1
        else:
            min_fraction = max_fraction = 1
    if sub.exponent is not None and min_integer == 0 and symbols.optional in sub.integer:
        min_integer = 1
    if min_integer == 0 and min_fraction == 0:
        min_fraction = 1
    groups = _groups(sub.integer, sub.integer, symbols.grouping, places, leading=False)
    fraction_groups = _groups(sub.fraction, sub.integer, symbols.grouping, places, leading=True)
    factor = 100 if symbols.percent in sub.text else 1000 if symbols.per_mille in sub.text else 1
    usual = symbols.decimal == "." and symbols.zero == "0" and factor == 1 and max_fraction <= USUAL_PLACES
    return Layout(
        prefix=sub.prefix,
        suffix=sub.suffix,
        has_decimal=symbols.decimal in sub.text,
        factor=factor,
        integer_groups=tuple(groups),
        interval=regular_interval(groups),
        fraction_groups=tuple(fraction_groups),
        min_integer=min_integer,
        scaling=scaling,
        min_fraction=min_fraction,
        max_fraction=max_fraction,
        min_exponent=0 if sub.exponent is None else len(sub.exponent),
        plain=usual and min_integer > 0 and not (groups or fraction_groups) and sub.exponent is None,
    )


def _groups(part: str, integer: str, mark: str, places: str, *, leading: bool) -> list[int]:
    """The digits before (`leading`) or behind each grouping separator of a part.

    As in the reference, separators after the first are looked for in the integer part.
    """
    positions: list[int] = []
    at = part.find(mark) if mark else -1
    while at >= 0:
        positions.append(_count(part[:at] if leading else part[at:], places))
        at = integer.find(mark, at + 1)
    return positions
