"""The workspaces the benchmark runs, built in a folder of their own from the files here and the reference workspace."""

from __future__ import annotations

import shutil
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
FIVE_CONTRACT = HERE / "five" / "flows" / "systems" / "shop" / "order.schema.yaml"
SHOP_CONTRACT = ROOT / "flows" / "systems" / "shop" / "order.schema.yaml"
SHOP_MAPPING = ROOT / "flows" / "systems" / "shop" / "order-to-canonical.jsonata"
DESTINATIONS = ("sink", "sink-two", "sink-three")


def build(kind: str, folder: Path) -> Path:
    """Make the workspace `five`, `full` or `three` (five fields to three destinations) in `folder`, afresh."""
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(HERE / ("full" if kind == "full" else "five"), folder, ignore=shutil.ignore_patterns(".crossdock"))
    if kind == "full":
        _borrow(folder)
    if kind == "three":
        _triple(folder)
    return folder


def _borrow(folder: Path) -> None:
    """The reference workspace's contract, mapping, canonical schemas and code tables: there is one of each."""
    beside = folder / "flows" / "systems" / "shop"
    beside.mkdir()
    shutil.copy(SHOP_CONTRACT, beside)
    shutil.copy(SHOP_MAPPING, beside)
    shutil.copytree(ROOT / "canonical", folder / "canonical", ignore=shutil.ignore_patterns("lifecycle.yaml"))


def _triple(folder: Path) -> None:
    """Each order goes to three systems, one after the other; each has the same peer behind it."""
    systems = folder / "flows" / "systems"
    sink = (systems / "sink.yaml").read_text(encoding="utf-8")
    for name in DESTINATIONS[1:]:
        (systems / f"{name}.yaml").write_text(sink.replace("system: sink", f"system: {name}"), encoding="utf-8")
    flow = folder / "flows" / "orders.yaml"
    text = flow.read_text(encoding="utf-8")
    sends = "\n".join(f"  - send: {name}.deliver" for name in DESTINATIONS)
    flow.write_text(text.replace("  - send: sink.deliver", sends), encoding="utf-8")
