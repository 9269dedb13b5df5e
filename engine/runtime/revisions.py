"""The revisions a process knows: the active one, and those that unfinished messages are pinned to."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Collection
from contextlib import suppress

from engine.errors import ConfigurationError, CrossdockError
from engine.flow.compiled import ReleaseSelector, Revision
from engine.store.protocol import MessageStore

KEPT = 8


class RevisionUnavailable(CrossdockError):
    """A pinned revision is gone or compiles no more; its messages are parked."""


class Revisions:
    """Holds compiled revisions; an older one is compiled again from its stored bundle when a message needs it."""

    def __init__(self, active: Revision, store: MessageStore, compile_bundle: Callable[[bytes], Revision]) -> None:
        self._active = active
        self._store = store
        self._compile = compile_bundle
        self._kept: OrderedDict[str, Revision] = OrderedDict()
        self._selectors: dict[str, dict[str, ReleaseSelector]] = {}
        self._keep(active)

    @property
    def active(self) -> Revision:
        """The revision that new messages run in."""
        return self._active

    def activate(self, revision: Revision) -> None:
        """Swap; messages in progress end on the revision that began them."""
        self._active = revision
        self._keep(revision)

    def selectors(self, topic: str) -> Collection[ReleaseSelector]:
        """The selectors of all park steps on a topic, of every revision that a parked message may be pinned to."""
        return self._selectors.get(topic, {}).values()

    async def load_pinned(self) -> None:
        """Compile the revisions that unfinished messages are pinned to, so that their parked messages can be released.

        One that compiles no more is left out: its messages are parked as such when they run.
        """
        for revision, _, unfinished in await self._store.revisions():
            if unfinished:
                with suppress(RevisionUnavailable):
                    await self.pinned(revision)

    def held(self, revision: str | None) -> Revision | None:
        """The revision of a message, where it is in memory."""
        if revision is None or revision == self._active.id:
            return self._active
        kept = self._kept.get(revision)
        if kept is not None:
            self._kept.move_to_end(revision)
        return kept

    async def pinned(self, revision: str | None) -> Revision:
        """The revision of a message, compiled when it has to be. Raises RevisionUnavailable."""
        held = self.held(revision)
        if held is not None:
            return held
        assert revision is not None
        bundle = await self._store.revision(revision)
        if bundle is None:
            raise RevisionUnavailable(f"revision {revision} is not stored; reprocess with the current one")
        try:
            compiled = self._compile(bundle)
        except ConfigurationError as error:
            first = error.findings[0] if error.findings else error
            raise RevisionUnavailable(f"revision {revision} compiles no more: {first}") from error
        self._keep(compiled)
        return compiled

    def _keep(self, revision: Revision) -> None:
        for topic, selectors in revision.selectors.items():
            self._selectors.setdefault(topic, {}).update({selector.text: selector for selector in selectors})
        self._kept[revision.id] = revision
        self._kept.move_to_end(revision.id)
        while len(self._kept) > KEPT:
            oldest = next(name for name in self._kept if name != self._active.id)
            del self._kept[oldest]
