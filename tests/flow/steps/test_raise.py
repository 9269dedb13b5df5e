"""Raise."""

from __future__ import annotations

from pathlib import Path

from engine.message import State
from tests.workspaces import flow, running


async def test_raise_ends_in_a_dead_letter_with_class_reason_owner_and_words(tmp_path: Path) -> None:
    steps = "- raise: {class: business, reason: no-terms, owner: finance, message: 'customer {customer} has no terms'}"
    async with running(tmp_path, flow(steps)) as run:
        found = await run.sent({"customer": "C-1"}, State.DEAD)
        failure = (await run.message(found)).failure or {}
        assert (failure["error_class"], failure["reason"], failure["owner"]) == ("business", "no-terms", "finance")
        assert "customer C-1 has no terms" in failure["detail"]
        assert failure["step"] == "raise:no-terms"
        assert failure["suggestion"]


async def test_raise_of_a_retryable_class_is_tried_again(tmp_path: Path) -> None:
    steps = "- {raise: {class: transient, reason: not-yet}, when: $message.attempt < 3}"
    async with running(tmp_path, flow(steps, retry="quick")) as run:
        found = await run.sent({"customer": "C-1"})
        assert (await run.message(found)).attempts == 3
