"""The dispatcher: which message runs next.

Each channel has a bounded queue in memory. A fresh message is dispatched from memory when its append found its lane
empty and the channel had room; otherwise the channel is in *overflow* and reads from the store until it is drained. So
memory stays bounded with any backlog. Channels of one priority take turns; priorities have reserved places.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterable

from engine.errors import LeaseLost, StoreError
from engine.message import Lease, Message
from engine.policy.priorities import PRIORITIES, Places
from engine.runtime.aside import Aside
from engine.runtime.channel import Channel, Handler, Item, Stranded, is_urgent, let_in, rank_of
from engine.runtime.commit_points import CommitPoint, Passing
from engine.store.protocol import MessageStore
from engine.telemetry.log import Log

QUEUE_LIMIT = 1000
QUEUE_BYTES = 64 * 1024 * 1024
CLAIM_BATCH = 100
URGENT_BATCH = 8
URGENT_RANKS = 2
"""How many of the highest priorities are fetched from the store although less urgent messages fill their channel."""
CROWDED = 128
"""Messages queued in memory at which arrivals for a channel are slowed down, one in for one out."""

LONGEST_PACE = 0.05
"""Seconds an arrival is held back at most: a sender feels it, and none is refused for it."""


class Dispatcher:
    """Starts handlers for messages, within the process's capacity."""

    def __init__(
        self, store: MessageStore, *, capacity: int, now: Callable[[], float], log: Log, passing: Passing
    ) -> None:
        self._store = store
        self._places = Places(capacity)
        self._now = now
        self._log = log
        self._passing = passing
        self._channels: dict[str, Channel] = {}
        self._overflowing: set[str] = set()
        self._asides = tuple(Aside(self._places, rank, self._pump) for rank in range(len(PRIORITIES)))
        self._ring: dict[int, deque[str]] = {rank: deque() for rank in range(len(PRIORITIES))}
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self._fillers: set[asyncio.Task[None]] = set()
        self._leases: dict[int, Lease] = {}
        self._stranded: dict[int, Stranded] = {}
        self._draining = False
        self._idle = asyncio.Event()
        self._idle.set()
        self._bytes = 0
        self._queued = 0
        self._started = 0
        self._wakeup: asyncio.TimerHandle | None = None
        self._wakeup_at = 0.0

    def open(self, name: str, handler: Handler, concurrent: int, paused_until: Callable[[float], float | None]) -> None:
        """Serve a channel, or take over another revision's settings for it."""
        channel = self._channels.get(name)
        if channel is None:
            self._channels[name] = Channel(name, handler, concurrent, paused_until)
        else:
            channel.handler, channel.concurrent, channel.paused_until = handler, concurrent, paused_until
        self.nudge(name)

    def served(self) -> tuple[str, ...]:
        """The channels that are served."""
        return tuple(self._channels)

    # -- memory

    def reserve(self, name: str) -> bool:
        """Whether a message about to be appended to a channel may be leased at once and handed over with `offer`."""
        channel = self._channels.get(name)
        if channel is None or name in self._overflowing or self._draining:
            return False
        if channel.queued + channel.reserved >= QUEUE_LIMIT or self._bytes >= QUEUE_BYTES:
            self._overflowing.add(name)
            return False
        channel.reserved += 1
        return True

    def is_free(self, name: str) -> bool:
        """Whether nothing waits for this channel's turn, so that a message for it may just as well run right now."""
        channel = self._channels.get(name)
        return channel is not None and not channel.queued and name not in self._overflowing and not self._draining

    def is_crowded(self, name: str) -> bool:
        """Whether so much is queued in memory for the channel that arrivals are paced."""
        channel = self._channels.get(name)
        return channel is not None and channel.queued >= CROWDED

    async def pace(self, name: str) -> None:
        """Hold an arrival for a crowded channel back for a moment, so that messages leave as fast as they come and need
        not take the way over the store."""
        channel = self._channels[name]
        loop = asyncio.get_running_loop()
        turn: asyncio.Future[None] = loop.create_future()
        channel.arriving.append(turn)
        timer = loop.call_later(LONGEST_PACE, let_in, turn)
        try:
            await turn
        finally:
            timer.cancel()

    def aside(self, message: Message) -> Aside:
        """While a message waits for a system it takes none of the process's places, so that a system that hangs stops
        nobody else; how many may wait is bounded by their channels' own limits."""
        return self._asides[rank_of(message)]

    def offer(self, item: Item) -> None:
        """Hand over a message that was leased in its append, for which a place was reserved."""
        message = item.work.message
        channel = self._channels[message.channel]
        channel.reserved -= 1
        rank = rank_of(message)
        if self._may_start_at_once(channel, rank):
            self._leases[message.id] = item.work.lease
            self._start(channel, item, rank)
            return
        self._enqueue(channel, item)
        self._pump()

    def _may_start_at_once(self, channel: Channel, rank: int) -> bool:
        """Whether nobody waits, and there is a place."""
        if self._queued or self._draining or channel.running >= channel.concurrent:
            return False
        return self._places.may_start(rank) and not self._paused(channel, self._now())

    def decline(self, name: str) -> None:
        """Give back a reserved place: the message was a repeat, found its lane busy, or was not stored."""
        channel = self._channels.get(name)
        if channel is not None:
            channel.reserved -= 1

    def nudge(self, name: str, rank: int | None = None) -> None:
        """Say that the store holds a claimable message of a channel, and of which priority where that is known."""
        channel = self._channels.get(name)
        if channel is None:
            return
        channel.signals += 1
        if rank is not None and rank < URGENT_RANKS:
            channel.urgent = rank if channel.urgent is None else min(rank, channel.urgent)
        self._overflowing.add(name)
        self._pump()

    def nudge_all(self, names: Iterable[str]) -> None:
        """Say so for several channels."""
        for name in set(names):
            self.nudge(name)

    def look_again(self) -> None:
        """Ask the store about channels that seem to be empty: when a call on the store fails after its commit, nobody
        says what that commit made claimable."""
        for channel in tuple(self._channels.values()):
            if not channel.queued and not channel.running and channel.name not in self._overflowing:
                self.nudge(channel.name)

    # -- life

    def leases(self) -> tuple[Lease, ...]:
        """The leases of everything queued or running, for renewal."""
        return tuple(self._leases.values())

    def lost(self, leases: Iterable[Lease]) -> None:
        """Drop queued and stranded messages whose lease was lost."""
        gone = set(leases)
        for channel in self._channels.values():
            for rank, queue in channel.queues.items():
                if any(item.work.lease in gone for item in queue):
                    kept = [item for item in queue if item.work.lease not in gone]
                    self._forget(channel, [item for item in queue if item.work.lease in gone])
                    channel.queues[rank] = deque(kept)
        for stranded in self.stranded():
            if stranded.work.lease in gone:
                self.freed(stranded.work.message.id)

    def stranded(self) -> tuple[Stranded, ...]:
        """What ran here and could not be settled; its leases are kept until `freed`."""
        return tuple(self._stranded.values())

    def freed(self, message_id: int) -> None:
        """A stranded message was settled, or is no longer ours."""
        stranded = self._stranded.pop(message_id, None)
        if stranded is not None:
            self._release(stranded.work.lease)

    @property
    def running(self) -> int:
        """How many handlers run now."""
        return self._started

    @property
    def in_memory(self) -> int:
        """How many messages are queued or running."""
        return len(self._leases)

    async def drain(self, timeout: float) -> bool:
        """Start nothing new, give queued messages back to the store, wait for the running ones.

        Returns False when some still ran at the end of `timeout`; those are resumed by the next start.
        """
        self._draining = True
        await self._give_back_queued()
        finished = True
        try:
            async with asyncio.timeout(timeout):
                await self._idle.wait()
        except TimeoutError:
            finished = False
            running = tuple(self._tasks.values())
            for task in running:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)
        await asyncio.gather(*self._fillers, return_exceptions=True)
        await self._give_back_queued()  # outputs that were leased before the drain began
        return finished

    async def _give_back_queued(self) -> None:
        queued = [item for channel in self._channels.values() for queue in channel.queues.values() for item in queue]
        for channel in self._channels.values():
            self._forget(channel, [item for queue in channel.queues.values() for item in queue])
            channel.queues.clear()
        if not queued:
            return
        try:
            await self._store.give_back([item.work.lease for item in queued])
        except StoreError as error:
            self._log.warning("give-back-failed", messages=len(queued), detail=str(error))

    async def settled(self) -> None:
        """Wait until nothing runs."""
        await self._idle.wait()

    # -- inside

    def _enqueue(self, channel: Channel, item: Item) -> None:
        rank = rank_of(item.work.message)
        queue = channel.queues.setdefault(rank, deque())
        if not queue:
            self._ring[rank].append(channel.name)
        queue.append(item)
        channel.queued += 1
        self._queued += 1
        self._bytes += len(item.work.body)
        self._leases[item.work.message.id] = item.work.lease

    def _release(self, lease: Lease) -> None:
        """Renew a lease no more; one that the message got since then stays."""
        if self._leases.get(lease.message_id) == lease:
            del self._leases[lease.message_id]

    def _forget(self, channel: Channel, items: Iterable[Item]) -> None:
        for item in items:
            channel.queued -= 1
            self._queued -= 1
            self._bytes -= len(item.work.body)
            self._release(item.work.lease)

    def _pump(self) -> None:
        """Start what may start, and read from the store what has room."""
        if self._draining or not (self._queued or self._overflowing):
            return
        now = self._now()
        while self._queued and (chosen := self._next(now)) is not None:
            self._start(*chosen, rank_of(chosen[1].work.message))
        for name in tuple(self._overflowing):
            channel = self._channels[name]
            if not channel.filling and (channel.queued < CLAIM_BATCH // 2 or is_urgent(channel)):
                self._fill_later(channel, now)

    def _next(self, now: float) -> tuple[Channel, Item] | None:
        waiting: dict[int, Channel] = {}
        for rank, ring in self._ring.items():
            if ring and self._places.may_start(rank):
                channel = self._turn_of(rank, now)
                if channel is not None:
                    waiting[rank] = channel
        chosen = self._places.choose(tuple(waiting)) if waiting else None
        if chosen is None:
            return None
        channel = waiting[chosen]
        item = channel.queues[chosen].popleft()
        channel.queued -= 1
        self._queued -= 1
        self._bytes -= len(item.work.body)
        ring = self._ring[chosen]
        ring.remove(channel.name)
        if channel.queues[chosen]:
            ring.append(channel.name)
        if channel.arriving:
            let_in(channel.arriving.popleft())
        return channel, item

    def _turn_of(self, rank: int, now: float) -> Channel | None:
        """The channel of a priority whose turn it is and that may run one more."""
        ring = self._ring[rank]
        for _ in range(len(ring)):
            name = ring[0]
            channel = self._channels[name]
            if not channel.queues.get(rank):
                ring.popleft()
                continue
            if channel.running < channel.concurrent and not self._paused(channel, now):
                return channel
            ring.rotate(-1)
        return None

    def _paused(self, channel: Channel, now: float) -> bool:
        until = channel.paused_until(now)
        if until is None:
            return False
        self._wake_at(until, now)
        return True

    def _wake_at(self, at: float, now: float) -> None:
        """Look again when a pause ends; the earliest of the pauses counts."""
        if self._wakeup is not None and self._wakeup_at <= at and self._wakeup_at > now:
            return
        if self._wakeup is not None:
            self._wakeup.cancel()
        self._wakeup_at = at
        self._wakeup = asyncio.get_running_loop().call_later(max(0.01, at - now), self._woken)

    def _woken(self) -> None:
        self._wakeup = None
        self._pump()

    def _start(self, channel: Channel, item: Item, rank: int) -> None:
        channel.running += 1
        self._places.enter(rank)
        self._started += 1
        if self._started == 1:
            self._idle.clear()
        self._tasks[id(item)] = asyncio.get_running_loop().create_task(self._run(channel, item, rank))

    async def _run(self, channel: Channel, item: Item, rank: int) -> None:
        try:
            await channel.handler(item)
        except LeaseLost:
            self._log.info("lease-lost", message=item.work.message.id)
        except StoreError as error:
            self._log.warning("store-failed", message=item.work.message.id, detail=str(error))
            self._stranded[item.work.message.id] = Stranded(item.work, error)
        except Exception as error:  # a handler answers for everything else; what gets here is a bug to be seen
            self._log.exception("handler-failed", error, message=item.work.message.id)
            self._stranded[item.work.message.id] = Stranded(item.work, error)
        finally:
            channel.running -= 1
            self._places.leave(rank)
            if item.work.message.id not in self._stranded:
                self._release(item.work.lease)
            del self._tasks[id(item)]
            self._started -= 1
            if not self._started:
                self._idle.set()
            self._pump()

    def _fill_later(self, channel: Channel, now: float) -> None:
        if self._paused(channel, now) or self._bytes >= QUEUE_BYTES:
            return
        channel.filling = True
        task = asyncio.get_running_loop().create_task(self._fill(channel))
        self._fillers.add(task)
        task.add_done_callback(self._fillers.discard)

    async def _fill(self, channel: Channel) -> None:
        """Claim from the store; overflow ends when it had less than was asked and nothing was signalled since."""
        signals = channel.signals
        batch = URGENT_BATCH if is_urgent(channel) else CLAIM_BATCH
        wanted = max(1, min(batch, QUEUE_LIMIT - channel.queued - channel.reserved))
        channel.urgent = None
        try:
            self._passing(CommitPoint.BEFORE_CLAIM)
            claimed = await self._store.claim(channel.name, wanted)
            self._passing(CommitPoint.AFTER_CLAIM)
        except StoreError as error:
            self._log.warning("claim-failed", channel=channel.name, detail=str(error))
            self._wake_at(self._now() + 0.5, self._now())
            return
        finally:
            channel.filling = False
        if self._draining:
            if claimed:
                await self._store.give_back([work.lease for work in claimed])
            return
        for work in claimed:
            self._enqueue(channel, Item(work))
        if len(claimed) < wanted and channel.signals == signals:
            self._overflowing.discard(channel.name)
        self._pump()
