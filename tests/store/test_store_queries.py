"""The dialects: equal names, equal steps, every statement used."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import engine.store
from engine.store.migrations import migrations
from engine.store.queries import Queries, read_queries

ENGINE = Path(engine.store.__file__).parent


def names(dialect: str) -> dict[str, set[str]]:
    return {file: set(queries) for file, queries in read_queries(dialect).items()}


def test_dialects_have_the_same_queries_in_the_same_files() -> None:
    postgres = names("postgres")
    postgres.pop("session.sql")
    assert names("sqlite") == postgres


def test_dialects_have_the_same_migrations() -> None:
    steps = {dialect: [(step.version, step.name) for step in migrations(dialect)] for dialect in ("sqlite", "postgres")}
    assert steps["sqlite"] == steps["postgres"]
    assert [version for version, _ in steps["sqlite"]] == list(range(1, len(steps["sqlite"]) + 1))


def test_every_query_is_used() -> None:
    code = "".join(path.read_text() for path in ENGINE.rglob("*.py")) + "".join(
        path.read_text() for path in (ENGINE / "sql").rglob("*.sql")
    )
    for file, queries in names("postgres").items():
        for name in queries:
            prefix = name.split("_")[0]
            used = f'"{name}"' in code or f"{{{name}}}" in code or (prefix == "where" and file == "selection.sql")
            assert used, f"{file}: {name}"


def test_conditions_are_joined_and_numbered_in_order() -> None:
    text = Queries("postgres", numbered=True)["find_messages+where_channel+where_since"]
    assert re.findall(r"\$\d", text) == ["$1", "$2", "$3", "$4"]
    assert "channel = $1 AND (id >= $2 AND received_at >= $3)" in text


def test_unknown_query_is_an_error() -> None:
    with pytest.raises(KeyError):
        Queries("sqlite")["no_such_query"]
