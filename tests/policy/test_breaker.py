from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.policy.breaker import (
    Admitted,
    BreakerSettings,
    BreakerState,
    Closed,
    HalfOpen,
    Open,
    Refused,
    abandoned,
    admit,
    failed,
    succeeded,
)

NOW = 1_790_000_000.0
SETTINGS = BreakerSettings(failures=3, within=30, cooldown=60, probe_timeout=20)


def opened() -> BreakerState:
    state: BreakerState = Closed()
    for second in range(3):
        state = failed(SETTINGS, state, NOW + second, "transient")
    assert isinstance(state, Open)
    return state


def probing() -> HalfOpen:
    state, _ = admit(SETTINGS, opened(), NOW + 62)
    assert isinstance(state, HalfOpen)
    return state


def test_enough_failures_open_it() -> None:
    """REL-13"""
    state = opened()
    assert admit(SETTINGS, state, NOW + 10) == (state, Refused(NOW + 62))


def test_failures_too_far_apart_leave_it_closed() -> None:
    state: BreakerState = Closed()
    for turn in range(10):
        state = failed(SETTINGS, state, NOW + 16 * turn, "transient")
    assert isinstance(state, Closed)


def test_a_few_failures_among_many_successes_leave_it_closed() -> None:
    state: BreakerState = Closed()
    for turn in range(50):
        state = failed(SETTINGS, state, NOW + turn / 10, "transient")
        for _ in range(4):
            state = succeeded(state)
    assert isinstance(state, Closed)
    assert len(state.recent) <= 3


@pytest.mark.parametrize("error", ["data", "business", "not-found", "conflict", "permanent", "authentication"])
def test_refusals_of_the_message_do_not_open_it(error: str) -> None:
    state: BreakerState = Closed()
    for _ in range(20):
        state = failed(SETTINGS, state, NOW, error)
    assert state == Closed()


@pytest.mark.parametrize("error", ["transient", "timeout", "unknown"])
def test_failures_of_the_target_open_it(error: str) -> None:
    state: BreakerState = Closed()
    for _ in range(3):
        state = failed(SETTINGS, state, NOW, error)
    assert isinstance(state, Open)


def test_after_the_cooldown_one_probe_goes_and_the_others_wait() -> None:
    state, admission = admit(SETTINGS, opened(), NOW + 62)
    assert admission == Admitted(probe=1)
    assert admit(SETTINGS, state, NOW + 63) == (state, Refused(NOW + 82))


def test_a_probe_that_succeeds_closes_it() -> None:
    state = succeeded(probing(), probe=1)
    assert admit(SETTINGS, state, NOW + 63) == (state, Admitted())


def test_a_probe_that_fails_opens_it_again() -> None:
    assert failed(SETTINGS, probing(), NOW + 65, "timeout", probe=1) == Open(NOW + 125, probes=1)


def test_a_probe_refused_for_its_data_shows_the_target_alive() -> None:
    assert isinstance(failed(SETTINGS, probing(), NOW + 65, "data", probe=1), Closed)


def test_a_lost_probe_is_followed_by_another_whose_result_alone_counts() -> None:
    state, admission = admit(SETTINGS, probing(), NOW + 83)
    assert admission == Admitted(probe=2)
    assert failed(SETTINGS, state, NOW + 84, "timeout", probe=1) is state
    assert succeeded(state, probe=1) is state
    assert isinstance(succeeded(state, probe=2), Closed)


def test_an_unsent_probe_leaves_its_place_at_once() -> None:
    state = abandoned(probing(), NOW + 63, probe=1)
    assert admit(SETTINGS, state, NOW + 63)[1] == Admitted(probe=2)


def test_results_of_requests_sent_before_it_opened_change_nothing() -> None:
    for state in (opened(), probing()):
        assert succeeded(state) is state
        assert failed(SETTINGS, state, NOW + 5, "transient") is state
        assert abandoned(state, NOW + 5, None) is state


def test_a_probe_number_is_never_used_twice() -> None:
    state = succeeded(probing(), probe=1)
    for _ in range(3):
        state = failed(SETTINGS, state, NOW + 70, "transient")
    assert admit(SETTINGS, state, NOW + 200)[1] == Admitted(probe=2)


@pytest.mark.parametrize("changes", [{"failures": 0}, {"within": 0}, {"cooldown": -1}, {"share": 0}])
def test_settings_that_make_no_sense_are_refused(changes: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="expected breaker"):
        BreakerSettings(**changes)  # type: ignore[arg-type]


@given(st.lists(st.tuples(st.sampled_from(["ok", "fail", "ask"]), st.floats(0, 40)), max_size=80))
def test_never_two_probes_at_once_and_always_a_way_back(events: list[tuple[str, float]]) -> None:
    state: BreakerState = Closed()
    now, lease_ends, probe = NOW, 0.0, None
    for event, gap in events:
        now += gap
        if event == "ask":
            state, admission = admit(SETTINGS, state, now)
            if isinstance(admission, Admitted) and admission.probe is not None:
                assert now >= lease_ends
                lease_ends, probe = now + SETTINGS.probe_timeout, admission.probe
        elif event == "ok":
            state, lease_ends = succeeded(state, probe), 0.0 if probe else lease_ends
        else:
            state = failed(SETTINGS, state, now, "transient", probe)
            lease_ends = 0.0 if probe else lease_ends
    assert isinstance(admit(SETTINGS, state, now + 61)[1], Admitted)
