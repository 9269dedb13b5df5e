from __future__ import annotations

from collections.abc import Sequence

from engine.message import Message, State
from engine.tracking.expectations import expectations_of, missing

T0 = 1_760_000_000.0


def expected(flow: str) -> Sequence[tuple[str, float]]:
    return [("booked", 300.0), ("released", 1800.0)] if flow == "orders" else []


def arrived(channel: str = "flow:orders", at: float = T0) -> Message:
    return Message(1, channel, State.COMPLETED, "shop.order-created", b"", at)


def states(passed: dict[str, float], now: float) -> list[str]:
    return [str(one["state"]) for one in expectations_of([arrived()], passed, expected, now)]


def test_an_expectation_is_open_until_its_time_and_then_missed() -> None:
    assert states({}, T0 + 299) == ["open", "open"]
    assert states({}, T0 + 301) == ["missed", "open"]


def test_a_milestone_in_time_is_met_and_one_after_it_is_late() -> None:
    assert states({"booked": T0 + 10, "released": T0 + 1801}, T0 + 4000) == ["met", "late"]


def test_only_what_was_missed_is_told_as_what_must_happen_next() -> None:
    open_one, missed = expectations_of([arrived()], {"released": T0}, expected, T0 + 301)[::-1]
    assert missing(open_one) is None
    sentence = missing(missed)
    assert sentence is not None
    assert sentence.startswith("milestone 'booked' of flow orders was due ")


def test_a_flow_is_expected_once_however_many_messages_it_has_and_deliveries_promise_nothing() -> None:
    messages = [arrived(), arrived(at=T0 + 500), arrived("system:erp")]
    found = expectations_of(messages, {}, expected, T0 + 301)
    assert [(one["milestone"], one["state"]) for one in found] == [("booked", "missed"), ("released", "open")]
