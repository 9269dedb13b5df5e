"""The durable side of one stand-in: its state, its ledger, the answers given to keys, and the events still to be sent.

One SQLite file. Each effect is committed, with its ledger line, before the answer leaves; a killed process loses none.
"""

from __future__ import annotations

import secrets
import sqlite3
from collections.abc import Iterable, Mapping
from importlib import resources
from pathlib import Path
from typing import Any

from engine import exact_json
from engine.sandbox.entries import SHOWN_BODY, Emission, Entry, Outgoing, shown_body
from engine.sandbox.merge import merged

_TABLES = ("meta", "state", "ledger", "answers", "emissions")


class PeerStore:
    """What a stand-in remembers. Not for several threads."""

    def __init__(self, path: Path, initial: Mapping[str, Any]) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._initial = dict(initial)
        self._db = sqlite3.connect(path, isolation_level=None)
        # A killed process keeps what the kernel has; only a power cut could take the last effects of a stand-in.
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = NORMAL")
        self._db.executescript(resources.files("engine.sandbox").joinpath("schema.sql").read_text())
        if self._meta("token-key") is None:
            self._begin_again()
        self.state: dict[str, Any] = self._load_state()
        self.declare(self._initial)

    @property
    def token_key(self) -> bytes:
        """The key that access tokens are signed with; another one after a reset."""
        return bytes.fromhex(self._meta("token-key") or "")

    @property
    def next_sequence(self) -> int:
        """The number of the next effect."""
        return int(self._meta("sequence") or 0) + 1

    def declare(self, initial: Mapping[str, Any]) -> None:
        """Take another declared state: fields that are new in it are added, all others stay."""
        self._initial = dict(initial)
        known = exact_json.decode((self._meta("declared") or "[]").encode())
        added = {name: value for name, value in initial.items() if name not in known and name not in self.state}
        with self._transaction():
            self._write_fields(added, added)
            self._set_meta("declared", _text(sorted({*known, *initial})))
        self.state = self._load_state()

    def close(self) -> None:
        self._db.close()

    def reset(self) -> None:
        """Forget everything and start with the declared state."""
        self._begin_again()
        self.state = self._load_state()
        self.declare(self._initial)

    def first_answer(self, operation: str, key: str) -> tuple[int, Outgoing] | None:
        """The sequence and the answer of the effect that this key has had."""
        row = self._db.execute(
            "SELECT sequence, status, body, content_type, headers FROM answers WHERE operation = ? AND key = ?",
            (operation, key),
        ).fetchone()
        if row is None:
            return None
        return row[0], Outgoing(row[1], row[2], row[3], exact_json.decode(row[4]))

    def record(self, entry: Entry) -> None:
        """Write a ledger line of a request that had no effect."""
        with self._transaction():
            self._insert_entry(entry)

    def apply(self, entry: Entry, patch: Any, answer: Outgoing, emissions: Iterable[Emission]) -> None:
        """Commit an effect: the patched state, the ledger line, the answer to its key and the events, or none of it."""
        after = merged(self.state, patch) if patch is not None else self.state
        with self._transaction():
            if isinstance(patch, dict):
                self._write_fields(after, patch)
            self._insert_entry(entry)
            self._set_meta("sequence", str(entry.sequence))
            if entry.key is not None:
                self._db.execute(
                    "INSERT OR IGNORE INTO answers (operation, key, sequence, status, headers, content_type, body)"
                    " VALUES (?, ?, ?, ?, ?, ?, ?)",
                    (
                        entry.operation,
                        entry.key,
                        entry.sequence,
                        answer.status,
                        _text(dict(answer.headers)),
                        answer.content_type,
                        answer.body,
                    ),
                )
            for emission in emissions:
                self._insert_emission(emission)
        self.state = after

    def patch(self, patch: Mapping[str, Any]) -> None:
        """Change the state from outside, with no line in the ledger."""
        after = merged(self.state, patch)
        with self._transaction():
            self._write_fields(after, patch)
        self.state = after

    def waiting_emissions(self, limit: int = 50) -> list[Emission]:
        """The events still to be sent, soonest first."""
        rows = self._db.execute(
            "SELECT event, event_id, due, path, headers, body, number, attempts, first_due FROM emissions"
            " WHERE outcome = 'waiting' ORDER BY due, number LIMIT ?",
            (limit,),
        )
        return [
            Emission(event, event_id, due, path, exact_json.decode(headers), body, number, attempts, first_due)
            for event, event_id, due, path, headers, body, number, attempts, first_due in rows
        ]

    def settle_emission(self, number: int, outcome: str, status: int | None, detail: str, due: float | None) -> None:
        """Write what became of a try to send an event; `due` is the next try while it is waiting."""
        with self._transaction():
            self._db.execute(
                "UPDATE emissions SET attempts = attempts + 1, outcome = ?, status = ?, detail = ?,"
                " due = coalesce(?, due) WHERE number = ?",
                (outcome, status, detail, due, number),
            )

    def emissions(self) -> list[dict[str, Any]]:
        """All events and what became of them, oldest first."""
        names = ("number", "event", "id", "due", "path", "attempts", "outcome", "status", "detail", "body")
        rows = self._db.execute(
            "SELECT number, event, event_id, due, path, attempts, outcome, status, detail, body"
            " FROM emissions ORDER BY number"
        )
        return [dict(zip(names, (*row[:-1], shown_body(row[-1])), strict=True)) for row in rows]

    def ledger(
        self, *, operation: str | None = None, key: str | None = None, after: int = 0, limit: int = 100_000
    ) -> list[dict[str, Any]]:
        """Lines of the ledger, oldest first, after the line numbered `after`."""
        names = (
            "number",
            "at",
            "operation",
            "key",
            "digest",
            "applied",
            "repeat",
            "sequence",
            "status",
            "fault",
            "note",
        )
        rows = self._select(names, operation, key, after, limit)
        return [{**row, "applied": bool(row["applied"]), "repeat": bool(row["repeat"])} for row in rows]

    def count(self, *, operation: str | None = None, key: str | None = None, after: int = 0) -> tuple[int, int]:
        """How many lines `ledger` has without a limit, and how many of them had their effect."""
        rows = self._db.execute(
            "SELECT count(*), coalesce(sum(applied), 0) FROM ledger WHERE number > ?"
            " AND (? IS NULL OR operation = ?) AND (? IS NULL OR key = ?)",
            (after, operation, operation, key, key),
        )
        lines, effects = rows.fetchone()
        return int(lines), int(effects)

    def requests(
        self, *, operation: str | None = None, key: str | None = None, after: int = 0, limit: int = 1000
    ) -> list[dict[str, Any]]:
        """The requests themselves, with headers (credentials hidden) and body."""
        names = ("number", "at", "operation", "method", "target", "key", "status", "fault", "headers", "body")
        rows = self._select(names, operation, key, after, limit)
        return [{**row, "headers": exact_json.decode(row["headers"]), "body": shown_body(row["body"])} for row in rows]

    def _select(
        self, names: tuple[str, ...], operation: str | None, key: str | None, after: int, limit: int
    ) -> list[dict[str, Any]]:
        rows = self._db.execute(
            f"SELECT {', '.join(names)} FROM ledger WHERE number > ? AND (? IS NULL OR operation = ?)"
            " AND (? IS NULL OR key = ?) ORDER BY number LIMIT ?",
            (after, operation, operation, key, key, limit),
        )
        return [dict(zip(names, row, strict=True)) for row in rows]

    def _insert_entry(self, entry: Entry) -> None:
        self._db.execute(
            "INSERT INTO ledger (at, operation, method, target, key, digest, headers, body, applied, repeat, sequence,"
            " status, fault, note) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                entry.at,
                entry.operation,
                entry.method,
                entry.target,
                entry.key,
                entry.digest,
                _text(dict(entry.headers)),
                entry.body[:SHOWN_BODY],
                entry.applied,
                entry.repeat,
                entry.sequence,
                entry.status,
                entry.fault,
                entry.note,
            ),
        )

    def _insert_emission(self, emission: Emission) -> int:
        cursor = self._db.execute(
            "INSERT INTO emissions (event, event_id, due, first_due, path, headers, body) VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                emission.event,
                emission.event_id,
                emission.due,
                emission.due,
                emission.path,
                _text(dict(emission.headers)),
                emission.body,
            ),
        )
        return int(cursor.lastrowid or 0)

    def _write_fields(self, after: Mapping[str, Any], patch: Mapping[str, Any]) -> None:
        """Write the fields and items that a patch touches."""
        for field, change in patch.items():
            value, before = after.get(field), self.state.get(field)
            if isinstance(value, dict) and isinstance(before, dict) and isinstance(change, dict):
                for item in change:
                    self._write_item(field, item, value)
            else:
                self._write_field(field, value)

    def _write_item(self, field: str, item: str, container: Mapping[str, Any]) -> None:
        if item in container:
            self._db.execute(
                "INSERT OR REPLACE INTO state (field, item, is_item, value) VALUES (?, ?, 1, ?)",
                (field, item, _text(container[item])),
            )
        else:
            self._db.execute("DELETE FROM state WHERE field = ? AND item = ? AND is_item = 1", (field, item))

    def _write_field(self, field: str, value: Any) -> None:
        self._db.execute("DELETE FROM state WHERE field = ?", (field,))
        if value is None:
            return
        whole = {} if isinstance(value, dict) else value
        self._db.execute("INSERT INTO state (field, value) VALUES (?, ?)", (field, _text(whole)))
        for item in value if isinstance(value, dict) else ():
            self._write_item(field, item, value)

    def _load_state(self) -> dict[str, Any]:
        state: dict[str, Any] = {}
        for field, item, is_item, value in self._db.execute(
            "SELECT field, item, is_item, value FROM state ORDER BY field, is_item, item"
        ):
            if is_item:
                state[field][item] = exact_json.decode(value.encode())
            else:
                state[field] = exact_json.decode(value.encode())
        return state

    def _begin_again(self) -> None:
        with self._transaction():
            for table in _TABLES:
                self._db.execute(f"DELETE FROM {table}")
            self._set_meta("token-key", secrets.token_hex(32))
            for field, value in self._initial.items():
                self._write_field(field, value)

    def _meta(self, name: str) -> str | None:
        row = self._db.execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()
        return None if row is None else str(row[0])

    def _set_meta(self, name: str, value: str) -> None:
        self._db.execute("INSERT OR REPLACE INTO meta (name, value) VALUES (?, ?)", (name, value))

    def _transaction(self) -> _Transaction:
        return _Transaction(self._db)


class _Transaction:
    """BEGIN IMMEDIATE, then COMMIT, or ROLLBACK when the block fails."""

    __slots__ = ("_db",)

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def __enter__(self) -> None:
        self._db.execute("BEGIN IMMEDIATE")

    def __exit__(self, kind: object, *_: object) -> None:
        self._db.execute("COMMIT" if kind is None else "ROLLBACK")


def _text(value: Any) -> str:
    return exact_json.encode(value).decode()
