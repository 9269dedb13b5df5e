from __future__ import annotations

import pytest

from engine.policy.error_classes import ERROR_CLASSES, error_class


def test_every_required_class_is_declared_once() -> None:
    """REL-7: the closed list of error classes."""
    assert set(ERROR_CLASSES) == {
        "transient",
        "timeout",
        "rate-limited",
        "authentication",
        "data",
        "business",
        "not-found",
        "conflict",
        "permanent",
        "unknown",
    }


def test_every_class_tells_an_operator_what_to_do() -> None:
    """REL-9: a dead letter carries a suggested action."""
    for declared in ERROR_CLASSES.values():
        assert declared.meaning
        assert declared.suggested_action
        assert not declared.suggested_action.endswith(".")


def test_refusals_of_the_message_itself_are_not_retried_and_do_not_trip_the_breaker() -> None:
    for name in ("data", "business", "permanent"):
        assert not error_class(name).retryable
        assert not error_class(name).trips_breaker


def test_an_outcome_is_unknown_after_a_timeout_and_an_unnamed_failure() -> None:
    assert {name for name, declared in ERROR_CLASSES.items() if declared.outcome_unknown} == {"timeout", "unknown"}


def test_a_misspelled_class_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(ValueError, match="got 'transiant'; did you mean 'transient'"):
        error_class("transiant")
