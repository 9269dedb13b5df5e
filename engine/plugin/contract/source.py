"""What every source must do: hand in exactly what came, acknowledge after the commit only, lose nothing on the way."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Protocol

import pytest

from engine.errors import InvalidInput, StoreUnavailable
from engine.plugin import EventBinding, Features, Source
from engine.plugin.contract.intake import RecordingIntake

ACCEPTED = "accepted"
REFUSED = "refused"
UNANSWERED = "unanswered"

_BODY = '{"order": "1001", "note": "Grüße ✓"}\r\n'.encode()


class SourceHarness(Protocol):
    """A source of yours, and the peer that feeds it."""

    features: Features

    def open(self) -> Source:
        """A source, not started."""
        ...

    def bindings(self, *names: str) -> Sequence[EventBinding]:
        """Bindings of events with these names (`orders`, `shipments`), each at an address of its own."""
        ...

    async def deliver(self, source: Source, name: str, body: bytes, key: str | None = None) -> str:
        """Behave as a peer that has something to deliver to the event, and say how it ended.

        ACCEPTED: the peer was told that it arrived, or sees that it was taken. REFUSED: it was told that it never will
        be. A peer that delivers again when it hears nothing does so here, until one of the two; one that does not
        answers UNANSWERED.
        """
        ...


@pytest.mark.asyncio
class SourceContract:
    """Subclass it as `class TestX(SourceContract)` with a fixture `harness`."""

    async def test_hands_in_the_bytes_as_they_came(self, harness: SourceHarness) -> None:
        intake, source = RecordingIntake(), harness.open()
        bindings = harness.bindings("orders")
        await source.start(bindings, intake)
        try:
            assert await harness.deliver(source, "orders", _BODY) == ACCEPTED
        finally:
            await source.stop()
        assert [(arrival.event, arrival.body) for arrival in intake.accepted] == [(bindings[0].event, _BODY)]
        assert all(name == name.lower() for name in intake.accepted[0].headers)

    async def test_arrivals_go_to_their_own_event(self, harness: SourceHarness) -> None:
        intake, source = RecordingIntake(), harness.open()
        bindings = harness.bindings("orders", "shipments")
        await source.start(bindings, intake)
        try:
            assert await harness.deliver(source, "shipments", b'{"shipment": 1}') == ACCEPTED
            assert await harness.deliver(source, "orders", b'{"order": 1}') == ACCEPTED
        finally:
            await source.stop()
        assert [arrival.event for arrival in intake.accepted] == [bindings[1].event, bindings[0].event]

    async def test_nothing_is_acknowledged_before_the_commit(self, harness: SourceHarness) -> None:
        intake, source = RecordingIntake(), harness.open()
        intake.gate.clear()
        await source.start(harness.bindings("orders"), intake)
        try:
            delivery = asyncio.ensure_future(harness.deliver(source, "orders", _BODY))
            await intake.called(1)
            done, _ = await asyncio.wait([delivery], timeout=0.2)
            assert not done
            intake.gate.set()
            assert await delivery == ACCEPTED
        finally:
            await source.stop()

    async def test_what_could_not_be_stored_comes_again(self, harness: SourceHarness) -> None:
        intake, source = RecordingIntake(), harness.open()
        intake.script.extend([StoreUnavailable("the disk is full"), StoreUnavailable("the disk is full")])
        await source.start(harness.bindings("orders"), intake)
        try:
            outcome = await harness.deliver(source, "orders", _BODY)
        finally:
            await source.stop()
        assert outcome == (ACCEPTED if harness.features.redelivers else UNANSWERED)
        assert len(intake.accepted) == (1 if harness.features.redelivers else 0)

    async def test_an_unexpected_error_acknowledges_nothing(self, harness: SourceHarness) -> None:
        intake, source = RecordingIntake(), harness.open()
        intake.script.append(RuntimeError("a mistake of the engine"))
        await source.start(harness.bindings("orders"), intake)
        try:
            outcome = await harness.deliver(source, "orders", _BODY)
        finally:
            await source.stop()
        assert outcome == (ACCEPTED if harness.features.redelivers else UNANSWERED)
        assert intake.calls == (2 if harness.features.redelivers else 1)

    async def test_refused_input_is_not_delivered_again(self, harness: SourceHarness) -> None:
        intake, source = RecordingIntake(), harness.open()
        intake.script.append(InvalidInput("lines is missing", code="contract"))
        await source.start(harness.bindings("orders"), intake)
        try:
            assert await harness.deliver(source, "orders", b"{}") == REFUSED
            assert await harness.deliver(source, "orders", _BODY) == ACCEPTED
        finally:
            await source.stop()
        assert intake.calls == 2

    async def test_the_senders_key_is_handed_in(self, harness: SourceHarness) -> None:
        if not harness.features.carries_key:
            pytest.skip("the connector carries no key")
        intake, source = RecordingIntake(), harness.open()
        await source.start(harness.bindings("orders"), intake)
        try:
            assert await harness.deliver(source, "orders", _BODY, key="sender-key-1") == ACCEPTED
        finally:
            await source.stop()
        assert intake.accepted[0].key == "sender-key-1"

    async def test_stop_waits_for_what_is_in_flight(self, harness: SourceHarness) -> None:
        intake, source = RecordingIntake(), harness.open()
        intake.gate.clear()
        await source.start(harness.bindings("orders"), intake)
        delivery = asyncio.ensure_future(harness.deliver(source, "orders", _BODY))
        await intake.called(1)
        stopping = asyncio.ensure_future(source.stop())
        done, _ = await asyncio.wait([stopping], timeout=0.1)
        assert not done
        intake.gate.set()
        await stopping
        assert await delivery == ACCEPTED
        assert len(intake.accepted) == 1

    async def test_a_rebind_drops_nothing_and_takes_the_new_events(self, harness: SourceHarness) -> None:
        intake, source = RecordingIntake(), harness.open()
        intake.gate.clear()
        await source.start(harness.bindings("orders"), intake)
        try:
            delivery = asyncio.ensure_future(harness.deliver(source, "orders", _BODY))
            await intake.called(1)
            await source.rebind(harness.bindings("shipments"))
            intake.gate.set()
            assert await delivery == ACCEPTED
            assert await harness.deliver(source, "shipments", b'{"shipment": 1}') == ACCEPTED
        finally:
            await source.stop()
        assert len(intake.accepted) == 2
