"""What every destination must do: send once, say truly what became of it, and keep to its limits."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import pytest

from engine.errors import OutcomeUnknown, StepFailed
from engine.plugin import Destination, Features, Request

REPLIES = "replies"
UNREACHABLE = "unreachable"
BREAKS_OFF = "breaks-off"
HANGS = "hangs"

_BODY = '{"order": "1001", "note": "Grüße ✓"}'.encode()


@dataclass(frozen=True, slots=True)
class Seen:
    """A request as the peer saw it."""

    body: bytes
    key: str | None


class DestinationHarness(Protocol):
    """A destination of yours, and a peer whose behaviour the suite chooses."""

    features: Features

    behaviours: frozenset[str]
    """What the peer can be told to do, of REPLIES, UNREACHABLE, BREAKS_OFF (acts, then no reply) and HANGS."""

    async def open(self, behaviour: str, *, concurrent: int = 4) -> Destination:
        """A destination whose peer behaves so."""
        ...

    def request(self, body: bytes | None, *, key: str = "key-1", timeout: float = 10.0) -> Request:
        """A request that the peer understands."""
        ...

    def seen(self) -> Sequence[Seen]:
        """What the peer received, in order."""
        ...

    def most_at_once(self) -> int:
        """The largest number of requests that the peer had before it at one time."""
        ...


@pytest.mark.asyncio
class DestinationContract:
    """Subclass it as `class TestX(DestinationContract)` with a fixture `harness`."""

    async def test_sends_the_bytes_as_they_are(self, harness: DestinationHarness) -> None:
        destination = await harness.open(REPLIES)
        try:
            reply = await destination.send(harness.request(_BODY))
        finally:
            await destination.close()
        assert [seen.body for seen in harness.seen()] == [_BODY]
        assert all(name == name.lower() for name in reply.headers)

    async def test_the_key_travels_to_the_peer(self, harness: DestinationHarness) -> None:
        if not harness.features.carries_key:
            pytest.skip("the connector carries no key")
        destination = await harness.open(REPLIES)
        try:
            await destination.send(harness.request(_BODY, key="key-77"))
            await destination.send(harness.request(_BODY, key="key-78"))
        finally:
            await destination.close()
        assert [seen.key for seen in harness.seen()] == ["key-77", "key-78"]

    async def test_many_requests_keep_to_the_limit(self, harness: DestinationHarness) -> None:
        destination = await harness.open(REPLIES, concurrent=2)
        try:
            requests = [harness.request(b'{"n": %d}' % number, key=f"key-{number}") for number in range(12)]
            await asyncio.gather(*(destination.send(request) for request in requests))
        finally:
            await destination.close()
        assert sorted(seen.body for seen in harness.seen()) == sorted(request.body or b"" for request in requests)
        assert harness.most_at_once() <= 2

    async def test_an_unreachable_peer_is_a_transient_failure(self, harness: DestinationHarness) -> None:
        _needs(harness, UNREACHABLE)
        destination = await harness.open(UNREACHABLE)
        try:
            with pytest.raises(StepFailed) as failure:
                await destination.send(harness.request(_BODY))
        finally:
            await destination.close()
        assert not isinstance(failure.value, OutcomeUnknown)
        assert failure.value.error_class == "transient"

    async def test_a_lost_reply_is_an_unknown_outcome_and_is_not_sent_again(self, harness: DestinationHarness) -> None:
        _needs(harness, BREAKS_OFF)
        destination = await harness.open(BREAKS_OFF)
        try:
            with pytest.raises(OutcomeUnknown):
                await destination.send(harness.request(_BODY))
        finally:
            await destination.close()
        assert len(harness.seen()) == 1

    async def test_a_peer_that_hangs_is_an_unknown_outcome_in_time(self, harness: DestinationHarness) -> None:
        _needs(harness, HANGS)
        destination = await harness.open(HANGS)
        try:
            async with asyncio.timeout(5.0):
                with pytest.raises(OutcomeUnknown):
                    await destination.send(harness.request(_BODY, timeout=0.2))
        finally:
            await destination.close()

    async def test_a_cancelled_request_leaves_the_others_alone(self, harness: DestinationHarness) -> None:
        _needs(harness, HANGS)
        destination = await harness.open(HANGS, concurrent=1)
        try:
            hanging = asyncio.ensure_future(destination.send(harness.request(_BODY)))
            await asyncio.wait([hanging], timeout=0.1)
            hanging.cancel()
            with pytest.raises(asyncio.CancelledError):
                await hanging
            with pytest.raises(OutcomeUnknown):
                await destination.send(harness.request(_BODY, timeout=0.2))
        finally:
            await destination.close()

    async def test_close_may_be_called_twice(self, harness: DestinationHarness) -> None:
        destination = await harness.open(REPLIES)
        await destination.close()
        await destination.close()


def _needs(harness: DestinationHarness, behaviour: str) -> None:
    if behaviour not in harness.behaviours:
        pytest.skip(f"the peer cannot be told that it {behaviour}")
