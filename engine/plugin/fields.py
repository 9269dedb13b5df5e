"""The field types that settings models are made of; each is one spelling, with its own sentence when it fails."""

from engine.fields.scalars import (
    CronText,
    Duration,
    Expr,
    Flag,
    MappingRef,
    Name,
    Rate,
    SecretText,
    Size,
    Template,
    TimeZoneName,
    Whole,
)

__all__ = [
    "CronText",
    "Duration",
    "Expr",
    "Flag",
    "MappingRef",
    "Name",
    "Rate",
    "SecretText",
    "Size",
    "Template",
    "TimeZoneName",
    "Whole",
]
