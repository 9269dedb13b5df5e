"""Each scalar has one spelling, and says exactly what is wrong with any other."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, TypeAdapter, ValidationError

from engine.fields.marks import Text
from engine.fields.scalars import (
    BadScalar,
    Duration,
    Flag,
    Name,
    Rate,
    Scalar,
    SecretText,
    Size,
    TimeZoneName,
    Whole,
    parse_name,
    parse_time_zone,
)


@pytest.mark.parametrize(
    ("text", "seconds", "business", "unit"),
    [
        ("250 ms", 0.25, False, "ms"),
        ("30 s", 30.0, False, "s"),
        ("1.5 h", 5400.0, False, "h"),
        ("1 day", 86400.0, False, "days"),
        ("7 days", 604800.0, False, "days"),
        ("4 business hours", 14400.0, True, "business hours"),
        ("1 business day", 86400.0, True, "business days"),
    ],
)
def test_duration_reads_its_one_spelling(text: str, seconds: float, business: bool, unit: str) -> None:
    duration = Duration.parse(text)
    assert (duration.seconds, duration.business, duration.unit, str(duration)) == (seconds, business, unit, text)


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("5m", "did you mean '5 min'"),
        ("30sec", "did you mean '30 s'"),
        ("1 days", "did you mean '1 day'"),
        ("2 day", "did you mean '2 days'"),
        ("4 Business Hours", "did you mean '4 business hours'"),
        (5, "name the unit, for example '5 s' or '5 min'"),
        (True, ""),
        ("-5 s", ""),
        ("", ""),
        (None, ""),
    ],
)
def test_other_spellings_of_a_duration_are_refused_with_the_right_one(text: object, hint: str) -> None:
    with pytest.raises(BadScalar) as raised:
        Duration.parse(text)
    assert raised.value.type == "XD803"
    assert raised.value.context is not None
    assert raised.value.context["hint"] == hint


def test_duration_amount_is_exact() -> None:
    assert Duration.parse("0.1 s").amount == Decimal("0.1")


def test_size_counts_1024_bytes_a_kilobyte() -> None:
    assert Size.parse("256 KB").bytes == 262144
    assert Size.parse("1.5 MB").bytes == 1572864


@pytest.mark.parametrize(("text", "hint"), [("1mb", "did you mean '1 MB'"), ("5 KiB", "did you mean '5 KB'")])
def test_size_names_the_right_spelling(text: str, hint: str) -> None:
    with pytest.raises(BadScalar) as raised:
        Size.parse(text)
    assert raised.value.context is not None
    assert raised.value.context["hint"] == hint


def test_half_a_byte_is_no_size() -> None:
    with pytest.raises(BadScalar):
        Size.parse("0.5 B")


def test_rate_is_a_count_in_a_time() -> None:
    rate = Rate.parse("600 per min")
    assert (rate.count, rate.seconds) == (600, 60.0)


@pytest.mark.parametrize(
    ("text", "hint"), [("10/s", "did you mean '10 per s'"), ("600 per minute", "did you mean '600 per min'")]
)
def test_rate_names_the_right_spelling(text: str, hint: str) -> None:
    with pytest.raises(BadScalar) as raised:
        Rate.parse(text)
    assert raised.value.context is not None
    assert raised.value.context["hint"] == hint


@pytest.mark.parametrize("name", ["order-to-erp", "3pl", "a", "x1-2"])
def test_names_are_lower_case_words_with_hyphens(name: str) -> None:
    assert parse_name(name) == name


@pytest.mark.parametrize(
    ("name", "guess"), [("OrderToErp", "order-to-erp"), ("a_b", "a-b"), ("-a", "a"), ("123", ""), ("a" * 65, "")]
)
def test_other_names_are_refused_with_the_nearest_name(name: str, guess: str) -> None:
    with pytest.raises(BadScalar) as raised:
        parse_name(name)
    assert raised.value.context is not None
    hint = raised.value.context["hint"]
    assert not guess or hint == f"did you mean '{guess}'"


def test_time_zone_is_looked_up_in_the_database() -> None:
    assert parse_time_zone("America/New_York") == "America/New_York"
    for wrong in ("America/NewYork", "../etc/passwd", "/etc/passwd", "", "America", "a\0b"):
        with pytest.raises(BadScalar) as raised:
            parse_time_zone(wrong)
        assert raised.value.type == "XD802"


def test_secret_is_never_printed() -> None:
    """SEC-5: secrets do not reach logs."""

    class Holder(BaseModel):
        secret: SecretText

    holder = Holder.model_validate({"secret": "hunter2"})
    assert holder.secret.reveal() == "hunter2"
    for text in (str(holder), repr(holder), f"{holder.secret}", repr([holder.secret]), holder.model_dump_json()):
        assert "hunter2" not in text


def test_message_of_a_secret_value_hides_it() -> None:
    with pytest.raises(BadScalar) as raised:
        Duration.parse(Text("5m", secret=True))
    assert "5" not in str(raised.value.context).replace("'5 min'", "")


def test_flag_and_whole_take_nothing_that_merely_looks_like_one() -> None:
    for wrong in ("yes", 1, "true"):
        with pytest.raises(ValidationError):
            TypeAdapter(Flag).validate_python(wrong)
    for wrong in ("5", True, Decimal(5)):
        with pytest.raises(ValidationError):
            TypeAdapter(Whole).validate_python(wrong)


def test_every_scalar_has_a_json_schema_with_examples_that_it_takes() -> None:
    for scalar in Scalar.__subclasses__():
        schema = TypeAdapter(scalar).json_schema()
        assert schema["description"]
        for example in schema["examples"]:
            assert str(scalar.parse(example)) in (example, "***")
    assert json.dumps(TypeAdapter(Name).json_schema())
    assert json.dumps(TypeAdapter(TimeZoneName).json_schema())


@given(st.one_of(st.text(), st.integers(), st.booleans(), st.none(), st.decimals(), st.lists(st.text())))
def test_any_value_is_taken_or_refused_and_nothing_else(value: object) -> None:
    refused = 0
    for scalar in Scalar.__subclasses__():
        try:
            scalar.parse(value)
        except BadScalar:
            refused += 1
    assert refused <= len(Scalar.__subclasses__())
