"""The desk: every commit of running work goes over it, and what a commit made claimable is handed on."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from engine.errors import LeaseLost
from engine.outcome import Deferred, Retry
from engine.runtime.alarm import Alarm
from engine.runtime.arrivals import as_message
from engine.runtime.channel import Item
from engine.runtime.commit_points import CommitPoint, Passing
from engine.runtime.dispatcher import Dispatcher
from engine.store.protocol import MessageStore
from engine.store.records import Appended, AppendStatus, NewMessage, Progress, Recorded, Settlement, Work


class Desk:
    """Commits, and hands over."""

    def __init__(self, store: MessageStore, dispatcher: Dispatcher, passing: Passing, alarm: Alarm) -> None:
        self._store = store
        self._dispatcher = dispatcher
        self._passing = passing
        self._alarm = alarm

    def places_for(self, outputs: Sequence[NewMessage]) -> tuple[bool, ...]:
        """For each output whether there is room in memory to run it at once, which is then kept free for it."""
        reserve = self._dispatcher.reserve
        return tuple([new.final is None and new.not_before is None and reserve(new.channel) for new in outputs])

    async def checkpoint(self, progress: Progress) -> Recorded:
        """A commit in the middle of an exchange. Raises LeaseLost."""
        if progress.outputs:
            progress = replace(progress, output_lease=self.places_for(progress.outputs))
        self._passing(CommitPoint.BEFORE_CHECKPOINT)
        try:
            recorded = await self._store.record(progress)
        except BaseException:
            self.decline(progress)
            raise
        self._passing(CommitPoint.AFTER_CHECKPOINT)
        self.hand_over(progress, recorded)
        if not recorded.applied:
            raise LeaseLost("the message was settled by somebody else")
        return recorded

    async def settle(self, settlement: Settlement) -> Recorded:
        """The commit that ends an exchange or a delivery; not `applied` when its lease was lost."""
        self._passing(CommitPoint.BEFORE_SETTLE)
        try:
            recorded = await self._store.settle(settlement)
        except BaseException:
            self.decline(settlement.progress)
            raise
        self._passing(CommitPoint.AFTER_SETTLE)
        outcome = settlement.outcome
        if isinstance(outcome, Retry):
            self._alarm.ring_for(outcome.at)
        elif isinstance(outcome, Deferred):
            self._alarm.ring_for(outcome.until)
        self.hand_over(settlement.progress, recorded)
        return recorded

    def decline(self, progress: Progress) -> None:
        """Give back the places of outputs that were not written."""
        for output, leased in zip(progress.outputs, progress.output_lease, strict=False):
            if leased:
                self._dispatcher.decline(output.channel)

    def hand_over(self, progress: Progress, recorded: Recorded) -> None:
        """After a commit: its outputs to their channels, and word to whom it unblocked or released."""
        if not recorded.applied:
            self.decline(progress)
            return
        for output, reserved, appended in zip(progress.outputs, progress.output_lease, recorded.appended, strict=True):
            self._place(output, reserved, appended)
        if recorded.unblocked is not None:
            self._dispatcher.nudge(recorded.unblocked)
        if recorded.released:
            self._dispatcher.nudge_all(recorded.released)

    def _place(self, output: NewMessage, reserved: bool, appended: Appended) -> None:
        if appended.lease is not None:
            message = as_message(output, appended.lease, appended.correlation_id, appended.position)
            work = Work(message, appended.lease, output.payload, (), output.business_keys)
            self._dispatcher.offer(Item(work, accepted_in=output.revision))
            return
        if reserved:
            self._dispatcher.decline(output.channel)
        if appended.status is AppendStatus.FRESH and appended.eligible:
            self._dispatcher.nudge(output.channel, output.priority)
