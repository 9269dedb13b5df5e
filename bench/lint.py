# ruff: noqa: T201
"""`crossdock lint` on a workspace of 1,000 flows with mappings, against `yamllint` over the same YAML files, as ratios.

    python bench/lint.py [--flows 1000] [--rounds 3] [--keep DIR]

The workspace is the reference workspace and, for every further flow, an event of a generated system with a mapping of
its own (those of shop, CRM and legacy ERP in turn, no two alike: 65 lines each) and a process flow of 21 steps and
64 lines. Measured are three runs of the command, each in a process of its own: the first, with nothing kept from
before; the second, of the unchanged workspace; and one after one flow has changed. Processor seconds of the process
count, beside those on the clock, for other work may run on the machine. Of several rounds the best counts; they are
interleaved.
yamllint (pip install 'crossdock[bench]') checks the form of the YAML only: it knows neither mappings nor schemas.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
EVENTS_OF_A_SYSTEM = 10
KINDS = {"shop": "order.schema.yaml", "crm": "order.schema.yaml", "legacy-erp": "order-file.schema.yaml"}
GOALS = {"first run": 10.0, "second run": 2.0}
SYSTEM = """\
system: {name}
connector: http
summary: A channel by which orders come in.
owner: order-desk
roles: [channel]
base_url: https://{name}.example
service_level: {{latency: 30 s}}

events:
"""
EVENT = """\
  order-{number:04}:
    summary: A customer has placed an order.
    receive: {{path: /hooks/{name}/orders-{number:04}}}
    verify: {{token: {{header: X-Token, value: "${{secret:{secret}}}"}}}}
    contract: {contract}
    dedupe: {{key: '$headers."x-event-id"', window: 7 days}}
    map: {{to: sales-order/2, with: order-{number:04}.jsonata}}
"""


@dataclass(frozen=True, slots=True)
class Spent:
    """What a run took: seconds of the processor and on the clock, and its exit code."""

    processor: float
    clock: float
    code: int


def make_workspace(folder: Path, flows: int) -> None:
    """Write the reference workspace and `flows` further flows into a folder."""
    for name in ("flows", "canonical"):
        shutil.copytree(ROOT / name, folder / name)
    flow = (ROOT / "flows" / "process" / "order-to-erp.yaml").read_text(encoding="utf-8")
    (made,) = [line for line in flow.splitlines() if line.startswith("source:")]
    for first in range(0, flows, EVENTS_OF_A_SYSTEM):
        kind = list(KINDS)[first // EVENTS_OF_A_SYSTEM % len(KINDS)]
        name = f"channel-{first // EVENTS_OF_A_SYSTEM:03}"
        numbers = range(first, min(first + EVENTS_OF_A_SYSTEM, flows))
        make_system(folder / "flows" / "systems", name, kind, numbers)
        for number in numbers:
            text = flow.replace("flow: order-to-erp", f"flow: order-{number:04}").replace("sales-order,", "orders,")
            text = text.replace(made, f"source: {{events: [{name}.order-{number:04}]}}")
            (folder / "flows" / "process" / f"order-{number:04}.yaml").write_text(text, encoding="utf-8")


def make_system(systems: Path, name: str, kind: str, numbers: Sequence[int]) -> None:
    """A system with one event and one mapping for each number."""
    own = systems / name
    own.mkdir()
    shutil.copy(systems / kind / KINDS[kind], own)
    mapping = (systems / kind / "order-to-canonical.jsonata").read_text(encoding="utf-8")
    text = SYSTEM.format(name=name)
    for number in numbers:
        text += EVENT.format(name=name, number=number, contract=KINDS[kind], secret=f"{name}".upper().replace("-", "_"))
        varied = f"/* Mapping {number}. */\n" + mapping.replace('"channel": "', f'"channel": "c{number:04}-')
        (own / f"order-{number:04}.jsonata").write_text(varied, encoding="utf-8")
    (systems / f"{name}.yaml").write_text(text, encoding="utf-8")


def spent(command: Sequence[str | Path], folder: Path) -> Spent:
    """Run a command to its end."""
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run([str(part) for part in command], cwd=folder, stdout=subprocess.DEVNULL, check=False)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    processor = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Spent(processor, time.perf_counter() - started, done.returncode)


def rounds(folder: Path, count: int) -> Iterator[dict[str, Spent]]:
    """The runs, interleaved."""
    lint = (sys.executable, "-m", "engine.cli", "lint", ".", "--offline")
    yamllint = (sys.executable, "-m", "yamllint", "-d", "relaxed", "flows", "canonical")
    flow = folder / "flows" / "process" / "order-0000.yaml"
    for number in range(count):
        shutil.rmtree(os.environ["XDG_CACHE_HOME"], ignore_errors=True)
        found = {"first run": spent(lint, folder), "second run": spent(lint, folder)}
        flow.write_text(flow.read_text(encoding="utf-8") + f"# changed {number}\n", encoding="utf-8")
        found["one file changed"] = spent(lint, folder)
        if importlib.util.find_spec("yamllint") is not None:
            found["yamllint"] = spent(yamllint, folder)
        yield found


def report(found: Sequence[dict[str, Spent]]) -> bool:
    """Print the table; returns whether the goals are met."""
    best = {name: min((each[name] for each in found), key=lambda spent: spent.processor) for name in found[0]}
    peer = best.get("yamllint")
    print(f"{'':18} {'processor':>10} {'clock':>8} {'of yamllint':>12}  goal")
    for name, one in best.items():
        ratio = f"{one.processor / peer.processor:11.2f}x" if peer is not None else f"{'-':>12}"
        goal = f"under {GOALS[name]:.0f} s" if name in GOALS else ""
        print(f"{name:18} {one.processor:8.2f} s {one.clock:6.2f} s {ratio}  {goal}  exit {one.code}")
    if peer is None:
        print("yamllint is not installed: pip install 'crossdock[bench]'")
    return all(best[name].processor < goal for name, goal in GOALS.items())


def main() -> int:
    """0 when the goals are met."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--flows", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--keep", type=Path, help="make the workspace in this folder, and leave it there")
    options = parser.parse_args()
    os.environ["PYTHONPATH"] = str(ROOT)
    with tempfile.TemporaryDirectory() as temporary:
        os.environ["XDG_CACHE_HOME"] = str(Path(temporary, "cache"))
        folder = options.keep or Path(temporary, "workspace")
        if not folder.exists():
            folder.mkdir()
            make_workspace(folder, options.flows)
        files = [path for path in folder.rglob("*") if path.suffix in (".yaml", ".jsonata")]
        lines = sum(path.read_bytes().count(b"\n") for path in files)
        print(f"{options.flows} flows: {len(files)} files of YAML and JSONata, {lines} lines")
        return 0 if report(list(rounds(folder, options.rounds))) else 1


if __name__ == "__main__":
    sys.exit(main())
