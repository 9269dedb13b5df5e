"""What all scalar types of the configuration share: reading, writing, describing, and one way to fail."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any, ClassVar, Self

from pydantic import BeforeValidator, GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from engine.fields.marks import Text

_SHOWN = 60


class BadScalar(PydanticCustomError):
    """A value that its type cannot take. `context` holds `expected`, `found` and `hint` for the finding."""


def bad_scalar(code: str, expected: str, value: object, hint: str = "") -> BadScalar:
    """The error for a `value` that should have been `expected` (a noun phrase such as `a duration such as '5 min'`)."""
    hidden = isinstance(value, Text) and value.secret  # a hint may quote a part of the value
    context = {"expected": expected, "found": shown(value), "hint": "" if hidden else hint}
    return BadScalar(code, "expected {expected}, got {found}", context)


def shown(value: object) -> str:
    """A value as findings print it: quoted, cut when long, secrets hidden."""
    if isinstance(value, Text) and value.secret:
        return "a secret"
    if isinstance(value, str):
        text = str(value) if len(value) <= _SHOWN else value[: _SHOWN - 1] + "…"
        return "'" + text.replace("\n", "\\n") + "'"
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list | tuple):
        return "a list"
    text = str(value)
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"


class Scalar:
    """What the types below share: how pydantic reads them, writes them and describes them."""

    __slots__ = ()

    noun: ClassVar[str] = "text"
    description: ClassVar[str]
    examples: ClassVar[tuple[str, ...]]
    pattern: ClassVar[str | None] = None
    format: ClassVar[str | None] = None
    json_types: ClassVar[tuple[str, ...]] = ("string",)

    @classmethod
    @abstractmethod
    def parse(cls, value: object) -> Self:
        """Read a value of a YAML file; raises `BadScalar`."""

    @classmethod
    def _validate(cls, value: object) -> Self:
        return value if isinstance(value, cls) else cls.parse(value)

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(
            cls._validate, serialization=core_schema.to_string_ser_schema(), metadata={"scalar": cls.__name__}
        )

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        optional = {"pattern": cls.pattern, "format": cls.format}
        known = {name: value for name, value in optional.items() if value is not None}
        types: Any = cls.json_types[0] if len(cls.json_types) == 1 else list(cls.json_types)
        return {
            "type": types,
            "description": cls.description,
            "examples": list(cls.examples),
            "x-type": cls.noun,
            **known,
        }


def text_only(expected: str) -> BeforeValidator:
    """Refuse anything but text before pydantic words it in its own way."""

    def check(value: object) -> str:
        if not isinstance(value, str):
            raise bad_scalar("XD103", expected, value)
        return value

    return BeforeValidator(check)
