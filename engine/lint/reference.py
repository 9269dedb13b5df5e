"""A page for every finding, with its examples: `python -m engine.lint.reference docs/reference/findings` writes them.

The examples are those of `engine.lint.examples`, each of which is a test; a test keeps the pages current.
"""

from __future__ import annotations

import sys
from pathlib import Path

from engine.config.codes import CODES
from engine.lint.explain import explained

_MOST = 3
"""Examples on a page."""


def finding_pages() -> dict[str, str]:
    """The pages by their file names."""
    return {f"{code}.md": _page(code) for code in CODES}


def _page(code: str) -> str:
    told = explained(code)
    head = f"# {code}: {told.code.title}\n\n"
    rest = len(told.examples) - _MOST
    more = f"\n{rest} more stand in `engine/lint/corpus/{code}.txt`.\n" if rest > 0 else ""
    foot = (
        "\n[All findings](../findings.md). Each example is the right one with some text changed, and is a test.\n"
        "This page is made from them by `make docs`.\n"
    )
    return head + told.as_markdown(_MOST) + more + foot


def main(folder: Path) -> None:
    """Write every page into a folder, and remove those of codes that are gone."""
    folder.mkdir(parents=True, exist_ok=True)
    pages = finding_pages()
    for path in folder.glob("XD*.md"):
        if path.name not in pages:
            path.unlink()
    for name, page in pages.items():
        (folder / name).write_text(page, encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "docs/reference/findings"))
