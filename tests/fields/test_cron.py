"""Cron lines are checked when the workspace loads."""

from __future__ import annotations

import pytest

from engine.fields.cron import CronText
from engine.fields.scalar import BadScalar


@pytest.mark.parametrize(
    ("text", "weekday"),
    [
        ("*/5 * * * *", "*"),
        ("0 6 * * mon-fri", "mon,tue,wed,thu,fri"),
        ("0 6 * * 1-5", "mon,tue,wed,thu,fri"),
        ("0 6 * * 0", "sun"),
        ("0 6 * * 7", "sun"),
        ("0 6 * * fri-sun", "sun,fri,sat"),
        ("0,30 9-17/2 1 jan,jul *", "*"),
    ],
)
def test_days_of_the_week_are_named_so_that_no_scheduler_counts_them_differently(text: str, weekday: str) -> None:
    assert CronText.parse(text).weekday == weekday


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("* * * *", "it has 4 fields"),
        ("61 * * * *", "its minute '61' is not within 0 to 59"),
        ("* 24 * * *", "its hour '24' is not within 0 to 23"),
        ("* * * foo *", "its month 'foo' is not within 1 to 12"),
        ("* * * * mno", "did you mean 'mon'"),
        ("*/0 * * * *", "its minute '*/0' is not within 0 to 59"),
        ("9-5 * * * *", "its minute '9-5' is not within 0 to 59"),
        ("0 0 31 2 *", "no month has that day"),
        ("@daily", "it has 1 fields"),
    ],
)
def test_bad_cron_lines_are_refused_with_the_field(text: str, hint: str) -> None:
    with pytest.raises(BadScalar) as raised:
        CronText.parse(text)
    assert raised.value.type == "XD801"
    assert raised.value.context is not None
    assert raised.value.context["hint"] == hint


def test_weekdays_are_named_for_schedulers_that_count_them_otherwise() -> None:
    assert CronText.parse("0 6 * * 1-5").with_named_days == "0 6 * * mon,tue,wed,thu,fri"
    assert CronText.parse("*/5 * * * *").with_named_days == "*/5 * * * *"
    assert CronText.parse("0 6 1 jan 0").with_named_days == "0 6 1 jan sun"
