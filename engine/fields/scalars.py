"""The scalar types of the configuration: each one spelling, read from YAML text, with an exact sentence when it fails.

Every type is a pydantic field type: it parses text, writes itself back as text, and says its JSON Schema. Outside
pydantic use `Type.parse(text)`; a value that does not fit raises `BadScalar` (a ValueError with the finding's code).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Annotated, ClassVar, Self
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, Strict, WithJsonSchema

from engine.fields.cron import CronText
from engine.fields.expressions import Expr, MappingRef, Template
from engine.fields.marks import Text
from engine.fields.nearest import did_you_mean
from engine.fields.scalar import BadScalar, Scalar, bad_scalar, shown, text_only

__all__ = [
    "BadScalar",
    "CronText",
    "Duration",
    "Expr",
    "Flag",
    "MappingRef",
    "Name",
    "Rate",
    "Scalar",
    "SecretText",
    "Size",
    "Template",
    "TimeZoneName",
    "Whole",
    "bad_scalar",
    "clear_text",
    "parse_name",
    "parse_time_zone",
    "shown",
]

Flag = Annotated[bool, Strict()]
"""`true` or `false`, and nothing that merely looks like it (`yes`, `on`, 1)."""

Whole = Annotated[int, Strict()]
"""An integer written as one; quoted digits are text."""


_AMOUNT = r"(?:0|[1-9][0-9]{0,8})(?:\.[0-9]{1,3})?"

_UNIT_SECONDS = {
    "ms": Decimal("0.001"),
    "s": Decimal(1),
    "min": Decimal(60),
    "h": Decimal(3600),
    "day": Decimal(86400),
    "days": Decimal(86400),
    "business hour": Decimal(3600),
    "business hours": Decimal(3600),
    "business day": Decimal(86400),
    "business days": Decimal(86400),
}
_SPELLINGS = {
    "ms": ("ms", "msec", "msecs", "millis", "millisecond", "milliseconds"),
    "s": ("s", "sec", "secs", "second", "seconds"),
    "min": ("m", "min", "mins", "minute", "minutes"),
    "h": ("h", "hr", "hrs", "hour", "hours"),
    "days": ("d", "day", "days"),
    "business hours": ("business hour", "business hours", "business h"),
    "business days": ("business day", "business days", "business d"),
}


@dataclass(frozen=True, slots=True)
class Duration(Scalar):
    """A length of time: `5 min`, `7 days`, `4 business hours`.

    `seconds` of a business duration are nominal (a business day counts 86400): the calendar of the workspace decides,
    by `amount` and `unit`, when it has passed.
    """

    noun: ClassVar[str] = "duration"
    description: ClassVar[str] = (
        "a length of time: a number, a space, and ms, s, min, h, days or business hours or days"
    )
    examples: ClassVar[tuple[str, ...]] = ("250 ms", "30 s", "5 min", "1 h", "7 days", "4 business hours")
    pattern: ClassVar[str | None] = (
        rf"^({_AMOUNT} (ms|s|min|h)|1 (day|business (hour|day))|(?!1 ){_AMOUNT} (days|business (hours|days)))$"
    )

    seconds: float
    business: bool = False
    text: str = ""

    @classmethod
    def parse(cls, value: object) -> Self:
        text = str(value) if isinstance(value, str) else ""
        match = re.fullmatch(rf"({_AMOUNT}) ([a-z ]+)", text)
        if match is None or match[2] not in _UNIT_SECONDS or not _singular_fits(match[1], match[2]):
            raise bad_scalar("XD803", "a duration such as '5 min' or '7 days'", value, _duration_hint(value))
        seconds = Decimal(match[1]) * _UNIT_SECONDS[match[2]]
        return cls(float(seconds), match[2].startswith("business"), text)

    @property
    def amount(self) -> Decimal:
        """The number as it is written."""
        return Decimal(self.text.partition(" ")[0]) if self.text else Decimal(str(self.seconds))

    @property
    def unit(self) -> str:
        """`ms`, `s`, `min`, `h`, `days`, `business hours` or `business days`."""
        unit = self.text.partition(" ")[2] or "s"
        return unit + "s" if unit.endswith(("day", "hour")) else unit

    def __str__(self) -> str:
        return self.text or f"{self.seconds:g} s"


def _singular_fits(amount: str, unit: str) -> bool:
    """One spelling: `1 day`, and `2 days`."""
    if unit in ("ms", "s", "min", "h"):
        return True
    return unit.endswith("s") != (amount == "1")


def _duration_hint(value: object) -> str:
    """What was probably meant by `5m`, `30sec` or `1 days`."""
    match = re.fullmatch(rf"\s*({_AMOUNT})\s*([A-Za-z][A-Za-z ]*?)\s*", value) if isinstance(value, str) else None
    for unit, spellings in _SPELLINGS.items():
        if match is not None and match[2].lower() in spellings:
            singular = unit.endswith("s") and " " not in unit[-2:] and unit not in ("ms", "s") and match[1] == "1"
            return f"did you mean '{match[1]} {unit[:-1] if singular else unit}'"
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        return f"name the unit, for example '{value} s' or '{value} min'"
    return ""


_SIZE_UNITS = {"B": 1, "KB": 1024, "MB": 1024**2, "GB": 1024**3}


@dataclass(frozen=True, slots=True)
class Size(Scalar):
    """A number of bytes: `1 MB`, `256 KB`; a KB is 1024 bytes."""

    noun: ClassVar[str] = "size"
    description: ClassVar[str] = "a number of bytes: a number, a space, and B, KB, MB or GB; a KB is 1024 bytes"
    examples: ClassVar[tuple[str, ...]] = ("512 B", "256 KB", "1 MB")
    pattern: ClassVar[str | None] = (
        r"^(0|[1-9][0-9]{0,8})(\.0{1,3} B|(\.(125|250?|375|50?0?|625|750?|875|0{1,3}))? (KB|MB|GB)| B)$"
    )

    bytes: int
    text: str = ""

    @classmethod
    def parse(cls, value: object) -> Self:
        text = str(value) if isinstance(value, str) else ""
        match = re.fullmatch(rf"({_AMOUNT}) (B|KB|MB|GB)", text)
        amount = Decimal(match[1]) * _SIZE_UNITS[match[2]] if match is not None else Decimal(0)
        if match is None or amount != int(amount):
            raise bad_scalar("XD118", "a size such as '1 MB' or '256 KB'", value, _size_hint(value))
        return cls(int(amount), text)

    def __str__(self) -> str:
        return self.text or f"{self.bytes} B"


def _size_hint(value: object) -> str:
    match = re.fullmatch(rf"\s*({_AMOUNT})\s*([kKmMgG]?)i?[bB]?\s*", value) if isinstance(value, str) else None
    if match is not None:
        return f"did you mean '{match[1]} {match[2].upper()}B'"
    return f"name the unit, for example '{value} KB'" if type(value) is int else ""


_RATE_SECONDS = {"s": 1.0, "min": 60.0, "h": 3600.0, "day": 86400.0}


@dataclass(frozen=True, slots=True)
class Rate(Scalar):
    """So many in so many seconds: `600 per min`, `10 per s`."""

    noun: ClassVar[str] = "rate"
    description: ClassVar[str] = "a number per s, min, h or day"
    examples: ClassVar[tuple[str, ...]] = ("600 per min", "10 per s")
    pattern: ClassVar[str | None] = r"^[1-9][0-9]{0,8} per (s|min|h|day)$"

    count: int
    seconds: float
    text: str = ""

    @classmethod
    def parse(cls, value: object) -> Self:
        text = str(value) if isinstance(value, str) else ""
        match = re.fullmatch(r"([1-9][0-9]{0,8}) per (s|min|h|day)", text)
        if match is None:
            raise bad_scalar("XD804", "a rate such as '600 per min' or '10 per s'", value, _rate_hint(value))
        return cls(int(match[1]), _RATE_SECONDS[match[2]], text)

    def __str__(self) -> str:
        return self.text or f"{self.count} per {self.seconds:g} s"


def _rate_hint(value: object) -> str:
    match = re.fullmatch(r"\s*([1-9][0-9]{0,8})\s*(?:/|per|a)\s*([a-z]+)\s*", value) if isinstance(value, str) else None
    for unit in ("s", "min", "h", "days"):
        if match is not None and match[2] in _SPELLINGS[unit]:
            return f"did you mean '{match[1]} per {'day' if unit == 'days' else unit}'"
    return ""


def clear_text(expected: str) -> BadScalar:
    """The error for a secret that is written into a file; it does not repeat the value."""
    context = {"expected": expected, "found": "clear text", "hint": "keep the value in CROSSDOCK_SECRET_NAME"}
    return BadScalar("XD503", "expected {expected}, got {found}", context)


@dataclass(frozen=True, slots=True)
class SecretText(Scalar):
    """A text that is never printed: `str`, `repr` and serialisation give `***`; `reveal()` gives the text."""

    noun: ClassVar[str] = "secret"
    description: ClassVar[str] = "a reference to a secret, `${secret:NAME}`; never the secret itself"
    examples: ClassVar[tuple[str, ...]] = ("${secret:SHOP_WEBHOOK}",)
    pattern: ClassVar[str | None] = r"\$\{(secret|env):"

    _text: str = field(repr=False)

    @classmethod
    def parse(cls, value: object) -> Self:
        if not isinstance(value, str) or not value:
            raise bad_scalar("XD103", "a reference such as '${secret:NAME}'", value)
        if isinstance(value, Text) and value.origin is not None and not (value.secret or value.unresolved):
            raise clear_text("a reference such as '${secret:NAME}'")
        return cls(str(value))

    def reveal(self) -> str:
        """The secret itself; only for the place that needs it on the wire."""
        return self._text

    def __str__(self) -> str:
        return "***"

    def __repr__(self) -> str:
        return "SecretText('***')"


_NAME = re.compile(r"(?=[0-9-]*[a-z])[a-z0-9]+(?:-[a-z0-9]+)*")


def parse_name(value: str) -> str:
    """A name: lower-case words joined by hyphens, at most 64 characters; raises `BadScalar`."""
    if len(value) <= 64 and _NAME.fullmatch(value):
        return value
    guess = re.sub(r"[^a-z0-9]+", "-", re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", value[:64]).lower()).strip("-")
    hint = f"did you mean '{guess}'" if _NAME.fullmatch(guess) else ""
    raise bad_scalar("XD119", "a name of lower-case words joined by hyphens, such as 'order-to-erp'", value, hint)


Name = Annotated[
    str,
    text_only("a name such as 'order-to-erp'"),
    AfterValidator(parse_name),
    WithJsonSchema(
        {
            "type": "string",
            "description": "a name: lower-case words joined by hyphens",
            "pattern": "^(?=[0-9-]*[a-z])[a-z0-9]+(-[a-z0-9]+)*$",
            "maxLength": 64,
            "examples": ["order-to-erp"],
            "x-type": "name",
        }
    ),
]
"""A name: lower-case words joined by hyphens."""


def parse_time_zone(value: str) -> str:
    """A name of the IANA time zone database; raises `BadScalar`."""
    try:
        ZoneInfo(value)
    except (KeyError, ValueError, OSError):  # unknown, not a relative path, a folder of the database
        pass
    else:
        return value
    hint = did_you_mean(value, sorted(available_timezones()))
    raise bad_scalar("XD802", "an IANA time zone such as 'America/New_York'", value, hint)


TimeZoneName = Annotated[
    str,
    text_only("an IANA time zone such as 'America/New_York'"),
    AfterValidator(parse_time_zone),
    WithJsonSchema(
        {
            "type": "string",
            "description": "a name of the IANA time zone database",
            "examples": ["America/New_York", "UTC"],
            "x-type": "time zone",
        }
    ),
]
"""A name of the IANA time zone database."""
