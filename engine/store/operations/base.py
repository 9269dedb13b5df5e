"""The frame of the operations: statements, the batch that shares a transaction, what a driver is told in advance."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from typing import Any, Final, Generic, TypeVar

from msgspec import Struct

from engine.ids import IdGenerator
from engine.store.addresses import Addresses

T = TypeVar("T")

Statement = tuple[str, tuple[Any, ...]]
"""A query's name and its parameters. One that only changes rows may answer with an empty row for each, or with none."""

Row = Sequence[Any]
Rows = Sequence[Row]
Steps = Generator[Statement, Rows, T]

FLUSH: Final[Statement] = ("flush", ())
"""Not a query: what the batch has collected is to be written now, because a later statement reads it."""

INLINE, FILE, ERASED = 0, 1, 2
"""Where a payload's bytes are: in its row, in a file named by its address, or nowhere any more."""


OWN_BODY: Final = b""
"""In place of a payload's address: the payload of the message that the row belongs to, which is no use of its own."""


class Settings(Struct, frozen=True):
    """What a store was opened with: `lease` in seconds; payloads above `file_above` bytes are files (None: never)."""

    lease: float = 60.0
    file_above: int | None = None


class Batch:
    """What the operations of one transaction share: the time, fresh ids, and the rows that nobody reads back at once.

    Rows are collected by query name and written together when the batch ends (or at a FLUSH). When the transaction is
    rolled back the batch is thrown away with it. `lanes` are those of collected rows; `empty_lane` is one in which
    nothing blocked a moment ago and into which nothing was put since.
    """

    def __init__(
        self,
        *,
        now: float,
        ids: IdGenerator,
        addresses: Addresses,
        token: int,
        settings: Settings,
        read_file: Callable[[bytes], bytes | None],
        positions: list[int] | None = None,
    ) -> None:
        self.now = now
        self.ids = ids
        self._addresses = addresses
        self.token = token
        self.lease_until = now + settings.lease
        self._file_above = settings.file_above
        self._read_file = read_file
        self._positions = positions
        self.rows: dict[str, list[Sequence[Any]]] = {}
        self.payloads: dict[bytes, list[Any]] = {}
        self.files: dict[bytes, bytes] = {}
        self.unlink: list[bytes] = []
        self.lanes: set[str] = set()
        self.empty_lane: str | None = None
        self.journaled: set[int] = set()
        self.completed: set[int] = set()
        self.claims: set[tuple[str, str]] = set()
        self.transactions: dict[tuple[str, str], str] = {}
        self.pinned: set[str] = set()
        self.ready: set[str] = set()

    def add(self, query: str, row: tuple[Any, ...]) -> None:
        """Collect a row for the query's statement at the end of the batch."""
        rows = self.rows.get(query)
        if rows is None:
            self.rows[query] = [row]
        else:
            rows.append(row)

    def put_payload(self, body: bytes, digest: bytes = b"") -> bytearray:
        """Collect a payload (once for each use of it) and return its address for a row. `digest` is its SHA-256 where
        it is known.

        As a bytearray: `sqlite3` looks for adapters of every `bytes` that it is passed, which takes four times as long.
        """
        address = self._addresses.of(body, self.now, digest)
        entry = self.payloads.get(address)
        if entry is not None:
            entry[2] += 1
        elif self._file_above is not None and len(body) > self._file_above:
            self.files[address] = body
            entry = self.payloads[address] = [bytearray(address), len(body), 1, FILE, None]
        else:
            entry = self.payloads[address] = [bytearray(address), len(body), 1, INLINE, bytearray(body)]
        named: bytearray = entry[0]
        return named

    def put_payload_or_none(self, body: bytes | None) -> bytearray | None:
        return None if body is None else self.put_payload(body)

    def body(self, address: bytes | None, place: int | None, body: bytes | None) -> bytes | None:
        """A payload's bytes from its row's `place` and `body`; None when they were erased."""
        if place != FILE or address is None:
            return body
        return self.files.get(address) or self._read_file(address)

    def position(self, message_id: int) -> int:
        """The next place in the lanes' order: the id itself where one process gives all ids."""
        return message_id if self._positions is None else self._positions.pop(0)

    def take_rows(self) -> list[tuple[str, list[Sequence[Any]]]]:
        """What has been collected, in the order in which it is to be written; the batch is empty again."""
        taken: list[tuple[str, list[Sequence[Any]]]] = list(self.rows.items())
        if self.payloads:
            # sorted, so that two replicas lock shared payloads in the same order
            taken.append(("put_payload", [self.payloads[address] for address in sorted(self.payloads)]))
        self.rows = {}
        self.payloads = {}
        self.lanes.clear()
        self.empty_lane = None
        self.claims.clear()
        self.completed.clear()
        self.journaled.clear()
        return taken


class Locks(Struct, frozen=True):
    """What several processes must not do at once: names, and messages whose lanes are meant; `positions` to draw."""

    names: tuple[str, ...] = ()
    messages: tuple[int, ...] = ()
    positions: int = 0


NO_LOCKS: Final = Locks()


def _no_locks() -> Locks:
    return NO_LOCKS


class Operation(Struct, Generic[T], frozen=True):
    """One call on the store: `start` makes its generator, again if the batch has to be run again.

    `locks` is asked only where several processes share a store. `last`: runs after the others of its batch. `chore`:
    may touch many rows and locks as it goes, so it gets a transaction (and, on SQLite, the writer's thread) to itself.
    """

    name: str
    start: Callable[[Batch], Steps[T]]
    locks: Callable[[], Locks] = _no_locks
    last: bool = False
    chore: bool = False


def lane_lock(lane: str) -> str:
    return f"lane:{lane}"


def claim_lock(scope: str, key: str) -> str:
    return f"claim:{scope}\x1f{key}"


def transaction_lock(kind: str, value: str) -> str:
    return f"business:{kind}\x1f{value}"


def wake_lock(topic: str, selector: str, key: str) -> str:
    return f"wake:{topic}\x1f{selector}\x1f{key}"
