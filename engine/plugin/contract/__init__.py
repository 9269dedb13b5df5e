"""Contract suites for authors of plugins: subclass one in your tests, give it a harness, and pytest does the rest.

    class TestMySource(SourceContract):
        @pytest.fixture
        async def harness(self) -> AsyncIterator[SourceHarness]: ...

The suites run against the real thing: a harness starts real peers (a server, a folder, a broker). What a connector
cannot do it declares in its `Features`, and the suite asks for no more. These modules need pytest and pytest-asyncio.
"""

from engine.plugin.contract.codec import CodecContract, CodecHarness
from engine.plugin.contract.destination import (
    BREAKS_OFF,
    HANGS,
    REPLIES,
    UNREACHABLE,
    DestinationContract,
    DestinationHarness,
    Seen,
)
from engine.plugin.contract.intake import RecordingIntake
from engine.plugin.contract.source import ACCEPTED, REFUSED, UNANSWERED, SourceContract, SourceHarness

__all__ = [
    "ACCEPTED",
    "BREAKS_OFF",
    "HANGS",
    "REFUSED",
    "REPLIES",
    "UNANSWERED",
    "UNREACHABLE",
    "CodecContract",
    "CodecHarness",
    "DestinationContract",
    "DestinationHarness",
    "RecordingIntake",
    "Seen",
    "SourceContract",
    "SourceHarness",
]
