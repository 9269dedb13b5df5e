# ruff: noqa: T201
"""`crossdock test` on 1,000 flow cases and on 1,000 mapping cases, against pytest on 1,000 trivial tests, as ratios.

    python bench/testing.py [--cases 1000] [--rounds 3] [--keep DIR]

The workspace is the reference workspace. Its flow cases (orders with calls, parks, retries and deliveries, each on a
store of its own) are repeated until there are enough, and so are its mapping cases. pytest
runs as many tests of one comparison each. Told are seconds on the clock and of the processor, of whole commands with
their start; of several rounds the best counts, and the rounds are interleaved, so that a busy machine hurts all alike.
"""

from __future__ import annotations

import argparse
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from itertools import cycle, islice
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
CROSSDOCK = (sys.executable, "-m", "engine.cli", "test", "--json")
GOAL = 20.0
START = "  - case: "


def make_workspace(folder: Path, kind: str, count: int) -> None:
    """The reference workspace with `count` cases of a kind, `flow` or `mapping`, and no others.

    Cases are repeated as they are written: a YAML library would write other digits.
    """
    for name in ("flows", "canonical", "examples"):
        shutil.copytree(ROOT / name, folder / name)
    files = {file: file.read_text() for file in sorted(folder.glob("flows/**/*.test.yaml"))}
    found = [(file, case) for file, text in files.items() for case in cases_of(text) if f"\n    {kind}: " in case]
    made: dict[Path, list[str]] = {}
    for number, (file, case) in enumerate(islice(cycle(found), count)):
        sentence, rest = case.split("\n", 1)
        made.setdefault(file, []).append(f"{sentence} ({number})\n{rest.rstrip()}\n")
    for file, text in files.items():
        file.unlink()
        if file in made:
            file.write_text(text.partition("\ncases:\n")[0] + "\ncases:\n" + "\n".join(made[file]))


def cases_of(text: str) -> list[str]:
    """The cases of a test file, each as it is written."""
    return [START + case for case in text.partition("\ncases:\n")[2].split(START)[1:]]


def make_pytest(folder: Path, count: int) -> None:
    """As many tests of nothing much."""
    folder.mkdir()
    tests = "\n\n".join(f"def test_{number}():\n    assert {number} + 1 == {number + 1}" for number in range(count))
    (folder / "test_trivial.py").write_text(tests + "\n")


def timed(command: tuple[str, ...], folder: Path) -> tuple[float, float]:
    """Seconds on the clock and of the processor that a command takes, which must succeed."""
    began, before = time.perf_counter(), processor()
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)} in {folder} failed:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return time.perf_counter() - began, processor() - before


def processor() -> float:
    """Seconds of the processor that commands have taken so far, those of their own processes among them."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="crossdock test against pytest")
    parser.add_argument("--cases", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--keep", type=Path, help="a folder for the workspaces, which stay")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = given.keep or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        make_workspace(folder / "flow", "flow", given.cases)
        make_workspace(folder / "mapping", "mapping", given.cases)
        make_pytest(folder / "pytest", given.cases)
        contestants: dict[str, Callable[[], tuple[float, float]]] = {
            "flow cases": lambda: timed(CROSSDOCK, folder / "flow"),
            "flow cases, one process": lambda: timed((*CROSSDOCK, "--jobs", "1"), folder / "flow"),
            "flow cases, with coverage": lambda: timed((*CROSSDOCK, "--coverage"), folder / "flow"),
            "mapping cases": lambda: timed(CROSSDOCK, folder / "mapping"),
            "pytest, trivial tests": lambda: timed(
                (sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"), folder / "pytest"
            ),
        }
        best = dict.fromkeys(contestants, (float("inf"), float("inf")))
        for _ in range(given.rounds):
            for name, run in contestants.items():
                clock, spent = run()
                best[name] = min(best[name][0], clock), min(best[name][1], spent)
    peer = best["pytest, trivial tests"]
    print(f"{given.cases:,} cases each; the best of {given.rounds} rounds")
    for name, (clock, spent) in best.items():
        goal = f"   goal {GOAL:g} s: {'held' if clock <= GOAL else 'MISSED'}" if "pytest" not in name else ""
        print(f"{name:28}{clock:8.2f} s{clock / peer[0]:8.2f} x  processor{spent:7.2f} s{spent / peer[1]:8.2f} x{goal}")


if __name__ == "__main__":
    main()
