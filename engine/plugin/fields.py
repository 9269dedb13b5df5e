"""What settings models are made of: field types, each one spelling with its own sentence when it fails, and the rules
between fields that editors are told of."""

from engine.fields.json_schema import at_least_one, at_most_one, exactly_one, given, needs, only_with, rules
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
    "at_least_one",
    "at_most_one",
    "exactly_one",
    "given",
    "needs",
    "only_with",
    "rules",
]
