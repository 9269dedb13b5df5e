"""When schedules fire."""

from __future__ import annotations

from engine.config.models.flow import ScheduleModel
from engine.fields.scalars import CronText, Duration
from engine.runtime.scheduler import Schedule, fires_after, trigger_of

NINE = 1_763_287_200.0
"""A whole multiple of five minutes: 2025-11-16T10:00:00Z."""


def test_interval_fires_at_the_same_times_whenever_it_is_looked_at() -> None:
    """Replicas, and a process after a reload, agree on the fire times, by which a firing is known."""
    schedule = Schedule("poll:erp.changes@", trigger_of(ScheduleModel(every=Duration.parse("5 min"))))
    assert [fires_after(schedule, NINE + seconds) for seconds in (0.0, 1.0, 299.0)] == [NINE + 300.0] * 3


def test_cron_line_fires_after_the_moment_and_not_at_it() -> None:
    schedule = Schedule("schedule:report", trigger_of(ScheduleModel(cron=CronText.parse("0 10 * * *"))))
    assert fires_after(schedule, NINE - 1.0) == NINE
    assert fires_after(schedule, NINE) == NINE + 86_400.0
