"""Settings of which exactly one must be given: ways to sign in, ways to verify."""

from __future__ import annotations

from typing import Any, Self

from pydantic import ConfigDict, model_validator

from engine.plugin import Settings
from engine.plugin.fields import exactly_one


def _one_of_all(schema: dict[str, Any]) -> None:
    schema["allOf"] = [exactly_one(*schema["properties"])]


class ExactlyOne(Settings):
    """The base of a model whose fields exclude each other; `chosen` is the one that was given."""

    model_config = ConfigDict(json_schema_extra=_one_of_all)

    @model_validator(mode="after")
    def _exactly_one(self) -> Self:
        given = self._given()
        if len(given) != 1:
            names = ", ".join(field.alias or name for name, field in type(self).model_fields.items())
            raise ValueError(f"expected exactly one of {names}, found {' and '.join(given) or 'none'}")
        return self

    def _given(self) -> list[str]:
        return [name for name in type(self).model_fields if getattr(self, name) is not None]

    @property
    def chosen(self) -> Settings:
        """The settings of the one way that was given."""
        chosen: Settings = getattr(self, self._given()[0])
        return chosen
