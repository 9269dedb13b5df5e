"""Named queries: every SQL statement stands in a `.sql` file under a `-- name:` line, equal names in both dialects.

A query may hold `{other}`, which is replaced by the fragment of that name, and `{where}`, which is replaced by the
conditions that the caller joins to the name with `+`: `find_messages+where_channel+where_state`.
"""

from __future__ import annotations

import re
from importlib.resources import files

_NAME = re.compile(r"^-- name: ([a-z_]+)\s*$")
_SLOT = re.compile(r"\{([a-z_]+)\}")


def read_queries(dialect: str) -> dict[str, dict[str, str]]:
    """The queries of a dialect as they stand, by file name and then by query name."""
    folder = files("engine.store") / "sql" / dialect
    found: dict[str, dict[str, str]] = {}
    for entry in sorted(folder.iterdir(), key=lambda item: item.name):
        if entry.name.endswith(".sql"):
            found[entry.name] = _parse(entry.name, entry.read_text(encoding="utf-8"))
    return found


def _parse(file_name: str, text: str) -> dict[str, str]:
    queries: dict[str, list[str]] = {}
    current: list[str] | None = None
    for line in text.splitlines():
        named = _NAME.match(line)
        if named:
            if named[1] in queries:
                raise ValueError(f"{file_name}: query '{named[1]}' stands there twice")
            current = queries.setdefault(named[1], [])
        elif current is not None and not line.lstrip().startswith("--"):
            current.append(line)
    return {name: "\n".join(lines).strip().removesuffix(";") for name, lines in queries.items()}


class Queries(dict[str, str]):
    """The statements of one dialect by name, with fragments and conditions put in; composed when first asked for."""

    def __init__(self, dialect: str, *, numbered: bool = False) -> None:
        """`numbered` turns each `?` of a composed query into `$1`, `$2`, … from left to right."""
        super().__init__()
        self._texts: dict[str, str] = {}
        self._numbered = numbered
        for file_name, queries in read_queries(dialect).items():
            for name, text in queries.items():
                if name in self._texts:
                    raise ValueError(f"{file_name}: query '{name}' stands in another file too")
                self._texts[name] = text

    def __missing__(self, name: str) -> str:
        text = self[name] = self._compose(name)
        return text

    def _compose(self, name: str) -> str:
        base, *conditions = name.split("+")
        where = " AND ".join(self._texts[condition] for condition in conditions) or "TRUE"
        text = _SLOT.sub(lambda slot: where if slot[1] == "where" else self[slot[1]], self._texts[base])
        if self._numbered and "?" in text:
            counter = iter(range(1, text.count("?") + 1))
            text = re.sub(r"\?", lambda _: f"${next(counter)}", text)
        return text
