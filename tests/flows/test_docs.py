"""What the documentation says is so: tests that it names exist, links lead somewhere, the tutorial works."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.flows.running import ROOT, crossdock

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
TUTORIAL = ROOT / "docs" / "tutorial.md"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_link_leads_somewhere(page: Path) -> None:
    links = re.findall(r"\]\(([^)#\s]+)[^)]*\)", page.read_text())
    local = [link for link in links if "://" not in link]
    assert [link for link in local if not (page.parent / link).exists()] == []


def test_every_test_that_the_guarantees_name_exists() -> None:
    named = re.findall(r"`(tests/[a-z_/]+\.py)::(test_\w+)`", (ROOT / "docs/concepts/guarantees.md").read_text())
    assert len(named) > 40
    missing = [f"{file}::{test}" for file, test in named if not _has(ROOT / file, test)]
    assert missing == []


def _has(file: Path, test: str) -> bool:
    return file.exists() and re.search(rf"^(async )?def {test}\(", file.read_text(), re.MULTILINE) is not None


def test_tutorials_files_make_a_workspace_without_findings(tmp_path: Path) -> None:
    """Every file that a reader is told to write, written as told."""
    demo = tmp_path / "demo"
    crossdock(tmp_path, "init", "demo")
    written = dict(files_of_the_tutorial())
    assert set(written) == {
        "flows/systems/carrier.yaml",
        "flows/systems/carrier/pickup.jsonata",
        "flows/systems/carrier/pickup.schema.yaml",
        "flows/systems/carrier.sandbox.yaml",
        "flows/pickups.yaml",
        "examples/no-name.json",
        "flows/orders.test.yaml",
        "flows/orders.yaml",
    }
    for name, text in written.items():
        path = demo / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if name == "flows/orders.test.yaml":
            path.write_text(path.read_text() + text)
        elif name == "flows/orders.yaml":
            path.write_text(path.read_text().replace("\nretry:", f"{text}\nretry:"))
        else:
            path.write_text(text)
    assert "nothing is wrong" in crossdock(demo, "lint", "--sandbox")
    assert "3 cases passed" in crossdock(demo, "test")


def files_of_the_tutorial() -> Iterator[tuple[str, str]]:
    """Each file with its text, the last version of it: the block after the sentence that names it."""
    place = None
    for part in re.split(r"(```\w*\n.*?```)", TUTORIAL.read_text(), flags=re.DOTALL):
        if part.startswith("```"):
            body = part.partition("\n")[2].removesuffix("```")
            if place is not None and not body.startswith(("crossdock", "mkdir", "sed")):
                yield place, body
            place = None
        else:
            named = re.findall(r"`((?:flows|examples)/[\w./-]+\.(?:yaml|jsonata|json))`", part)
            place = named[-1] if named else None
